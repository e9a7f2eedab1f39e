"""Measure what a picture from a server costs this side: from the answer's JSON to a picture that can be handed out.

Processor time of one thread, the least of several rounds: other work on the machine disturbs it little. The last line
of standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import base64
import json
import time
from collections.abc import Iterator
from io import BytesIO

from common import machine, print_result
from PIL import Image

from minimon.creatures import Element, Rarity, Traits
from minimon.images import Picture
from minimon.images.drawn.backend import draw_picture
from minimon.images.remote.client import file_or_address
from minimon.images.remote.picture import to_png

SIDE = 512
ROUNDS, TIMES = 5, 20
TEXTS = {"name": "Noctyx", "rarity": "S+", "element": "fire", "seed": "7", "steps": "4"}


def files() -> Iterator[tuple[str, bytes]]:
    """Yield kinds of pictures: flat ones, and such with grain in every pixel, which compress badly."""
    yield "drawn, PNG", draw_picture(Traits(7, Rarity.B, Element.FIRE), SIDE).png
    grain = Image.merge("RGB", [Image.effect_noise((SIDE, SIDE), 12) for _ in range(3)])
    for form, options in (("PNG", {"compress_level": 1}), ("WEBP", {"quality": 90})):
        packed = BytesIO()
        grain.save(packed, form, **options)
        yield f"grain, {form}", packed.getvalue()


def milliseconds(file: bytes) -> float:
    """Return the least processor time of a picture."""
    answer = json.dumps({"data": [{"b64_json": base64.b64encode(file).decode()}]}).encode()
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(TIMES):
            found = file_or_address(answer)
            assert isinstance(found, bytes)
            Picture.of(to_png(found, (SIDE, SIDE), TEXTS), "openai")
        rounds.append((time.process_time() - began) / TIMES)
    return round(1000 * min(rounds), 2)


if __name__ == "__main__":
    rows = {name: {"kilobytes": round(len(file) / 1000), "cpu_ms": milliseconds(file)} for name, file in files()}
    print_result({"machine": machine(), "pictures": rows})

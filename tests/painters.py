"""What a server of pictures may do: answer soundly, or in every way that is none."""

import base64
import io

import orjson
from PIL import Image
from tests.faulty import FAILURES as COMMON
from tests.faulty import Behaviour, answer


def file(seed=7, form="PNG", size=(64, 64), **options):
    """Return a picture whose pixels follow from ``seed``."""
    packed = io.BytesIO()
    Image.effect_noise(size, 1).point(lambda _: seed % 256).convert("RGB").save(packed, form, **options)
    return packed.getvalue()


def holding(**item: object) -> Behaviour:
    """Answer in OpenAI's shape with one picture."""
    return answer("200 OK", orjson.dumps({"created": 1, "data": [item]}))


def base64_of(content: bytes) -> Behaviour:
    return holding(b64_json=base64.b64encode(content).decode())


def paints(asked, writer):
    """Answer with the picture of the seed that was sent, in the size that was asked for."""
    size = tuple(map(int, asked.body["size"].split("x")))
    return base64_of(file(asked.body.get("seed", 0), size=size))(asked, writer)


FAILURES: dict[str, tuple[Behaviour, str]] = COMMON | {
    "other JSON": (answer("200 OK", b'{"choices": []}'), "nonsense"),
    "no picture in it": (answer("200 OK", b'{"data": []}'), "nonsense"),
    "neither file nor address": (holding(b64_json=None, url=None), "nonsense"),
    "no base64": (holding(b64_json="*" * 80), "nonsense"),
    "an address that is none": (holding(url="http://[::"), "nonsense"),
    "a picture elsewhere": (holding(url="http://metadata.internal/latest"), "foreign"),
    "a file of this machine": (holding(url="file:///etc/passwd"), "foreign"),
    "a form that we do not take": (base64_of(file(form="GIF")), "no_picture"),
    "a picture of another size": (base64_of(file(size=(64, 65))), "no_picture"),
    "a picture that is cut off": (base64_of(file()[:-20]), "no_picture"),
    "a picture with a wrong checksum": (base64_of(file().replace(b"IDAT", b"IDAT\0", 1)), "no_picture"),
    "a picture that would fill the memory": (base64_of(file(size=(6000, 6000))), "no_picture"),
    "text": (base64_of(b"I would rather talk about the weather."), "no_picture"),
}
"""Every way to fail once the connection stands, and the word for it."""

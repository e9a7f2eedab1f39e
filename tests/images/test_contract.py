"""What every image backend of the table keeps. A new row is tried here without a word added, but for its settings.

Backends that need an extra are tried where that is installed.
"""

import asyncio
import base64
import io
from pathlib import Path

import pytest
from PIL import Image
from tests.faulty import FaultyServer
from tests.painters import paints

from minimon.backends import EXTRAS, IMAGE_BACKENDS, MAKES_NONE, load_factory
from minimon.creatures import Element, Rarity, Traits
from minimon.settings import Settings

PICTURES = Path(__file__).parent.parent.parent / "minimon"
EVERY_TRAITS = [Traits(seed, rarity, element) for seed, rarity in enumerate(Rarity) for element in Element]


@pytest.fixture(scope="module")
def settings():
    """Return settings with which each backend can be opened."""
    server = FaultyServer()
    server.behaviour = paints
    yield Settings(images_dir=str(PICTURES), openai_image_base_url=server.base_url)
    server.stop()


@pytest.fixture(params=[name for name in IMAGE_BACKENDS if name not in {*EXTRAS, MAKES_NONE}])
def draw(request, settings):
    """Open one backend, draw for each of the traits at once, close it."""
    factory = load_factory(IMAGE_BACKENDS, request.param)

    async def draw_all(traits):
        async with factory(settings) as backend:
            return await asyncio.gather(*(backend.draw(one, "Aquapyre") for one in traits))

    return lambda traits: asyncio.run(draw_all(traits))


def test_whatever_the_traits_the_picture_is_a_whole_png_in_both_forms(draw):
    for picture in {picture.png: picture for picture in draw(EVERY_TRAITS)}.values():
        assert base64.b64decode(picture.base64, validate=True) == picture.png
        with Image.open(io.BytesIO(picture.png)) as image:
            image.load()
            assert image.format == "PNG"


def test_calls_may_overlap_and_each_gets_what_it_would_get_alone(draw):
    together = draw(EVERY_TRAITS[:6])
    assert together == [draw([traits])[0] for traits in EVERY_TRAITS[:6]]

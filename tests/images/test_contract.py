"""What every image backend of the table keeps. A new row is tried here without a word added, but for its settings."""

import asyncio
import base64
import io
from pathlib import Path

import pytest
from PIL import Image

from minimon.backends import IMAGE_BACKENDS, load_factory
from minimon.creatures import Element, Rarity, Traits
from minimon.settings import Settings

PICTURES = Path(__file__).parent.parent.parent / "minimon"
EVERY_TRAITS = [Traits(seed, rarity, element) for seed, rarity in enumerate(Rarity) for element in Element]


@pytest.fixture(scope="module", params=IMAGE_BACKENDS)
def backend(request):
    return load_factory(IMAGE_BACKENDS, request.param)(Settings(images_dir=str(PICTURES)))


def test_whatever_the_traits_the_picture_is_a_whole_png_in_both_forms(backend):
    async def draw_all():
        return [await backend.draw(traits) for traits in EVERY_TRAITS]

    for picture in {picture.png: picture for picture in asyncio.run(draw_all())}.values():
        assert base64.b64decode(picture.base64, validate=True) == picture.png
        with Image.open(io.BytesIO(picture.png)) as image:
            image.load()
            assert image.format == "PNG"


def test_calls_may_overlap(backend):
    async def draw_together():
        return await asyncio.gather(*(backend.draw(traits) for traits in EVERY_TRAITS))

    assert len(asyncio.run(draw_together())) == len(EVERY_TRAITS)


def test_the_same_traits_give_the_same_picture(backend):
    async def draw():
        return (await backend.draw(EVERY_TRAITS[0])).png

    assert asyncio.run(draw()) == asyncio.run(draw())

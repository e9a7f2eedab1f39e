"""Pictures: the committed ones are what the code draws, no two look alike."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from minimon.creatures import Element, Rarity, Traits
from minimon.images.drawn.gallery import SIX, draw_six
from minimon.images.drawn.raster import pixels, png, small_png
from minimon.images.drawn.scene import compose, scene_svg

FOLDER = Path(__file__).parents[3] / "minimon"
ELEMENTS = list(Element)
FLOOR = 10
"""Least number of bits of 256 by which two creatures of one rarity and element differ."""


def perceptual_hash(traits: Traits) -> int:
    """A difference hash: whether each of 16 x 16 cells is brighter than its right neighbour."""
    small = pixels(scene_svg(traits), 64).convert("L").resize((17, 16), Image.Resampling.BOX)
    grey = small.tobytes()
    bits = [grey[17 * y + x] > grey[17 * y + x + 1] for y in range(16) for x in range(16)]
    return sum(bit << index for index, bit in enumerate(bits))


def nearest(count: int) -> int:
    hashes = [perceptual_hash(Traits(seed, Rarity.D, ELEMENTS[seed % 4])) for seed in range(count)]
    return min((a ^ b).bit_count() for i, a in enumerate(hashes) for b in hashes[:i])


def test_no_two_of_three_hundred_look_alike() -> None:
    assert nearest(300) >= FLOOR


@pytest.mark.slow
def test_no_two_of_ten_thousand_look_alike() -> None:
    assert nearest(10_000) >= FLOOR


@pytest.mark.parametrize("index", range(6))
def test_committed_picture_is_what_the_code_draws(index: int) -> None:
    """Within two steps of each channel: another processor may round a blend otherwise."""
    committed = Image.open(FOLDER / f"image_{index:02}.png")
    assert (committed.format, committed.mode, committed.size) == ("PNG", "RGB", (512, 512))
    difference = ImageChops.difference(committed, pixels(scene_svg(SIX[index])))
    assert max(high for _, high in difference.getextrema()) <= 2
    assert (FOLDER / f"image_{index:02}.png").stat().st_size < 150_000


def test_the_six_show_every_element_and_six_plans() -> None:
    assert {sitter.element for sitter in SIX} == set(Element)
    assert len({compose(sitter).plan for sitter in SIX}) == 6


def test_packing_keeps_every_pixel() -> None:
    svg = scene_svg(SIX[3])
    packed, quick = Image.open(io.BytesIO(small_png(svg))), Image.open(io.BytesIO(png(svg)))
    assert ImageChops.difference(packed, quick).getbbox() is None


def test_nothing_of_a_picture_is_left_in_the_next() -> None:
    """The renderer and its memory are kept from one picture to the next, whatever their sizes."""
    texts = [scene_svg(Traits(seed, Rarity.S_PLUS, Element.WIND)) for seed in (1, 2)]
    first = [pixels(texts[0], side).tobytes() for side in (512, 96)]
    pixels(texts[1], 512)
    assert [pixels(texts[0], side).tobytes() for side in (512, 96)] == first


@pytest.mark.parametrize("side", [64, 512, 777])
def test_a_picture_has_the_size_that_is_asked_for(side: int) -> None:
    assert Image.open(io.BytesIO(png(scene_svg(SIX[0]), side))).size == (side, side)


def test_draw_six_writes_six_files(tmp_path: Path) -> None:
    paths = draw_six(tmp_path)
    assert [path.name for path in paths] == [f"image_{index:02}.png" for index in range(6)]
    assert sorted(tmp_path.iterdir()) == paths

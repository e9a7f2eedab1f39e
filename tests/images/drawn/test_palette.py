"""Colours: the conversion is right, the eye can be seen, and each element keeps to its hues."""

from itertools import pairwise

import pytest

from minimon.creatures import Element
from minimon.images.drawn.palette import HUE_BANDS, contrast, mixed, oklch, palette

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)
each_palette = pytest.mark.parametrize(
    "colours", [palette(element, place, 60, rank) for element in Element for place in PLACES for rank in range(8)]
)


def test_black_and_white_differ_most() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#123456", "#123456") == 1


def test_known_colours() -> None:
    """Greys, and CSS's rebeccapurple by its OKLCH coordinates."""
    assert oklch(1, 0, 0) == "#ffffff"
    assert oklch(0, 0, 0) == "#000000"
    assert oklch(0.4403, 0.1603, 303.373) == "#663399"
    assert oklch(0.5999, 0, 0) == "#808080"


def test_chroma_yields_to_the_gamut() -> None:
    assert oklch(0.97, 0.4, 140) != oklch(0.97, 0.0, 140)
    assert len(oklch(0.97, 0.4, 140)) == 7


def test_a_share_of_white_lightens() -> None:
    assert [mixed("#336699", share) for share in (0, 0.5, 1)] == ["#336699", "#99b2cc", "#ffffff"]


@each_palette
def test_eye_stands_out_from_the_face(colours) -> None:
    for skin in ("main", "pale"):
        tone = colours.tones[skin]
        assert all(contrast(colours.eye, colour) >= 4.5 for colour in (*tone.sheen, tone.shade))


@each_palette
def test_line_is_darker_than_what_it_encloses(colours) -> None:
    for name in ("main", "accent", "pale", "white", "gold"):
        tone = colours.tones[name]
        assert contrast(tone.line, tone.shade) >= 2.5
        assert contrast(tone.line, "#ffffff") > contrast(tone.shade, "#ffffff")


def test_hue_bands_do_not_meet() -> None:
    bands = sorted(HUE_BANDS.values())
    assert set(HUE_BANDS) == set(Element)
    assert all(low < high for low, high in bands)
    assert all(before[1] < after[0] for before, after in pairwise(bands))

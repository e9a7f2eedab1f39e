"""Colours: the conversion is right, the eye can be seen, and each element keeps to its hues."""

from itertools import pairwise

import pytest

from minimon.creatures import Element
from minimon.images.drawn.palette import HUE_BANDS, Palette, Tone, contrast, oklch, palette

PLACES = (0.0, 0.25, 0.5, 0.75, 1.0)


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


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("element", Element)
def test_eye_stands_out_from_the_face(element: Element, place: float) -> None:
    colours = palette(element, place, accent_hue=60)
    for tone in (colours.main, colours.pale):
        for skin in (tone.light, tone.base, tone.shade, tone.bounce):
            assert contrast(colours.eye, skin) >= 4.5


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("element", Element)
def test_line_is_darker_than_what_it_encloses(element: Element, place: float) -> None:
    colours: Palette = palette(element, place, accent_hue=60)
    tones: tuple[Tone, ...] = (colours.main, colours.accent, colours.pale)
    assert all(contrast(tone.line, tone.shade) >= 2.5 for tone in tones)
    assert all(contrast(tone.line, "#ffffff") > contrast(tone.shade, "#ffffff") for tone in tones)


def test_hue_bands_do_not_meet() -> None:
    bands = sorted(HUE_BANDS.values())
    assert set(HUE_BANDS) == set(Element)
    assert all(low < high for low, high in bands)
    assert all(before[1] < after[0] for before, after in pairwise(bands))

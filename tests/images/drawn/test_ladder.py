"""Rarity shows: each tier has more to see than the one below, by three measures, on average."""

import re
from itertools import pairwise
from statistics import mean

import pytest
from PIL import Image, ImageFilter, ImageStat

from minimon.creatures import Element, Rarity, Traits
from minimon.images.drawn.raster import pixels
from minimon.images.drawn.scene import scene_svg

ELEMENTS = list(Element)
SIDE = 96
MARK = re.compile("<(?:use|path|circle|ellipse) (?!id=)")


def edges(image: Image.Image) -> float:
    """How strong edges are in grey, from 0 to 255."""
    found = image.convert("L").filter(ImageFilter.FIND_EDGES).crop((2, 2, SIDE - 2, SIDE - 2))
    return ImageStat.Stat(found).mean[0]


def hues(image: Image.Image) -> int:
    """How many of 36 hues cover a five-hundredth of the picture or more, in colours that are not grey."""
    hue, saturation, value = image.convert("HSV").split()
    coloured = Image.eval(saturation, lambda level: 255 * (level > 40))
    lit = Image.eval(value, lambda level: 255 * (level > 40))
    counts = hue.histogram(Image.composite(coloured, lit.point(lambda _: 0), lit))
    bins = [sum(counts[round(index * 256 / 36) : round((index + 1) * 256 / 36)]) for index in range(36)]
    return sum(count >= SIDE * SIDE / 500 for count in bins)


def measure(rarity: Rarity, seeds: range) -> tuple[float, float, float]:
    """Means of edges, hues and marks over creatures of one rarity."""
    texts = [scene_svg(Traits(seed, rarity, ELEMENTS[seed % 4])) for seed in seeds]
    images = [pixels(text, SIDE) for text in texts]
    return mean(map(edges, images)), mean(map(hues, images)), mean(len(MARK.findall(text)) for text in texts)


def rises(seeds: range) -> None:
    ladder = [measure(rarity, seeds) for rarity in Rarity]
    for column in zip(*ladder, strict=True):
        assert all(before < after for before, after in pairwise(column)), ladder


def test_each_rarity_has_more_to_see_than_the_one_below() -> None:
    rises(range(32))


@pytest.mark.slow
def test_each_of_a_thousand_has_more_to_see_than_in_the_rarity_below() -> None:
    rises(range(1000))

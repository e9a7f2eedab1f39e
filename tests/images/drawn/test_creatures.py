"""Creatures on many seeds: whole, inside the frame, with eyes that can be seen, and the same for ever."""

import hashlib
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from minimon.creatures import Element, Rarity, Traits
from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.face import EXPRESSIONS
from minimon.images.drawn.head import make_head
from minimon.images.drawn.outline import within
from minimon.images.drawn.plans import PLANS
from minimon.images.drawn.plans.common import wings
from minimon.images.drawn.raster import pixels
from minimon.images.drawn.scene import Scene, art_id, compose, scene_svg

GOLDEN = Path(__file__).with_name("golden.txt")
MARGIN = 8.0
TAGS = {
    "svg",
    "defs",
    "g",
    "path",
    "rect",
    "circle",
    "ellipse",
    "use",
    "linearGradient",
    "radialGradient",
    "stop",
    "clipPath",
}
RARITIES, ELEMENTS = list(Rarity), list(Element)


def traits(seed: int) -> Traits:
    rng = random.Random(seed)
    return Traits(seed, rng.choice(RARITIES), rng.choice(ELEMENTS))


def check(scene: Scene) -> None:
    """The rules of geometry that every creature keeps."""
    place = scene.pose.place
    polygons = [[place(point) for point in outline.points] for outline in scene.figure.outlines()]
    assert all(MARGIN <= value <= 512 - MARGIN for polygon in polygons for point in polygon for value in point)
    head = scene.figure.head.outline().sampled()
    assert all(within(head, point) for eye in scene.figure.face.eyes() for point in eye.points)
    assert connected([outline.sampled(2) for outline in scene.figure.outlines()])
    assert 1.0 <= scene.figure.face.apart <= 1.45


Polygon = list[tuple[float, float]]


def connected(polygons: list[Polygon]) -> bool:
    """Each shape touches one that is reached from the first."""
    boxes = [(min(xs), min(ys), max(xs), max(ys)) for xs, ys in (zip(*shape, strict=True) for shape in polygons)]
    rest, waiting = set(range(1, len(polygons))), [0]
    while waiting:
        here = waiting.pop()
        found = {other for other in rest if near(boxes[here], boxes[other]) and meet(polygons[here], polygons[other])}
        rest -= found
        waiting += sorted(found)
    return not rest


def near(first: tuple[float, ...], second: tuple[float, ...], reach: float = 8.0) -> bool:
    """Boxes (left, top, right, bottom) overlap, or lie closer than lines are wide."""
    return all(first[i] <= second[i + 2] + reach and second[i] <= first[i + 2] + reach for i in (0, 1))


def meet(first: Polygon, second: Polygon, reach: float = 8.0) -> bool:
    """Shapes meet if a point of one lies in the other, or closer to it than their lines are wide."""
    if any(within(second, point) for point in first) or any(within(first, point) for point in second):
        return True
    return any(abs(ax - bx) <= reach and abs(ay - by) <= reach for ax, ay in first for bx, by in second)


@pytest.mark.parametrize("start", range(0, 600, 100))
def test_every_creature_is_whole_and_inside_the_frame(start: int) -> None:
    for seed in range(start, start + 100):
        check(compose(traits(seed)))


def test_one_that_hovers_stays_inside_the_frame() -> None:
    """The tallest that was found: it once left the margin."""
    check(compose(traits(24041)))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(0, 100_000, 20_000))
def test_a_hundred_thousand_creatures(start: int) -> None:
    for seed in range(start, start + 20_000):
        check(compose(traits(seed)))


def test_every_plan_and_expression_appears() -> None:
    scenes = [compose(traits(seed)) for seed in range(600)]
    assert {scene.plan for scene in scenes} == set(PLANS)
    assert len(PLANS) >= 10
    assert {scene.figure.face.expression for scene in scenes} == set(EXPRESSIONS)
    assert len(EXPRESSIONS) >= 8


@pytest.mark.parametrize("seed", range(24))
def test_svg_is_canonical_closed_and_small(seed: int) -> None:
    text = scene_svg(traits(seed))
    assert text == scene_svg(traits(seed))
    assert {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()} <= TAGS
    assert not re.search(r"nan|inf|e-\d|script|http(?!://www.w3.org/2000/svg)", text)
    assert all(link.startswith("#") for link in re.findall(r'href="([^"]*)"', text))
    assert len(text) < 160_000
    for attributes in re.findall(r"<\w+((?: [\w-]+=\"[^\"]*\")*)", text):
        names = re.findall(r" ([\w-]+)=", attributes)
        assert all(before < after for before, after in pairwise(names))


def golden(seeds: Iterable[int]) -> str:
    return "".join(f"{seed} {art_id(scene_svg(traits(seed)))}\n" for seed in seeds)


def test_fifty_seeds_are_the_same_as_ever() -> None:
    """A change here changes the creatures that people have: it needs a new VERSION, then `golden.txt` made anew."""
    assert golden(range(50)) == GOLDEN.read_text()


def test_another_process_draws_the_same() -> None:
    program = (
        "import hashlib\n"
        "from minimon.creatures import Element, Rarity, Traits\n"
        "from minimon.images.drawn.raster import png\n"
        "from minimon.images.drawn.scene import scene_svg\n"
        "print(hashlib.sha256(png(scene_svg(Traits(5, Rarity.S, Element.FIRE)))).hexdigest())"
    )
    sums = {
        subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    }
    assert len(sums) == 1


def test_each_trait_has_its_own_random_numbers() -> None:
    """Asking for more of one trait, or for another trait first, changes nothing about the others."""
    model = Model(traits(3))
    before = [model.dice("ears").span(0, 1) for _ in range(3)]
    busy = model.dice("wings")
    [busy.span(0, 1) for _ in range(100)]
    assert before == [model.dice("ears").span(0, 1) for _ in range(3)]
    assert len(set(before)) == 1
    assert model.dice("ears").span(0, 1) != model.dice("horns").span(0, 1)


def test_the_same_seed_is_the_same_being_in_every_rarity() -> None:
    scenes = [compose(Traits(11, rarity, Element.EARTH)) for rarity in Rarity]
    assert len({scene.plan for scene in scenes}) == 1
    assert len({scene.figure.face.expression for scene in scenes}) == 1


@pytest.mark.parametrize("rarity", RARITIES)
def test_wings_reach_well_beyond_a_cheek(rarity: Rarity) -> None:
    """No scrap of a wing peeps out behind a head of 130 pixels to each side of 256."""
    for seed in range(60):
        model = Model(Traits(seed, rarity, ELEMENTS[seed % 4]))
        both = wings(model, (256, 340), 40, clear=130, always=True)
        boxes = [outline.bounds() for piece in both for outline in piece.placed()]
        assert min(box[0] for box in boxes) < 256 - 130 - 20
        assert max(box[2] for box in boxes) > 256 + 130 + 20


@pytest.mark.parametrize("rarity", RARITIES)
def test_a_head_is_not_crowded(rarity: Rarity) -> None:
    """Horns leave out the standing crest: nothing but ears, horns or a crest, and a crown, stands on a head."""
    for seed in range(60):
        model = Model(Traits(seed, rarity, Element.EARTH))
        head = make_head(model, (256, 250), (128, 106), "round")
        standing = dress_head(model, head).back[:-1]
        places = {(round(piece.frame.e), round(piece.frame.f)) for piece in standing if piece.frame}
        assert len(places) <= 4
        crowned = (256, round(head.at(0, 0.88)[1])) in places
        assert not (crowned and len(places) > 3)


def test_from_d_on_a_face_is_seen_from_three_quarters() -> None:
    """It is moved to a side, and the eye that is farther away is narrower."""
    for seed in range(40):
        front, turned = (compose(Traits(seed, rarity, Element.FIRE)).figure.face for rarity in (Rarity.F, Rarity.D))
        widths = [eye.bounds()[2] - eye.bounds()[0] for eye in turned.eyes()]
        assert front.turn == 0
        assert 0.02 < abs(turned.turn) < 0.2
        assert (widths[0] > widths[1]) == (turned.turn > 0)


def test_eyes_stand_out_in_the_picture() -> None:
    """In pixels: the darkest part of an open eye against the skin right above it, contrast of at least 4.5."""
    for seed in range(40):
        scene = compose(traits(seed))
        face = scene.figure.face
        if EXPRESSIONS[face.expression].left not in {"open", "wide", "starry"}:
            continue
        image = pixels(scene.svg())
        eye = scene.pose.place(face.place(face.middle(-1), -face.tall * 0.88))
        skin = scene.pose.place(face.place(face.middle(-1), -face.tall - 0.22))
        assert ratio(image.getpixel(tuple(map(round, eye))), image.getpixel(tuple(map(round, skin)))) >= 4.5, seed


def ratio(first: tuple[int, ...], second: tuple[int, ...]) -> float:
    dark, bright = sorted((luminance(first), luminance(second)))
    return (bright + 0.05) / (dark + 0.05)


def luminance(colour: tuple[int, ...]) -> float:
    channels = [value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in colour]
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]


def test_art_id_is_the_hash_of_the_text() -> None:
    assert art_id("<svg/>") == "drawn4-" + hashlib.sha256(b"<svg/>").hexdigest()

"""The six pictures: well made, the same every time, and the ones in the folder are what the code draws."""

import io
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image, ImageChops

from minimon.creatures import Element
from minimon.images.drawn.gallery import SIX, Sitter, draw_six
from minimon.images.drawn.raster import png, small_png
from minimon.images.drawn.shapes import Outline

FOLDER = Path(__file__).parents[3] / "minimon"
DRAWN_TAGS = {"svg", "defs", "g", "path", "rect", "linearGradient", "radialGradient", "stop", "clipPath"}
each_sitter = pytest.mark.parametrize("sitter", SIX, ids=lambda sitter: sitter.plan.__name__)


def test_every_element_sits_and_no_plan_sits_twice() -> None:
    assert {sitter.element for sitter in SIX} == set(Element)
    assert len({sitter.plan for sitter in SIX}) == 6


@each_sitter
def test_eyes_lie_in_the_head(sitter: Sitter) -> None:
    figure = sitter.plan(sitter.colours())
    assert all(figure.head.contains(point) for eye in figure.face.eyes() for point in eye.sampled())


@each_sitter
def test_face_is_young(sitter: Sitter) -> None:
    """Eyes a normal distance apart, and no higher than two fifths of the head."""
    figure = sitter.plan(sitter.colours())
    _, top, _, bottom = figure.head.bounds()
    assert 1 <= figure.face.apart <= 1.4
    assert (figure.face.centre[1] - top) / (bottom - top) >= 0.4


@each_sitter
def test_figure_keeps_inside_the_picture(sitter: Sitter) -> None:
    left, top, right, bottom = sitter.plan(sitter.colours()).bounds()
    assert min(left, top) >= 4
    assert max(right, bottom) <= 508


@each_sitter
def test_figure_is_one_piece(sitter: Sitter) -> None:
    """Each outline touches another one, so that nothing hangs in the air beside the creature."""
    figure = sitter.plan(sitter.colours())
    outlines = [outline for layer in figure.layers() for outline in layer.outlines]
    joined = {figure.head}
    while near := [o for o in outlines if o not in joined and any(_touch(o, other) for other in joined)]:
        joined.update(near)
    assert joined.issuperset(outlines)


def _touch(first: Outline, second: Outline) -> bool:
    return any(second.contains(p) for p in first.sampled()) or any(first.contains(p) for p in second.sampled())


@each_sitter
def test_svg_is_closed(sitter: Sitter) -> None:
    """Only drawing elements, no handlers, and references only to what the document defines."""
    text = sitter.svg()
    nodes = list(ET.fromstring(text).iter())
    assert {node.tag.partition("}")[2] for node in nodes} <= DRAWN_TAGS
    assert not any(key.startswith("on") or "href" in key for node in nodes for key in node.attrib)
    defined = {node.attrib["id"] for node in nodes if "id" in node.attrib}
    assert set(re.findall(r"url\((.*?)\)", text)) == {f"#{key}" for key in defined}
    assert "http" not in text.replace('xmlns="http://www.w3.org/2000/svg"', "")


@each_sitter
def test_svg_is_canonical(sitter: Sitter) -> None:
    text = sitter.svg()
    assert text == sitter.svg()
    assert not re.search(r"\d\.\d{3}|nan|inf|e-\d", text)
    for attributes in re.findall(r"<\w+((?: [\w-]+=\"[^\"]*\")*)", text):
        names = re.findall(r" ([\w-]+)=", attributes)
        assert all(before < after for before, after in pairwise(names))


def test_another_process_draws_the_same_bytes() -> None:
    program = (
        "import hashlib\n"
        "from minimon.images.drawn.gallery import SIX\n"
        "from minimon.images.drawn.raster import small_png\n"
        "print(hashlib.sha256(small_png(SIX[0].svg())).hexdigest())"
    )
    sums = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(sums) == 1


@pytest.mark.parametrize("index", range(6))
def test_committed_picture_is_what_the_code_draws(index: int) -> None:
    """Pixels are compared, not bytes: the same pixels may be packed differently by another zlib."""
    committed = Image.open(FOLDER / f"image_{index:02}.png")
    drawn = Image.open(io.BytesIO(png(SIX[index].svg()))).convert("RGB")
    assert (committed.format, committed.mode, committed.size) == ("PNG", "RGB", (512, 512))
    assert ImageChops.difference(committed, drawn).getbbox() is None
    assert (FOLDER / f"image_{index:02}.png").stat().st_size < 150_000


def test_packing_keeps_every_pixel() -> None:
    svg = SIX[3].svg()
    packed, quick = Image.open(io.BytesIO(small_png(svg))), Image.open(io.BytesIO(png(svg)))
    assert quick.convert("RGBA").getchannel("A").getextrema() == (255, 255)
    assert ImageChops.difference(packed, quick.convert("RGB")).getbbox() is None


def test_draw_six_writes_six_files(tmp_path: Path) -> None:
    paths = draw_six(tmp_path)
    assert [path.name for path in paths] == [f"image_{index:02}.png" for index in range(6)]
    assert sorted(tmp_path.iterdir()) == paths

"""The writer is canonical and closed: nothing runs, nothing is fetched."""

import pytest

from minimon.images.drawn.svg import Drawing, number, tag


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (-0.001, "0"), (1.005, "1"), (2.50, "2.5"), (-3.14159, "-3.14"), (512, "512")]
)
def test_numbers_are_rounded_to_a_hundredth(value: float, text: str) -> None:
    assert number(value) == text


def test_attributes_are_sorted_and_escaped() -> None:
    assert tag("path", stroke_width=2.0, d='M0 0"<') == '<path d="M0 0&quot;&lt;" stroke-width="2"/>'


def test_children_stand_inside() -> None:
    assert tag("g", tag("path", d="M0 0"), id="a") == '<g id="a"><path d="M0 0"/></g>'


def test_equal_definitions_share_an_id() -> None:
    drawing = Drawing()
    first = drawing.linear((0, 0), (0, 10), "#000000", "#ffffff")
    assert drawing.linear((0, 0), (0, 10.001), "#000000", "#ffffff") == first
    assert drawing.radial(("#000000", 1.0), ("#ffffff", 0.0)) != first
    assert drawing.text().count("<linearGradient") == 1


def test_later_marks_stand_in_front() -> None:
    drawing = Drawing()
    drawing.add(tag("circle", r=1))
    drawing.add(tag("circle", r=2))
    text = drawing.text()
    assert text.index('r="1"') < text.index('r="2"')

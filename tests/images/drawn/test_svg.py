"""The writer is canonical and closed: nothing runs, nothing is fetched."""

import pytest

from minimon.images.drawn.svg import Drawing, number


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (-0.001, "0"), (1.005, "1"), (2.50, "2.5"), (-3.14159, "-3.14"), (512, "512")]
)
def test_numbers_are_rounded_to_a_hundredth(value: float, text: str) -> None:
    assert number(value) == text


def test_equal_definitions_share_an_id() -> None:
    drawing = Drawing()
    first = drawing.linear((0, 0), (0, 10), "#000000", "#ffffff")
    assert drawing.linear((0, 0), (0, 10.001), "#000000", "#ffffff") == first
    assert drawing.radial(("#000000", 1.0), ("#ffffff", 0.0)) != first
    assert drawing.text().count("<linearGradient") == 1


def test_a_shape_that_is_used_twice_is_written_once() -> None:
    drawing = Drawing()
    shape = drawing.shape("M0 0L1 1Z")
    assert drawing.shape("M0 0L1 1Z") == shape
    assert drawing.clip(shape) != drawing.clip(shape, (2, 3))
    assert drawing.text().count("M0 0L1 1Z") == 1
    assert f'<use href="{shape}" transform="translate(2 3)"/></clipPath>' in drawing.text()


def test_later_marks_stand_in_front() -> None:
    drawing = Drawing()
    drawing.dot(1, 1, 1, "#000000")
    drawing.fill("M0 0Z", "#ffffff", 0.5)
    text = drawing.text()
    assert text.index("<circle") < text.index('<path d="M0 0Z" fill="#ffffff" fill-opacity="0.5"/>')

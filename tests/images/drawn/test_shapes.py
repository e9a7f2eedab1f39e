"""Outlines: closed, smooth, and where they say they are."""

import math

import pytest

from minimon.images.drawn.outline import Outline, open_path, turn
from minimon.images.drawn.shapes import drop, ellipse, leaf, polygon, symmetric, tube


def test_ellipse_is_round_within_a_hundredth() -> None:
    for x, y in ellipse((100, 80), 50, 50).sampled():
        assert math.dist((x, y), (100, 80)) == pytest.approx(50, rel=0.01)


def test_contains_tells_inside_from_outside() -> None:
    shape = ellipse((100, 100), 40, 20)
    assert shape.contains((100, 100))
    assert shape.contains((137, 100))
    assert not shape.contains((100, 125))
    assert not shape.contains((20, 100))


def test_path_is_closed_and_runs_clockwise_whichever_way_the_points_run() -> None:
    points = ((0.0, -10.0), (10.0, 0.0), (0.0, 10.0), (-10.0, 0.0))
    assert (
        Outline(points).path
        == "M-10 0C-10 -4.7 -4.7 -10 0 -10 4.7 -10 10 -4.7 10 0 10 4.7 4.7 10 0 10 -4.7 10 -10 4.7 -10 0Z"
    )
    assert area(Outline(points).clockwise()) == area(Outline(points[::-1]).clockwise()) > 0


def area(shape: Outline) -> float:
    points = shape.points
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True))


def test_ellipse_is_two_arcs() -> None:
    assert ellipse((5, 0), 10, 6).path == "M15.0 0.0A10.0 6.0 0 1 1 -5.0 0.0A10.0 6.0 0 1 1 15.0 0.0Z"
    assert ellipse((5, 0), 10, 6).mirrored(0).points[0] == (5, 0)
    assert ellipse((0, 0), 10, 6).turned(90, (10, 0)).path == (
        "M10.0 0.0A10.0 6.0 90 1 1 10.0 -20.0A10.0 6.0 90 1 1 10.0 0.0Z"
    )


def test_numbers_are_rounded_to_the_nearest_tenth() -> None:
    assert open_path(((-0.26, 0.04), (9.96, -0.04))) == "M-0.3 0C3.1 0 6.6 0 10 0"


def test_open_path_bends_like_a_circle() -> None:
    assert open_path(((-1, 0), (0, 1), (1, 0))).startswith("M-1 0C-1 0.5")


def test_corner_is_not_smoothed() -> None:
    points = ((0.0, 0.0), (10.0, 0.0), (10.0, 10.0))
    assert Outline(points, frozenset({0, 1, 2})).bounds() == (0, 0, 10, 10)


def test_symmetric_outline_is_its_own_mirror_image() -> None:
    shape = symmetric(50, (0, 0), (20, 30), (10, 60), (0, 70))
    assert sorted(shape.mirrored(50).points) == sorted(shape.points)


def test_tube_has_round_ends_and_its_width() -> None:
    left, top, right, bottom = tube([(0, 0), (50, 0), (100, 0)], [10, 10]).bounds()
    assert (left, right) == pytest.approx((-10, 110), abs=0.2)
    assert (top, bottom) == pytest.approx((-10, 10), abs=0.2)


def test_tube_follows_its_radii() -> None:
    shape = tube([(0, 0), (50, 0), (100, 0)], [20, 4])
    assert shape.contains((5, 17))
    assert not shape.contains((95, 17))


def test_pointed_shapes_reach_their_tips() -> None:
    assert (0, 40) in leaf((0, 0), (0, 40), 12).points
    assert drop((0, -30), (0, 0), 10).bounds()[1] == pytest.approx(-30)


def test_turning_is_clockwise_as_seen() -> None:
    assert turn((1, 0), 90, (0, 0)) == pytest.approx((0, 1))
    assert ellipse((0, 0), 10, 5).turned(90, (0, 0)).bounds() == pytest.approx((-5, -10, 5, 10), abs=0.1)


def test_grown_outline_is_as_far_outside_everywhere_whichever_way_the_points_run() -> None:
    """The contour of A to S+ is made of these."""
    points = tuple([(40 * math.cos(math.tau * turn / 12), 40 * math.sin(math.tau * turn / 12)) for turn in range(12)])
    for shape in (Outline(points), Outline(points[::-1]), ellipse((0, 0), 40, 40)):
        assert all(math.dist((0, 0), point) == pytest.approx(55, rel=0.02) for point in shape.grown(15).sampled())


def test_grown_corners_stay_corners_and_sharp_ones_go_twice_as_far() -> None:
    square = polygon((0, 0), (10, 0), (10, 10), (0, 10)).grown(2)
    assert square.points == ((-2, -2), (12, -2), (12, 12), (-2, 12))
    assert len(square.corners) == 4
    needle = polygon((0, 0), (100, -4), (200, 0), (100, 4)).grown(5)
    assert needle.points[0] == pytest.approx((-10, 0))
    assert needle.points[2] == pytest.approx((210, 0))

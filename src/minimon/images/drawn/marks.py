"""Marks on a head, in its own frame: a pale mask around the face, and the pattern of the element."""

from functools import lru_cache

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import Mark
from minimon.images.drawn.head import MASKS, Head
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.shapes import ellipse, leaf, polygon, symmetric, tube


def marks(model: Model, head: Head) -> tuple[Mark, ...]:
    """Return the mask around the face, from E on the element's pattern on one side, from C on on both."""
    head = head.unit()
    found = _mask(model.dice("mask").weigh(MASKS), head)
    if model.rank == 0:
        return found
    first = 1 if model.dice("pattern side").chance(0.75) else -1
    sides = (first,) if model.rank < 3 else (1, -1)
    return found + tuple([mark for side in sides for mark in _pattern(model.element, head, side)])


@lru_cache(maxsize=4096)
def _mask(kind: str, head: Head) -> tuple[Mark, ...]:
    return _MASKS[kind](head)


def _muzzle(head: Head) -> tuple[Mark, ...]:
    return (Mark(ellipse(head.spot(0, 0.86), head.w * 0.56, head.h * 0.46), "pale"),)


def _heart(head: Head) -> tuple[Mark, ...]:
    right = ((0, -0.26), (0.4, -0.46), (0.76, -0.24), (0.84, 0.24), (0.62, 0.72), (0, 0.88))
    x, y = head.centre
    return (Mark(symmetric(x, *[(across * head.w, y + down * head.h) for across, down in right]), "pale"),)


def _blaze(head: Head) -> tuple[Mark, ...]:
    return (*_muzzle(head), Mark(leaf(head.spot(0, -1.1), head.spot(0, -0.02), head.w * 0.42), "pale"))


def _patch(head: Head) -> tuple[Mark, ...]:
    return (Mark(ellipse(head.spot(0.5, 0.1), head.w * 0.36, head.h * 0.46, 8), "pale"),)


_MASKS = {"muzzle": _muzzle, "heart": _heart, "none": lambda _: (), "blaze": _blaze, "patch": _patch}


@lru_cache(maxsize=4096)
def _pattern(element: Element, head: Head, side: int) -> tuple[Mark, ...]:
    return tuple([Mark(outline, "accent") for outline in _PATTERNS[element](head, side)])


def _dots(head: Head, side: int) -> list[Outline]:
    sizes = ((0.5, -0.68, 0.095), (0.69, -0.47, 0.065), (0.31, -0.8, 0.05))
    return [ellipse(head.spot(side * x, y), head.w * r, head.w * r * 0.9) for x, y, r in sizes]


def _stripes(head: Head, side: int) -> list[Outline]:
    return [
        leaf(head.spot(side * 1.06, y - 0.06), head.spot(side * 0.66, y + 0.06), head.h * 0.15) for y in (0.3, 0.56)
    ]


def _plates(head: Head, side: int) -> list[Outline]:
    (x, y), u = head.spot(side * 0.52, -0.66), head.w * 0.13
    return [
        polygon(
            (x - u, y - u * 0.2), (x - u * 0.2, y - u), (x + u * 0.9, y - u * 0.6), (x + u, y + u * 0.5), (x, y + u)
        ),
        polygon(
            (x + u * 1.3, y + u * 0.5), (x + u * 2, y + u * 0.7), (x + u * 1.9, y + u * 1.5), (x + u * 1.2, y + u * 1.3)
        ),
    ]


def _swirl(head: Head, side: int) -> list[Outline]:
    spine = [
        head.spot(side * x, y) for x, y in ((0.2, -0.72), (0.46, -0.84), (0.68, -0.62), (0.56, -0.42), (0.42, -0.56))
    ]
    return [tube(spine, (3, 5.5, 5.5, 4.5, 2.5))]


_PATTERNS = {Element.WATER: _dots, Element.FIRE: _stripes, Element.EARTH: _plates, Element.WIND: _swirl}

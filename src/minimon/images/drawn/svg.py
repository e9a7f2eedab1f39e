"""A small writer of canonical SVG: the same drawing always gives the same text.

Attributes are sorted, coordinates are rounded to a hundredth of a pixel, and definitions that are equal share
one id. Nothing is written that could run or that points outside the document.
"""

from xml.sax.saxutils import escape

SIZE = 512
"""Width and height of every picture, in pixels."""


def number(value: float) -> str:
    """Return ``value`` rounded to two decimals, without trailing zeros and never as ``-0``."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def tag(name: str, *children: str, **attributes: float | str) -> str:
    """Return one element as markup. Underscores in attribute names stand for hyphens; children are markup."""
    written = "".join(f' {key.replace("_", "-")}="{_value(value)}"' for key, value in sorted(attributes.items()))
    content = "".join(children)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _value(value: float | str) -> str:
    return escape(value, {'"': "&quot;"}) if isinstance(value, str) else number(value)


class Drawing:
    """A picture under construction: marks from back to front, and the gradients and clips that they use."""

    def __init__(self) -> None:
        self._definitions: dict[str, tuple[str, str]] = {}
        self._marks: list[str] = []

    def add(self, markup: str) -> None:
        """Put ``markup`` in front of everything added before."""
        self._marks.append(markup)

    def define(self, name: str, *children: str, **attributes: float | str) -> str:
        """Define an element once and return the ``url(#…)`` that refers to it inside this document."""
        content = tag(name, *children, **attributes)
        if content not in self._definitions:
            key = f"d{len(self._definitions)}"
            self._definitions[content] = (key, tag(name, *children, id=key, **attributes))
        return f"url(#{self._definitions[content][0]})"

    def linear(self, start: tuple[float, float], end: tuple[float, float], *colours: str) -> str:
        """Return a paint that runs evenly through ``colours`` from ``start`` to ``end``, in pixels."""
        (x1, y1), (x2, y2) = start, end
        stops = _stops([(colour, 1.0) for colour in colours])
        return self.define("linearGradient", *stops, gradientUnits="userSpaceOnUse", x1=x1, y1=y1, x2=x2, y2=y2)

    def radial(self, *stops: tuple[str, float]) -> str:
        """Return a paint from the middle of a shape to its edge; each stop is a colour and an opacity from 0 to 1."""
        return self.define("radialGradient", *_stops(list(stops)))

    def clip(self, *paths: str) -> str:
        """Return a clip that keeps what lies inside any of ``paths`` (path data)."""
        return self.define("clipPath", *(tag("path", d=path) for path in paths))

    def text(self) -> str:
        """Return the document."""
        definitions = tag("defs", *(markup for _, markup in self._definitions.values()))
        return tag(
            "svg",
            definitions,
            *self._marks,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {SIZE} {SIZE}",
            width=SIZE,
            height=SIZE,
        )


def _stops(colours: list[tuple[str, float]]) -> list[str]:
    last = len(colours) - 1
    return [
        tag("stop", offset=index / last, stop_color=colour, stop_opacity=opacity)
        for index, (colour, opacity) in enumerate(colours)
    ]

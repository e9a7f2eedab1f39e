"""A small writer of canonical SVG: the same drawing always gives the same text.

Attributes are sorted, coordinates are rounded to a tenth of a pixel or finer, and definitions that are equal share
one id. Nothing is written that could run or that points outside the document.
"""

from html import escape

SIZE = 512
"""Width and height of every scene, in its own pixels; a picture may be rendered at any size."""


def number(value: float) -> str:
    """Return ``value`` rounded to two decimals, without trailing zeros and never as ``-0``."""
    text = f"{value:.2f}"
    if text[-1] == "0":
        text = text[:-3] if text[-2] == "0" else text[:-1]
    return "0" if text in {"-0", "-"} else text


def tag(name: str, *children: str, **attributes: float | str) -> str:
    """Return one element as markup. Underscores in attribute names stand for hyphens; children are markup."""
    written = "".join([f' {key.replace("_", "-")}="{_value(value)}"' for key, value in sorted(attributes.items())])
    content = "".join(children)
    return f"<{name}{written}>{content}</{name}>" if content else f"<{name}{written}/>"


def _value(value: float | str) -> str:
    if not isinstance(value, str):
        return number(value)
    return escape(value) if "&" in value or "<" in value or '"' in value else value


class Drawing:
    """A picture under construction: marks from back to front, and the gradients, shapes and clips that they use."""

    def __init__(self) -> None:
        self._definitions: dict[str, tuple[str, str]] = {}
        self._marks: list[str] = []

    def add(self, markup: str) -> None:
        """Put ``markup`` in front of everything added before."""
        self._marks.append(markup)

    def fill(self, path: str, paint: str, opacity: float = 1.0) -> None:
        """Fill a path (path data) in front of everything added before."""
        faint = f' fill-opacity="{number(opacity)}"' if opacity < 1 else ""
        self._marks.append(f'<path d="{path}" fill="{paint}"{faint}/>')

    def dot(self, x: float, y: float, radius: float, paint: str, opacity: float = 1.0) -> None:
        """Fill a circle in front of everything added before."""
        faint = f' fill-opacity="{number(opacity)}"' if opacity < 1 else ""
        self._marks.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" fill="{paint}"{faint} r="{radius:.1f}"/>')

    def oval(self, x: float, y: float, rx: float, ry: float, paint: str, opacity: float = 1.0) -> None:
        """Fill an upright ellipse in front of everything added before."""
        faint = f' fill-opacity="{number(opacity)}"' if opacity < 1 else ""
        self._marks.append(f'<ellipse cx="{x:.1f}" cy="{y:.1f}" fill="{paint}"{faint} rx="{rx:.1f}" ry="{ry:.1f}"/>')

    def ring(self, x: float, y: float, rx: float, ry: float, paint: str, width: float, opacity: float = 1.0) -> None:
        """Draw the line of an upright ellipse in front of everything added before."""
        self._marks.append(
            f'<ellipse cx="{x:.1f}" cy="{y:.1f}" fill="none" rx="{rx:.1f}" ry="{ry:.1f}" stroke="{paint}" '
            f'stroke-opacity="{number(opacity)}" stroke-width="{number(width)}"/>'
        )

    def line(self, path: str, paint: str, width: float, opacity: float = 1.0) -> None:
        """Draw a line with round ends in front of everything added before; ``width`` is in pixels."""
        self._marks.append(
            f'<path d="{path}" fill="none" stroke="{paint}" stroke-linecap="round" stroke-linejoin="round" '
            f'stroke-opacity="{number(opacity)}" stroke-width="{number(width)}"/>'
        )

    def define(self, name: str, *children: str, **attributes: float | str) -> str:
        """Define an element once and return its id inside this document."""
        content = tag(name, *children, **attributes)
        known = self._definitions.get(content)
        if known is None:
            key = f"d{len(self._definitions)}"
            known = self._definitions[content] = (key, tag(name, *children, id=key, **attributes))
        return known[0]

    def linear(self, start: tuple[float, float], end: tuple[float, float], *colours: str) -> str:
        """Return a paint that runs evenly through ``colours`` from ``start`` to ``end``, in pixels."""
        (x1, y1), (x2, y2) = start, end
        stops = _stops([(colour, 1.0) for colour in colours])
        key = self.define("linearGradient", *stops, gradientUnits="userSpaceOnUse", x1=x1, y1=y1, x2=x2, y2=y2)
        return f"url(#{key})"

    def across(self, start: tuple[float, float], end: tuple[float, float], *colours: str) -> str:
        """Return a paint that runs evenly through ``colours`` over a shape's box, whose sides are 0 and 1."""
        (x1, y1), (x2, y2) = start, end
        key = self.define("linearGradient", *_stops([(colour, 1.0) for colour in colours]), x1=x1, y1=y1, x2=x2, y2=y2)
        return f"url(#{key})"

    def radial(self, *stops: tuple[str, float]) -> str:
        """Return a paint from the middle of a shape to its edge; each stop is a colour and an opacity from 0 to 1."""
        return f"url(#{self.define('radialGradient', *_stops(list(stops)))})"

    def shape(self, path: str) -> tuple[str, str]:
        """Define a shape (path data) for use in several marks; return its ``#id`` and a clip to its inside."""
        key = self.define("path", d=path)
        clip = self.define("clipPath", f'<use href="#{key}"/>')
        return f"#{key}", f"url(#{clip})"

    def text(self) -> str:
        """Return the document."""
        definitions = f"<defs>{''.join([markup for _, markup in self._definitions.values()])}</defs>"
        head = f'<svg height="{SIZE}" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" xmlns="http://www.w3.org/2000/svg">'
        return f"{head}{definitions}{''.join(self._marks)}</svg>"


def _stops(colours: list[tuple[str, float]]) -> list[str]:
    last = len(colours) - 1
    return [
        f'<stop offset="{number(index / last)}" stop-color="{colour}"'
        + (f' stop-opacity="{number(opacity)}"/>' if opacity < 1 else "/>")
        for index, (colour, opacity) in enumerate(colours)
    ]

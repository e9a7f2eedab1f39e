"""A small writer of canonical SVG: the same drawing always gives the same text.

Attributes are sorted, coordinates are rounded to a tenth of a pixel or finer, and definitions that are equal share
one id. Nothing is written that could run or that points outside the document.
"""

from functools import lru_cache

SIZE = 512
"""Width and height of every scene, in its own pixels; a picture may be rendered at any size."""


def number(value: float) -> str:
    """Return ``value`` rounded to two decimals, without trailing zeros and never as ``-0``."""
    text = f"{value:.2f}"
    if text[-1] == "0":
        text = text[:-3] if text[-2] == "0" else text[:-1]
    return "0" if text in {"-0", "-"} else text


class Drawing:
    """A picture under construction: marks from back to front, and the gradients, shapes and clips that they use."""

    def __init__(self) -> None:
        self._definitions: dict[tuple[str, str], str] = {}
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

    def define(self, before: str, after: str) -> str:
        """Define an element once and return its id; its markup is ``before`` and ``after`` the quoted id."""
        known = self._definitions.get((before, after))
        if known is None:
            known = self._definitions[before, after] = f"d{len(self._definitions)}"
        return known

    def linear(self, start: tuple[float, float], end: tuple[float, float], *colours: str) -> str:
        """Return a paint that runs evenly through ``colours`` from ``start`` to ``end``, in pixels."""
        return self._gradient('<linearGradient gradientUnits="userSpaceOnUse" id=', start, end, colours)

    def across(self, start: tuple[float, float], end: tuple[float, float], *colours: str) -> str:
        """Return a paint that runs evenly through ``colours`` over a shape's box, whose sides are 0 and 1."""
        return self._gradient("<linearGradient id=", start, end, colours)

    def _gradient(
        self, before: str, start: tuple[float, float], end: tuple[float, float], colours: tuple[str, ...]
    ) -> str:
        return f"url(#{self.define(before, _ends(*start, *end) + _stops(colours) + '</linearGradient>')})"

    def radial(self, *stops: tuple[str, float]) -> str:
        """Return a paint from the middle of a shape to its edge; each stop is a colour and an opacity from 0 to 1."""
        return f"url(#{self.define('<radialGradient id=', '>' + _fading(stops) + '</radialGradient>')})"

    def shape(self, path: str) -> str:
        """Define a shape (path data) for use in several marks and return its ``#id``."""
        return "#" + self.define(f'<path d="{path}" id=', "/>")

    def clip(self, shape: str, moved: tuple[float, float] = (0, 0)) -> str:
        """Return a clip to the inside of a shape, which may be moved for that by some pixels."""
        place = f' transform="translate({number(moved[0])} {number(moved[1])})"' if moved != (0, 0) else ""
        key = self.define("<clipPath id=", f'><use href="{shape}"{place}/></clipPath>')
        return f"url(#{key})"

    def symbol(self, markup: str) -> str:
        """Define something for use in several places and return its ``#id``."""
        return "#" + self.define("<g id=", f">{markup}</g>")

    def fills(self, paths: tuple[str, ...], paint: str, opacity: float = 1.0) -> None:
        """Fill paths that do not touch. The renderer takes far longer for one path with as many pieces."""
        faint = f' fill-opacity="{number(opacity)}"' if opacity < 1 else ""
        self._marks.append(f'<g fill="{paint}"{faint}>{_paths(paths)}</g>')

    def text(self) -> str:
        """Return the document."""
        definitions = "".join([f'{before}"{key}"{after}' for (before, after), key in self._definitions.items()])
        head = f'<svg height="{SIZE}" viewBox="0 0 {SIZE} {SIZE}" width="{SIZE}" xmlns="http://www.w3.org/2000/svg">'
        return f"{head}<defs>{definitions}</defs>{''.join(self._marks)}</svg>"


@lru_cache(maxsize=256)
def _ends(x1: float, y1: float, x2: float, y2: float) -> str:
    return f' x1="{number(x1)}" x2="{number(x2)}" y1="{number(y1)}" y2="{number(y2)}">'


@lru_cache(maxsize=4096)
def _stops(colours: tuple[str, ...]) -> str:
    last = len(colours) - 1
    return "".join([f'<stop offset="{number(i / last)}" stop-color="{colour}"/>' for i, colour in enumerate(colours)])


@lru_cache(maxsize=4096)
def _fading(stops: tuple[tuple[str, float], ...]) -> str:
    last = len(stops) - 1
    return "".join(
        [
            f'<stop offset="{number(i / last)}" stop-color="{colour}" stop-opacity="{number(opacity)}"/>'
            for i, (colour, opacity) in enumerate(stops)
        ]
    )


@lru_cache(maxsize=256)
def _paths(paths: tuple[str, ...]) -> str:
    return "".join([f'<path d="{path}"/>' for path in paths])

"""A plot of throughput and slowest answers against connections, as SVG that any browser shows."""

from collections.abc import Mapping, Sequence
from math import log10

WIDTH, HEIGHT, LEFT, TOP, GAP = 380, 240, 60, 40, 90
COLOURS = ("#0b6e99", "#c2571a", "#2f855a", "#6b7280")
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">'
    '<rect width="100%" height="100%" fill="#fff"/>'
)
Lines = Mapping[str, Sequence[float]]
"""For each server, a figure for each number of connections."""


def plot(title: str, connections: Sequence[int], throughput: Lines, p99: Lines) -> str:
    """Return the drawing: two panels side by side, and a key."""
    width, height = 2 * (LEFT + WIDTH) + GAP, TOP + HEIGHT + 80
    parts = [
        SVG.format(width=width, height=height),
        _text(width / 2, 18, title, anchor="middle", size=14),
        *_panel(LEFT, "requests/s", connections, throughput, logarithmic=False),
        *_panel(2 * LEFT + WIDTH + GAP / 2, "p99, ms", connections, p99, logarithmic=True),
        *_key(throughput, height - 14),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _panel(left: float, label: str, connections: Sequence[int], lines: Lines, *, logarithmic: bool) -> Sequence[str]:
    highest = max(max(values) for values in lines.values())
    ticks = _decades(highest) if logarithmic else _round_steps(highest)
    low, high = (log10(ticks[0]), log10(ticks[-1])) if logarithmic else (0, ticks[-1])

    def y(value: float) -> float:
        place = log10(max(value, ticks[0])) if logarithmic else value
        return TOP + HEIGHT * (1 - (place - low) / (high - low))

    def x(number: int) -> float:
        return left + WIDTH * number / max(1, len(connections) - 1)

    parts = [_text(left, TOP - 8, label)]
    for tick in ticks:
        parts.append(f'<path d="M{left} {y(tick):.1f}h{WIDTH}" stroke="#ddd"/>')
        parts.append(_text(left - 6, y(tick) + 4, f"{tick:,g}", anchor="end"))
    for number, count in enumerate(connections):
        parts.append(_text(x(number), TOP + HEIGHT + 18, str(count), anchor="middle"))
    parts.append(_text(left + WIDTH / 2, TOP + HEIGHT + 36, "connections", anchor="middle"))
    for values, colour in zip(lines.values(), COLOURS, strict=False):
        points = [(x(number), y(value)) for number, value in enumerate(values)]
        places = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in points]
    return parts


def _key(lines: Lines, y: float) -> Sequence[str]:
    parts = []
    for number, (name, colour) in enumerate(zip(lines, COLOURS, strict=False)):
        x = LEFT + 200 * number
        parts += [f'<rect x="{x}" y="{y - 10}" width="14" height="10" fill="{colour}"/>', _text(x + 20, y, name)]
    return parts


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 12) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{text}</text>'


def _round_steps(highest: float) -> Sequence[float]:
    """Return four or five round numbers from 0 to at least ``highest``."""
    step = next(s for e in range(9) for s in (10**e, 2 * 10**e, 5 * 10**e) if s * 5 >= highest)
    return [step * number for number in range(6) if step * (number - 1) < highest]


def _decades(highest: float) -> Sequence[float]:
    """Return the powers of ten from 1 to at least ``highest``."""
    ticks = [1.0]
    while ticks[-1] < highest:
        ticks.append(ticks[-1] * 10)
    return ticks if len(ticks) > 1 else [1.0, 10.0]

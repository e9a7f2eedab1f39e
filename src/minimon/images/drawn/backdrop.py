"""Backdrops: from a plain card to a stage of light, by rarity; the shapes in them are those of the element."""

import math
from functools import cache

from minimon.images.drawn.dice import Dice, Model
from minimon.images.drawn.elements import particle
from minimon.images.drawn.features import star_path
from minimon.images.drawn.finish import FINISHES, Finish
from minimon.images.drawn.glory import CENTRE, GOLD, halo, medallion
from minimon.images.drawn.palette import Palette, oklch
from minimon.images.drawn.scenery import mist, scenery
from minimon.images.drawn.shapes import leaf
from minimon.images.drawn.svg import SIZE, Drawing


def paint_backdrop(drawing: Drawing, model: Model, palette: Palette) -> None:
    """Fill the picture behind a figure. Each rank adds to what the ranks below have."""
    rank, finish = model.rank, FINISHES[model.rank]
    _sky(drawing, palette, finish)
    if rank in {3, 4}:
        _disc(drawing, palette, rank)
    elif rank == 6:
        halo(drawing, palette)
    elif rank == 7:
        medallion(drawing, palette, model.dice("bokeh"))
    if rank >= 3:
        scenery(drawing, model.element, palette, finish, model.dice("backdrop").span(-14, 14))
    if finish.land:
        _ground(drawing, palette, finish, rank)
    elif rank:
        drawing.oval(256, 450, 200, 44, palette.sky(0.855, 0.075))
    if rank >= 3 and not finish.dark:
        mist(drawing, palette)
    if rank >= 1:
        _sparkles(drawing, palette, rank, model.dice("sparkles"))


def _sky(drawing: Drawing, palette: Palette, finish: Finish) -> None:
    """Fill everything: flat, from top to bottom, or in the dark with a glow behind the figure."""
    colours = [palette.sky(*stop) for stop in finish.sky]
    if finish.dark and len(colours) > 1:
        fade = drawing.radial(*[(colour, 1.0) for colour in colours])
        drawing.add(f'<rect fill="{fade}" height="800" width="800" x="-144" y="-160"/>')
        return
    paint = drawing.linear((0, 0), (0, SIZE * 0.85), *colours) if len(colours) > 1 else colours[0]
    drawing.add(f'<rect fill="{paint}" height="{SIZE}" width="{SIZE}"/>')


def _ground(drawing: Drawing, palette: Palette, finish: Finish, rank: int) -> None:
    """Paint a low hill with a lit rim; a stage with golden rings from S on, and a step under the highest."""
    lightness, chroma, turned = finish.land[0]
    rim = palette.sky(0.94, 0.03) if not finish.dark else palette.sky(lightness + 0.22, chroma, turned)
    drawing.fill(_hill(-5), rim)
    colours = [palette.sky(*stop) for stop in finish.land]
    drawing.fill(_hill(0), drawing.linear((0, 405), (0, SIZE), *colours) if len(colours) > 1 else colours[0])
    if rank >= 7:
        drawing.fill(_STEP, oklch(0.5, 0.1, 70))
        drawing.oval(256, 462, 222, 44, GOLD)
        drawing.oval(256, 460, 208, 38, palette.sky(0.36, 0.12, 20))
    elif rank == 6:
        drawing.oval(256, 458, 214, 44, GOLD, 0.9)
        drawing.oval(256, 457, 204, 39, palette.sky(0.32, 0.12, 24))


@cache
def _hill(lower: int) -> str:
    """Return the part of a wide ellipse that is seen. The renderer works out all that it is given."""
    return f"M512 {440 + lower}A430 150 0 0 0 0 {440 + lower}V512H512Z"


_STEP = "M478 462V478A222 44 0 0 1 34 478V462Z"


def _disc(drawing: Drawing, palette: Palette, rank: int) -> None:
    """Set a pale disc behind the figure, at B with a burst of petals around it."""
    if rank == 4:
        drawing.fills(_burst(), palette.sky(0.96, 0.045), 0.55)
    drawing.dot(*CENTRE, 205 if rank == 3 else 176, palette.sky(0.98, 0.02), 0.75 if rank == 3 else 0.85)


@cache
def _burst() -> tuple[str, ...]:
    return tuple([leaf((256, 76), (256, -48), 104).turned(40 * index, CENTRE).path for index in range(9)])


def _sparkles(drawing: Drawing, palette: Palette, rank: int, dice: Dice) -> None:
    """Scatter four-pointed stars, few on a plain card and many in the night."""
    tint = "#ffffff" if rank >= 2 else palette.tones["accent"].base
    if rank >= 6:
        tint = oklch(0.95, 0.07, 95)
    star = drawing.shape(_STAR)
    stars = []
    for index in range((0, 6, 4, 4, 5, 8, 11, 13)[rank]):
        angle, reach = dice.span(-2.0, 2.0), dice.span(196, 262)
        x, y = 256 + reach * math.sin(angle), 236 - reach * math.cos(angle) * 0.92
        size = dice.span(6, 13) + (11 if rank == 1 and index < 3 else rank * 0.6)
        place = f"translate({min(max(x, 18), 494):.0f} {min(max(y, 18), 400):.0f}) scale({size / 100:.3f})"
        stars.append(f'<use href="{star}" transform="{place}"/>')
    drawing.add(f'<g fill="{tint}">{"".join(stars)}</g>')


_STAR = star_path(0, 0, 100)


def paint_particles(drawing: Drawing, model: Model, palette: Palette, *, front: bool) -> None:
    """Let drops, embers, leaves or breezes drift about the figure; a few of them in front of it."""
    finish = FINISHES[model.rank]
    dice = model.dice("particles front" if front else "particles")
    count = finish.particles if not front else min(max(0, model.rank - 3), 2)
    for index in range(count):
        side = -1 if index % 2 else 1
        angle = side * dice.span(0.5, 2.2)
        reach = dice.span(178, 250)
        x = min(max(256 + reach * math.sin(angle), 22), 490)
        y = min(max(244 - reach * math.cos(angle), 26), 440 if front else 404)
        size = dice.span(9, 16) * (1.3 if front else 1)
        particle(drawing, model.element, palette, (x, y), size, finish.dark, dice)

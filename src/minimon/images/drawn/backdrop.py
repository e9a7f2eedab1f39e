"""Backdrops: from a plain card to a stage of light, by rarity; the shapes in them are those of the element."""

import math

from minimon.images.drawn.dice import Dice, Model
from minimon.images.drawn.elements import particle, scenery
from minimon.images.drawn.face import star_path
from minimon.images.drawn.finish import FINISHES, Finish
from minimon.images.drawn.palette import Palette, oklch
from minimon.images.drawn.shapes import ellipse
from minimon.images.drawn.svg import SIZE, Drawing

CENTRE = (256.0, 240.0)


def paint_backdrop(drawing: Drawing, model: Model, palette: Palette) -> None:
    """Fill the picture behind a figure. Each rank adds to what the ranks below have."""
    rank, finish = model.rank, FINISHES[model.rank]
    colours = [palette.sky(*stop) for stop in finish.sky]
    paint = drawing.linear((0, 0), (0, SIZE * 0.85), *colours) if len(colours) > 1 else colours[0]
    drawing.add(f'<rect fill="{paint}" height="{SIZE}" width="{SIZE}"/>')
    dice = model.dice("backdrop")
    if rank >= 6:
        _rays(drawing, palette, rank)
    if rank >= 7:
        _bokeh(drawing, palette, model.dice("bokeh"))
    if rank >= 3:
        _disc(drawing, palette, rank)
    if rank >= 6:
        _halo(drawing, palette, rank)
    if rank >= 3:
        scenery(drawing, model.element, palette, finish, dice)
    if finish.land:
        _ground(drawing, palette, finish, rank)
    else:
        _card(drawing, palette, rank)
    if rank >= 1:
        _sparkles(drawing, palette, rank, model.dice("sparkles"))
    if rank >= 5:
        _vignette(drawing, palette, rank)


def _card(drawing: Drawing, palette: Palette, rank: int) -> None:
    """Lay a quiet floor under a figure that has no landscape."""
    if rank:
        drawing.add(f'<ellipse cx="256" cy="452" fill="{palette.sky(0.885, 0.055)}" rx="186" ry="40"/>')


def _ground(drawing: Drawing, palette: Palette, finish: Finish, rank: int) -> None:
    """Paint a low hill with a lit rim, and a few pale patches that give it depth."""
    rim = palette.sky(0.985, 0.012) if not finish.dark else palette.sky(0.8, 0.12)
    drawing.oval(256, 555, 430, 150, rim, 0.7)
    paint = drawing.linear((0, 405), (0, SIZE), *[palette.sky(*stop) for stop in finish.land])
    drawing.oval(256, 560, 430, 150, paint)
    patch = palette.sky(0.985, 0.012) if not finish.dark else palette.sky(0.7, 0.12)
    for x, y, width in ((66, 462, 34), (112, 490, 20), (452, 478, 40), (404, 500, 16), (262, 500, 26)):
        drawing.oval(x, y, width, width * 0.2, patch, 0.38)
    if rank >= 6:
        for rx, thick, opacity in ((196, 5.0, 0.9), (222, 2.5, 0.6)):
            drawing.ring(256, 452, rx, rx * 0.2, oklch(0.88, 0.13, 92), thick, opacity)


def _disc(drawing: Drawing, palette: Palette, rank: int) -> None:
    """Set a pale disc behind the figure, from B on with a burst of petals around it."""
    if rank == 4:
        petals = "".join([ellipse((256, 34), 26, 66).turned(30 * index, CENTRE).path() for index in range(12)])
        drawing.fill(petals, palette.sky(0.98, 0.03), 0.42)
    if rank <= 4:
        drawing.dot(*CENTRE, 205 if rank == 3 else 190, palette.sky(0.985, 0.014), 0.75)
        return
    glow = palette.sky(0.93, 0.09) if rank == 5 else palette.sky(0.88, 0.12, -30)
    drawing.dot(*CENTRE, 262, drawing.radial((glow, 0.95), (glow, 0.55), (glow, 0.0)))


def _rays(drawing: Drawing, palette: Palette, rank: int) -> None:
    """Let beams of light fan out from behind the figure."""
    count = 14 if rank == 6 else 20
    x, y = CENTRE
    beams = []
    for index in range(count):
        half = math.pi / count * (0.42 if index % 2 else 0.62)
        angle = math.tau * index / count
        ends = [(x + 420 * math.sin(a), y - 420 * math.cos(a)) for a in (angle - half, angle + half)]
        beams.append(f"M{x:.1f} {y:.1f}L{ends[0][0]:.1f} {ends[0][1]:.1f}L{ends[1][0]:.1f} {ends[1][1]:.1f}Z")
    tint = oklch(0.93, 0.09, 95) if rank == 7 else palette.sky(0.85, 0.12, -20)
    drawing.fill("".join(beams), tint, 0.17 if rank == 6 else 0.24)


def _halo(drawing: Drawing, palette: Palette, rank: int) -> None:
    """Hang rings behind the figure; on the highest rank a golden filigree of petals and beads."""
    gold = oklch(0.88, 0.13, 92)
    x, y = CENTRE
    if rank == 6:
        for reach, thick, opacity in ((206, 6, 0.85), (220, 2, 0.7)):
            drawing.ring(x, y, reach, reach, palette.sky(0.93, 0.09, -20), thick, opacity)
        return
    petals = "".join([ellipse((x, y - 196), 22, 34).turned(22.5 * index, CENTRE).path() for index in range(16)])
    drawing.fill(petals, gold, 0.16)
    drawing.line(petals, gold, 2.4, 0.9)
    for radius, width in ((164, 2.0), (208, 5.0), (232, 2.5)):
        drawing.ring(x, y, radius, radius, gold, width, 0.9)
    for index in range(16):
        angle = math.tau * (index + 0.5) / 16
        drawing.dot(x + 232 * math.sin(angle), y - 232 * math.cos(angle), 6 if index % 2 else 9, gold)


def _bokeh(drawing: Drawing, palette: Palette, dice: Dice) -> None:
    """Scatter large soft discs of light."""
    for index in range(11):
        tint = oklch(0.8, 0.13, (palette.hue + 47 * index) % 360)
        x, y = dice.span(10, 502), dice.span(10, 400)
        drawing.dot(x, y, dice.span(16, 46), tint, dice.span(0.14, 0.3))


def _sparkles(drawing: Drawing, palette: Palette, rank: int, dice: Dice) -> None:
    """Scatter small four-pointed stars, few on a plain card and many in the night."""
    tint = "#ffffff" if rank >= 2 else palette.tones["accent"].base
    if rank >= 6:
        tint = oklch(0.95, 0.07, 95)
    for _ in range((0, 4, 4, 4, 5, 9, 16, 26)[rank]):
        angle, reach = dice.span(-2.0, 2.0), dice.span(196, 262)
        x, y = 256 + reach * math.sin(angle), 236 - reach * math.cos(angle) * 0.92
        drawing.fill(
            star_path(min(max(x, 18), 494), min(max(y, 18), 400), dice.span(6, 13) + (2 if rank < 2 else rank * 0.5)),
            tint,
            0.95,
        )


def _vignette(drawing: Drawing, palette: Palette, rank: int) -> None:
    """Darken the corners."""
    dark = palette.sky(0.2, 0.08, 40)
    fade = drawing.radial((dark, 0.0), (dark, 0.0), (dark, 0.0), (dark, 0.72))
    drawing.add(f'<rect fill="{fade}" height="720" width="720" x="-104" y="-104"/>')


def paint_particles(drawing: Drawing, model: Model, palette: Palette, *, front: bool) -> None:
    """Let drops, embers, leaves or breezes drift about the figure; a few of them in front of it."""
    finish = FINISHES[model.rank]
    dice = model.dice("particles front" if front else "particles")
    count = finish.particles if not front else max(0, model.rank - 3)
    for index in range(count):
        side = -1 if index % 2 else 1
        angle = side * dice.span(0.5, 2.2)
        reach = dice.span(178, 250)
        x = min(max(256 + reach * math.sin(angle), 22), 490)
        y = min(max(244 - reach * math.cos(angle), 26), 440 if front else 404)
        particle(drawing, model.element, palette, (x, y), dice.span(8, 15) * (1.3 if front else 1), finish, dice)

"""A scene: everything about one picture, from the traits to canonical SVG. Its identity is the hash of that text."""

import hashlib
from dataclasses import dataclass

from minimon.creatures import Element, Traits
from minimon.images.drawn.backdrop import paint_backdrop, paint_particles
from minimon.images.drawn.dice import Model
from minimon.images.drawn.elements import orbit
from minimon.images.drawn.features import paint_face
from minimon.images.drawn.figure import Figure
from minimon.images.drawn.finish import FINISHES, Finish
from minimon.images.drawn.paint import Brush
from minimon.images.drawn.palette import Palette, oklch, palette
from minimon.images.drawn.plans import PLANS, WEIGHTS
from minimon.images.drawn.pose import Pose, take_pose
from minimon.images.drawn.svg import Drawing, number

VERSION = 4
"""Of the drawing program. A seed gives the same picture for as long as this number stays."""
ACCENTS = {
    Element.WATER: (345, 55, 175, 92, 300),
    Element.FIRE: (88, 15, 92, 340, 75),
    Element.EARTH: (5, 60, 92, 40, 320),
    Element.WIND: (85, 220, 180, 20, 235),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """A creature, composed and not yet painted."""

    model: Model
    plan: str
    figure: Figure
    palette: Palette
    pose: Pose

    def svg(self) -> str:
        """Return the picture as canonical SVG, 512 by 512 pixels."""
        return _paint(self)


def compose(traits: Traits) -> Scene:
    """Return the scene of a creature: body, face, colours and pose, all from its traits."""
    model = Model(traits)
    plan = model.dice("plan").weigh(WEIGHTS[traits.element])
    figure = PLANS[plan](model)
    dice = model.dice("palette")
    colours = palette(traits.element, round(dice.span(0, 1), 2), dice.pick(ACCENTS[traits.element]), model.rank)
    return Scene(model, plan, figure, colours, take_pose(model, figure, FINISHES[model.rank]))


def scene_svg(traits: Traits) -> str:
    """Return a creature's picture as canonical SVG."""
    return compose(traits).svg()


def art_id(svg: str) -> str:
    """Return the identity of a picture: the drawing program's version and the SHA-256 of the SVG text."""
    return f"drawn{VERSION}-{hashlib.sha256(svg.encode()).hexdigest()}"


def _paint(scene: Scene) -> str:
    drawing, model, figure = Drawing(), scene.model, scene.figure
    finish, colours = FINISHES[model.rank], scene.palette
    paint_backdrop(drawing, model, colours)
    paint_particles(drawing, model, colours, front=False)
    _shadow(drawing, scene, finish)
    if model.rank >= 4:
        orbit(drawing, model.element, colours, dark=finish.dark, front=False)
    *turned, right, down = scene.pose.matrix
    matrix = " ".join([*(f"{value:.4f}" for value in turned), number(right), number(down)])
    drawing.add(f'<g stroke-linecap="round" stroke-linejoin="round" transform="matrix({matrix})">')
    brush = Brush(drawing, colours, finish, scene.pose.flip)
    if model.rank >= 5:
        _aura(brush, figure, model.rank)
    brush.pieces(figure.back)
    paint_face(drawing, figure.face, colours, scene.pose.flip)
    brush.pieces(figure.front)
    drawing.add("</g>")
    if model.rank >= 4:
        orbit(drawing, model.element, colours, dark=finish.dark, front=True)
    paint_particles(drawing, model, colours, front=True)
    return drawing.text()


def _aura(brush: Brush, figure: Figure, rank: int) -> None:
    """Lay a glow around the whole figure; the two highest ranks have a clear contour instead."""
    if rank == 5:
        brush.contour(figure, oklch(0.72, 0.12, brush.palette.hue), 19)
    else:
        brush.contour(figure, "#ffffff" if rank == 6 else oklch(0.93, 0.11, 95), 15)


def _shadow(drawing: Drawing, scene: Scene, finish: Finish) -> None:
    """Lay a shadow under the figure, a little to the right since the light comes from the left; soft on pale land."""
    left, right = scene.pose.foot
    lifted = bool(scene.figure.lift)
    middle, rx, ry = (left + right) / 2 + 8, (right - left) * (0.36 if lifted else 0.58), 15 if lifted else 24
    if finish.dark:
        drawing.oval(middle, 448, rx * 0.85, ry * 0.85, oklch(0.12, 0.04, scene.palette.hue), 0.5)
    else:
        colour = scene.palette.shadow
        drawing.oval(middle, 448, rx, ry, drawing.radial((colour, 0.6), (colour, 0.4), (colour, 0.0)))

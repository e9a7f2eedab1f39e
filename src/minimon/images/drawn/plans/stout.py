"""Plans that are a head from top to bottom: blob, chunk, skirted."""

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.dressing import dress_head
from minimon.images.drawn.figure import Figure, Layer, mirrored
from minimon.images.drawn.head import Head, make_face, make_turn
from minimon.images.drawn.outline import Outline
from minimon.images.drawn.plans.common import AXIS, arm, back, belly, tail, wings
from minimon.images.drawn.shapes import tube


def blob(model: Model) -> Figure:
    """Return a gumdrop that is all head, flat on the ground, with stubby arms."""
    dice = model.dice("body")
    w, h = dice.near(146, 14), dice.near(136, 14)
    head = Head((AXIS, 442 - h), w, h, dice.span(-0.2, 0.1), "dome", make_turn(model))
    face = make_face(model, head, down=0.12)
    layer = Layer((head.outline(),), "main", belly(model, (AXIS, 430), w * 0.66, h * 0.4), depth=15)
    dressed = dress_head(model, head, layer, crest=1.2)
    reach = dice.span(38, 52)
    limbs = [
        arm(AXIS, 440 - h * 0.56, w * 0.86, reach, side, model.dice(f"arm{side}").pick(("out", "up", "down")))
        for side in (-1, 1)
    ]
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (AXIS, 330), w * 0.7, 0.9),
            *(tail(model, (AXIS + w * 0.8, 410), 52, 0.7) if model.rank > 2 else []),
            *limbs,
            *dressed.back,
        ],
        front=dressed.front,
    )


def chunk(model: Model) -> Figure:
    """Return a sturdy one: broad shoulders, large hands, short legs."""
    dice = model.dice("body")
    w = dice.near(132, 10)
    head = Head((AXIS, 288), w, dice.near(126, 8), dice.span(-0.16, 0.1), "block", make_turn(model))
    face = make_face(model, head, down=-0.02)
    dressed = dress_head(
        model, head, Layer((head.outline(),), "main", belly(model, (AXIS, 404), w * 0.56, 52), depth=14), crest=1.0
    )
    hand = dice.span(30, 36)
    drop = dice.span(384, 402)
    limb = tube(((AXIS - w * 0.9, 326), (AXIS - w * 1.16, 350), (AXIS - w * 1.18, drop)), (22, 27, hand))
    nails = tuple(
        [((AXIS - w * 1.2 + dx, drop + hand * 0.4), (AXIS - w * 1.2 + dx, drop + hand * 0.75)) for dx in (-9, 9)]
    )
    stones = tuple([tuple([(2 * AXIS - x, y) for x, y in nail]) for nail in nails])
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (AXIS, 290), w * 0.6),
            *back(model, (AXIS, 176), 0, 1.1),
            Layer(mirrored((tube(((AXIS - w * 0.46, 390), (AXIS - w * 0.46, 424)), (36, 34)),), AXIS), "main", depth=7),
            *dressed.back,
            Layer((limb,), "main", creases=nails, depth=8),
            Layer((limb.mirrored(AXIS),), "main", creases=stones, depth=8),
        ],
        front=dressed.front,
    )


def skirted(model: Model) -> Figure:
    """Return a spirit: a hood that flows down into the hem of its element."""
    dice = model.dice("body")
    w = dice.near(126, 10)
    head = Head((AXIS, 238), w, dice.near(124, 8), dice.span(0.0, 0.2), "seed", make_turn(model))
    face = make_face(model, head, down=0.1)
    hem = {Element.WATER: 16, Element.FIRE: 44, Element.EARTH: 24, Element.WIND: 30}[model.element]
    gown = [
        (-w * 0.86, 250),
        (-w * 0.98, 330),
        (-w * 1.02, 400),
        (-w * 0.86, 440 + hem * 0.2),
        (-w * 0.6, 408),
        (-w * 0.32, 444 + hem * 0.3),
        (0, 412),
        (w * 0.32, 444 + hem * 0.3),
        (w * 0.6, 408),
        (w * 0.86, 440 + hem * 0.2),
        (w * 1.02, 400),
        (w * 0.98, 330),
        (w * 0.86, 250),
    ]
    corners = frozenset({3, 5, 7, 9}) if model.element in {Element.FIRE, Element.EARTH} else frozenset()
    robe = Outline(tuple([(AXIS + x, y) for x, y in gown]), corners)
    layer = Layer((head.outline(), robe), "main", belly(model, (AXIS, 396), w * 0.5, 60), depth=15)
    dressed = dress_head(model, head, layer)
    limbs = [
        arm(AXIS, 344, w * 0.86, 44, side, model.dice(f"arm{side}").pick(("out", "up", "down"))) for side in (-1, 1)
    ]
    return Figure(
        head.outline(),
        face,
        back=[*wings(model, (AXIS, 330), w * 0.7), *limbs, *dressed.back],
        front=dressed.front,
        lift=22,
    )

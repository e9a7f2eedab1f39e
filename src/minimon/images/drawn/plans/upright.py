"""Plans that stand upright and face us: blob, biped, sprout, bird, drake, chunk."""

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import Figure, Layer, Mark, mirrored
from minimon.images.drawn.head import Head, dress_head, make_face
from minimon.images.drawn.plans.common import AXIS, arm, arms, back, belly, collar, feet, ornaments, tail, wings
from minimon.images.drawn.shapes import Outline, ellipse, leaf, symmetric, tube


def blob(model: Model) -> Figure:
    """Return a plump body that is all head, with stubby arms and feet."""
    dice = model.dice("body")
    w, h = dice.near(146, 14), dice.near(138, 12)
    head = Head((AXIS, 440 - h), w, h, dice.span(0.15, 0.5))
    face = make_face(model, head, down=0.04)
    layer = Layer((head.outline(),), "main", belly(model, (AXIS, 430), w * 0.6, h * 0.46), depth=15)
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
            feet(AXIS, 438, w * 0.36, w * 0.24),
        ],
        front=dressed.front,
    )


def _upper(model: Model, y: float = 238, size: float = 1.0) -> Head:
    dice = model.dice("head")
    return Head((AXIS, y), dice.near(130, 10) * size, dice.near(106, 8) * size, dice.span(-0.1, 0.32))


def biped(model: Model) -> Figure:
    """Return a cub: a big head on a small body with arms, legs and a tail."""
    dice = model.dice("body")
    head = _upper(model)
    w = dice.near(70, 9)
    face = make_face(model, head)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=14))
    torso = symmetric(AXIS, (0, 316), (w * 0.62, 330), (w, 384), (w * 0.94, 424), (w * 0.5, 442), (0, 446))
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (AXIS, 356), 40),
            *tail(model, (AXIS + w * 0.8, 410), 46, 0.8),
            Layer(mirrored((ellipse((AXIS - w * 0.62, 430), w * 0.44, 24),), AXIS), "main", depth=6),
            Layer((torso,), "main", belly(model, (AXIS, 408), w * 0.62, 44), depth=10),
            *arms(model, AXIS, 362, w * 0.78, 58),
            *ornaments(model, AXIS, 344, w * 0.7),
            *dressed.back,
        ],
        front=dressed.front,
    )


def sprout(model: Model) -> Figure:
    """Return a seedling: a round head on a small body in a skirt of leaves, flames, drops or cloud."""
    dice = model.dice("body")
    head = _upper(model, 250)
    face = make_face(model, head)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=14), crest=1.05)
    limb = tube(((AXIS - 40, 362), (AXIS - 96, 374), (AXIS - 122, dice.span(338, 366))), (14, 14, 13))
    torso = symmetric(AXIS, (0, 330), (46, 346), (68, 392), (54, 432), (0, 442))
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (AXIS, 360), 30),
            feet(AXIS, 440, 34, 30),
            Layer(mirrored((limb,), AXIS), "main", depth=6),
            Layer((torso,), "pale", depth=10),
            *collar(model, AXIS, 360, 68),
            *ornaments(model, AXIS, 348, 54),
            *dressed.back,
        ],
        front=dressed.front,
    )


def bird(model: Model) -> Figure:
    """Return a chick, one wing up to greet, its tail to the right."""
    dice = model.dice("body")
    w = dice.near(136, 12)
    head = Head((AXIS - 8, 284), w, dice.near(142, 8), dice.span(0.0, 0.3))
    face = make_face(model, head, down=-0.12, beak=True)
    x, y = head.centre
    mask = symmetric(
        face.centre[0],
        (0, face.centre[1] - 16),
        (w * 0.4, face.centre[1] - 48),
        (w * 0.76, face.centre[1] - 10),
        (w * 0.78, y + 60),
        (w * 0.5, y + 150),
        (0, y + 160),
    )
    ticks = tuple([Mark(ellipse((x + dx, y + dy), 6, 9), "main") for dx, dy in ((-30, 84), (24, 86), (-3, 108))])
    dressed = dress_head(
        model, head, Layer((head.outline(),), "main", (Mark(mask, "pale"), *ticks), depth=15), ears=False, crest=1.15
    )
    fx, fy = face.centre
    beak = Outline(
        (
            (fx, fy + 20),
            (fx + 25, fy + 31),
            (fx + 16, fy + 48),
            (fx + 1, fy + 58),
            (fx - 16, fy + 48),
            (fx - 25, fy + 31),
        )
    )
    split = ((fx - 18, fy + 37), (fx, fy + 42), (fx + 18, fy + 37))
    folded = Outline(
        (
            (x + w * 0.78, 300),
            (x + w * 1.02, 328),
            (x + w * 1.07, 364),
            (x + w * 0.97, 394),
            (x + w * 0.82, 390),
            (x + w * 0.69, 406),
            (x + w * 0.56, 392),
            (x + w * 0.43, 394),
            (x + w * 0.44, 362),
            (x + w * 0.56, 320),
        ),
        frozenset({4, 6}),
    )
    shoulder = (x - w * 0.7, 318)
    lift = dice.span(-18, 22)
    raised = tuple(
        [
            tube(
                (shoulder, ((shoulder[0] + x - w + dx) / 2, (shoulder[1] + ty) / 2 + 4), (x - w + dx, ty - lift)),
                (34, 33, 19),
            )
            for dx, ty in ((-62, 276), (-54, 218), (-12, 184))
        ]
    )
    return Figure(
        head.outline(),
        face,
        back=[
            *(wings(model, (x, 330), w * 0.7) if model.rank > 5 else []),
            *tail(model, (x + w * 0.78, 386), 50, 0.95),
            _toes(x),
            Layer(raised, "main", depth=9),
            *dressed.back,
        ],
        front=[Layer((beak,), "accent", creases=(split,), depth=5), Layer((folded,), "main", depth=8), *dressed.front],
    )


def _toes(x: float) -> Layer:
    points = ((0, 400), (20, 424), (32, 440), (16, 447), (0, 442), (-16, 447), (-32, 440), (-20, 424))
    return Layer(
        tuple([Outline(tuple([(x + side + dx, y) for dx, y in points])) for side in (-42, 42)]), "accent", depth=5
    )


def drake(model: Model) -> Figure:
    """Return a little dragon that sits upright: a pear of a body with a plated belly, wings and a long tail."""
    dice = model.dice("body")
    head = _upper(model, 218, 0.92)
    w = dice.near(90, 10)
    face = make_face(model, head, down=0.1)
    dressed = dress_head(model, head, Layer((head.outline(),), "main", depth=14), crest=0.85)
    torso = symmetric(AXIS, (0, 290), (w * 0.56, 306), (w * 0.86, 360), (w, 408), (w * 0.72, 440), (0, 446))
    plates = symmetric(AXIS, (0, 318), (w * 0.36, 330), (w * 0.58, 388), (w * 0.5, 436), (0, 452))
    rows = tuple(
        [((AXIS - w * r, y), (AXIS, y + 5), (AXIS + w * r, y)) for y, r in ((356, 0.34), (384, 0.46), (412, 0.46))]
    )
    spine = ((AXIS + 40, 424), (AXIS + 120, 430), (AXIS + 168, 392))
    small = model.rank < 4
    return Figure(
        head.outline(),
        face,
        back=[
            *wings(model, (AXIS, 344), 46, 0.78 if small else 1.0, always=True),
            *tail(model, (AXIS + 160, 400), 18, 0.7),
            Layer((tube(spine, (30, 25, 19)),), "main", depth=8),
            Layer((torso,), "main", (Mark(plates, "pale"),), rows, depth=11),
            Layer(mirrored((ellipse((AXIS - w * 0.74, 432), w * 0.4, 22),), AXIS), "main", depth=6),
            *arms(model, AXIS, 346, w * 0.66, 48),
            *ornaments(model, AXIS, 318, w * 0.62),
            *dressed.back,
        ],
        front=dressed.front,
    )


def chunk(model: Model) -> Figure:
    """Return a sturdy one: broad shoulders, large hands, short legs."""
    dice = model.dice("body")
    w = dice.near(132, 10)
    head = Head((AXIS, 288), w, dice.near(126, 8), dice.span(-0.16, 0.1))
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
    head = Head((AXIS, 238), w, dice.near(124, 8), dice.span(0.0, 0.25))
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
        back=[*wings(model, (AXIS, 330), w * 0.7), *limbs, *dressed.back, *ornaments(model, AXIS, 366, w * 0.6)],
        front=dressed.front,
        lift=22,
    )


__all__ = ["biped", "bird", "blob", "chunk", "drake", "leaf", "skirted", "sprout"]

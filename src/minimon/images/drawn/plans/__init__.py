"""Body plans. Each is a function of the model that returns a figure; its ranges lie about proportions found by eye."""

from collections.abc import Callable, Mapping

from minimon.creatures import Element
from minimon.images.drawn.dice import Model
from minimon.images.drawn.figure import Figure
from minimon.images.drawn.plans.aloft import fish, floater, moth
from minimon.images.drawn.plans.bird import bird
from minimon.images.drawn.plans.crawling import crawler, shell
from minimon.images.drawn.plans.sideways import quadruped, serpent
from minimon.images.drawn.plans.stout import blob, chunk, skirted
from minimon.images.drawn.plans.upright import biped, drake, sprout

PLANS: Mapping[str, Callable[[Model], Figure]] = {
    plan.__name__: plan
    for plan in (
        blob,
        biped,
        quadruped,
        sprout,
        bird,
        serpent,
        floater,
        fish,
        shell,
        crawler,
        moth,
        drake,
        chunk,
        skirted,
    )
}
WEIGHTS: Mapping[Element, Mapping[str, float]] = {
    Element.WATER: dict.fromkeys(PLANS, 1.0)
    | {"fish": 3, "blob": 2.5, "serpent": 2.5, "floater": 2, "moth": 0.3, "chunk": 0.5, "bird": 0.5},
    Element.FIRE: dict.fromkeys(PLANS, 1.0) | {"quadruped": 2.5, "drake": 3, "biped": 2, "fish": 0.3, "floater": 0.5},
    Element.EARTH: dict.fromkeys(PLANS, 1.0)
    | {"sprout": 2.5, "chunk": 2.5, "shell": 2.5, "crawler": 2, "fish": 0.2, "moth": 0.6, "floater": 0.3},
    Element.WIND: dict.fromkeys(PLANS, 1.0)
    | {"bird": 3, "floater": 2, "moth": 2.5, "skirted": 2, "shell": 0.4, "chunk": 0.4, "fish": 0.6},
}
"""Which bodies an element likes; every one may take any."""

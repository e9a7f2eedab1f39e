"""What a picture is asked for, in words: a closed vocabulary of rarity, element, body plan and palette. Pure.

The words of a rarity are the contract's (section 5); the sentence is ours. The vocabulary is closed so that every
prompt can be encoded once, before the first request.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product

from minimon.creatures import Element, Rarity, Traits


@dataclass(frozen=True, slots=True)
class Look:
    """How a rarity looks, and the least number of denoising steps it takes."""

    materials: str
    light: str
    background: str
    effects: str
    composition: str
    detail: str
    steps: int


LOOKS: Mapping[Rarity, Look] = {
    Rarity.F: Look(
        "matte plastic, soft vinyl", "soft studio", "plain", "", "centred, simple pose", "smooth, low detail", 1
    ),
    Rarity.E: Look(
        "soft vinyl, resin", "soft rim", "plain", "light sparkle", "centred", "subtle lines, mild texture", 1
    ),
    Rarity.D: Look(
        "resin, satin",
        "studio rim",
        "soft gradient",
        "light particles",
        "three-quarter view",
        "panel lines, microtexture",
        1,
    ),
    Rarity.C: Look(
        "polished resin",
        "controlled highlights",
        "soft gradient",
        "mist trails",
        "dynamic tilt",
        "engraved seams, shallow emboss",
        1,
    ),
    Rarity.B: Look(
        "glossy resin", "studio rim", "gradient", "energy wisps", "hero pose", "engraved motifs, crisp edges", 1
    ),
    Rarity.A: Look(
        "enamel, translucent tips",
        "dramatic",
        "gradient vignette",
        "aura, particles",
        "hero pose, close-up",
        "ornamental inlays, layered panels",
        1,
    ),
    Rarity.S: Look(
        "iridescent enamel",
        "cinematic rim",
        "premium gradient",
        "energy aura, particles",
        "iconic hero pose",
        "fine engravings",
        2,
    ),
    Rarity.S_PLUS: Look(
        "pearlescent glass",
        "cinematic volumetric",
        "gradient with bokeh",
        "mythic aura, god rays",
        "legendary pose, low angle",
        "intricate filigree, layered armour",
        4,
    ),
}

PLANS: Mapping[Element, tuple[str, ...]] = {
    Element.WATER: (
        "sea serpent with fins",
        "round water drop blob",
        "baby turtle with a shell",
        "seal pup with a fluke",
    ),
    Element.FIRE: ("small dragon", "fox cub with a flame tail", "salamander with horns", "phoenix chick"),
    Element.EARTH: ("leafy sprout", "stone golem", "armoured beetle", "mossy bear cub"),
    Element.WIND: ("fluffy bird", "floating cloud jellyfish", "winged rabbit", "moth with feathered wings"),
}
"""The bodies an element may take."""

PALETTES: Mapping[Element, tuple[str, ...]] = {
    Element.WATER: ("deep blue and coral", "turquoise and pearl", "navy and silver"),
    Element.FIRE: ("scarlet and gold", "orange and charcoal", "crimson and cream"),
    Element.EARTH: ("moss green and brown", "jade and copper", "sand and emerald"),
    Element.WIND: ("sky blue and white", "lilac and mint", "pale pink and silver"),
}
"""The colours an element may take."""

SUBJECT = "cute collectible creature toy, full body, 3d render"


def prompt_of(traits: Traits, name: str = "") -> str:
    """Return the prompt for a creature: the same for the same traits. ``name``, if given, is put in as in 1.3.0."""
    rng = traits.stream("prompt")
    prompt = _sentence(
        traits.rarity, traits.element, rng.choice(PLANS[traits.element]), rng.choice(PALETTES[traits.element])
    )
    return f"{prompt}, named {name}" if name else prompt


def hints(prompt: str) -> tuple[Rarity | None, Element | None]:
    """Return the rarity and element that a prompt speaks of: both, where it is one of ours, else an element's word."""
    known = _known().get(prompt.partition(", named ")[0])
    if known:
        return known
    words = set(re.findall(r"[a-z]+", prompt.lower()))
    return None, next((element for element in Element if element in words), None)


@cache
def _known() -> Mapping[str, tuple[Rarity, Element]]:
    return {
        _sentence(rarity, element, plan, palette): (rarity, element)
        for rarity, element in product(Rarity, Element)
        for plan, palette in product(PLANS[element], PALETTES[element])
    }


def all_prompts() -> Iterator[str]:
    """Yield every prompt that has no name in it, each once, in a fixed order."""
    yield from _known()


def _sentence(rarity: Rarity, element: Element, plan: str, palette: str) -> str:
    """Return one prompt. What matters most stands first: CLIP gives the first words the most weight."""
    look = LOOKS[rarity]
    parts = (
        f"{element} {plan}",
        SUBJECT,
        palette,
        look.materials,
        f"{look.light} lighting",
        f"{look.background} background",
        look.effects,
        look.composition,
        look.detail,
    )
    return ", ".join(part for part in parts if part)

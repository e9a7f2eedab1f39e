"""Prompts are data: each holds its rarity's row of the contract and fits into what CLIP reads."""

import math
import re

import pytest

from minimon.creatures import Element, Rarity, Traits
from minimon.images.prompts import LOOKS, PALETTES, PLANS, all_prompts, hints, prompt_of

CONTRACT = {
    "F": ("matte plastic, soft vinyl", "soft studio", "plain", "", "centred, simple pose", "smooth, low detail", 1),
    "E": ("soft vinyl, resin", "soft rim", "plain", "light sparkle", "centred", "subtle lines, mild texture", 1),
    "D": (
        "resin, satin", "studio rim", "soft gradient", "light particles", "three-quarter view",
        "panel lines, microtexture", 1,
    ),
    "C": (
        "polished resin", "controlled highlights", "soft gradient", "mist trails", "dynamic tilt",
        "engraved seams, shallow emboss", 1,
    ),
    "B": ("glossy resin", "studio rim", "gradient", "energy wisps", "hero pose", "engraved motifs, crisp edges", 1),
    "A": (
        "enamel, translucent tips", "dramatic", "gradient vignette", "aura, particles", "hero pose, close-up",
        "ornamental inlays, layered panels", 1,
    ),
    "S": (
        "iridescent enamel", "cinematic rim", "premium gradient", "energy aura, particles", "iconic hero pose",
        "fine engravings", 2,
    ),
    "S+": (
        "pearlescent glass", "cinematic volumetric", "gradient with bokeh", "mythic aura, god rays",
        "legendary pose, low angle", "intricate filigree, layered armour", 4,
    ),
}  # fmt: skip
"""Section 5, column by column, typed again: a slip in the table of the code shows here."""

CLIP_TOKENS = 77
CLIP_ENDS = 2  # start and end of text
LETTERS_PER_TOKEN = 6
RARE = {"pearlescent": 3} | dict.fromkeys(
    ("bokeh", "emboss", "fluke", "golem", "inlays", "mossy", "motifs", "mythic", "seams", "wisps"), 2
)
"""Counted with CLIP's own vocabulary: ours that take more tokens than one for six letters."""


def most_tokens(text: str) -> int:
    """Return a bound on how many tokens CLIP makes of one of our prompts (62 is what the longest really takes)."""
    pieces = re.findall(r"[a-z]+|\d|[^\sa-z\d]", text.lower())
    return CLIP_ENDS + sum(RARE.get(piece, math.ceil(len(piece) / LETTERS_PER_TOKEN)) for piece in pieces)


@pytest.mark.parametrize("rarity", Rarity)
def test_each_row_of_the_contract_is_in_its_prompts(rarity):
    *words, steps = CONTRACT[rarity]
    prompt = prompt_of(Traits(1, rarity, Element.FIRE))
    assert all(word in prompt for word in words)
    assert LOOKS[rarity].steps == steps


def test_every_prompt_fits_into_what_clip_reads():
    longest = max(all_prompts(), key=most_tokens)
    assert most_tokens(longest) <= CLIP_TOKENS, longest


def test_the_vocabulary_is_closed():
    known = list(all_prompts())
    assert len(known) == len(set(known)) == sum(len(Rarity) * len(PLANS[e]) * len(PALETTES[e]) for e in Element)
    for seed in range(200):
        for rarity in Rarity:
            assert prompt_of(Traits(seed, rarity, Element.WIND)) in known


def test_a_seed_decides_its_prompt_and_seeds_differ():
    prompts = [prompt_of(Traits(seed, Rarity.B, Element.EARTH)) for seed in range(100)]
    assert prompts == [prompt_of(Traits(seed, Rarity.B, Element.EARTH)) for seed in range(100)]
    assert len(set(prompts)) == len(PLANS[Element.EARTH]) * len(PALETTES[Element.EARTH])


def test_a_name_is_put_in_only_where_one_is_given():
    traits = Traits(3, Rarity.S, Element.WATER)
    assert prompt_of(traits, "Aquapyre") == f"{prompt_of(traits)}, named Aquapyre"


@pytest.mark.parametrize("name", ["", "Noctyx", "a, named b"])
def test_a_prompt_of_ours_tells_rarity_and_element(name):
    for seed, rarity in enumerate(Rarity):
        for element in Element:
            assert hints(prompt_of(Traits(seed, rarity, element), name)) == (rarity, element)


@pytest.mark.parametrize(
    ("prompt", "element"),
    [("A FIRE-breathing dragon", "fire"), ("windmill", None), ("", None), ("wind and water", "water"), ("火", None)],
)
def test_any_prompt_may_name_an_element(prompt, element):
    assert hints(prompt) == (None, element)

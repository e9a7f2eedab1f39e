"""Every branch of the choice of means, on a table of cards."""

from itertools import product

import pytest

from minimon.backends import SDXL_FAMILIES
from minimon.errors import StartError
from minimon.images.engine.capabilities import COMPILER, Card
from minimon.images.engine.families import FAMILIES, family_of
from minimon.images.engine.flags import EXCLUSIVE, FLAGS, WAYS, asked_of, choose
from minimon.settings import Settings

ALL = frozenset({"xformers", "flash_attn", "sdnq", "torchao", COMPILER})
PLAIN = frozenset({"sdnq", "torchao", COMPILER})
CARDS = {
    "V100": Card("cuda", "V100", 70, 15, PLAIN),
    "T4": Card("cuda", "T4", 75, 15, PLAIN),
    "A100": Card("cuda", "A100", 80, 79, PLAIN),
    "RTX 3060": Card("cuda", "RTX 3060", 86, 5, PLAIN),
    "L40S": Card("cuda", "L40S", 89, 47, PLAIN),
    "H100": Card("cuda", "H100", 90, 79, PLAIN),
    "H100 with everything": Card("cuda", "H100", 90, 79, ALL),
    "B200": Card("cuda", "B200", 100, 180, PLAIN),
    "RTX 5090": Card("cuda", "RTX 5090", 120, 31, PLAIN),
    "CPU": Card("cpu", "CPU", packages=PLAIN),
    "bare CPU": Card("cpu", "CPU"),
    "Apple": Card("mps", "Apple GPU", packages=frozenset({"torchao"})),
}


def applied(card: str, **given: object) -> dict[str, str]:
    """Return what is applied on a card, by the flag's field name, for settings of which only ``given`` are set."""
    return {flag.name.lower(): flag.applied for flag in choose(asked_of(Settings(**given)), CARDS[card])}


@pytest.mark.parametrize(
    ("card", "quantization", "compiled"),
    [
        ("V100", "fp8-weight", "blocks"),
        ("T4", "fp8-weight", "blocks"),
        ("A100", "fp8-weight", "blocks"),
        ("RTX 3060", "fp8-weight", "blocks"),
        ("L40S", "fp8-dynamic-row", "blocks"),
        ("H100", "fp8-dynamic-row", "blocks"),
        ("H100 with everything", "fp8-dynamic-row", "blocks"),
        ("B200", "fp8-dynamic-row", "blocks"),
        ("RTX 5090", "fp8-dynamic-row", "blocks"),
        ("CPU", "fp8-weight", "off"),
        ("bare CPU", "fp8-weight", "off"),
        ("Apple", "none", "off"),
    ],
)
def test_defaults_take_the_best_of_each_card(card, quantization, compiled):
    chosen = applied(card)
    assert (chosen["sdxl_quantization"], chosen["sdxl_use_compile"]) == (quantization, compiled)
    assert {chosen[f"sdxl_{name}"] for name in ("use_xformers", "use_flash_attn", "enable_slicing")} == {"off"}


@pytest.mark.parametrize(
    ("card", "value", "expected"),
    [
        ("V100", "int8", "int8-sdnq"),
        ("T4", "int8", "int8-sdnq"),
        ("A100", "int8", "int8-dynamic-row"),
        ("H100", "int8", "int8-dynamic-row"),
        ("CPU", "int8", "int8-weight"),
        ("Apple", "int8", "int8-weight"),
        ("T4", "int4", "int4-sdnq"),
        ("A100", "int4", "int4-tile-packed"),
        ("B200", "int4", "int4-tile-packed"),
        ("CPU", "int4", "int4-sdnq"),
        ("H100", "fp4", "fp4-weight"),
        ("B200", "fp4", "fp4-dynamic"),
        ("RTX 5090", "fp4", "fp4-dynamic"),
        ("CPU", "fp4", "fp4-weight"),
        ("H100", "none", "none"),
        ("CPU", "none", "none"),
    ],
)
def test_a_quantization_that_is_set_is_honoured_in_the_best_way_there_is(card, value, expected):
    assert applied(card, sdxl_quantization=value)["sdxl_quantization"] == expected


@pytest.mark.parametrize(
    ("card", "given", "words"),
    [
        ("H100", {"sdxl_use_xformers": "1"}, "pip install 'minimon[xformers]'"),
        ("CPU", {"sdxl_use_xformers": "1"}, "needs cuda"),
        ("Apple", {"sdxl_use_flash_attn": "1"}, "needs cuda or cpu"),
        ("T4", {"sdxl_use_flash_attn": "1"}, "sm80"),
        ("Apple", {"sdxl_quantization": "fp8"}, "needs cuda or cpu"),
        ("bare CPU", {"sdxl_quantization": "int4"}, "pip install 'minimon[sdxl]'"),
        ("bare CPU", {"sdxl_use_compile": "1"}, "install g++"),
        ("CPU", {"sdxl_enable_cpu_offload": "1"}, "needs cuda, this is cpu"),
        ("H100", {"sdxl_use_compile": "1", "sdxl_enable_cpu_offload": "1"}, "set one of them to 0"),
        ("H100 with everything", {"sdxl_use_compile": "1", "sdxl_use_xformers": "1"}, "breaks the graph"),
        ("H100 with everything", {"sdxl_use_flash_attn": "1", "sdxl_use_xformers": "1"}, "one kernel"),
        ("H100", {"sdxl_quantization": "int4", "sdxl_enable_cpu_offload": "1"}, "cannot move"),
    ],
)
def test_a_flag_that_is_set_and_cannot_be_honoured_refuses_the_start_with_the_remedy(card, given, words):
    with pytest.raises(StartError, match=r"^SDXL_") as caught:
        applied(card, **given)
    assert words in str(caught.value)


def test_what_is_set_wins_over_defaults_which_take_the_next_best():
    chosen = applied("H100 with everything", sdxl_use_xformers="1")
    assert (chosen["sdxl_use_xformers"], chosen["sdxl_use_compile"]) == ("xformers", "off")
    chosen = applied("H100 with everything", sdxl_use_flash_attn="1")
    assert (chosen["sdxl_use_xformers"], chosen["sdxl_use_flash_attn"]) == ("off", "flash-attn")
    chosen = applied("H100", sdxl_enable_cpu_offload="1")
    assert chosen["sdxl_enable_cpu_offload"] == "model"
    assert (chosen["sdxl_use_compile"], chosen["sdxl_quantization"]) == ("off", "fp8-weight")
    assert applied("RTX 3060", sdxl_enable_cpu_offload="1")["sdxl_enable_cpu_offload"] == "group"
    assert applied("A100", sdxl_use_flash_attn="1")["sdxl_use_flash_attn"] == "sdpa-flash"
    assert applied("CPU", sdxl_use_flash_attn="1", sdxl_enable_slicing="1")["sdxl_enable_slicing"] == "slices"
    assert applied("CPU", sdxl_use_compile="1")["sdxl_use_compile"] == "regional"


def test_each_flag_says_what_was_asked_and_why_it_is_otherwise():
    flags = {flag.name: flag for flag in choose(asked_of(Settings(sdxl_quantization="none")), CARDS["CPU"])}
    assert flags["SDXL_QUANTIZATION"].requested == "none (set)"
    assert flags["SDXL_USE_XFORMERS"].requested == "1 (default)"
    assert "xformers needs cuda, this is cpu" in flags["SDXL_USE_XFORMERS"].reason


def test_what_was_tried_in_vain_is_not_chosen_again():
    card, broken = CARDS["H100 with everything"], {"blocks": "Triton has no idea", "xformers": "no kernel for it"}
    flags = {flag.name: flag for flag in choose(asked_of(Settings()), card, broken)}
    assert flags["SDXL_USE_COMPILE"].applied == "off"
    assert "blocks Triton has no idea" in flags["SDXL_USE_COMPILE"].reason
    assert flags["SDXL_USE_XFORMERS"].applied == "off"
    with pytest.raises(StartError, match="SDXL_USE_COMPILE is 1: blocks Triton has no idea"):
        choose(asked_of(Settings(sdxl_use_compile="1")), card, broken)


def test_no_card_is_without_a_choice_and_no_choice_excludes_another():
    for card, offload, flash in product(CARDS, ("0", "1"), ("0", "1")):
        given = {"sdxl_enable_cpu_offload": offload, "sdxl_use_flash_attn": flash}
        try:
            chosen = list(applied(card, **given).values())
        except StartError:
            continue
        assert len(chosen) == len(FLAGS)
        assert not any(frozenset({a, b}) in EXCLUSIVE for a, b in product(chosen, chosen) if a != b)


def test_every_way_is_gone_by_some_card():
    """A way that no card takes would be dead."""
    gone = set()
    values = {way.flag: set() for way in WAYS}
    for way in WAYS:
        values[way.flag].add(way.value)
    for card in CARDS.values():
        for flag, options in values.items():
            for value in options:
                try:
                    chosen = choose(asked_of(Settings(**{flag.lower(): value})), card)
                except StartError:
                    continue
                gone |= {(one.name, one.applied) for one in chosen}
    assert gone == {(way.flag, way.applied) for way in WAYS}


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("stabilityai/sdxl-turbo", "sdxl-turbo"),
        ("stabilityai/sd-turbo", "sd-turbo"),
        ("/models/sdxl_lightning_4step", "sdxl-lightning"),
        ("/models/sdxl_lightning_8step", "sdxl-lightning-8step"),
        ("ByteDance/Hyper-SD", "hyper-sdxl-1step"),
        ("latent-consistency/lcm-sdxl", "lcm-sdxl"),
        ("/models/mine", "sdxl-turbo"),
    ],
)
def test_a_family_is_recognised_by_the_models_name(model, family):
    assert family_of(model, "auto")[0] == family
    assert family_of(model, "lcm-sdxl") == ("lcm-sdxl", "as asked")


def test_a_family_takes_the_steps_it_was_made_for():
    assert [FAMILIES["sdxl-turbo"].steps_for(steps) for steps in (1, 2, 4)] == [1, 2, 4]
    assert [FAMILIES["lcm-sdxl"].steps_for(steps) for steps in (1, 6, 50)] == [4, 6, 8]
    assert set(FAMILIES) == set(SDXL_FAMILIES)

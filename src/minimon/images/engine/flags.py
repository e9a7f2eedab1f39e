"""The flags of the engine: one table of what honours each, on which card; and the choice among them. Pure.

A flag left at its default asks for the best of its kind: it takes the first way that the card can go and that does
not exclude a choice already made. A flag that was set is honoured, or the start is refused with the remedy.
``means`` holds the function behind each ``applied`` word.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from minimon.errors import StartError
from minimon.images import Flag
from minimon.images.engine.capabilities import COMPILER, Card, Needs
from minimon.settings import VARIABLES, Settings, show_value

QUANTIZATION = "SDXL_QUANTIZATION"
COMPILE = "SDXL_USE_COMPILE"
XFORMERS = "SDXL_USE_XFORMERS"
FLASH = "SDXL_USE_FLASH_ATTN"
SLICING = "SDXL_ENABLE_SLICING"
OFFLOAD = "SDXL_ENABLE_CPU_OFFLOAD"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to honour one value of a flag."""

    flag: str
    value: str
    applied: str
    needs: Needs
    why: str
    on_request: bool = False
    """Taken only where the flag was set: a default does not ask for it."""


CARD_COMPILER = Needs(("cuda",), package=COMPILER, remedy="install Triton for this PyTorch, or set SDXL_USE_COMPILE=0")
CPU_COMPILER = Needs(("cpu",), package=COMPILER, remedy="install g++, or set SDXL_USE_COMPILE=0")
XFORMERS_EXTRA = Needs(("cuda",), 70, "xformers", "pip install 'minimon[xformers]', or leave SDXL_USE_XFORMERS unset")
FLASH_EXTRA = Needs(("cuda",), 80, "flash_attn", "pip install 'minimon[flash-attn]'")
BFLOAT = Needs(sm=80)
"""torchao widens int8 weights after the sums: in float16, which older cards compute in, the sums overflow."""
SDNQ = Needs(package="sdnq", remedy="pip install 'minimon[sdxl]'")
EVERYWHERE = Needs()

WAYS: tuple[Way, ...] = (
    Way(QUANTIZATION, "fp8", "fp8-dynamic-row", Needs(("cuda",), 89), "8-bit arithmetic, a scale for each row"),
    Way(QUANTIZATION, "fp8", "fp8-weight", Needs(("cuda", "cpu")), "saves memory only: the arithmetic stays wide"),
    Way(QUANTIZATION, "int8", "int8-dynamic-row", Needs(("cuda",), 80), "8-bit arithmetic, a scale for each row"),
    Way(QUANTIZATION, "int8", "int8-weight", BFLOAT, "saves memory only: the arithmetic stays wide"),
    Way(QUANTIZATION, "int8", "int8-sdnq", SDNQ, "saves memory only; widened first, for float16 would overflow"),
    Way(QUANTIZATION, "int4", "int4-tile-packed", Needs(("cuda",), 80), "saves memory, costs speed"),
    Way(QUANTIZATION, "int4", "int4-sdnq", SDNQ, "saves memory, costs speed"),
    Way(QUANTIZATION, "fp4", "fp4-dynamic", Needs(("cuda",), 100), "experimental"),
    Way(QUANTIZATION, "fp4", "fp4-weight", Needs(("cuda", "cpu")), "experimental, emulated: saves memory only"),
    Way(QUANTIZATION, "none", "none", EVERYWHERE, "weights as they are"),
    Way(COMPILE, "1", "blocks", CARD_COMPILER, "the UNet's repeated blocks and the VAE's decoder"),
    Way(
        COMPILE, "1", "regional", CPU_COMPILER, "the UNet's repeated blocks: minutes of start for little on a CPU", True
    ),
    Way(COMPILE, "0", "off", EVERYWHERE, "runs as written"),
    Way(OFFLOAD, "1", "model", Needs(("cuda",), memory_gb=6), "UNet and VAE take turns on the card"),
    Way(
        OFFLOAD, "1", "group", Needs(("cuda",)), "blocks of the UNet take turns on the card: least memory, least speed"
    ),
    Way(OFFLOAD, "0", "off", EVERYWHERE, "everything stays on the device"),
    Way(FLASH, "1", "flash-attn", FLASH_EXTRA, "the flash-attn package's kernel"),
    Way(FLASH, "1", "sdpa-flash", Needs(("cuda", "cpu"), 80), "PyTorch's own flash kernel, and no other"),
    Way(FLASH, "0", "off", EVERYWHERE, "no kernel is pinned"),
    Way(XFORMERS, "1", "xformers", XFORMERS_EXTRA, "xFormers' memory-efficient kernel"),
    Way(XFORMERS, "0", "off", EVERYWHERE, "PyTorch picks its attention kernel"),
    Way(
        SLICING, "1", "slices", EVERYWHERE, "attention over slices of its queries, by whichever kernel; VAE one by one"
    ),
    Way(SLICING, "0", "off", EVERYWHERE, "attention in one piece"),
)
"""Best first for each value. The order of the flags is the order in which defaults choose."""

FLAGS = tuple(dict.fromkeys(way.flag for way in WAYS))
REST: Mapping[str, str] = {QUANTIZATION: "none"} | dict.fromkeys(FLAGS[1:], "0")
"""The value that a default falls back to when no way of its own can be gone."""

_MOVES = "compiled code cannot follow weights that move: set one of them to 0"
_BREAKS = "xFormers breaks the graph (xformers issue 765): set one of them to 0"
_ONE_KERNEL = "an attention has one kernel: set one of them to 0"
_STAYS = "these weights cannot move: set SDXL_QUANTIZATION=none or SDXL_ENABLE_CPU_OFFLOAD=0"
_CANNOT_MOVE = (
    "fp8-dynamic-row",
    "int8-dynamic-row",
    "int4-tile-packed",
    "int4-sdnq",
    "int8-sdnq",
    "fp4-dynamic",
    "fp4-weight",
)

EXCLUSIVE: Mapping[frozenset[str], str] = {
    frozenset({first, second}): why
    for firsts, seconds, why in (
        (("blocks", "regional"), ("model", "group"), _MOVES),
        (("blocks", "regional"), ("xformers",), _BREAKS),
        (("flash-attn", "sdpa-flash"), ("xformers",), _ONE_KERNEL),
        (_CANNOT_MOVE, ("model", "group"), _STAYS),
    )
    for first in firsts
    for second in seconds
}
"""What cannot be together, and why."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A flag's value, and whether somebody set it."""

    flag: str
    value: str
    is_set: bool


def asked_of(settings: Settings) -> tuple[Asked, ...]:
    """Return what the settings ask of each flag."""
    fields = {variable.name: variable.field for variable in VARIABLES}
    return tuple(
        Asked(
            flag, show_value(getattr(settings, fields[flag]), secret=False), fields[flag] in settings.model_fields_set
        )
        for flag in FLAGS
    )


def choose(asked: Sequence[Asked], card: Card, broken: Mapping[str, str] = MappingProxyType({})) -> tuple[Flag, ...]:
    """Return what is applied for each flag, and why, in the table's order. Flags that were set choose first.

    ``broken`` are the ways that were tried in vain, each with what happened. Raises StartError with a line for each
    flag that was set and cannot be honoured.
    """
    chosen: dict[str, Flag] = {}
    faults: list[str] = []
    for one in sorted(asked, key=lambda one: not one.is_set):
        way, obstacles = _first_open(one, card, chosen, broken)
        if way is None:
            faults.append(f"{one.flag} is {one.value}: {'; '.join(obstacles)}")
        else:
            requested = f"{one.value} (set)" if one.is_set else f"{one.value} (default)"
            chosen[one.flag] = Flag(one.flag, requested, way.applied, "; ".join([way.why, *obstacles]))
    if faults:
        raise StartError(*faults)
    return tuple(chosen[flag] for flag in FLAGS)


def _first_open(
    one: Asked, card: Card, chosen: Mapping[str, Flag], broken: Mapping[str, str]
) -> tuple[Way | None, list[str]]:
    """Return the best way that is open, and what stands in the way of better ones."""
    obstacles: list[str] = []
    for way in _candidates(one):
        obstacle = broken.get(way.applied) or _obstacle(way, card, chosen)
        if not obstacle:
            return way, obstacles
        obstacles.append(f"{way.applied} {obstacle}")
    return None, obstacles


def _candidates(one: Asked) -> Iterator[Way]:
    values = [one.value] if one.is_set else dict.fromkeys((one.value, REST[one.flag]))
    for value in values:
        yield from (
            way for way in WAYS if (way.flag, way.value) == (one.flag, value) and not (way.on_request > one.is_set)
        )


def _obstacle(way: Way, card: Card, chosen: Mapping[str, Flag]) -> str:
    lacking = way.needs.lacking(card)
    if lacking:
        return lacking
    for other in chosen.values():
        reason = EXCLUSIVE.get(frozenset({way.applied, other.applied}))
        if reason and way.applied != other.applied:
            return f"does not go with {other.name} ({other.applied}): {reason}"
    return ""

"""What each ``applied`` word of the table of flags does to the networks.

A row is ``word: "module:function"``; a module loads when one of its means is applied and not before, for some are
slow to import. The order is that of application: weights, then attention, then where they live, then the compiler.
"""

from collections.abc import Collection, Mapping
from pkgutil import resolve_name

from diffusers import UNet2DConditionModel

from minimon.images.engine.model import MeansError, Report
from minimon.images.sdxl.parts import Parts

_HERE = "minimon.images.sdxl"
LONGEST_REASON = 200

MEANS: Mapping[str, str] = {
    "fp8-dynamic-row": f"{_HERE}.quantizing:fp8_dynamic_row",
    "fp8-weight": f"{_HERE}.quantizing:fp8_weight",
    "int8-dynamic-row": f"{_HERE}.quantizing:int8_dynamic_row",
    "int8-weight": f"{_HERE}.quantizing:int8_weight",
    "int4-tile-packed": f"{_HERE}.quantizing:int4_tile_packed",
    "int8-sdnq": f"{_HERE}.quantizing_sdnq:int8_sdnq",
    "int4-sdnq": f"{_HERE}.quantizing_sdnq:int4_sdnq",
    "fp4-dynamic": f"{_HERE}.quantizing:fp4_dynamic",
    "fp4-weight": f"{_HERE}.quantizing:fp4_weight",
    "xformers": f"{_HERE}.attention_xformers:xformers",
    "flash-attn": f"{_HERE}.attention_flash:flash_attn",
    "sdpa-flash": f"{_HERE}.attention:sdpa_flash",
    "slices": f"{_HERE}.attention:slices",
    "model": f"{_HERE}.offloading:by_model",
    "group": f"{_HERE}.offloading:by_group",
    "regional": f"{_HERE}.compiling:regional",
    "blocks": f"{_HERE}.compiling:blocks",
}
"""Flags that are off or ``none`` do nothing and have no row."""

FRAMES: Mapping[str, str] = {
    "int8-sdnq": f"{_HERE}.quantizing_sdnq:to_int8",
    "int4-sdnq": f"{_HERE}.quantizing_sdnq:to_uint4",
    "fp4-dynamic": f"{_HERE}.quantizing:flatten_inputs",
    "fp4-weight": f"{_HERE}.quantizing:flatten_inputs",
}
"""What puts other modules into a UNet before the weights that a word made are read into it.

Words without a row change nothing but weights.
"""


def apply(applied: Collection[str], parts: Parts, report: Report) -> None:
    """Do what these ``applied`` words say. Raises MeansError where one turns out not to work on this machine."""
    words = [word for word in MEANS if word in applied]
    for done, word in enumerate(words):
        report(f"applying {word}", done / len(words))
        _call(word, MEANS[word], parts)


def frame(word: str, unet: UNet2DConditionModel) -> None:
    """Give a UNet without weights the modules of a quantized one. Raises MeansError."""
    if word in FRAMES:
        _call(word, FRAMES[word], unet)


def _call(word: str, name: str, changed: Parts | UNet2DConditionModel) -> None:
    try:
        resolve_name(name)(changed)
    except MeansError:
        raise
    except Exception as error:  # whatever a library raises over a card that it does not know
        raise MeansError(word, brief(error)) from error


def brief(error: Exception) -> str:
    """Return what an exception says, in one line."""
    said = str(error).strip().partition("\n")[0][:LONGEST_REASON]
    return f"{type(error).__name__}: {said}"

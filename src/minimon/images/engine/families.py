"""The few-step checkpoints that load: family → scheduler, steps, guidance. Adding one is a row. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Rule = Literal["euler", "euler-ancestral", "lcm"]


@dataclass(frozen=True, slots=True)
class Family:
    """How the checkpoints of one family are sampled."""

    rule: Rule
    steps: tuple[int, ...] = ()
    """The numbers of steps it was distilled for, ascending; empty where any number will do."""
    timesteps: Mapping[int, tuple[int, ...]] | None = None
    """The timesteps for a number of steps, where they are not evenly spaced from the end."""
    guidance: float = 0.0
    """What is told to a UNet that was distilled to take its guidance as an input; unused by the others."""
    prediction: Mapping[int, str] | None = None
    """What the UNet predicts, for the numbers of steps where it is not the noise."""
    spacing: str = "trailing"
    encoders: Literal[1, 2] = 2
    """1: the text side of SD 2 (one CLIP, its last layer). 2: that of SDXL."""

    def steps_for(self, wanted: int) -> int:
        """Return the number of steps that is run where ``wanted`` are asked for: never fewer, if there are more."""
        enough = [steps for steps in self.steps if steps >= wanted]
        return min(enough) if enough else max(self.steps, default=wanted)


FAMILIES: Mapping[str, Family] = {
    "sdxl-turbo": Family("euler-ancestral"),
    "sd-turbo": Family("euler-ancestral", encoders=1),
    "sdxl-lightning": Family("euler", steps=(4,)),
    "sdxl-lightning-1step": Family("euler", steps=(1,), prediction={1: "sample"}),
    "sdxl-lightning-2step": Family("euler", steps=(2,)),
    "sdxl-lightning-8step": Family("euler", steps=(8,)),
    "hyper-sdxl-1step": Family("lcm", steps=(1,), timesteps={1: (800,)}),
    "lcm-sdxl": Family("lcm", steps=(4, 5, 6, 7, 8), guidance=8.0, spacing="leading"),
}
"""Sources: the model cards of stabilityai/sdxl-turbo, stabilityai/sd-turbo, ByteDance/SDXL-Lightning,
ByteDance/Hyper-SD and latent-consistency/lcm-sdxl. LCM is told its guidance less one."""

_MARKS: tuple[tuple[str, str], ...] = (
    (r"lightning.*1.?step", "sdxl-lightning-1step"),
    (r"lightning.*2.?step", "sdxl-lightning-2step"),
    (r"lightning.*8.?step", "sdxl-lightning-8step"),
    (r"lightning", "sdxl-lightning"),
    (r"hyper", "hyper-sdxl-1step"),
    (r"lcm", "lcm-sdxl"),
    (r"sd-turbo", "sd-turbo"),
    (r"turbo", "sdxl-turbo"),
)


def family_of(model: str, asked: str) -> tuple[str, str]:
    """Return the name of a model's family and the reason for it. ``asked`` is a family, or ``auto``."""
    if asked != "auto":
        return asked, "as asked"
    for mark, family in _MARKS:
        if re.search(mark, model.lower()):
            return family, f"the model's name matches {mark!r}"
    return "sdxl-turbo", "the model's name says nothing: set SDXL_FAMILY if this is wrong"

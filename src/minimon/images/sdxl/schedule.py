"""The numbers of every step of every row, computed once; and the arithmetic that takes a batch of rows one step on.

The formulas and their order of operations are those of diffusers' EulerAncestralDiscreteScheduler,
EulerDiscreteScheduler and LCMScheduler, so that a row's bits are those of the stock pipeline.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import torch
from diffusers import EulerAncestralDiscreteScheduler, EulerDiscreteScheduler, LCMScheduler

from minimon.images.engine.families import Family, Rule

SCHEDULERS: Mapping[Rule, Any] = {
    "euler-ancestral": EulerAncestralDiscreteScheduler,
    "euler": EulerDiscreteScheduler,
    "lcm": LCMScheduler,
}
KEPT = ("num_train_timesteps", "beta_start", "beta_end", "beta_schedule", "steps_offset")
"""What a checkpoint's own configuration decides; the rest is the family's."""
DATA: Final = 1.0
NOISE: Final = 0.0


class Schedule:
    """One line of coefficients for each step of each number of steps, in one table on the device."""

    def __init__(self, family: Family, config: Mapping[str, Any], steps: Iterable[int], device: torch.device) -> None:
        """Make the lines for each of the numbers of steps. ``config`` is the checkpoint's scheduler configuration."""
        self._lcm = family.rule == "lcm"
        self.first: dict[int, int] = {}
        """Number of steps → its first line; the others follow."""
        self.start: dict[int, float] = {}
        """Number of steps → what the first noise is multiplied by."""
        lines: list[list[torch.Tensor]] = []
        for count in sorted(set(steps)):
            scheduler = make_scheduler(family, config, count)
            self.first[count] = len(lines)
            self.start[count] = float(scheduler.init_noise_sigma)
            lines += _lcm_lines(scheduler) if self._lcm else _euler_lines(scheduler, ancestral=_is_ancestral(family))
        self._table = torch.stack([torch.stack(line) for line in lines]).to(device)

    def lines(self, indices: list[int]) -> torch.Tensor:
        """Return the coefficients of a batch: shape (columns, rows), float32."""
        return self._table[torch.tensor(indices, device=self._table.device)].T

    def before(self, latents: torch.Tensor, lines: torch.Tensor) -> torch.Tensor:
        """Return what the UNet is shown of the latents, shape (rows, 4, height, width)."""
        return latents if self._lcm else latents / lines[1].view(-1, 1, 1, 1)

    def after(
        self, latents: torch.Tensor, output: torch.Tensor, noise: torch.Tensor, lines: torch.Tensor
    ) -> torch.Tensor:
        """Return the latents one step on, from the UNet's output; all of shape (rows, 4, height, width), float32."""
        columns = [column.view(-1, 1, 1, 1) for column in lines]
        return _lcm_step(latents, output, noise, columns) if self._lcm else _euler_step(latents, output, noise, columns)


def make_scheduler(family: Family, config: Mapping[str, Any], steps: int) -> Any:
    """Return diffusers' own scheduler for a family, set to so many steps."""
    prediction = (family.prediction or {}).get(steps, "epsilon")
    kept = {key: config[key] for key in KEPT if key in config}
    kept |= {"prediction_type": prediction, "timestep_spacing": family.spacing}
    scheduler = SCHEDULERS[family.rule].from_config(kept)
    given = (family.timesteps or {}).get(steps)
    if given:
        scheduler.set_timesteps(timesteps=list(given))
    else:
        scheduler.set_timesteps(steps)
    return scheduler


def _is_ancestral(family: Family) -> bool:
    return family.rule == "euler-ancestral"


def _euler_lines(scheduler: Any, *, ancestral: bool) -> list[list[torch.Tensor]]:
    """Columns: timestep, divisor of the input, sigma, step, noise, and whether the UNet predicts the data itself."""
    sigmas = scheduler.sigmas
    kind = torch.tensor(DATA if scheduler.config.prediction_type == "sample" else NOISE)
    lines = []
    for now, then, timestep in zip(sigmas[:-1], sigmas[1:], scheduler.timesteps, strict=True):
        up = (then**2 * (now**2 - then**2) / now**2) ** 0.5 if ancestral else torch.tensor(0.0)
        down = (then**2 - up**2) ** 0.5 if ancestral else then
        lines.append([timestep.float(), (now**2 + 1) ** 0.5, now, down - now, up, kind])
    return lines


def _euler_step(
    latents: torch.Tensor, output: torch.Tensor, noise: torch.Tensor, columns: list[torch.Tensor]
) -> torch.Tensor:
    _, _, sigma, step, up, kind = columns
    data = torch.where(kind == DATA, output, latents - sigma * output)
    return latents + (latents - data) / sigma * step + noise * up


def _lcm_lines(scheduler: Any) -> list[list[torch.Tensor]]:
    """Columns: timestep, root of alpha, root of beta, c_out, c_skip, roots of alpha and beta after the step."""
    lines = []
    times = scheduler.timesteps
    for place, timestep in enumerate(times):
        last = place == len(times) - 1
        alpha = scheduler.alphas_cumprod[timestep]
        after = torch.tensor(1.0) if last else scheduler.alphas_cumprod[times[place + 1]]
        skip, out = scheduler.get_scalings_for_boundary_condition_discrete(timestep)
        roots = (after.sqrt(), (1 - after).sqrt())
        lines.append([timestep.float(), alpha.sqrt(), (1 - alpha).sqrt(), out.float(), skip.float(), *roots])
    return lines


def _lcm_step(
    latents: torch.Tensor, output: torch.Tensor, noise: torch.Tensor, columns: list[torch.Tensor]
) -> torch.Tensor:
    _, alpha, beta, out, skip, alpha_after, beta_after = columns
    data = (latents - beta * output) / alpha
    return alpha_after * (out * data + skip * latents) + beta_after * noise

"""The sampler: rows of different pictures, at different steps, share one call of the UNet.

Host work is a few dozen small operations a call: everything that depends on the step alone stands in a table, and
nothing asks diffusers for a device or a dtype. The call itself is a graph where it can be. Used from one thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch

from minimon.images import Flag
from minimon.images.engine.model import Order, OutOfMemoryError
from minimon.images.sdxl.decoding import Decoder
from minimon.images.sdxl.device import free_cache
from minimon.images.sdxl.encode import encode_png
from minimon.images.sdxl.graphs import Work, captured, graph_pool
from minimon.images.sdxl.noise import draw_noise
from minimon.images.sdxl.parts import Parts
from minimon.images.sdxl.schedule import Schedule
from minimon.images.sdxl.text import Text

BUCKETS = (1, 2, 4, 8)
"""Numbers of rows that a call may have: a call with fewer is filled up, so that there are few shapes."""


@dataclass(slots=True)
class Row:
    """One picture under way."""

    order: Order
    text: Text
    latent: torch.Tensor
    """Shape (4, height / 8, width / 8), float32, on the device."""
    noise: torch.Tensor
    """What is added after each step: shape (steps, 4, height / 8, width / 8)."""
    line: int
    """Where the next step stands in the schedule's table."""
    steps: int
    left: int


@dataclass(frozen=True, slots=True)
class Size:
    """Of a picture, in pixels."""

    width: int
    height: int


Ask = Callable[[Order], tuple[Text, int]]
"""Returns the encoded prompt of an order and its number of steps."""


class Painter:
    """Draws with the networks of one checkpoint. ``buckets`` are the numbers of rows of a call, ascending."""

    flags: tuple[Flag, ...]
    facts: dict[str, str | int | float | None]
    """What status and PNG say of the model."""

    def __init__(
        self,
        parts: Parts,
        schedule: Schedule,
        size: Size,
        ask: Ask,
        *,
        buckets: Sequence[int],
        guidance: float = 0.0,
        decoders: int = 0,
    ) -> None:
        self.flags = ()
        self.facts = {}
        self.decoders = decoders
        self._unet = parts.unet
        self._device = parts.device
        self._dtype = parts.unet.dtype
        self._schedule = schedule
        self._size = size
        self._ask = ask
        self._buckets = list(buckets)
        self._decoder = Decoder(parts.vae)
        ids = [size.height, size.width, 0, 0, size.height, size.width]
        self._time_ids = torch.tensor([ids] * max(buckets), dtype=self._dtype, device=self._device)
        self._sized = parts.unet.config.addition_embed_type == "text_time"
        self._guidance = _guidance(parts, guidance, max(buckets))
        self._graphs: dict[int, Work] = {}
        self._pool = graph_pool(parts.device)

    @property
    def slots(self) -> int:
        """Most rows of one call."""
        return self._buckets[-1]

    @property
    def buckets(self) -> list[int]:
        """The numbers of rows that a call may have, ascending."""
        return self._buckets

    def use_buckets(self, buckets: Sequence[int]) -> None:
        """Fill calls up to one of these numbers of rows from now on."""
        self._buckets = sorted(buckets)
        self._graphs = {bucket: graph for bucket, graph in self._graphs.items() if bucket in buckets}
        self.facts["buckets"] = ", ".join(map(str, self._buckets))
        self._say_graphs()

    @torch.inference_mode()
    def capture(self, rows: Sequence[Row]) -> None:
        """Make a graph of the call for as many rows as these, which are an example. Raises GraphError.

        The most rows come first: the others fit into their memory.
        """
        self._graphs[len(rows)] = captured(self._advance, self._inputs(rows), self._pool)
        self._say_graphs()

    @torch.inference_mode()
    def capture_decoder(self, row: Row) -> None:
        """Make a graph of what decodes a picture. Raises GraphError."""
        self._decoder.capture(row.latent, self._pool)
        self._say_graphs()

    def _say_graphs(self) -> None:
        calls = [f"{bucket} rows" for bucket in sorted(self._graphs)]
        self.facts["graphs"] = ", ".join([*calls, *["decoder"] * bool(self._decoder.graph)]) or "none"

    def begin(self, order: Order) -> Row:
        """Return the row of a new picture."""
        text, steps = self._ask(order)
        noise = draw_noise(order.traits.seed, steps, self._size.width, self._size.height).to(self._device)
        added = torch.cat([noise[1:], torch.zeros_like(noise[:1])])
        latent = noise[0] * self._schedule.start[steps]
        return Row(order, text, latent, added, self._schedule.first[steps], steps, steps)

    @torch.inference_mode()
    def step(self, rows: Sequence[Row]) -> None:
        """Take each of the rows one step further. Raises OutOfMemoryError, with the rows as they were."""
        bucket = next(bucket for bucket in self._buckets if bucket >= len(rows))
        try:
            latents = self._call([*rows, *[rows[0]] * (bucket - len(rows))])
        except torch.OutOfMemoryError as error:
            free_cache()
            raise OutOfMemoryError from error
        for row, latent in zip(rows, latents, strict=False):
            row.latent = latent
            row.line += 1
            row.left -= 1

    def _call(self, rows: Sequence[Row]) -> torch.Tensor:
        """Return the latents of the rows one step on."""
        advance: Work = self._graphs.get(len(rows), self._advance)
        return advance(*self._inputs(rows))[0]

    def _inputs(self, rows: Sequence[Row]) -> tuple[torch.Tensor, ...]:
        """Return what ``_advance`` takes, of each row."""
        return (
            self._schedule.lines([row.line for row in rows]),
            torch.stack([row.latent for row in rows]),
            torch.stack([row.noise[row.steps - row.left] for row in rows]),
            torch.stack([row.text.tokens for row in rows]),
            torch.stack([row.text.pooled for row in rows]),
        )

    def _advance(
        self,
        lines: torch.Tensor,
        latents: torch.Tensor,
        noise: torch.Tensor,
        tokens: torch.Tensor,
        pooled: torch.Tensor,
    ) -> tuple[torch.Tensor]:
        """Take latents one step on. Works on the device alone, so that a graph can hold all of it."""
        rows = len(latents)
        sizes = {"text_embeds": pooled, "time_ids": self._time_ids[:rows]} if self._sized else None
        output = self._unet(
            self._schedule.before(latents, lines).to(self._dtype),
            lines[0],
            encoder_hidden_states=tokens,
            added_cond_kwargs=sizes,
            timestep_cond=None if self._guidance is None else self._guidance[:rows],
            return_dict=False,
        )[0].float()
        return (self._schedule.after(latents, output, noise, lines),)

    @torch.inference_mode()
    def finish(self, row: Row) -> Callable[[], bytes]:
        """Decode a row; return what makes its PNG. Raises PictureFaultError and OutOfMemoryError."""
        try:
            pixels = self._decoder.pixels(row.latent)
        except torch.OutOfMemoryError as error:
            free_cache()
            raise OutOfMemoryError from error
        return partial(encode_png, pixels.numpy(), self._words(row))

    def shrink(self) -> bool:
        """Drop the largest bucket, or halve the only one."""
        smaller = self._buckets[:-1] or [self._buckets[0] // 2]
        if not smaller[0]:
            return False
        self.use_buckets(smaller)
        return True

    def _words(self, row: Row) -> dict[str, str]:
        """Return what the PNG says about itself: enough to draw it again."""
        traits = row.order.traits
        creature = {"name": row.order.name, "rarity": traits.rarity, "element": traits.element, "seed": traits.seed}
        means = ", ".join(f"{flag.name}={flag.applied}" for flag in self.flags)
        said = {**creature, "steps": row.steps, **self.facts, "flags": means}
        return {key: str(value) for key, value in said.items()}


def _guidance(parts: Parts, guidance: float, rows: int) -> torch.Tensor | None:
    """Return what a UNet is told that takes its guidance as an input (LCM): shape (rows, width), else nothing.

    The sinusoids of diffusers' ``get_guidance_scale_embedding``.
    """
    width = parts.unet.config.time_cond_proj_dim
    if width is None:
        return None
    half = width // 2
    waves = torch.exp(torch.arange(half) * -(torch.log(torch.tensor(10000.0)) / (half - 1)))
    angles = (torch.tensor([guidance - 1.0]) * 1000.0)[:, None] * waves[None, :]
    return torch.cat([angles.sin(), angles.cos()], dim=1).repeat(rows, 1).to(parts.device, parts.unet.dtype)

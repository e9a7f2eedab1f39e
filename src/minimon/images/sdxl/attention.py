"""Attention of the UNet by a kernel of one's choice, whole or in slices. Neither undoes the other.

``UNet2DConditionModel`` does not heed diffusers' ``set_attention_backend`` (0.42 passes it over in silence), so the
kernel is set through processors of ours, and a probe looks at which kernel ran.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.profiler import profile

from minimon.images.engine.model import MeansError
from minimon.images.sdxl.parts import Parts

Kernel = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Attention of queries, keys and values, each of shape (rows, heads, length, width of a head)."""

SLICE = 1024
"""Queries of one slice."""
QUERIES = (1024, 256)
"""Places of a picture of 512 by 512 pixels, where SDXL attends: a sixteenth and a thirty-second of its sides."""
TOKENS = 77
"""Of a prompt."""


def sdpa(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Attend by whichever kernel PyTorch picks."""
    return functional.scaled_dot_product_attention(query, key, value)


def flash_only(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """Attend by PyTorch's flash kernel; raises RuntimeError where it cannot."""
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        return functional.scaled_dot_product_attention(query, key, value)


class KernelProcessor:
    """The attention of SDXL's transformer blocks (no mask, no norm, no residual of its own) by one kernel."""

    def __init__(self, kernel: Kernel, slice_length: int = 0) -> None:
        """Take the kernel, and how many queries it gets at once; 0 is all."""
        self.kernel = kernel
        self.slice_length = slice_length

    def __call__(
        self,
        attn: Attention,
        hidden_states: torch.Tensor,
        encoder_hidden_states: torch.Tensor | None = None,
        attention_mask: torch.Tensor | None = None,
        temb: torch.Tensor | None = None,  # noqa: ARG002 - diffusers' signature
    ) -> torch.Tensor:
        """Project, attend, project back."""
        assert attention_mask is None
        context = hidden_states if encoder_hidden_states is None else encoder_hidden_states
        query, key, value = (
            projected.unflatten(-1, (attn.heads, -1)).transpose(1, 2)
            for projected in (attn.to_q(hidden_states), attn.to_k(context), attn.to_v(context))
        )
        pieces = query.split(self.slice_length, dim=2) if self.slice_length else (query,)
        attended = torch.cat([self.kernel(piece, key, value) for piece in pieces], dim=2)
        projected: torch.Tensor = attn.to_out[0](attended.transpose(1, 2).flatten(2))
        return projected


@dataclass(frozen=True, slots=True)
class Ran:
    """By what a kernel is known to have run."""

    operators: tuple[str, ...]
    """Names of operators, of which one must have been called."""
    kernels: tuple[str, ...]
    """Parts of the names of CUDA kernels, of which one must have run."""


FLASH_SDPA = Ran(
    ("aten::_scaled_dot_product_flash_attention", "aten::_scaled_dot_product_flash_attention_for_cpu"), ("flash_fwd",)
)


def set_kernel(parts: Parts, kernel: Kernel, ran: Ran, applied: str) -> None:
    """Let the UNet attend by ``kernel``, after a probe saw it run for each shape that this UNet attends in.

    Raises MeansError if it did not.
    """
    for shape in shapes(parts.unet):
        seen = probe(kernel, shape, parts.device, parts.unet.dtype)
        if not is_among(ran, seen, parts.device):
            raise MeansError(applied, f"its kernel does not run here for {shape}: what ran is {', '.join(seen)}")
    parts.unet.set_attn_processor(KernelProcessor(kernel))


@dataclass(frozen=True, slots=True)
class Shape:
    """Of one attention."""

    heads: int
    width: int
    """Of a head."""
    queries: int
    keys: int

    def __str__(self) -> str:
        return f"{self.heads} heads of {self.width}, {self.queries} queries, {self.keys} keys"


def shapes(unet: UNet2DConditionModel) -> list[Shape]:
    """Return the shapes that a UNet attends in at 512 pixels, each once: over the picture and over the prompt."""
    attentions = [module for module in unet.modules() if isinstance(module, Attention)]
    heads = dict.fromkeys((one.heads, one.to_q.out_features // one.heads) for one in attentions)
    return [Shape(*head, queries, keys) for head in heads for queries in QUERIES for keys in (queries, TOKENS)]


def probe(kernel: Kernel, shape: Shape, device: torch.device, dtype: torch.dtype) -> list[str]:
    """Return the names of operators and CUDA kernels that ran, or the error that was raised."""
    query = torch.zeros(1, shape.heads, shape.queries, shape.width, device=device, dtype=dtype)
    key = torch.zeros(1, shape.heads, shape.keys, shape.width, device=device, dtype=dtype)
    try:
        with profile() as seen:  # of the CPU, and of CUDA where there is one
            kernel(query, key, key)
    except (RuntimeError, NotImplementedError, ValueError) as error:
        return [str(error).partition("\n")[0]]
    return sorted({event.key for event in seen.key_averages()})


def is_among(ran: Ran, seen: Sequence[str], device: torch.device) -> bool:
    """Say whether a kernel is among the names that a probe saw."""
    called = any(name in ran.operators for name in seen)
    launched = any(mark in name for name in seen for mark in ran.kernels)
    return called and (launched or device.type != "cuda")


def sdpa_flash(parts: Parts) -> None:
    """Pin PyTorch's flash kernel."""
    set_kernel(parts, flash_only, FLASH_SDPA, "sdpa-flash")


def slices(parts: Parts) -> None:
    """Attend slice by slice, by the kernel that is set already; the VAE takes one picture at a time."""
    current = next(iter(parts.unet.attn_processors.values()))
    kernel = current.kernel if isinstance(current, KernelProcessor) else sdpa
    parts.unet.set_attn_processor(KernelProcessor(kernel, SLICE))
    parts.vae.enable_slicing()

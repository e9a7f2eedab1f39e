"""Attention of the UNet by a kernel of one's choice, whole or in slices. Neither undoes the other.

``UNet2DConditionModel`` does not heed diffusers' ``set_attention_backend`` (0.42 passes it over in silence), so the
kernel is set through processors of ours, and a probe looks at which kernel ran.
"""

from collections.abc import Callable

import torch
from diffusers.models.attention_processor import Attention
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.profiler import profile

from minimon.errors import StartError
from minimon.images.sdxl.parts import Parts

Kernel = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]
"""Attention of queries, keys and values, each of shape (rows, heads, length, width of a head)."""

SLICE = 1024
"""Queries of one slice."""


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


def set_kernel(parts: Parts, kernel: Kernel, mark: str, flag: str) -> None:
    """Let the UNet attend by ``kernel``, after a probe found ``mark`` in the name of what ran on this device.

    Raises StartError if it did not run.
    """
    ran = probe(kernel, parts.device, parts.unet.dtype)
    if not any(mark in name for name in ran):
        raise StartError(f"{flag}=1: its kernel does not run here (what ran: {', '.join(ran)}): set {flag}=0")
    parts.unet.set_attn_processor(KernelProcessor(kernel))


def probe(kernel: Kernel, device: torch.device, dtype: torch.dtype) -> list[str]:
    """Return the names of the operators that ``kernel`` ran on a small input, or the error that it raised."""
    query = torch.zeros(1, 2, 16, 64, device=device, dtype=dtype)
    try:
        with profile() as seen:
            kernel(query, query, query)
    except (RuntimeError, NotImplementedError, ValueError) as error:
        return [str(error).partition("\n")[0]]
    return sorted({event.key for event in seen.key_averages() if "attention" in event.key or "flash" in event.key})


def sdpa_flash(parts: Parts) -> None:
    """Pin PyTorch's flash kernel."""
    set_kernel(parts, flash_only, "_flash_attention", "SDXL_USE_FLASH_ATTN")


def slices(parts: Parts) -> None:
    """Attend slice by slice, by the kernel that is set already; the VAE takes one picture at a time."""
    current = next(iter(parts.unet.attn_processors.values()))
    kernel = current.kernel if isinstance(current, KernelProcessor) else sdpa
    parts.unet.set_attn_processor(KernelProcessor(kernel, SLICE))
    parts.vae.enable_slicing()

"""Attention by the flash-attn package. Needs the extra ``flash-attn`` and a CUDA card from sm80."""

import torch
from flash_attn import flash_attn_func

from minimon.images.sdxl.attention import Ran, set_kernel
from minimon.images.sdxl.parts import Parts

RAN = Ran(("flash_attn::_flash_attn_forward",), ("flash_fwd",))
"""flash-attn 2.8 registers its forward pass under this name."""


def _attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """flash-attn wants (rows, length, heads, width)."""
    turned = (tensor.transpose(1, 2) for tensor in (query, key, value))
    attended: torch.Tensor = flash_attn_func(*turned)
    return attended.transpose(1, 2)


def flash_attn(parts: Parts) -> None:
    """Set flash-attn's kernel."""
    set_kernel(parts, _attend, RAN, "flash-attn")

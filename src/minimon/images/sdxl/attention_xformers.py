"""Attention by xFormers. Needs the extra ``xformers`` and a CUDA card."""

import torch
from xformers.ops import memory_efficient_attention

from minimon.images.sdxl.attention import set_kernel
from minimon.images.sdxl.parts import Parts


def _attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """XFormers wants (rows, length, heads, width)."""
    turned = (tensor.transpose(1, 2) for tensor in (query, key, value))
    attended: torch.Tensor = memory_efficient_attention(*turned)
    return attended.transpose(1, 2)


def xformers(parts: Parts) -> None:
    """Set xFormers' kernel."""
    set_kernel(parts, _attend, "attention", "SDXL_USE_XFORMERS")

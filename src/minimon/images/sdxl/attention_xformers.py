"""Attention by xFormers. Needs the extra ``xformers`` and a CUDA card."""

import torch
from xformers.ops import memory_efficient_attention

from minimon.images.sdxl.attention import Ran, set_kernel
from minimon.images.sdxl.parts import Parts

RAN = Ran(
    (
        "xformers::efficient_attention_forward_cutlass",
        "xformers_flash::flash_fwd",
        "xformers_flash3::flash_fwd",
        "aten::_efficient_attention_forward",
        "aten::_flash_attention_forward",
    ),
    ("fmha", "flash_fwd"),
)
"""What ``memory_efficient_attention`` may dispatch to: kernels of its own, or those that it shares with PyTorch. It
calls them by these names itself; ``scaled_dot_product_attention`` is not among them."""


def _attend(query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
    """XFormers wants (rows, length, heads, width)."""
    turned = (tensor.transpose(1, 2) for tensor in (query, key, value))
    attended: torch.Tensor = memory_efficient_attention(*turned)
    return attended.transpose(1, 2)


def xformers(parts: Parts) -> None:
    """Set xFormers' kernel."""
    set_kernel(parts, _attend, RAN, "xformers")

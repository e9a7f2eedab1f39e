"""Weights, and sums, in fewer bits: torchao's classes for the linear layers of the UNet.

Scales of activations are per row, never per tensor: per tensor, a picture would depend on its neighbours.
"""

from typing import Any

import torch
from torch import nn
from torchao.prototype.mx_formats import NVFP4DynamicActivationNVFP4WeightConfig, NVFP4WeightOnlyConfig
from torchao.quantization import (
    Float8DynamicActivationFloat8WeightConfig,
    Float8WeightOnlyConfig,
    Int4WeightOnlyConfig,
    Int8DynamicActivationInt8WeightConfig,
    Int8WeightOnlyConfig,
    PerRow,
    quantize_,
)

from minimon.images.sdxl.parts import Parts

MULTIPLE = 16
INT4_GROUP = 128


def eligible(module: nn.Module, name: str) -> bool:
    """Say whether a module is a linear layer that may be quantized.

    Embeddings of time and size stay: they have one row a picture, too few for 8-bit products, and they are small.
    """
    return (
        isinstance(module, nn.Linear)
        and "embed" not in name
        and module.in_features % MULTIPLE == 0
        and module.out_features % MULTIPLE == 0
    )


def fp8_dynamic_row(parts: Parts) -> None:
    """Weights and activations in float8, a scale for each row."""
    _quantize(parts, Float8DynamicActivationFloat8WeightConfig(granularity=PerRow()))


def fp8_weight(parts: Parts) -> None:
    """Weights in float8."""
    _quantize(parts, Float8WeightOnlyConfig())


def int8_dynamic_row(parts: Parts) -> None:
    """Weights and activations in int8, a scale for each row."""
    _quantize(parts, Int8DynamicActivationInt8WeightConfig(granularity=PerRow(), set_inductor_config=False))


def int8_weight(parts: Parts) -> None:
    """Weights in int8."""
    _quantize(parts, Int8WeightOnlyConfig(set_inductor_config=False))


def int4_tile_packed(parts: Parts) -> None:
    """Weights in int4, in the layout of PyTorch's own kernel, which only a card can make."""
    config = Int4WeightOnlyConfig(
        group_size=INT4_GROUP, int4_packing_format="tile_packed_to_4d", set_inductor_config=False
    )
    _quantize(parts, config)


def fp4_dynamic(parts: Parts) -> None:
    """Weights and activations in NVFP4."""
    _quantize(parts, NVFP4DynamicActivationNVFP4WeightConfig())
    flatten_inputs(parts.unet)


def fp4_weight(parts: Parts) -> None:
    """Weights in NVFP4, widened before each product."""
    _quantize(parts, NVFP4WeightOnlyConfig())
    flatten_inputs(parts.unet)


def _quantize(parts: Parts, config: Any) -> None:
    quantize_(parts.unet, config, filter_fn=eligible)


class Flat(nn.Module):
    """A linear layer that is handed two-dimensional, contiguous inputs: NVFP4 knows no others (torchao 0.18)."""

    def __init__(self, linear: nn.Module) -> None:
        super().__init__()
        self.linear = linear

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Flatten, apply, unflatten."""
        flat: torch.Tensor = self.linear(inputs.reshape(-1, inputs.shape[-1]).contiguous())
        return flat.view(*inputs.shape[:-1], -1)


def flatten_inputs(model: nn.Module) -> None:
    """Put each linear layer that is quantized, or whose weights will be, into a ``Flat``."""
    for name, module in list(model.named_modules()):
        if eligible(module, name):
            parent, _, child = name.rpartition(".")
            setattr(model.get_submodule(parent), child, Flat(module))

"""Weights in few bits by SDNQ, which stores them so on every device. A module of its own: it is slow to import."""

from diffusers import UNet2DConditionModel
from sdnq import sdnq_post_load_quant

from minimon.images.sdxl.parts import Parts


def int4_sdnq(parts: Parts) -> None:
    """Weights in uint4, with a scale and an offset for each group."""
    to_uint4(parts.unet)


def int8_sdnq(parts: Parts) -> None:
    """Weights in int8, made wide before each product."""
    to_int8(parts.unet)


def to_uint4(unet: UNet2DConditionModel) -> None:
    """Put SDNQ's modules with weights in uint4 in place of the UNet's."""
    sdnq_post_load_quant(unet, weights_dtype="uint4", add_skip_keys=True)


def to_int8(unet: UNet2DConditionModel) -> None:
    """Put SDNQ's modules with weights in int8 in place of the UNet's."""
    sdnq_post_load_quant(unet, weights_dtype="int8", add_skip_keys=True)

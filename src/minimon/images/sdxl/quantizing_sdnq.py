"""Weights in few bits by SDNQ, which stores them so on every device. A module of its own: it is slow to import."""

from sdnq import sdnq_post_load_quant

from minimon.images.sdxl.parts import Parts


def int4_sdnq(parts: Parts) -> None:
    """Weights in uint4, with a scale and an offset for each group."""
    parts.unet = sdnq_post_load_quant(parts.unet, weights_dtype="uint4", add_skip_keys=True)


def int8_sdnq(parts: Parts) -> None:
    """Weights in int8, made wide before each product."""
    parts.unet = sdnq_post_load_quant(parts.unet, weights_dtype="int8", add_skip_keys=True)

"""The UNet through ``torch.compile``, for one shape each: sizes are fixed, so nothing compiles while requests wait."""

from minimon.images.sdxl.parts import Parts


def whole(parts: Parts) -> None:
    """Compile the UNet as one graph."""
    parts.unet.compile(fullgraph=True, dynamic=False, mode="max-autotune-no-cudagraphs")


def regional(parts: Parts) -> None:
    """Compile the transformer block once, for all its repetitions."""
    parts.unet.compile_repeated_blocks(fullgraph=True, dynamic=False)

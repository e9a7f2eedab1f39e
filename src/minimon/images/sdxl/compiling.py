"""The UNet through ``torch.compile``, for one shape each: sizes are fixed, so nothing compiles while requests wait."""

import os
from pathlib import Path

from minimon.images.sdxl.parts import Parts


def keep_in(folder: Path) -> None:
    """Keep what is compiled in a folder, unless TORCHINDUCTOR_CACHE_DIR names one.

    PyTorch keys it by the graph, the shapes, its own version and flags, the compiler and the card.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder.absolute()))


def whole(parts: Parts) -> None:
    """Compile the UNet as one graph."""
    parts.unet.compile(fullgraph=True, dynamic=False, mode="max-autotune-no-cudagraphs")


def regional(parts: Parts) -> None:
    """Compile the transformer block once, for all its repetitions."""
    parts.unet.compile_repeated_blocks(fullgraph=True, dynamic=False)

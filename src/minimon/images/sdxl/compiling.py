"""What repeats through ``torch.compile``, for one shape each: nothing compiles while requests wait."""

import os
from pathlib import Path

import torch

from minimon.images.sdxl.parts import Parts

SHAPES = 64
"""Most shapes of one block: for each number of rows, SDXL has two widths. Dynamo's own limit is 8."""


def keep_in(folder: Path) -> None:
    """Keep what is compiled in a folder, unless TORCHINDUCTOR_CACHE_DIR names one.

    PyTorch keys it by the graph, the shapes, its own version and flags, the compiler and the card.
    """
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder.absolute()))


def blocks(parts: Parts) -> None:
    """Compile the UNet's transformer block once for all its repetitions, and the VAE's decoder.

    Seven tenths of the UNet's sums are in that block. The whole UNet as one graph takes minutes to compile.
    """
    regional(parts)
    parts.vae.decoder.compile(fullgraph=True, dynamic=False)


def regional(parts: Parts) -> None:
    """Compile the UNet's transformer block once for all its repetitions."""
    torch._dynamo.config.recompile_limit = SHAPES  # noqa: SLF001 - there is no public name for it
    parts.unet.compile_repeated_blocks(fullgraph=True, dynamic=False)

"""What is computed once and kept on disk, under names made of everything that decides its bits.

What is kept is read from the disk at every start, the first one too: on a CPU the bits of a sum depend on where in
memory its weights begin.
"""

import hashlib
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from pickle import Pickler, UnpicklingError
from types import ModuleType
from typing import Any

import diffusers
import torch
import torchao
import transformers
from diffusers import UNet2DConditionModel
from torch import nn

from minimon.errors import StartError
from minimon.images.sdxl.checkpoint import Checkpoint
from minimon.images.sdxl.means import brief, frame

VERSIONS = tuple(module.__version__ for module in (torch, torchao, transformers, diffusers))


class _EnumsByValue(Pickler):
    """Writes members of enumerations as their class and value.

    Python before 3.11.4 writes them as a call of ``getattr``, which torch refuses to read, and rightly.
    """

    def reducer_override(self, obj: object) -> Any:
        return (type(obj), (obj.value,)) if isinstance(obj, Enum) else NotImplemented


def kept_path(folder: Path, name: str, checkpoint: Checkpoint, *said: str) -> Path:
    """Return where something of a checkpoint is kept, such as ``unet.pt``; ``said`` decides it beside the versions."""
    digest = hashlib.sha256("\0".join((*said, *VERSIONS)).encode()).hexdigest()[:16]
    stem, dot, ending = name.partition(".")
    return folder / f"{stem}-{checkpoint.fingerprint}-{digest}{dot}{ending}"


def write_whole(path: Path, write: Callable[[Path], None]) -> None:
    """Let ``write`` write a file that appears whole or not at all. Raises StartError."""
    draft = path.with_suffix(".draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(draft)
        draft.replace(path)
    except (OSError, RuntimeError) as error:  # torch's own writer raises the latter
        remedy = "name a folder that can be written in SDXL_CACHE_DIR, with room"
        raise StartError(f"{path}: cannot be written ({brief(error)}): {remedy}") from error


def keep_unet(path: Path, unet: UNet2DConditionModel) -> None:
    """Keep the weights of a quantized UNet. Raises StartError."""
    pickling = ModuleType("pickling")  # the form that torch.save wants
    pickling.Pickler = _EnumsByValue  # type: ignore[attr-defined]
    write_whole(path, lambda draft: torch.save(unet.state_dict(), draft, pickling))


def read_unet(path: Path, checkpoint: Checkpoint, word: str, dtype: torch.dtype) -> UNet2DConditionModel:
    """Return the UNet of ``dtype`` that was quantized by ``word`` and kept by ``keep_unet``.

    Raises StartError, and MeansError where the modules of that word cannot be made.
    """
    with torch.device("meta"):
        unet = UNet2DConditionModel.from_config(checkpoint.config("unet"))
    nn.Module.to(unet, dtype)  # the class's own warns of modules that it has not
    frame(word, unet)
    try:
        unet.load_state_dict(torch.load(path, map_location="cpu", weights_only=True), assign=True)
    except (OSError, RuntimeError, EOFError, UnpicklingError) as error:
        raise StartError(f"{path}: cannot be read ({brief(error)}): remove it, it will be made again") from error
    return unet.eval().requires_grad_(False)

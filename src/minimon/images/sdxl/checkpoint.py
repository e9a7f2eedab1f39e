"""A checkpoint on disk: where it is, what it holds, what tells it from others."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel

from minimon.errors import StartError
from minimon.images.engine.model import Report
from minimon.images.sdxl.hub import WEIGHTS, download
from minimon.images.sdxl.means import brief

NEEDED = ("model_index.json", "unet/config.json", "vae/config.json", "scheduler/scheduler_config.json")
TOKENIZERS = ("tokenizer", "tokenizer_2")
VOCABULARIES = (("tokenizer.json",), ("vocab.json", "merges.txt"))
"""A tokenizer is in one of these sets of files. Without any, transformers makes an empty one and says nothing."""
PROBED_BYTES = 1 << 20
GIGA = 1e9
WORKING_GB = 2.0
"""What computing takes beside the weights, roughly, at 512 pixels and eight rows."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A folder in the layout of diffusers."""

    folder: Path
    fingerprint: str
    """16 hex digits that differ where the files differ."""

    def config(self, part: str, name: str = "config.json") -> dict[str, Any]:
        """Return a part's configuration."""
        loaded: dict[str, Any] = json.loads((self.folder / part / name).read_text())
        return loaded

    def variant(self, part: str, dtype: torch.dtype) -> str | None:
        """Return which of a part's files to read, by what is there: half precision where it is enough, or all there is.

        ``None`` stands for the files without a mark, as diffusers has it.
        """
        names = [path.name for path in (self.folder / part).glob("*.safetensors")]
        half = [name for name in names if ".fp16." in name]
        if half and (dtype != torch.float32 or len(half) == len(names)):
            return "fp16"
        return None

    def unet(self, dtype: torch.dtype) -> UNet2DConditionModel:
        """Read the UNet. Raises StartError."""
        return self._read(UNet2DConditionModel, "unet", dtype)

    def vae(self, dtype: torch.dtype) -> AutoencoderKL:
        """Read the VAE. Raises StartError."""
        return self._read(AutoencoderKL, "vae", dtype)

    def text_encoder(self, kind: Any, part: str, dtype: torch.dtype) -> Any:
        """Read a text encoder of the class ``kind``. Raises StartError."""
        return self._read(kind, part, dtype)

    def _read(self, kind: Any, part: str, dtype: torch.dtype) -> Any:
        variant = self.variant(part, dtype)
        try:
            read = kind.from_pretrained(
                self.folder, subfolder=part, variant=variant, torch_dtype=dtype, local_files_only=True
            )
        except (OSError, ValueError, RuntimeError) as error:
            raise StartError(f"SDXL_TURBO_MODEL: {self.folder / part} cannot be read ({brief(error)})") from error
        return read.eval().requires_grad_(False)


def find_checkpoint(model: str, report: Report) -> Checkpoint:
    """Return the checkpoint in a local folder or of a hub id; what is not here yet is downloaded. Raises StartError."""
    folder = Path(model) if Path(model).exists() else download(model, "SDXL_TURBO_MODEL", report)
    missing = [name for name in NEEDED if not (folder / name).exists()]
    if missing:
        raise StartError(f"SDXL_TURBO_MODEL is {model}: not a checkpoint in the layout of diffusers (no {missing[0]})")
    return Checkpoint(folder, fingerprint(folder))


def check_tokenizers(folder: Path, count: int, variable: str) -> None:
    """Raise StartError if one of the ``count`` tokenizers of a checkpoint is not there."""
    for part in TOKENIZERS[:count]:
        if not any(all((folder / part / name).exists() for name in names) for names in VOCABULARIES):
            raise StartError(f"{variable}: {folder / part} holds no tokenizer (tokenizer.json): copy the folder again")


def read_tiny_vae(model: str, dtype: torch.dtype, report: Report) -> AutoencoderTiny:
    """Read the tiny decoder from a folder or the hub. Raises StartError."""
    folder = Path(model) if Path(model).exists() else download(model, "SDXL_TINY_VAE_MODEL", report)
    try:
        tiny: AutoencoderTiny = AutoencoderTiny.from_pretrained(folder, torch_dtype=dtype, local_files_only=True)
    except (OSError, ValueError) as error:
        raise StartError(f"SDXL_TINY_VAE_MODEL is {model}: cannot be read ({brief(error)})") from error
    return tiny.eval().requires_grad_(False)


def check_room(checkpoint: Checkpoint, free_gb: float) -> None:
    """Raise StartError if the device has too little free memory for the UNet; 0 asks nothing."""
    needed = _weight_gb(checkpoint) + WORKING_GB
    if 0 < free_gb < needed:
        remedy = "set SDXL_ENABLE_CPU_OFFLOAD=1, or end what else uses the device"
        raise StartError(
            f"the model needs about {needed:.1f} GB of the device's memory, {free_gb:.1f} GB is free: {remedy}"
        )


def _weight_gb(checkpoint: Checkpoint) -> float:
    """Return the size of UNet and VAE at two bytes a weight."""
    total = 0.0
    for part in ("unet", "vae"):
        half = checkpoint.variant(part, torch.bfloat16) == "fp16"
        files = [path for path in (checkpoint.folder / part).glob("*.safetensors") if (".fp16." in path.name) == half]
        total += sum(path.stat().st_size for path in files) / (1 if half else 2)
    return total / GIGA


def fingerprint(folder: Path, patterns: Sequence[str] = WEIGHTS) -> str:
    """Return 16 hex digits over each file's path and what ``probe`` takes of it."""
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in folder.rglob(pattern)):
        digest.update(f"{path.relative_to(folder)}:".encode())
        probe(path, digest)
    return digest.hexdigest()[:16]


def probe(path: Path, digest: "hashlib._Hash") -> None:
    """Take in a file's size, first and last MiB (where safetensors keeps its index)."""
    size = path.stat().st_size
    digest.update(f"{size}:".encode())
    with path.open("rb") as file:
        digest.update(file.read(PROBED_BYTES))
        file.seek(max(0, size - PROBED_BYTES))
        digest.update(file.read(PROBED_BYTES))

"""A whole checkpoint in one file, in the layout of its makers: turned once into a folder that is kept.

The file holds weights alone. What the networks look like, and the tokenizers, come from a checkpoint's small files.
"""

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import diffusers
import torch
from safetensors import SafetensorError, safe_open

from minimon.errors import StartError
from minimon.images.engine.model import Report
from minimon.images.sdxl.checkpoint import check_tokenizers, fingerprint, probe
from minimon.images.sdxl.hub import SMALL, download
from minimon.images.sdxl.means import brief

PIPELINES: Mapping[int, str] = {1: "StableDiffusionPipeline", 2: "StableDiffusionXLPipeline"}
"""Number of text encoders → the pipeline that has them. Diffusers loads it when it is asked for: it is slow to."""


def unpack(file: Path, encoders: int, config_model: str, cache: Path, report: Report) -> Path:
    """Return the folder that the file's checkpoint is kept in, made now if it is not there yet. Raises StartError."""
    if file.suffix != ".safetensors":
        raise StartError(f"SDXL_TURBO_MODEL is {file}: only .safetensors files are read: others can run code")
    config = Path(config_model)
    if not config.exists():
        config = download(config_model, "SDXL_CONFIG_MODEL", report, SMALL)
    folder = cache / f"model-{_fingerprint(file)}-{fingerprint(config, SMALL)}"
    if not folder.exists():
        report("unpacking the file", 0)
        check_tokenizers(config, encoders, "SDXL_CONFIG_MODEL")
        half = _is_half(file)
        _save(_read(file, encoders, config, torch.float16 if half else torch.float32), folder, "fp16" if half else None)
    return folder


def _read(file: Path, encoders: int, config: Path, dtype: torch.dtype) -> Any:
    """Return the pipeline over the file's networks. Raises StartError."""
    absent = {"safety_checker": None, "feature_extractor": None} if encoders == 1 else {}
    try:
        return getattr(diffusers, PIPELINES[encoders]).from_single_file(
            str(file), config=str(config), torch_dtype=dtype, local_files_only=True, **absent
        )
    except Exception as error:  # of many kinds: a weight is lacking, or has another shape, or a small file is not there
        remedy = f"the file must hold a whole checkpoint that fits the small files of {config} (SDXL_CONFIG_MODEL)"
        raise StartError(f"SDXL_TURBO_MODEL is {file}: cannot be read ({brief(error)}): {remedy}") from error


def _save(pipeline: Any, folder: Path, variant: str | None) -> None:
    """Save a folder that appears whole or not at all. Raises StartError."""
    draft = folder.with_suffix(".draft")
    try:
        shutil.rmtree(draft, ignore_errors=True)
        pipeline.save_pretrained(draft, variant=variant)
        draft.replace(folder)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(draft, ignore_errors=True)
        remedy = "name a folder that can be written in SDXL_CACHE_DIR, with room for the model"
        raise StartError(f"{folder}: cannot be written ({brief(error)}): {remedy}") from error


def _is_half(file: Path) -> bool:
    """Say whether every weight is float16, so that nothing is lost where all are saved so. Raises StartError."""
    try:
        with safe_open(file, "pt") as tensors:
            kinds = {tensors.get_slice(name).get_dtype() for name in tensors.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError) as error:
        raise StartError(f"SDXL_TURBO_MODEL is {file}: cannot be read ({brief(error)}): copy it again") from error
    return "F16" in kinds and not kinds & {"F32", "F64", "BF16"}


def _fingerprint(file: Path) -> str:
    digest = hashlib.sha256()
    probe(file, digest)
    return digest.hexdigest()[:16]

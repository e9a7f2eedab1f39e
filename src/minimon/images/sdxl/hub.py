"""Checkpoints that are not here yet, from the hub of Hugging Face."""

import io
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from tqdm.auto import tqdm

from minimon.errors import StartError
from minimon.images.engine.model import Report
from minimon.images.sdxl.means import brief

SMALL = ("*.json", "*.txt")
"""What says how a checkpoint's networks look, and its tokenizers."""
WEIGHTS = (*SMALL, "*.safetensors")


def download(model: str, variable: str, report: Report, patterns: Sequence[str] = WEIGHTS) -> Path:
    """Return the folder that holds these files of a hub's model, downloaded where it is not here yet.

    Raises StartError.
    """
    if model.startswith((".", "/", "~")):
        raise StartError(f"{variable} is {model}: there is no such folder")
    try:
        return Path(snapshot_download(model, allow_patterns=list(patterns), tqdm_class=partial(Bar, report)))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        remedy = "name a local folder, correct the id, or give this machine a network"
        raise StartError(f"{variable} is {model}: cannot be downloaded ({brief(error)}): {remedy}") from error


class Bar(tqdm):
    """A progress bar of the hub's that is told to a load instead of being drawn."""

    def __init__(self, report: Report, *args: Any, **kwargs: Any) -> None:
        self._report = report
        super().__init__(*args, **kwargs | {"file": io.StringIO(), "disable": False})

    def display(self, *_: object, **__: object) -> None:
        """Tell how much is there, where bytes are counted."""
        if self.unit == "B" and self.total:
            self._report("downloading", self.n / self.total)

"""Prompts into what the UNet reads. The closed ones are encoded once and kept on disk; then the encoders can go."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from minimon.images.engine.model import Report
from minimon.images.sdxl.checkpoint import TOKENIZERS, Checkpoint, check_tokenizers
from minimon.images.sdxl.keeping import write_whole

NAMED_PROMPTS = 1024
"""How many prompts with a name are remembered."""


@dataclass(frozen=True, slots=True)
class Text:
    """One prompt, encoded: shapes (77, width) and (pooled width,); SD 2 has nothing pooled."""

    tokens: torch.Tensor
    pooled: torch.Tensor


class Encoders:
    """The text encoders of a checkpoint. Each prompt is encoded alone, so that its bits depend on nothing else."""

    def __init__(self, checkpoint: Checkpoint, count: int, dtype: torch.dtype, device: torch.device) -> None:
        """Read them. Raises StartError."""
        kinds: list[Any] = [CLIPTextModel, CLIPTextModelWithProjection][:count]
        places = ["text_encoder", "text_encoder_2"][:count]
        check_tokenizers(checkpoint.folder, count, "SDXL_TURBO_MODEL")
        self._device = device
        self._last = count == 1
        self._models = [
            checkpoint.text_encoder(kind, place, dtype).to(device) for kind, place in zip(kinds, places, strict=True)
        ]
        self._tokenizers = [
            CLIPTokenizer.from_pretrained(checkpoint.folder, subfolder=place) for place in TOKENIZERS[:count]
        ]
        self.remembered = lru_cache(NAMED_PROMPTS)(self.encode)

    @torch.inference_mode()
    def encode(self, prompt: str) -> Text:
        """Encode one prompt, as the stock pipeline does: the last layer but one of each encoder, side by side."""
        tokens, pooled = [], torch.zeros(0, device=self._device)
        for tokenizer, model in zip(self._tokenizers, self._models, strict=True):
            asked = tokenizer(prompt, padding="max_length", max_length=77, truncation=True, return_tensors="pt")
            read = model(asked.input_ids.to(self._device), output_hidden_states=True)
            tokens.append(read[0] if self._last else read.hidden_states[-2])
            pooled = pooled if self._last else read[0]
        return Text(torch.cat(tokens, dim=-1)[0], pooled[0] if pooled.ndim > 1 else pooled)


def encode_all(encoders: Encoders, prompts: Sequence[str], report: Report) -> dict[str, Text]:
    """Encode each prompt, telling how far it is."""
    texts = {}
    for done, prompt in enumerate(prompts):
        report("encoding prompts", done / len(prompts))
        texts[prompt] = encoders.encode(prompt)
    return texts


def save_texts(path: Path, texts: dict[str, Text]) -> None:
    """Keep encoded prompts, in their order. Raises StartError."""
    tensors = {
        "tokens": torch.stack([text.tokens for text in texts.values()]),
        "pooled": torch.stack([text.pooled for text in texts.values()]),
    }
    flat = {name: tensor.cpu().contiguous() for name, tensor in tensors.items()}
    write_whole(path, lambda draft: save_file(flat, draft))


def load_texts(path: Path, prompts: Sequence[str], device: torch.device) -> dict[str, Text]:
    """Return the prompts that ``save_texts`` kept."""
    kept = load_file(path, device=str(device))
    return {
        prompt: Text(*pair)
        for prompt, pair in zip(prompts, zip(kept["tokens"], kept["pooled"], strict=True), strict=True)
    }

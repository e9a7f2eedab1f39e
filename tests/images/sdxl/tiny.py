"""A tiny SDXL checkpoint with random weights, made on the spot: the real modules, too small to draw anything."""

import re
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    EulerAncestralDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from minimon.images.prompts import all_prompts

WIDTH = 64
WIDTH_1 = 32
"""Of SDXL's first encoder: diffusers tells the two apart by their widths."""
PROJECTION = 64


def make_tiny(folder: Path, *, force_upcast: bool = True) -> StableDiffusionXLPipeline:
    """Save a tiny checkpoint in ``folder``; return the stock pipeline over it."""
    torch.manual_seed(0)
    tokenizer, end = make_tokenizer("<|endoftext|>")
    tokenizer_2, _ = make_tokenizer("!")
    pipeline = StableDiffusionXLPipeline(
        vae=make_vae(force_upcast=force_upcast),
        text_encoder=CLIPTextModel(text_config(end, "quick_gelu", hidden_size=WIDTH_1)).eval(),
        text_encoder_2=CLIPTextModelWithProjection(text_config(end, "gelu")).eval(),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer_2,
        unet=make_unet(),
        scheduler=make_scheduler(),
        add_watermarker=False,
    )
    pipeline.save_pretrained(folder)
    return read_tiny(folder)


def make_tiny_sd(folder: Path) -> StableDiffusionPipeline:
    """Save a tiny checkpoint of SD 2's kind, with one text encoder; return the stock pipeline over it."""
    torch.manual_seed(0)
    tokenizer, end = make_tokenizer("!")
    sizeless = dict.fromkeys(
        ("addition_embed_type", "addition_time_embed_dim", "projection_class_embeddings_input_dim")
    )
    parts = {
        "vae": make_vae(),
        "text_encoder": CLIPTextModel(text_config(end, "gelu")).eval(),
        "tokenizer": tokenizer,
        "unet": make_unet(**sizeless, cross_attention_dim=WIDTH),
        "scheduler": make_scheduler(),
    }
    absent = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    StableDiffusionPipeline(**parts, **absent).save_pretrained(folder)
    pipeline = StableDiffusionPipeline.from_pretrained(folder, local_files_only=True, **absent)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def text_config(end: int, activation: str, **changes: int) -> CLIPTextConfig:
    """Return the shape of a text encoder whose tokenizer ends a prompt with the token ``end``."""
    shape = {
        "hidden_size": WIDTH,
        "intermediate_size": 128,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "projection_dim": PROJECTION,
    }
    return CLIPTextConfig(
        vocab_size=end + 1,
        max_position_embeddings=77,
        bos_token_id=end - 1,
        eos_token_id=end,
        pad_token_id=end,
        hidden_act=activation,
        **(shape | changes),
    )


def make_scheduler() -> EulerAncestralDiscreteScheduler:
    """Return the scheduler of the turbo models."""
    return EulerAncestralDiscreteScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        steps_offset=1,
        timestep_spacing="trailing",
    )


def read_tiny(folder: Path) -> StableDiffusionXLPipeline:
    """Return the stock pipeline, read from the disk as the engine reads it.

    That matters: on a CPU, a product's bits depend on where in memory its weights begin (by what multiple of 64).
    """
    pipeline = StableDiffusionXLPipeline.from_pretrained(folder, local_files_only=True, add_watermarker=False)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def make_unet(**changes: object) -> UNet2DConditionModel:
    """Return SDXL's UNet with 1.3 million weights."""
    shape = {
        "sample_size": 64,
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "block_out_channels": (32, 32, 64),
        "layers_per_block": 1,
        "transformer_layers_per_block": (1, 1, 1),
        "attention_head_dim": (1, 2, 4),  # SDXL's own misnomer: these are numbers of heads
        "cross_attention_dim": WIDTH_1 + WIDTH,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 16,
        "projection_class_embeddings_input_dim": 6 * 16 + PROJECTION,
        "norm_num_groups": 32,
    }
    return UNet2DConditionModel(**(shape | changes)).eval()


def make_vae(*, force_upcast: bool = True, **changes: object) -> AutoencoderKL:
    """Return SDXL's VAE, small: a decode takes twice the sums of a UNet step, as in the real one (1.6 times)."""
    shape = {"block_out_channels": (8, 16, 16, 16), "layers_per_block": 1, "norm_num_groups": 8}
    return AutoencoderKL(
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        latent_channels=4,
        sample_size=512,
        scaling_factor=0.13025,
        force_upcast=force_upcast,
        **(shape | changes),
    ).eval()


def make_tokenizer(pad: str) -> tuple[CLIPTokenizer, int]:
    """Return a CLIP tokenizer that knows every byte and the words of our prompts, and the number of its end token."""
    merges = _merges({word for prompt in all_prompts() for word in re.findall("[a-z]+", prompt)} | {"named"})
    pieces = dict.fromkeys(
        [*_printable_bytes(), *(piece + "</w>" for piece in _printable_bytes()), *map("".join, merges)]
    )
    vocabulary = {piece: number for number, piece in enumerate([*pieces, "<|startoftext|>", "<|endoftext|>"])}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, pad_token=pad, model_max_length=77), len(vocabulary) - 1


def _merges(words: set[str]) -> list[tuple[str, str]]:
    """Return the pairs that join the letters of each word from its end on, where no other word's pairs can begin."""
    pairs = [
        (word[place - 1], word[place:] + "</w>") for word in sorted(words) for place in range(len(word) - 1, 0, -1)
    ]
    return list(dict.fromkeys(pairs))


def _printable_bytes() -> list[str]:
    """Return GPT-2's printable stand-in for each byte."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [256 + place for place in range(256 - len(plain))]
    return [chr(number) for number in plain + others]

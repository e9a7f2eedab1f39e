"""A checkpoint in one file, its weights named as the makers of SDXL name them: the way there that diffusers lacks."""

import re
from collections.abc import Iterator
from pathlib import Path

import torch
from diffusers import StableDiffusionXLPipeline
from safetensors.torch import save_file

Weights = dict[str, torch.Tensor]

RESNET = {"norm1": "in_layers.0", "conv1": "in_layers.2", "norm2": "out_layers.0", "conv2": "out_layers.3"} | {
    "time_emb_proj": "emb_layers.1",
    "conv_shortcut": "skip_connection",
}
UNET = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
    "mid_block.resnets.0": "middle_block.0",
    "mid_block.attentions.0": "middle_block.1",
    "mid_block.resnets.1": "middle_block.2",
}
VAE = {
    "conv_norm_out": "norm_out",
    "mid_block.resnets.0": "mid.block_1",
    "mid_block.resnets.1": "mid.block_2",
    "mid_block.attentions.0": "mid.attn_1",
    "conv_shortcut": "nin_shortcut",
}
VAE_ATTENTION = {"group_norm": "norm", "to_q": "q", "to_k": "k", "to_v": "v", "to_out.0": "proj_out"}
OPEN_CLIP = {
    "embeddings.token_embedding.weight": "token_embedding.weight",
    "embeddings.position_embedding.weight": "positional_embedding",
    "final_layer_norm": "ln_final",
    "encoder.layers": "transformer.resblocks",
    "layer_norm1": "ln_1",
    "layer_norm2": "ln_2",
    "mlp.fc1": "mlp.c_fc",
    "mlp.fc2": "mlp.c_proj",
    "self_attn.out_proj": "attn.out_proj",
}


def save_single(pipeline: StableDiffusionXLPipeline, path: Path, dtype: torch.dtype = torch.float32) -> None:
    """Save the networks of a pipeline in one file."""
    first, second = pipeline.text_encoder.state_dict(), pipeline.text_encoder_2.state_dict()
    first = {f"text_model.{name.removeprefix('text_model.')}": value for name, value in first.items()}
    weights = {
        **_under("model.diffusion_model.", _unet(pipeline.unet.state_dict(), pipeline.unet.config.layers_per_block)),
        **_under("first_stage_model.", _vae(pipeline.vae.state_dict(), len(pipeline.vae.config.down_block_types))),
        **_under("conditioner.embedders.0.transformer.", first),
        **_under("conditioner.embedders.1.model.", _open_clip(second)),
    }
    save_file({name: value.to(dtype).contiguous() for name, value in weights.items()}, path)


def _under(prefix: str, weights: Weights) -> Weights:
    return {prefix + name: value for name, value in weights.items()}


def _renamed(name: str, names: dict[str, str]) -> str:
    for ours, theirs in names.items():
        name = name.replace(ours, theirs)
    return name


def _unet(weights: Weights, layers: int) -> Weights:
    def place(found: re.Match[str]) -> str:
        way, block, kind, layer = found[1], int(found[2]), found[3], int(found[4])
        attends = any(f"{way}_blocks.{block}.attentions" in name for name in weights)
        if kind == "downsamplers":
            return f"input_blocks.{(block + 1) * (layers + 1)}.0.op"
        if kind == "upsamplers":
            return f"output_blocks.{block * (layers + 1) + layers}.{1 + attends}"
        number, part = block * (layers + 1) + layer, {"resnets": 0, "attentions": 1}[kind]
        return f"input_blocks.{1 + number}.{part}" if way == "down" else f"output_blocks.{number}.{part}"

    def renamed(name: str) -> str:
        placed = _renamed(re.sub(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)(?=\.)", place, name), UNET)
        return _renamed(placed, RESNET) if "resnets" in name else placed.replace(".op.conv.", ".op.")

    return {renamed(name): value for name, value in weights.items()}


def _vae(weights: Weights, blocks: int) -> Weights:
    def renamed(name: str) -> str:
        attends = "attentions" in name
        name = re.sub(r"down_blocks\.(\d+)\.resnets\.(\d+)", r"down.\1.block.\2", name)
        name = re.sub(r"down_blocks\.(\d+)\.downsamplers\.0", r"down.\1.downsample", name)
        name = re.sub(
            r"up_blocks\.(\d+)\.resnets\.(\d+)", lambda at: f"up.{blocks - 1 - int(at[1])}.block.{at[2]}", name
        )
        name = re.sub(r"up_blocks\.(\d+)\.upsamplers\.0", lambda at: f"up.{blocks - 1 - int(at[1])}.upsample", name)
        return _renamed(_renamed(name, VAE), VAE_ATTENTION if attends else {})

    def shaped(name: str, value: torch.Tensor) -> torch.Tensor:
        """Attention is made of convolutions there."""
        return value[:, :, None, None] if "attentions" in name and value.ndim == 2 else value

    return {renamed(name): shaped(name, value) for name, value in weights.items()}


def _open_clip(weights: Weights) -> Weights:
    return dict(_open_clip_weights({name.removeprefix("text_model."): value for name, value in weights.items()}))


def _open_clip_weights(weights: Weights) -> Iterator[tuple[str, torch.Tensor]]:
    for name, value in weights.items():
        if name == "text_projection.weight":
            yield "text_projection", value.T
        elif ".q_proj." in name:
            three = [weights[name.replace("q_proj", part)] for part in ("q_proj", "k_proj", "v_proj")]
            yield _renamed(name, OPEN_CLIP).replace("self_attn.q_proj.", "attn.in_proj_"), torch.cat(three)
        elif ".k_proj." not in name and ".v_proj." not in name:
            yield _renamed(name, OPEN_CLIP), value

"""Weights that wait in main memory until they are needed: less memory on the card, far less speed."""

import torch
from accelerate import cpu_offload_with_hook

from minimon.images.sdxl.parts import Parts

CPU = torch.device("cpu")


def by_model(parts: Parts) -> None:
    """UNet and VAE take turns: each sends the other away when it is called."""
    _, unet_hook = cpu_offload_with_hook(parts.unet, parts.device)
    _, vae_hook = cpu_offload_with_hook(parts.vae, parts.device, prev_module_hook=unet_hook)
    unet_hook.hook.prev_module_hook = vae_hook


def by_group(parts: Parts) -> None:
    """Blocks of the UNet and layers of the VAE come when they are called, and go."""
    parts.unet.enable_group_offload(
        onload_device=parts.device, offload_device=CPU, offload_type="block_level", num_blocks_per_group=1
    )
    parts.vae.enable_group_offload(onload_device=parts.device, offload_device=CPU, offload_type="leaf_level")

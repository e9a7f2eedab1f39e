"""The networks of a checkpoint, on their way from the disk to the painter."""

from dataclasses import dataclass

import torch
from diffusers import AutoencoderKL, AutoencoderTiny, UNet2DConditionModel

from minimon.images.engine.capabilities import Card


@dataclass(slots=True)
class Parts:
    """What draws, once the texts are encoded. The means of ``means`` change it in place."""

    unet: UNet2DConditionModel
    vae: AutoencoderKL | AutoencoderTiny
    card: Card

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return torch.device(self.card.kind)

"""Latents into pixels. What is not a number is never a black picture: it is decoded again in float32, or is a fault."""

import threading
from copy import deepcopy

import torch
from diffusers import AutoencoderKL, AutoencoderTiny

from minimon.images.engine.model import PictureFaultError


class Decoder:
    """A VAE. Decodes pictures one by one, so that their bits depend on nothing else; threads may share it."""

    def __init__(self, vae: AutoencoderKL | AutoencoderTiny) -> None:
        self._vae = vae
        self._scale = vae.config.scaling_factor
        self._dtype = vae.dtype  # once: asking diffusers walks the whole tree of modules
        self._wide: AutoencoderKL | AutoencoderTiny | None = None
        self._widening = threading.Lock()

    def pixels(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the picture of a latent of shape (4, height / 8, width / 8): shape (height, width, 3), uint8.

        Raises PictureFaultError.
        """
        decoded = self._decode(self._vae, latent.to(self._dtype))
        if not torch.isfinite(decoded).all():
            decoded = self._decode_wide(latent)
        return (decoded / 2 + 0.5).clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0).cpu()

    def _decode(self, vae: AutoencoderKL | AutoencoderTiny, latent: torch.Tensor) -> torch.Tensor:
        decoded: torch.Tensor = vae.decode(latent[None] / self._scale, return_dict=False)[0]
        return decoded[0].float()

    def _decode_wide(self, latent: torch.Tensor) -> torch.Tensor:
        """Decode in float32. The wide VAE is made when it is first needed, and kept."""
        with self._widening:
            self._wide = self._wide or deepcopy(self._vae).float()
        decoded = self._decode(self._wide, latent.float())
        if not torch.isfinite(decoded).all():
            raise PictureFaultError("the decoded picture is not a number, in float32 too")
        return decoded

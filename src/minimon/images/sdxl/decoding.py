"""Latents into pixels. What is not a number is never a black picture: it is decoded again in float32, or is a fault."""

import threading
from typing import Any

import torch
from diffusers import AutoencoderKL, AutoencoderTiny

from minimon.images.engine.model import PictureFaultError
from minimon.images.sdxl.graphs import Tensors, Work, captured


class Decoder:
    """A VAE. Decodes pictures one by one, so that their bits depend on nothing else; threads may share it."""

    def __init__(self, vae: AutoencoderKL | AutoencoderTiny) -> None:
        self._vae = vae
        self._scale = vae.config.scaling_factor
        self._dtype = vae.dtype  # once: asking diffusers walks the whole tree of modules
        self._wide: AutoencoderKL | AutoencoderTiny | None = None
        self._widening = threading.Lock()
        self.graph: Work | None = None

    def capture(self, latent: torch.Tensor, pool: Any) -> None:
        """Decode latents like this one by a graph from now on. Raises GraphError."""
        self.graph = captured(self._decode, [latent.to(self._dtype)], pool)

    def pixels(self, latent: torch.Tensor) -> torch.Tensor:
        """Return the picture of a latent of shape (4, height / 8, width / 8): shape (height, width, 3), uint8.

        Raises PictureFaultError.
        """
        decode: Work = self.graph or self._decode
        pixels, finite = decode(latent.to(self._dtype))
        return (pixels if finite else self._decode_wide(latent)).cpu()

    def _decode(self, latent: torch.Tensor) -> Tensors:
        return self._decode_with(self._vae, latent)

    def _decode_with(self, vae: AutoencoderKL | AutoencoderTiny, latent: torch.Tensor) -> Tensors:
        """Return the pixels, and whether each of them came of a number. Works on the device alone."""
        decoded = vae.decode(latent[None] / self._scale, return_dict=False)[0][0].float()
        pixels = (decoded / 2 + 0.5).clamp(0, 1).mul(255).round().to(torch.uint8).permute(1, 2, 0)
        return pixels, torch.isfinite(decoded).all()

    def _decode_wide(self, latent: torch.Tensor) -> torch.Tensor:
        """Decode in float32. The wide VAE is made when it is first needed, and kept."""
        with self._widening:
            self._wide = self._wide or self._widened(latent.device)
        pixels, finite = self._decode_with(self._wide, latent.float())
        if not finite:
            raise PictureFaultError("the decoded picture is not a number, in float32 too")
        return pixels

    def _widened(self, device: torch.device) -> AutoencoderKL | AutoencoderTiny:
        """Return a VAE of the same weights in float32, without what compiles or moves the first: no deep copy."""
        wide: AutoencoderKL | AutoencoderTiny = type(self._vae).from_config(self._vae.config)
        wide.load_state_dict(self._vae.state_dict())
        return wide.eval().to(device)

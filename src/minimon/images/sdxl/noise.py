"""A picture's noise, all of it up front, so that neither the order of work nor the device can change it."""

import torch

LATENT_CHANNELS = 4
PIXELS_PER_LATENT = 8


def draw_noise(seed: int, steps: int, width: int, height: int) -> torch.Tensor:
    """Return the noise of every step, shape (steps, 4, height / 8, width / 8), float32, drawn on the CPU.

    The first is where the picture begins; each of the others is added after a step. They are what the stock
    pipeline draws, one after the other, from ``torch.Generator().manual_seed(seed)``.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (1, LATENT_CHANNELS, height // PIXELS_PER_LATENT, width // PIXELS_PER_LATENT)
    return torch.cat([torch.randn(shape, generator=generator) for _ in range(steps)])

"""The device of this machine, and what is installed for it."""

import os
import shutil
from importlib.util import find_spec

import torch

from minimon.heap import map_apart
from minimon.images.engine.capabilities import COMPILER, Card

OPTIONAL = ("xformers", "flash_attn", "sdnq", "torchao")
GIGA = 1e9
LARGEST_OF_HEAP = 32 * 1024 * 1024
"""glibc's own bound."""


def this_card() -> Card:
    """Return the best device that PyTorch sees: CUDA, then MPS, then the CPU."""
    packages = {name for name in OPTIONAL if find_spec(name)}
    if torch.cuda.is_available():
        major, minor = torch.cuda.get_device_capability()
        packages |= {COMPILER} if find_spec("triton") else set()
        free, _ = torch.cuda.mem_get_info()
        return Card("cuda", torch.cuda.get_device_name(), major * 10 + minor, free / GIGA, frozenset(packages))
    if torch.backends.mps.is_available():
        return Card("mps", "Apple GPU", packages=frozenset(packages))
    packages |= {COMPILER} if shutil.which("g++") or shutil.which("clang++") else set()
    return Card("cpu", "CPU", packages=frozenset(packages))


def share_cores(card: Card) -> int:
    """Divide a CPU's cores between UNet and VAE, unless OMP_NUM_THREADS says how many each takes.

    Returns how many pictures may be decoded at once beside the UNet's calls. Elsewhere none: a card is busy with one.
    """
    if card.kind != "cpu":
        return 0
    cores = len(os.sched_getaffinity(0))
    if "OMP_NUM_THREADS" not in os.environ:
        torch.set_num_threads(max(1, cores // 2))
    return max(1, cores // torch.get_num_threads())


def keep_buffers(card: Card) -> None:
    """Let a CPU's tensors come from the heap, as far as glibc can: each operation takes one and gives it back.

    The service wants large buffers mapped apart, for the sake of idle connections. A decoder's time doubles by that.
    """
    if card.kind == "cpu":
        map_apart(LARGEST_OF_HEAP, kept=8 * LARGEST_OF_HEAP)


def free_cache() -> None:
    """Give back what PyTorch keeps of the device's memory for later."""
    if torch.accelerator.is_available():
        torch.accelerator.empty_cache()


def unet_dtype(card: Card) -> torch.dtype:
    """Return how a card computes: bfloat16 where it has it, float16 on older CUDA cards, float32 on a CPU."""
    if card.kind == "cpu":
        return torch.float32
    return torch.float16 if card.kind == "cuda" and card.sm < 80 else torch.bfloat16  # noqa: PLR2004 - sm80 has it


def vae_dtype(card: Card, *, force_upcast: bool) -> torch.dtype:
    """Return how the VAE computes: never float16, which overflows to black, unless its config says that it may."""
    dtype = unet_dtype(card)
    return torch.float32 if dtype == torch.float16 and force_upcast else dtype

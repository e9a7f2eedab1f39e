"""Never a black picture."""

import io

import numpy as np
import pytest
import tiny
import torch
from PIL import Image

from minimon.images.engine.capabilities import Card
from minimon.images.engine.model import PictureFaultError
from minimon.images.sdxl import offloading
from minimon.images.sdxl.decoding import Decoder
from minimon.images.sdxl.device import vae_dtype
from minimon.images.sdxl.encode import encode_png
from minimon.images.sdxl.parts import Parts

LATENT = torch.randn(4, 8, 8, generator=torch.Generator().manual_seed(1))


def vae(scale: float = 1.0, dtype: torch.dtype = torch.float32):
    """Return a VAE whose first convolution is scaled, so that float16 overflows."""
    made = tiny.make_vae().to(dtype)
    with torch.no_grad():
        made.decoder.conv_in.weight.mul_(scale)
    return made


@torch.inference_mode()
def test_what_overflows_in_half_precision_is_decoded_again_in_float32():
    half = vae(1e5, torch.float16)
    assert not torch.isfinite(half.decode(LATENT.half()[None]).sample).all()
    pixels = Decoder(half).pixels(LATENT)
    assert pixels.shape == (64, 64, 3)
    assert pixels.float().std() > 0


@torch.inference_mode()
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16])
def test_what_is_no_number_in_float32_either_is_a_fault(dtype):
    with pytest.raises(PictureFaultError):
        Decoder(vae(dtype=dtype)).pixels(LATENT * float("nan"))


@torch.inference_mode()
def test_decoding_again_copies_no_unet_that_takes_turns_with_the_vae(monkeypatch):
    half, unet = vae(1e5, torch.float16), tiny.make_unet()
    offloading.by_model(Parts(unet, half, Card("cpu", "CPU")))
    monkeypatch.setattr(type(unet), "__deepcopy__", lambda *_: pytest.fail("5 GB were copied"), raising=False)
    assert Decoder(half).pixels(LATENT).float().std() > 0


def test_half_precision_decodes_only_where_the_vae_says_that_it_may():
    assert vae_dtype(Card("cuda", "T4", 75), force_upcast=True) == torch.float32
    assert vae_dtype(Card("cuda", "T4", 75), force_upcast=False) == torch.float16
    assert vae_dtype(Card("cuda", "H100", 90), force_upcast=True) == torch.bfloat16


def test_a_png_holds_every_pixel_and_every_word():
    pixels = np.random.default_rng(0).integers(0, 256, (24, 40, 3), dtype=np.uint8)
    with Image.open(io.BytesIO(encode_png(pixels, {"name": "Nébulo", "seed": "7"}))) as image:
        assert np.array_equal(np.asarray(image), pixels)
        assert image.text == {"name": "Nébulo", "seed": "7"}

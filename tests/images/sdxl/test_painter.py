"""The sampler beside the stock pipeline, and the independence of each picture from its neighbours, bit for bit."""

import io
import weakref

import numpy as np
import pytest
import torch
from diffusers import UNet2DConditionModel
from PIL import Image
from torchao.quantization import Int8DynamicActivationInt8WeightConfig, PerTensor, quantize_

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.engine.model import Order, OutOfMemoryError
from minimon.images.prompts import prompt_of
from minimon.images.sdxl import quantizing, text

STEPS = {Rarity.F: 1, Rarity.S: 2, Rarity.S_PLUS: 4}


def order(seed: int, rarity: Rarity = Rarity.F) -> Order:
    return Order(Traits(seed, rarity, Element.FIRE), "Pyroquill")


def run(painter, *orders: Order) -> list[torch.Tensor]:
    """Draw orders together, as many at a time as there are slots; return their latents."""
    waiting = [painter.begin(one) for one in orders]
    rows, active = list(waiting), []
    while waiting or active:
        while waiting and len(active) < painter.slots:
            active.append(waiting.pop(0))
        painter.step(active)
        active = [row for row in active if row.left]
    return [row.latent for row in rows]


def watch_calls(painter) -> list[int]:
    """Return a list that gets the number of rows of each call from now on."""
    call, seen = painter._call, []

    def watched(rows):
        seen.append(len(rows))
        return call(rows)

    painter._call = watched
    return seen


def pixels(png: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(png)) as image:
        return np.asarray(image)


@pytest.mark.parametrize("rarity", STEPS)
def test_a_picture_is_that_of_the_stock_pipeline_to_the_bit(paint, pipeline, rarity):
    painter = paint(sdxl_slots="1")
    wanted = order(11, rarity)
    row = painter.begin(wanted)
    while row.left:
        painter.step([row])
    stock = pipeline(
        prompt=prompt_of(wanted.traits),
        num_inference_steps=STEPS[rarity],
        guidance_scale=0.0,
        height=64,
        width=64,
        generator=torch.Generator().manual_seed(11),
        output_type="latent",
    ).images
    assert torch.equal(row.latent[None], stock)
    drawn = pixels(painter.finish(row)())
    decoded = pipeline.vae.decode(stock / pipeline.vae.config.scaling_factor).sample
    assert np.array_equal(drawn, np.asarray(pipeline.image_processor.postprocess(decoded.detach())[0]))


ARITHMETIC = {
    "float32": (torch.float32, None),
    "bfloat16": (torch.bfloat16, None),
    "float32, int8 rows": (torch.float32, quantizing.int8_dynamic_row),
    "bfloat16, int8 rows": (torch.bfloat16, quantizing.int8_dynamic_row),
}


@pytest.fixture(params=ARITHMETIC)
def arithmetic(request, paint, monkeypatch):
    """A painter with eight slots, in one kind of arithmetic, with the numbers of rows that it found to agree."""
    dtype, quantize = ARITHMETIC[request.param]
    monkeypatch.setattr("minimon.images.sdxl.backend.unet_dtype", lambda _: dtype)
    if quantize:
        monkeypatch.setattr("minimon.images.sdxl.means.apply", lambda _, parts, __: quantize(parts))
    return paint(sdxl_slots="8")


def test_alone_padded_mixed_and_permuted_are_the_same_bits_in_calls_of_every_size(arithmetic):
    sizes = watch_calls(arithmetic)
    orders = [order(seed, rarity) for seed, rarity in enumerate([*STEPS, *STEPS, Rarity.F, Rarity.S, Rarity.F])]
    alone = [run(arithmetic, one)[0] for one in orders]
    mixed = run(arithmetic, *orders)
    permuted = run(arithmetic, *orders[::-1])[::-1]
    few = [latent for start in range(0, 9, 3) for latent in run(arithmetic, *orders[start : start + 3])]
    assert all(torch.isfinite(latent).all() for latent in alone)
    for others in (mixed, permuted, few):
        assert all(map(torch.equal, alone, others))
    assert len({latent.float().numpy().tobytes() for latent in alone}) == len(orders)
    assert set(sizes) <= set(arithmetic.buckets)
    assert max(sizes) == 8
    for bucket in {1, 2, 4} - set(arithmetic.buckets):  # what the comparison at start left out does differ
        arithmetic.use_buckets([bucket])
        assert not all(map(torch.equal, mixed, run(arithmetic, *orders)))


def test_scales_per_tensor_would_let_neighbours_in(paint, monkeypatch):
    """Why the scales are per row: the proof above can fail."""
    config = Int8DynamicActivationInt8WeightConfig(granularity=PerTensor(), set_inductor_config=False)
    monkeypatch.setattr(
        "minimon.images.sdxl.means.apply",
        lambda _, parts, __: quantize_(parts.unet, config, filter_fn=quantizing.eligible),
    )
    painter = paint(sdxl_slots="4")
    painter.use_buckets([4])
    alone = run(painter, order(1))[0]
    assert not torch.equal(alone, run(painter, order(1), order(2), order(3), order(4))[0])


def test_every_number_of_rows_is_used_where_the_last_bit_does_not_matter(paint):
    assert paint(sdxl_slots="8", sdxl_exact="0").facts["buckets"] == "1, 2, 4, 8"


def test_rows_of_mixed_rarities_share_their_calls(paint):
    painter = paint(sdxl_slots="8")
    calls = watch_calls(painter)
    rarities = [Rarity.S_PLUS, Rarity.F, Rarity.S, Rarity.F, Rarity.S_PLUS, Rarity.F, Rarity.F, Rarity.S]
    run(painter, *(order(seed, rarity) for seed, rarity in enumerate(rarities)))
    assert sum(STEPS[rarity] for rarity in rarities) == 16
    assert len(calls) == 4


def test_out_of_memory_leaves_the_rows_as_they_were(paint, monkeypatch):
    painter = paint(sdxl_slots="2")
    row = painter.begin(order(3, Rarity.S))
    before = row.latent.clone()

    def fail(*_, **__):
        raise torch.OutOfMemoryError("simulated")

    with monkeypatch.context() as patch:
        patch.setattr(painter, "_graphs", {2: fail})
        with pytest.raises(OutOfMemoryError):
            painter.step([row])
    assert torch.equal(row.latent, before)
    assert row.left == 2
    assert painter.shrink()
    assert painter.slots == 1
    painter.step([row])
    assert not painter.shrink()


@pytest.fixture
def memory_for(monkeypatch):
    """Give the device memory for so many rows of a UNet call."""
    forward = UNet2DConditionModel.forward

    def limit(rows: int) -> None:
        def checked(unet, sample, *args, **kwargs):
            if len(sample) > rows:
                raise torch.OutOfMemoryError("simulated")
            return forward(unet, sample, *args, **kwargs)

        monkeypatch.setattr(UNet2DConditionModel, "forward", checked)

    return limit


def test_a_start_with_little_memory_has_fewer_slots(paint, memory_for):
    memory_for(2)
    painter = paint(sdxl_slots="8")
    assert painter.slots == 2
    assert torch.isfinite(run(painter, order(1), order(2), order(3))[2]).all()


def test_a_start_without_memory_for_one_picture_is_one_line_with_the_remedy(paint, memory_for):
    memory_for(0)
    with pytest.raises(StartError, match="too little memory for one picture: set SDXL_ENABLE_CPU_OFFLOAD=1"):
        paint(sdxl_slots="8")


@pytest.mark.parametrize("kept", [False, True])
def test_the_text_encoders_are_let_go_unless_names_are_told(paint, monkeypatch, tmp_path, kept):
    read, seen = text.Encoders.__init__, []

    def watched(encoders, *given):
        seen.append(weakref.ref(encoders))
        read(encoders, *given)

    monkeypatch.setattr(text.Encoders, "__init__", watched)
    painter = paint(sdxl_slots="1", sdxl_cache_dir=str(tmp_path), sdxl_name_in_prompt=str(int(kept)))
    assert [bool(encoders()) for encoders in seen] == [kept]
    assert painter.slots == 1


def test_a_png_says_how_to_draw_it_again(paint):
    painter = paint(sdxl_slots="1")
    row = painter.begin(order(2**53 - 1))
    painter.step([row])
    with Image.open(io.BytesIO(painter.finish(row)())) as image:
        image.load()
        said = image.text
    assert said["seed"] == str(2**53 - 1)
    assert (said["name"], said["rarity"], said["element"], said["steps"]) == ("Pyroquill", "F", "fire", "1")
    assert said["fingerprint"] == painter.facts["fingerprint"]
    assert "SDXL_QUANTIZATION=none" in said["flags"]
    assert f"torch {torch.__version__}" in said["versions"]

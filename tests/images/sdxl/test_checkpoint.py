"""What is on disk decides how it is read; what is wrong there is one line with the remedy."""

import shutil

import pytest
import tiny
import torch
from diffusers import AutoencoderTiny, EulerDiscreteScheduler, LCMScheduler

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.engine.families import FAMILIES
from minimon.images.engine.model import Order
from minimon.images.prompts import prompt_of
from minimon.images.sdxl.checkpoint import check_room, find_checkpoint, fingerprint
from minimon.images.sdxl.schedule import Schedule, make_scheduler

CONFIG = {"beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear", "steps_offset": 1}
PLAIN, HALF = "diffusion_pytorch_model.safetensors", "diffusion_pytorch_model.fp16.safetensors"


def quiet(_stage, _done):
    """Hear how far a load is."""


@pytest.fixture
def copy(folder, pipeline, tmp_path):
    return shutil.copytree(folder, tmp_path / "copy")


def test_the_variant_is_decided_by_the_files_that_are_there(copy):
    found = find_checkpoint(str(copy), quiet)
    assert found.variant("unet", torch.bfloat16) is None
    shutil.copy(copy / "unet" / PLAIN, copy / "unet" / HALF)
    assert (found.variant("unet", torch.bfloat16), found.variant("unet", torch.float32)) == ("fp16", None)
    (copy / "unet" / PLAIN).unlink()
    assert found.variant("unet", torch.float32) == "fp16"
    assert found.unet(torch.float32).dtype == torch.float32


def test_a_fingerprint_follows_the_files(copy, folder):
    assert fingerprint(copy) == fingerprint(folder)
    with (copy / "unet" / PLAIN).open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\0" if file.read(1) else b"\1")
    assert fingerprint(copy) != fingerprint(folder)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda copy: (copy / "model_index.json").unlink(), "not a checkpoint in the layout of diffusers"),
        (lambda copy: (copy / "unet" / PLAIN).unlink(), "unet cannot be read"),
        (lambda copy: (copy / "unet" / PLAIN).write_bytes(b"cut"), "unet cannot be read"),
    ],
)
def test_what_is_not_whole_is_one_line(copy, harm, words):
    harm(copy)
    with pytest.raises(StartError, match=words) as caught:
        find_checkpoint(str(copy), quiet).unet(torch.float32)
    assert len(caught.value.faults) == 1
    assert "\n" not in caught.value.faults[0]


def test_a_missing_tokenizer_is_no_empty_one(paint, copy, tmp_path):
    shutil.rmtree(copy / "tokenizer_2")
    with pytest.raises(StartError, match="tokenizer_2 holds no tokenizer"):
        paint(sdxl_slots="1", sdxl_turbo_model=str(copy), sdxl_cache_dir=str(tmp_path / "empty"))


def test_too_little_memory_is_told_before_anything_is_read(copy):
    check_room(find_checkpoint(str(copy), quiet), 0)
    with pytest.raises(StartError, match="SDXL_ENABLE_CPU_OFFLOAD=1"):
        check_room(find_checkpoint(str(copy), quiet), 1.0)


def test_prompts_are_encoded_once_and_kept(paint, tmp_path, monkeypatch):
    first = paint(sdxl_slots="1", sdxl_cache_dir=str(tmp_path))
    assert len(list(tmp_path.glob("prompts-*.safetensors"))) == 1
    monkeypatch.setattr("minimon.images.sdxl.text.Encoders", None)  # whoever reads them again fails
    again = paint(sdxl_slots="1", sdxl_cache_dir=str(tmp_path))
    assert first.facts["fingerprint"] == again.facts["fingerprint"]


def test_the_name_is_in_the_prompt_only_where_it_is_asked_for(paint):
    orders = [Order(Traits(1, Rarity.F, Element.FIRE), name) for name in ("Aquapyre", "Voltadraco")]
    without, named = paint(sdxl_slots="1"), paint(sdxl_slots="1", sdxl_name_in_prompt="1")
    tokens = [[painter.begin(order).text.tokens for order in orders] for painter in (without, named)]
    assert torch.equal(*tokens[0])
    assert not torch.equal(*tokens[1])
    assert named._ask(orders[0])[0] is named._ask(orders[0])[0]  # remembered


def test_a_family_with_one_text_encoder_draws_what_its_own_pipeline_draws(paint, tmp_path):
    stock = tiny.make_tiny_sd(tmp_path / "tiny-sd-turbo")
    painter = paint(sdxl_slots="1", sdxl_turbo_model=str(tmp_path / "tiny-sd-turbo"))
    assert painter.facts["family"] == "sd-turbo"
    row = painter.begin(Order(Traits(5, Rarity.S, Element.WIND), "Galefang"))
    while row.left:
        painter.step([row])
    drawn = stock(
        prompt=prompt_of(row.order.traits),
        num_inference_steps=2,
        guidance_scale=0.0,
        height=64,
        width=64,
        generator=torch.Generator().manual_seed(5),
        output_type="latent",
    ).images
    assert torch.equal(row.latent[None], drawn)
    assert painter.finish(row)().startswith(b"\x89PNG")


def test_the_tiny_decoder_draws_too(paint, tmp_path):
    small = AutoencoderTiny(encoder_block_out_channels=(8,) * 4, decoder_block_out_channels=(8,) * 4)
    small.save_pretrained(tmp_path / "taesdxl")
    painter = paint(sdxl_slots="1", sdxl_vae="tiny", sdxl_tiny_vae_model=str(tmp_path / "taesdxl"))
    assert painter.facts["vae"] == "tiny, float32"


@pytest.mark.parametrize(
    ("name", "kind", "steps"),
    [
        ("sdxl-lightning", EulerDiscreteScheduler, 4),
        ("lcm-sdxl", LCMScheduler, 4),
        ("hyper-sdxl-1step", LCMScheduler, 1),
    ],
)
def test_a_familys_steps_are_those_of_its_scheduler_to_the_bit(name, kind, steps):
    family = FAMILIES[name]
    scheduler = make_scheduler(family, CONFIG, steps)
    assert isinstance(scheduler, kind)
    schedule = Schedule(family, CONFIG, [steps], torch.device("cpu"))
    generator = torch.Generator().manual_seed(1)
    ours = theirs = torch.randn(1, 4, 8, 8, generator=generator) * schedule.start[steps]
    for place, timestep in enumerate(scheduler.timesteps):
        output = torch.randn(1, 4, 8, 8, generator=generator)
        lines = schedule.lines([schedule.first[steps] + place])
        assert torch.equal(schedule.before(ours, lines), scheduler.scale_model_input(theirs, timestep))
        state = generator.get_state()
        theirs = scheduler.step(output, timestep, theirs, generator=generator).prev_sample
        generator.set_state(state)
        noise = torch.randn(1, 4, 8, 8, generator=generator) if name == "lcm-sdxl" and place < steps - 1 else ours * 0
        ours = schedule.after(ours, output, noise, lines)
        assert torch.equal(ours, theirs)

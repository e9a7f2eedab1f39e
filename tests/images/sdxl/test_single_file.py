"""A whole checkpoint in one file, as its makers publish it."""

import shutil
import socket
from itertools import chain

import original
import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.engine.model import Order
from minimon.images.sdxl import single_file
from minimon.images.sdxl.hub import SMALL

FILE = "sd_xl_turbo_tiny.safetensors"
ORDER = Order(Traits(7, Rarity.S, Element.FIRE), "Pyroquill")


def unpack(file, small, cache):
    return single_file.unpack(file, 2, str(small), cache, lambda *_: None)


@pytest.fixture
def small(folder, pipeline, tmp_path):
    """The configurations and tokenizers of a checkpoint, without its weights."""
    for path in chain.from_iterable(folder.rglob(pattern) for pattern in SMALL):
        target = tmp_path / "small" / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path / "small"


@pytest.fixture
def file(pipeline, tmp_path):
    original.save_single(pipeline, tmp_path / FILE)
    return tmp_path / FILE


def test_a_file_draws_what_the_folder_draws_to_the_bit_and_is_unpacked_once(paint, file, small, tmp_path, monkeypatch):
    def draw(**model):
        painter = paint(sdxl_slots="1", **model)
        row = painter.begin(ORDER)
        while row.left:
            painter.step([row])
        return painter.facts["family"], row.latent

    given = {"sdxl_turbo_model": str(file), "sdxl_config_model": str(small), "sdxl_cache_dir": str(tmp_path / "cache")}
    family, latent = draw(**given)
    assert family == "sdxl-turbo"
    assert torch.equal(latent, draw()[1])
    monkeypatch.setattr(single_file, "_read", None)  # whoever unpacks again fails
    assert torch.equal(draw(**given)[1], latent)


def test_half_precision_stays_half(pipeline, small, tmp_path):
    original.save_single(pipeline, tmp_path / "x.safetensors", torch.float16)
    folder = unpack(tmp_path / "x.safetensors", small, tmp_path / "cache")
    kept = load_file(folder / "unet/diffusion_pytorch_model.fp16.safetensors")
    assert {weight.dtype for weight in kept.values()} == {torch.float16}


def test_another_file_or_other_small_files_have_a_folder_of_their_own(file, pipeline, small, tmp_path):
    folders = [unpack(file, small, tmp_path / "cache")]
    (small / "vae/config.json").write_text((small / "vae/config.json").read_text() + "\n")
    folders.append(unpack(file, small, tmp_path / "cache"))
    original.save_single(pipeline, file, torch.float16)
    folders.append(unpack(file, small, tmp_path / "cache"))
    assert len(set(folders)) == 3


def without(part):
    def harm(at):
        weights = load_file(at / FILE)
        save_file({name: weight for name, weight in weights.items() if part not in name}, at / FILE)

    return harm


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (without("diffusion_model"), "must hold a whole checkpoint"),
        (without("first_stage_model"), "must hold a whole checkpoint"),
        (without("conditioner.embedders.0"), "must hold a whole checkpoint"),
        (without("conditioner.embedders.1"), "must hold a whole checkpoint"),
        (without("output_blocks.1"), "must hold a whole checkpoint"),
        (lambda at: shutil.rmtree(at / "small/tokenizer_2"), r"SDXL_CONFIG_MODEL: .*tokenizer_2"),
        (lambda at: (at / "small/model_index.json").unlink(), r"small files of .*SDXL_CONFIG_MODEL"),
        (lambda at: (at / FILE).write_bytes(b"cut"), "copy it again"),
        (lambda at: (at / "cache").touch(), r"cannot be written .* SDXL_CACHE_DIR, with room"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing_behind(file, small, tmp_path, harm, words):
    harm(tmp_path)
    with pytest.raises(StartError, match=words) as caught:
        unpack(file, small, tmp_path / "cache")
    assert len(caught.value.faults) == 1
    assert "\n" not in caught.value.faults[0]
    assert not list(tmp_path.glob("cache/*"))


def test_other_kinds_of_files_are_not_opened(tmp_path):
    (tmp_path / "x.ckpt").write_bytes(b"anything")
    with pytest.raises(StartError, match=r"only \.safetensors files are read"):
        unpack(tmp_path / "x.ckpt", tmp_path, tmp_path / "cache")


def test_without_a_network_the_small_files_are_asked_for(file, tmp_path, monkeypatch):
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setattr(constants, "ENDPOINT", f"http://localhost:{port}")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    with pytest.raises(StartError, match=r"SDXL_CONFIG_MODEL is stabilityai/sdxl-turbo: .*name a local folder"):
        unpack(file, "stabilityai/sdxl-turbo", tmp_path / "cache")

"""What each flag does to real modules, as far as a CPU can go it."""

import pytest
import torch

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.engine.flags import WAYS
from minimon.images.engine.model import Order
from minimon.images.sdxl import attention, offloading, quantizing
from minimon.images.sdxl.means import MEANS
from minimon.images.sdxl.parts import Parts

ORDER = Order(Traits(7, Rarity.F, Element.FIRE), "Pyroquill")


def draw(painter) -> torch.Tensor:
    row = painter.begin(ORDER)
    while row.left:
        painter.step([row])
    return row.latent


@pytest.fixture
def plain(paint) -> torch.Tensor:
    """The picture without any flag."""
    return draw(paint(sdxl_slots="1"))


def kinds(model: torch.nn.Module) -> set[str]:
    """Return the kinds of weights of the linear layers."""
    return {type(m.weight).__name__ for m in model.modules() if isinstance(m, torch.nn.Linear)}


def test_every_word_of_the_table_has_its_means():
    assert set(MEANS) == {way.applied for way in WAYS} - {"off", "none"}


@pytest.mark.parametrize(
    ("value", "kind", "most"),
    [
        ("fp8", "Float8Tensor", 0.2),
        ("int8", "Int8Tensor", 0.05),
        ("int4", None, 1.5),
        ("fp4", "NVFP4Tensor", 1.5),
    ],
)
def test_a_quantization_changes_the_weights_and_the_picture_a_little(paint, plain, value, kind, most):
    painter = paint(sdxl_slots="1", sdxl_quantization=value)
    if kind:
        assert kind in kinds(painter._unet)
    latent = draw(painter)
    distance = (latent - plain).abs().mean()
    assert 0 < distance < most
    assert torch.isfinite(latent).all()


def test_int8_sums_run_too(paint, plain, monkeypatch):
    monkeypatch.setattr("minimon.images.sdxl.means.apply", lambda _, parts: quantizing.int8_dynamic_row(parts))
    assert 0 < (draw(paint(sdxl_slots="1")) - plain).abs().mean() < 0.1


def test_embeddings_of_time_and_size_stay_as_they_are(paint):
    unet = paint(sdxl_slots="1", sdxl_quantization="int8")._unet
    embeddings = [module for name, module in unet.named_modules() if "embed" in name and hasattr(module, "weight")]
    assert embeddings
    assert {type(module.weight) for module in embeddings} == {torch.nn.Parameter}


def test_flash_is_pinned_and_slices_do_not_undo_it(paint, plain, monkeypatch):
    monkeypatch.setattr(attention, "SLICE", 5)
    painter = paint(sdxl_slots="1", sdxl_use_flash_attn="1", sdxl_enable_slicing="1")
    processors = painter._unet.attn_processors.values()
    assert {processor.kernel for processor in processors} == {attention.flash_only}
    assert {processor.slice_length for processor in processors} == {5}
    assert (draw(painter) - plain).abs().max() < 1e-4


def test_our_processor_is_the_stock_one_to_the_bit(paint, plain):
    assert torch.equal(draw(paint(sdxl_slots="1", sdxl_use_flash_attn="1")), plain)


def test_a_kernel_that_does_not_run_stops_the_start(paint):
    def other(query, key, value):
        return query + key + value

    parts = Parts(paint(sdxl_slots="1")._unet, None, None)
    parts.card = type("Card", (), {"kind": "cpu"})()
    with pytest.raises(StartError, match="SDXL_USE_XFORMERS=1: its kernel does not run here"):
        attention.set_kernel(parts, other, "attention", "SDXL_USE_XFORMERS")


@pytest.mark.parametrize("offload", [offloading.by_model, offloading.by_group])
def test_offloading_draws_the_same_picture(paint, plain, monkeypatch, offload):
    monkeypatch.setattr("minimon.images.sdxl.means.apply", lambda _, parts: offload(parts))
    painter = paint(sdxl_slots="1")
    assert torch.equal(draw(painter), plain)
    row = painter.begin(ORDER)
    painter.step([row])
    assert painter.finish(row)().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_compiled_block_draws_the_same_picture(paint, plain):
    painter = paint(sdxl_slots="1", sdxl_use_compile="1")
    assert painter.facts["buckets"] == "1"
    assert (draw(painter) - plain).abs().max() < 1e-3

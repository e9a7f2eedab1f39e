"""What each flag does to real modules, as far as a CPU can go it."""

import pytest
import torch
from torch._dynamo.utils import counters
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel
from torchao.quantization import IntxWeightOnlyConfig, PerGroup, quantize_

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.engine.capabilities import Card
from minimon.images.engine.flags import WAYS
from minimon.images.engine.model import MeansError, Order
from minimon.images.sdxl import attention, offloading, quantizing
from minimon.images.sdxl.checkpoint import Checkpoint
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


@pytest.mark.parametrize(
    ("word", "asked"),
    [
        ("fp8-weight", {"sdxl_quantization": "fp8"}),
        ("int8-weight", {"sdxl_quantization": "int8"}),
        ("int8-sdnq", {"sdxl_quantization": "int8", "broken": ("int8-weight",)}),
        ("int4-sdnq", {"sdxl_quantization": "int4"}),
        ("fp4-weight", {"sdxl_quantization": "fp4"}),
    ],
)
def test_quantized_weights_are_made_once_and_read_at_every_start(paint, tmp_path, monkeypatch, word, asked):
    given = {"sdxl_slots": "1", "sdxl_cache_dir": str(tmp_path)} | asked
    painter = paint(**given)
    assert word in {flag.applied for flag in painter.flags}
    first = draw(painter)
    assert len(list(tmp_path.glob("unet-*.pt"))) == 1
    monkeypatch.setattr(Checkpoint, "unet", None)  # whoever reads what could be quantized again fails
    assert torch.equal(draw(paint(**given)), first)
    monkeypatch.undo()
    assert torch.equal(draw(paint(**given | {"sdxl_cache_dir": str(tmp_path / "other")})), first)
    (kept,) = tmp_path.glob("unet-*.pt")
    kept.write_bytes(b"cut")
    with pytest.raises(StartError, match="remove it, it will be made again"):
        paint(**given)


def test_a_folder_that_cannot_be_written_is_one_line(paint, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StartError, match="name a folder that can be written in SDXL_CACHE_DIR"):
        paint(sdxl_slots="1", sdxl_cache_dir=str(tmp_path / "file"))


def test_int8_sums_run_too(paint, plain, monkeypatch):
    monkeypatch.setattr("minimon.images.sdxl.means.apply", lambda _, parts, __: quantizing.int8_dynamic_row(parts))
    assert 0 < (draw(paint(sdxl_slots="1")) - plain).abs().mean() < 0.1


def test_torchaos_int4_draws_too_which_a_cpu_holds_in_bytes(paint, plain, monkeypatch):
    """What a card packs into tiles is rounded like this, in groups of a row."""
    config = IntxWeightOnlyConfig(weight_dtype=torch.int4, granularity=PerGroup(32))
    monkeypatch.setattr(
        "minimon.images.sdxl.means.apply",
        lambda _, parts, __: quantize_(parts.unet, config, filter_fn=quantizing.eligible),
    )
    assert 0 < (draw(paint(sdxl_slots="1")) - plain).abs().mean() < 1.5


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

    parts = Parts(paint(sdxl_slots="1")._unet, None, Card("cpu", "CPU"))
    with pytest.raises(MeansError, match="sdpa-flash: its kernel does not run here for 2 heads of 16, 1024 queries"):
        attention.set_kernel(parts, other, attention.FLASH_SDPA, "sdpa-flash")


def test_a_default_that_does_not_work_here_gives_way_and_says_why(paint, tmp_path, monkeypatch):
    monkeypatch.setattr(quantizing, "Float8WeightOnlyConfig", None)  # so that calling it fails
    given = {"sdxl_slots": "1", "sdxl_cache_dir": str(tmp_path)}
    flags = {flag.name: flag for flag in paint(**given, default=("sdxl_quantization",)).flags}
    assert flags["SDXL_QUANTIZATION"].applied == "none"
    assert "fp8-weight TypeError" in flags["SDXL_QUANTIZATION"].reason
    with pytest.raises(StartError, match=r"SDXL_QUANTIZATION is fp8: .* fp8-weight TypeError"):
        paint(**given, sdxl_quantization="fp8")


def test_a_broken_package_is_told_with_the_remedy(paint, monkeypatch):
    def missing(*_):
        raise ModuleNotFoundError("No module named 'sentencepiece'")

    monkeypatch.setattr("minimon.images.sdxl.text.Encoders", missing)
    with pytest.raises(StartError, match=r"No module named 'sentencepiece'.*pip install --force-reinstall"):
        paint(sdxl_slots="1", sdxl_name_in_prompt="1")


SDXL_SHAPES = [
    attention.Shape(heads, 64, queries, keys)
    for heads, queries in ((10, 1024), (20, 256))
    for keys in (queries, attention.TOKENS)
]


@pytest.mark.parametrize("shape", SDXL_SHAPES, ids=str)
def test_the_probe_knows_the_flash_kernel_from_others_at_the_sizes_of_sdxl(shape):
    def math(query, key, value):
        with sdpa_kernel(SDPBackend.MATH):
            return functional.scaled_dot_product_attention(query, key, value)

    device = torch.device("cpu")
    seen = [attention.probe(kernel, shape, device, torch.float32) for kernel in (attention.flash_only, math)]
    assert [attention.is_among(attention.FLASH_SDPA, names, device) for names in seen] == [True, False]
    assert any("attention" in name for name in seen[1])  # a name with the word in it proves nothing
    assert not attention.is_among(attention.FLASH_SDPA, seen[0], torch.device("cuda"))  # no CUDA kernel ran


@pytest.mark.parametrize("offload", [offloading.by_model, offloading.by_group])
def test_offloading_draws_the_same_picture(paint, plain, monkeypatch, offload):
    monkeypatch.setattr("minimon.images.sdxl.means.apply", lambda _, parts, __: offload(parts))
    painter = paint(sdxl_slots="1")
    assert torch.equal(draw(painter), plain)
    row = painter.begin(ORDER)
    painter.step([row])
    assert painter.finish(row)().startswith(b"\x89PNG")


@pytest.mark.slow
def test_a_compiled_block_draws_the_same_picture_and_is_kept_for_the_next_start(paint, plain, tmp_path, monkeypatch):
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", "")  # so that it is put back afterwards
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR")
    compiled = {"sdxl_slots": "1", "sdxl_use_compile": "1", "sdxl_cache_dir": str(tmp_path)}
    painter = paint(**compiled)
    assert painter.facts["buckets"] == "1"
    assert (draw(painter) - plain).abs().max() < 1e-3
    assert list((tmp_path / "compiled").rglob("*.cpp"))
    torch.compiler.reset()
    counters.clear()
    assert torch.equal(draw(paint(**compiled)), draw(painter))
    assert counters["inductor"]["fxgraph_cache_hit"] > 0
    assert counters["inductor"]["fxgraph_cache_miss"] == 0

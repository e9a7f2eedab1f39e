"""What only a CUDA card can show: each way of a flag that a card can go. Skipped elsewhere."""

from pkgutil import resolve_name

import pytest
import tiny
import torch

from minimon.creatures import Element, Rarity, Traits
from minimon.images.engine.flags import COMPILE, FLASH, OFFLOAD, QUANTIZATION, WAYS, XFORMERS, Way
from minimon.images.engine.model import Order
from minimon.images.sdxl.attention import FLASH_SDPA, Shape, flash_only, is_among, probe
from minimon.images.sdxl.backend import load_painter, plan
from minimon.images.sdxl.device import this_card
from minimon.images.sdxl.means import MEANS
from minimon.images.sdxl.painter import Painter
from minimon.images.sdxl.parts import Parts
from minimon.settings import Settings

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA card")]
SDXL_SHAPES = [Shape(heads, 64, queries, keys) for heads, queries in ((10, 1024), (20, 256)) for keys in (queries, 77)]
WAYS_TO_SET = [way for way in WAYS if way.flag in {QUANTIZATION, COMPILE, FLASH, XFORMERS, OFFLOAD}]


@pytest.fixture
def load(variables):
    """Load a painter on this card, which goes ``way`` and not a better one; nothing may have to give way."""

    def run(way: Way | None = None, **changes: object) -> Painter:
        better = [other for other in WAYS if way and (other.flag, other.value) == (way.flag, way.value)]
        passed = {other.applied: "is not what is tested" for other in better[: better.index(way)]} if way else {}
        given = variables | {"sdxl_use_compile": False} | ({way.flag.lower(): way.value} if way else {}) | changes
        decided = plan(Settings(**given), this_card(), passed)
        painter = load_painter(decided, lambda *_: None)
        assert painter.flags == decided.flags
        assert way is None or way.applied in {flag.applied for flag in painter.flags}
        return painter

    return run


def draw(painter: Painter, *rarities: Rarity) -> list[torch.Tensor]:
    """Draw pictures; return their latents."""
    rows = [painter.begin(Order(Traits(seed, rarity, Element.FIRE), "x")) for seed, rarity in enumerate(rarities)]
    while under_way := [row for row in rows if row.left]:
        painter.step(under_way)
    assert all(painter.finish(row)().startswith(b"\x89PNG") for row in rows)
    return [row.latent.cpu() for row in rows]


MIXED = [Rarity.F, Rarity.S, Rarity.S_PLUS, Rarity.F] * 2


@pytest.mark.parametrize("way", WAYS_TO_SET, ids=lambda way: f"{way.flag}={way.applied}")
def test_a_way_that_this_card_can_go_draws(load, way):
    lacking = way.needs.lacking(this_card())
    if lacking:
        pytest.skip(lacking)
    assert torch.isfinite(draw(load(way), Rarity.S_PLUS)[0]).all()


@pytest.mark.parametrize("quantization", ["none", "fp8", "int8"])
def test_alone_and_among_others_are_the_same_bits(load, quantization):
    painter = load(sdxl_slots="8", sdxl_quantization=quantization)
    assert torch.equal(draw(painter, Rarity.F)[0], draw(painter, *MIXED)[0])


def test_what_is_compiled_keeps_its_bits_among_others(load):
    painter = load(sdxl_slots="8", sdxl_use_compile=True)
    assert torch.equal(draw(painter, Rarity.F)[0], draw(painter, *MIXED)[0])


def test_a_call_is_a_cuda_graph_with_the_bits_of_the_call_itself(load):
    painter = load(sdxl_slots="8")
    assert painter.facts["graphs"] == ", ".join([*(f"{bucket} rows" for bucket in painter.buckets), "decoder"])
    captured = draw(painter, *MIXED)
    painter._graphs.clear()
    assert all(map(torch.equal, captured, draw(painter, *MIXED)))


@pytest.mark.parametrize("shape", SDXL_SHAPES, ids=str)
def test_pytorchs_flash_kernel_runs_at_the_sizes_of_sdxl(shape):
    device = torch.device("cuda")
    assert is_among(FLASH_SDPA, probe(flash_only, shape, device, torch.bfloat16), device)


@pytest.mark.parametrize(("applied", "package"), [("xformers", "xformers"), ("flash-attn", "flash_attn")])
def test_an_attention_package_runs_its_own_kernel(applied, package):
    pytest.importorskip(package)
    unet = tiny.make_unet(attention_head_dim=(1, 1, 1), block_out_channels=(64, 64, 64))
    parts = Parts(unet.to("cuda", torch.bfloat16), tiny.make_vae(), this_card())
    resolve_name(MEANS[applied])(parts)  # raises if it did not run


def test_lack_of_memory_is_no_crash_of_the_driver(load):
    painter = load()
    with pytest.raises(torch.OutOfMemoryError):
        torch.empty(2**50, device="cuda")
    assert torch.isfinite(draw(painter, Rarity.F)[0]).all()


def test_with_fewer_slots_a_call_goes_on_without_its_graph(load):
    painter = load(sdxl_slots="8")
    while painter.slots > 1:
        assert painter.shrink()
    assert torch.isfinite(draw(painter, Rarity.F)[0]).all()

"""Graphs: the same bits, or calls as they are written, with the reason. CUDA's are captured by a stand-in for CUDA."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import StartError
from minimon.images.engine.capabilities import Card
from minimon.images.engine.model import Order
from minimon.images.sdxl import graphs
from minimon.images.sdxl.backend import plan, ungraphed
from minimon.images.sdxl.graphs import GraphError, captured
from minimon.images.sdxl.keeping import read_unet
from minimon.settings import Settings

INPUTS = [torch.arange(6.0).view(2, 3), torch.ones(2, 3)]
OTHERS = [torch.full((2, 3), 5.0), torch.full((2, 3), 7.0)]


def work(first, second):
    return first * second + 1, first.sum()


@pytest.fixture
def cuda(monkeypatch):
    """A stand-in for CUDA, whose graphs call Python again, into the memory of the first time. Says what was done."""
    done = SimpleNamespace(stream="ours", ended=[], broken=False, captures=0)

    @contextmanager
    def graph(made, *, pool, capture_error_mode):
        assert capture_error_mode == "thread_local"
        done.captures += 1
        done.stream = "the capture's"  # where PyTorch leaves it if CUDA has called the capture off
        if done.broken:
            raise torch.AcceleratorError("operation not permitted when stream is capturing")
        yield
        done.stream = "ours"

    @contextmanager
    def stream(_):
        yield

    class Graph:
        def replay(self):
            for output, new in zip(self.outputs, self.work(*self.inputs), strict=True):
                output.copy_(new)

    made = graphs.CudaGraph.__init__

    def remember(self, work, inputs, pool):
        made(self, work, inputs, pool)
        self._graph.work, self._graph.inputs, self._graph.outputs = work, self._inputs, self._outputs

    waiting = SimpleNamespace(wait_stream=lambda _: None)
    stand_ins = {
        "current_stream": lambda: waiting,
        "Stream": lambda: waiting,
        "stream": stream,
        "CUDAGraph": Graph,
        "graph": graph,
        "set_stream": lambda _: setattr(done, "stream", "ours"),
        "current_device": lambda: 0,
    }
    for name, stand_in in stand_ins.items():
        monkeypatch.setattr(torch.cuda, name, stand_in)
    monkeypatch.setattr(torch._C, "_cuda_endAllocateToPool", lambda *given: done.ended.append(given), raising=False)
    monkeypatch.setattr(graphs.CudaGraph, "__init__", remember)
    return done


@pytest.mark.parametrize("pool", [None, "a pool"])
def test_a_graph_gives_the_bits_of_the_work_and_memory_that_stays(cuda, pool):
    graph = captured(work, INPUTS, pool)
    first = graph(*INPUTS)
    assert all(map(torch.equal, graph(*OTHERS), work(*OTHERS)))
    assert all(map(torch.equal, first, work(*INPUTS)))
    assert cuda.captures == (1 if pool else 0)


@pytest.mark.parametrize("pool", [None, "a pool"])
def test_work_that_leaves_its_tensors_is_no_graph(cuda, pool):
    calls = iter(range(9))
    with pytest.raises(GraphError, match="other bits"):
        captured(lambda first, second: (first * second + next(calls),), INPUTS, pool)


def test_a_capture_that_cuda_calls_off_leaves_the_stream_and_the_memory_as_they_were(cuda):
    cuda.broken = True
    with pytest.raises(GraphError, match="not permitted when stream is capturing"):
        captured(work, INPUTS, "a pool")
    assert cuda.stream == "ours"
    assert cuda.ended == [(0, "a pool")]


def draw(painter, *seeds: int) -> list[bytes]:
    rows = [painter.begin(Order(Traits(seed, Rarity.S, Element.EARTH), "x")) for seed in seeds]
    while rows[0].left:
        painter.step(rows)
    return [painter.finish(row)() for row in rows]


def pixels(png: bytes) -> bytes:
    """Return the part of a PNG that says nothing about how it was made."""
    return png[png.index(b"IDAT") :]


def graphs_of(painter) -> str:
    return ", ".join([*(f"{bucket} rows" for bucket in painter.buckets), "decoder"])


def test_calls_and_decoder_are_graphs_with_the_bits_of_what_is_written(paint, monkeypatch):
    painter = paint(sdxl_slots="2")
    assert painter.facts["graphs"] == graphs_of(painter)
    assert painter.facts["graphs_reason"] == "all there are"
    drawn = draw(painter, 1, 2)

    def fail(*_, **__):
        raise RuntimeError("Tracing is gone")

    monkeypatch.setattr(torch.jit, "trace", fail)
    plain = paint(sdxl_slots="2")
    assert plain.facts["graphs"] == "none"
    assert plain.facts["graphs_reason"] == "2 rows: RuntimeError: Tracing is gone"
    assert list(map(pixels, draw(plain, 1, 2))) == list(map(pixels, drawn))


def test_a_painter_draws_through_cuda_graphs_and_without_those_that_fail(cuda, paint, monkeypatch):
    monkeypatch.setattr("minimon.images.sdxl.painter.graph_pool", lambda _: "a pool")
    cuda.broken = True
    painter = paint(sdxl_slots="2")
    assert cuda.captures == 1  # none after the first that failed
    assert painter.facts["graphs"] == "none"
    assert "stream is capturing" in painter.facts["graphs_reason"]
    cuda.broken = False
    whole = paint(sdxl_slots="2")
    assert whole.facts["graphs"] == graphs_of(whole)
    assert list(map(pixels, draw(whole, 1, 2))) == list(map(pixels, draw(painter, 1, 2)))


def test_lack_of_memory_for_a_graph_is_no_lack_of_a_start(paint, monkeypatch):
    def fail(*_):
        raise torch.OutOfMemoryError("simulated")

    monkeypatch.setattr(graphs, "traced", fail)
    painter = paint(sdxl_slots="1")
    assert painter.facts["graphs_reason"] == "1 rows: OutOfMemoryError: simulated"
    assert draw(painter, 1)


def test_fewer_slots_have_no_graph_and_the_status_says_so(paint):
    painter = paint(sdxl_slots="4")
    while painter.slots > 1:
        assert painter.shrink()
    assert painter.facts["graphs"] in {"decoder", "1 rows, decoder"}
    assert draw(painter, 1)


@pytest.mark.parametrize(
    ("card", "changes", "calls", "decoder"),
    [
        (Card("cuda", "H100", 90, 80), {}, "", ""),
        (Card("cuda", "H100", 90, 80), {"sdxl_enable_cpu_offload": "1", "sdxl_use_compile": "0"}, "address", "address"),
        (Card("mps", "Apple"), {}, "MPS", "MPS"),
        (Card("cpu", "CPU"), {}, "fp8-weight", ""),
        (Card("cpu", "CPU"), {"sdxl_quantization": "none"}, "", ""),
        (Card("cpu", "CPU"), {"sdxl_quantization": "none", "sdxl_use_flash_attn": "1"}, "sdpa-flash", ""),
    ],
)
def test_what_a_card_and_its_flags_leave_of_graphs(card, changes, calls, decoder):
    said = ungraphed(plan(Settings(**changes), card))
    assert bool(calls) == ("calls" in said)
    assert calls in said.get("calls", "")
    assert bool(decoder) == ("decoder" in said)
    assert decoder in said.get("decoder", "")


def test_a_default_whose_kernel_fails_in_the_first_call_gives_way_and_one_that_was_set_ends_the_start(
    paint, monkeypatch
):
    def broken(*given):
        def fail(*_):
            raise RuntimeError("CUBLAS_STATUS_NOT_SUPPORTED")

        unet = read_unet(*given)
        unet.register_forward_pre_hook(fail)
        return unet

    monkeypatch.setattr("minimon.images.sdxl.backend.read_unet", broken)
    painter = paint(sdxl_slots="1", default=("sdxl_quantization",))
    flag = next(flag for flag in painter.flags if flag.name == "SDXL_QUANTIZATION")
    assert (flag.requested, flag.applied) == ("fp8 (default)", "none")
    assert "CUBLAS_STATUS_NOT_SUPPORTED" in flag.reason
    with pytest.raises(StartError, match=r"SDXL_QUANTIZATION is fp8: .*CUBLAS_STATUS_NOT_SUPPORTED"):
        paint(sdxl_slots="1", sdxl_quantization="fp8")

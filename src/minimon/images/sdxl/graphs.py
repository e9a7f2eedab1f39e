"""A function of tensors as a graph: run as a whole, in place of thousands of calls from Python.

The kernels are the same, and so are their bits, or there is no graph. Shapes are fixed.
"""

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import torch

from minimon.images.sdxl.means import brief

Tensors = tuple[torch.Tensor, ...]
Work = Callable[..., Tensors]

WARM_UPS = 2
"""Calls before the capture: libraries set themselves up in the first, and what is compiled is compiled."""


class GraphError(Exception):
    """Never leaves a load: something cannot be a graph. The text says why."""


def graph_pool(device: torch.device) -> Any:
    """Return what CUDA graphs share their memory by, where there are such graphs."""
    return torch.cuda.graph_pool_handle() if device.type == "cuda" else None


def captured(work: Work, inputs: Sequence[torch.Tensor], pool: Any) -> Work:
    """Return ``work`` as a graph for inputs of the shapes of ``inputs``; it computes by nothing but its tensors.

    With a ``pool``, it is a CUDA graph. Those of one pool share memory, so that only one of them may run at a time, and
    all from one thread. Raises GraphError where ``work`` does something that no graph can hold, where there is no
    memory for it, or where the graph gives other bits.
    """
    try:
        graph = CudaGraph(work, inputs, pool) if pool else traced(work, inputs)
        agrees = all(map(torch.equal, graph(*inputs), work(*inputs)))
    except Exception as error:  # whatever a library raises over what it cannot capture
        raise GraphError(brief(error)) from error
    if not agrees:
        raise GraphError("it gives other bits")
    return graph


class CudaGraph:
    """Kernels that start together. Addresses are fixed too: inputs are copied into the graph's own."""

    def __init__(self, work: Work, inputs: Sequence[torch.Tensor], pool: Any) -> None:
        self._inputs = [tensor.clone() for tensor in inputs]
        ours = torch.cuda.current_stream()
        beside = torch.cuda.Stream()  # CUDA asks for warm-ups on another stream than the one that is captured
        beside.wait_stream(ours)
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                work(*self._inputs)
        ours.wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        try:  # other threads may go on meanwhile, as long as they leave the device alone
            with torch.cuda.graph(self._graph, pool=pool, capture_error_mode="thread_local"):
                self._outputs = work(*self._inputs)
        except Exception:
            _leave_capture(ours, pool)
            raise

    def __call__(self, *inputs: torch.Tensor) -> Tensors:
        """Return what ``work`` returns, in memory of its own: the graph's is overwritten by whichever is next."""
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept.copy_(given)
        self._graph.replay()
        return tuple(output.clone() for output in self._outputs)


def _leave_capture(stream: Any, pool: Any) -> None:
    """Go back to a stream, and to the common memory: a capture that CUDA has called off leaves both as they were in it.

    Without the latter, PyTorch would look into the graph that is gone at each allocation (CUDAGraph.cpp, capture_end).
    """
    torch.cuda.set_stream(stream)
    with suppress(RuntimeError):  # it was left already
        torch._C._cuda_endAllocateToPool(torch.cuda.current_device(), pool)  # noqa: SLF001 - has no public name


def traced(work: Work, inputs: Sequence[torch.Tensor]) -> Work:
    """Return ``work`` as TorchScript, which a CPU's threads run side by side: it leaves Python's lock to others.

    PyTorch deprecates it and names ``torch.compile`` in its place, which sums in another order and so gives other bits.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it is deprecated, and that Python's branches stay as they are
        graph: Work = torch.jit.trace(work, tuple(inputs), check_trace=False)
    for _ in range(WARM_UPS):  # it puts its graph in order in the first calls
        graph(*inputs)
    return graph

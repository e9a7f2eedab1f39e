"""A function of tensors as a CUDA graph: its kernels start together, in place of a few thousand launches from Python.

The kernels are the same, and so are their bits. Shapes and addresses are fixed: inputs are copied into the graph's own.
"""

from collections.abc import Callable, Sequence
from typing import Any

import torch

WARM_UPS = 2
"""Calls before the capture: libraries set themselves up in the first, and what is compiled is compiled."""


class Graph:
    """``work``, captured for inputs of the shapes of ``inputs``. Used from one thread.

    Graphs that share a ``pool`` share memory, so that only one of them may run at a time. Raises RuntimeError where
    ``work`` does something that cannot be captured, such as waiting for the device.
    """

    def __init__(self, work: Callable[..., torch.Tensor], inputs: Sequence[torch.Tensor], pool: Any) -> None:
        self._inputs = [tensor.clone() for tensor in inputs]
        beside = torch.cuda.Stream()  # CUDA asks for warm-ups on another stream than the one that is captured
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARM_UPS):
                work(*self._inputs)
        torch.cuda.current_stream().wait_stream(beside)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=pool, capture_error_mode="thread_local"):
            self._output = work(*self._inputs)

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor:
        """Return what ``work`` returns, in memory of its own."""
        for kept, given in zip(self._inputs, inputs, strict=True):
            kept.copy_(given)
        self._graph.replay()
        return self._output.clone()

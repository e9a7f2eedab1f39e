"""Which backends there are, by name: the one place where a new one is entered, and the only lazy import.

A row is ``name: "module:factory"``. The module loads when the backend is chosen and not before, so heavy
packages stand at the top of the module that needs them. A factory takes the settings and returns an asynchronous
context manager: entering it opens the backend (StartError where it cannot), leaving it closes it.
"""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any

from minimon.errors import StartError

IMAGE_BACKENDS: Mapping[str, str] = {
    "files": "minimon.images.files:open_files",
    "drawn": "minimon.images.drawn.backend:open_drawn",
    "sdxl": "minimon.images.sdxl.backend:open_sdxl",
    "openai": "minimon.images.remote.backend:open_remote",
    "ray": "minimon.images.ray.backend:open_ray",
    "stock": "minimon.images.stock:open_stock",
}
MAKES_NONE = "stock"
"""The one that has its creatures from other replicas alone."""
STOCK_SIZES: Mapping[str, int] = {"files": 0, "drawn": 64, "sdxl": 32, "openai": 0, "ray": 32, "stock": 0}
"""How many creatures are kept ready unless a setting says so: a burst of players, or seconds of a GPU's work.

None of a server, as somebody may have to pay for each picture and they are made again at each start.
"""
NAME_BACKENDS: Mapping[str, str] = {
    "local": "minimon.names.local:open_local",
    "remote": "minimon.names.remote:open_remote",
}
LEDGER_STORES: Mapping[str, str] = {
    "": "minimon.scores.opening:open_file",
    "postgresql": "minimon.scores.postgres.opening:open_database",
}
"""What holds the ledger, by the scheme of its address.

These factories take the ledger's ``Identity``, too, and return an open ``LedgerStore``.
"""
LEDGER_TRANSFERS: Mapping[str, str] = {
    "postgresql": "minimon.scores.postgres.transfer:Transfer",
}
"""What brings a ledger from a file into such a store, and back."""
NAME_SAMPLERS: Mapping[str, str] = {
    "local": "minimon.names.samples:sample_local",
    "remote": "minimon.names.samples:sample_remote",
}


SDXL_FAMILIES = (
    "sdxl-turbo",
    "sd-turbo",
    "sdxl-lightning",
    "sdxl-lightning-1step",
    "sdxl-lightning-2step",
    "sdxl-lightning-8step",
    "hyper-sdxl-1step",
    "lcm-sdxl",
)
"""The kinds of checkpoints that the backend ``sdxl`` samples; ``images.engine.families`` has a row for each."""

CLUSTERS: Mapping[str, str] = {"ray": "minimon.images.ray.cluster:open_cluster"}
"""What puts an engine on a cluster."""
CLUSTER_ENGINES = ("drawn", "sdxl")
"""The backends that can work there: those that make pictures themselves."""

OBSERVERS: Mapping[str, str] = {
    "metrics": "minimon.metrics:open_metrics",
    "traces": "minimon.tracing:open_traces",
}
"""What tells others how the service does, on request."""

SHARED: Mapping[str, str] = {"redis": "minimon.shared.opening:open_shared"}
"""Where replicas keep what they share."""

EXTRAS: Mapping[str, str] = {
    "sdxl": "sdxl",
    "ray": "ray",
    "metrics": "metrics",
    "traces": "traces",
    "redis": "redis",
    "postgresql": "postgres",
}
"""The extra of the package that a row needs, for those that need one."""

Factory = Callable[..., Any]
"""Takes the settings; opens a backend. Raises StartError where it cannot."""


def load_factory(backends: Mapping[str, str], name: str) -> Factory:
    """Import and return the factory of the backend ``name``, a key of ``backends``.

    Raises StartError with the name of the extra if a package is missing.
    """
    try:
        factory: Factory = resolve_name(backends[name])
    except ModuleNotFoundError as error:
        if name not in EXTRAS:
            raise
        extra = f"pip install 'minimon[{EXTRAS[name]}]'"
        raise StartError(f"{name} needs the package {error.name}, which is missing: {extra}") from error
    return factory

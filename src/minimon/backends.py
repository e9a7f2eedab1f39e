"""Which backends there are, by name: the one place where a new one is entered, and the only lazy import.

A row is ``name: "module:factory"``. The module loads when the backend is chosen and not before, so heavy
packages stand at the top of the module that needs them. A factory takes the settings and returns an asynchronous
context manager: entering it opens the backend (StartError where it cannot), leaving it closes it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from pkgutil import resolve_name
from typing import Any

IMAGE_BACKENDS: Mapping[str, str] = {
    "files": "minimon.images.files:open_files",
    "drawn": "minimon.images.drawn.backend:open_drawn",
}
NAME_BACKENDS: Mapping[str, str] = {
    "local": "minimon.names.local:open_local",
    "remote": "minimon.names.remote:open_remote",
}
NAME_SAMPLERS: Mapping[str, str] = {
    "local": "minimon.names.samples:sample_local",
    "remote": "minimon.names.samples:sample_remote",
}


Factory = Callable[..., AbstractAsyncContextManager[Any]]


def load_factory(backends: Mapping[str, str], name: str) -> Factory:
    """Import and return the factory of the backend ``name``, a key of ``backends``."""
    factory: Factory = resolve_name(backends[name])
    return factory

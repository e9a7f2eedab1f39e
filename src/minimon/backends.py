"""Which backends there are, by name: the one place where a new one is entered, and the only lazy import.

A row is ``name: "module:factory"``. The module loads when the backend is chosen and not before, so heavy
packages stand at the top of the module that needs them.
"""

from collections.abc import Callable, Mapping
from pkgutil import resolve_name
from typing import Any

IMAGE_BACKENDS: Mapping[str, str] = {
    "files": "minimon.images.files:open_files",
}
NAME_BACKENDS: Mapping[str, str] = {
    "local": "minimon.names.local:open_local",
}


def load_factory(backends: Mapping[str, str], name: str) -> Callable[..., Any]:
    """Import and return the factory of the backend ``name``, a key of ``backends``."""
    factory: Callable[..., Any] = resolve_name(backends[name])
    return factory

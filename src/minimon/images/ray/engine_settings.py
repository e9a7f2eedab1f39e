"""Which settings go to the cluster with an engine."""

from typing import Any

from minimon.settings import Settings


def engine_fields(settings: Settings) -> dict[str, Any]:
    """Return the settings that an engine reads, by field. No secret is among them."""
    return {name: value for name, value in settings if name.startswith(("drawn_", "sdxl_"))}

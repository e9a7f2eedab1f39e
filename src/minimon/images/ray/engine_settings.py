"""Which settings go to the cluster with an engine."""

from typing import Any

from minimon.settings import Settings


def engine_fields(settings: Settings) -> dict[str, Any]:
    """Return the settings that an engine reads and that somebody has set, by field. No secret is among them.

    What is left at its default stays so: there an engine takes the best that its machine can give.
    """
    chosen = settings.model_fields_set
    return {name: value for name, value in settings if name in chosen and name.startswith(("drawn_", "sdxl_"))}

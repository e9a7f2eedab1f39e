"""Stand-in until the prompts per language are there."""

from collections.abc import Mapping
from typing import Any

from minimon.names.stock import Kind


def messages(language: str, kind: Kind, count: int) -> list[Mapping[str, str]]:
    """Return the messages of one question."""
    size = "legendary" if kind.grand else "small"
    text = f"Invent {count} names ({language}) for {size} {kind.element} creatures. "
    return [{"role": "user", "content": text + 'Answer with JSON alone: {"names": ["…"]}'}]


def schema(count: int) -> Mapping[str, Any]:
    """Return the JSON schema of the answer."""
    names = {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": count}
    return {"type": "object", "properties": {"names": names}, "required": ["names"], "additionalProperties": False}

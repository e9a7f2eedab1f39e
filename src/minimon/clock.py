"""Time as the service writes it."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Returns the present moment, in UTC."""


def utc_now() -> datetime:
    """Return the operating system's time, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Write a moment in UTC to the second, with a ``Z`` (RFC 3339)."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")

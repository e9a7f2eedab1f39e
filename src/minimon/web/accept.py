"""Choose the form of an answer from the ``Accept`` header (RFC 9110, section 12.5.1)."""

from collections.abc import Sequence
from functools import lru_cache

LONGEST = 1000
"""Characters of the header that are read; nobody needs more."""
MOST_REMEMBERED = 64
"""Headers that are read but once. They come from clients."""


def prefer(accept: Sequence[str], offers: tuple[str, ...]) -> str | None:
    """Return the offered media type that the client likes best, or None if it takes none of them.

    ``accept`` holds the header's lines. Of two that it likes equally the one offered first is chosen, and so is the
    first of all where the header is absent.
    """
    return _best(",".join(accept)[:LONGEST], offers)


@lru_cache(MOST_REMEMBERED)
def _best(header: str, offers: tuple[str, ...]) -> str | None:
    if not header.strip():
        return offers[0]
    ranges = [_range(part) for part in header.split(",")]
    liked = {offer: _quality(offer, ranges) for offer in offers}
    best = max(offers, key=lambda offer: liked[offer])
    return best if liked[best] > 0 else None


def _quality(offer: str, ranges: Sequence[tuple[str, float]]) -> float:
    """Return the quality of the most specific range that holds the offer: type, then ``type/*``, then ``*/*``."""
    for wanted in (offer, offer.partition("/")[0] + "/*", "*/*"):
        found = [quality for name, quality in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0


def _range(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weights = [value for key, _, value in (parameter.partition("=") for parameter in parameters) if key == "q"]
    try:
        quality = min(max(float(weights[0]), 0.0), 1.0) if weights else 1.0
    except ValueError:
        quality = 0.0
    return name, quality

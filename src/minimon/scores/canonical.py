"""The canonical form of JSON: RFC 8785 (JCS), through the ``rfc8785`` package."""

from collections.abc import Mapping
from typing import Any

import rfc8785


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Return the one UTF-8 encoding of ``value`` that RFC 8785 defines: keys sorted, numbers as ECMAScript writes them.

    ``value`` holds objects, strings without lone surrogates, finite floats, and whole numbers of at most 2^53 - 1
    (RFC 8785, section 3.2.2.3: beyond that a number is not exact for every reader).
    Raises rfc8785.CanonicalizationError for anything else.
    """
    return rfc8785.dumps(dict(value))

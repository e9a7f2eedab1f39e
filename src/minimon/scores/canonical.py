"""The canonical form of JSON: RFC 8785 (JCS), through the ``rfc8785`` package, with a short way for what is flat."""

from collections.abc import Mapping
from typing import Any

import orjson
import rfc8785

MOST_EXACT = 2**53 - 1
"""The largest whole number that every JSON reader holds exactly (RFC 7493, section 2.2)."""
LEAST_PLAIN = 1e-4
"""Python writes what is nearer to zero with an exponent."""


def canonical_json(value: Mapping[str, Any]) -> bytes:
    """Return the one UTF-8 encoding of ``value`` that RFC 8785 defines: keys sorted, numbers as ECMAScript writes them.

    ``value`` holds objects, strings without lone surrogates, finite floats, and whole numbers of at most 2^53 - 1
    (RFC 8785, section 3.2.2.3: beyond that a number is not exact for every reader).
    Raises rfc8785.CanonicalizationError for anything else.
    """
    try:
        return orjson.dumps({key: _plain(key, item) for key, item in value.items()}, option=orjson.OPT_SORT_KEYS)
    except (_NotPlainError, orjson.JSONEncodeError):
        return rfc8785.dumps(dict(value))


class _NotPlainError(Exception):
    """Something that orjson does not write, or order, as RFC 8785 has it."""


def _plain(key: str, item: object) -> object:
    """Return what orjson writes as RFC 8785 has it: strings and whole numbers as they are.

    Keys in ASCII have one order, by code points (orjson) as by UTF-16 units (RFC 8785, section 3.2.3).
    """
    kind = type(item)
    if key.isascii():
        if kind is str or (kind is int and -MOST_EXACT <= item <= MOST_EXACT):  # type: ignore[operator]  # an int
            return item
        if kind is float:
            return _float(item)  # type: ignore[arg-type]  # a float
    raise _NotPlainError


def _float(number: float) -> object:
    """Return the same for a float: Python and ECMAScript write the same digits, and without exponents the same text."""
    if number.is_integer() and -MOST_EXACT <= number <= MOST_EXACT:
        return int(number)
    return orjson.Fragment(repr(number) if LEAST_PLAIN <= abs(number) < MOST_EXACT else rfc8785.dumps(number))

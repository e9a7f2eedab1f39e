"""Read a request body: at most so many bytes, declared as JSON, and JSON without the traps."""

import json
from collections.abc import Sequence
from typing import Any, NoReturn

from starlette.requests import ClientDisconnect, Request

from minimon.errors import InvalidJSONError, PayloadTooLargeError, UnsupportedMediaTypeError

MOST_BODY_BYTES = 16 * 1024
LONGEST_INTEGER = 20
"""Digits that are read as a whole number; a longer one is beyond any limit of ours and reads as a float."""


async def read_body(request: Request) -> bytes:
    """Return the bytes of a body that is declared as JSON.

    Raises UnsupportedMediaTypeError or PayloadTooLargeError; starlette.requests.ClientDisconnect if the client
    hangs up half way.
    """
    headers = dict(reversed(request.scope["headers"]))  # of two with one name the first counts
    media_type = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media_type != b"application/json" or headers.get(b"content-encoding", b"identity") != b"identity":
        raise UnsupportedMediaTypeError
    if int(headers.get(b"content-length", b"0")) > MOST_BODY_BYTES:  # the HTTP parser lets nothing but digits through
        raise PayloadTooLargeError(most=MOST_BODY_BYTES)
    body, more = b"", True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message["body"]
        more = message["more_body"]
        if len(body) > MOST_BODY_BYTES:
            raise PayloadTooLargeError(most=MOST_BODY_BYTES)
    return body


def parse_json(body: bytes) -> object:
    """Parse strictly: UTF-8 without a byte order mark, no NaN or Infinity, no key twice, no half surrogate pairs.

    This is I-JSON (RFC 7493), which RFC 8785 builds on. Raises InvalidJSONError.
    """
    try:
        value: object = _DECODER.decode(body.decode("utf-8"))
        if rb"\u" in body:  # the parser lets half a surrogate pair through, which only an escape can bring
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidJSONError("encoding") from error
    except UnicodeEncodeError as error:
        raise InvalidJSONError("surrogate") from error
    except RecursionError as error:
        raise InvalidJSONError("depth") from error
    except json.JSONDecodeError as error:
        raise InvalidJSONError("syntax") from error
    return value


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise InvalidJSONError("duplicate", key=key[:64])
        result[key] = value
    return result


def _refuse_constant(constant: str) -> NoReturn:
    raise InvalidJSONError("constant", constant=constant)


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_INTEGER else float(digits)


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer)
"""Made once: ``json.loads`` would make one for each body, which takes as long as reading it."""

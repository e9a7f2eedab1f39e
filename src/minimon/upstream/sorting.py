"""What went wrong, from what a client library raised or a server answered. Pure."""

import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

import httpx2

from minimon.upstream.faults import Fault

_FAULTS: Final[Mapping[int, Fault]] = {
    HTTPStatus.UNAUTHORIZED: Fault.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN: Fault.UNAUTHORIZED,
    HTTPStatus.NOT_FOUND: Fault.NOT_FOUND,
    HTTPStatus.METHOD_NOT_ALLOWED: Fault.NOT_FOUND,
    HTTPStatus.TOO_MANY_REQUESTS: Fault.RATE_LIMITED,
}


def fault_of_status(status: int, body: bytes) -> Fault:
    """Return what an answer other than 200 means."""
    fault = _FAULTS.get(status) or _by_class(status)
    return Fault.NO_MODEL if fault is Fault.NOT_FOUND and b"model" in body.lower() else fault


def _by_class(status: int) -> Fault:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Fault.SERVER_ERROR
    if status >= HTTPStatus.BAD_REQUEST:
        return Fault.REFUSED
    return Fault.REDIRECT if status >= HTTPStatus.MULTIPLE_CHOICES else Fault.NONSENSE


def fault_of_error(error: Exception) -> Fault:
    """Return what an exception of the client library means."""
    if isinstance(error, httpx2.TimeoutException):
        return Fault.TIMEOUT
    causes = list(_causes(error))
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return Fault.TLS
    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Fault.DNS
    if isinstance(error, httpx2.ProtocolError):
        return Fault.NOT_HTTP
    return Fault.UNREACHABLE if isinstance(error, (httpx2.ConnectError, httpx2.ProxyError)) else Fault.DISCONNECTED


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def retry_after(value: str, now: datetime) -> float:
    """Return the seconds that a ``Retry-After`` asks for (RFC 9110, section 10.2.3), 0 where it makes no sense."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max((parsedate_to_datetime(value) - now).total_seconds(), 0.0)
    except (ValueError, TypeError, OverflowError):  # no date, or one without a zone
        return 0.0

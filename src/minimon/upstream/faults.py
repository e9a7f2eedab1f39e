"""What can go wrong with a server that names or pictures come from, as words for logs, ``/health`` and metrics."""

from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    """Why a call brought nothing."""

    UNREACHABLE = "unreachable"  # nobody listens there, or no way leads there
    DNS = "dns"
    TLS = "tls"
    TIMEOUT = "timeout"  # the time for the call is over, whatever it was spent on
    DISCONNECTED = "disconnected"
    NOT_HTTP = "not_http"
    TOO_LARGE = "too_large"
    REDIRECT = "redirect"  # never followed: the key goes to the address that was set, and to no other
    UNAUTHORIZED = "unauthorized"
    NOT_FOUND = "not_found"
    NO_MODEL = "no_model"
    RATE_LIMITED = "rate_limited"
    REFUSED = "refused"
    SERVER_ERROR = "server_error"
    NONSENSE = "nonsense"  # HTTP, yet not what was asked for
    NO_NAME = "no_name"  # a chat completion, yet no name in it
    REPEATS = "repeats"  # names, yet none that was not handed out lately
    NO_PICTURE = "no_picture"  # an answer, yet no whole picture of the size that was asked for
    FOREIGN = "foreign"  # a picture's address that no setting allows
    INTERNAL = "internal"  # a fault of ours


FOR_A_PERSON: Final = frozenset(
    {
        Fault.TLS,
        Fault.REDIRECT,
        Fault.UNAUTHORIZED,
        Fault.NOT_FOUND,
        Fault.NO_MODEL,
        Fault.REFUSED,
        Fault.FOREIGN,
        Fault.INTERNAL,
    }
)
"""Faults that do not pass by themselves: somebody has to change a setting or a server."""


class FetchError(Exception):
    """A call brought nothing. Not in the tree of ``errors``: whoever called knows what it means for a client."""

    def __init__(self, fault: Fault, detail: str, *, retry_after_s: float = 0.0) -> None:
        """``detail`` is for the log and holds nothing secret; ``retry_after_s`` is how long the server asks to wait."""
        super().__init__(detail)
        self.fault = fault
        self.detail = detail
        self.retry_after_s = retry_after_s

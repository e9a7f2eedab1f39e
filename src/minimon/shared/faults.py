"""What can be wrong with Redis, sorted for metrics and people."""

from enum import StrEnum
from typing import Final

from redis import exceptions as theirs


class Fault(StrEnum):
    """Why Redis does not do what it is asked."""

    UNREACHABLE = "unreachable"  # nobody listens, or the connection broke
    SLOW = "slow"  # no answer in time
    LOADING = "loading"  # it has just started
    FULL = "full"  # its memory is used up
    LOGIN = "login"  # it does not let us in, or not do what we need
    UNFIT = "unfit"  # another version or kind of server than we can use
    OTHER = "other"


FOR_A_PERSON: Final = frozenset({Fault.LOGIN, Fault.UNFIT})
"""Faults that do not pass by themselves: with one of these, the service does not start."""


class UnfitError(Exception):
    """The server is none that we can use; the text says why."""


_KINDS: Final = (
    (UnfitError, Fault.UNFIT),
    ((theirs.AuthenticationError, theirs.AuthorizationError), Fault.LOGIN),
    ((theirs.NoPermissionError, theirs.AuthenticationWrongNumberOfArgsError), Fault.LOGIN),
    (theirs.BusyLoadingError, Fault.LOADING),
    (theirs.OutOfMemoryError, Fault.FULL),
    ((TimeoutError, theirs.TimeoutError), Fault.SLOW),
    ((OSError, theirs.ConnectionError), Fault.UNREACHABLE),
)
"""The first row that fits is the fault: Redis's own classes derive from each other."""
_TEXTS: Final = (
    ("the user executing the script", Fault.LOGIN),
    ("db index is out of range", Fault.UNFIT),
    ("misconf", Fault.FULL),
)
"""What is told by the text alone."""


def fault_of(error: BaseException) -> Fault:
    """Return what kind of fault an error is."""
    text = str(error).lower()
    told = next((fault for part, fault in _TEXTS if part in text), None)
    return told or next((fault for kind, fault in _KINDS if isinstance(error, kind)), Fault.OTHER)

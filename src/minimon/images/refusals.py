"""What a client is told when there may be a picture later, whichever backend says so."""

import math

from minimon.errors import OverloadedError, StartingError


def overloaded(seconds: float) -> OverloadedError:
    """Return the refusal where there is too much to do: come again after so many seconds."""
    return OverloadedError(seconds=_whole(seconds), headers={"Retry-After": str(_whole(seconds))})


def starting(seconds: float) -> StartingError:
    """Return the refusal of a backend that is not ready, and may be after so many seconds."""
    return StartingError(seconds=_whole(seconds), headers={"Retry-After": str(_whole(seconds))})


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))

"""What is counted of requests: by route template, method and status, so that no client can make a label of its own."""

from typing import Final

from minimon.tallies import Spread, Tally

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER: Final = "other"


class HttpTallies:
    """The counts of one process. For one event loop."""

    def __init__(self) -> None:
        self.requests = Tally()
        """By route, method and status."""
        self.refusals = Tally()
        """By the code of the error."""
        self.seconds: dict[str, Spread] = {}
        """By route."""

    def answered(self, route: str, method: str, status: int, seconds: float, code: str) -> None:
        """Count an answer; ``route`` is a template of ours, ``code`` that of an error, or empty."""
        if code:
            self.refusals.count(code)
        self.requests.count(route, method if method in METHODS else OTHER, str(status))
        spread = self.seconds.get(route)
        if spread is None:
            spread = self.seconds[route] = Spread()
        spread.observe(seconds)

"""What logs and metrics call an address: the template of its route, so that no client makes names of its own."""

from collections.abc import Iterable
from typing import Final

from starlette.routing import BaseRoute, Mount, Route

NOWHERE: Final = "none"
"""What an address is called that no route has."""


class Addresses:
    """The templates of all routes, those of requests included that are refused before they get to theirs."""

    def __init__(self) -> None:
        self._routes: list[Route | Mount] = []

    def add(self, routes: Iterable[BaseRoute]) -> None:
        """Take in routes. What stands for a whole router is passed over: that is added by itself."""
        self._routes += (route for route in routes if isinstance(route, Route | Mount))

    def template(self, path: str) -> str:
        """Return the template of the first route that has this path, whatever the method, or ``NOWHERE``."""
        return next((route.path for route in self._routes if route.path_regex.match(path)), NOWHERE)

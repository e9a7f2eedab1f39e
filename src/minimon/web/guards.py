"""Who may call, and how often: the checks before every ``/v1`` address, in this order: rate limit, token."""

import math
import secrets
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING

from starlette.requests import Request

from minimon.errors import RateLimitedError, RedisAwayError, UnauthorizedError
from minimon.settings import RATE_WINDOW_SECONDS, Settings
from minimon.web.windows import Windows

if TYPE_CHECKING:
    from minimon.shared.windows import SharedWindows  # needs an extra

GUARDED = "/v1/"
IPV6_PREFIX = 64
"""Bits of an IPv6 address that name a client: one household or server gets at least a /64 (RFC 6177)."""
MOST_REMEMBERED = 4096
"""Addresses whose key is remembered: to parse one takes longer than all the rest."""


class Guards:
    """The checks of one process. Build it once; it holds the counts of the rate limit."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.bearer_token.get_secret_value().encode()
        self._limit = settings.rate_limit_per_min
        self._windows = Windows(self._limit, RATE_WINDOW_SECONDS)
        self._of_all: SharedWindows | None = None

    def share(self, counts: "SharedWindows") -> None:
        """From now on, keep the limit over all replicas."""
        self._of_all = counts

    async def check(self, request: Request) -> None:
        """Let the request through, or raise RateLimitedError or UnauthorizedError."""
        if self._limit:
            client = request.scope.get("client")
            key = client_key(client[0] if client else "")
            wait = await self._hit_of_all(key, self._of_all) if self._of_all else self._windows.hit(key)
            if wait > 0:
                seconds = max(1, math.ceil(wait))
                raise RateLimitedError(seconds=seconds, headers=_rate_headers(self._limit, seconds))
        if self._token and not secrets.compare_digest(_bearer(request.scope["headers"]), self._token):
            raise UnauthorizedError(headers={"WWW-Authenticate": "Bearer"})

    async def _hit_of_all(self, key: str, counts: "SharedWindows") -> float:
        """Count for all replicas, and here, where the count goes on while Redis is away."""
        try:
            wait = await counts.hit(key)
        except RedisAwayError:
            return self._windows.hit(key)
        if wait <= 0:
            self._windows.hit(key)
        return wait


def _rate_headers(limit: int, seconds: int) -> dict[str, str]:
    """Tell the client its limit and when it may call again (draft-ietf-httpapi-ratelimit-headers-11)."""
    return {
        "Retry-After": str(seconds),
        "RateLimit-Policy": f'"default";q={limit};w={RATE_WINDOW_SECONDS}',
        "RateLimit": f'"default";r=0;t={seconds}',
    }


@lru_cache(MOST_REMEMBERED)
def client_key(host: str) -> str:
    """Return what counts as one client: an IPv4 address, or the /64 of an IPv6 address.

    Whatever is no address (a proxy may hand on anything) shares one key.
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> IPV6_PREFIX << IPV6_PREFIX))
    return str(address)


def _bearer(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Return the token of ``Authorization: Bearer <token>`` (RFC 6750); the scheme's case does not matter."""
    for name, value in headers:
        if name == b"authorization":
            scheme, _, token = value.partition(b" ")
            return token.lstrip(b" ") if scheme.lower() == b"bearer" else b""
    return b""

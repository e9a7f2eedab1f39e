"""Who may call, and how often: the checks before every ``/v1`` route, in this order: rate limit, token."""

import math
import secrets
from ipaddress import IPv6Address, ip_address

from limits import RateLimitItemPerMinute
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.requests import Request

from minimon.errors import RateLimitedError, UnauthorizedError
from minimon.settings import Settings
from minimon.web.windows import WindowStorage

IPV6_PREFIX = 64
"""Bits of an IPv6 address that name a client: one household or server gets at least a /64 (RFC 6177)."""


class Guards:
    """The checks of one process. Build it once; it holds the counts of the rate limit."""

    def __init__(self, settings: Settings) -> None:
        self._token = settings.bearer_token.get_secret_value().encode()
        self._limit = RateLimitItemPerMinute(settings.rate_limit_per_min) if settings.rate_limit_per_min else None
        self._windows = WindowStorage(settings.rate_limit_per_min)
        self._limiter = MovingWindowRateLimiter(self._windows)

    async def check(self, request: Request) -> None:
        """Let the request through, or raise RateLimitedError or UnauthorizedError."""
        if self._limit:
            await self._check_rate(self._limit, client_key(request.client.host if request.client else ""))
        if self._token and not secrets.compare_digest(_bearer(request), self._token):
            raise UnauthorizedError(headers={"WWW-Authenticate": "Bearer"})

    async def _check_rate(self, limit: RateLimitItemPerMinute, key: str) -> None:
        if await self._limiter.hit(limit, key):
            return
        reset, _ = await self._limiter.get_window_stats(limit, key)
        seconds = max(1, math.ceil(reset - self._windows.now()))
        raise RateLimitedError(seconds=seconds, headers=_rate_headers(limit, seconds))


def _rate_headers(limit: RateLimitItemPerMinute, seconds: int) -> dict[str, str]:
    """Tell the client its limit and when it may call again (draft-ietf-httpapi-ratelimit-headers-11)."""
    return {
        "Retry-After": str(seconds),
        "RateLimit-Policy": f'"default";q={limit.amount};w={limit.get_expiry()}',
        "RateLimit": f'"default";r=0;t={seconds}',
    }


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


def _bearer(request: Request) -> bytes:
    """Return the token of ``Authorization: Bearer <token>`` (RFC 6750); the scheme's case does not matter."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.lstrip(" ").encode("latin-1") if scheme.lower() == "bearer" else b""

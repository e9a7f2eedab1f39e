"""Who counts as one client, and what counts as the token."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from minimon.errors import RateLimitedError, UnauthorizedError
from minimon.settings import Settings
from minimon.web.guards import Guards, client_key

TOKEN = "s3cret-T0ken"


def request(host="192.0.2.1", **headers):
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Request({"type": "http", "client": (host, 1) if host is not None else None, "headers": raw})


def guards(token="", rate=0):
    return Guards(Settings(bearer_token=token, rate_limit_per_min=rate))


def check(guards, *requests):
    async def ask():
        for one in requests:
            await guards.check(one)

    asyncio.run(ask())


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("::FFFF:c000:201", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:DB8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::", "2001:db8:1:3::"),
        ("fe80::1%eth0", "fe80::"),
        ("::1", "::"),
    ],
)
def test_a_client_is_an_ipv4_address_or_the_64_of_an_ipv6_address(host, key):
    assert client_key(host) == key


@pytest.mark.parametrize(
    "host", ["", "unknown", "_hidden", "192.0.2.1:80", "[::1]", "1.2.3", "::1::", "١.1.1.1", "a" * 9999]
)
def test_whatever_is_no_address_shares_one_key(host):
    assert client_key(host) == "unknown"


@given(st.text())
def test_any_text_has_a_short_key(host):
    assert len(client_key(host)) <= 39


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_every_address_of_a_64_has_the_same_key(address, low):
    other = type(address)(int(address) >> 64 << 64 | low)
    mapped = address.ipv4_mapped or other.ipv4_mapped
    assert mapped or client_key(str(address)) == client_key(str(other))


@given(st.ip_addresses(v=4), st.ip_addresses(v=4))
def test_two_ipv4_addresses_have_two_keys(one, other):
    assert (client_key(str(one)) == client_key(str(other))) is (one == other)


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_token_is_accepted_whatever_the_case_of_the_scheme(scheme):
    check(guards(TOKEN), request(authorization=f"{scheme} {TOKEN}"), request(authorization=f"{scheme}   {TOKEN}"))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer{TOKEN}",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN.lower()}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN} ",
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer\t{TOKEN}",
        "Bearer é",
        f"Bearer,{TOKEN}",
    ],
)
def test_anything_else_is_refused_with_the_way_to_ask(value):
    with pytest.raises(UnauthorizedError) as caught:
        check(guards(TOKEN), request(authorization=value))
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    assert TOKEN not in str(caught.value)


def test_without_the_header_a_token_is_asked_for_and_without_a_token_nothing_is():
    with pytest.raises(UnauthorizedError):
        check(guards(TOKEN), request())
    check(guards(), request(), request(authorization="Bearer anything"))


@given(st.text(st.characters(max_codepoint=0xFF)).filter(lambda text: text.strip(" ") != TOKEN))
def test_no_other_text_passes_for_the_token(text):
    with pytest.raises(UnauthorizedError):
        check(guards(TOKEN), request(authorization=f"Bearer {text}"))


def test_a_client_over_its_rate_is_told_when_to_come_again():
    with pytest.raises(RateLimitedError) as caught:
        check(guards(rate=2), *[request()] * 3)
    headers = caught.value.headers
    seconds = int(headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert headers["RateLimit"] == f'"default";r=0;t={seconds}'
    assert headers["RateLimit-Policy"] == '"default";q=2;w=60'
    assert str(seconds) in caught.value.message("fr")


def test_coming_again_when_told_is_let_through():
    guard = guards(rate=1)
    clock = [500.0]
    guard._windows._now = lambda: clock[0]
    check(guard, request())
    clock[0] += 0.25
    with pytest.raises(RateLimitedError) as caught:
        check(guard, request())
    clock[0] += int(caught.value.headers["Retry-After"])
    check(guard, request())


def test_clients_have_a_rate_each():
    guard = guards(rate=1)
    check(guard, request("192.0.2.1"), request("192.0.2.2"), request("2001:db8::1"), request(None))
    for host in ("192.0.2.1", "2001:db8::2", None, "nonsense"):
        with pytest.raises(RateLimitedError):
            check(guard, request(host))


def test_a_rate_of_0_is_no_limit():
    check(guards(rate=0), *[request()] * 200)


def test_the_rate_is_checked_before_the_token_so_that_guessing_is_slow():
    guard = guards(TOKEN, rate=1)
    with pytest.raises(UnauthorizedError):
        check(guard, request(authorization="Bearer guess"))
    with pytest.raises(RateLimitedError):
        check(guard, request(authorization=f"Bearer {TOKEN}"))

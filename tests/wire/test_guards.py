"""Who may call, and how often, on the real service."""

import json

import pytest
from tests.wire.conftest import TOKEN, assert_problem, assert_unharmed, exchange, ledger_lines, wait_for

BEARER = {"Authorization": f"Bearer {TOKEN}"}
GENERATE = "GET /v1/generate HTTP/1.1\r\nHost: x\r\n{}\r\n"


@pytest.fixture
def limited(run_service):
    return run_service(MINIMON_RATE_LIMIT_PER_MIN="5", MINIMON_TLS="0", MINIMON_BEARER_TOKEN=TOKEN)


def assert_limited(answer, limit=5):
    assert_problem(answer, 429, "RATE_LIMITED")
    seconds = int(answer.headers["retry-after"])
    assert 1 <= seconds <= 60
    assert answer.headers["ratelimit"] == f'"default";r=0;t={seconds}'
    assert answer.headers["ratelimit-policy"] == f'"default";q={limit};w=60'
    assert str(seconds) in answer.json()["detail"]


def test_exactly_so_many_requests_are_answered(limited):
    with limited.client(headers=BEARER) as client:
        assert [client.get("/v1/generate").status_code for _ in range(5)] == [200] * 5
        assert_limited(client.get("/v1/generate"))
        answer = client.post("/v1/certify-score", json={"score": 1})
        assert_limited(answer)
        french = client.get("/v1/generate", headers={"Accept-Language": "fr"})
        assert french.json()["detail"].startswith("Trop de requêtes")
        for path in ("/health", "/livez", "/readyz", "/docs", "/openapi.json"):
            assert [client.get(path).status_code for _ in range(7)] == [200] * 7
    assert ledger_lines(limited) == []
    assert_unharmed(limited)


def test_wrong_tokens_use_up_the_limit_and_the_limit_comes_first(limited):
    with limited.client() as client:
        for _ in range(5):
            assert_problem(client.get("/v1/generate", headers={"Authorization": "Bearer guess"}), 401, "UNAUTHORIZED")
        assert_limited(client.get("/v1/generate", headers={"Authorization": "Bearer guess"}))
        assert_limited(client.get("/v1/generate", headers=BEARER))
        assert_limited(client.post("/v1/certify-score", content=b"{"))


def test_a_forged_forwarded_for_buys_nothing(limited):
    for number in range(5):
        forged = f"Authorization: Bearer {TOKEN}\r\nX-Forwarded-For: 203.0.113.{number}\r\nForwarded: for=1.2.3.4\r\n"
        assert exchange(limited, GENERATE.format(forged).encode()).status == 200
    forged += "X-Real-IP: 1.2.3.4\r\n"
    assert_limited(exchange(limited, GENERATE.format(forged).encode()))
    assert {record["client"] for record in limited.log() if record["event"] == "request"} <= {"127.0.0.1", "::1"}


def test_without_a_limit_nobody_is_refused(service):
    with service.client() as client:
        assert {client.get("/v1/generate").status_code for _ in range(80)} == {200}


@pytest.fixture(scope="module")
def proxied(launch):
    proxies = "127.0.0.1,::1,10.0.0.0/8"
    return launch(MINIMON_RATE_LIMIT_PER_MIN="2", MINIMON_TLS="0", MINIMON_TRUSTED_PROXIES=proxies)


def ask_through(proxied, forwarded, request_id="r"):
    head = f"X-Forwarded-For: {forwarded}\r\nX-Request-ID: {request_id}\r\n"
    return exchange(proxied, GENERATE.format(head).encode("latin-1"))


def test_behind_a_trusted_proxy_each_client_has_its_own_limit(proxied):
    for client in ("198.51.100.1", "198.51.100.2"):
        assert [ask_through(proxied, client).status for _ in range(3)] == [200, 200, 429]


def test_the_addresses_are_walked_from_the_right_past_trusted_proxies_alone(proxied):
    for number in range(2):  # what stands on the left is what the client itself claims
        assert ask_through(proxied, f"192.0.2.{number}, 198.51.100.3, 10.1.2.3").status == 200
    assert_limited(ask_through(proxied, "192.0.2.77, 198.51.100.3"), 2)


def test_a_client_behind_a_proxy_is_logged_by_its_own_address(proxied):
    ask_through(proxied, "1.1.1.1, 198.51.100.9, 10.0.0.1", "which-client")

    def lines():
        return [r for r in proxied.log() if r.get("request_id") == "which-client" and r["event"] == "request"]

    (line,) = wait_for(lines)
    assert line["client"] == "198.51.100.9"


def test_an_ipv6_network_is_one_client(proxied):
    statuses = [ask_through(proxied, f"2001:db8:1:2::{number}").status for number in range(3)]
    assert statuses == [200, 200, 429]
    assert ask_through(proxied, "2001:db8:1:3::1").status == 200


@pytest.mark.parametrize("forwarded", ["", ",", "unknown", "\xe9\xff", "a" * 5000, "1.2.3.4:99", "[::1]:80", ",,,,,"])
def test_no_forwarded_for_can_cause_a_fault(proxied, forwarded):
    assert ask_through(proxied, forwarded).status in {200, 429}
    assert_unharmed(proxied)


def test_a_proxy_that_is_not_trusted_is_not_believed(run_service):
    service = run_service(MINIMON_TRUSTED_PROXIES="10.0.0.0/8", MINIMON_RATE_LIMIT_PER_MIN="2", MINIMON_TLS="0")
    statuses = [ask_through(service, f"198.51.100.{number}").status for number in range(3)]
    assert statuses == [200, 200, 429]


GAME = "https://game.example"


@pytest.fixture(scope="module")
def shared(launch):
    return launch(MINIMON_CORS_ORIGINS=f"{GAME}, http://localhost:3000", MINIMON_BEARER_TOKEN=TOKEN)


def preflight(client, origin, method="POST", headers="authorization, content-type"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options("/v1/certify-score", headers=asked)


def test_a_preflight_request_needs_no_token(shared):
    with shared.client() as client:
        answer = preflight(client, GAME)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == GAME
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "authorization" in answer.headers["access-control-allow-headers"].lower()
        assert "access-control-allow-credentials" not in answer.headers
        assert "origin" in answer.headers["vary"].lower()
        assert preflight(client, "http://localhost:3000").status_code == 200


@pytest.mark.parametrize(
    ("origin", "method", "headers"),
    [
        ("https://evil.example", "POST", "content-type"),
        ("https://game.example.evil.example", "POST", "content-type"),
        ("http://game.example", "POST", "content-type"),
        ("https://game.example:8443", "POST", "content-type"),
        ("null", "POST", "content-type"),
        (GAME, "DELETE", "content-type"),
        (GAME, "POST", "x-evil"),
    ],
)
def test_a_refused_preflight_request_has_the_error_shape(shared, origin, method, headers):
    with shared.client() as client:
        answer = preflight(client, origin, method, headers)
    problem = assert_problem(answer, 400, "BAD_REQUEST")
    assert "CORS" in problem["detail"]
    assert "access-control-allow-origin" not in answer.headers


def test_an_allowed_page_may_read_answers_and_errors_and_their_headers(shared):
    with shared.client(headers={"Origin": GAME}) as client:
        for answer in (client.get("/v1/generate", headers=BEARER), client.get("/v1/generate"), client.get("/nowhere")):
            assert answer.headers["access-control-allow-origin"] == GAME
            exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
            assert exposed >= {"ratelimit", "ratelimit-policy", "retry-after", "x-request-id", "x-minimon-name"}


def test_another_page_is_not_told_that_it_may_read(shared):
    with shared.client(headers={"Origin": "https://evil.example"}) as client:
        answer = client.get("/v1/generate", headers=BEARER)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


def test_every_origin_may_read_where_the_operator_says_so(run_service):
    service = run_service(MINIMON_CORS_ORIGINS="*", MINIMON_TLS="0")
    with service.client(headers={"Origin": "https://any.example"}) as client:
        for answer in (client.get("/v1/generate"), preflight(client, "https://any.example")):
            assert answer.headers["access-control-allow-origin"] == "*"
            assert "access-control-allow-credentials" not in answer.headers


def test_without_origins_no_page_is_told_that_it_may_read(service):
    with service.client(headers={"Origin": GAME}) as client:
        assert not [name for name in client.get("/health").headers if name.startswith("access-control")]
        assert_problem(preflight(client, GAME), 405, "METHOD_NOT_ALLOWED")


def test_the_token_is_in_no_log(shared):
    assert TOKEN not in json.dumps(shared.log())

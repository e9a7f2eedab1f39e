"""Bad input over the wire: each gets the one error shape, and nothing else happens."""

import contextlib
import json
import socket
import threading

import pytest
from tests.wire.conftest import (
    TOKEN,
    assert_problem,
    assert_unharmed,
    connection,
    exchange,
    ledger_lines,
    post,
    read_answer,
    wait_for,
)

BODIES = {
    "nothing": (b"", "INVALID_JSON"),
    "no JSON": (b"score=5", "INVALID_JSON"),
    "cut off": (b'{"score": 5', "INVALID_JSON"),
    "two values": (b'{"score": 5} {"score": 6}', "INVALID_JSON"),
    "NaN": (b'{"score": NaN}', "INVALID_JSON"),
    "Infinity": (b'{"score": Infinity}', "INVALID_JSON"),
    "-Infinity": (b'{"score": -Infinity}', "INVALID_JSON"),
    "NaN elsewhere": (b'{"score": 1, "subject": NaN}', "INVALID_JSON"),
    "duplicate key": (b'{"score": 1, "score": 2}', "INVALID_JSON"),
    "escaped duplicate key": (b'{"score": 1, "\\u0073core": 2}', "INVALID_JSON"),
    "nested duplicate key": (b'{"score": 1, "subject": {"a": 1, "a": 1}}', "INVALID_JSON"),
    "lone high surrogate": (b'{"score": 1, "subject": "\\ud800"}', "INVALID_JSON"),
    "lone low surrogate": (b'{"score": 1, "nonce": "a\\udfffb"}', "INVALID_JSON"),
    "surrogates in the wrong order": (b'{"score": 1, "nonce": "\\udc00\\ud800"}', "INVALID_JSON"),
    "lone surrogate as key": (b'{"score": 1, "\\ud800": 1}', "INVALID_JSON"),
    "lone surrogate as duplicate key": (b'{"\\ud800": 1, "\\ud800": 1}', "INVALID_JSON"),
    "invalid UTF-8": (b'{"score": 1, "subject": "\xff"}', "INVALID_JSON"),
    "overlong UTF-8": (b'{"score": 1, "subject": "\xc0\xaf"}', "INVALID_JSON"),
    "surrogate in UTF-8": (b'{"score": 1, "subject": "\xed\xa0\x80"}', "INVALID_JSON"),
    "UTF-16": ('{"score": 1}'.encode("utf-16"), "INVALID_JSON"),
    "byte order mark": (b'\xef\xbb\xbf{"score": 1}', "INVALID_JSON"),
    "control character": (b'{"score": 1, "subject": "a\nb"}', "INVALID_JSON"),
    "comment": (b'{"score": 1 /* one */}', "INVALID_JSON"),
    "hexadecimal": (b'{"score": 0x10}', "INVALID_JSON"),
    "leading zero": (b'{"score": 01}', "INVALID_JSON"),
    "NUL": (b'{"score": 1}\x00', "INVALID_JSON"),
    "5,000 nested arrays": (b"[" * 5000 + b"]" * 5000, "INVALID_JSON"),
    "5,000 nested arrays in a field": (b'{"score":' + b"[" * 5000 + b"]" * 5000 + b"}", "INVALID_JSON"),
    "2,000 nested objects": (b'{"a":' * 2000 + b"1" + b"}" * 2000, "INVALID_JSON"),
    "an array": (b"[5]", "INVALID_PAYLOAD"),
    "a number": (b"5", "INVALID_PAYLOAD"),
    "a string": (b'"score"', "INVALID_PAYLOAD"),
    "null": (b"null", "INVALID_PAYLOAD"),
    "a field too many": (b'{"score": 1, "level": 3}', "INVALID_PAYLOAD"),
    "a field of another case": (b'{"score": 1, "Subject": "a"}', "INVALID_PAYLOAD"),
    "a prototype": (b'{"score": 1, "__proto__": {}}', "INVALID_PAYLOAD"),
    "empty key": (b'{"score": 1, "": 1}', "INVALID_PAYLOAD"),
    "key with braces": (b'{"score": 1, "{0.__class__}{field}": 1}', "INVALID_PAYLOAD"),
    "empty subject": (b'{"score": 1, "subject": ""}', "INVALID_PAYLOAD"),
    "subject of 257 characters": (b'{"score": 1, "subject": "%s"}' % (b"a" * 257), "INVALID_PAYLOAD"),
    "subject null": (b'{"score": 1, "subject": null}', "INVALID_PAYLOAD"),
    "subject number": (b'{"score": 1, "subject": 42}', "INVALID_PAYLOAD"),
    "subject list": (b'{"score": 1, "subject": ["a"]}', "INVALID_PAYLOAD"),
    "empty nonce": (b'{"score": 1, "nonce": ""}', "INVALID_PAYLOAD"),
    "nonce of 129 characters": (b'{"score": 1, "nonce": "%s"}' % (b"a" * 129), "INVALID_PAYLOAD"),
    "nonce null": (b'{"score": 1, "nonce": null}', "INVALID_PAYLOAD"),
    "no score": (b"{}", "MISSING_SCORE"),
    "score in another case": (b'{"subject": "a", "nonce": "b"}', "MISSING_SCORE"),
    "1e999": (b'{"score": 1e999}', "INVALID_SCORE"),
    "-1e999": (b'{"score": -1e999}', "INVALID_SCORE"),
    "2^53": (b'{"score": 9007199254740992}', "INVALID_SCORE"),
    "-2^53": (b'{"score": -9007199254740992}', "INVALID_SCORE"),
    "2^53 as float": (b'{"score": 9007199254740992.0}', "INVALID_SCORE"),
    "just above 2^53 - 1": (b'{"score": 9007199254740991.5}', "INVALID_SCORE"),
    "5,000 digits": (b'{"score": ' + b"9" * 5000 + b"}", "INVALID_SCORE"),
    "true": (b'{"score": true}', "INVALID_SCORE"),
    "false": (b'{"score": false}', "INVALID_SCORE"),
    '"5"': (b'{"score": "5"}', "INVALID_SCORE"),
    "score null": (b'{"score": null}', "INVALID_SCORE"),
    "score list": (b'{"score": [5]}', "INVALID_SCORE"),
    "score object": (b'{"score": {"$gt": 0}}', "INVALID_SCORE"),
}


@pytest.fixture(autouse=True)
def nothing_else_happens(service):
    """No ledger line, no server fault, no traceback in the log, and the service still answers."""
    before = ledger_lines(service)
    yield
    assert ledger_lines(service) == before
    assert_unharmed(service)


def test_bad_bodies_are_refused_with_a_code_each(service):
    with service.client() as client:
        for name, (body, code) in BODIES.items():
            answer = client.post("/v1/certify-score", content=body, headers={"Content-Type": "application/json"})
            problem = assert_problem(answer, 400, code)
            assert len(answer.content) < 1000, f"{name}: the answer echoes the body"
            assert problem["detail"], name


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('{"score": 1, "subject": ""}', "subject"),
        ('{"score": 1, "nonce": 7}', "nonce"),
        ('{"score": 1, "niveau": 1}', "niveau"),
        ('{"score": true}', "score"),
        ("{}", "score"),
        ('{"a": 1, "\\u0061": 2}', "a"),
        ('{"score": NaN}', "NaN"),
    ],
)
def test_the_detail_names_what_is_wrong(service, body, named):
    with service.client() as client:
        answer = client.post("/v1/certify-score", content=body, headers={"Content-Type": "application/json"})
    assert named in answer.json()["detail"]


JUST_TOO_LARGE = b'{"score": 1, "subject": "' + b"a" * (16 * 1024 - 26) + b'"}'


def test_a_body_of_one_byte_too_many_is_refused(service):
    assert len(JUST_TOO_LARGE) == 16 * 1024 + 1
    assert_problem(exchange(service, post(JUST_TOO_LARGE), "POST"), 413, "PAYLOAD_TOO_LARGE")


def test_a_body_of_the_most_bytes_is_read(service):
    answer = exchange(service, post(JUST_TOO_LARGE.replace(b"a", b"", 1)), "POST")
    assert_problem(answer, 400, "INVALID_PAYLOAD")


def chunked(*chunks: bytes) -> bytes:
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in (*chunks, b""))
    return post(body, "Transfer-Encoding: chunked", length=False)


def test_too_large_a_chunked_body_is_refused(service):
    assert_problem(exchange(service, chunked(*[b"a" * 1024] * 17), "POST"), 413, "PAYLOAD_TOO_LARGE")


def test_a_body_declared_too_large_is_refused_before_it_is_sent(service):
    for length in (17 * 1024, 10**12, 2**64 - 1):
        answer = exchange(service, post(b"", f"Content-Length: {length}", length=False), "POST")
        assert_problem(answer, 413, "PAYLOAD_TOO_LARGE")


def test_a_client_that_waits_for_100_continue_is_told_at_once_that_its_body_is_too_large(service):
    answer = exchange(service, post(b"", "Expect: 100-continue", f"Content-Length: {17 * 1024}", length=False), "POST")
    assert_problem(answer, 413, "PAYLOAD_TOO_LARGE")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/ld+json", "", "json", ";"],
)
def test_another_content_type_is_refused(service, content_type):
    answer = exchange(service, post(b'{"score": 1}', content_type=content_type), "POST")
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_missing_content_type_is_refused(service):
    data = b'POST /v1/certify-score HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\n\r\n{"score": 1}'
    assert_problem(exchange(service, data, "POST"), 415, "UNSUPPORTED_MEDIA_TYPE")


UNKNOWN = (
    "// /v1 /v1/ /v1/generate/ /health/ /docs/ /V1/generate /v1//generate /favicon.ico /docs/assets/ "
    "/docs/assets/..%2f..%2f..%2fREADME.md /docs/assets/%00 /%ff%fe /a%0d%0aX:y"
)


@pytest.mark.parametrize("path", UNKNOWN.split())
def test_an_unknown_address_is_not_found(service, path):
    answer = exchange(service, f"GET {path} HTTP/1.1\r\nHost: evil.example\r\n\r\n".encode())
    assert_problem(answer, 404, "NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/generate", {"GET"}),
        ("DELETE", "/v1/generate", {"GET"}),
        ("OPTIONS", "/v1/generate", {"GET"}),
        ("GET", "/v1/certify-score", {"POST"}),
        ("PUT", "/v1/certify-score", {"POST"}),
        ("PATCH", "/v1/certify-score", {"POST"}),
        ("POST", "/health", {"GET"}),
        ("TRACE", "/health", {"GET"}),
        ("POST", "/docs", {"GET", "HEAD"}),
        ("DELETE", "/openapi.json", {"GET", "HEAD"}),
        ("PROPFIND", "/livez", {"GET"}),
        ("QUERY", "/readyz", {"GET"}),
    ],
)
def test_another_method_is_refused_with_those_that_are_allowed(service, method, path, allowed):
    answer = exchange(service, f"{method} {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), method)
    assert_problem(answer, 405, "METHOD_NOT_ALLOWED")
    assert set(answer.headers["allow"].split(", ")) == allowed


def test_a_files_folder_takes_no_other_method_either(service):
    with service.client() as client:
        assert_problem(client.post("/docs/assets/swagger-ui.css"), 405, "METHOD_NOT_ALLOWED")


NOT_HTTP = {
    "text": b"hello\r\n\r\n",
    "binary": bytes(range(256)),
    "another protocol": b"SSH-2.0-OpenSSH_9.2\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a folded header": b"GET /health HTTP/1.1\r\n Host: x\r\n\r\n",
    "version 9": b"GET /health HTTP/9.9\r\nHost: x\r\n\r\n",
    "an unknown method": b"BREW /health HTTP/1.1\r\nHost: x\r\n\r\n",
    "a space before the colon": b"GET /health HTTP/1.1\r\nHost : x\r\n\r\n",
    "NUL in a header": b"GET /health HTTP/1.1\r\nHost: x\r\nX: a\x00b\r\n\r\n",
    "a bare carriage return": b"GET /health HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
    "a length that is none": post(b"", "Content-Length: five", length=False),
    "a negative length": post(b"", "Content-Length: -1", length=False),
    "a signed length": post(b"", "Content-Length: +5", length=False),
    "a length beyond 64 bits": post(b"", "Content-Length: 99999999999999999999999", length=False),
    "two lengths": post(b'{"score": 1}', "Content-Length: 12", "Content-Length: 13", length=False),
    "length and chunks": post(b'c\r\n{"score": 1}\r\n0\r\n\r\n', "Transfer-Encoding: chunked"),
    "an unknown coding": post(b'{"score": 1}', "Transfer-Encoding: chunked, gzip", length=False),
    "a chunk size that is none": post(b'xyz\r\n{"score": 1}\r\n0\r\n\r\n', "Transfer-Encoding: chunked", length=False),
    "a tunnel": b"CONNECT example:443 HTTP/1.1\r\nHost: example:443\r\n\r\n",
}


@pytest.mark.parametrize("name", NOT_HTTP)
def test_what_is_not_http_is_refused_in_the_same_shape(service, name):
    assert_problem(exchange(service, NOT_HTTP[name], "POST"), 400, "BAD_REQUEST")


def test_plain_http_on_the_tls_port_ends_the_connection_and_nothing_else(service):
    with socket.create_connection(("localhost", service.port), timeout=20) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        with contextlib.suppress(ConnectionResetError):
            assert b"HTTP/1.1 200" not in plain.recv(1000)


def test_huge_headers_are_refused(service):
    head = b"GET /health HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X-%d: %s\r\n" % (i, b"a" * 1000) for i in range(300))
    assert_problem(exchange(service, head), 431, "HEADERS_TOO_LARGE")


def test_one_huge_header_is_refused(service):
    head = b"GET /health HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 300_000
    assert_problem(exchange(service, head), 431, "HEADERS_TOO_LARGE")


def test_a_huge_address_is_refused(service):
    assert_problem(exchange(service, b"GET /" + b"a" * 300_000), 431, "HEADERS_TOO_LARGE")


def test_an_upgrade_is_passed_over(service):
    headers = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: eA==\r\n"
    answer = exchange(service, b"GET /health HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n")
    assert answer.status == 200


def wait_for_log(service, request_id):
    """Wait until the request has its line in the log; return it."""

    def lines():
        return [r for r in service.log() if r["event"] == "request" and r.get("request_id") == request_id]

    return wait_for(lines)[0]


def test_a_client_that_hangs_up_in_its_body_leaves_no_trace_but_a_log_line(service):
    with connection(service) as stream:
        stream.sendall(post(b'{"score"', "X-Request-ID: gone-in-body", "Content-Length: 100", length=False))
    record = wait_for_log(service, "gone-in-body")
    assert (record["status"], record["level"]) == (499, "info")


def test_a_client_that_hangs_up_before_its_answer_harms_nobody(service):
    for number in range(10):
        with connection(service) as stream:
            stream.sendall(b"GET /v1/generate HTTP/1.1\r\nHost: x\r\nX-Request-ID: gone-%d\r\n\r\n" % number)
    for number in range(10):
        wait_for_log(service, f"gone-{number}")


def test_clients_that_hang_up_at_every_byte_harm_nobody(service):
    data = post(b'{"scor', "Content-Length: 12", length=False)

    def hang_up(length: int) -> None:
        with connection(service) as stream:
            stream.sendall(data[:length])

    threads = [threading.Thread(target=hang_up, args=(length,)) for length in range(0, len(data), 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_an_error_leaves_the_connection_usable(service):
    with connection(service) as stream:
        stream.sendall(post(JUST_TOO_LARGE))
        assert_problem(read_answer(stream, "POST"), 413, "PAYLOAD_TOO_LARGE")
        stream.sendall(post(b"{}"))
        assert_problem(read_answer(stream, "POST"), 400, "MISSING_SCORE")
        stream.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert read_answer(stream).status == 200


def test_garbage_behind_a_request_is_not_taken_for_its_answer(service):
    with connection(service) as stream:
        stream.sendall(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n" + b"\x00garbage\r\n\r\n")
        assert read_answer(stream).status == 200
        assert read_answer(stream) is None


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("fr", "fr"),
        ("fr-CA, en;q=0.8", "fr"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("FR", "fr"),
        ("en, fr;q=0.9", "en"),
        ("de, *;q=0.5", "en"),
        ("fr;q=0", "en"),
        ("fr;q=nonsense", "en"),
        ("frisian", "en"),
        ("", "en"),
        (",;=,;q=," * 1000, "en"),
    ],
)
def test_the_language_follows_accept_language_and_the_code_does_not(service, accepted, language):
    with service.client() as client:
        answer = client.get("/nowhere", headers={"Accept-Language": accepted})
    problem = assert_problem(answer, 404, "NOT_FOUND")
    assert answer.headers["content-language"] == language
    assert problem["detail"] == {
        "en": "Nothing is at this address.", "fr": "Il n'y a rien à cette adresse."
    }[language]  # fmt: skip


def test_every_code_has_french(service):
    with service.client() as client:
        for body, code in {code: (body, code) for body, code in BODIES.values()}.values():
            headers = {"Content-Type": "application/json", "Accept-Language": "fr"}
            problem = client.post("/v1/certify-score", content=body, headers=headers).json()
            assert problem["error"]["code"] == code
            assert "Le " in problem["detail"] or "La " in problem["detail"] or "Une " in problem["detail"]


@pytest.mark.parametrize("given", ["a", "f0f0", "~" * 128, 'we"ird<>&;\\', "!"])
def test_the_callers_request_id_comes_back(service, given):
    with service.client() as client:
        for path in ("/health", "/nowhere", "/v1/generate", "/docs", "/openapi.json"):
            assert client.get(path, headers={"X-Request-ID": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "é", "a\tb"])
def test_a_request_id_that_could_do_harm_is_replaced(service, given):
    data = f"GET /health HTTP/1.1\r\nHost: x\r\nX-Request-ID: {given}\r\n\r\n".encode()
    answer = exchange(service, data)
    assert answer.headers["x-request-id"] != given
    assert len(answer.headers["x-request-id"]) == 32


def test_request_ids_are_made_anew_for_each_request(service):
    with service.client() as client:
        assert len({client.get("/health").headers["x-request-id"] for _ in range(5)}) == 5


@pytest.mark.parametrize("path", ["/health", "/v1/generate", "/livez", "/readyz", "/docs", "/openapi.json"])
def test_every_answer_has_the_security_headers(service, path):
    with service.client() as client:
        headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "server" not in headers


def test_creatures_and_certificates_are_not_kept_by_caches(service):
    with service.client() as client:
        assert client.get("/v1/generate").headers["cache-control"] == "no-store"


def test_a_ledger_that_was_changed_underneath_gives_503_and_nothing_is_certified(launch):
    full = launch()
    with full.client() as client:
        assert client.get("/readyz").json() == {"status": "ready", "warnings": []}
        with (full.folder / "data/certified_scores.jsonl").open("ab") as stranger:
            stranger.write(b"foreign\n")
        answer = client.post("/v1/certify-score", json={"score": 1})
        assert_problem(answer, 503, "LEDGER_UNAVAILABLE")
        assert int(answer.headers["retry-after"]) > 0
        assert_problem(client.get("/readyz"), 503, "LEDGER_UNAVAILABLE")
        assert client.get("/livez").status_code == 200
        assert client.get("/v1/generate").status_code == 200
    assert full.stop() == 0


def test_wrong_tokens_are_refused(launch):
    guarded = launch(MINIMON_BEARER_TOKEN=TOKEN)
    wrong = ["", "Bearer", "Bearer ", TOKEN, f"Basic {TOKEN}", f"Bearer {TOKEN.upper()}", f"Bearer {TOKEN.lower()}"]
    wrong += [f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f'Bearer "{TOKEN}"', f"Bearer {TOKEN},", f"Bearer\t{TOKEN}"]
    wrong += [f"Bearer {TOKEN} {TOKEN}", f"Bearer {TOKEN[:3]} {TOKEN[3:]}", "Bearer \xe9", f"Bearer {TOKEN}\xe9"]
    for value in wrong:
        head = f"GET /v1/generate HTTP/1.1\r\nHost: x\r\nAuthorization: {value}\r\n\r\n"
        answer = exchange(guarded, head.encode("latin-1"))
        assert_problem(answer, 401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"
    with guarded.client() as client:
        assert_problem(client.get("/v1/generate"), 401, "UNAUTHORIZED")
        assert_problem(client.get(f"/v1/generate?access_token={TOKEN}"), 401, "UNAUTHORIZED")
        # the token comes before the request itself
        assert_problem(client.post("/v1/certify-score", content=b"{"), 401, "UNAUTHORIZED")
        for scheme in ("Bearer", "bearer", "BEARER"):
            assert client.get("/v1/generate", headers={"Authorization": f"{scheme} {TOKEN}"}).status_code == 200
        for path in ("/health", "/livez", "/readyz", "/openapi.json", "/docs"):
            assert client.get(path).status_code == 200
    assert ledger_lines(guarded) == []
    assert TOKEN not in json.dumps(guarded.log())
    assert_unharmed(guarded)

"""The logs of the real service: complete, one line a record, unforgeable, and without secrets."""

import base64
import json
import os
import re
import subprocess
import sys

import pytest
from tests.conftest import LISTENING, PICTURES, Service
from tests.wire.conftest import assert_problem, exchange, post, wait_for

HOSTILE = '\u2028\u2029\x85\x9b31m\x1b[31m\u202e\u200b\r\n{"event":"forged"}\U000e0041'
SECRETS = {
    "MINIMON_BEARER_TOKEN": "t0ken-AAAA",
    "MINIMON_SIGNING_KEY_PASSPHRASE": "passphrase-BBBB",
    "OPENAI_API_KEY": "key-CCCC",
}


def hostile_requests(service) -> None:
    """Send what might forge a line, wherever a client may put text."""
    body = json.dumps({"score": 1, HOSTILE: "x"}, ensure_ascii=False).encode()
    one_line = HOSTILE.replace("\r\n", "")
    heads = [
        f"GET /%0a%0d{'%E2%80%A8'}%1b[31m?a=%0aforged HTTP/1.1\r\nHost: x\r\n\r\n",
        f"GET /v1/generate HTTP/1.1\r\nHost: {one_line}\r\nUser-Agent: {one_line}\r\nReferer: forged\r\n\r\n",
        f"GET /v1/generate HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 9.9.9.9, {one_line}\r\n\r\n",
        f"GET /v1/generate HTTP/1.1\r\nHost: x\r\nX-Request-ID: {one_line}\r\n\r\n",
    ]
    clean = [head.replace("\x1b", "%1b").encode().replace(b"\x9b", b"") for head in heads]
    clean.append(b"GET /v1/generate HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: \x85\x9b31mforged\x84\r\n\r\n")
    for data in (*clean, post(body), post(body.replace(b'"', b""))):
        assert exchange(service, data) is not None


@pytest.fixture(scope="module")
def talkative(launch):
    return launch(
        MINIMON_TLS="0",
        LOG_REQUEST_BODY="1",
        LOG_LEVEL="DEBUG",
        MINIMON_TRUSTED_PROXIES="127.0.0.1,::1",
        MINIMON_RATE_LIMIT_PER_MIN="1000",
    )


def requests_of(service, request_id):
    """Return the records of one request; the line about it is written just after its answer."""

    def found():
        records = [record for record in service.log() if record.get("request_id") == request_id]
        return (
            records if any(record["event"].startswith("request") and "status" in record for record in records) else []
        )

    return wait_for(found)


def test_a_request_has_one_line_that_says_all(service):
    with service.client(headers={"X-Request-ID": "one-line"}) as client:
        client.get("/health?secret=1")
    (request,) = requests_of(service, "one-line")
    assert request.pop("ms") >= 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", request.pop("time"))
    assert request.pop("client") in {"127.0.0.1", "::1"}
    assert request == {
        "level": "info",
        "event": "request",
        "method": "GET",
        "route": "/health",
        "status": 200,
        "request_id": "one-line",
        "logger": "minimon.web.edge",
    }


def test_the_line_of_a_generation_says_what_was_made(service):
    with service.client(headers={"X-Request-ID": "made"}) as client:
        metadata = client.get("/v1/generate").json()["metadata"]
    (line,) = requests_of(service, "made")
    assert (line["route"], line["status"]) == ("/v1/generate", 200)
    assert (line["id"], line["name"], line["rarity"]) == (metadata["id"], metadata["name"], metadata["rarity"])
    assert line["backend"] == "files"
    assert not {"image_b64", "image_hex"} & line.keys()


@pytest.mark.parametrize(
    ("method", "path", "status", "route"),
    [
        ("GET", "/nowhere/secret", 404, "none"),
        ("POST", "/health", 405, "/health"),
        ("POST", "/v1/certify-score", 415, "/v1/certify-score"),
        ("GET", "/livez", 200, "/livez"),
    ],
)
def test_every_kind_of_answer_is_logged_by_its_route_not_its_path(service, method, path, status, route):
    request_id = f"{method}{path}"
    with service.client(headers={"X-Request-ID": request_id}) as client:
        client.request(method, path)
    (line,) = requests_of(service, request_id)
    assert (line["method"], line["status"], line["route"]) == (method, status, route)


def test_what_the_server_refuses_is_logged_under_the_id_that_the_client_got(service):
    answer = exchange(service, b"nonsense\r\n\r\n")
    (line,) = requests_of(service, answer.headers["x-request-id"])
    assert (line["event"], line["status"], line["code"]) == ("request refused", 400, "BAD_REQUEST")


def test_the_servers_own_lines_have_the_same_form(service):
    loggers = {record["logger"] for record in service.log()}
    assert "uvicorn.error" in loggers
    for record in service.log():
        assert {"time", "level", "event", "logger"} <= record.keys()


def test_json_lines_cannot_be_forged(talkative):
    hostile_requests(talkative)
    data = talkative.log_text().encode()
    assert len(data.decode().splitlines()) == data.count(b"\n")  # splitlines knows every kind of line end
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202e\U000e0041]", data.decode())
    for record in talkative.log():
        assert record["event"] != "forged"
    # nothing is lost by that: a reader gets the very characters back
    assert any(
        HOSTILE in json.loads(r["body"]) for r in talkative.log() if r["event"] == "request body" and '"' in r["body"]
    )


@pytest.fixture(scope="module")
def text_service(launch):
    """A service that logs text, and whose ledger was changed, so that there are tracebacks as well."""
    service = launch(
        LOG_JSON="0",
        LOG_REQUEST_BODY="1",
        MINIMON_TLS="0",
        MINIMON_TRUSTED_PROXIES="127.0.0.1,::1",
    )
    with (service.folder / "data/certified_scores.jsonl").open("ab") as stranger:
        stranger.write(b"foreign\n")
    return service


LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z \[(debug|info|warning|error|critical) +\] \S.*")


def test_text_lines_cannot_be_forged(text_service):
    hostile_requests(text_service)
    with text_service.client() as client:
        assert_problem(client.post("/v1/certify-score", json={"score": 1}), 503, "LEDGER_UNAVAILABLE")
    text = text_service.log_text()
    lines = text.splitlines()
    assert len(lines) == text.count("\n")
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u2028\u2029\u202e\U000e0041]", text)
    for line in lines:
        assert LINE.fullmatch(line) or line.startswith("  | "), line
    assert "forged" in text  # it is there, inside the body's line


def test_a_fault_of_ours_has_its_traceback_in_the_text_log_and_no_warning_beside_it(text_service):
    with text_service.client() as client:
        client.post("/v1/certify-score", json={"score": 1})
    text = text_service.log_text()
    assert "  | minimon.errors.LedgerUnavailableError" in text
    assert "Warning" not in text


def test_text_lines_say_what_json_lines_say(text_service):
    with text_service.client(headers={"X-Request-ID": "in-text"}) as client:
        client.get("/v1/generate")

    (line,) = (line for line in text_service.log_text().splitlines() if "in-text" in line)
    assert all(part in line for part in ("method=GET", "route=/v1/generate", "status=200", "ms=", "client="))
    assert all(part in line for part in ("id=mnm_", "name=", "rarity=", "backend=files"))


def test_a_body_is_logged_only_where_the_operator_says_so(service, talkative):
    for asked, logged in ((service, False), (talkative, True)):
        with asked.client(headers={"X-Request-ID": "body"}) as client:
            client.post("/v1/certify-score", json={"score": 1, "subject": "who-is-it"})
        assert ("who-is-it" in json.dumps(requests_of(asked, "body"))) == logged


def test_a_body_that_is_not_utf_8_is_logged_with_escapes(talkative):
    exchange(talkative, post(b"\xff\xfe", "X-Request-ID: escapes"))
    (line,) = (record for record in requests_of(talkative, "escapes") if record["event"] == "request body")
    assert line["body"] == r"\xff\xfe"


def test_pictures_are_logged_as_the_switches_say(run_service):
    service = run_service(LOG_IMAGE_B64="1", LOG_SAMPLE_IMAGE_BYTES="8", MINIMON_TLS="0")
    with service.client() as client:
        picture = client.get("/v1/generate").json()["imageBase64"]
    (line,) = (record for record in service.log() if record.get("route") == "/v1/generate")
    assert line["image_b64"] == picture
    assert line["image_hex"] == base64.b64decode(picture)[:8].hex() == "89504e470d0a1a0a"


@pytest.fixture
def unread(tmp_path):
    """A service whose log goes into a pipe that nobody reads once it listens."""
    variables = {"MINIMON_TLS": "0", "MINIMON_PORT": "0", "MINIMON_HOST": "localhost", "LOG_IMAGE_B64": "1"}
    variables |= {"MINIMON_IMAGES_DIR": str(PICTURES), "MINIMON_RATE_LIMIT_PER_MIN": "0"}
    command = [sys.executable, "-m", "minimon"]
    with subprocess.Popen(command, cwd=tmp_path, env=os.environ | variables, stdout=subprocess.PIPE) as process:
        listening = next(found for line in process.stdout if (found := LISTENING.search(line)))
        yield Service(process, tmp_path, tmp_path / "none", int(listening[1]), tls=False)
        process.kill()


def test_a_log_that_nobody_reads_holds_up_no_request_and_no_stop(unread):
    with unread.client() as client:
        for _ in range(20):  # each of their lines is longer than a pipe
            assert client.get("/v1/generate").status_code == 200
    assert unread.stop() == 0


def test_a_service_that_ends_has_written_every_line(run_service):
    service = run_service(MINIMON_TLS="0", MINIMON_RATE_LIMIT_PER_MIN="0")
    with service.client() as client:
        for number in range(50):
            client.get("/livez", headers={"X-Request-ID": f"last-{number}"})
    service.stop()
    text = service.log_path.read_text()
    assert all(f'"last-{number}"' in text for number in range(50))


def test_the_level_leaves_out_what_is_below_it(run_service):
    folder_log = run_service(LOG_LEVEL="INFO", MINIMON_TLS="0")
    with folder_log.client() as client:
        client.get("/v1/generate")
    assert {record["level"] for record in folder_log.log()} <= {"info", "warning", "error"}


def test_no_secret_is_in_a_log_or_an_answer_even_at_debug_level(run_service, tmp_path):
    key = tmp_path / "key.pem"
    command = ["openssl", "genpkey", "-algorithm", "ED25519", "-aes256", "-out", key]
    subprocess.run([*command, "-pass", f"pass:{SECRETS['MINIMON_SIGNING_KEY_PASSPHRASE']}"], check=True)
    service = run_service(
        **SECRETS, MINIMON_SIGNING_KEY_PATH=str(key), LOG_LEVEL="DEBUG", LOG_REQUEST_BODY="1", LOG_REMOTE_CONTENT="1"
    )
    seen = ""
    with service.client() as client:
        for token in (SECRETS["MINIMON_BEARER_TOKEN"], "wrong"):
            headers = {"Authorization": f"Bearer {token}"}
            for path in ("/health", "/v1/generate", "/nowhere", "/readyz", "/openapi.json", "/docs"):
                seen += client.get(path, headers=headers).text
            seen += client.post("/v1/certify-score", json={"score": 1}, headers=headers).text
            seen += client.post("/v1/certify-score", content="{", headers=headers).text
    seen += service.log_text()
    assert "signatureB64" in seen and "UNAUTHORIZED" in seen
    for secret in SECRETS.values():
        assert secret not in seen


def test_a_wrong_passphrase_or_token_is_not_shown_by_the_start_that_it_stops(start_fails, tmp_path):
    key = tmp_path / "key.pem"
    command = ["openssl", "genpkey", "-algorithm", "ED25519", "-aes256", "-pass", "pass:right", "-out", key]
    subprocess.run(command, check=True)
    lines = start_fails(MINIMON_SIGNING_KEY_PATH=str(key), MINIMON_SIGNING_KEY_PASSPHRASE="passphrase-BBBB")
    lines += start_fails(MINIMON_BEARER_TOKEN="t0ken with spaces")
    assert "BBBB" not in str(lines) and "t0ken" not in str(lines)

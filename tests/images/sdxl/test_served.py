"""The real service with the real engine on a tiny checkpoint, over HTTPS."""

import base64
import io
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from PIL import Image

SECONDS = 300


@pytest.fixture
def start(run_service, environment):
    def run(**changes: str):
        return run_service(**(environment | changes))

    return run


def wait_until_ready(client: httpx2.Client) -> list[httpx2.Response]:
    """Ask until the service is ready; return the answers before that."""
    refused = []
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        answer = client.get("/readyz")
        if answer.status_code == 200:
            return refused
        refused.append(answer)
        time.sleep(0.05)
    raise AssertionError(refused[-1].text)


def said(answer: dict) -> tuple[dict, dict]:
    """Return what the PNG and what the JSON say."""
    with Image.open(io.BytesIO(base64.b64decode(answer["imageBase64"]))) as image:
        image.load()
        return image.text, answer["metadata"]


def test_the_service_answers_while_it_loads_and_then_serves_64_at_once_with_none_crossed(start):
    service = start()
    with service.client() as client:
        refused = wait_until_ready(client)
        assert {answer.json()["error"]["code"] for answer in refused} <= {"STARTING"}
        assert all("Retry-After" in answer.headers for answer in refused)
        with ThreadPoolExecutor(64) as pool:
            answers = list(pool.map(lambda _: client.get("/v1/generate"), range(64)))
        assert {answer.status_code for answer in answers} == {200}
        seeds = set()
        for answer in answers:
            text, metadata = said(answer.json())
            seeds.add(metadata["seed"])
            assert (text["seed"], text["name"]) == (str(metadata["seed"]), metadata["name"])
            assert (text["rarity"], text["element"]) == (metadata["rarity"], metadata["element"])
            assert metadata["backend"] == "sdxl"
        assert len(seeds) == 64
        backend = client.get("/v1/backend").json()
    assert backend["state"] == "ready"
    flags = {flag["name"]: flag for flag in backend["flags"]}
    assert flags["SDXL_QUANTIZATION"] == {
        "name": "SDXL_QUANTIZATION",
        "requested": "fp8 (default)",
        "applied": "fp8-weight",
        "reason": "saves memory only: the arithmetic stays wide; fp8-dynamic-row needs cuda, this is cpu",
    }
    assert backend["facts"]["family"] == "sdxl-turbo"
    assert service.stop() == 0
    assert "it/s]" not in service.log_path.read_text()  # no library's progress bars among the lines


@pytest.mark.parametrize("named", ["0", "1"])
def test_a_seed_draws_the_same_picture_again_from_the_command_line(start, environment, tmp_path, named):
    environment["SDXL_NAME_IN_PROMPT"] = named
    service = start()
    with service.client() as client:
        wait_until_ready(client)
        answer = client.get("/v1/generate").json()
    service.stop()
    command = (sys.executable, "-m", "minimon", "generate", "--seed", str(answer["metadata"]["seed"]), "--out", "x.png")
    environ = environment | {"PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=SECONDS, check=True
    )
    assert (tmp_path / "x.png").read_bytes() == base64.b64decode(answer["imageBase64"])
    assert answer["metadata"]["name"] in done.stdout


def test_past_the_bound_the_service_is_overloaded_and_says_until_when(start):
    service = start(SDXL_SLOTS="1", SDXL_QUEUE="1")
    with service.client() as client:
        wait_until_ready(client)
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: client.get("/v1/generate"), range(32)))
    refused = [answer for answer in answers if answer.status_code != 200]
    assert {answer.status_code for answer in answers} == {200, 503}
    assert {answer.json()["error"]["code"] for answer in refused} == {"OVERLOADED"}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)


def test_the_fallback_serves_while_the_engine_loads_and_says_so(start):
    service = start(MINIMON_FALLBACK_BACKEND="files")
    with service.client() as client:
        answer = client.get("/v1/generate")
        assert answer.status_code == 200
        assert answer.json()["metadata"]["backend"] == "files"
        assert client.get("/readyz").status_code == 200


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SDXL_TURBO_MODEL": "/nowhere"}, "SDXL_TURBO_MODEL is /nowhere: there is no such folder"),
        ({"SDXL_USE_XFORMERS": "1"}, "SDXL_USE_XFORMERS is 1: xformers needs cuda, this is cpu"),
    ],
)
def test_what_cannot_be_ends_the_start_with_one_line(environment, changes, words, tmp_path):
    environ = environment | {"PATH": "/usr/bin:/bin", "MINIMON_PORT": "0", "MINIMON_HOST": "localhost"} | changes
    command = (sys.executable, "-m", "minimon", "serve")
    done = subprocess.run(
        command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 2
    ours = [line for line in done.stderr.splitlines() if line.startswith("minimon: ")]
    assert len(ours) == 1
    assert words in ours[0]
    assert "Traceback" not in done.stderr

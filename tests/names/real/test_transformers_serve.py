"""``transformers serve`` with a model that babbles: a server that nobody wrote for this test.

``make test-names-server`` makes the virtual environment that the server runs in.
"""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import httpx2
import orjson
import pytest

from minimon.names.rules import valid_name

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".venv-names/bin/python"
PATIENCE = 180

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PYTHON.exists(), reason="no .venv-names: run `make test-names-server`"),
]


@pytest.fixture(scope="module")
def babbling(tmp_path_factory):
    """The address of the server, and its model."""
    folder = tmp_path_factory.mktemp("babbling")
    model = folder / "model"
    subprocess.run([PYTHON, Path(__file__).with_name("babbler.py"), model], check=True, capture_output=True)
    with socket.create_server(("localhost", 0)) as taken:
        port = str(taken.getsockname()[1])
    environ = os.environ | {"HF_HOME": str(folder), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [
        PYTHON.with_name("transformers"),
        "serve",
        "--device",
        "cpu",
        "--host",
        "localhost",
        "--port",
        port,
        model,
    ]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, stdout=log, stderr=log)
    try:
        wait_for(f"http://localhost:{port}/health", process, folder / "server.log")
        yield f"http://localhost:{port}/v1", str(model)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()


def wait_for(url, process, log_path):
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx2.get(url, timeout=5, trust_env=False).status_code == 200:
                return
        except httpx2.HTTPError:
            time.sleep(0.2)
    raise AssertionError(log_path.read_text())


@pytest.fixture
def talking(run_service, babbling):
    base_url, model = babbling
    return run_service(
        MINIMON_NAME_BACKEND="remote",
        MINIMON_NAME_STOCK="32",
        MINIMON_RATE_LIMIT_PER_MIN="0",
        OPENAI_BASE_URL=base_url,
        OPENAI_MODEL=model,
        OPENAI_TIMEOUT="60",
        LOG_REMOTE_CONTENT="1",
    )


def answers(service):
    return [line for line in service.log() if line["event"] == "server answered"]


def test_a_model_that_babbles_is_understood_where_it_can_be(talking):
    """What it says is noise, so what is held is that each answer is a chat completion, and each name a name."""
    end = time.monotonic() + PATIENCE
    names = []
    with talking.client() as client:
        while len(answers(talking)) < 8 and time.monotonic() < end:
            names.append(client.get("/v1/generate").raise_for_status().json()["metadata"]["name"])
            time.sleep(0.1)
        health = client.get("/health").json()["names"]
    assert all(map(valid_name, names))
    assert len(answers(talking)) >= 8, talking.log()
    assert all(line["status"] == 200 for line in answers(talking))
    assert health.get("lastFault", "no_name") in {"no_name", "repeats"}
    assert talking.stop() == 0


def test_the_command_shows_what_the_model_said(babbling):
    base_url, model = babbling
    environ = os.environ | {"OPENAI_BASE_URL": base_url, "OPENAI_MODEL": model, "OPENAI_TIMEOUT": "60"}
    command = [ROOT / ".venv/bin/minimon", "names", "--remote", "--explain", "--count", "3"]
    done = subprocess.run(command, check=False, env=environ, capture_output=True, text=True, timeout=PATIENCE)
    assert "# parser: " in done.stdout
    assert done.returncode in {0, 1}


def test_an_unknown_model_is_refused_in_words(babbling):
    base_url, _ = babbling
    environ = os.environ | {"OPENAI_BASE_URL": base_url, "OPENAI_MODEL": "another", "OPENAI_TIMEOUT": "60"}
    command = [ROOT / ".venv/bin/minimon", "names", "--remote"]
    done = subprocess.run(
        command, check=False, env=environ | {"LOG_REMOTE_CONTENT": "1"}, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    faults = [line for line in done.stderr.splitlines() if line.startswith("minimon: ")]
    assert len(faults) == 1 and "refused: status 400" in faults[0]
    said = [orjson.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]  # by a thread of its own
    assert [line["status"] for line in said if line["event"] == "server answered"] == [400, 400, 400]

"""Clients that leave and devices that are lost, over TLS, on the real engine."""

import socket
import ssl
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson
import pytest

SECONDS = 300


@pytest.fixture
def start(run_service, environment):
    """Start a service with one slot, no stock and common creatures only, whose device a test can hold and lose."""

    def run(**changes: str):
        program = str(Path(__file__).parent / "breakable.py")
        few = {
            "SDXL_SLOTS": "1",
            "MINIMON_STOCK_SIZE": "0",
            "MINIMON_RARITY_WEIGHTS": "F=1,E=0,D=0,C=0,B=0,A=0,S=0,S+=0",
        }
        return run_service(sys.executable, program, **(environment | few | changes))

    return run


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def records(service) -> list[dict]:
    """Return the log so far, without what other people's packages print beside it."""
    lines = service.log_path.read_bytes().splitlines(keepends=True)
    return [orjson.loads(line) for line in lines if line.startswith(b"{") and line.endswith(b"\n")]


def ask(service) -> ssl.SSLSocket:
    """Ask for a creature on a connection of its own, and do not wait."""
    context = ssl.create_default_context(cafile=service.folder / "certs/cert.pem")
    plain = socket.create_connection(("localhost", service.port), timeout=20)
    secure = context.wrap_socket(plain, server_hostname="localhost")
    secure.sendall(b"GET /v1/generate HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return secure


def queue(client) -> tuple[int, int]:
    facts = client.get("/v1/backend").json()["facts"]
    return facts["in_slots"], facts["waiting"]


def state(client) -> str:
    return client.get("/v1/backend").json()["state"]


def test_an_order_whose_client_hung_up_costs_no_step_and_a_drawn_creature_goes_to_the_next(start):
    service = start()
    hold = service.folder / "hold"
    with service.client() as client:
        until(lambda: state(client) == "ready")
        hold.touch()
        first = ask(service)
        until(lambda: queue(client) == (1, 0))
        second = ask(service)
        until(lambda: queue(client) == (1, 1))
        second.close()
        until(lambda: queue(client) == (1, 0))  # nobody waits behind it
        first.close()
        until(lambda: [record.get("status") for record in records(service)].count(499) == 2)
        assert queue(client) == (1, 0)  # it has cost work
        hold.unlink()
        until(lambda: queue(client) == (0, 0))
        assert calls(service) == 1
        answers = []

        def was_one_handed_on() -> bool:
            """Ask once more, and say whether fewer pictures were drawn than there are clients so far, gone or not."""
            answers.append(client.get("/v1/generate").json()["metadata"]["backend"])
            return calls(service) == len(answers)

        until(was_one_handed_on)  # at once, unless it is still being packed
    assert set(answers) == {"sdxl"}


def calls(service) -> int:
    """Return how many pictures of one step each the UNet has worked at."""
    return len((service.folder / "calls").read_text())


def lose_device(service, client, pool) -> list:
    """Lose the device under two requests, one in the slot and one waiting; return their answers."""
    hold = service.folder / "hold"
    hold.touch()
    futures = [pool.submit(client.get, "/v1/generate")]
    until(lambda: queue(client) == (1, 0))
    futures.append(pool.submit(client.get, "/v1/generate"))
    until(lambda: queue(client) == (1, 1))
    (service.folder / "lost").touch()
    hold.unlink()
    return [future.result() for future in futures]


def test_a_lost_device_fails_what_is_in_flight_and_the_service_is_ready_again_later(start):
    service = start()
    with service.client() as client, ThreadPoolExecutor() as pool:
        until(lambda: client.get("/readyz").status_code == 200)
        in_slot, waiting = lose_device(service, client, pool)
        assert client.get("/livez").status_code == 200
        refused = client.get("/readyz")
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "STARTING")
        assert (in_slot.status_code, in_slot.json()["error"]["code"]) == (500, "GENERATION_FAILED")
        assert (waiting.status_code, waiting.json()["error"]["code"]) == (503, "STARTING")
        assert int(waiting.headers["Retry-After"]) > 0
        until(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/v1/generate").json()["metadata"]["backend"] == "sdxl"
    crashed = [record for record in records(service) if record["event"] == "engine crashed"]
    assert [record["restart_in_seconds"] for record in crashed] == [1.0]


def test_the_fallback_draws_meanwhile_and_the_engine_is_seen_to_come_back(start):
    service = start(MINIMON_FALLBACK_BACKEND="files")
    with service.client() as client, ThreadPoolExecutor() as pool:
        until(lambda: state(client) == "ready")
        answers = lose_device(service, client, pool)
        said = client.get("/v1/backend").json()
        assert (said["state"], said["stand_in"]) == ("starting", "files")
        assert client.get("/readyz").status_code == 200
        assert [answer.json()["metadata"]["backend"] for answer in answers] == ["files", "files"]
        until(lambda: state(client) == "ready")
        assert client.get("/v1/backend").json()["stand_in"] is None
        assert client.get("/v1/generate").json()["metadata"]["backend"] == "sdxl"

"""A stock of ready creatures, through the real service."""

import signal

import pytest

DRAWN = {"MINIMON_GENERATION_BACKEND": "drawn", "MINIMON_DRAWN_SIZE": "64", "MINIMON_RATE_LIMIT_PER_MIN": "0"}


def fill(client):
    """Wait until no batch fits in any more."""
    while (stock := client.get("/health").json()["stock"])["level"] < stock["size"] - 2:
        signal.sigtimedwait([], 0.05)
    return stock


@pytest.fixture
def stocked(run_service):
    return run_service(**DRAWN, MINIMON_STOCK_SIZE="8")


def test_the_level_of_the_stock_is_shown(stocked):
    with stocked.client() as client:
        stock = fill(client)
        assert stock.keys() == {"level", "size", "oldestSeconds"}
        assert stock["oldestSeconds"] >= 0
        assert client.get("/v1/backend").json()["stock"]["size"] == 8


def test_creatures_come_from_the_stock_in_every_form(stocked):
    with stocked.client() as client:
        fill(client)
        body = client.get("/v1/generate").json()
        assert body["metadata"]["mintedAt"] <= body["generatedAt"]
        for form, beginning in (("image/png", b"\x89PNG"), ("image/webp", b"RIFF"), ("image/svg+xml", b"<svg")):
            answer = client.get("/v1/generate", headers={"Accept": form})
            assert answer.content.startswith(beginning)
            assert answer.headers["x-minimon-minted-at"] <= answer.headers["x-minimon-generated-at"]


def test_without_a_stock_nothing_is_said_of_one(service):
    with service.client() as client:
        assert "stock" not in client.get("/health").json()
        assert client.get("/v1/backend").json()["stock"] is None
        body = client.get("/v1/generate").json()
        assert body["metadata"]["mintedAt"] <= body["generatedAt"]  # a second may end between them
    assert not (service.folder / "data/draws").exists()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_drawn_before_a_restart_is_handed_out_after_it(run_service, start_real, tmp_path, number):
    first = run_service(**DRAWN, MINIMON_STOCK_SIZE="8")
    with first.client() as client:
        fill(client)
        client.get("/v1/generate")
    first.stop(number)
    path = first.folder / "data/draws"
    content = path.read_bytes()
    drawn = {int.from_bytes(content[at : at + 8]) - 1 for at in range(0, len(content), 8)} - {-1}
    assert len(drawn) >= 7
    folder = tmp_path / "second"  # a log of its own: what the killed one started may write into the first for a moment
    folder.mkdir()
    second = start_real(folder, DRAWN | {"MINIMON_STOCK_SIZE": "8", "MINIMON_DRAWS_PATH": str(path)})
    with second.client() as client:
        assert {client.get("/v1/generate").json()["metadata"]["seed"] for _ in drawn} == drawn
    second.stop()


def test_a_second_service_on_the_same_draws_is_refused(run_service, refused, tmp_path):
    stocked = run_service(MINIMON_STOCK_SIZE="1")
    folder = tmp_path / "second"
    folder.mkdir()
    status, lines = refused(
        folder, {"MINIMON_STOCK_SIZE": "1", "MINIMON_DRAWS_PATH": str(stocked.folder / "data/draws")}
    )
    assert status == 2
    assert "another process uses it" in lines[0]

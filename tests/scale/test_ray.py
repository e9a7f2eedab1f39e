"""Pictures from a real Ray cluster: what they are, and what clients see when a part of it dies under load.

Needs the extra ``ray``, which ``make test-ray`` installs.
"""

import asyncio
import base64
import io
import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

backend = pytest.importorskip("minimon.images.ray.backend", exc_type=ImportError, reason="needs the extra ray")

from tests.images.test_contract import (  # noqa: E402, F401 - the contract of every backend, kept here with Ray
    EVERY_TRAITS,
    test_calls_may_overlap_and_each_gets_what_it_would_get_alone,
    test_whatever_the_traits_the_picture_is_a_whole_png_in_both_forms,
)
from tests.ray_cluster import RayCluster, bridge_of, send  # noqa: E402
from tests.scale.conftest import Fleet, load  # noqa: E402
from tests.servers import until  # noqa: E402

from minimon.images.drawn.backend import draw_picture  # noqa: E402
from minimon.settings import Settings  # noqa: E402

TINY = Path(__file__).parent.parent / "images/sdxl"
"""Where ``tiny.py`` is, which makes a checkpoint."""
SECONDS = 90
"""A bound on every wait, never what is measured."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Run a cluster with two replicas that draw. All that has to do with it knows its token."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex())
        cluster = RayCluster(tmp_path_factory.mktemp("ray"))
        cluster.deploy()
        yield cluster
        cluster.kill()


@pytest.fixture(scope="module", params=["address", "client_address"])
def draw(request, cluster):
    """Return what draws for each of the traits at once, with one backend for all tests that ask it one way."""
    settings = Settings(ray_address=getattr(cluster, request.param))
    with asyncio.Runner() as runner:
        opened = backend.open_ray(settings)
        images = runner.run(opened.__aenter__())
        runner.run(ready(images))

        async def draw_all(traits):
            return await asyncio.gather(*(images.draw(one, "Aquapyre") for one in traits))

        yield lambda traits: runner.run(draw_all(traits))
        runner.run(opened.__aexit__(None, None, None))


async def ready(images):
    async with asyncio.timeout(SECONDS):
        while images.status().state != "ready":  # noqa: ASYNC110 - as a probe does
            await asyncio.sleep(0.1)


def from_cluster(address):
    return {"MINIMON_GENERATION_BACKEND": "ray", "MINIMON_RAY_ADDRESS": address, "MINIMON_STOCK_SIZE": "0"}


@pytest.fixture(scope="module")
def four(cluster, tmp_path_factory):
    """Run four services that take their pictures from the cluster."""
    fleet = Fleet(tmp_path_factory.mktemp("fleet"))
    yield fleet.start(4, **from_cluster(cluster.address))
    fleet.stop()


@pytest.fixture
def services(four):
    """Return the four services once each is ready."""
    until_ready(four)
    return four


def until_ready(services):
    until(lambda: all(get(one, "/readyz").status_code == 200 for one in services), SECONDS)


async def patient(client, _number):
    """Ask for a creature as a client does that does not hang up."""
    answer = await client.get("/v1/generate", timeout=SECONDS)
    return answer.status_code, answer.json().get("metadata", {}).get("id", "")


def get(service, path):
    with service.client() as client:
        return client.get(path)


def test_a_seed_has_the_picture_that_it_has_without_a_cluster(draw):
    drawn = draw(EVERY_TRAITS[:8])
    assert [picture.png for picture in drawn] == [draw_picture(traits, 512).png for traits in EVERY_TRAITS[:8]]


def test_the_service_says_how_the_cluster_is_over_https(run_service, cluster):
    service = run_service(MINIMON_GENERATION_BACKEND="ray", MINIMON_RAY_ADDRESS=cluster.address)
    until(lambda: get(service, "/readyz").status_code == 200, SECONDS)
    answer = get(service, "/v1/generate")
    assert (answer.status_code, answer.json()["metadata"]["backend"]) == (200, "ray")
    said = get(service, "/v1/backend").json()
    assert said["state"] == "ready"
    expected = {"engine": "drawn", "size": "512x512", "server": "closed", "replicas": 2}
    assert expected.items() <= said["facts"].items()


def test_who_has_joined_a_cluster_never_starts_another(cluster):
    lose = "import sys, ray, ray.serve; from minimon.images.ray.joining import join; join(sys.argv[1]); ray.shutdown()"
    done = subprocess.run(
        (sys.executable, "-c", f"{lose}; print('connected', *ray.serve.status().applications)", cluster.client_address),
        capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    # Serve connects by itself, to this cluster or, where Ray stumbles over a zombie among all processes, to none
    assert done.stdout.split() in (["connected", "minimon"], []), done.stderr
    assert not cluster.other_heads()


def test_a_killed_replica_costs_no_request(services, cluster, enter):
    with load(services) as seen:
        for _ in range(2):
            seen.wait(100)
            send(cluster.replicas()[0], signal.SIGKILL)
        seconds = seen.wait(100)
    enter("SIGKILL of a replica on the Ray cluster, twice", seen, next_hundred_after=round(seconds, 1))
    assert not seen.failed()
    assert not seen.duplicates()


def test_a_killed_bridge_costs_no_request(services, enter):
    one = services[0]
    with load([one]) as seen:
        seen.wait(20)
        killed = time.monotonic()
        send(bridge_of(one.process.pid), signal.SIGKILL)
        seen.wait(50)
    enter("SIGKILL of the bridge to Ray", seen, longest_gap=round(seen.longest_gap(killed), 1))
    assert not seen.failed()


def test_a_replica_and_a_bridge_that_hang_cost_no_request(services, cluster, enter):
    until(lambda: len(cluster.replicas()) == 2, SECONDS)
    replica, bridge = cluster.replicas()[0], bridge_of(services[0].process.pid)
    with load(services, patient) as seen:
        seen.wait(20)
        held = time.monotonic()
        send(replica, signal.SIGSTOP)
        send(bridge, signal.SIGSTOP)
        with services[0].client() as client:
            for _ in range(50):
                assert client.get("/livez").status_code == 200
        assert time.monotonic() - held < 10  # a second would do; a bridge that is waited for takes twenty
        until(lambda: bridge_of(services[0].process.pid) not in {0, bridge}, SECONDS)
        until(lambda: replica not in cluster.replicas(), SECONDS)
        gone = time.monotonic() - held
        seen.wait(20)
    enter("SIGSTOP of a replica on the Ray cluster, and of a bridge to it", seen, ended_after=round(gone, 1))
    assert not seen.failed()


def test_a_head_that_hangs_costs_no_request(services, cluster, enter):
    head = cluster.head()
    with load(services) as seen:
        seen.wait(20)
        held = time.monotonic()
        send(head, signal.SIGSTOP)
        time.sleep(12)  # longer than a bridge waits for a word where no picture comes
        send(head, signal.SIGCONT)
        seen.wait(50)
    enter("SIGSTOP of the Ray head for 12 s", seen, longest_gap=round(seen.longest_gap(held), 1))
    assert not seen.failed()
    assert len(cluster.replicas()) == 2


def test_replicas_come_and_go_with_the_load_within_their_bounds(services, cluster, enter):
    cluster.deploy(
        MINIMON_RAY_MIN_REPLICAS="1",
        MINIMON_RAY_TARGET_ONGOING="1",
        MINIMON_RAY_SCALE_UP_AFTER="1",
        MINIMON_RAY_SCALE_DOWN_AFTER="3",
    )
    until(lambda: len(cluster.replicas()) == 1, SECONDS)
    with load(services) as seen:
        up = until(lambda: len(cluster.replicas()) == 2, SECONDS)
        seen.wait(100)
        assert len(cluster.replicas()) == 2
    down = until(lambda: len(cluster.replicas()) == 1, SECONDS)
    enter("Ray replicas from 1 to 2 and back", seen, up_after=round(up, 1), down_after=round(down, 1))
    assert not seen.failed()


def test_a_dead_cluster_is_told_and_its_return_noticed(fleet, services, cluster, enter):
    near, *others = services
    for one in others:
        one.stop(signal.SIGKILL)
    (far,) = fleet.start(1, **from_cluster(cluster.client_address))
    (with_fallback,) = fleet.start(1, **from_cluster(cluster.address), MINIMON_FALLBACK_BACKEND="drawn")
    until_ready([near, far, with_fallback])
    until(lambda: get(with_fallback, "/v1/backend").json()["stand_in"] is None, SECONDS)
    refusals = []

    async def ask(client, _number):
        answer = await client.get("/v1/generate", timeout=SECONDS)
        if answer.status_code != 200:
            refusals.append(answer)
            await asyncio.sleep(0.5)
        return answer.status_code, ""

    with load([near, far], ask, clients=4) as seen, load([with_fallback], patient, clients=2, pause=0.2) as stood_in:
        seen.wait(20)
        stood_in.wait(20)
        killed = time.monotonic()
        cluster.kill()
        until(lambda: all(get(one, "/readyz").status_code == 503 for one in (near, far)), SECONDS)
        told = time.monotonic() - killed
        assert {get(one, "/readyz").json()["error"]["code"] for one in (near, far)} == {"STARTING"}
        assert {get(one, "/livez").status_code for one in (near, far)} == {200}
        assert "refused" in get(near, "/v1/backend").json()["stage"]
        until(lambda: get(with_fallback, "/v1/backend").json()["stand_in"] == "drawn", SECONDS)
        assert get(with_fallback, "/readyz").status_code == 200
        restarted = time.monotonic()
        cluster.start()
        for one in (near, far):
            until(lambda: "minimon cluster deploy" in get(one, "/v1/backend").json()["stage"], SECONDS)  # noqa: B023 - called at once
        assert not cluster.other_heads()
        cluster.deploy()
        until_ready([near, far])
        back = time.monotonic() - restarted
        seen.wait(4)
    enter("SIGKILL of the Ray head and all of its node", seen, refused_after=round(told, 1), back_after=round(back, 1))
    enter("the same, with a fallback", stood_in, longest_gap=round(stood_in.longest_gap(killed), 1))
    assert set(seen.statuses()) == {200, 503}
    assert {answer.json()["error"]["code"] for answer in refusals} == {"STARTING"}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 10 for answer in refusals)
    assert not stood_in.failed()


def test_what_was_deployed_can_be_seen_and_taken_away(cluster):
    shown = cluster.minimon("cluster", "status")
    assert shown.stdout.splitlines()[:2] == ["minimon: running", "replicas: 2 running"]
    assert cluster.minimon("cluster", "delete").returncode == 0
    gone = cluster.minimon("cluster", "status")
    assert gone.returncode == 2
    assert gone.stderr.strip().endswith("minimon cluster deploy")


def test_an_address_without_a_cluster_is_named(cluster):
    refused = cluster.minimon("cluster", "status", MINIMON_RAY_ADDRESS="127.0.0.1:1")
    assert refused.returncode == 2
    assert refused.stderr.startswith("minimon: MINIMON_RAY_ADDRESS is 127.0.0.1:1: no cluster answers there")


def test_sdxl_paints_on_the_cluster(run_service, cluster, tmp_path):
    made = subprocess.run(
        (sys.executable, "-c", "import sys, tiny; tiny.make_tiny(sys.argv[1])", tmp_path / "tiny-sdxl-turbo"),
        env={**os.environ, "PYTHONPATH": str(TINY)}, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    cluster.deploy(
        MINIMON_RAY_ENGINE="sdxl",
        MINIMON_RAY_MIN_REPLICAS="1",
        MINIMON_RAY_MAX_REPLICAS="1",
        SDXL_TURBO_MODEL=str(tmp_path / "tiny-sdxl-turbo"),
        SDXL_WIDTH="64",
        SDXL_HEIGHT="64",
        SDXL_CACHE_DIR=str(tmp_path / "prompts"),
    )
    service = run_service(**from_cluster(cluster.address))
    until_ready([service])
    with service.client() as client:
        answers = [client.get("/v1/generate").json() for _ in range(8)]
    for answer in answers:
        with Image.open(io.BytesIO(base64.b64decode(answer["imageBase64"]))) as image:
            assert image.size == (64, 64)
            assert image.text["seed"] == str(answer["metadata"]["seed"])
    facts = get(service, "/v1/backend").json()["facts"]
    assert {"engine": "sdxl", "size": "64x64", "replicas": 1}.items() <= facts.items()

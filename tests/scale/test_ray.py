"""Pictures from a real Ray cluster: what they are, and what clients see when a part of it dies under load.

Needs the extra ``ray``, which ``make test-ray`` installs.
"""

import asyncio
import signal
import time

import pytest

backend = pytest.importorskip("minimon.images.ray.backend", exc_type=ImportError, reason="needs the extra ray")

from tests.images.test_contract import (  # noqa: E402, F401 - the contract of every backend, kept here with Ray
    EVERY_TRAITS,
    test_calls_may_overlap_and_each_gets_what_it_would_get_alone,
    test_whatever_the_traits_the_picture_is_a_whole_png_in_both_forms,
)
from tests.ray_cluster import RayCluster, bridge_of, send  # noqa: E402
from tests.scale.conftest import load  # noqa: E402
from tests.servers import until  # noqa: E402

from minimon.images.drawn.backend import draw_picture  # noqa: E402
from minimon.settings import Settings  # noqa: E402

SECONDS = 90
"""A bound on every wait, never what is measured."""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Run a cluster with two replicas that draw."""
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


@pytest.fixture
def on_cluster(fleet, cluster):
    """Start services that take their pictures from the cluster; each is ready."""

    def start(count, **variables):
        fixed = {"MINIMON_GENERATION_BACKEND": "ray", "MINIMON_RAY_ADDRESS": cluster.address, "MINIMON_STOCK_SIZE": "0"}
        services = fleet.start(count, **fixed, **variables)
        for service in services:
            until(lambda: get(service, "/readyz").status_code == 200, SECONDS)  # noqa: B023 - called at once
        return services

    return start


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


def test_a_killed_replica_costs_no_request(on_cluster, cluster, enter):
    with load(on_cluster(4)) as seen:
        for _ in range(2):
            seen.wait(100)
            send(cluster.replicas()[0], signal.SIGKILL)
        seconds = seen.wait(100)
    enter("SIGKILL of a replica on the Ray cluster, twice", seen, next_hundred_after=round(seconds, 1))
    assert not seen.failed()
    assert not seen.duplicates()


def test_a_replica_that_hangs_costs_no_request(on_cluster, cluster, enter):
    hanging = cluster.replicas()[0]
    with load(on_cluster(2), patient) as seen:
        seen.wait(20)
        send(hanging, signal.SIGSTOP)
        seconds = until(lambda: hanging not in cluster.replicas(), SECONDS)
        seen.wait(20)
    enter("SIGSTOP of a replica on the Ray cluster", seen, ended_after=round(seconds, 1))
    assert not seen.failed()


def test_a_killed_bridge_costs_no_request(on_cluster, enter):
    (service,) = on_cluster(1)
    with load([service]) as seen:
        seen.wait(20)
        killed = time.monotonic()
        send(bridge_of(service.process.pid), signal.SIGKILL)
        seen.wait(50)
    enter("SIGKILL of the bridge to Ray", seen, longest_gap=round(seen.longest_gap(killed), 1))
    assert not seen.failed()


def test_a_bridge_that_hangs_is_replaced_and_blocks_nobody(on_cluster):
    (service,) = on_cluster(1)
    hanging = bridge_of(service.process.pid)
    send(hanging, signal.SIGSTOP)
    with service.client() as client:
        began = time.monotonic()
        for _ in range(50):
            assert client.get("/livez").status_code == 200
        assert time.monotonic() - began < 10  # a second would do; a bridge that is waited for takes twenty
    until(lambda: bridge_of(service.process.pid) not in {0, hanging}, SECONDS)
    until(lambda: get(service, "/v1/generate").status_code == 200, SECONDS)


def test_replicas_come_and_go_with_the_load_within_their_bounds(on_cluster, cluster, enter):
    cluster.deploy(
        MINIMON_RAY_MIN_REPLICAS="1",
        MINIMON_RAY_TARGET_ONGOING="1",
        MINIMON_RAY_SCALE_UP_AFTER="1",
        MINIMON_RAY_SCALE_DOWN_AFTER="3",
    )
    (service,) = on_cluster(1)
    until(lambda: len(cluster.replicas()) == 1, SECONDS)
    with load([service]) as seen:
        up = until(lambda: len(cluster.replicas()) == 2, SECONDS)
        seen.wait(100)
        assert len(cluster.replicas()) == 2
    down = until(lambda: len(cluster.replicas()) == 1, SECONDS)
    enter("Ray replicas from 1 to 2 and back", seen, up_after=round(up, 1), down_after=round(down, 1))
    assert not seen.failed()
    cluster.deploy()


def test_a_dead_cluster_is_told_and_its_return_noticed(on_cluster, cluster, enter):
    (service,) = on_cluster(1)
    refusals = []

    async def ask(client, _number):
        answer = await client.get("/v1/generate", timeout=SECONDS)
        if answer.status_code != 200:
            refusals.append(answer)
            await asyncio.sleep(0.2)
        return answer.status_code, ""

    with load([service], ask, clients=4) as seen:
        seen.wait(20)
        cluster.kill()
        told = until(lambda: len(refusals) > 8, SECONDS)
        assert get(service, "/livez").status_code == 200
        assert get(service, "/readyz").json()["error"]["code"] == "STARTING"
        restarted = time.monotonic()
        cluster.start()
        until(lambda: "minimon cluster deploy" in get(service, "/v1/backend").json()["stage"], SECONDS)
        cluster.deploy()
        seen.wait(4)
        back = time.monotonic() - restarted
    enter("SIGKILL of the Ray head and all of its node", seen, refused_after=round(told, 1), back_after=round(back, 1))
    assert set(seen.statuses()) == {200, 503}
    assert {answer.json()["error"]["code"] for answer in refusals} == {"STARTING"}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 10 for answer in refusals)


def test_a_fallback_draws_while_the_cluster_is_away(on_cluster, cluster, enter):
    (service,) = on_cluster(1, MINIMON_FALLBACK_BACKEND="drawn")
    with load([service], patient) as seen:
        seen.wait(20)
        killed = time.monotonic()
        cluster.kill()
        until(lambda: get(service, "/v1/backend").json()["stand_in"] == "drawn", SECONDS)
        seen.wait(20)
        assert get(service, "/readyz").status_code == 200
    enter("the same, with a fallback", seen, longest_gap=round(seen.longest_gap(killed), 1))
    assert not seen.failed()
    cluster.start()
    cluster.deploy()


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

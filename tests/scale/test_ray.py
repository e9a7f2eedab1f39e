"""Pictures from a real Ray cluster: what they are, and what clients see when a part of it dies under load.

Needs the extra ``ray``: ``make test-scale`` installs it.
"""

import asyncio
import collections
import contextlib
import signal
import threading
import time
from dataclasses import dataclass, field

import httpx2
import orjson
import pytest
from tests.images.test_contract import (  # noqa: F401 - the contract of every backend, run again here
    EVERY_TRAITS,
    test_calls_may_overlap_and_each_gets_what_it_would_get_alone,
    test_whatever_the_traits_the_picture_is_a_whole_png_in_both_forms,
)

ray_backend = pytest.importorskip("minimon.images.ray.backend", exc_type=ImportError)

from tests.scale.ray_cluster import RayCluster, bridge_of, kill  # noqa: E402 - of use with Ray alone

from minimon.images.drawn.backend import draw_picture  # noqa: E402
from minimon.settings import Settings  # noqa: E402

pytestmark = pytest.mark.xdist_group("ray")  # one cluster at a time: each takes a gigabyte
CONNECTIONS = 6
RECOVERY_SECONDS = 60


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """Run a cluster with two replicas that draw."""
    cluster = RayCluster(tmp_path_factory.mktemp("ray"))
    cluster.start()
    cluster.deploy()
    yield cluster
    cluster.kill()


@pytest.fixture(params=["address", "client_address"])
def draw(request, cluster):
    """Open the backend, draw for each of the traits at once, close it."""
    settings = Settings(ray_address=getattr(cluster, request.param))

    async def draw_all(traits):
        async with ray_backend.open_ray(settings) as backend:
            async with asyncio.timeout(RECOVERY_SECONDS):
                while backend.status().state != "ready":  # noqa: ASYNC110 - as a probe does
                    await asyncio.sleep(0.1)
            return await asyncio.gather(*(backend.draw(one, "Aquapyre") for one in traits))

    return lambda traits: asyncio.run(draw_all(traits))


def start(run_service, cluster, **variables):
    """Start a service on the cluster and wait until it says that it is ready."""
    service = run_service(
        MINIMON_GENERATION_BACKEND="ray",
        MINIMON_RAY_ADDRESS=cluster.address,
        MINIMON_RATE_LIMIT_PER_MIN="0",
        MINIMON_STOCK_SIZE="0",
        **variables,
    )
    assert until(lambda: get(service, "/readyz").status_code == 200), service.log_text()
    return service


def get(service, path):
    with service.client() as client:
        return client.get(path)


def until(condition, seconds=RECOVERY_SECONDS):
    """Wait until something is so; say whether it came to be."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(httpx2.TransportError):
            if condition():
                return True
        time.sleep(0.1)
    return False


@dataclass
class Load:
    """Clients that ask for creatures, one after the other, until they are told to stop."""

    service: object
    answers: collections.Counter = field(default_factory=collections.Counter)
    refused: list = field(default_factory=list)
    slowest: float = 0.0

    def __enter__(self):
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(CONNECTIONS)]
        for thread in self._threads:
            thread.start()
        time.sleep(1)
        return self

    def __exit__(self, *_):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _ask(self):
        with self.service.client() as client:
            client.timeout = 60
            while not self._ended.is_set():
                began = time.monotonic()
                answer = client.get("/v1/generate")
                self.slowest = max(self.slowest, time.monotonic() - began)
                self.answers[answer.status_code] += 1
                if answer.status_code != 200:
                    self.refused.append(answer)
                    time.sleep(0.2)


def test_a_seed_has_the_picture_that_it_has_without_a_cluster(draw):
    drawn = draw(EVERY_TRAITS[:8])
    assert [picture.png for picture in drawn] == [draw_picture(traits, 512).png for traits in EVERY_TRAITS[:8]]


def test_the_service_says_how_the_cluster_is(run_service, cluster):
    service = start(run_service, cluster)
    answer = get(service, "/v1/generate")
    assert (answer.status_code, answer.json()["metadata"]["backend"]) == (200, "ray")
    said = get(service, "/v1/backend").json()
    assert said["state"] == "ready"
    expected = {"engine": "drawn", "size": "512x512", "server": "closed", "replicas": 2}
    assert expected.items() <= said["facts"].items()


def test_a_killed_replica_costs_no_request(run_service, cluster):
    service = start(run_service, cluster)
    with Load(service) as load:
        for _ in range(2):
            kill(cluster.replicas()[0])
            time.sleep(4)
    assert set(load.answers) == {200}, load.refused[:3]


def test_a_killed_bridge_costs_no_request(run_service, cluster):
    service = start(run_service, cluster)
    with Load(service) as load:
        kill(bridge_of(service.process.pid))
        time.sleep(6)
    assert set(load.answers) == {200}, load.refused[:3]


def test_a_bridge_that_hangs_is_replaced(run_service, cluster):
    service = start(run_service, cluster)
    with Load(service) as load:
        kill(bridge_of(service.process.pid), signal.SIGSTOP)
        assert until(lambda: get(service, "/livez").status_code == 200, 1)
        before = load.answers[200]
        assert until(lambda: load.answers[200] > before + CONNECTIONS)
    assert set(load.answers) == {200}, load.refused[:3]


def test_a_replica_that_hangs_costs_no_request(run_service, cluster):
    service = start(run_service, cluster, MINIMON_RAY_TIMEOUT="60")
    hanging = cluster.replicas()[0]
    with Load(service) as load:
        kill(hanging, signal.SIGSTOP)
        assert until(lambda: hanging not in cluster.replicas())
        time.sleep(2)
    assert set(load.answers) == {200}, load.refused[:3]
    assert until(lambda: len(cluster.replicas()) == 2)


def test_replicas_come_and_go_with_the_load_within_their_bounds(run_service, cluster):
    cluster.deploy(
        MINIMON_RAY_MIN_REPLICAS="1",
        MINIMON_RAY_TARGET_ONGOING="1",
        MINIMON_RAY_SCALE_UP_AFTER="1",
        MINIMON_RAY_SCALE_DOWN_AFTER="3",
    )
    assert until(lambda: len(cluster.replicas()) == 1)
    service = start(run_service, cluster)
    seen = set()
    with Load(service) as load:
        assert until(lambda: seen.add(len(cluster.replicas())) or 2 in seen)
        time.sleep(3)
        seen.add(len(cluster.replicas()))
    assert until(lambda: len(cluster.replicas()) == 1)
    assert max(seen) == 2
    assert set(load.answers) == {200}, load.refused[:3]
    cluster.deploy()


def test_a_dead_cluster_is_told_and_its_return_noticed(run_service, cluster, tmp_path):
    service = start(run_service, cluster)
    with Load(service) as load:
        cluster.kill()
        assert until(lambda: load.answers[503] > 2 * CONNECTIONS)
        assert get(service, "/livez").status_code == 200
        assert get(service, "/readyz").json()["error"]["code"] == "STARTING"
        cluster.start()
        assert until(lambda: "minimon cluster deploy" in get(service, "/v1/backend").json()["stage"])
        cluster.deploy()
        before = load.answers[200]
        assert until(lambda: load.answers[200] > before)
    assert set(load.answers) == {200, 503}
    assert {answer.json()["error"]["code"] for answer in load.refused} == {"STARTING"}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 10 for answer in load.refused)


def test_a_fallback_draws_while_the_cluster_is_away(run_service, cluster):
    service = start(run_service, cluster, MINIMON_FALLBACK_BACKEND="drawn")
    with Load(service) as load:
        cluster.kill()
        assert until(lambda: get(service, "/v1/backend").json()["stand_in"] == "drawn")
        assert get(service, "/readyz").status_code == 200
    assert set(load.answers) == {200}, load.refused[:3]
    cluster.start()
    cluster.deploy()


def test_what_was_deployed_can_be_seen_and_taken_away(cluster):
    shown = cluster.minimon("cluster", "status")
    assert shown.stdout.splitlines()[:2] == ["minimon: running", "replicas: 2 running"]
    assert cluster.minimon("cluster", "delete").returncode == 0
    gone = cluster.minimon("cluster", "status")
    assert (gone.returncode, gone.stderr.strip().endswith("minimon cluster deploy")) == (2, True)


def test_an_address_without_a_cluster_is_named(cluster):
    refused = cluster.minimon("cluster", "status", MINIMON_RAY_ADDRESS="127.0.0.1:1")
    assert refused.returncode == 2
    assert refused.stderr.startswith("minimon: MINIMON_RAY_ADDRESS is 127.0.0.1:1: no cluster answers there")


def test_secrets_do_not_go_to_the_cluster():
    replica = pytest.importorskip("minimon.images.ray.replica")
    fields = replica.engine_fields(Settings(bearer_token="a-token", openai_api_key="a-key"))
    assert "a-token" not in orjson.dumps(fields, default=str).decode()
    assert {name.partition("_")[0] for name in fields} == {"drawn", "sdxl"}

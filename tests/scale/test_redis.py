"""Four replicas that share limits and a stock in one Redis, under load, while Redis or a replica dies."""

import math
import signal
import time

import pytest
from tests.scale.conftest import generate, load
from tests.servers import until

REPLICAS = 4
LIMIT = 50
CLIENTS = 5


def counted_per_client(client):
    """Return what asks as one of several players, behind a proxy."""

    async def ask(http, number):
        address = f"198.51.100.{number % CLIENTS}" if client is None else client
        answer = await http.get("/v1/odds", headers={"X-Forwarded-For": address})
        return answer.status_code, address

    return ask


def over_the_limit(seen, since=0.0):
    """Return how many requests beyond the limit were answered in any 60 seconds, by when their answers came."""
    worst = 0
    for key in {one.key for one in seen.seen}:
        times = sorted(one.at for one in seen.seen if one.key == key and one.status == 200 and one.at > since)
        worst = max(worst, *(sum(1 for at in times if first <= at < first + 59) for first in times), 0)
    return max(0, worst - LIMIT)


def state(replica):
    with replica.client() as client:
        return client.get("/health").json()["redis"]["state"]


def all_are(replicas, wanted):
    return lambda: all(state(replica) == wanted for replica in replicas)


@pytest.fixture
def limited(fleet, redis_server):
    return fleet.start(REPLICAS, MINIMON_REDIS_URL=redis_server.url, MINIMON_RATE_LIMIT_PER_MIN=str(LIMIT))


def test_a_limit_over_four_replicas_is_exceeded_by_none(limited, enter):
    with load(limited, counted_per_client(None), clients=16) as seen:
        until(lambda: seen.statuses()[429] >= 1000)
    enter("none, limit of 50 for five clients", seen, duplicates=None, over_limit=over_the_limit(seen))
    assert seen.statuses()[200] == LIMIT * CLIENTS
    assert not seen.failed()


def test_a_killed_replica_leaves_its_counts_to_the_others(limited, enter):
    with load(limited, counted_per_client(None), clients=16) as seen:
        until(lambda: seen.sound() >= LIMIT)
        limited[0].stop(signal.SIGKILL)
        until(lambda: seen.statuses()[429] >= 500)
    enter("SIGKILL of a replica, limits", seen, duplicates=None, over_limit=over_the_limit(seen))
    assert seen.sound() <= LIMIT * CLIENTS  # what was counted and not answered any more is missing
    assert len(seen.failed()) <= 4


@pytest.mark.parametrize("harm", ["kill", "hold", "cut"])
def test_without_redis_every_request_is_answered_and_its_return_is_noticed(harm, fleet, redis_server, cable, enter):
    line = cable(redis_server.port)
    url = f"redis://127.0.0.1:{line.port}"
    replicas = fleet.start(REPLICAS, MINIMON_REDIS_URL=url, MINIMON_RATE_LIMIT_PER_MIN="1000000")
    harming = {"kill": redis_server.kill, "hold": redis_server.hold, "cut": line.cut}[harm]
    mending = {"kill": redis_server.start, "hold": redis_server.go_on, "cut": line.mend}[harm]
    with load(replicas) as seen:
        seen.wait(100)
        broken = time.monotonic()
        harming()
        noticed = until(all_are(replicas, "away"))
        seen.wait(200)
        mending()
        recovered = until(all_are(replicas, "up"))
        seen.wait(100)
    slowest = max(one.seconds for one in seen.seen if one.at > broken)
    gap = seen.longest_gap(broken)
    facts = {"noticed_s": noticed, "slowest_s": slowest, "longest_gap_s": gap, "recovered_s": recovered}
    enter(f"Redis: {harm}", seen, **{name: round(value, 2) for name, value in facts.items()})
    assert not seen.failed()
    assert not seen.duplicates()
    assert seen.statuses()[429] == 0


def test_limits_are_local_while_redis_is_away_and_exact_again_once_it_is_back(limited, redis_server, enter):
    with load(limited, counted_per_client("198.51.100.1"), clients=8) as seen:
        until(lambda: seen.statuses()[429] >= 100)
        assert seen.sound() == LIMIT
        redis_server.kill()
        until(all_are(limited, "away"))
        until(lambda: seen.sound() == LIMIT * REPLICAS)  # each up to the limit, with what it had let through before
        redis_server.start()
        until(all_are(limited, "up"))
    before = seen.sound()
    back = time.monotonic()
    with load(limited, counted_per_client("198.51.100.2"), clients=8) as again:
        until(lambda: again.statuses()[429] >= 100)
    enter("Redis killed and back, limit of 50", again, duplicates=None, over_limit=over_the_limit(again, back))
    assert before <= LIMIT * (REPLICAS + 1)
    assert again.sound() == LIMIT
    assert not seen.failed() and not again.failed()


MAKER = {"MINIMON_GENERATION_BACKEND": "drawn", "MINIMON_STOCK_SIZE": "8", "MINIMON_DRAWN_SIZE": "64"}


@pytest.fixture
def sharing(fleet, redis_server):
    """Two replicas that draw, and two that hand out what those have drawn."""
    shared = {"MINIMON_REDIS_URL": redis_server.url, "MINIMON_SHARED_STOCK_SIZE": "100"}
    makers = fleet.start(2, **shared, **MAKER)
    return makers, fleet.start(2, **shared, MINIMON_GENERATION_BACKEND="stock")


def level(replica):
    with replica.client() as client:
        return client.get("/health").json()["redis"]["stock"]["level"]


def test_creatures_of_a_shared_stock_go_to_one_client_each_while_replicas_die(sharing, redis_server, fleet, enter):
    makers, takers = sharing
    until(lambda: level(takers[0]) == 100, 60)
    with load(takers, clients=8, pause=0.1) as seen:
        seen.wait(60)
        takers[0].stop(signal.SIGKILL)
        seen.wait(60)
        makers[0].stop(signal.SIGKILL)
        seen.wait(60)
        fleet.restart(
            makers[0],
            MINIMON_REDIS_URL=redis_server.url,
            MINIMON_SHARED_STOCK_SIZE="100",
            **MAKER,
        )
        seen.wait(60)
    refused = sum(one.status == 503 for one in seen.seen)
    lost = [one for one in seen.failed() if one.status != 503]
    enter("SIGKILL of a taker, then of a maker; shared stock", seen, failed=len(lost), refused_as_empty=refused)
    assert len(lost) <= 4
    assert not seen.duplicates()
    until(lambda: redis_server.ask("KEYS", "minimon:1:*:taken:*") == "", 60)  # what the dead one held has gone back


def test_without_redis_who_makes_creatures_goes_on_and_who_does_not_says_so(sharing, redis_server, enter):
    makers, takers = sharing
    until(lambda: level(takers[0]) == 100, 60)
    with load(makers, clients=4, pause=0.02) as seen:
        seen.wait(50)
        redis_server.hold()
        until(all_are(makers, "away"))
        seen.wait(50)
        with takers[0].client() as client:
            assert client.get("/readyz").status_code == 503
            assert client.get("/v1/generate").json()["error"]["code"] == "OVERLOADED"
        redis_server.go_on()
        until(all_are(makers, "up"))
        recovered = until(lambda: level(takers[0]) > 0)
        seen.wait(50)
    with takers[0].client() as client:
        assert client.get("/readyz").status_code == 200
    enter("Redis held; shared stock, makers", seen, shared_again_s=round(recovered, 2))
    assert not seen.failed()
    assert not seen.duplicates()


def test_a_rolling_restart_of_all_replicas_fails_no_request(fleet, redis_server, behind_nginx, enter):
    variables = {"MINIMON_REDIS_URL": redis_server.url, "MINIMON_RATE_LIMIT_PER_MIN": "1000000"}
    replicas = fleet.start(REPLICAS, **variables)
    with load(behind_nginx(replicas), generate) as seen:
        seen.wait(100)
        for replica in replicas:
            assert replica.stop() == 0
            fleet.restart(replica, **variables)
            seen.wait(50)
    enter("rolling restart of four replicas, nginx", seen, slowest_s=round(max(one.seconds for one in seen.seen), 2))
    assert not seen.failed()
    assert not seen.duplicates()
    assert math.isclose(sum(seen.statuses().values()), seen.statuses()[200])

"""Limits over several replicas of the real service, with a real Redis and without it."""

import json

import pytest
from tests.servers import RedisServer
from tests.wire.conftest import TOKEN, assert_problem, assert_unharmed, wait_for

WORD = "s3cret-w0rd"


@pytest.fixture
def redis(tmp_path):
    server = RedisServer(tmp_path, "--requirepass", WORD)
    yield server
    server.kill()


@pytest.fixture
def replica(launch, redis):
    def start(**variables):
        url = f"redis://:{WORD}@127.0.0.1:{redis.port}"
        usual = {"MINIMON_TLS": "0", "MINIMON_RATE_LIMIT_PER_MIN": "6", "MINIMON_BEARER_TOKEN": TOKEN}
        return launch(**usual, MINIMON_REDIS_URL=url, **variables)

    return start


BEARER = {"Authorization": f"Bearer {TOKEN}"}
NO_ADDRESSES = ["http://host", f"redis://:{WORD}@", f"redis://:{WORD}@host/x", "unix://", "redis:// a", "redis://a?b=1"]


def test_one_limit_holds_over_all_replicas_and_falls_back_to_each_ones_own(replica, redis):
    replicas = [replica(), replica()]
    with replicas[0].client(headers=BEARER) as one, replicas[1].client(headers=BEARER) as other:
        answers = [client.get("/v1/generate") for _ in range(4) for client in (one, other)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
        for answer in answers[6:]:
            assert_problem(answer, 429, "RATE_LIMITED")
            seconds = int(answer.headers["retry-after"])
            assert 1 <= seconds <= 60
            assert answer.headers["ratelimit"] == f'"default";r=0;t={seconds}'
            assert answer.headers["ratelimit-policy"] == '"default";q=6;w=60'
        assert one.get("/health").json()["redis"] == {"state": "up"}
        assert one.get("/readyz").json()["warnings"] == []

        redis.kill()
        answers = [client.get("/v1/generate") for _ in range(4) for client in (one, other)]
        assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2  # three were its own already
        assert one.get("/health").json()["redis"] == {"state": "away", "fault": "unreachable"}
        assert "Redis is away" in one.get("/readyz").json()["warnings"][0]

        redis.start()
        wait_for(lambda: one.get("/health").json()["redis"] == {"state": "up"})
        assert one.get("/v1/backend").json()["redis"]["state"] == "up"  # and the limit of before is gone
    for service in replicas:
        text = json.dumps(service.log())
        assert "Redis is away" in text and "Redis is back" in text
        assert WORD not in text
        assert_unharmed(service)


def test_the_limit_comes_before_the_token_and_wrong_tokens_use_it_up(replica):
    replicas = [replica(), replica()]
    statuses = []
    for number in range(8):
        with replicas[number % 2].client() as client:
            statuses.append(client.get("/v1/generate", headers={"Authorization": "Bearer guess"}).status_code)
    assert statuses == [401] * 6 + [429] * 2


def test_it_starts_without_redis_and_finds_it_later(replica, redis):
    redis.kill()
    service = replica()
    with service.client(headers=BEARER) as client:
        assert client.get("/v1/generate").status_code == 200
        assert client.get("/readyz").status_code == 200
        redis.start()
        wait_for(lambda: client.get("/health").json()["redis"]["state"] == "up")


def test_a_redis_that_can_never_do_stops_the_start(start_fails, redis):
    (line,) = start_fails(MINIMON_REDIS_URL=f"redis://:{WORD}x@127.0.0.1:{redis.port}")
    assert f"the Redis at 127.0.0.1:{redis.port} cannot be used" in line
    assert WORD not in line


@pytest.mark.parametrize("url", NO_ADDRESSES)
def test_an_address_that_is_none_stops_the_start_and_is_not_told(start_fails, url):
    (line,) = start_fails(MINIMON_REDIS_URL=url)
    assert "MINIMON_REDIS_URL is a secret" in line
    assert WORD not in line

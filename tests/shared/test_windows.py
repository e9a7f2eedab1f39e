"""The windows that replicas share: as those in memory, for all of them together."""

import asyncio
from itertools import pairwise

import pytest
from tests.shared.conftest import linked, run

from minimon.errors import RedisAwayError
from minimon.shared.windows import SharedWindows


def test_so_many_hits_are_let_through_whichever_replica_they_come_to(redis):
    async def test():
        async with linked(redis.url) as one, linked(redis.url) as other:
            replicas = [SharedWindows(one, 10, 60), SharedWindows(other, 10, 60)]
            hits = [replicas[number % 2].hit("192.0.2.1") for number in range(50)]
            waits = await asyncio.gather(*hits)
        assert waits.count(0) == 10
        assert all(50 < wait <= 60 for wait in waits if wait)

    run(test())


def test_each_client_has_its_own(redis):
    async def test():
        async with linked(redis.url) as link:
            windows = SharedWindows(link, 1, 60)
            waits = await asyncio.gather(*(windows.hit(key) for key in "abcabc"))
        assert [wait == 0 for wait in waits] == [True] * 3 + [False] * 3

    run(test())


def test_who_comes_again_when_told_is_let_through_and_not_before(redis):
    async def test():
        async with linked(redis.url) as link:
            windows = SharedWindows(link, 2, 0.6)
            assert [await windows.hit("a"), await windows.hit("a")] == [0, 0]
            wait = await windows.hit("a")
            assert 0 < wait <= 0.6
            await asyncio.sleep(wait)
            assert await windows.hit("a") == 0

    run(test())


def test_refused_hits_are_not_counted(redis):
    async def test():
        async with linked(redis.url) as link:
            windows = SharedWindows(link, 1, 60)
            await windows.hit("a")
            waits = [await windows.hit("a") for _ in range(5)]
        assert all(late < soon for soon, late in pairwise(waits))

    run(test())


def test_a_key_takes_no_more_than_the_limit_and_goes_by_itself(redis):
    async def test():
        async with linked(redis.url) as link:
            windows = SharedWindows(link, 3, 60)
            await asyncio.gather(*(windows.hit("a") for _ in range(50)))
            lower = SharedWindows(link, 2, 60)  # a replica that was told a lower limit
            assert await lower.hit("a") > 0

    run(test())
    assert redis.ask("LLEN", "minimon:1:rate:a") == "3"
    assert 59_000 < int(redis.ask("PTTL", "minimon:1:rate:a")) <= 60_000


def test_many_hits_share_a_round_trip(redis):
    async def test():
        async with linked(redis.url) as link:
            windows = SharedWindows(link, 1000, 60)
            await asyncio.gather(*(windows.hit(str(number)) for number in range(200)))
            return sum(link.seconds.counts)

    assert run(test()) <= 3


def test_without_redis_nobody_waits_and_it_is_counted(own_redis):
    server = own_redis()

    async def test():
        async with linked(server.url) as link:
            windows = SharedWindows(link, 5, 60)
            assert await windows.hit("a") == 0
            server.kill()
            for _ in range(3):
                with pytest.raises(RedisAwayError):
                    await windows.hit("a")
            return windows.alone.counts, link.faults.counts

    alone, faults = run(test())
    assert alone == {(): 3}
    assert faults[("unreachable",)] <= 2  # the others did not even try


def test_who_is_gone_takes_no_answer_from_another(redis):
    async def test():
        async with linked(redis.url) as link:
            windows = SharedWindows(link, 10, 60)
            asked = [asyncio.create_task(windows.hit(str(number))) for number in range(9)]
            await asyncio.sleep(0)
            asked[4].cancel()
            answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [answer == 0 for answer in answers] == [True] * 4 + [False] + [True] * 4

    run(test())

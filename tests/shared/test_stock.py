"""Creatures that one replica makes and another hands out: each to one client, and none lost that need not be."""

import asyncio
import re
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

import pytest
from tests.servers import Cable
from tests.shared.conftest import PATIENCE, linked, run, until
from tests.test_filling import Engine, generator_for, seeds_of

from minimon.errors import OverloadedError
from minimon.images import PNG
from minimon.images.stock import StockImages
from minimon.services import filling
from minimon.settings import Settings
from minimon.shared import scripts
from minimon.shared import stock as stock_module
from minimon.shared.opening import odds_of
from minimon.shared.parcel import pack
from minimon.shared.stock import SharedStock
from minimon.shared.windows import SharedWindows

MEGABYTE = 10**6
OPERATIONS = Path(__file__).parent.parent.parent / "docs/operations.md"


@asynccontextmanager
async def replica(url, images=None, *, odds="fair", size=20, seed=1, own=4, patience=PATIENCE, budget=MEGABYTE):
    """Give the generator of a replica and its part in the shared stock; without ``images`` it makes none."""
    generator = generator_for(images or StockImages(), size=own if images else 0, seed=seed)
    generator.making._rng = Random(f"ids {seed}")  # as every replica has ids of its own
    async with linked(url, patience) as link:
        shared = SharedStock(link, odds, size, budget)
        async with filling(generator), shared.serving(generator.supply):
            await until(lambda: shared._last_session)  # it has been reached, at least once
            yield generator, shared


def run_id(server):
    return re.search(r"run_id:(\w+)", server.ask("INFO", "server"))[1]


async def mint_all(generator, count):
    return [await generator.mint() for _ in range(count)]


def test_what_one_replica_makes_another_hands_out_in_the_order_of_the_draws(redis):
    async def test():
        async with replica(redis.url, Engine()) as (_, maker), replica(redis.url) as (other, taker):
            await until(lambda: maker.level == 20)
            await until(lambda: taker.level == 20)
            minted = await mint_all(other, 10)
            assert [one.creature.traits.seed for one in minted] == seeds_of(1, 10)
            assert minted[0].picture.png.startswith(b"\x89PNG") and minted[0].picture.base64.startswith(b"iVBOR")
            assert (minted[0].creature.name, minted[0].picture.backend) == ("Nébulo", "engine")
            file = await other.mint_file(PNG)
            assert file.creature.traits.seed == seeds_of(1, 11)[10]
            await until(lambda: maker.moves.counts[("given",)] == 31)  # and it is filled again
        assert taker.moves.counts == {("taken",): 11}

    run(test())
    assert redis.ask("HLEN", "minimon:1:fair:creatures") == "21"  # twenty, and how many bytes they take
    assert redis.ask("KEYS", "minimon:1:fair:taken:*") == ""


def test_replicas_with_other_odds_have_a_stock_of_their_own(redis):
    async def test():
        async with replica(redis.url, Engine()) as (_, maker), replica(redis.url, odds="other") as (other, taker):
            await until(lambda: maker.level == 20)
            assert taker.reachable and taker.level == 0
            with pytest.raises(OverloadedError):
                await other.mint()
            # where nobody draws so any more, it goes away
            await until(lambda: int(redis.ask("TTL", "minimon:1:fair:line")) > 86_000)
        assert not taker.moves.counts

    run(test())


@pytest.mark.parametrize("weights", ["F=24,S=8", "S=1,F=3,S+=0", "f=3000,s=1000"])
def test_odds_are_the_same_however_they_are_written(weights):
    assert odds_of(Settings(rarity_weights=weights).rarity_weights) == "3-0-0-0-0-0-1-0"


def test_the_rights_that_the_documents_name_suffice(own_redis):
    server = own_redis()
    rights = re.search(r"`(\+@read[^`]*)` on `(~[^`]*)`", OPERATIONS.read_text())
    server.ask("ACL", "SETUSER", "minimon", "on", ">word", rights[2], *rights[1].split())
    url = f"redis://minimon:word@127.0.0.1:{server.port}"

    async def test():
        async with linked(url) as link:
            assert await SharedWindows(link, 1, 60).hit("a") == 0
        async with replica(url, Engine(), size=4) as (_, maker), replica(url) as (other, _):
            await until(lambda: maker.level == 4)
            await other.mint()

    run(test())


def test_many_clients_of_many_replicas_get_each_creature_once(redis):
    async def test():
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(replica(redis.url, Engine(), size=60))
            takers = [(await stack.enter_async_context(replica(redis.url, size=60)))[0] for _ in range(3)]
            await asyncio.sleep(0.5)
            asked = [taker.mint() for _ in range(16) for taker in takers]
            minted = await asyncio.gather(*asked, return_exceptions=True)
        ids = [one.creature.id for one in minted if not isinstance(one, OverloadedError)]
        assert len(ids) == len(set(ids)) == 48

    run(test())


def test_an_empty_stock_is_refused_where_nothing_is_made_and_made_where_it_can_be(redis):
    async def test():
        async with replica(redis.url) as (generator, _):
            with pytest.raises(OverloadedError):
                await generator.mint()
        engine = Engine(batch=0)  # it makes nothing ahead of need
        async with replica(redis.url, engine, seed=3) as (generator, _):
            assert (await generator.mint()).creature.traits.seed == seeds_of(3, 1)[0]

    run(test())


def test_what_a_dead_replica_has_taken_goes_back_to_the_front_and_it_can_confirm_nothing_any_more(redis, monkeypatch):
    async def test():
        async with replica(redis.url, Engine()) as (_, maker), replica(redis.url) as (held, shared):
            await until(lambda: maker.level == 20)
            taken = [await held.supply.next() for _ in range(3)]
            monkeypatch.setattr(shared, "_beat", lambda _supply: asyncio.sleep(0))  # it says nothing any more
            monkeypatch.setattr(stock_module, "SILENCE_MS", 300)
            async with replica(redis.url) as (other, _):
                await until(lambda: redis.ask("ZCARD", "minimon:1:fair:sessions") == "2")
                minted = await mint_all(other, 3)
            assert {one.creature.id for one in minted} == {one.creature.id for one in taken}
            assert [await held.supply.hand_out(one) for one in taken] == [False] * 3

    run(test())


def test_a_client_that_leaves_loses_no_creature(redis):
    async def test():
        async with (
            replica(redis.url, Engine()) as (_, maker),
            replica(redis.url, Engine(batch=0), seed=2) as (other, shared),
        ):
            await until(lambda: maker.level == 20)
            minted = []
            for turns in range(30):  # it leaves ever later: before the taking, meanwhile, before the confirmation
                asking = asyncio.create_task(other.mint())
                for _ in range(turns):
                    await asyncio.sleep(0.0002)
                asking.cancel()
                minted += await asyncio.gather(asking, return_exceptions=True)
            while len(minted) < 60:
                minted.append(await other.mint())
        seeds = [one.creature.traits.seed for one in minted if not isinstance(one, BaseException)]
        drawn = seeds_of(1, 100)
        theirs = [seed for seed in seeds if seed in drawn]
        assert len(set(seeds)) == len(seeds)
        assert sorted(theirs) == sorted(drawn[: len(theirs)])  # none in between is missing
        assert not shared.moves.counts.get(("lost",))

    run(test())


@pytest.mark.parametrize(("size", "budget"), [(5, MEGABYTE), (100, 1000)])
def test_the_stock_is_bounded_in_count_and_in_bytes(redis, size, budget):
    async def test():
        async with replica(redis.url, Engine(batch=1), size=size, budget=budget) as (generator, shared):
            await until(lambda: generator.stock.level >= 4 and shared.level)
            await asyncio.sleep(1)
            await until(lambda: generator.stock.level >= 4)  # what found no room is in its own stock, beyond its size
            return shared.level, int(redis.ask("HGET", "minimon:1:fair:creatures", "bytes"))

    level, used = run(test())
    assert 0 < level <= size
    assert 0 < used <= budget


def test_it_leaves_memory_of_redis_to_the_counts(own_redis, monkeypatch):
    server = own_redis("--maxmemory", "100mb")
    monkeypatch.setattr(stock_module, "MEMORY_SHARE", 0.001)

    async def test():
        async with replica(server.url, Engine(batch=1)) as (generator, shared):
            await until(lambda: generator.stock.level >= 4)
            await asyncio.sleep(0.5)
            assert server.ask("LLEN", "minimon:1:fair:line") == "0"
            assert (await generator.mint()).creature.traits.seed == seeds_of(1, 1)[0]
            assert shared.reachable

    run(test())


def test_what_a_restarted_redis_remembers_is_not_handed_out_again(own_redis):
    server = own_redis("--save", "3600 1")

    async def test():
        async with replica(server.url, Engine(), size=10) as (_, shared), replica(server.url) as (other, taker):
            await until(lambda: shared.level == 10)
            before = [await other.mint() for _ in range(2)]
            server.ask("SAVE")
            before += [await other.mint() for _ in range(3)]
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)  # it remembers three that are handed out
            assert server.ask("LLEN", "minimon:1:fair:line") != "0"
            await until(lambda: server.ask("GET", "minimon:1:fair:run") == run_id(server))  # it was forgotten
            await until(lambda: taker.reachable and server.ask("LLEN", "minimon:1:fair:line") == "10")
            after = await mint_all(other, 10)
            ids = [one.creature.id for one in before + after]
            assert len(ids) == len(set(ids))

    run(test())


def test_without_redis_a_replica_lives_from_what_it_makes_and_shares_again_later(own_redis):
    server = own_redis()

    async def test():
        async with replica(server.url, Engine(), size=10) as (maker, shared):
            await until(lambda: shared.level == 10)
            await asyncio.to_thread(server.kill)
            minted = await mint_all(maker, 20)
            assert len({one.creature.id for one in minted}) == 20
            await asyncio.to_thread(server.start)
            await until(lambda: shared.reachable and shared.level == 10)

    run(test())


def test_what_is_no_creature_is_told_and_thrown_away(redis):
    redis.ask("RPUSH", "minimon:1:fair:line", "mnm_bad")
    redis.ask("HSET", "minimon:1:fair:creatures", "mnm_bad", "{}\nno picture", "bytes", "13")
    redis.ask("SET", "minimon:1:fair:run", run_id(redis))

    async def test():
        async with replica(redis.url) as (generator, _):
            with pytest.raises(OverloadedError):
                await generator.mint()

    run(test())
    assert redis.ask("HLEN", "minimon:1:fair:creatures") == "1"


@pytest.fixture
def cable(redis):
    laid = Cable(redis.port)
    yield laid
    laid.stop()


@pytest.mark.parametrize(("harm", "kept"), [("mute", True), ("cut", False)])
def test_a_confirmation_without_an_answer_is_settled_later(redis, cable, harm, kept):
    redis.ask("SCRIPT", "LOAD", scripts.CONFIRM)  # else it takes a second round trip

    async def test():
        url = f"redis://127.0.0.1:{cable.port}"
        async with replica(redis.url, Engine()) as (_, maker), replica(url, patience=0.3) as (other, shared):
            await until(lambda: maker.level == 20)
            ready = await other.supply.next()
            await asyncio.to_thread(getattr(cable, harm))  # it arrives, or it does not
            assert not await other.supply.hand_out(ready)
            await asyncio.to_thread(cable.mend)
            await until(lambda: shared.reachable)
            first = redis.ask("LINDEX", "minimon:1:fair:line", "0")
            assert (other.stock.level == 1, first != ready.creature.id) == (kept, kept)
            assert (await other.mint()).creature == ready.creature

    run(test())


@pytest.fixture
def harm_the_first(monkeypatch):
    """Return what has something happen just before the first creature is sent to Redis."""

    def arrange(harm):
        harms = [harm]

        def packed(ready):
            if harms:
                harms.pop()()
            return pack(ready)

        monkeypatch.setattr(stock_module, "pack", packed)

    return arrange


@pytest.mark.parametrize("harm", ["mute", "cut", "hang"])
def test_a_creature_on_its_way_to_redis_is_in_one_place_afterwards(redis, cable, harm, harm_the_first):
    redis.ask("SCRIPT", "LOAD", scripts.PUSH)
    harm_the_first(getattr(cable, harm))

    async def test():
        engine = Engine(batch=1)
        async with replica(f"redis://127.0.0.1:{cable.port}", engine, patience=0.3) as (maker, shared):
            await until(lambda: not shared.reachable)
            assert redis.ask("LLEN", "minimon:1:fair:line") == str(int(harm == "mute"))
            await asyncio.to_thread(cable.mend)
            await until(lambda: shared.reachable and shared.level == 20)
            engine.batch = 0  # what there is now is all that was drawn
            await until(lambda: redis.ask("LLEN", "minimon:1:fair:line") == "20")
            seeds = [(await maker.mint()).creature.traits.seed for _ in range(20 + maker.stock.level)]
            assert sorted(seeds) == sorted(seeds_of(1, len(seeds)))

    run(test())


def test_a_creature_that_arrived_and_was_handed_out_meanwhile_is_not_kept(redis, cable, harm_the_first):
    redis.ask("SCRIPT", "LOAD", scripts.PUSH)
    harm_the_first(cable.mute)

    async def test():
        engine, url = Engine(batch=1), f"redis://127.0.0.1:{cable.port}"
        async with replica(url, engine, patience=0.3) as (maker, shared), replica(redis.url) as (other, _):
            await until(lambda: redis.ask("LLEN", "minimon:1:fair:line") == "1")
            first = await other.mint()
            await until(lambda: not shared.reachable)
            await asyncio.to_thread(cable.mend)
            await until(lambda: shared.reachable and redis.ask("LLEN", "minimon:1:fair:line") == "20")
            engine.batch = 0
            minted = [await maker.mint() for _ in range(20 + maker.stock.level)]
            assert first.creature.id not in {one.creature.id for one in minted}

    run(test())


def test_a_creature_that_may_be_in_a_redis_of_before_is_given_up_and_told(own_redis, harm_the_first):
    server = own_redis()
    server.ask("SCRIPT", "LOAD", scripts.PUSH)
    cable = Cable(server.port)
    harm_the_first(cable.mute)

    async def test():
        async with replica(f"redis://127.0.0.1:{cable.port}", Engine(batch=1), patience=0.3) as (_, shared):
            await until(lambda: not shared.reachable)
            assert server.ask("LLEN", "minimon:1:fair:line") == "1"
            await asyncio.to_thread(server.kill)  # somebody may have had it meanwhile
            await asyncio.to_thread(server.start)
            await asyncio.to_thread(cable.mend)
            await until(lambda: shared.reachable)
            return shared.moves.counts

    try:
        assert run(test())[("lost",)] == 1
    finally:
        cable.stop()


async def ask_on(generator, handed, rng, count):
    """Clients of little patience take creatures until there are so many."""
    while len(handed) < count:
        try:
            minted = await asyncio.wait_for(generator.mint(), rng.choice([0.001, 0.05, 5]))
        except (TimeoutError, OverloadedError):
            await asyncio.sleep(0.005)
        else:
            handed.append(minted.creature.traits.seed)


async def harm(cables, rng):
    while True:
        cable = rng.choice(cables)
        await asyncio.to_thread(rng.choice([cable.cut, cable.hang]))
        await asyncio.sleep(rng.random() * 0.4)
        await asyncio.to_thread(cable.mend)
        await asyncio.sleep(rng.random() * 0.8)


@asynccontextmanager
async def three_replicas(cables):
    """Two that make creatures and one that does not, each at the end of its own cable to Redis."""
    async with AsyncExitStack() as stack:
        parts = []
        for number, cable in enumerate(cables):
            images = Engine(batch=2) if number else None
            url = f"redis://127.0.0.1:{cable.port}"
            parts.append(await stack.enter_async_context(replica(url, images, seed=number, patience=0.15)))
        yield parts


async def hand_out_amid_trouble(cables, rng):
    """Return what was handed out, and what is left in the replicas, by seeds."""
    handed = []
    async with three_replicas(cables) as parts:
        harming = asyncio.create_task(harm(cables, rng))
        await asyncio.gather(*(ask_on(generator, handed, rng, 250) for generator, _ in parts * 3))
        harming.cancel()
        await asyncio.gather(harming, return_exceptions=True)
        for cable in cables:
            await asyncio.to_thread(cable.mend)
        await until(lambda: all(shared.reachable for _, shared in parts))
        assert not any(shared.moves.counts.get(("lost",)) for _, shared in parts)
    left = [place.draw.seed for generator, _ in parts for place in generator.stock.places]
    return handed, left + [draw.seed for generator, _ in parts for draw in generator.making.draws._back]


@pytest.mark.parametrize("seed", range(3))
def test_whatever_happens_to_the_line_no_creature_is_given_twice_and_none_is_lost(redis, seed):
    cables = [Cable(redis.port) for _ in range(3)]
    try:
        handed, left = run(hand_out_amid_trouble(cables, Random(seed)))
    finally:
        for cable in cables:
            cable.stop()
    found = handed + left
    assert len(set(found)) == len(found)
    ready = int(redis.ask("LLEN", "minimon:1:fair:line"))
    drawn = 0
    for number in range(3):
        places = [at + 1 for at, one in enumerate(seeds_of(number, 1000)) if one in set(found)]
        drawn += max(places, default=0)
    assert len(found) <= drawn <= len(found) + ready

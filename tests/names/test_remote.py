"""The backend: requests on one side, a server that may do anything on the other."""

import asyncio
import itertools
from collections import Counter

import orjson
import pytest
from structlog.testing import capture_logs

from minimon.creatures import Element, Rarity, Traits
from minimon.names.local import LocalNames
from minimon.names.remote import MOST_AT_ONCE, RemoteNames, open_remote, question
from minimon.names.rules import valid_name
from minimon.names.stock import KINDS, Kind
from minimon.settings import Settings
from minimon.upstream.breaker import Breaker, State
from minimon.upstream.faults import Fault, FetchError

TRAITS = [Traits(seed, rarity, element) for seed in range(3) for rarity in Rarity for element in Element]
TIME = {Fault.TIMEOUT: FetchError(Fault.TIMEOUT, "late")}


class Model:
    """Answers as a model would, or raises; notes how many calls there are at a time."""

    def __init__(self, *script):
        self.script = iter(script)
        self.calls = self.at_once = self.most_at_once = 0
        self.go = asyncio.Event()
        self.go.set()
        self._made = ("".join(parts).title() for parts in itertools.product(("vel", "tor", "min", "gal"), repeat=6))

    async def complete(self, _messages, _schema):
        self.calls += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.go.wait()
            answer = next(self.script, None)
        finally:
            self.at_once -= 1
        if isinstance(answer, Exception):
            raise answer
        return answer or orjson.dumps({"names": list(itertools.islice(self._made, MOST_AT_ONCE))}).decode()


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


async def until(condition):
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for knows nothing of tests
            await asyncio.sleep(0.001)


def with_backend(test, *script, **options):
    """Run ``test(names, model)`` beside the task that refills."""

    async def run():
        model = Model(*script)
        names = RemoteNames(Settings(**options), model.complete, Breaker())
        task = asyncio.create_task(names.refill())
        try:
            return await test(names, model)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    return asyncio.run(run())


def test_the_stock_is_filled_once_and_then_the_server_is_left_alone():
    async def test(names, model):
        await until(lambda: names.stock.level == 256)
        for _ in range(50):
            await asyncio.sleep(0)
        assert model.calls == len(KINDS)
        given = [await names.name(each) for each in TRAITS]
        assert len(set(given)) == len(given)
        assert (names.counts.from_stock, names.counts.stepped_in) == (len(TRAITS), 0)
        assert names.status() == {"state": State.CLOSED, "stock": 256 - len(TRAITS), "lastFault": None}

    with_backend(test)


def test_the_question_is_about_the_creature():
    asked = [question("fr", Kind(Element.WATER, rarity), 3)[-1]["content"] for rarity in (Rarity.S_PLUS, Rarity.F)]
    assert "mythique" in asked[0] and "commune" in asked[1]


def test_an_empty_stock_costs_nothing_and_gives_the_local_name():
    async def test(names, model):
        model.go.clear()
        local = LocalNames("ja")
        assert [await names.name(each) for each in TRAITS] == [await local.name(each) for each in TRAITS]
        assert names.counts.stepped_in == len(TRAITS)

    with_backend(test, name_language="ja")


def test_who_may_wait_gets_the_name_that_arrives_meanwhile():
    async def test(names, model):
        model.go.clear()
        waiting = asyncio.create_task(names.name(TRAITS[-1]))
        await asyncio.sleep(0)
        model.go.set()
        await waiting
        assert (names.counts.from_stock, names.counts.stepped_in) == (1, 0)

    with_backend(test, name_wait=10)


def test_waiting_ends():
    async def test(names, model):
        model.go.clear()
        assert valid_name(await names.name(TRAITS[0]))
        assert names.counts.stepped_in == 1

    with_backend(test, name_wait=0.01)


def test_nobody_waits_for_a_server_that_failed():
    async def test(names, model):
        await until(lambda: names.breaker.state is State.OPEN)
        async with asyncio.timeout(5):
            await names.name(TRAITS[0])
        assert names.counts.stepped_in == 1

    with_backend(test, FetchError(Fault.TIMEOUT, "late", retry_after_s=60), name_wait=30)


def test_a_burst_of_requests_is_no_herd_of_probes():
    async def test(names, model):
        await until(lambda: names.breaker.state is State.OPEN)
        model.go.clear()
        await until(lambda: names.breaker.state is State.HALF_OPEN)
        await asyncio.gather(*(names.name(each) for each in TRAITS * 5))
        assert (model.calls, names.breaker.state) == (2, State.HALF_OPEN)
        model.go.set()
        await until(lambda: names.stock.level == 256)
        assert model.most_at_once == 1
        assert (names.breaker.state, names.breaker.last_fault) == (State.CLOSED, Fault.SERVER_ERROR)

    with_backend(test, FetchError(Fault.SERVER_ERROR, "status 500"), name_wait=1)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ("I would rather not.", "no_name"),
        ('{"name": "name"}', "no_name"),
        (FetchError(Fault.TLS, "expired"), "tls"),
        (RuntimeError("a fault of ours"), "internal"),
        (orjson.JSONDecodeError("x", "", 0), "internal"),
    ],
)
def test_the_task_outlives_every_fault(answer, word):
    async def test(names, model):
        await until(lambda: names.stock.level == 256)
        assert names.counts.faults == Counter({word: 1})

    with capture_logs() as logs:
        with_backend(test, answer)
    events = [line["event"] for line in logs if line["event"] != "names not fetched"]
    assert events == ["names server fails: local names step in", "names server works"]


def test_a_model_that_repeats_itself_is_given_a_pause():
    async def test(names, model):
        await until(lambda: names.breaker.state is State.OPEN)
        assert names.breaker.last_fault is Fault.REPEATS
        assert (names.counts.fetched, names.counts.repeats) == (1, 1)

    with_backend(test, *['{"name": "Ondine"}'] * 3)


def test_a_line_a_change_and_not_a_line_a_call():
    async def test(names, model):
        await until(lambda: names.stock.level == 256)
        assert names.counts.faults == Counter({"timeout": 2})

    with capture_logs() as logs:
        with_backend(test, TIME[Fault.TIMEOUT], TIME[Fault.TIMEOUT])
    assert len(logs) == 2


def test_the_backend_opens_and_closes_whatever_the_server_does(server, failure, wire):
    server.behaviour, _ = failure

    async def run():
        settings = Settings(openai_base_url=server.base_url, openai_timeout=30)
        async with asyncio.timeout(10), open_remote(settings) as names:
            assert valid_name(await names.name(TRAITS[0]))
            await until(lambda: server.asked)
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(run())

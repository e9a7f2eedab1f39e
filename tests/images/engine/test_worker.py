"""The engine's life around a model that computes nothing: queue, slots, cancellation, crash, memory."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from minimon.creatures import Element, Rarity, Traits
from minimon.errors import GenerationFailedError, OverloadedError, StartError, StartingError
from minimon.images.engine.backend import EngineImages, running
from minimon.images.engine.model import Order, OutOfMemoryError, PictureFaultError
from minimon.images.engine.pace import Pace
from minimon.images.engine.worker import Worker

STEPS = {Rarity.F: 1, Rarity.S: 2, Rarity.S_PLUS: 4}
SECONDS = 20
"""A bound on every wait of these tests, never what they measure."""


@dataclass
class FakeRow:
    seed: int
    left: int


@dataclass
class FakeModel:
    """Counts its calls; a test holds it back through ``gate``."""

    slots: int = 4
    decoders: int = 0
    flags: tuple = ()
    facts: dict = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    calls: list[list[int]] = field(default_factory=list)
    room: int = 8
    broken: set[int] = field(default_factory=set)
    poison: int = -1

    def begin(self, order: Order) -> FakeRow:
        return FakeRow(order.traits.seed, STEPS[order.traits.rarity])

    def step(self, rows):
        assert self.gate.wait(SECONDS)
        if len(rows) > self.room:
            raise OutOfMemoryError
        if any(row.seed == self.poison for row in rows):
            raise RuntimeError("the device is lost")
        self.calls.append([row.seed for row in rows])
        for row in rows:
            row.left -= 1

    def finish(self, row) -> Callable[[], bytes]:
        if row.seed in self.broken:
            raise PictureFaultError("not a number")
        return f"picture of {row.seed}".encode

    def shrink(self) -> bool:
        self.slots //= 2
        return self.slots > 0


def traits(seed: int, rarity: Rarity = Rarity.F) -> Traits:
    return Traits(seed, rarity, Element.FIRE)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SECONDS):
        while not condition():  # noqa: ASYNC110 - the engine lives in another thread
            await asyncio.sleep(0.002)


def with_worker(model, test, *, load=None, **options):
    """Run ``test(images)`` on a ready worker."""

    async def run():
        worker = Worker("fake", load or (lambda _: model), **({"most": 100, "patience": SECONDS} | options))
        async with running(worker, STEPS.__getitem__) as images:
            await until(lambda: images.status().state == "ready")
            try:
                return await test(images)
            finally:
                model.gate.set()

    return asyncio.run(run())


async def start(images: EngineImages, *wanted: Traits) -> list[asyncio.Task]:
    """Submit the orders in this order; the first alone fills a slot at once."""
    tasks = []
    for one in wanted:
        tasks.append(asyncio.create_task(images.draw(one, "x")))
        await asyncio.sleep(0)
    return tasks


def queue(images) -> tuple[int, int]:
    facts = images.status().facts
    return facts["in_slots"], facts["waiting"]


def test_rows_enter_and_leave_at_every_step():
    model = FakeModel(slots=2)

    async def test(images):
        tasks = await start(images, traits(1, Rarity.S_PLUS))
        await until(lambda: queue(images) == (1, 0))
        tasks += await start(images, traits(2), traits(3), traits(4))
        model.gate.set()
        return [picture.png for picture in await asyncio.gather(*tasks)]

    assert with_worker(model, test) == [f"picture of {seed}".encode() for seed in (1, 2, 3, 4)]
    assert model.calls == [[1], [1, 2], [1, 3], [1, 4]]


def test_an_order_whose_client_left_costs_no_step_and_one_in_a_slot_is_finished():
    model = FakeModel(slots=1)

    async def test(images):
        first, second, third = await start(images, traits(1), traits(2), traits(3))
        await until(lambda: queue(images) == (1, 2))
        first.cancel()
        second.cancel()
        await until(lambda: queue(images) == (1, 1))  # nobody waits behind one who has gone
        model.gate.set()
        assert (await first).png == b"picture of 1"  # it has cost work, so there it is
        with pytest.raises(asyncio.CancelledError):
            await second
        assert (await third).png == b"picture of 3"

    with_worker(model, test)
    assert model.calls == [[1], [3]]


def test_past_the_bound_an_order_is_refused_with_an_honest_wait():
    model = FakeModel(slots=1)

    async def test(images):
        images._worker._pace = Pace(call_seconds=2.0, finish_seconds=1.0)
        tasks = await start(images, traits(1))
        await until(lambda: queue(images) == (1, 0))
        tasks += await start(images, traits(2, Rarity.S_PLUS), traits(3))
        with pytest.raises(OverloadedError) as caught:
            await images.draw(traits(4), "x")
        assert caught.value.headers == {"Retry-After": "15"}  # 1 + 4 + 1 calls of 2 s, 3 pictures of 1 s
        assert images.status().wait_seconds == 15
        model.gate.set()
        await asyncio.gather(*tasks)

    with_worker(model, test, most=2)


def test_a_wait_longer_than_patience_is_refused_before_it_begins():
    model = FakeModel(slots=1)

    async def test(images):
        images._worker._pace = Pace(call_seconds=1000.0)
        tasks = await start(images, traits(1))
        await until(lambda: queue(images) == (1, 0))
        with pytest.raises(OverloadedError):
            await images.draw(traits(2), "x")
        model.gate.set()
        await asyncio.gather(*tasks)

    with_worker(model, test)


def test_an_order_that_waited_past_its_deadline_costs_no_step():
    model = FakeModel(slots=1)

    async def test(images):
        first, second = await start(images, traits(1), traits(2))
        await until(lambda: images.status().facts["in_slots"] == 1)
        with pytest.raises(OverloadedError) as caught:
            await second  # although the device is still in its first call
        assert "Retry-After" in caught.value.headers
        model.gate.set()
        assert (await first).png == b"picture of 1"

    with_worker(model, test, patience=0.1)
    assert model.calls == [[1]]


def test_out_of_memory_takes_fewer_rows_at_a_time_and_loses_none():
    model = FakeModel(slots=4, room=2)

    async def test(images):
        tasks = await start(images, traits(0))
        await until(lambda: queue(images) == (1, 0))
        tasks += await start(images, *(traits(seed, Rarity.S) for seed in range(1, 9)))
        model.gate.set()
        pictures = await asyncio.gather(*tasks)
        assert [picture.png for picture in pictures] == [f"picture of {seed}".encode() for seed in range(9)]
        assert images.status().facts["slots"] == 2

    with_worker(model, test)
    assert max(map(len, model.calls)) == 2


def test_out_of_memory_with_one_slot_is_a_crash():
    model = FakeModel(slots=1, room=0)

    async def test(images):
        model.gate.set()
        with pytest.raises(GenerationFailedError):
            await images.draw(traits(1), "x")

    with_worker(model, test)


def test_a_crash_fails_what_is_in_flight_and_the_engine_comes_back():
    model = FakeModel(slots=1, poison=1)
    loads = []
    may_load = threading.Event()
    may_load.set()

    def load(report):
        report("again", 0.5)
        assert may_load.wait(SECONDS)
        loads.append(1)
        model.slots = 1
        return model

    async def test(images):
        images._worker._pause = 0.0
        first, second = await start(images, traits(1), traits(2))
        await until(lambda: queue(images) == (1, 1))
        may_load.clear()
        model.gate.set()
        with pytest.raises(GenerationFailedError):
            await first
        with pytest.raises(StartingError) as caught:
            await second
        assert "Retry-After" in caught.value.headers
        await until(lambda: images.status().stage == "again")
        assert (images.status().state, images.status().percent) == ("starting", 50)
        with pytest.raises(StartingError):
            await images.draw(traits(3), "x")
        may_load.set()
        await until(lambda: images.status().state == "ready")
        assert (await images.draw(traits(3), "x")).png == b"picture of 3"

    with_worker(model, test, load=load)
    assert len(loads) == 2


def test_one_bad_picture_fails_alone():
    model = FakeModel(broken={2})
    model.gate.set()

    async def test(images):
        results = await asyncio.gather(*(images.draw(traits(seed), "x") for seed in (1, 2, 3)), return_exceptions=True)
        assert [type(result).__name__ for result in results] == ["Picture", "GenerationFailedError", "Picture"]
        assert isinstance(results[1].__cause__, PictureFaultError)
        assert images.status().state == "ready"

    with_worker(model, test)


def test_rows_are_decoded_beside_the_next_call():
    model = FakeModel(slots=1, decoders=2)
    model.gate.set()
    decoding = threading.Event()

    def finish(row):
        assert decoding.wait(SECONDS)
        return f"picture of {row.seed}".encode

    model.finish = finish

    async def test(images):
        tasks = await start(images, *(traits(seed) for seed in range(3)))
        await until(lambda: len(model.calls) == 3)  # while none is decoded
        assert not any(task.done() for task in tasks)
        decoding.set()
        return [picture.png for picture in await asyncio.gather(*tasks)]

    assert with_worker(model, test) == [b"picture of 0", b"picture of 1", b"picture of 2"]


@pytest.mark.parametrize("decoders", [0, 2])
def test_a_picture_that_finds_no_memory_to_be_decoded_is_decoded_with_fewer_slots(decoders):
    model = FakeModel(slots=4, decoders=decoders)
    model.gate.set()

    def finish(row):
        if model.slots > 2:
            raise OutOfMemoryError
        return f"picture of {row.seed}".encode

    model.finish = finish

    async def test(images):
        return [picture.png for picture in await asyncio.gather(*await start(images, traits(1), traits(2)))]

    assert with_worker(model, test) == [b"picture of 1", b"picture of 2"]


@pytest.mark.parametrize("decoders", [0, 2])
def test_a_crash_while_decoding_fails_what_is_in_flight_and_the_engine_comes_back(decoders):
    model = FakeModel(slots=4, decoders=decoders)
    model.gate.set()
    lost = [True]

    def finish(row):
        if lost.pop():
            raise RuntimeError("the device is lost")
        return f"picture of {row.seed}".encode

    model.finish = finish

    async def test(images):
        images._worker._pause = 0.0
        with pytest.raises(GenerationFailedError):
            await images.draw(traits(1), "x")
        lost.append(False)
        await until(lambda: images.status().state == "ready")
        assert (await images.draw(traits(2), "x")).png == b"picture of 2"

    with_worker(model, test)


def test_a_load_that_cannot_succeed_is_a_failure_with_its_remedy():
    def load(report):
        raise StartError("SDXL_TURBO_MODEL: nothing there")

    async def test():
        async with running(Worker("fake", load, most=1, patience=1), STEPS.__getitem__) as images:
            await until(lambda: images.status().state == "failed")
            assert images.status().fault == "SDXL_TURBO_MODEL: nothing there"
            with pytest.raises(StartingError):
                await images.draw(traits(1), "x")

    asyncio.run(test())


def test_the_event_loop_goes_on_while_the_model_computes():
    model = FakeModel()

    async def test(images):
        task = asyncio.create_task(images.draw(traits(1), "x"))
        await until(lambda: queue(images)[0] == 1)
        for _ in range(100):
            await asyncio.sleep(0)  # turns of the loop while ``step`` holds the engine's thread
        assert not task.done()
        model.gate.set()
        assert (await task).backend == "fake"

    with_worker(model, test)


def test_pace_follows_what_is_measured():
    pace = Pace()
    assert pace.wait(100, 100, 4, 0) == 0
    pace.called(1.0)
    pace.finished(0.5)
    assert pace.wait(9, 2, 4, 0) == 4.0
    assert pace.wait(9, 2, 4, 2) == 3.5
    for _ in range(100):
        pace.called(2.0)
    assert round(pace.wait(4, 0, 4, 2), 3) == 2.0

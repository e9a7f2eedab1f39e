"""Creatures made ahead of need: who gets what, and what becomes of everything that was drawn."""

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

import pytest

from minimon import filling as filling_module
from minimon.creatures import Rarity, new_seed
from minimon.draws import Draws, open_draws
from minimon.errors import GenerationFailedError, OverloadedError, StartingError
from minimon.generation import Generator
from minimon.images import PNG, SVG, WEBP, Picture, Status
from minimon.images.fallback import FallbackImages
from minimon.images.files import FileImages
from minimon.minting import Mint
from minimon.services import filling
from minimon.settings import Settings
from minimon.tallies import PictureTallies

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de"
    "0000000c4944415408d763f8ffff3f0005fe02fea736d10000000049454e44ae426082"
)


class Names:
    slow = True

    def __init__(self):
        self.patient = []

    async def name(self, _traits, *, patient=False):
        self.patient.append(patient)
        return "Nébulo"


class Engine:
    """An engine with so many slots, in which a rarity takes its steps, a turn of the loop each."""

    slow = True
    tallies = PictureTallies()

    def __init__(self, batch=4, steps=None, most=1000):
        self.batch, self.most = batch, most
        self.steps = steps or {}
        self.begun, self.faults, self.waiting = [], {}, 0
        self.slots = asyncio.Semaphore(batch or 4)
        self.gate = asyncio.Event()
        self.gate.set()

    async def draw(self, traits, _name):
        if self.waiting >= self.most:
            raise OverloadedError(seconds=1)
        self.waiting += 1
        try:
            async with self.slots:  # cancelled here, it has cost nothing
                self.begun.append(traits.seed)
                await self._work(self.steps.get(traits.rarity, 1))
        finally:
            self.waiting -= 1
        if fault := self.faults.pop(traits.seed, None):
            raise fault
        return Picture.of(PIXEL, "engine")

    def status(self):
        return Status()

    async def _work(self, steps):
        for _ in range(steps):
            await asyncio.sleep(0)
        while not self.gate.is_set():
            try:
                await self.gate.wait()
            except asyncio.CancelledError:  # the picture has cost work: it is finished
                asyncio.current_task().uncancel()


def generator_for(images, *, size=8, seed=1, names=None, **settings):
    return generator_of(Settings(stock_size=size, **settings), images, Draws(Random(seed)), names=names)


def generator_of(settings, images, draws, *, names=None, clock=lambda: NOW):
    return Generator(settings, Mint(settings, images, names or Names(), draws, rng=Random(2), clock=clock))


async def until(condition):
    while not condition():  # noqa: ASYNC110 - turns of the loop, not time
        await asyncio.sleep(0)


@asynccontextmanager
async def stocked(images, **options):
    """Give a generator whose stock is full."""
    generator = generator_for(images, **options)
    async with filling(generator):
        await until(lambda: generator.stock.level == generator.stock.size)
        yield generator


def seeds_of(seed, count):
    draws = Draws(Random(seed))
    return [draws.next().seed for _ in range(count)]


def run(test):
    return asyncio.run(asyncio.wait_for(test, 20))


def test_a_request_takes_a_creature_that_is_there_and_the_place_is_filled_again():
    async def test():
        async with stocked(Engine()) as generator:
            oldest = generator.stock.first
            minted = await generator.mint()
            assert minted.creature is oldest.creature
            assert generator.stock.level == 7
            for _ in range(3):
                await generator.mint()
            await until(lambda: generator.stock.level == 8)

    run(test())


class Vector(Engine):
    """An engine that draws SVG, too, which takes its time."""

    def __init__(self):
        super().__init__()
        self.drawing = asyncio.Event()

    async def draw_svg(self, _traits):
        await self.drawing.wait()
        return b"<svg/>"


def test_what_may_still_come_back_keeps_its_room_however_often_clients_leave():
    async def test():
        engine = Vector()
        async with stocked(engine) as generator:
            for _ in range(3):
                asked = [asyncio.create_task(generator.mint_file(SVG)) for _ in range(8)]
                await until(lambda: generator.stock.level == 0)
                await asyncio.sleep(0.01)
                for one in asked:
                    one.cancel()
                await asyncio.gather(*asked, return_exceptions=True)
                assert (generator.stock.level, len(engine.begun)) == (8, 8)
            engine.drawing.set()
            for _ in range(engine.batch):
                await generator.mint_file(SVG)
            await until(lambda: (generator.stock.level, len(engine.begun)) == (8, 12))

    run(test())


def test_a_backend_that_only_another_version_has_is_counted_among_others():
    async def test():
        async with stocked(Engine()) as generator:
            assert (await generator.mint()).picture.backend == "engine"
            assert {backend for backend, _, _ in generator.making.outcomes.counts} == {"other"}

    run(test())


def test_the_stock_is_filled_in_whole_batches():
    async def test():
        engine = Engine(batch=4)
        async with stocked(engine) as generator:
            for _ in range(3):
                await generator.mint()
            await asyncio.sleep(0.01)
            assert len(engine.begun) == 8
            await generator.mint()
            await until(lambda: len(engine.begun) == 12)

    run(test())


def test_it_knows_when_it_was_made_and_when_it_was_handed_out():
    async def test():
        times = iter(NOW.replace(minute=minute) for minute in range(60))
        generator = generator_of(Settings(stock_size=4), Engine(), Draws(Random(1)), clock=lambda: next(times))
        async with filling(generator):
            await until(lambda: generator.stock.level == 4)
            minted = await generator.mint()
            assert minted.minted_at == NOW.replace(minute=0)
            assert minted.generated_at == NOW.replace(minute=4)

    run(test())


def test_with_an_empty_stock_a_request_joins_the_queue_of_the_engine():
    async def test():
        engine = Engine()
        engine.gate.clear()
        generator = generator_for(engine, size=0)
        waiting = asyncio.create_task(generator.mint())
        await until(lambda: engine.begun)
        engine.gate.set()
        assert (await waiting).creature.traits.seed == engine.begun[0]

    run(test())


def test_whoever_comes_takes_what_is_under_way_for_the_stock():
    async def test():
        engine = Engine(batch=4)
        engine.gate.clear()
        generator = generator_for(engine, size=4)
        async with filling(generator):
            await until(lambda: len(engine.begun) == 4)
            waiting = [asyncio.create_task(generator.mint()) for _ in range(4)]
            await asyncio.sleep(0.01)
            engine.gate.set()
            got = [(await task).creature.traits.seed for task in waiting]
            assert got == engine.begun[:4]

    run(test())


@pytest.mark.parametrize("form", [WEBP, PNG])
def test_a_picture_from_the_stock_comes_in_the_form_that_was_asked_for(form):
    async def test():
        async with stocked(Engine()) as generator:
            oldest = generator.stock.first.creature
            minted = await generator.mint_file(form)
            assert (minted.creature, minted.media_type) == (oldest, form)
            assert minted.content[:4] == {PNG: b"\x89PNG", WEBP: b"RIFF"}[form]

    run(test())


class VectorEngine(Engine):
    svg_gate = None

    async def draw_svg(self, traits):
        if self.svg_gate:
            await self.svg_gate.wait()
        return f"<svg>{traits.seed}</svg>".encode()


def test_an_svg_is_of_the_creature_that_is_next():
    async def test():
        async with stocked(VectorEngine()) as generator:
            oldest = generator.stock.first.creature
            minted = await generator.mint_file(SVG)
            assert minted.creature is oldest
            assert minted.content == f"<svg>{oldest.traits.seed}</svg>".encode()
            assert minted.backend == "engine"

    run(test())


def test_a_creature_whose_client_left_goes_to_whoever_is_next():
    async def test():
        engine = Engine()
        engine.gate.clear()
        generator = generator_for(engine, size=0)
        leaving = asyncio.create_task(generator.mint())
        await until(lambda: engine.begun)
        leaving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leaving
        engine.gate.set()
        await until(lambda: generator.stock.level)
        minted = await generator.mint()
        assert [minted.creature.traits.seed] == engine.begun

    run(test())


def test_a_draw_whose_client_left_before_it_had_a_slot_is_the_next_one_made():
    async def test():
        engine = Engine(batch=1)
        engine.gate.clear()
        generator = generator_for(engine, size=0)
        staying, leaving = (asyncio.create_task(generator.mint()) for _ in range(2))
        await until(lambda: engine.waiting == 2)
        leaving.cancel()
        await asyncio.sleep(0.01)
        engine.gate.set()
        got = [(await staying).creature.traits.seed, (await generator.mint()).creature.traits.seed]
        assert got == seeds_of(1, 2)

    run(test())


def test_a_client_that_leaves_while_its_webp_is_made_leaves_the_creature():
    async def test():
        engine = VectorEngine()
        engine.svg_gate = asyncio.Event()
        async with stocked(engine) as generator:
            oldest = generator.stock.first.creature
            leaving = asyncio.create_task(generator.mint_file(SVG))
            await asyncio.sleep(0)
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            assert (await generator.mint()).creature is oldest

    run(test())


def test_after_a_crash_what_was_drawn_is_made_again():
    async def test():
        engine = Engine(batch=4)
        engine.gate.clear()
        generator = generator_for(engine, size=4)
        async with filling(generator):
            await until(lambda: len(engine.begun) == 4)
            drawn = list(engine.begun)
            engine.faults = {seed: GenerationFailedError() for seed in drawn}
            engine.gate.set()
            await until(lambda: len(engine.begun) == 8)
            assert engine.begun[4:] == drawn

    run(test())


@pytest.fixture
def _no_pause(monkeypatch):
    monkeypatch.setattr(filling_module, "LOOK_SECONDS", 0.001)


@pytest.mark.usefixtures("_no_pause")
@pytest.mark.parametrize("error", [OverloadedError(seconds=1), StartingError(seconds=1), ZeroDivisionError()])
def test_the_stock_is_filled_again_once_the_backend_works_again(error):
    async def test():
        engine = Engine(batch=2)
        engine.faults = dict.fromkeys(seeds_of(1, 1), error)
        generator = generator_for(engine, size=4)
        async with filling(generator):
            await until(lambda: generator.stock.level == 3)  # one did not come, and for a batch there is no more room

    run(test())


@pytest.mark.usefixtures("_no_pause")
def test_nothing_is_asked_of_a_backend_that_makes_none_now():
    async def test():
        engine = Engine(batch=0)
        generator = generator_for(engine)
        async with filling(generator):
            await asyncio.sleep(0.02)
            assert not engine.begun
            engine.batch = 4
            await until(lambda: generator.stock.level == 8)

    run(test())


@pytest.mark.usefixtures("_no_pause")
def test_the_fallback_serves_while_the_first_starts_and_fills_no_stock():
    async def test():
        engine = Engine(batch=0, most=0)
        engine.draw = _starting
        images = FallbackImages(engine, FileImages([Picture.of(PIXEL, "files")]), "files")
        generator = generator_for(images)
        async with filling(generator):
            await asyncio.sleep(0.02)
            assert (await generator.mint()).picture.backend == "files"
            assert generator.stock.level == 0

    run(test())


async def _starting(_traits, _name):
    raise StartingError(seconds=1)


def test_names_are_part_of_the_stock_and_a_names_server_has_time():
    async def test():
        names = Names()
        async with stocked(Engine(), names=names) as generator:
            assert names.patient == [True] * 8
            await generator.mint()
            assert len(names.patient) == 8

    run(test())


def test_the_end_waits_for_nothing_that_nobody_waits_for():
    async def test():
        engine = Engine(batch=4)
        engine.gate.clear()
        generator = generator_for(engine)
        async with filling(generator):
            await until(lambda: len(engine.begun) == 4)
        engine.gate.set()  # as the engine does when it is closed, after the generator

    run(test())


def test_what_is_next_is_told_nobody(caplog):
    async def test():
        async with stocked(Engine()) as generator:
            level = generator.stock_level()
            assert (level.level, level.size, level.oldest_seconds) == (8, 8, 0)
        assert "generated" not in caplog.text

    run(test())


def chi_square(drawn):
    """Return how far counts are from those that the weights let expect."""
    share = sum(drawn.values()) / sum(WEIGHTS.values())
    return sum((drawn[rarity] - share * weight) ** 2 / (share * weight) for rarity, weight in WEIGHTS.items())


ONE_IN_A_THOUSAND = 13.8
"""Chi-square with 2 degrees of freedom: so many runs would be beyond. These are the same each time."""
WEIGHTS = {Rarity.F: 5, Rarity.C: 3, Rarity.S_PLUS: 2}
STEPS = {Rarity.F: 1, Rarity.C: 2, Rarity.S_PLUS: 8}


async def _hand_out_in_turmoil(count):
    """Hand out so many creatures while clients leave, the engine crashes, and it refuses."""
    fate = Random(7)
    engine = Engine(batch=3, steps=STEPS, most=6)
    generator = generator_for(engine, size=6, seed=5, rarity_weights=WEIGHTS)
    rarities = []

    async def client():
        leaving = asyncio.create_task(generator.mint())
        for _ in range(fate.randrange(1, 12)):
            await asyncio.sleep(0)
        if fate.random() < 0.3:
            leaving.cancel()
        try:
            rarities.append((await leaving).creature.traits.rarity)
        except asyncio.CancelledError:
            pass
        except (GenerationFailedError, OverloadedError):
            pass

    async with filling(generator):
        while len(rarities) < count:
            if fate.random() < 0.1:
                engine.faults |= {seed: GenerationFailedError() for seed in engine.begun[-3:]}
            await asyncio.gather(*(client() for _ in range(fate.randrange(1, 10))))
    return Counter(rarities)


@pytest.mark.usefixtures("_no_pause")
def test_the_odds_are_those_of_the_weights_whatever_happens():
    assert chi_square(run(_hand_out_in_turmoil(5000))) < ONE_IN_A_THOUSAND


async def _hand_out_over_restarts(count, path):
    """Hand out so many creatures by processes that end at any moment of their work."""
    rarities, rng, fate, before = [], Random(3), Random(4), asyncio.all_tasks()

    async def serve(draws):
        settings = Settings(stock_size=4, rarity_weights=WEIGHTS)
        engine = Engine(batch=4, steps=STEPS)
        generator = generator_of(settings, engine, draws)
        async with filling(generator):
            while True:
                rarities.append((await generator.mint()).creature.traits.rarity)

    while len(rarities) < count:
        with open_draws(path, rng) as draws:
            serving = asyncio.create_task(serve(draws))
            for _ in range(fate.randrange(10, 40)):
                await asyncio.sleep(0)
            serving.cancel()  # what is put back now is forgotten with the process: the file is all that stays
            await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)
    return Counter(rarities)


def test_the_odds_are_those_of_the_weights_over_many_restarts(tmp_path):
    assert chi_square(run(_hand_out_over_restarts(3000, tmp_path / "draws"))) < ONE_IN_A_THOUSAND


class Quick:
    """A backend whose pictures are there already, with names of the same kind."""

    slow, batch, tallies = False, 1, PictureTallies()

    async def draw(self, _traits, _name):
        return Picture.of(PIXEL, "files")

    async def name(self, traits, **_options):
        return f"Nébulo{traits.seed}"


async def _quickly(count, draws):
    generator = generator_of(Settings(rarity_weights=WEIGHTS), Quick(), draws, names=Quick())
    return [(await generator.mint()).creature for _ in range(count)]


def test_quick_creatures_are_made_some_at_a_time_and_handed_out_in_the_order_of_their_draws():
    rng = Random(9)
    seeds = [new_seed(rng) for _ in range(100)]
    creatures = run(_quickly(100, Draws(Random(9))))
    assert [creature.traits.seed for creature in creatures] == seeds
    assert all(creature.name == f"Nébulo{creature.traits.seed}" for creature in creatures)


def test_a_quick_creature_whose_client_left_is_the_next_one():
    async def leave_and_come():
        generator = generator_of(Settings(), Quick(), Draws(Random(9)), names=Quick())
        await generator.mint()
        ready = await generator.supply.next()
        with pytest.raises(asyncio.CancelledError), generator.supply.or_put_back(ready):
            raise asyncio.CancelledError
        return ready.draw.seed, (await generator.mint()).creature.traits.seed

    left, next_one = run(leave_and_come())
    assert left == next_one


def test_the_odds_of_quick_creatures_are_those_of_the_weights_though_each_process_ends_with_some_at_hand():
    async def restarts():
        rng, fate = Random(3), Random(4)
        creatures = []
        while len(creatures) < 5000:
            creatures += await _quickly(fate.randrange(1, 60), Draws(rng))
        return Counter(creature.traits.rarity for creature in creatures)

    assert chi_square(run(restarts())) < ONE_IN_A_THOUSAND


def test_the_stock_is_filled_on_after_a_client_left_whose_creature_was_under_way_for_it():
    async def test():
        engine = Engine(batch=4)
        engine.slots = asyncio.Semaphore(0)  # all are busy: nothing begins
        generator = generator_for(engine, size=8)
        async with filling(generator):
            await until(lambda: engine.waiting == 4)
            waits = asyncio.create_task(generator.mint())
            await asyncio.sleep(0.01)
            waits.cancel()
            await asyncio.gather(waits, return_exceptions=True)
            for _ in range(4):
                engine.slots.release()
            await until(lambda: generator.stock.level == 7)  # three of the first batch, and another one

    run(test())

"""The pool: bounded, alive after deaths, and gone when it is closed."""

import asyncio
import os
import signal
import sys
import time
from multiprocessing import active_children
from pathlib import Path
from threading import Thread

import pytest

from minimon.errors import GenerationFailedError, OverloadedError
from minimon.images.drawn.pool import YIELDING, DrawingPool, RoomySpawning


def nothing():
    pass


def with_pool(work, workers=1, most=8):
    async def run():
        pool = DrawingPool(workers, most, nothing)
        try:
            await pool.warm()
            return await work(pool)
        finally:
            pool.unwatch()
            await asyncio.to_thread(pool.close)

    return asyncio.run(run())


async def until(true):
    async with asyncio.timeout(20):
        while not true():  # noqa: ASYNC110 - a death elsewhere sets no event
            await asyncio.sleep(0.01)


def kill_all():
    for child in active_children():
        os.kill(child.pid, signal.SIGKILL)


def die_once(mark):
    if not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def test_more_than_may_wait_are_refused_and_told_when_to_come_again():
    async def work(pool):
        async with asyncio.TaskGroup() as group:
            accepted = [group.create_task(pool.run(time.sleep, 0.3)) for _ in range(3)]
            await asyncio.sleep(0)
            assert pool.waiting == 2
            with pytest.raises(OverloadedError) as refused:
                await pool.run(os.getpid)
        assert all(task.done() for task in accepted)
        assert int(refused.value.headers["Retry-After"]) >= 1
        assert refused.value.status == 503
        return await pool.run(os.getpid)

    assert with_pool(work, most=2) != os.getpid()


def hold(folder):
    (folder / "began").touch()
    patience = time.monotonic() + 20  # no test that fails is to hang
    while not (folder / "may end").exists() and time.monotonic() < patience:
        time.sleep(0.01)


def test_a_task_that_nobody_wants_any_more_counts_until_its_process_is_free(tmp_path):
    async def work(pool):
        unwanted = asyncio.create_task(pool.run(hold, tmp_path))
        await until((tmp_path / "began").exists)
        unwanted.cancel()
        with pytest.raises(asyncio.CancelledError):
            await unwanted
        waits = asyncio.create_task(pool.run(os.getpid))
        await asyncio.sleep(0)
        assert pool.waiting == 1
        with pytest.raises(OverloadedError):
            await pool.run(os.getpid)
        (tmp_path / "may end").touch()
        await waits
        await until(lambda: pool.waiting == 0)
        return await pool.run(os.getpid)

    assert with_pool(work, most=1) != os.getpid()


def test_who_waits_is_served_after_a_death_even_if_others_before_him_have_left(tmp_path):
    async def work(pool):
        held = asyncio.create_task(pool.run(hold, tmp_path))
        await until((tmp_path / "began").exists)
        behind = [asyncio.create_task(pool.run(os.getpid)) for _ in range(4)]
        await asyncio.sleep(0.01)
        behind[2].cancel()
        await asyncio.sleep(0.01)
        (tmp_path / "may end").touch()
        kill_all()
        async with asyncio.timeout(15):
            await held
            return await asyncio.gather(*behind, return_exceptions=True)

    served = with_pool(work)
    assert isinstance(served.pop(2), asyncio.CancelledError)
    assert all(isinstance(pid, int) for pid in served)


def test_a_process_that_dies_is_replaced_before_anyone_asks():
    async def work(pool):
        before = {child.pid for child in active_children()}
        kill_all()
        await until(lambda: len({child.pid for child in active_children()} - before) == pool.workers)
        return before, await pool.run(os.getpid)

    before, after = with_pool(work)
    assert after not in before


def test_what_a_dead_process_was_doing_is_done_again(tmp_path):
    assert with_pool(lambda pool: pool.run(die_once, tmp_path / "mark")) != os.getpid()


def test_what_kills_every_process_fails_and_the_next_task_works():
    async def work(pool):
        with pytest.raises(GenerationFailedError):
            await pool.run(os._exit, 1)
        return await pool.run(os.getpid)

    assert with_pool(work) != os.getpid()


def test_drawing_gives_way_to_the_event_loop():
    """By its priority: over the real service, /livez took a third of the time under load."""
    assert with_pool(lambda pool: pool.run(os.nice, 0)) == min(19, os.nice(0) + YIELDING)


def test_no_process_is_left_behind():
    async def work(pool):
        return [child.pid for child in active_children()]

    pids = with_pool(work, workers=2)
    assert len(pids) >= 2
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no pipes that widen")
def test_a_process_goes_on_while_pictures_wait_to_be_read():
    queue = RoomySpawning().SimpleQueue()
    pictures = [bytes(180_000), bytes(160_000)]
    writing = Thread(target=lambda: [queue.put(picture) for picture in pictures], daemon=True)
    writing.start()
    writing.join(10)
    assert not writing.is_alive()
    assert [queue.get(), queue.get()] == pictures

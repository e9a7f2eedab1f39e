"""Time as the ledger sees it."""

from datetime import UTC, datetime, timedelta

from minimon.clock import SteadyClock

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def test_a_steady_clock_stands_still_while_the_system_clock_is_behind_and_says_so():
    times = [NOON, NOON - timedelta(hours=1), NOON + timedelta(seconds=1)]
    clock = SteadyClock(lambda: times[0], NOON - timedelta(days=1))
    assert (clock(), clock.behind()) == (NOON, timedelta())
    times.pop(0)
    assert (clock(), clock.behind()) == (NOON, timedelta(hours=1))
    times.pop(0)
    assert (clock(), clock.behind()) == (NOON + timedelta(seconds=1), timedelta())


def test_a_steady_clock_begins_at_the_last_record():
    assert SteadyClock(lambda: NOON, NOON + timedelta(days=1))() == NOON + timedelta(days=1)

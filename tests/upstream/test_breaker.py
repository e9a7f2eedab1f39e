"""When a server is asked again after a fault."""

from minimon.upstream.breaker import LONGEST_RETRY_AFTER, PROBE_SECONDS, SLOW_PROBE_SECONDS, Breaker, State
from minimon.upstream.faults import Fault, FetchError

PASSING = FetchError(Fault.TIMEOUT, "")
LASTING = FetchError(Fault.UNAUTHORIZED, "")


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


def pauses(error, times):
    breaker = Breaker(Clock())
    found = []
    for _ in range(times):
        breaker.calling()
        breaker.failed(error)
        found.append(breaker.delay())
    return found


def failed_probe(breaker, error):
    breaker.calling()
    return breaker.failed(error)


def test_pauses_grow_up_to_the_probe_interval():
    assert pauses(PASSING, 6) == [0.5, 1, 2, 4, PROBE_SECONDS, PROBE_SECONDS]
    assert pauses(LASTING, 9)[-2:] == [SLOW_PROBE_SECONDS] * 2
    assert pauses(PASSING, 5000)[-1] == PROBE_SECONDS


def test_a_server_that_asks_for_a_pause_gets_it_within_reason():
    assert pauses(FetchError(Fault.RATE_LIMITED, "", retry_after_s=30), 2) == [30, 30]
    assert pauses(FetchError(Fault.RATE_LIMITED, "", retry_after_s=0.1), 1) == [0.5]
    assert pauses(FetchError(Fault.RATE_LIMITED, "", retry_after_s=10**9), 1) == [LONGEST_RETRY_AFTER]


def test_the_way_down_and_up_again():
    clock = Clock()
    breaker = Breaker(clock)
    assert (breaker.state, breaker.delay()) == (State.CLOSED, 0)
    assert breaker.failed(PASSING)
    assert (breaker.state, breaker.last_fault, breaker.delay()) == (State.OPEN, Fault.TIMEOUT, 0.5)
    clock.now += 0.5
    assert breaker.delay() == 0
    breaker.calling()
    assert breaker.state == State.HALF_OPEN
    assert breaker.succeeded()
    assert breaker.state == State.CLOSED
    breaker.failed(PASSING)
    assert breaker.delay() == 0.5, "a success ends the streak"


def test_news_are_the_changes_and_nothing_else():
    breaker = Breaker(Clock())
    assert [breaker.succeeded(), breaker.succeeded()] == [True, False]
    assert [failed_probe(breaker, error) for error in (PASSING, PASSING, LASTING)] == [True, False, True]
    assert [breaker.succeeded(), breaker.succeeded()] == [True, False]


def test_callers_share_one_probe():
    clock = Clock()
    breaker = Breaker(clock)
    assert breaker.admits() and breaker.admits()
    breaker.failed(PASSING)
    assert not breaker.admits()
    clock.now += 0.5
    assert [breaker.admits(), breaker.admits()] == [True, False]
    breaker.given_up()
    assert [breaker.admits(), breaker.admits()] == [True, False], "a probe that was given up leaves room for another"
    breaker.succeeded()
    assert breaker.admits() and breaker.admits()


def test_faults_that_are_tolerated_open_nothing_and_a_success_forgets_them():
    breaker = Breaker(Clock(), tolerance=3)
    assert [breaker.failed(PASSING), breaker.failed(PASSING)] == [False, False]
    assert breaker.state is State.CLOSED
    breaker.succeeded()
    assert [breaker.failed(PASSING) for _ in range(3)] == [False, False, True]
    assert (breaker.state, breaker.delay()) == (State.OPEN, 0.5)


def test_calls_that_were_under_way_do_not_lengthen_the_pause():
    breaker = Breaker(Clock())
    breaker.failed(PASSING)
    assert not breaker.failed(LASTING)
    assert breaker.delay() == 0.5

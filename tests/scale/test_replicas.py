"""Replicas behind a proxy: any of them may die, be held or be replaced, and no creature is asked for in vain."""

import signal
import time

import pytest
from tests.scale.conftest import load
from tests.servers import until

REPLICAS = 4
HOLD_SECONDS = 4


def test_a_killed_replica_costs_those_that_were_in_flight_on_it_alone(fleet, enter):
    replicas = fleet.start(REPLICAS)
    with load(replicas, clients=8) as seen:
        seen.wait(100)
        replicas[0].stop(signal.SIGKILL)
        seen.wait(200)
    enter("SIGKILL of a replica, no proxy", seen)
    assert len(seen.failed()) <= 2, seen.failed()  # eight clients on four replicas
    assert not seen.duplicates()


def test_behind_a_proxy_that_tries_again_a_killed_replica_costs_nothing(fleet, behind_nginx, enter):
    replicas = fleet.start(REPLICAS)
    with load(behind_nginx(replicas)) as seen:
        seen.wait(100)
        replicas[0].stop(signal.SIGKILL)
        seen.wait(200)
        back = fleet.restart(replicas[0])
        seconds = until(lambda: "/v1/generate" in back.log_path.read_text())
    enter("SIGKILL of a replica, nginx", seen, used_again_after=round(seconds, 1))
    assert not seen.failed()
    assert not seen.duplicates()


@pytest.mark.parametrize("fault", ["SIGSTOP", "cut off", "not heard of"])
def test_behind_a_proxy_that_tries_again_a_replica_that_is_held_or_cut_off_costs_nothing(
    fleet, behind_nginx, cable, enter, fault
):
    replicas = fleet.start(REPLICAS)
    line = cable(replicas[0].port)
    there = {"SIGSTOP": lambda: replicas[0].process.send_signal(signal.SIGSTOP), "cut off": line.cut}
    back = {"SIGSTOP": lambda: replicas[0].process.send_signal(signal.SIGCONT)}
    with load(behind_nginx([line, *replicas[1:]])) as seen:
        seen.wait(100)
        there.get(fault, line.hang)()
        began = time.monotonic()
        seen.wait(200)
        until(lambda: time.monotonic() - began > HOLD_SECONDS)
        log_before = len(replicas[0].log_path.read_text())
        back.get(fault, line.mend)()
        seconds = until(lambda: "/v1/generate" in replicas[0].log_path.read_text()[log_before:])
    slowest = max(one.seconds for one in seen.seen)
    enter(f"a replica {fault}, nginx", seen, slowest=round(slowest, 2), used_again_after=round(seconds, 1))
    assert not seen.failed()
    assert not seen.duplicates()

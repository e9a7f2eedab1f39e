"""Simulate a pool of GPUs behind a stock of ready creatures: what players wait, what is refused, what it costs.

    simulate.py                                  the table of docs/scale.md: bursts x stock x GPUs x cold start
    simulate.py --one --rate 200 --stock 4000 …  one case
    simulate.py --check                          the same arrivals for the model and for the real service

A discrete-event model (SimPy). Requests arrive by chance (Poisson), in bursts at a multiple of the rate. One takes a
creature from the stock if there is one; else it waits in a bounded queue for a GPU, or is refused. A GPU takes up to
``slots`` orders and works on k of them for ``fixed + each * k`` seconds; what nobody waits for goes into the stock. An
autoscaler looks every few seconds and starts GPUs, which work after the cold start, and ends idle ones.

The last line of standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import argparse
import itertools
import math
import random
import statistics
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import simpy
from common import end_on_sigterm, machine, print_result

Process = Generator[simpy.Event, Any, None]

LOOK_SECONDS = 5.0
"""How often the autoscaler looks."""
LOOKS_BACK = 12
"""GPUs are ended when none of so many looks in a row called for as many."""
SPARE = 0.2
"""The autoscaler aims at so much more than what arrives, so that the stock fills again."""


@dataclass(frozen=True, slots=True)
class Case:
    """One setting of the model. Times are in seconds, rates by the second."""

    rate: float = 200.0
    burst_factor: float = 3.0
    burst_seconds: float = 60.0
    burst_every: float = 600.0
    seconds: float = 1200.0
    stock: int = 4_000
    queue: int = 2_000
    least_gpus: int = 8
    most_gpus: int = 8
    cold_start: float = 120.0
    slots: int = 4
    fixed: float = 0.015
    each: float = 0.0313
    handout: float = 0.0
    gpu_hour: float = 2.0
    seed: int = 7


@dataclass(slots=True)
class Counts:
    """What happened."""

    waits: list[float] = field(default_factory=list)
    refused: int = 0
    from_stock: int = 0
    made: int = 0
    gpu_seconds: float = 0.0
    most_gpus: int = 0


def arrivals(case: Case) -> Iterator[float]:
    """Yield the times at which requests arrive: a burst begins a third of the way into each period."""
    rng = random.Random(case.seed)
    now = 0.0
    while now < case.seconds:
        rate, until = _rate(case, now)
        following = now + rng.expovariate(rate)
        now = min(following, until)  # chance has no memory: it begins anew where the rate changes
        if following < until:
            yield now


def _rate(case: Case, now: float) -> tuple[float, float]:
    """Return the rate of a moment, and until when it holds."""
    period = now // case.burst_every * case.burst_every
    burst = period + case.burst_every / 3
    edges = (burst, burst + case.burst_seconds, period + case.burst_every)
    part = sum(now >= edge for edge in edges)
    return case.rate * (case.burst_factor if part == 1 else 1.0), min(edges[part], case.seconds)


class Pool:
    """The stock, the queue and the GPUs."""

    def __init__(self, env: simpy.Environment, case: Case) -> None:
        self.counts = Counts()
        self._env = env
        self._case = case
        self._stock = case.stock
        self._under_way_for_stock = 0
        self._waiting: deque[float] = deque()
        self._idle: list[simpy.Event] = []
        self._gpus = self._warm = 0
        self._wanted = case.least_gpus
        self._arrived = 0
        env.process(self._arrive())
        for _ in range(case.least_gpus):
            env.process(self._gpu(0.0))
        if case.most_gpus > case.least_gpus:
            env.process(self._scale())

    def _arrive(self) -> Process:
        for at in arrivals(self._case):
            yield self._env.timeout(at - self._env.now)
            self._arrived += 1
            if self._stock:
                self._stock -= 1
                self.counts.from_stock += 1
                self.counts.waits.append(self._case.handout)
            elif not self._idle and len(self._waiting) >= self._case.queue:
                self.counts.refused += 1
                continue
            else:
                self._waiting.append(at)
            if self._idle:
                self._idle.pop().succeed()

    def _gpu(self, cold_start: float) -> Process:
        """Live as one GPU: paid for from its start, at work after the cold start, ended when there is nothing to do."""
        case, began = self._case, self._env.now
        self._gpus += 1
        self.counts.most_gpus = max(self.counts.most_gpus, self._gpus)
        yield self._env.timeout(cold_start)
        self._warm += 1
        while (self._env.now < case.seconds or self._waiting) and self._warm <= self._wanted:
            taken, filling = self._take()
            if taken or filling:
                yield self._env.timeout(case.fixed + case.each * (len(taken) + filling))
                self._finish(taken, filling)
                continue
            woken = self._env.event()
            self._idle.append(woken)
            yield woken | self._env.timeout(LOOK_SECONDS)
            if not woken.triggered:
                self._idle.remove(woken)
        self._gpus -= 1
        self._warm -= 1
        self.counts.gpu_seconds += min(self._env.now, case.seconds) - began

    def _take(self) -> tuple[list[float], int]:
        """Take orders that somebody waits for, and fill the other slots for the stock."""
        taken = [self._waiting.popleft() for _ in range(min(self._case.slots, len(self._waiting)))]
        missing = self._case.stock - self._stock - self._under_way_for_stock
        filling = max(min(self._case.slots - len(taken), missing), 0)
        self._under_way_for_stock += filling
        return taken, filling

    def _finish(self, taken: Sequence[float], filling: int) -> None:
        self.counts.waits.extend(self._env.now - at + self._case.handout for at in taken)
        self._under_way_for_stock -= filling
        self.counts.made += len(taken) + filling
        for _ in range(filling):  # whoever came meanwhile is first
            if self._waiting:
                self.counts.waits.append(self._env.now - self._waiting.popleft() + self._case.handout)
            else:
                self._stock += 1

    def _scale(self) -> Process:
        """Keep as many GPUs as the last look's arrivals and the queue need, with some to spare."""
        case = self._case
        each_gpu = case.slots / (case.fixed + case.each * case.slots)
        looks = deque([case.least_gpus], maxlen=LOOKS_BACK)
        while self._env.now < case.seconds:
            before = self._arrived
            yield self._env.timeout(LOOK_SECONDS)
            rate = (self._arrived - before) / LOOK_SECONDS
            looks.append(math.ceil(((1 + SPARE) * rate + len(self._waiting) / LOOK_SECONDS) / each_gpu))
            self._wanted = min(max(case.least_gpus, *looks), case.most_gpus)
            for _ in range(self._wanted - self._gpus):
                self._env.process(self._gpu(case.cold_start))


def simulate(case: Case) -> dict[str, Any]:
    """Run one case; return what it says, and the case."""
    env = simpy.Environment()
    pool = Pool(env, case)
    env.run(case.seconds + 120)
    counts = pool.counts
    served = len(counts.waits)
    cost = counts.gpu_seconds / 3600 * case.gpu_hour
    return {
        "case": asdict(case),
        "requests": served + counts.refused,
        "refused_share": round(counts.refused / max(served + counts.refused, 1), 5),
        "from_stock_share": round(counts.from_stock / max(served, 1), 4),
        **waits(counts.waits),
        "most_gpus": counts.most_gpus,
        "gpu_hours": round(counts.gpu_seconds / 3600, 3),
        "busy": round(counts.made * per_picture(case) / max(counts.gpu_seconds, 1e-9), 3),
        "usd_per_million": round(cost / max(served, 1) * 1e6, 2),
    }


def per_picture(case: Case) -> float:
    """Return the seconds of a GPU that a picture takes with every slot in use."""
    return case.fixed / case.slots + case.each


def waits(seconds: Sequence[float]) -> dict[str, float]:
    """Return mean and percentiles, in milliseconds."""
    ordered = sorted(seconds) or [0.0]
    shares = {"p50_ms": 0.5, "p99_ms": 0.99, "p999_ms": 0.999}
    found = {name: ordered[min(int(share * len(ordered)), len(ordered) - 1)] for name, share in shares.items()}
    return {name: round(1000 * value, 1) for name, value in {"mean_ms": statistics.fmean(ordered), **found}.items()}


def table(case: Case) -> list[dict[str, Any]]:
    """Run the table: every burst with every stock, number of GPUs and cold start; print a row each."""
    heads = ("burst", "stock", "GPUs", "cold s", "refused", "from stock", "p50 ms", "p99 ms", "GPU hours", "$/million")
    print(f"| {' | '.join(heads)} |\n|{' --: |' * len(heads)}")
    rows = []
    for factor, stock in itertools.product((2.0, 5.0), (0, 4_000, 40_000)):
        for least, most, cold in ((8, 8, 0.0), (15, 15, 0.0), (8, 50, 30.0), (8, 50, 180.0)):
            changed = {"burst_factor": factor, "stock": stock, "least_gpus": least, "most_gpus": most}
            row = simulate(replace(case, **changed, cold_start=cold))
            rows.append(row)
            print(_line(row), flush=True)
    return rows


def _line(row: dict[str, Any]) -> str:
    case = row["case"]
    gpus = str(case["least_gpus"])
    if case["most_gpus"] > case["least_gpus"]:
        gpus += f" to {row['most_gpus']}"
    cells = (
        f"{case['burst_factor']:g}", f"{case['stock']:,}", gpus, f"{case['cold_start']:g}",
        f"{100 * row['refused_share']:.2f} %", f"{100 * row['from_stock_share']:.1f} %",
        f"{row['p50_ms']:,.0f}", f"{row['p99_ms']:,.0f}", f"{row['gpu_hours']:.1f}", f"{row['usd_per_million']:.2f}",
    )  # fmt: skip
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Run what the command line asks for."""
    end_on_sigterm()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for one in fields(Case):
        kind = int if isinstance(one.default, int) else float
        parser.add_argument(f"--{one.name.replace('_', '-')}", type=kind, default=one.default, help=str(one.default))
    parser.add_argument("--check", action="store_true", help="compare the model with the real service")
    parser.add_argument("--one", action="store_true", help="one case instead of the table")
    asked = vars(parser.parse_args())
    check, one = asked.pop("check"), asked.pop("one")
    case = Case(**asked)
    if check:
        from simulate_check import compare  # noqa: PLC0415 - a model needs no service

        print_result({"machine": machine(), "checks": compare()})
        return
    print_result({"machine": machine(), "rows": [simulate(case)] if one else table(case)})


if __name__ == "__main__":
    main()

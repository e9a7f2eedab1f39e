"""Compare the model of ``simulate.py`` with the real service: the same arrivals for both, over HTTPS.

The service takes its pictures from ``slow_painter.py``, which keeps the time that GPUs would take.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
from common import ROOT, TOKEN, Running, service_command, serving
from simulate import Case, arrivals, simulate, waits

SIDE = 256
OVERLOADED = 503
SHARED = Case(burst_seconds=10, burst_every=40, seconds=60, stock=0, least_gpus=2, most_gpus=2)
ONE = replace(SHARED, rate=3, burst_factor=3, queue=10, slots=1, fixed=0.0, each=0.5)
FOUR = replace(SHARED, rate=6, burst_factor=3, queue=500, slots=4, fixed=0.3, each=0.1)
CASES = {"one at a time, a short queue": ONE, "four at a time, a long queue": FOUR}
CALLS = 2
"""Calls for each place that the GPUs have. With one, a GPU that is free would wait until the last answers are read."""


def compare() -> list[dict[str, Any]]:
    """Return what the service did and what the model says, for each case."""
    rows = []
    for name, case in CASES.items():
        real, handout = _run(case)
        model = simulate(replace(case, handout=handout))
        kept = {key: model[key] for key in real}
        rows.append({"case": name, "handout_ms": round(1000 * handout, 1), "service": real, "model": kept})
        print(f"{name}\n  service {real}\n  model   {kept}", flush=True)
    return rows


def _run(case: Case) -> tuple[dict[str, Any], float]:
    """Run the service with ``CALLS`` calls for each place; the rest of the queue is its own."""
    places = case.least_gpus * case.slots
    painter = [str(value) for value in (case.least_gpus, case.slots, case.fixed, case.each, SIDE)]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "benchmarks/slow_painter.py"), *painter]
        with serving("painter", command, Path(folder), {}) as gpus:
            variables = {
                "MINIMON_GENERATION_BACKEND": "openai",
                "OPENAI_IMAGE_BASE_URL": f"http://127.0.0.1:{gpus.port}/v1",
                "OPENAI_IMAGE_SIZE": f"{SIDE}x{SIDE}",
                "OPENAI_IMAGE_CALLS": str(CALLS * places),
                "OPENAI_IMAGE_QUEUE": str(case.queue - (CALLS - 1) * places),
                "OPENAI_IMAGE_TIMEOUT": "120",
            }
            with serving("service", service_command(), Path(folder), variables) as service:
                return asyncio.run(_ask(service, case))


async def _ask(service: Running, case: Case) -> tuple[dict[str, Any], float]:
    """Ask at the model's times, whatever the answers do.

    Return what was seen, and what an idle service adds to the painter's time; the GPU is at other work meanwhile.
    """
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(
        base_url=service.url, verify=service.trust(), headers=headers, timeout=120, limits=limits
    ) as client:
        idle = [await _one(client) for _ in range(10)]
        whole = statistics.median(seconds for _, seconds in idle)
        began = time.perf_counter()
        asked = []
        for at in arrivals(case):
            await asyncio.sleep(max(began + at - time.perf_counter(), 0))
            asked.append(asyncio.create_task(_one(client, began + at)))
        answers = await asyncio.gather(*asked)
    refused = sum(status == OVERLOADED for status, _ in answers)
    served = [seconds for status, seconds in answers if status == httpx2.codes.OK]
    assert refused + len(served) == len(answers), "an answer that is neither a creature nor a refusal"
    seen = {"requests": len(answers), "refused_share": round(refused / len(answers), 4), **waits(served)}
    return seen, whole - case.fixed - case.each


async def _one(client: httpx2.AsyncClient, due: float | None = None) -> tuple[int, float]:
    began = due or time.perf_counter()
    answer = await client.get("/v1/generate")
    return answer.status_code, time.perf_counter() - began

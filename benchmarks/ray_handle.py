"""What a picture from a Ray cluster costs beside one that the service's own processes draw: milliseconds a request.

    ray_handle.py [--seconds N] [--output FILE]     needs the extra `ray`; starts a cluster of one node

Two services over HTTPS, by turns: the backend `drawn`, and `ray` with the same engine, at one connection and at eight.
What they differ by is the way to the cluster and back. Processor time is that of the service alone, and of its bridge.
The last line of standard output is one JSON object.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's
sys.path.append(".")  # the tests' cluster

import asyncio
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2
from common import (
    TOKEN,
    Running,
    cpu_seconds,
    end_on_sigterm,
    machine,
    options_parser,
    print_result,
    service_command,
    serving,
)
from tests.ray_cluster import RayCluster, bridge_of


async def ask(service: Running, connections: int, seconds: float) -> dict[str, float]:
    """Return requests a second, and the median and the 99th percentile in milliseconds."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "image/png"}
    bridge = bridge_of(service.process.pid)
    pids = [pid for pid in (service.process.pid, bridge) if pid]
    before = [cpu_seconds(pid) for pid in pids]
    end, times = time.perf_counter() + seconds, []

    async def client() -> None:
        async with httpx2.AsyncClient(base_url=service.url, verify=service.trust(), headers=headers) as http:
            await http.get("/v1/generate")
            while (began := time.perf_counter()) < end:
                (await http.get("/v1/generate")).raise_for_status()
                times.append(time.perf_counter() - began)

    await asyncio.gather(*(client() for _ in range(connections)))
    times.sort()
    p99 = times[int(0.99 * len(times))]
    spent = [1000 * (cpu_seconds(pid) - start) / len(times) for pid, start in zip(pids, before, strict=True)]
    return {
        "per_second": round(len(times) / seconds, 1),
        "p50_ms": round(1000 * statistics.median(times), 2),
        "p99_ms": round(1000 * p99, 2),
        **dict(zip(("service_cpu_ms", "bridge_cpu_ms"), (round(one, 2) for one in spent), strict=False)),
    }


def wait_until_ready(service: Running) -> None:
    """Return when the service has its pictures."""
    with httpx2.Client(base_url=service.url, verify=service.trust()) as http:
        while http.get("/readyz").status_code != httpx2.codes.OK:
            time.sleep(0.1)


def main() -> None:
    """Measure each at one connection and at eight, by turns."""
    end_on_sigterm()
    options = options_parser(__doc__, seconds=5, rounds=2).parse_args()
    rows: list[dict[str, Any]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        cluster = RayCluster(folder)
        stack.callback(cluster.kill)
        cluster.deploy()
        ways = {
            "drawn": {"MINIMON_GENERATION_BACKEND": "drawn"},
            "ray": {"MINIMON_GENERATION_BACKEND": "ray", "MINIMON_RAY_ADDRESS": cluster.address},
            "ray, from elsewhere": {"MINIMON_GENERATION_BACKEND": "ray", "MINIMON_RAY_ADDRESS": cluster.client_address},
        }
        for connections in (1, 8):
            for turn in range(options.rounds):
                for name, variables in ways.items():
                    place = folder / f"{connections}-{turn}-{name[-4:]}"
                    place.mkdir()
                    with serving("service", service_command(), place, {**variables, "MINIMON_STOCK_SIZE": "0"}) as one:
                        wait_until_ready(one)
                        row = {"way": name, "connections": connections}
                        rows.append(row | asyncio.run(ask(one, connections, options.seconds)))
                        print(rows[-1], flush=True)
    print_result({"machine": machine(), "rows": rows}, options.output)


if __name__ == "__main__":
    main()

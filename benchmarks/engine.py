"""What does the picture engine cost beside the stock pipeline? On a CPU, with a tiny checkpoint made on the spot.

Three questions, each answered by both ways in one run. The last line is JSON.

1. Host milliseconds a picture, with the networks stubbed: what is left is the program around them.
2. UNet calls for a mixed load of rarities, beside one picture at a time.
3. Creatures a second through the service, beside the way of 1.3.0: the pipeline called inside the handler.

Run with the extra ``sdxl`` installed: ``python benchmarks/engine.py``.
"""

import argparse
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path
from random import Random

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http would hide the standard library's
sys.path.append(str(Path(__file__).parent.parent / "tests/images/sdxl"))  # for ``tiny``
os.environ["OMP_NUM_THREADS"] = "1"  # for both ways; 1.3.0's is slower with more

import httpx2
import structlog
import tiny
import torch
from common import ROOT, Running, machine, print_result, service_command, serving
from diffusers import StableDiffusionXLPipeline
from load import load

from minimon.creatures import SEED_BITS, Element, Rarity, Traits, draw_traits
from minimon.images.engine.model import Order
from minimon.images.sdxl.backend import load_painter, plan
from minimon.images.sdxl.device import this_card
from minimon.images.sdxl.painter import Painter
from minimon.settings import VARIABLES, Settings

PICTURES = 50
MIXED = 200
SIDE = 64
SECONDS = 8


def main() -> None:
    """Measure, print each answer, then all as one line of JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", choices=("host", "calls", "served"), help="default: all three")
    only = parser.parse_args().only
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        stock = tiny.make_tiny(folder / "tiny-sdxl-turbo")
        settings = tiny_settings(folder)
        asked = {
            "host": lambda: host(settings, stock),
            "calls": lambda: calls(settings),
            "served": lambda: served(settings, folder),
        }
        results = {key: measure() for key, measure in asked.items() if only in {None, key}}
        flags = list(map(asdict, plan(settings, this_card()).flags))
    print_result(results | {"flags": flags, "torch": torch.__version__, "machine": machine()})


def tiny_settings(folder: Path) -> Settings:
    """Return settings for the tiny checkpoint in a folder."""
    return Settings(
        generation_backend="sdxl",
        sdxl_turbo_model=str(folder / "tiny-sdxl-turbo"),
        sdxl_width=SIDE,
        sdxl_height=SIDE,
        sdxl_slots="8",
        sdxl_queue=1000,
        sdxl_patience=600,
        sdxl_quantization="none",
        sdxl_cache_dir=str(folder),
    )


def host(settings: Settings, stock: StableDiffusionXLPipeline) -> dict[str, float]:
    """Return thread milliseconds a one-step picture, up to its latent, around networks that do nothing."""
    painter = paint(settings, slots=1)
    painter._unet = stub
    painter._graphs.clear()
    order = Order(Traits(1, Rarity.F, Element.FIRE), "x")
    embeds, _, pooled, _ = stock.encode_prompt("x", do_classifier_free_guidance=False)
    real = stock.unet.forward
    stock.unet.forward = stub

    def ours() -> None:
        painter.step([painter.begin(order)])

    def theirs() -> None:
        stock(
            prompt_embeds=embeds,
            pooled_prompt_embeds=pooled,
            num_inference_steps=1,
            guidance_scale=0.0,
            height=SIDE,
            width=SIDE,
            generator=torch.Generator().manual_seed(1),
            output_type="latent",
        )

    result = {"ours": milliseconds(ours), "stock": milliseconds(theirs)}
    stock.unet.forward = real
    result["ratio"] = round(result["ours"] / result["stock"], 3)
    print("host ms a picture:", result)
    return result


def stub(sample: torch.Tensor, *_: object, **__: object) -> tuple[torch.Tensor]:
    """Answer for the UNet."""
    return (sample,)


def milliseconds(work: Callable[[], None]) -> float:
    """Return the median thread time of a call."""
    times = []
    for _ in range(PICTURES):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return round(1000 * sorted(times)[PICTURES // 2], 3)


def calls(settings: Settings) -> dict[str, float]:
    """Return the UNet calls of a mixed load in eight slots, and of the same pictures one at a time."""
    painter = paint(settings)
    made = 0

    def counted(sample: torch.Tensor, *_: object, **__: object) -> tuple[torch.Tensor]:
        nonlocal made
        made += 1
        return (sample,)

    painter._unet = counted
    painter._graphs.clear()
    rng = Random(1)
    traits = [draw_traits(settings.rarity_weights, rng.getrandbits(SEED_BITS)) for _ in range(MIXED)]
    waiting = [painter.begin(Order(one, "x")) for one in traits]
    alone, active = sum(row.left for row in waiting), []
    while waiting or active:
        while waiting and len(active) < painter.slots:
            active.append(waiting.pop(0))
        painter.step(active)
        active = [row for row in active if row.left]
    result = {"pictures": MIXED, "batched": made, "alone": alone, "ratio": round(made / alone, 3)}
    print("UNet calls:", result)
    return result


def paint(settings: Settings, slots: int = 8) -> Painter:
    """Return a painter over the tiny checkpoint."""
    return load_painter(plan(settings.model_copy(update={"sdxl_slots": slots}), this_card()), lambda *_: None)


def served(settings: Settings, folder: Path) -> dict[str, dict[str, float]]:
    """Return creatures a second, and what ``/livez`` takes meanwhile, at 8 and 64 connections, of both ways.

    Server, load and probe each are a process of their own.
    """
    results: dict[str, dict[str, float]] = {}
    stock = [
        sys.executable,
        str(ROOT / "benchmarks/stock_server.py"),
        settings.sdxl_turbo_model,
        str(settings.sdxl_width),
    ]
    ways = {"ours": (service_command(), "/readyz"), "as in 1.3.0": (stock, "/livez")}
    for name, (command, ready) in ways.items():
        with serving(name.split()[0], command, folder, variables(settings)) as server:
            get = partial(httpx2.Client(base_url=server.url, verify=server.trust(), timeout=60).get)
            while get(ready).status_code != httpx2.codes.OK:
                time.sleep(0.1)
            for connections in (8, 64):
                row = results[f"{name}, {connections} connections"] = loaded(server, get, connections)
                print(f"{name}, {connections} connections:", row)
    return results


def loaded(server: Running, get: Callable[[str], object], connections: int) -> dict[str, float]:
    """Return what one server does under a load, while it is asked every 20 ms whether it lives."""
    taken: list[float] = []
    over = threading.Event()

    def probe() -> None:
        while not over.wait(0.02):
            began = time.perf_counter()
            get("/livez")
            taken.append(1000 * (time.perf_counter() - began))

    probing = threading.Thread(target=probe)
    probing.start()
    cell = load(server, "/v1/generate", (), connections, SECONDS)
    over.set()
    probing.join()
    taken.sort()
    return {
        "per_second": cell.requests_per_s,
        "errors": cell.errors,
        "cpu_ms_per_picture": round(cell.cpu_us_per_request / 1000, 1),
        "cpu_busy": cell.cpu_busy,
        "livez_ms_p50": round(taken[len(taken) // 2], 1),
        "livez_ms_p99": round(taken[int(0.99 * len(taken))], 1),
        "livez_ms_max": round(taken[-1], 1),
    }


def variables(settings: Settings) -> dict[str, str]:
    """Return what the settings say in words of the environment."""
    names = {variable.field: variable.name for variable in VARIABLES}
    return {names[field]: str(value) for field, value in settings.model_dump(include=settings.model_fields_set).items()}


if __name__ == "__main__":
    main()

"""What does the picture engine cost beside the stock pipeline? On a CPU, with a tiny checkpoint made on the spot.

Three questions, each answered by both ways in one run. The last line is JSON.

1. Host milliseconds a picture, with the networks stubbed: what is left is the program around them.
2. UNet calls for a mixed load of rarities, beside one picture at a time.
3. Creatures a second through the service, beside the way of 1.3.0: the pipeline called inside the handler.

Run with the extra ``sdxl`` installed: ``python benchmarks/engine.py``.
"""

import asyncio
import json
import logging
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

ROOT = Path(__file__).parent.parent
sys.path[0] = str(ROOT / "tests/images/sdxl")  # for ``tiny``; and this folder has an ``http`` of its own
os.environ["OMP_NUM_THREADS"] = "1"

import httpx2
import structlog
import tiny
import torch
import uvicorn
from diffusers import StableDiffusionXLPipeline
from fastapi import FastAPI, Response

from minimon.app import create_app
from minimon.creatures import SEED_BITS, Element, Rarity, Traits, draw_traits
from minimon.images.engine.model import Order
from minimon.images.prompts import LOOKS, prompt_of
from minimon.images.sdxl.backend import load_painter, plan
from minimon.images.sdxl.device import this_card
from minimon.images.sdxl.painter import Painter
from minimon.settings import Settings

PICTURES = 50
MIXED = 200
SERVED = 128


def main() -> None:
    """Measure, print each answer, then all as one line of JSON."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        model = Path(folder) / "tiny-sdxl-turbo"
        stock = tiny.make_tiny(model)
        settings = Settings(
            generation_backend="sdxl",
            sdxl_turbo_model=str(model),
            sdxl_width=64,
            sdxl_height=64,
            sdxl_slots="8",
            sdxl_queue=1000,
            sdxl_patience=600,
            sdxl_quantization="none",
            sdxl_cache_dir=folder,
            rate_limit_per_min=0,
            signing_key_path=f"{folder}/key.pem",
            signing_cert_path=f"{folder}/cert.pem",
            score_ledger_path=f"{folder}/ledger.jsonl",
        )
        results = {"host_ms": host(settings, stock), "unet_calls": calls(settings), "served": served(settings, stock)}
        flags = {flag.name: flag.applied for flag in plan(settings, this_card()).flags}
    print(json.dumps(results | {"flags": flags, "torch": torch.__version__}))


def host(settings: Settings, stock: StableDiffusionXLPipeline) -> dict[str, float]:
    """Return thread milliseconds a one-step picture, up to its latent, around networks that do nothing."""
    painter = paint(settings, slots=1)
    painter._unet = stub
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
            height=64,
            width=64,
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


def served(settings: Settings, stock: StableDiffusionXLPipeline) -> dict[str, dict[str, float]]:
    """Return creatures a second, and the slowest ``/livez``, at 8 and 64 connections, of both ways."""
    results: dict[str, dict[str, float]] = {}
    for name, app in {"ours": create_app(settings), "as in 1.3.0": old_way(settings, stock)}.items():
        with Running(app) as base:
            for connections in (8, 64):
                rate, slowest = asyncio.run(load(base, connections))
                results[f"{name}, {connections} connections"] = {"per_second": rate, "slowest_livez_ms": slowest}
                print(f"{name}, {connections} connections: {rate} creatures/s, slowest /livez {slowest} ms")
    return results


def old_way(settings: Settings, stock: StableDiffusionXLPipeline) -> FastAPI:
    """Return a service whose handler calls the pipeline, as that of 1.3.0 did."""
    app = FastAPI()
    rng = Random(1)

    @app.get("/v1/generate")
    async def generate() -> Response:
        traits = draw_traits(settings.rarity_weights, rng.getrandbits(SEED_BITS))
        picture = stock(
            prompt=prompt_of(traits),
            num_inference_steps=LOOKS[traits.rarity].steps,
            guidance_scale=0.0,
            height=64,
            width=64,
            generator=torch.Generator().manual_seed(traits.seed),
        ).images[0]
        file = Path(settings.sdxl_cache_dir) / "old.png"
        picture.save(file)
        return Response(file.read_bytes())

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {}

    app.get("/readyz")(livez)
    return app


class Running:
    """An application behind a real socket, in a thread of its own."""

    def __init__(self, app: FastAPI) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> str:
        """Return the base address once the application is ready."""
        self._thread.start()
        while not self._server.started:
            time.sleep(0.05)
        base = f"http://127.0.0.1:{self._server.servers[0].sockets[0].getsockname()[1]}"
        while httpx2.get(base + "/readyz").status_code != 200:
            time.sleep(0.1)
        return base

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._server.should_exit = True
        self._thread.join()


async def load(base: str, connections: int) -> tuple[float, float]:
    """Return creatures a second over so many connections, and the slowest ``/livez`` meanwhile in milliseconds."""
    limits = httpx2.Limits(max_connections=connections + 1)
    left = [SERVED]
    slowest = [0.0]
    async with httpx2.AsyncClient(base_url=base, timeout=600, limits=limits) as client:

        async def ask() -> None:
            while left[0] > 0:
                left[0] -= 1
                (await client.get("/v1/generate")).raise_for_status()

        async def watch() -> None:
            while True:
                began = time.perf_counter()
                await client.get("/livez")
                slowest[0] = max(slowest[0], time.perf_counter() - began)
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        began = time.perf_counter()
        await asyncio.gather(*(ask() for _ in range(connections)))
        seconds = time.perf_counter() - began
        watching.cancel()
    return round(SERVED / seconds, 1), round(1000 * slowest[0], 1)


if __name__ == "__main__":
    main()

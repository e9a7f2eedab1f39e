"""What does a CUDA card do? SDXL of full size, its weights random: speed does not depend on their values.

The checkpoint is made on the card and read from a disk as any other (7 GB; TMPDIR says where). Three questions, the
last line is JSON:

1. Milliseconds of a UNet call and of a decoded picture, pictures a second, seconds until ready, for some settings.
2. The same of the stock pipeline: one picture at a time, as 1.3.0 called it.
3. Creatures a second through the service over HTTPS (needs wrk), beside the way of 1.3.0.

Run with the extra ``sdxl`` installed: ``python benchmarks/card.py``.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http.py would hide the standard library's

import gc
import io
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from common import machine, options_parser, print_result
from diffusers import StableDiffusionXLPipeline
from engine import served, tiny
from stock_server import read_pipeline
from transformers import CLIPTextModel, CLIPTextModelWithProjection

from minimon.creatures import Element, Rarity, Traits
from minimon.images.engine.finishing import ENCODERS
from minimon.images.engine.model import Order
from minimon.images.prompts import prompt_of
from minimon.images.sdxl.backend import load_painter, plan
from minimon.images.sdxl.device import this_card
from minimon.images.sdxl.painter import Painter
from minimon.settings import Settings

SIDE = 512
TIMES = 20
WAYS: Mapping[str, Mapping[str, Any]] = {
    "as written": {"sdxl_quantization": "none", "sdxl_use_compile": False},
    "all numbers of rows": {"sdxl_quantization": "none", "sdxl_use_compile": False, "sdxl_exact": False},
    "compiled": {"sdxl_quantization": "none"},
    "int8": {"sdxl_quantization": "int8"},
    "defaults": {},
}


def main() -> None:
    """Measure, print each answer, then all as one line of JSON."""
    parser = options_parser(__doc__)
    parser.add_argument("--ways", nargs="*", choices=WAYS, default=list(WAYS), help="settings to measure")
    parser.add_argument("--served", action="store_true", help="measure the service, too")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        began = time.perf_counter()
        make_full(folder / "full-sdxl-turbo")
        print(f"made in {time.perf_counter() - began:.0f} s", flush=True)
        results: dict[str, Any] = {"card": card()}
        results |= {way: said(way, engine(settings_for(folder, WAYS[way]))) for way in options.ways}
        results["stock pipeline"] = said("stock pipeline", stock(folder / "full-sdxl-turbo"))
        if options.served:
            results["served"] = served(settings_for(folder, {"sdxl_queue": 1000, "sdxl_patience": 600}), folder)
    print_result(results | {"torch": torch.__version__, "machine": machine()}, options.output)


def said(way: str, result: dict[str, Any]) -> dict[str, Any]:
    """Print a result at once; return it."""
    print(f"{way}: {result}", flush=True)
    return result


def card() -> str:
    """Return the card's name, driver and memory."""
    asked = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()


def make_full(folder: Path) -> None:
    """Save a checkpoint with the shapes of SDXL, in the files that the hub has of it."""
    torch.manual_seed(0)
    tokenizer, end = tiny.make_tokenizer("<|endoftext|>")
    tokenizer_2, _ = tiny.make_tokenizer("!")
    shapes = [
        {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12},
        {"hidden_size": 1280, "intermediate_size": 5120, "num_hidden_layers": 32, "num_attention_heads": 20},
    ]
    pipeline = StableDiffusionXLPipeline(
        vae=on_card(
            lambda: tiny.make_vae(block_out_channels=(128, 256, 512, 512), layers_per_block=2, norm_num_groups=32)
        ),
        text_encoder=on_card(lambda: CLIPTextModel(tiny.text_config(end, "quick_gelu", **shapes[0]))),
        text_encoder_2=on_card(
            lambda: CLIPTextModelWithProjection(tiny.text_config(end, "gelu", projection_dim=1280, **shapes[1]))
        ),
        tokenizer=tokenizer,
        tokenizer_2=tokenizer_2,
        unet=on_card(full_unet),
        scheduler=tiny.make_scheduler(),
        add_watermarker=False,
    )
    pipeline.save_pretrained(folder, variant="fp16")
    del pipeline
    gc.collect()
    torch.cuda.empty_cache()


def full_unet() -> torch.nn.Module:
    """Return SDXL's UNet: 2.6 billion weights."""
    return tiny.make_unet(
        block_out_channels=(320, 640, 1280),
        layers_per_block=2,
        transformer_layers_per_block=(1, 2, 10),
        attention_head_dim=(5, 10, 20),
        cross_attention_dim=2048,
        addition_time_embed_dim=256,
        projection_class_embeddings_input_dim=6 * 256 + 1280,
    )


def on_card(make: Callable[[], torch.nn.Module]) -> torch.nn.Module:
    """Make a network on the card, in bfloat16: its weights are drawn there."""
    torch.set_default_dtype(torch.bfloat16)
    try:
        with torch.device("cuda"):
            return make()
    finally:
        torch.set_default_dtype(torch.float32)


def settings_for(folder: Path, changes: Mapping[str, Any]) -> Settings:
    """Return settings for the full checkpoint."""
    return Settings(
        generation_backend="sdxl",
        sdxl_turbo_model=str(folder / "full-sdxl-turbo"),
        sdxl_cache_dir=str(folder / "cache"),
        sdxl_slots="8",
        **changes,
    )


def engine(settings: Settings) -> dict[str, Any]:
    """Return what one painter does."""
    gc.collect()
    torch.cuda.empty_cache()
    torch.cuda.reset_peak_memory_stats()
    began = time.perf_counter()
    painter = load_painter(plan(settings, this_card()), lambda *_: None)
    loaded = time.perf_counter() - began
    rows = [begin(painter, Rarity.F) for _ in range(painter.slots)]
    painter.step(rows)
    return {
        "ready_s": round(loaded, 1),
        "call_ms": {bucket: milliseconds(lambda bucket=bucket: call(painter, bucket)) for bucket in painter.buckets},
        "decode_ms": milliseconds(lambda: painter.finish(rows[0])),
        "alone_ms": milliseconds(lambda: drawn(painter, 1)),
        "pictures_per_s": round(per_second(painter), 1),
        "memory_gb": round(torch.cuda.max_memory_allocated() / 1e9, 1),
        "flags": list(map(asdict, painter.flags)),
        "graphs": painter.facts["graphs"],
        "graphs_reason": painter.facts["graphs_reason"],
    }


def begin(painter: Painter, rarity: Rarity) -> Any:
    """Return a new row."""
    return painter.begin(Order(Traits(1, rarity, Element.FIRE), "x"))


def call(painter: Painter, bucket: int) -> None:
    """Make one UNet call."""
    painter.step([begin(painter, Rarity.F) for _ in range(bucket)])
    torch.cuda.synchronize()


def drawn(painter: Painter, count: int) -> list[Callable[[], bytes]]:
    """Draw so many pictures of one step; return what packs them."""
    rows = [begin(painter, Rarity.F) for _ in range(count)]
    painter.step(rows)
    return [painter.finish(row) for row in rows]


def per_second(painter: Painter) -> float:
    """Return how many one-step pictures a second come out as PNGs, with full calls."""
    began = time.perf_counter()
    with ThreadPoolExecutor(ENCODERS) as pool:
        for _ in range(TIMES):
            for encode in drawn(painter, painter.slots):
                pool.submit(encode)
    return TIMES * painter.slots / (time.perf_counter() - began)


def milliseconds(work: Callable[[], object]) -> float:
    """Return the median time of a call."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        times.append(time.perf_counter() - began)
    return round(1000 * statistics.median(times), 2)


def stock(folder: Path) -> dict[str, Any]:
    """Return what the stock pipeline takes for a one-step picture, prompt to PNG."""
    pipeline = read_pipeline(folder)
    prompt = prompt_of(Traits(1, Rarity.F, Element.FIRE))

    def draw() -> None:
        generator = torch.Generator().manual_seed(1)
        made = pipeline(prompt, num_inference_steps=1, guidance_scale=0.0, height=SIDE, width=SIDE, generator=generator)
        made.images[0].save(io.BytesIO(), "PNG")

    draw()
    taken = milliseconds(draw)
    return {"alone_ms": taken, "pictures_per_s": round(1000 / taken, 1)}


if __name__ == "__main__":
    main()

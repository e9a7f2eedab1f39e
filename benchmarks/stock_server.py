"""The way of 1.3.0: the stock pipeline, called inside the handler.

Usage: stock_server.py CHECKPOINT SIDE   Names, prompts, steps and answer are those of Minimon.
"""

import sys

sys.path.append(sys.path.pop(0))  # this folder comes last, or its http would hide the standard library's

import base64
import io
import json
from pathlib import Path
from random import SystemRandom
from typing import Any

import torch
import uvicorn
import uvloop
from diffusers import StableDiffusionXLPipeline
from fastapi import FastAPI

from minimon.clock import rfc3339, utc_now
from minimon.creatures import draw_traits, new_id, new_seed
from minimon.images.prompts import LOOKS, prompt_of
from minimon.names.local import LocalNames
from minimon.server import bind
from minimon.settings import load_settings


def read_pipeline(checkpoint: Path) -> StableDiffusionXLPipeline:
    """Return the stock pipeline: on a CUDA card in bfloat16, from the half-precision files; else on the CPU."""
    card = torch.cuda.is_available()
    form = {"variant": "fp16", "torch_dtype": torch.bfloat16} if card else {}
    pipeline = StableDiffusionXLPipeline.from_pretrained(
        checkpoint, local_files_only=True, add_watermarker=False, **form
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to("cuda") if card else pipeline


def application(checkpoint: Path, side: int) -> FastAPI:
    """Return a service with one route that mints and one that says that the process lives."""
    pipeline = read_pipeline(checkpoint)
    weights, names, rng = load_settings().rarity_weights, LocalNames("en"), SystemRandom()
    app = FastAPI()

    @app.get("/v1/generate")
    async def generate() -> dict[str, Any]:
        traits = draw_traits(weights, new_seed(rng))
        name = await names.name(traits)
        picture = pipeline(
            prompt=prompt_of(traits, name),
            num_inference_steps=LOOKS[traits.rarity].steps,
            guidance_scale=0.0,
            height=side,
            width=side,
            generator=torch.Generator().manual_seed(traits.seed),
        ).images[0]
        file = io.BytesIO()
        picture.save(file, "PNG")
        metadata = {"id": new_id(rng), "name": name, "rarity": traits.rarity}
        image = base64.b64encode(file.getvalue()).decode()
        return {"imageBase64": image, "metadata": metadata, "generatedAt": rfc3339(utc_now())}

    @app.get("/livez")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    return app


async def serve(app: FastAPI) -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        ssl_certfile=settings.tls_cert_path,
        ssl_keyfile=settings.tls_key_path,
    )
    sockets = bind(settings.host, settings.port)
    print(json.dumps({"event": "listening", "port": sockets[0].getsockname()[1]}), flush=True)
    await uvicorn.Server(config).serve(sockets)


if __name__ == "__main__":
    made = application(Path(sys.argv[1]), int(sys.argv[2]))
    uvloop.run(serve(made))

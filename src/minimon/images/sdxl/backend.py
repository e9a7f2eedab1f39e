"""From settings to pictures: the choice of means, the load in its stages, the backend that the service calls."""

import asyncio
import gc
import platform
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType

import diffusers
import structlog
import torch
import transformers
from diffusers import UNet2DConditionModel

from minimon import __version__
from minimon.creatures import Rarity
from minimon.errors import StartError
from minimon.images import Flag
from minimon.images.engine.backend import EngineImages, running
from minimon.images.engine.capabilities import Card
from minimon.images.engine.families import FAMILIES, Family, family_of
from minimon.images.engine.flags import COMPILE, FLASH, OFFLOAD, QUANTIZATION, XFORMERS, asked_of, choose
from minimon.images.engine.model import MeansError, Order, Report
from minimon.images.engine.worker import Worker
from minimon.images.prompts import LOOKS, all_prompts, prompt_of
from minimon.images.sdxl import checkpoint as checkpoints
from minimon.images.sdxl import compiling, means, single_file, text, warming
from minimon.images.sdxl.checkpoint import Checkpoint
from minimon.images.sdxl.device import free_cache, keep_buffers, share_cores, this_card, unet_dtype, vae_dtype
from minimon.images.sdxl.keeping import keep_unet, kept_path, read_unet
from minimon.images.sdxl.means import brief
from minimon.images.sdxl.painter import BUCKETS, Ask, Painter, Size
from minimon.images.sdxl.parts import Parts
from minimon.images.sdxl.schedule import Schedule
from minimon.settings import Settings

_log = structlog.get_logger(__name__)

PLAIN = ("none", "off")
TRACED = (*PLAIN, "slices")
"""What a CPU's graph keeps of the flags: neither compiled code, nor the choice of a kernel, nor weights in few bits."""
REINSTALL = "pip install --force-reinstall 'minimon[sdxl]'"


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that is decided before anything is read."""

    settings: Settings
    card: Card
    flags: tuple[Flag, ...]
    family_name: str
    family_reason: str
    broken: Mapping[str, str]
    """What was tried in vain, and what happened."""

    @property
    def family(self) -> Family:
        """The model's family."""
        return FAMILIES[self.family_name]

    def steps(self, rarity: Rarity) -> int:
        """Return how many UNet calls a rarity takes."""
        return self.family.steps_for(max(self.settings.sdxl_steps, LOOKS[rarity].steps))

    def applied(self, flag: str) -> str:
        """Return what is applied of a flag."""
        return next(one.applied for one in self.flags if one.name == flag)


def plan(settings: Settings, card: Card, broken: Mapping[str, str] = MappingProxyType({})) -> Plan:
    """Decide how the settings are honoured on a card where some means are ``broken``. Raises StartError."""
    flags = choose(asked_of(settings), card, broken)
    for flag in flags:
        _log.info("flag", flag=flag.name, requested=flag.requested, applied=flag.applied, reason=flag.reason)
    return Plan(settings, card, flags, *family_of(settings.sdxl_turbo_model, settings.sdxl_family), broken)


@asynccontextmanager
async def open_sdxl(settings: Settings) -> AsyncIterator[EngineImages]:
    """Open the backend, which loads in the background. Raises StartError for flags that cannot be honoured."""
    log_as_we_do()
    decided = await asyncio.to_thread(lambda: plan(settings, this_card()))
    load = partial(load_painter, decided)
    worker = Worker("sdxl", load, most=settings.sdxl_queue, patience=settings.sdxl_patience)
    async with running(worker, decided.steps) as images:
        yield images


def log_as_we_do() -> None:
    """Let libraries that have log handlers and progress bars of their own write lines of our log instead."""
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.disable_progress_bar()
        library.disable_default_handler()
        library.enable_propagation()


def load_painter(decided: Plan, report: Report) -> Painter:
    """Load by the best means that work, as the attempt shows. Runs in the worker's thread. Raises StartError."""
    while True:
        gc.unfreeze()
        gc.collect()  # what a crash, or a means that failed, left behind would lack here
        free_cache()
        try:
            painter = _load(decided, report)
        except MeansError as error:
            _log.warning("a means does not work here", means=error.applied, reason=error.reason)
            broken = {**decided.broken, error.applied: error.reason}
        except ImportError as error:
            raise StartError(f"a package is missing or broken ({brief(error)}): {REINSTALL}") from error
        else:
            gc.unfreeze()  # the service froze what was there when it began to listen, in the midst of this
            gc.collect()  # the text encoders, for one
            gc.freeze()  # or Python would look through all that was imported, again and again, while everything waits
            return painter
        decided = plan(decided.settings, decided.card, broken)


def _load(decided: Plan, report: Report) -> Painter:
    """Read, quantize, place and warm up. Raises StartError, and MeansError for what turns out not to work."""
    keep_buffers(decided.card)
    report("finding the model", 0)
    found = _find(decided, report)
    if decided.applied(OFFLOAD) == "off":
        checkpoints.check_room(found, decided.card.memory_gb)
    ask = _ask(decided, found, report)
    quantization = decided.applied(QUANTIZATION)
    parts = _read_parts(decided, found, report) if quantization in PLAIN else _read_kept(decided, found, report)
    compiling.keep_in(_folder(decided) / "compiled")
    means.apply({flag.applied for flag in decided.flags} - {quantization}, parts, report)
    painter = _painter(decided, found, parts, ask)
    try:
        warming.warm(
            painter,
            exact=decided.settings.sdxl_exact,
            compiled=decided.applied(COMPILE) != "off",
            ungraphed=ungraphed(decided),
            report=report,
        )
    except RuntimeError as error:
        raise_for_means(decided, error)
        raise
    return painter


def raise_for_means(decided: Plan, error: RuntimeError) -> None:
    """Raise MeansError for what may have kept the first calls from running: the compiler, then what has kernels."""
    for applied in map(decided.applied, (COMPILE, QUANTIZATION, XFORMERS, FLASH)):
        if applied not in PLAIN:
            raise MeansError(applied, brief(error)) from error


def ungraphed(decided: Plan) -> dict[str, str]:
    """Return what cannot become a graph, and why."""
    if decided.applied(OFFLOAD) != "off":
        return dict.fromkeys((warming.CALLS, warming.DECODER), "weights that move have no address")
    if decided.card.kind == "mps":
        return dict.fromkeys((warming.CALLS, warming.DECODER), "MPS has no graphs")
    special = [flag.applied for flag in decided.flags if flag.applied not in TRACED]
    if decided.card.kind == "cpu" and special:
        return {warming.CALLS: f"a CPU's graph would not keep {', '.join(special)}"}
    return {}


def _find(decided: Plan, report: Report) -> Checkpoint:
    settings, file = decided.settings, Path(decided.settings.sdxl_turbo_model)
    if not file.is_file():
        return checkpoints.find_checkpoint(settings.sdxl_turbo_model, report)
    folder = single_file.unpack(file, decided.family.encoders, settings.sdxl_config_model, _folder(decided), report)
    return checkpoints.find_checkpoint(str(folder), report)


def _read_kept(decided: Plan, found: Checkpoint, report: Report) -> Parts:
    """Read the networks with the UNet's weights as they were quantized once: now, if they are not kept yet."""
    word, card, dtype = decided.applied(QUANTIZATION), decided.card, unet_dtype(decided.card)
    said = (word, str(dtype), card.name, str(card.sm), __version__, version("sdnq") if "sdnq" in card.packages else "")
    path = kept_path(_folder(decided), "unet.pt", found, *said)
    if not path.exists():
        parts = _read_parts(decided, found, report)
        means.apply([word], parts, report)
        keep_unet(path, parts.unet)
    return _read_parts(decided, found, report, lambda: read_unet(path, found, word, dtype))


def _folder(decided: Plan) -> Path:
    return Path(decided.settings.sdxl_cache_dir)


def _read_parts(
    decided: Plan, found: Checkpoint, report: Report, read: Callable[[], UNet2DConditionModel] | None = None
) -> Parts:
    """Read the networks onto the device, or into main memory where they are offloaded; ``read`` gives another UNet."""
    card, settings = decided.card, decided.settings
    report("reading the UNet", 0)
    unet = read() if read else found.unet(unet_dtype(card))
    report("reading the VAE", 0.9)
    dtype = vae_dtype(card, force_upcast=bool(found.config("vae").get("force_upcast", True)))
    tiny = settings.sdxl_vae == "tiny"
    vae = checkpoints.read_tiny_vae(settings.sdxl_tiny_vae_model, dtype, report) if tiny else found.vae(dtype)
    parts = Parts(unet, vae, card)
    if decided.applied(OFFLOAD) == "off":
        parts.unet.to(parts.device)
        parts.vae.to(parts.device)
    return parts


def _ask(decided: Plan, found: Checkpoint, report: Report) -> Ask:
    """Return what finds an order's encoded prompt. Without names, the encoders are let go."""
    device, dtype = torch.device(decided.card.kind), unet_dtype(decided.card)

    def read() -> text.Encoders:
        report("reading the text encoders", 0)
        return text.Encoders(found, decided.family.encoders, dtype, device)

    if decided.settings.sdxl_name_in_prompt:
        encoders = read()
        return lambda order: (encoders.remembered(prompt_of(order.traits, order.name)), _steps(decided, order))
    prompts = list(all_prompts())
    path = kept_path(_folder(decided), "prompts.safetensors", found, *prompts, str(dtype), decided.card.name)
    if not path.exists():
        text.save_texts(path, text.encode_all(read(), prompts, report))
    texts = text.load_texts(path, prompts, device)
    return lambda order: (texts[prompt_of(order.traits)], _steps(decided, order))


def _steps(decided: Plan, order: Order) -> int:
    return decided.steps(order.traits.rarity)


def _painter(decided: Plan, found: Checkpoint, parts: Parts, ask: Ask) -> Painter:
    config = found.config("scheduler", "scheduler_config.json")
    schedule = Schedule(decided.family, config, map(decided.steps, Rarity), parts.device)
    size = Size(decided.settings.sdxl_width, decided.settings.sdxl_height)
    buckets = [bucket for bucket in BUCKETS if bucket <= decided.settings.sdxl_slots]
    decoders = share_cores(decided.card)
    painter = Painter(parts, schedule, size, ask, buckets=buckets, guidance=decided.family.guidance, decoders=decoders)
    painter.flags = decided.flags
    painter.facts = {
        "model": decided.settings.sdxl_turbo_model,
        "fingerprint": found.fingerprint,
        "family": decided.family_name,
        "family_reason": decided.family_reason,
        "device": decided.card.name,
        "threads": torch.get_num_threads(),
        "dtype": str(parts.unet.dtype).removeprefix("torch."),
        "vae": f"{decided.settings.sdxl_vae}, {str(parts.vae.dtype).removeprefix('torch.')}",
        "size": f"{size.width}x{size.height}",
        "name_in_prompt": int(decided.settings.sdxl_name_in_prompt),
        "versions": f"minimon {__version__}, torch {torch.__version__}, diffusers {diffusers.__version__}, "
        f"python {platform.python_version()}",
    }
    return painter

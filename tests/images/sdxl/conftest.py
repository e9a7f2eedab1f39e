"""One tiny checkpoint for the whole session, and painters over it."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionXLPipeline

sys.path.insert(0, str(Path(__file__).parent))  # for ``tiny``, which benchmarks use too

import tiny

from minimon.images.engine.capabilities import COMPILER, Card
from minimon.images.sdxl.backend import load_painter, plan
from minimon.images.sdxl.painter import Painter
from minimon.settings import Settings

CPU = Card("cpu", "CPU", packages=frozenset({"sdnq", "torchao", COMPILER}))


NOISE = (
    # diffusers 0.42 hands tensors to numpy 2 without the keyword ``copy``
    "ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning",
    # torch 2.13's own compiler uses what torch deprecates
    "ignore:`torch.jit.script:DeprecationWarning",
)
"""Warnings of other people's code that nothing here can change."""


def pytest_configure(config: pytest.Config) -> None:
    for line in NOISE:
        config.addinivalue_line("filterwarnings", line)


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> None:
    """Bits depend on the number of threads, and other work shares the machine."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models") / "tiny-sdxl-turbo"


@pytest.fixture(scope="session")
def pipeline(folder: Path) -> StableDiffusionXLPipeline:
    """The stock pipeline over the tiny checkpoint: the oracle."""
    return tiny.make_tiny(folder)


@pytest.fixture(scope="session")
def prompts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Encoded prompts, shared by the tests."""
    return tmp_path_factory.mktemp("prompts")


@pytest.fixture
def variables(folder: Path, prompts_folder: Path, pipeline: StableDiffusionXLPipeline) -> dict[str, object]:
    """Settings for the tiny checkpoint."""
    return {
        "sdxl_turbo_model": str(folder),
        "sdxl_width": 64,
        "sdxl_height": 64,
        "sdxl_quantization": "none",
        "sdxl_cache_dir": str(prompts_folder),
    }


@pytest.fixture
def environment(folder: Path, prompts_folder: Path, pipeline: StableDiffusionXLPipeline) -> dict[str, str]:
    """Variables of a service over the tiny checkpoint."""
    return {
        "MINIMON_GENERATION_BACKEND": "sdxl",
        "MINIMON_RATE_LIMIT_PER_MIN": "0",
        "SDXL_TURBO_MODEL": str(folder),
        "SDXL_WIDTH": "64",
        "SDXL_HEIGHT": "64",
        "SDXL_SLOTS": "8",
        "SDXL_QUEUE": "200",
        "SDXL_CACHE_DIR": str(prompts_folder),
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture
def paint(variables: dict[str, object]) -> Callable[..., Painter]:
    """Return a painter; the arguments are settings that differ, names of those left at their defaults, and words that
    are not to be applied."""

    def make(*, default: tuple[str, ...] = (), broken: tuple[str, ...] = (), **changes: object) -> Painter:
        given = {name: value for name, value in (variables | changes).items() if name not in default}
        return load_painter(plan(Settings(**given), CPU, dict.fromkeys(broken, "not wanted")), lambda *_: None)

    return make

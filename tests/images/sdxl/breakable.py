"""The real service on a device that a test holds back and loses: by files named ``hold`` and ``lost`` where it runs."""

import time
from pathlib import Path

from minimon.cli import main
from minimon.images.engine.model import Report
from minimon.images.sdxl import backend
from minimon.images.sdxl.backend import Plan
from minimon.images.sdxl.painter import Painter

HOLD, LOST, CALLS = Path("hold"), Path("lost"), Path("calls")

real = backend.load_painter


def load_painter(decided: Plan, report: Report) -> Painter:
    """Load, and watch each call of the UNet from then on."""
    painter = real(decided, report)
    painter._graphs.clear()  # which would call no hook
    painter._unet.register_forward_pre_hook(watch)
    return painter


def watch(*_: object) -> None:
    with CALLS.open("a") as calls:
        calls.write("1")
    while HOLD.exists():
        time.sleep(0.01)
    if LOST.exists():
        LOST.unlink()
        raise RuntimeError("CUDA error: device-side assert triggered")


if __name__ == "__main__":
    backend.load_painter = load_painter
    main()

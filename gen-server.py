"""Start the service the way 1.3.0 did: the same as ``minimon serve``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src"))  # so that a checkout needs the requirements alone

from minimon.cli import main

if __name__ == "__main__":  # the processes that draw load this file too
    main(["serve"])

"""The table of backends."""

import subprocess
import sys

import pytest

from minimon.backends import IMAGE_BACKENDS, load_factory
from minimon.errors import StartError


def test_a_missing_package_stops_the_start_with_the_name_of_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("minimon.images.sdxl")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StartError, match=r"pip install 'minimon\[sdxl\]'"):
        load_factory(IMAGE_BACKENDS, "sdxl")


def test_the_application_loads_no_torch():
    code = "import sys, minimon.cli, minimon.images.engine.worker; sys.exit('torch' in sys.modules)"
    assert subprocess.run((sys.executable, "-c", code), check=False).returncode == 0

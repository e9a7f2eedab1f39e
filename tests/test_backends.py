"""The table of backends."""

import importlib.metadata
import subprocess
import sys

import pytest

from minimon.backends import CLUSTERS, IMAGE_BACKENDS, load_factory
from minimon.errors import StartError


def test_a_missing_package_stops_the_start_with_the_name_of_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    for name in [name for name in sys.modules if name.startswith("minimon.images.sdxl")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StartError, match=r"pip install 'minimon\[sdxl\]'"):
        load_factory(IMAGE_BACKENDS, "sdxl")


def test_without_ray_neither_the_backend_nor_the_commands_begin(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    for name in [name for name in sys.modules if name.startswith("minimon.images.ray.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ray", None)
    for table in (IMAGE_BACKENDS, CLUSTERS):
        with pytest.raises(StartError, match=r"ray needs the package ray, .*pip install 'minimon\[ray\]'"):
            load_factory(table, "ray")


def test_the_application_loads_neither_torch_nor_ray():
    code = (
        "import sys, minimon.cli, minimon.server, minimon.images.engine.worker\n"
        "sys.exit(bool({'torch', 'ray'} & set(sys.modules)))"
    )
    assert subprocess.run((sys.executable, "-c", code), check=False).returncode == 0

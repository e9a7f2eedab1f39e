"""The tables of backends: every row leads somewhere, and nothing heavy loads before it is asked for."""

import subprocess
import sys
from pathlib import Path

import pytest

from minimon.backends import IMAGE_BACKENDS, NAME_BACKENDS, load_factory

HEAVY = ("torch", "diffusers", "transformers", "numpy", "resvg_py")


@pytest.mark.parametrize(
    ("table", "name"), [(table, name) for table in (IMAGE_BACKENDS, NAME_BACKENDS) for name in table]
)
def test_every_row_leads_to_a_factory(table, name):
    assert callable(load_factory(table, name))


def test_the_contracts_defaults_are_there():
    assert "files" in IMAGE_BACKENDS
    assert "local" in NAME_BACKENDS


def test_importing_the_application_and_its_commands_loads_nothing_heavy(tmp_path: Path):
    for package in HEAVY:  # stand-ins, so that the test says the same where the real ones are not installed
        (tmp_path / f"{package}.py").write_text("raise SystemExit(f'{__name__} was loaded')")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import minimon.app, minimon.cli"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")

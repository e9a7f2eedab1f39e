"""The documents say what the program does."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minimon.errors import ProblemError

ROOT = Path(__file__).parent.parent
READMES = ["README.md", "README.fr.md"]


def made_from_settings() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("tables", ROOT / "docs/tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.render()


@pytest.mark.parametrize("name", [*READMES, ".env.example", "docs/sdxl.md"])
def test_what_is_made_from_the_settings_agrees_with_them(name):
    assert (ROOT / name).read_text() == made_from_settings()[name], "run `make docs`"


@pytest.mark.parametrize("name", READMES)
def test_every_error_code_is_documented(name):
    text = (ROOT / name).read_text()
    codes = {error.code for error in ProblemError.__subclasses__()}
    assert [code for code in sorted(codes) if f"`{code}`" not in text] == []


@pytest.mark.parametrize("name", READMES)
def test_every_link_leads_somewhere(name):
    links = re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text()) + re.findall(
        r'src="([^"]+)"', (ROOT / name).read_text()
    )
    local = [link for link in links if "://" not in link]
    assert local
    assert [link for link in local if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_the_curl_examples_work_as_they_stand(name, run_service, tmp_path):
    """Each example runs in order in one shell, in the service's folder, on the port that the README names."""
    if not shutil.which("curl"):
        pytest.fail("curl is missing: install it")
    service = run_service()
    examples = re.findall(r"```bash\n(.*?)```", (ROOT / name).read_text(), re.DOTALL)
    script = "".join(example for example in examples if "curl" in example)
    assert script.count("curl") >= 3
    script = script.replace("localhost:22222", f"localhost:{service.port}")
    environ = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert '"status":"ok"' in done.stdout
    assert '"signatureB64"' in done.stdout
    assert "Verified OK" in done.stdout
    assert (tmp_path / "minimon.png").read_bytes().startswith(b"\x89PNG")

"""deploy/compose.yaml: the service of compose.yaml with its neighbours, none of which has rights or an open port."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from minimon.settings import VARIABLES

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
TOOLS = Path(sys.executable).parent
FOREIGN = {"HF_HOME", "MINIMON_SECRETS_DIR"}


@pytest.fixture(scope="module")
def composed():
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_it_is_a_compose_file():
    command = (TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", DEPLOY / "compose.yaml")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dockerfile_is_clean():
    done = subprocess.run((TOOLS / "hadolint", DEPLOY / "gpu.Dockerfile"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_service_is_that_of_the_other_file(composed):
    for name in ("minimon", "minimon-gpu"):
        assert composed["services"][name]["extends"] == {"file": "../compose.yaml", "service": "minimon"}
        assert not {"read_only", "cap_drop", "security_opt", "user", "privileged"} & composed["services"][name].keys()


def test_every_variable_that_is_set_is_one(composed):
    known = {variable.name for variable in VARIABLES} | FOREIGN
    for name in ("minimon", "minimon-gpu"):
        service = composed["services"][name]
        assert set(service["environment"]) <= known
        assert {one for one in service["secrets"] if one.startswith("MINIMON_")} <= known


def test_the_neighbours_have_no_rights_and_no_port_on_the_network(composed):
    for name, service in composed["services"].items():
        if "extends" not in service:
            assert service["read_only"], name
            assert (service["cap_drop"], service["security_opt"]) == (["ALL"], ["no-new-privileges:true"])
        if name not in {"minimon", "minimon-gpu"}:
            assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name


def test_every_path_that_is_mounted_is_there(composed):
    mounted = [one for service in composed["services"].values() for one in service.get("volumes", ())]
    for one in mounted:
        source = one.partition(":")[0]
        assert (DEPLOY / source).exists() if source.startswith(".") else source in composed["volumes"], one


def test_no_secret_is_in_the_file(composed):
    assert all(one == {"file": f"secrets/{name}"} for name, one in composed["secrets"].items())
    assert "/deploy/secrets/" in (ROOT / ".gitignore").read_text().splitlines()


def test_the_secrets_are_made_once(tmp_path):
    (tmp_path / "secrets.sh").write_bytes((DEPLOY / "secrets.sh").read_bytes())
    for _ in range(2):
        subprocess.run(("sh", tmp_path / "secrets.sh"), check=True, capture_output=True)
    made = {one.name: one.read_text() for one in (tmp_path / "secrets").iterdir()}
    named = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["secrets"]
    assert made.keys() == named.keys()
    owner, writer = (made.pop(name) for name in ("OWNER_LEDGER_URL", "MINIMON_LEDGER_URL"))
    assert owner == f"postgresql://minimon:{made['POSTGRES_PASSWORD']}@postgres/minimon"
    assert writer == f"postgresql://minimon_writer:{made['WRITER_PASSWORD']}@postgres/minimon"
    assert all(re.fullmatch(r"[0-9a-f]{64}", secret) for secret in made.values())
    assert (tmp_path / "secrets").stat().st_mode & 0o077 == 0
    assert os.access(DEPLOY / "secrets.sh", os.X_OK)

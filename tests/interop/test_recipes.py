"""The recipes of docs/verify.md, run as they stand, accept what the service answers and nothing else."""

import base64
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = (Path(__file__).parent.parent.parent / "docs/verify.md").read_text()


def recipe(language):
    (found,) = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return found


def commands(folder):
    """Return the command of each language, and the file that its recipe goes into."""
    openssl = next(line for line in recipe("sh").splitlines() if "ES256" in line)
    return {
        "sh": (["sh", "-euc", openssl.partition("#")[0]], None),
        "python": ([sys.executable, "recipe.py"], "recipe.py"),
        "js": (["node", "recipe.mjs"], "recipe.mjs"),
        "go": (["go", "run", "recipe.go"], "recipe.go"),
    }


@pytest.fixture
def folder(service, tmp_path):
    with service.client() as client:
        for score in range(3):
            answer = client.post("/v1/certify-score?receipt=full", json={"score": score, "subject": "Zoë"})
        kid = client.get(f"/v1/ledger/records/{answer.json()['receipt']['index']}").json()["kid"]
        (tmp_path / "public.pem").write_bytes(client.get(f"/v1/keys/{kid}.pem").content)
        (tmp_path / "jwks.json").write_bytes(client.get("/.well-known/jwks.json").content)
        (tmp_path / "vkey.txt").write_bytes(client.get("/v1/ledger/key").content)
    put(tmp_path, answer.json())
    return tmp_path


def put(folder, answer):
    (folder / "certified.json").write_text(json.dumps(answer))
    for field, name in (("canonicalB64", "canonical"), ("signatureB64", "signature")):
        (folder / name).write_bytes(base64.b64decode(answer["signed"][field]))


def run(folder, language):
    command, file = commands(folder)[language]
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed")
    if file:
        (folder / file).write_text(recipe(language))
    environ = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(folder), "GOFLAGS": "-mod=mod", "GO111MODULE": "off"}
    return subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("language", ["sh", "python", "js", "go"])
def test_a_recipe_accepts_a_certificate_and_refuses_one_that_was_changed(folder, language):
    done = run(folder, language)
    assert done.returncode == 0, done.stderr
    assert "Zoë" in done.stdout or "Verified OK" in done.stdout
    answer = json.loads((folder / "certified.json").read_text())
    canonical = base64.b64decode(answer["signed"]["canonicalB64"]).replace(b'"score":2', b'"score":3')
    answer["signed"]["canonicalB64"] = base64.b64encode(canonical).decode()
    put(folder, answer)
    assert run(folder, language).returncode != 0


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("index", lambda value: value - 1),
        ("inclusionProof", lambda value: ["00" * 32, *value[1:]]),
        ("inclusionProof", lambda value: value[:-1]),
        ("inclusionProof", lambda value: [*value, value[0]]),
        ("checkpoint", lambda value: value.replace("\n", "0\n", 2)),
        ("checkpoint", lambda value: value[:-20] + "A" * 18 + value[-2:]),
        ("lineB64", lambda value: "A" + value[1:]),
    ],
)
def test_the_recipe_in_go_refuses_a_receipt_that_was_changed(folder, field, change):
    answer = json.loads((folder / "certified.json").read_text())
    answer["receipt"][field] = change(answer["receipt"][field])
    put(folder, answer)
    assert run(folder, "go").returncode != 0

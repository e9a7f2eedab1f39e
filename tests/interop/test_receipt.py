"""A receipt, checked by a program in another language that was written from the standards."""

import copy
import json
import shutil
import subprocess
from pathlib import Path

import pytest

NODE = shutil.which("node")
PROGRAM = Path(__file__).with_name("receipt.mjs")
pytestmark = pytest.mark.skipif(not NODE, reason="Node.js is not installed")


def accepts(vkey, jwks, answer):
    done = subprocess.run(
        [NODE, str(PROGRAM), vkey, jwks], input=json.dumps(answer), capture_output=True, text=True, check=False
    )
    return done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def asked(service):
    with service.client() as client:
        for score in range(6):
            answer = client.post("/v1/certify-score?receipt=full", json={"score": score}).json()
        return client.get("/v1/ledger/key").text, client.get("/.well-known/jwks.json").text, answer


def test_checkpoint_proof_and_signature_are_accepted(asked):
    assert accepts(*asked) == (True, "")


def change(answer, kind):
    receipt = answer["receipt"]
    if kind == "index":
        receipt["index"] -= 1
    elif kind == "proof":
        receipt["inclusionProof"][0] = "00" * 32
    elif kind == "checkpoint":
        receipt["checkpoint"] = receipt["checkpoint"].replace("\n", "0\n", 2)
    elif kind == "score":
        answer["signed"]["payload"]["score"] += 1
    else:
        receipt["lineB64"] = "A" + receipt["lineB64"][1:]


@pytest.mark.parametrize("kind", ["index", "proof", "checkpoint", "score", "line"])
def test_what_was_changed_is_refused(asked, kind):
    vkey, jwks, answer = asked
    changed = copy.deepcopy(answer)
    change(changed, kind)
    accepted, reason = accepts(vkey, jwks, changed)
    assert not accepted and "wrong" in reason

"""The commands that show, prove and print what a ledger holds."""

import base64
import csv
import json
import shutil
import subprocess
import sys

import pytest

from minimon.audit.tree import hash_leaf, root_from_path
from minimon.scores.opening import open_ledger_store


def minimon(*arguments):
    command = [sys.executable, "-m", "minimon", "ledger", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_record_is_shown(sound):
    done = minimon("show", sound[0], 3)
    assert json.loads(done.stdout)["seq"] == 3


@pytest.mark.parametrize("index", [0, 5, 12])
def test_the_proof_leads_to_the_root_that_the_service_signed(sound, tmp_path, index):
    path, identity = sound
    bundle = json.loads(minimon("prove", path, index).stdout)
    leaf = hash_leaf(base64.b64decode(bundle["lineB64"]))
    proof = [bytes.fromhex(node) for node in bundle["inclusionProof"]]
    shutil.copytree(path.parent, tmp_path / "opened")
    store = open_ledger_store(tmp_path / "opened" / path.name, identity)
    root = store.head.root
    store.close()
    assert root_from_path(leaf, index, 13, proof) == root == bytes.fromhex(bundle["rootHash"])


@pytest.mark.parametrize("command", ["show", "prove"])
def test_a_record_that_is_not_there_is_a_fault_of_usage(sound, command):
    done = minimon(command, sound[0], 13)
    assert done.returncode == 2 and "the ledger has no record 13" in done.stderr


def test_scores_are_printed_as_csv_those_of_older_versions_too(sound, tmp_path):
    older = b'{"signed":{"payload":{"id":"mnm_old","score":7}},"generatedAt":"x"}\nno JSON\n{"signed":{}}\n'
    path = tmp_path / "scores.jsonl"
    path.write_bytes(older + sound[0].read_bytes())
    rows = list(csv.DictReader(minimon("csv", path).stdout.splitlines(keepends=True)))
    assert [rows[0][name] for name in ("index", "id", "score", "subject")] == ["", "mnm_old", "7", ""]
    assert [row["index"] for row in rows[1:]] == [str(number) for number in range(1, 13)]
    assert minimon("csv", path, "--subject", "nobody").stdout.count("\n") == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "https://127.0.0.1:1"])
def test_a_witness_that_cannot_ask_says_so_in_one_line_and_accuses_nobody(sound, tmp_path, url):
    done = minimon("witness", url, "--store", tmp_path / "store", "--key", sound[1].checkpoint_key.verifier)
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"not asked: {url}") and done.stderr.count("\n") == 1

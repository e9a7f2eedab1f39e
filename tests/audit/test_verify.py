"""Whatever is done to a ledger or its checkpoints, the verifier sees it."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from minimon.audit import verify
from minimon.audit.verify import Verification
from minimon.scores.opening import open_ledger_store
from minimon.scores.receipts import full_receipt, short_receipt

VECTORS = Path(__file__).parent.parent / "vectors/ledger"


def run(path, **options):
    return Verification(path, **options).run(1, lambda _: None)


@pytest.fixture
def copied(sound, tmp_path):
    path, identity = sound
    for file in path.parent.iterdir():
        shutil.copy(file, tmp_path)
    return tmp_path / path.name, identity


def test_a_sound_ledger_is_sound(sound):
    path, identity = sound
    report = run(path, verifier=identity.checkpoint_key.verifier)
    assert (report.status, report.findings) == (0, [])
    assert (report.records, report.committed, report.older_lines, report.signatures) == (13, 13, 1, 13)


def test_every_bit_that_flips_in_the_ledger_is_noticed(copied):
    path, identity = copied
    data, rng = path.read_bytes(), Random(1)
    places = sorted(rng.sample(range(len(data)), 600))
    missed = []
    for place in places:
        changed = bytearray(data)
        changed[place] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        if run(path, verifier=identity.checkpoint_key.verifier).status != 1:
            missed.append(place)
    assert missed == []


def test_every_bit_that_flips_in_the_checkpoints_is_noticed(copied):
    path, identity = copied
    notes = path.with_name(path.name + ".checkpoints")
    data = notes.read_bytes()
    missed = []
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        notes.write_bytes(changed)
        if run(path, verifier=identity.checkpoint_key.verifier).status == 0:
            missed.append(place)
    assert missed == []


def lines_of(path):
    return path.read_bytes().splitlines(keepends=True)


EDITS = {
    "first line gone": lambda lines: lines[1:],
    "genesis gone": lambda lines: [lines[0], *lines[2:]],
    "a line gone": lambda lines: [*lines[:5], *lines[6:]],
    "last line gone": lambda lines: lines[:-1],
    "last batch gone": lambda lines: lines[:-4],
    "all gone": lambda _: [],
    "two swapped": lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]],
    "one twice": lambda lines: [*lines[:6], lines[5], *lines[6:]],
    "a blank line": lambda lines: [*lines[:6], b"\n", *lines[6:]],
    "a space": lambda lines: [*lines[:5], lines[5].replace(b'"kid":', b'"kid": '), *lines[6:]],
    "another score": lambda lines: [*lines[:8], lines[8].replace(b'"score":', b'"score":1'), *lines[9:]],
    "an older line changed": lambda lines: [b"x" + lines[0], *lines[1:]],
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_noticed(copied, edit):
    path, identity = copied
    before = path.read_bytes()
    path.write_bytes(b"".join(EDITS[edit](lines_of(path))))
    assert path.read_bytes() != before
    assert run(path, verifier=identity.checkpoint_key.verifier).status == 1


def test_a_tail_without_a_checkpoint_is_told_from_damage(copied):
    path, identity = copied
    verifier = identity.checkpoint_key.verifier
    with path.open("ab") as file:
        file.write(b'{"v":2,"type":"sc')
    assert run(path, verifier=verifier).status == 3
    path.write_bytes(b"".join(lines_of(path)[:-1]) + b'{"v":2,"type":"key","seq":13,"prev":')
    assert run(path, verifier=verifier).status == 3
    notes = path.with_name(path.name + ".checkpoints")
    notes.write_bytes(notes.read_bytes()[:-50])
    report = run(path, verifier=verifier)
    assert (report.status, report.committed) == (3, 9)


def test_the_checkpoints_of_another_key_are_not_believed(copied, tmp_path_factory):
    path, _ = copied
    other = "minimon/0+00000000+AdoA5ErqzmVMJbD0/qZLtFE3fHoPc+w/naVAMbEXfv6f"
    assert run(path, verifier=other).status == 1


def older_copy(path, records):
    """Cut ledger and checkpoints back to an older pair, sound in itself."""
    path.write_bytes(b"".join(lines_of(path)[: records + 1]))
    notes = path.with_name(path.name + ".checkpoints")
    kept = notes.read_bytes().split(b"\n\n")[:-1]
    while int(kept[-2].split(b"\n")[1]) > records:
        kept = kept[:-2]
    notes.write_bytes(b"\n\n".join(kept) + b"\n\n")


@pytest.mark.parametrize("form", ["checkpoints", "one note", "witness"])
def test_a_ledger_that_was_rolled_back_does_not_reach_a_checkpoint_that_is_trusted(copied, tmp_path, form):
    path, identity = copied
    data = path.with_name(path.name + ".checkpoints").read_bytes()
    note = b"\n\n".join(data.split(b"\n\n")[-3:-1]) + b"\n"
    witness = identity.checkpoint_key.verifier.encode() + b"\n\n" + data
    since = tmp_path / "trusted"
    since.write_bytes({"checkpoints": data, "one note": note, "witness": witness}[form])
    assert run(path, since=since).status == 0
    older_copy(path, 9)
    assert run(path).status == 0
    (finding,) = run(path, since=since).findings
    assert finding.kind == "missing" and "9 records are there, and not the 13" in finding.detail


def test_a_checkpoint_of_another_history_is_told_from_a_rollback(copied, sound, tmp_path, other_ledger):
    path, _ = copied
    findings = run(other_ledger, since=path.with_name(path.name + ".checkpoints")).findings
    assert {finding.kind for finding in findings} >= {"since"}


def hold(folder, number, answer):
    folder.mkdir(exist_ok=True)
    (folder / f"{number}.json").write_text(json.dumps(answer))


@pytest.fixture
def held(copied, tmp_path):
    """A folder with a short receipt and a full one, of records 3 and 11."""
    path, identity = copied
    shutil.copytree(path.parent, tmp_path / "opened", ignore=lambda *_: ["opened"])
    store = open_ledger_store(tmp_path / "opened" / path.name, identity)
    for index, form in ((3, short_receipt), (11, lambda record: full_receipt(record, identity.checkpoint_key))):
        record = store.committed(index)
        hold(tmp_path / "held", index, {"signed": json.loads(record.line)["signed"], "receipt": form(record)})
    store.close()
    return path, tmp_path / "held"


def test_receipts_that_were_kept_are_found_in_their_places(held):
    path, folder = held
    report = run(path, receipts=folder)
    assert (report.status, report.receipts) == (0, 2)


@pytest.mark.parametrize("name", ["3.json", "11.json"])
@pytest.mark.parametrize(
    ("field", "value"), [("index", 4), ("treeSize", 5), ("treeSize", 99), ("rootHash", "00" * 32), ("rootHash", "x")]
)
def test_a_receipt_that_does_not_fit_is_named(held, name, field, value):
    path, folder = held
    answer = json.loads((folder / name).read_text())
    answer["receipt"][field] = value
    (folder / name).write_text(json.dumps(answer))
    report = run(path, receipts=folder)
    assert report.status == 1
    assert all(name in finding.detail for finding in report.findings)


def test_a_receipt_for_a_record_that_was_rolled_back_is_noticed(held):
    path, folder = held
    older_copy(path, 9)
    (finding,) = run(path, receipts=folder).findings
    assert finding.kind == "missing" and "11.json" in finding.detail


def test_a_receipt_for_a_record_that_is_damaged_is_named(held):
    path, folder = held
    lines = lines_of(path)
    lines[4] = lines[4][:-3] + b"\n"
    path.write_bytes(b"".join(lines))
    assert {finding.kind for finding in run(path, receipts=folder).findings} >= {"form", "receipt"}


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"receipt": {}}', '{"receipt": 1}'])
def test_what_is_no_receipt_is_not_passed_over(held, content):
    path, folder = held
    (folder / "3.json").write_text(content)
    (finding,) = run(path, receipts=folder).findings
    assert (finding.kind, "3.json" in finding.detail) == ("receipt", True)


def test_a_nonce_that_was_used_twice_is_found_although_all_else_is_sound(doubled):
    (finding,) = run(doubled).findings
    assert (finding.kind, finding.record) == ("nonce", 4)
    assert finding.detail == "uses the nonce of record 2 again"
    assert finding.offset == sum(map(len, lines_of(doubled)[:4]))


def test_a_nonce_that_was_used_twice_is_found_beside_a_line_that_is_damaged(doubled):
    lines = lines_of(doubled)
    doubled.write_bytes(b"".join([*lines[:-1], lines[-1][:-3] + b"\n"]))
    assert {"nonce", "form"} <= {finding.kind for finding in run(doubled).findings}


@pytest.mark.parametrize("new", [b'"score":', b'"score":1'])
def test_several_processes_find_what_one_does(tmp_path, monkeypatch, new):
    for file in VECTORS.glob("scores.jsonl*"):  # three keys sign in turn
        shutil.copy(file, tmp_path)
    path = tmp_path / "scores.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"score":', new))
    status = run(path).status
    monkeypatch.setattr(verify, "STRETCH_BYTES", 1500)
    progress = []
    report = Verification(path).run(2, progress.append)
    assert report == run(path)
    assert report.status == status and len(progress) > 3


def test_signatures_can_be_left_out_or_sampled(copied):
    path, _ = copied
    assert run(path, every=0).signatures == 0
    assert run(path, every=5).signatures == 3


@pytest.mark.parametrize(("options", "status"), [([], 0), (["--signatures", "sample:x"], 2), (["--jobs", "0"], 2)])
def test_the_commands_status_tells_the_result(sound, options, status):
    command = [sys.executable, "-m", "minimon", "ledger", "verify", str(sound[0]), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stderr
    if not status:
        assert json.loads(done.stdout)["result"] == "sound"


def test_the_command_names_line_byte_and_kind(copied):
    path, _ = copied
    lines = lines_of(path)
    path.write_bytes(b"".join(EDITS["another score"](lines)))
    command = [sys.executable, "-m", "minimon", "ledger", "verify", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"line 9, byte {sum(map(len, lines[:8]))}: canonical" in done.stdout

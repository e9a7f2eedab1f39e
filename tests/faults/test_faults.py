"""The writer's promises under real faults, injected from outside the process: signals and failing system calls.

Each test proves that its fault fired; test_broken_writers.py proves that each notices a writer that is broken.
"""

import os
import re
import select
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from random import Random

import orjson
import pytest

from minimon.audit.verify import Verification

WORKER = Path(__file__).with_name("worker.py")
STRACE = shutil.which("strace")
needs_strace = pytest.mark.skipif(not STRACE, reason="strace is not installed")


def command(path, callers, records):
    return [sys.executable, str(WORKER), str(path), str(callers), str(records)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scores.jsonl"


def acknowledged(output):
    """Return index by id of every record that was acknowledged."""
    found = re.findall(rb"^ack (\S+) (\d+)$", output, re.MULTILINE)
    return {record_id.decode(): int(index) for record_id, index in found}


def recorded(path):
    """Return index by id of every score in the ledger."""
    records = [orjson.loads(line) for line in path.read_bytes().splitlines()]
    return {record["signed"]["payload"]["id"]: record["seq"] for record in records if record["type"] == "score"}


def check(path, acks):
    """No acknowledged record is lost, moved or there twice, and the verifier finds the ledger sound.

    Thousands of lines may be wrong: pytest would look for the difference between two such lists for minutes.
    """
    report = Verification(path).run(1, lambda _: None)
    assert not report.findings, report.findings[:3]
    there = recorded(path)
    assert len(there) == report.records - 1
    lost = [record_id for record_id, index in acks.items() if there.get(record_id) != index]
    assert not lost, lost[:3]
    return report


def run_to_the_end(path, callers=4, records=3, prefix=()):
    """Run a worker; one that hangs, as a broken writer's may, is ended together with the strace around it."""
    whole = [*prefix, *command(path, callers, records)]
    with subprocess.Popen(whole, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True) as running:
        try:
            output, said = running.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(running.pid, signal.SIGKILL)
            raise
    return subprocess.CompletedProcess(whole, running.returncode, output, said)


def kill_under_load(workers, seconds):
    """Let a worker run, kill it without warning; return what was acknowledged."""
    workers.stdin.write(b"\n")
    output, deadline, pid = b"", None, 0
    while not output.endswith(b"ended\n"):
        ready, _, _ = select.select([workers.stdout], [], [], 0.01)
        chunk = os.read(workers.stdout.fileno(), 65536) if ready else b""
        output += chunk
        assert chunk or not ready, output  # all have ended
        running = re.search(rb"^pid (\d+)\n", output, re.MULTILINE)
        if deadline is None and running and b"ack " in output:
            deadline = time.monotonic() + seconds
        if deadline and not pid and time.monotonic() >= deadline:
            pid = int(running[1])
            os.kill(pid, signal.SIGKILL)
    assert pid and b"closed" not in output
    return acknowledged(output)


def kill_again_and_again(path, cycles):
    rng, acks = Random(5), {}
    start = [*command(path, 32, 0)]
    start.insert(2, "--for-each-line")
    with subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as workers:
        for _ in range(cycles):
            new = kill_under_load(workers, rng.uniform(0, 0.15))
            assert new
            acks |= new
        workers.stdin.close()
    done = run_to_the_end(path)
    assert b"closed" in done.stdout, done.stderr
    acks |= acknowledged(done.stdout)
    assert check(path, acks).status == 0
    return acks


def test_nothing_acknowledged_is_lost_when_the_process_is_killed_under_load(path):
    kill_again_and_again(path, 4)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_the_process_is_killed_a_hundred_times(path):
    acks = kill_again_and_again(path, 100)
    print(f"100 kills, {len(acks)} acknowledged, 0 lost")


def unsynced_acknowledgements(trace):
    """Return how many acknowledgements left before the sync that covers them had returned, and how many there were.

    A batch is what was written to the ledger before a sync; the acknowledgement of record n needs n records synced.
    """
    written = synced = early = total = 0
    for line in trace.splitlines():
        if ("fdatasync(" in line and "= 0" in line) or ("fdatasync resumed" in line and "= 0" in line):
            synced = written
        elif match := re.search(r'write\(\d+</[^>]*scores\.jsonl>, "(.*)", (\d+)', line):
            written = int(re.findall(r'\\"seq\\":(\d+)', match[1])[-1])
        elif match := re.search(r'write\(1<[^>]*>, "ack \S+ (\d+)\\n"', line):
            total += 1
            early += int(match[1]) > synced
    return early, total


@needs_strace
def test_no_acknowledgement_leaves_before_the_sync_that_covers_it_returned(path, tmp_path):
    trace = tmp_path / "trace"
    prefix = [STRACE, "-f", "-y", "-s", "1000000", "-e", "trace=write,fdatasync", "-o", str(trace)]
    done = run_to_the_end(path, callers=8, records=10, prefix=prefix)
    assert b"closed" in done.stdout, done.stderr
    assert unsynced_acknowledgements(trace.read_text()) == (0, 80)


def inject(path, tmp_path, call, error, when, *, beside="", **options):
    """Make a system call on the ledger's file, or one beside it, fail; return the output once it fired."""
    run_to_the_end(path, callers=1, records=1)  # the file is there, so that strace can watch its name
    trace, watched = tmp_path / "trace", f"{path}{beside}"
    prefix = [STRACE, "-f", "-P", watched, "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}"]
    done = run_to_the_end(path, prefix=[*prefix, "-o", str(trace)], **options)
    assert "INJECTED" in trace.read_text()
    return done.stdout


@needs_strace
@pytest.mark.parametrize(
    ("error", "when"),
    [("ENOSPC", 1), ("EIO", 2)]
    + [
        pytest.param(error, when, marks=pytest.mark.slow) for error in ("ENOSPC", "EIO", "EDQUOT") for when in (3, 4, 5)
    ],
)
def test_a_failing_write_is_rolled_back_and_refused_and_the_next_succeeds(path, tmp_path, error, when):
    output = inject(path, tmp_path, "write", error, str(when), callers=4, records=6)
    outcome = Counter(line.split()[0] for line in output.splitlines())
    assert outcome[b"refused"] and outcome[b"ack"] and outcome[b"refused"] + outcome[b"ack"] == 24
    assert b"closed" in output
    assert check(path, acknowledged(output)).status == 0


@needs_strace
@pytest.mark.parametrize("when", [1, 3])
def test_a_failing_sync_ends_all_acknowledging(path, tmp_path, when):
    output = inject(path, tmp_path, "fdatasync", "EIO", str(when), callers=1, records=6)
    assert output.count(b"ack ") == when - 1 and output.count(b"refused") == 7 - when
    assert b"failed" in output
    acks = acknowledged(output)
    done = run_to_the_end(path)
    assert b"closed" in done.stdout, done.stderr
    assert check(path, acks | acknowledged(done.stdout)).status == 0


@needs_strace
@pytest.mark.parametrize("when", ["1", "1+"])
def test_checkpoints_that_find_no_room_hold_back_no_record(path, tmp_path, when):
    output = inject(path, tmp_path, "write", "ENOSPC", when, beside=".checkpoints", callers=4, records=20)
    assert output.count(b"ack ") == 80 and b"closed" in output
    done = run_to_the_end(path)
    assert b"closed" in done.stdout, done.stderr
    assert check(path, acknowledged(output + done.stdout)).status == 0


@needs_strace
def test_a_failing_roll_back_ends_all_acknowledging(path, tmp_path):
    run_to_the_end(path, callers=1, records=1)
    trace = tmp_path / "trace"
    prefix = [STRACE, "-f", "-P", str(path), "-e", "trace=write,ftruncate", "-o", str(trace)]
    prefix += ["-e", "inject=write:error=ENOSPC:when=2", "-e", "inject=ftruncate:error=EIO"]
    output = run_to_the_end(path, callers=1, records=5, prefix=prefix).stdout
    assert trace.read_text().count("INJECTED") == 2
    outcome = Counter(line.split()[0] for line in output.splitlines())
    assert (outcome[b"ack"], outcome[b"refused"]) == (1, 4)
    check(path, acknowledged(output))
    run_to_the_end(path)
    assert check(path, acknowledged(output)).status == 0


@needs_strace
def test_an_open_that_cannot_sync_its_folder_fails(path, tmp_path):
    trace = tmp_path / "trace"
    prefix = [STRACE, "-f", "-P", str(tmp_path), "-e", "trace=fsync", "-e", "inject=fsync:error=EIO", "-o", str(trace)]
    done = run_to_the_end(path, prefix=prefix)
    assert "INJECTED" in trace.read_text()
    assert done.returncode != 0 and b"ack" not in done.stdout and b"cannot be opened" in done.stderr

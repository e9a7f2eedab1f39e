"""The ledger's promises, with the faults that try them: full disks, short writes, failing syncs, crashes."""

import asyncio
import contextlib
import errno
import os
import resource
import stat
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path

import orjson
import pytest

from minimon.audit.verify import Verification
from minimon.errors import LedgerUnavailableError, OverloadedError, SigningFailedError, StartError
from minimon.scores import journal, notes
from minimon.scores import ledger as writer
from minimon.scores.ledger import Ledger
from minimon.scores.opening import open_ledger_store
from minimon.scores.records import Entry

FAULTS = Path(__file__).parent.parent / "faults"
HOLD = """
import sys, pathlib
from minimon.scores.journal import Journal
held = Journal.open(pathlib.Path(sys.argv[1]))
print("open", flush=True)
sys.stdin.read()
"""


def raw(text):
    """An entry of any text: the writer does not look into it."""
    return Entry("score", os.urandom(16), 0, b'"raw":"%b"}' % text)


def scores(path):
    """The scores of the real records in the file."""
    return [orjson.loads(line)["signed"]["payload"]["score"] for line in path.read_bytes().splitlines()[1:]]


def raws(path):
    """The texts of the entries in the file, which must be whole lines behind the first record."""
    data = path.read_bytes()
    assert data.endswith(b"\n")
    return [orjson.loads(line)["raw"].encode() for line in data.splitlines()[1:]]


class Gate:
    """A sync that tells when it began and waits until it may end."""

    def __init__(self, fault: OSError | None = None) -> None:
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.calls = 0
        self._fault = fault

    def __call__(self, _descriptor: int) -> None:
        if threading.current_thread().name != "ledger":
            return  # the first record, at opening
        self.calls += 1
        self.began.set()
        assert self.may_end.wait(20)
        if self._fault:
            raise self._fault


@pytest.fixture
def gate(monkeypatch):
    gate = Gate()
    monkeypatch.setattr(journal, "_sync", gate)
    yield gate
    gate.may_end.set()


async def append_all(ledger, lines):
    """Return None for each that succeeded, else the error."""
    answers = await asyncio.gather(*(ledger.append(raw(line)) for line in lines), return_exceptions=True)
    return [answer if isinstance(answer, Exception) else None for answer in answers]


def fault_at_open(path, identity):
    with pytest.raises(StartError) as caught:
        Ledger(open_ledger_store(path, identity)).close()
    (fault,) = caught.value.faults
    return fault


def fail_with(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


async def turn_the_loop():
    for _ in range(100):
        await asyncio.sleep(0)


def torn(path):
    return [file.read_bytes() for file in path.parent.glob(f"{path.name}.torn-*")]


def test_lines_stand_in_the_order_of_their_appends(opened, path):
    async def run(ledger):
        for number in range(5):
            await ledger.append(raw(b"%d" % number))

    with opened(path) as ledger:
        asyncio.run(run(ledger))
    assert raws(path) == [b"0", b"1", b"2", b"3", b"4"]


def test_drafts_that_come_together_are_made_in_their_order_and_one_that_fails_fails_alone(opened, path):
    def draft(number):
        made.append(number)
        if number == 1:
            raise SigningFailedError
        return raw(b"%d" % number)

    async def run(ledger):
        drafts = [partial(draft, number) for number in range(4)]
        return await asyncio.gather(*map(ledger.append, drafts), return_exceptions=True)

    made = []
    with opened(path) as ledger:
        answers = asyncio.run(run(ledger))
        assert isinstance(answers.pop(1), SigningFailedError)
        assert [answer.index for answer in answers] == [1, 2, 3]
        asyncio.run(ledger.append(raw(b"later")))
    assert made == [0, 1, 2, 3]
    assert raws(path) == [b"0", b"2", b"3", b"later"]


@pytest.mark.parametrize("together", [1, 2])
def test_drafts_that_all_fail_leave_room_for_others(opened, path, monkeypatch, together):
    def draft():
        raise ZeroDivisionError  # a fault of ours, as far as one can tell

    async def run(ledger):
        async with asyncio.timeout(20):  # else a caller who is not told would wait for ever
            return await asyncio.gather(*[ledger.append(draft) for _ in range(together)], return_exceptions=True)

    monkeypatch.setattr(writer, "MOST_WAITING", together)
    with opened(path) as ledger:
        for _ in range(3):
            assert list(map(type, asyncio.run(run(ledger)))) == [ZeroDivisionError] * together
        asyncio.run(ledger.append(raw(b"later")))
    assert raws(path) == [b"later"]


def test_a_draft_that_comes_by_itself_does_not_hold_up_the_event_loop(opened, path):
    loop_went_on = threading.Event()

    def draft():
        assert loop_went_on.wait(20)
        return raw(b"alone")

    async def run(ledger):
        for _ in range(2):  # the second is handed over at once
            appended = asyncio.create_task(ledger.append(draft))
            await turn_the_loop()
            loop_went_on.set()
            await appended
            loop_went_on.clear()

    with opened(path) as ledger:
        asyncio.run(run(ledger))
    assert raws(path) == [b"alone", b"alone"]


def test_several_wait_a_turn_for_those_that_come_meanwhile_and_share_their_batch(opened, path, gate):
    async def later(ledger):
        await asyncio.sleep(0)
        assert not gate.began.wait(0.1)
        gate.may_end.set()
        await ledger.append(raw(b"third"))

    async def run(ledger):
        await asyncio.gather(ledger.append(raw(b"first")), ledger.append(raw(b"second")), later(ledger))

    with opened(path) as ledger:
        asyncio.run(run(ledger))
        assert (sum(ledger.batches.counts), ledger.batches.sum) == (1, 3)
    assert raws(path) == [b"first", b"second", b"third"]


def test_a_caller_that_comes_by_itself_once_more_waits_for_no_turn(opened, path, gate):
    async def run(ledger):
        gate.may_end.set()
        await ledger.append(raw(b"first"))
        gate.began.clear()
        second = asyncio.create_task(ledger.append(raw(b"second")))
        await asyncio.sleep(0)
        assert gate.began.wait(20)  # though the event loop stands still
        await second

    with opened(path) as ledger:
        asyncio.run(run(ledger))
    assert raws(path) == [b"first", b"second"]


def test_the_file_is_made_with_its_folder_for_this_user_alone(opened, path):
    with opened(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_opening_again_goes_on_behind_what_is_there(opened, path):
    for _ in range(2):
        with opened(path) as ledger:
            asyncio.run(ledger.append(raw(b"line")))
    assert raws(path) == [b"line"] * 2


def test_many_appends_at_once_are_all_there_in_whole_lines(opened, path):
    lines = [b"%d:" % number + b"x" * (number * 37 % 4000) for number in range(256)]
    with opened(path) as ledger:
        assert asyncio.run(append_all(ledger, lines)) == [None] * 256
        assert sorted(raws(path)) == sorted(lines)


def test_no_append_returns_before_the_sync_has_returned(opened, path, gate):
    async def run(ledger):
        waiting = asyncio.create_task(ledger.append(raw(b"line")))
        await asyncio.to_thread(gate.began.wait, 20)
        await turn_the_loop()
        assert raws(path) == [b"line"]
        assert not waiting.done()
        gate.may_end.set()
        await waiting

    with opened(path) as ledger:
        asyncio.run(run(ledger))


def test_what_waits_during_a_sync_shares_the_next_one(opened, path, gate):
    async def run(ledger):
        first = asyncio.create_task(ledger.append(raw(b"first")))
        await asyncio.to_thread(gate.began.wait, 20)
        rest = asyncio.create_task(append_all(ledger, [b"x"] * 100))
        await turn_the_loop()
        gate.may_end.set()
        await first
        assert await rest == [None] * 100

    with opened(path) as ledger:
        asyncio.run(run(ledger))
    assert gate.calls == 2


def test_a_full_queue_refuses_and_says_when_to_come_again(opened, path, gate, monkeypatch):
    monkeypatch.setattr(writer, "MOST_WAITING", 8)

    async def run(ledger):
        first = asyncio.create_task(ledger.append(raw(b"line")))
        await asyncio.to_thread(gate.began.wait, 20)
        rest = asyncio.create_task(append_all(ledger, [b"line"] * 7))
        await turn_the_loop()
        with pytest.raises(OverloadedError) as caught:
            await ledger.append(raw(b"too many"))
        assert int(caught.value.headers["Retry-After"]) > 0
        gate.may_end.set()
        await first
        assert await rest == [None] * 7
        await ledger.append(raw(b"later"))

    with opened(path) as ledger:
        asyncio.run(run(ledger))
    assert raws(path) == [b"line"] * 8 + [b"later"]


def test_closing_writes_what_still_waits(identity, path, gate):
    async def run(ledger):
        first = asyncio.create_task(ledger.append(raw(b"line")))
        await asyncio.to_thread(gate.began.wait, 20)
        rest = asyncio.create_task(append_all(ledger, [b"line"] * 20))
        await turn_the_loop()
        closing = asyncio.create_task(asyncio.to_thread(ledger.close))
        await turn_the_loop()
        gate.may_end.set()
        await closing
        await first
        assert await rest == [None] * 20

    asyncio.run(run(Ledger(open_ledger_store(path, identity))))
    assert raws(path) == [b"line"] * 21


def test_callers_that_go_away_disturb_nobody(opened, path, gate):
    async def run(ledger):
        first = asyncio.create_task(ledger.append(raw(b"first")))
        await asyncio.to_thread(gate.began.wait, 20)
        gone, stays = (asyncio.create_task(ledger.append(raw(line))) for line in (b"gone", b"stays"))
        await turn_the_loop()
        for caller in (first, gone):
            caller.cancel()
        gate.may_end.set()
        await asyncio.wait_for(stays, 20)

    with opened(path) as ledger:
        asyncio.run(run(ledger))
    assert raws(path) == [b"first", b"gone", b"stays"]


def test_a_loop_that_ended_before_its_line_was_written_does_not_stop_the_writer(opened, path, gate):
    async def run(ledger):
        waiting = asyncio.create_task(ledger.append(raw(b"early")))
        await asyncio.to_thread(gate.began.wait, 20)
        waiting.cancel()

    with opened(path) as ledger:
        asyncio.run(run(ledger))
        gate.may_end.set()
        asyncio.run(ledger.append(raw(b"late")))
    assert raws(path) == [b"early", b"late"]


def test_after_a_failed_sync_nothing_is_acknowledged_nor_written_until_a_new_start(opened, score, path, monkeypatch):
    with opened(path) as ledger:
        asyncio.run(ledger.append(score(1)))
        with monkeypatch.context() as patch:
            patch.setattr(journal, "_sync", fail_with(errno.EIO))
            with pytest.raises(LedgerUnavailableError):
                asyncio.run(ledger.append(score(2)))
        assert not ledger.writable
        size = path.stat().st_size
        for _ in range(3):  # the sync would succeed again, and lie
            with pytest.raises(LedgerUnavailableError):
                asyncio.run(ledger.append(raw(b"refused")))
        assert path.stat().st_size == size
    with opened(path) as ledger:
        assert ledger.writable
        asyncio.run(ledger.append(score(3)))
    assert scores(path) == [1, 2, 3]


def test_what_waits_behind_a_failing_sync_is_refused_too(opened, path, monkeypatch):
    gate = Gate(OSError(errno.EIO, "Input/output error"))
    monkeypatch.setattr(journal, "_sync", gate)

    async def run(ledger):
        first = asyncio.create_task(append_all(ledger, [b"first"]))
        await asyncio.to_thread(gate.began.wait, 20)
        rest = asyncio.create_task(append_all(ledger, [b"rest"] * 10))
        await turn_the_loop()
        gate.may_end.set()
        return await first + await rest

    with opened(path) as ledger:
        answers = asyncio.run(run(ledger))
    assert [type(answer) for answer in answers] == [LedgerUnavailableError] * 11
    assert b"rest" not in path.read_bytes()
    assert gate.calls == 1


@pytest.mark.parametrize("step", [1, 3, 7])
def test_short_writes_still_make_whole_lines(opened, path, monkeypatch, step):
    write = os.write
    lines = [b"%d" % number * 10 for number in range(20)]
    with opened(path) as ledger:
        monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:step]))
        assert asyncio.run(append_all(ledger, lines)) == [None] * 20
        monkeypatch.undo()
    assert raws(path) == lines


@pytest.mark.parametrize("fault", [(n, w) for n in (errno.ENOSPC, errno.EDQUOT, errno.EIO) for w in (0, 1, 5, 9)])
def test_a_write_that_fails_half_way_is_cut_off_and_the_next_may_succeed(opened, score, path, monkeypatch, fault):
    number, written = fault
    write = os.write
    left = [written]

    def fill(descriptor, data):
        if not left[0]:
            raise OSError(number, os.strerror(number))
        done, left[0] = write(descriptor, data[: left[0]]), 0
        return done

    with opened(path) as ledger:
        asyncio.run(ledger.append(score("before")))
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fill)
            with pytest.raises(LedgerUnavailableError) as caught:
                asyncio.run(ledger.append(score("refused")))
        assert "Retry-After" in caught.value.headers
        assert scores(path) == ["before"]
        assert ledger.writable
        asyncio.run(ledger.append(score("after")))
    assert scores(path) == ["before", "after"]


def test_if_cutting_off_fails_too_nothing_is_acknowledged_any_more(opened, path, monkeypatch):
    with opened(path) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fail_with(errno.ENOSPC))
            patch.setattr(os, "ftruncate", fail_with(errno.EIO))
            with pytest.raises(LedgerUnavailableError):
                asyncio.run(ledger.append(raw(b"line")))
        assert not ledger.writable
        with pytest.raises(LedgerUnavailableError):
            asyncio.run(ledger.append(raw(b"line")))


def notes_of(path):
    return path.with_name(f"{path.name}.checkpoints")


def wait_until(condition):
    for _ in range(1000):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came")


@pytest.mark.parametrize("written", [0, 1, 40])
def test_where_the_checkpoints_alone_find_no_room_records_go_on_and_half_a_note_gets_no_other_behind_it(
    opened, score, path, monkeypatch, written
):
    write, full = os.write, threading.Event()

    def fill(descriptor, data):
        if not Path(f"/proc/self/fd/{descriptor}").readlink().name.endswith(".checkpoints"):
            return write(descriptor, data)
        full.set()
        if written:
            return write(descriptor, data[:written])
        raise OSError(errno.ENOSPC, "No space left on device")

    with opened(path) as ledger:
        before = notes_of(path).read_bytes()
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", fill)
            patch.setattr(notes, "replace_file", fail_with(errno.ENOSPC))
            asyncio.run(ledger.append(score(1)))
            assert full.wait(20)
            asyncio.run(ledger.append(score(2)))
            assert ledger.writable
            assert notes_of(path).read_bytes()[: len(before) + 1].startswith(before)
        wait_until(lambda: notes_of(path).read_bytes().count(b"\n3\n") == 1)  # without another record
        asyncio.run(ledger.append(score(3)))
    report = Verification(path).run(1, lambda _: None)
    assert (report.status, report.committed) == (0, 4)
    with opened(path):
        assert scores(path) == [1, 2, 3]


def fill_until_refused(ledger, score):
    """Append until the ledger refuses; return how many records it took."""
    for count in range(1000):
        try:
            asyncio.run(ledger.append(score(count)))
        except LedgerUnavailableError:
            return count
    raise AssertionError("never full")


def test_at_the_systems_limit_of_a_files_size_the_file_keeps_whole_lines_only(opened, score, path):
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    with opened(path) as ledger:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64 * 1024 + 500, old[1]))
        try:
            taken = fill_until_refused(ledger, score)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, old)
        assert scores(path) == list(range(taken))
        asyncio.run(ledger.append(score("after")))
    assert scores(path) == [*range(taken), "after"]


SMALL_DISK = """
import asyncio, pathlib, sys
sys.path.insert(0, sys.argv[1])
from worker import make, make_identity
from minimon.audit.verify import Verification
from minimon.errors import LedgerUnavailableError, OverloadedError, StartError
from minimon.scores.ledger import Ledger
from minimon.scores.opening import open_ledger_store

path, ballast, identity = pathlib.Path("scores.jsonl"), pathlib.Path("ballast"), make_identity()
"""
FULL_DISK = """
ballast.write_bytes(b"b" * 100_000)
ledger, taken = Ledger(open_ledger_store(path, identity)), 0
try:
    while taken < 1000:
        asyncio.run(ledger.append(make(identity, taken)[1]))
        taken += 1
except LedgerUnavailableError:
    assert path.read_bytes().count(b"\\n") == taken + 1
    ballast.unlink()
    asyncio.run(ledger.append(make(identity, taken)[1]))
finally:
    ledger.close()
assert 0 < taken < 1000, taken
report = Verification(path).run(1, lambda _: None)
assert (report.status, report.records) == (0, taken + 2), report
print("goes on")
"""
NO_ROOM_TO_REPAIR = """
path.write_bytes(b"whole\\n" + b"torn" * 36_000)
before = path.read_bytes()
try:
    Ledger(open_ledger_store(path, identity)).close()
except StartError as error:
    assert "No space left" in str(error), error
    assert path.read_bytes() == before
    print("stays")
"""


def on_a_small_disk(folder, program):
    """Run a program on a file system of 256 KiB that nobody else sees and that goes with it; return what it prints."""
    enter = ["unshare", "--map-root-user", "--mount", "sh", "-ec"]
    mount = f"mount -t tmpfs -o size=256k none {folder}; cd {folder};"
    with contextlib.suppress(FileNotFoundError):
        if subprocess.run([*enter, mount], capture_output=True, check=False).returncode == 0:
            command = [*enter, mount + 'exec "$0" -c "$1" "$2"', sys.executable, SMALL_DISK + program, str(FAULTS)]
            return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.splitlines()[-1]
    pytest.skip("this user may not mount a file system of their own")


def test_on_a_disk_that_is_really_full_the_ledger_keeps_whole_lines_and_goes_on_once_there_is_room(tmp_path):
    assert on_a_small_disk(tmp_path, FULL_DISK) == "goes on"


def test_a_fragment_that_cannot_be_saved_for_want_of_space_stops_the_start_and_stays(tmp_path):
    assert on_a_small_disk(tmp_path, NO_ROOM_TO_REPAIR) == "stays"


def test_a_second_process_is_refused_and_the_lock_is_free_once_the_first_is_killed(opened, identity, path):
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with first:
        assert first.stdout.readline() == b"open\n"
        fault = fault_at_open(path, identity)
        assert str(path) in fault and "has this ledger open" in fault
        first.kill()
    with opened(path) as ledger:
        assert f"(pid {first.pid})" in fault
        asyncio.run(ledger.append(raw(b"mine")))


def test_a_refused_second_opening_leaves_the_lock_and_the_file_alone(opened, identity, path):
    with opened(path) as ledger:
        for _ in range(3):
            fault_at_open(path, identity)
        asyncio.run(ledger.append(raw(b"line")))
    with opened(path):
        assert raws(path) == [b"line"]


def test_a_torn_line_is_moved_aside_wherever_it_was_cut(opened, tmp_path):
    whole = '{"a":1}\n{"b":"é\\n"}\n{"c":3}\n'.encode()
    for cut in range(len(whole) + 1):
        path = tmp_path / str(cut) / "scores.jsonl"
        path.parent.mkdir()
        path.write_bytes(whole[:cut])
        with opened(path) as ledger:
            asyncio.run(ledger.append(raw(b"next")))
        keep = whole[:cut].rfind(b"\n") + 1
        assert path.read_bytes().startswith(whole[:keep] + b'{"v":2,"type":"genesis","seq":0,')
        assert path.read_bytes()[keep:].count(b"\n") == 2
        assert torn(path) == ([whole[keep:cut]] if keep < cut else [])


@pytest.mark.parametrize("size", [1, 65535, 65536, 65537, 200_000])
@pytest.mark.parametrize("before", [b"", b"whole\n"])
def test_a_torn_line_of_any_length_is_found(opened, path, size, before):
    path.parent.mkdir()
    path.write_bytes(before + b"t" * size)
    with opened(path):
        assert path.read_bytes().startswith(before + b'{"v":2,')
    assert torn(path) == [b"t" * size]


def test_an_opening_that_fails_lets_go_of_the_lock(opened, identity, path, monkeypatch):
    path.parent.mkdir()
    path.write_bytes(b"whole\ntorn")
    with monkeypatch.context() as patch:
        patch.setattr(journal, "create_file", fail_with(errno.EROFS))
        assert "Read-only file system" in fault_at_open(path, identity)
    assert path.read_bytes() == b"whole\ntorn"
    with opened(path):
        assert path.read_bytes().startswith(b'whole\n{"v":2,')


def test_the_fragment_is_safe_before_the_ledger_is_cut(opened, path, monkeypatch):
    path.parent.mkdir()
    path.write_bytes(b"whole\ntorn")
    order = []
    truncate, create = os.ftruncate, journal.create_file
    monkeypatch.setattr(os, "ftruncate", lambda *call: (order.append("cut"), truncate(*call)))
    monkeypatch.setattr(journal, "create_file", lambda *call: (order.append("saved"), create(*call)))
    with opened(path):
        pass
    assert order == ["saved", "cut"]


@pytest.mark.parametrize("kind", ["folder", "file as folder"])
def test_a_path_that_cannot_be_a_ledger_stops_the_start_with_its_name(opened, identity, tmp_path, kind):
    if kind == "folder":
        path = tmp_path / "scores.jsonl"
        path.mkdir()
    else:
        (tmp_path / "file").write_text("")
        path = tmp_path / "file" / "scores.jsonl"
    assert fault_at_open(path, identity).startswith(f"{path}: the ledger cannot be opened (")


def test_the_name_of_a_new_ledger_is_made_durable(opened, path, monkeypatch):
    synced = []
    monkeypatch.setattr(journal, "sync_folder", synced.append)
    with opened(path):
        assert synced == [path.parent]


def test_a_name_that_cannot_be_made_durable_stops_the_start_and_lets_go_of_the_lock(
    opened, identity, path, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(journal, "sync_folder", fail_with(errno.EIO))
        assert "Input/output error" in fault_at_open(path, identity)
    with opened(path):
        pass

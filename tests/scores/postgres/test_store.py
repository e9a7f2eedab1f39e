"""Several processes' stores on one database, and connections that break at the worst moment."""

import asyncio
import os
import signal
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.postgres import PostgresServer, binary
from tests.servers import Cable

from minimon.errors import InternalError, LedgerUnavailableError, NonceReplayedError, StartError
from minimon.scores.ledger import Ledger
from minimon.scores.merkle import consistency_proof, root_of, verify_consistency
from minimon.scores.postgres import link
from minimon.scores.postgres.connecting import Address, connect
from minimon.scores.postgres.rows import BEGIN, LOCK
from minimon.scores.storing import BrokenLedgerError, Committed, NotWrittenError, UnknownOutcomeError

CHANGE = "ALTER TABLE minimon.{0} DISABLE TRIGGER ALL; {1}; ALTER TABLE minimon.{0} ENABLE ALWAYS TRIGGER refuse_change"


class Cutting(Cable):
    """A cable that breaks as soon as the server has got a COMMIT, before its answer comes through."""

    def __init__(self, target):
        self.cuts = 0
        self.times = 0
        """How often it is still to break."""
        self.for_good = False
        super().__init__(target)

    async def _carry(self, reader, writer, passes=None):  # noqa: ARG002 - as in the base class
        while piece := await reader.read(1 << 16):
            if self.times and b"COMMIT\0" in piece and self._alive.is_set():
                self.times, self.cuts = self.times - 1, self.cuts + 1
                self._alive.clear()
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.3)
                self._whole = not self.for_good
                for one in self._writers:  # first, or the answer would still get through
                    one.transport.abort()
                self._alive.set()
                break
            await self._alive.wait()
            writer.write(piece)
            await writer.drain()
        raise ConnectionResetError


@pytest.fixture
def cutting(postgres):
    cable = Cutting(postgres.port)
    yield cable
    cable.mend()
    cable.stop()


@pytest.fixture
def far_store(open_store, settings_for, postgres, database, cutting):
    """A store at the other end of the cable."""
    return open_store(settings_for(postgres.url(database, port=cutting.port)))


@pytest.fixture
def change_as_superuser(postgres, database):
    return lambda table, change: postgres.ask(CHANGE.format(table, change), database)


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(link, "PATIENCE_SECONDS", 0.5)


def test_four_that_write_at_once_leave_no_gap_and_no_line_twice(open_store, score, sound):
    stores = [open_store() for _ in range(4)]
    batches = [[[score(n) for n in range(5)] for _ in range(20)] for _ in stores]
    with ThreadPoolExecutor(4) as threads:
        answers = threads.map(lambda s, b: [one for batch in b for one in s.commit(batch)], stores, batches)
        indices = sorted(answer.index for some in answers for answer in some)
    assert indices == list(range(1, 401))
    assert sound() == (True, 401)


def test_of_equal_nonces_that_race_over_four_one_wins_and_all_get_its_answer(open_store, score):
    stores = [open_store() for _ in range(4)]
    for nonce in range(30):
        start = threading.Barrier(4)

        def race(number, store, nonce=nonce, start=start):
            entry = score(number % 2, nonce=str(nonce))
            start.wait()
            return store.commit([entry])[0]

        with ThreadPoolExecutor(4) as threads:
            answers = list(threads.map(race, range(4), stores))
        taken = [answer for answer in answers if isinstance(answer, Committed)]
        assert [type(one) for one in answers].count(NonceReplayedError) == 2
        assert {(one.index, one.line) for one in taken} == {(nonce + 1, taken[0].line)}
        assert [one.replayed for one in taken].count(False) == 1


def test_what_one_wrote_any_other_reads_and_proves(open_store, score):
    one, other = open_store(), open_store()
    (record,) = one.commit([score(7, nonce="n")])
    assert other.head.size == 1
    other.refresh()
    assert (other.head, other.record(1)) == (one.head, record.line)
    (again,) = other.commit([score(7, nonce="n")])
    assert (again.line, again.before, again.after) == (record.line, record.before, record.after)
    proof = other.read_tree(lambda read: consistency_proof(read, 1, 2))
    assert verify_consistency(1, 2, root_of(record.before), other.head.root, proof)


def test_a_commit_whose_answer_is_lost_is_found_again_and_entered_once(far_store, cutting, score, sound):
    cutting.times = 1
    entries = [score(1), score(2)]
    answers = far_store.commit(entries)
    assert cutting.cuts == 1
    assert [answer.index for answer in answers] == [1, 2]
    assert sound() == (True, 3)


@pytest.mark.usefixtures("impatient")
def test_where_the_answer_stays_away_the_outcome_is_unknown_and_the_nonce_tells_later(far_store, cutting, score, sound):
    entry = score(1, nonce="n")
    cutting.times, cutting.for_good = 1, True
    with pytest.raises(UnknownOutcomeError):
        far_store.commit([entry])
    assert not far_store.reachable
    cutting.mend()
    (again,) = far_store.commit([score(1, nonce="n")])
    assert (far_store.reachable, again.index, again.replayed) == (True, 1, True)
    assert sound() == (True, 2)


@pytest.mark.usefixtures("impatient")
def test_with_a_cut_cable_nothing_is_written_and_the_writer_notices_when_it_is_mended(far_store, cutting, score, sound):
    cutting.cut()
    with pytest.raises(NotWrittenError):
        far_store.commit([score(1)])
    far_store.settle()
    assert not far_store.reachable
    with pytest.raises(LedgerUnavailableError):
        far_store.refresh()
    cutting.mend()
    far_store.settle()
    assert far_store.reachable
    far_store.refresh()
    assert far_store.commit([score(1)])[0].index == 1
    assert sound() == (True, 2)


def test_a_server_that_freezes_is_given_up_and_the_batch_tried_again(far_store, cutting, score):
    far_store.commit([score(1)])
    cutting.hang()
    threading.Timer(5, cutting.mend).start()
    began = time.monotonic()
    assert far_store.commit([score(2)])[0].index == 2
    assert time.monotonic() - began >= 4


@pytest.fixture
def shake(postgres, database):
    """What may happen to a server."""
    end_sessions = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"
    return {
        "restart": postgres.restart,
        "crash": lambda: postgres.restart(signal.SIGQUIT),
        "end of all sessions": lambda: postgres.ask(end_sessions),
    }


@pytest.mark.parametrize("how", ["restart", "crash", "end of all sessions"])
def test_a_server_that_restarts_costs_no_record(open_store, score, sound, shake, how):
    async def append(ledger, entry):
        while True:
            try:
                return await ledger.append(entry)
            except LedgerUnavailableError:  # the server took its time
                await asyncio.sleep(0.1)

    async def run(ledger):
        shaken = asyncio.create_task(asyncio.to_thread(shake[how]))
        answers = []
        while not shaken.done() or len(answers) < 50:
            answers += await asyncio.gather(*(append(ledger, score(n)) for n in range(5)))
        await shaken
        return answers

    ledger = Ledger(open_store())
    try:
        answers = asyncio.run(run(ledger))
    finally:
        ledger.close()
    assert sorted(answer.index for answer in answers) == list(range(1, len(answers) + 1))
    assert sound() == (True, len(answers) + 1)


def test_one_that_is_frozen_in_the_middle_of_a_batch_does_not_hold_up_the_others_for_long(settings, open_store, score):
    store = open_store()
    frozen = connect(Address(settings))
    frozen.execute(BEGIN)
    frozen.execute(LOCK)
    assert store.commit([score(1)])[0].index == 1
    with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
        frozen.execute("COMMIT")
    frozen.close()


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("records", "UPDATE minimon.records SET line = line || '!' WHERE seq = 3"),
        ("records", "UPDATE minimon.records SET nodes = sha256('') WHERE seq = 3"),
        ("checkpoints", "UPDATE minimon.checkpoints SET note = '' WHERE size = 4"),
        ("checkpoints", "DELETE FROM minimon.checkpoints WHERE size = 4"),
        ("records", "DELETE FROM minimon.records WHERE seq = 3"),
        ("records", "DELETE FROM minimon.records"),
    ],
)
def test_a_change_underneath_is_noticed_before_the_next_acknowledgement_and_at_a_start(
    open_store, change_as_superuser, score, table, change
):
    store = open_store()
    for number in range(3):
        store.commit([score(number)])
    change_as_superuser(table, change)
    with pytest.raises(BrokenLedgerError):
        store.commit([score(9)])
    with pytest.raises(InternalError):
        store.refresh()
    if change != "DELETE FROM minimon.records":
        with pytest.raises(StartError, match="find out who changed it"):
            open_store()


def test_a_database_that_went_back_and_grew_again_is_noticed(open_store, change_as_superuser, score):
    old = open_store()
    old.commit([score(1), score(2)])
    change_as_superuser("checkpoints", "DELETE FROM minimon.checkpoints WHERE size = 3")
    change_as_superuser("records", "DELETE FROM minimon.records WHERE seq > 0")
    new = open_store()
    new.commit([score(3), score(4), score(5)])
    with pytest.raises(BrokenLedgerError, match="first 3 records are others than before"):
        old.settle()


def test_a_batch_that_finds_no_room_is_refused_and_the_next_taken(open_store, postgres, database, score, sound):
    store = open_store()
    postgres.ask(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE disk_full; END $$; CREATE TRIGGER full_disk BEFORE INSERT ON minimon.records "
        "EXECUTE FUNCTION full_disk()",
        database,
    )
    with pytest.raises(NotWrittenError):
        store.commit([score(1, nonce="n")])
    assert store.reachable
    postgres.ask("DROP TRIGGER full_disk ON minimon.records", database)
    (record,) = store.commit([score(1, nonce="n")])
    assert (record.index, record.replayed) == (1, False)
    assert sound() == (True, 2)


@pytest.fixture
def small_disk():
    """A disk of its own, as small as a server fits on."""
    folder = Path(tempfile.mkdtemp(prefix="minimon-small-"))
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=110m", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        folder.rmdir()
        pytest.skip("a disk cannot be mounted here: run as root, outside a container that forbids it")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


def test_on_a_disk_that_is_really_full_a_batch_is_refused_and_the_next_goes_in_behind_the_last_that_was_taken(
    small_disk, settings_for, open_store, score
):
    binary("postgres")
    small_disk.chmod(0o755)
    server = PostgresServer(small_disk, "max_wal_size=32MB", "min_wal_size=32MB", "wal_recycle=off")
    try:
        store = open_store(settings_for(server.url(server.database())))
        disk = os.statvfs(small_disk)
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(disk.f_bavail * disk.f_frsize - 3_000_000))
        batches = ([score(number) for number in range(200)] for _ in range(60))
        with pytest.raises(NotWrittenError, match="No space left on device"):
            list(map(store.commit, batches))
        taken = store.head.size
        assert taken > 1
        ballast.unlink()
        answers = store.commit([score(1), score(2)])
        assert [answer.index for answer in answers] == [taken, taken + 1]
        store.close()
    finally:
        server.stop()

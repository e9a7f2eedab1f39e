"""The ledger from a file into the database and back, byte for byte; the tables alone, for an owner to make."""

import os
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path

from minimon.durable import create_file, make_folder, sync_folder
from minimon.errors import StartError
from minimon.scores.checkpoint import Checkpoint, CheckpointKey
from minimon.scores.nonces import nonce_key
from minimon.scores.opening import open_ledger_store
from minimon.scores.postgres.connecting import Address, Connection, connect
from minimon.scores.postgres.migrating import check_rights, grant, migrate
from minimon.scores.postgres.opening import at_start
from minimon.scores.postgres.reading import look
from minimon.scores.postgres.rows import ADD_CHECKPOINT, ADD_RECORDS, BEGIN, LOCK, OLDER, Batch, End, read_older
from minimon.scores.records import Head, parse_record
from minimon.scores.store import Store
from minimon.scores.storing import Identity
from minimon.settings import Settings

AT_ONCE = 4096
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
NEXT_LINES = "SELECT line FROM minimon.records WHERE seq >= %b::bigint ORDER BY seq LIMIT %b::bigint"
ADD_OLDER = "INSERT INTO minimon.older (part, data) VALUES (%b::integer, %b::bytea)"


class Transfer:
    """Works on the database of the settings. Everything raises StartError."""

    def __init__(self, settings: Settings) -> None:
        self._address = Address(settings)

    def make_tables(self, writer: str) -> str:
        """Bring the tables up to date; let the role ``writer``, if one is named, read and add. Say what was done."""
        with at_start(self._address), closing(connect(self._address)) as connection:
            migrate(connection, self._address.shown)
            if not writer:
                return f"{self._address.shown}: the tables are up to date"
            grant(connection, writer)
        return f"{self._address.shown}: the tables are up to date, and {writer} may read and add"

    def import_file(self, file: Path, identity: Identity) -> str:
        """Enter every line of a file's ledger in an empty database, all or none. Say what was done."""
        with closing(open_ledger_store(file, identity)) as source, self._connected() as connection:
            connection.execute(BEGIN)
            connection.execute(LOCK)
            if there := look(connection, identity.checkpoint_key, None):
                raise StartError(f"{self._address.shown}: has {there.head.size} records already: use an empty database")
            end = _enter(connection, source)
            if end.root != source.head.root:
                raise StartError(f"{file}: its records are not those that were signed: minimon ledger verify {file}")
            connection.execute(ADD_CHECKPOINT, [end.size, identity.checkpoint_key.sign(Checkpoint(end.size, end.root))])
            connection.execute("COMMIT")
        return f"{end.size} records are in {self._address.shown}, root {end.root.hex()}"

    def export_file(self, file: Path, key: CheckpointKey) -> str:
        """Write the ledger into new files, as a service without a database has them. Say what was done."""
        notes = file.with_name(f"{file.name}.checkpoints")
        for path in (file, notes):
            if path.exists():
                raise StartError(f"{path}: is there already, and nothing is overwritten: name another file")
        with self._connected() as connection:
            connection.execute(SNAPSHOT)
            end = look(connection, key, None)
            if end is None:
                raise StartError(f"{self._address.shown}: has no records")
            try:
                self._write(connection, end, file, notes)
            except OSError as error:
                raise StartError(f"{file}: the ledger cannot be written ({error.strerror})") from error
        return f"{end.head.size} records are in {file}, root {end.head.root.hex()}"

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        with at_start(self._address), closing(connect(self._address)) as connection:
            migrate(connection, self._address.shown)
            check_rights(connection, self._address.shown)
            yield connection

    def _write(self, connection: Connection, end: End, file: Path, notes: Path) -> None:
        make_folder(file.parent)
        draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        try:
            if _copy(connection, draft) != end.head:
                raise StartError(f"{self._address.shown}: its records are not those that were signed")
            create_file(notes, end.note + b"\n", 0o600)
            os.link(draft, file)
        finally:
            draft.unlink(missing_ok=True)
        sync_folder(file.parent)


def _enter(connection: Connection, source: Store) -> Head:
    """Enter what the file holds; return the head that came of it."""
    for part, data in enumerate(source.older()):
        connection.execute(ADD_OLDER, [part, data])
    head, lines = read_older(connection), source.lines()
    while chunk := list(islice(lines, AT_ONCE)):
        batch = Batch(head)
        for line in chunk:
            record = parse_record(line)
            key = nonce_key(record["type"], record["signed"]["payload"])
            batch.add(line, key, brings_key=record["type"] != "score")
        connection.execute(ADD_RECORDS, batch.columns)
        head = batch.head
    return head


def _copy(connection: Connection, path: Path) -> Head:
    """Write what the database holds to a new file, and sync it; return the head that comes of it."""
    head = read_older(connection)
    with path.open("xb") as file:
        path.chmod(0o600)
        for (data,) in connection.execute(OLDER, binary=True):
            file.write(data)
        while rows := connection.execute(NEXT_LINES, [head.size, AT_ONCE], binary=True).fetchall():
            for (line,) in rows:
                head, _ = head.after(line)
                file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return head

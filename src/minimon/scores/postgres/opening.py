"""Open a ledger in PostgreSQL: tables up to date, rights checked, its end proven, its first record there."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg

from minimon.errors import InternalError, StartError
from minimon.scores.opening import check_key, genesis
from minimon.scores.postgres.connecting import Address, UnfitServerError, connect, words
from minimon.scores.postgres.migrating import check_rights, migrate
from minimon.scores.postgres.store import PostgresStore
from minimon.scores.storing import BrokenLedgerError, Identity, NotWrittenError, UnknownOutcomeError
from minimon.settings import Settings


def open_database(settings: Settings, identity: Identity, *, key_lost: bool = False) -> PostgresStore:
    """Open the ledger in the database of the settings, made if there is none. Raises StartError.

    Its last key has to be that of ``identity``, unless ``key_lost`` says that it is lost.
    """
    address = Address(settings)
    with ExitStack() as opened, at_start(address):
        store = open_store(address, identity, opened)
        if store.head.size == 0:
            _refuse_another(Path(settings.score_ledger_path), address)
        store.begin(lambda head: genesis(identity, head))
        if not key_lost:
            check_key(store.where, store.keys, identity)
        opened.pop_all()
        return store


def open_store(address: Address, identity: Identity, opened: ExitStack) -> PostgresStore:
    """Open what is there, also if it is empty; ``opened`` closes it. Raises StartError and what ``at_start`` knows."""
    connection = opened.enter_context(connect(address))
    migrate(connection, address.shown)
    check_rights(connection, address.shown)
    store = PostgresStore(address, connection, identity.checkpoint_key)
    opened.callback(store.close)
    store.take_in()
    return store


@contextmanager
def at_start(address: Address) -> Iterator[None]:
    """Turn what goes wrong with the database into a StartError that names it and the remedy."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise StartError(
            f"{address.shown}: the ledger's database cannot be used ({words(error)}): start it, or correct "
            "MINIMON_LEDGER_URL"
        ) from error
    except UnfitServerError as error:
        raise StartError(f"{address.shown}: the server {error}") from error
    except BrokenLedgerError as error:
        raise StartError(
            f"{address.shown}: {error}: find out who changed it, and restore the database from one copy"
        ) from error
    except InternalError as error:
        raise StartError(
            f"{address.shown}: a key's record is not what was signed: find out who changed it, and restore the database"
        ) from error
    except (psycopg.Error, NotWrittenError, UnknownOutcomeError) as error:
        raise StartError(f"{address.shown}: the ledger cannot be opened ({words(error)})") from error


def _refuse_another(file: Path, address: Address) -> None:
    """Refuse to begin a second ledger beside that of a file: with one key, they would pass for two histories of one."""
    if file.exists() and file.stat().st_size:
        raise StartError(
            f"{address.shown}: is empty, and {file} is a ledger: `minimon ledger import {file}`, or move it away"
        )

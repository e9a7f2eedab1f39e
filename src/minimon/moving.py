"""Move the ledger between a file and the database of the settings."""

from pathlib import Path
from random import SystemRandom
from typing import Any

from minimon.backends import LEDGER_TRANSFERS, load_factory
from minimon.clock import utc_now
from minimon.creatures import new_id
from minimon.errors import StartError
from minimon.keys import load_pair, signing_files
from minimon.scores.checkpoint_key import load_checkpoint_key
from minimon.scores.signing import public_key_for, signer_for
from minimon.scores.storing import Identity, scheme_of
from minimon.settings import Settings


def make_tables(settings: Settings, writer: str) -> str:
    """Make the tables or bring them up to date; say what was done. Raises StartError."""
    done: str = _transfer(settings).make_tables(writer)
    return done


def import_ledger(settings: Settings, file: Path) -> str:
    """Enter a file's ledger in the database; say what was done. Raises StartError."""
    pair, key = load_pair(signing_files(settings)), load_checkpoint_key(settings)
    identity = Identity(signer_for(pair), public_key_for(pair), key, utc_now, lambda: new_id(SystemRandom()))
    done: str = _transfer(settings).import_file(file, identity)
    return done


def export_ledger(settings: Settings, file: Path) -> str:
    """Write the database's ledger into a new file; say what was done. Raises StartError."""
    done: str = _transfer(settings).export_file(file, load_checkpoint_key(settings))
    return done


def _transfer(settings: Settings) -> Any:
    scheme = scheme_of(settings)
    if not scheme:
        raise StartError("MINIMON_LEDGER_URL is empty: set it to the database's address")
    return load_factory(LEDGER_TRANSFERS, scheme)(settings)

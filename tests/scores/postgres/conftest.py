"""Databases for the tests of the store that is one."""

import contextlib

import pytest

from minimon.audit.verify import Verification
from minimon.scores.postgres.transfer import Transfer
from minimon.scores.storing import open_ledger
from minimon.settings import Settings


@pytest.fixture
def database(postgres):
    return postgres.database()


@pytest.fixture
def settings_for(tmp_path):
    """Return settings with this address of the ledger."""

    def make(url):
        return Settings(ledger_url=url, score_ledger_path=str(tmp_path / "scores.jsonl"))

    return make


@pytest.fixture
def settings(postgres, database, settings_for):
    return settings_for(postgres.url(database))


@pytest.fixture
def open_store(settings, identity):
    """Open the ledger, also more than once; what is open is closed with the test."""
    with contextlib.ExitStack() as stack:

        def open_it(chosen=settings, whose=identity):
            store = open_ledger(chosen, whose)
            stack.callback(store.close)
            return store

        yield open_it


@pytest.fixture
def sound(settings, identity, tmp_path):
    """Say whether the verifier, which shares nothing with the writer, finds the ledger sound; and how long it is."""

    def check():
        file = tmp_path / "exported.jsonl"
        Transfer(settings).export_file(file, identity.checkpoint_key)
        report = Verification(file, verifier=identity.checkpoint_key.verifier).run(1, lambda _: None)
        assert report.findings == []
        return report.status == 0, report.records

    return check

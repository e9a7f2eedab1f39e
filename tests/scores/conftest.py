"""What the ledger's tests share: an identity of a ledger, and a way to open it."""

import contextlib
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from minimon.clock import rfc3339, utc_now
from minimon.creatures import new_id
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.ledger import Ledger
from minimon.scores.opening import open_ledger_store
from minimon.scores.public import public_key
from minimon.scores.records import entry
from minimon.scores.signing import Signer, sign_payload
from minimon.scores.storing import Identity

RNG = Random(7)


def make_identity() -> Identity:
    key = Ed25519PrivateKey.from_private_bytes(RNG.randbytes(32))
    public = public_key(key.public_key())
    signer = Signer("Ed25519", "RAW", None, key.sign, public.kid)
    checkpoint_key = CheckpointKey(Ed25519PrivateKey.from_private_bytes(RNG.randbytes(32)))
    return Identity(signer, public, checkpoint_key, utc_now, lambda: new_id(RNG))


@pytest.fixture(scope="session")
def identity() -> Identity:
    return make_identity()


@pytest.fixture
def other_identity() -> Identity:
    return make_identity()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "scores.jsonl"


@pytest.fixture(scope="session")
def opened(identity):
    @contextlib.contextmanager
    def open_it(path, whose=identity):
        ledger = Ledger(open_ledger_store(path, whose))
        try:
            yield ledger
        finally:
            ledger.close()

    return open_it


@pytest.fixture(scope="session")
def score(identity):
    """Make the entry of a real, signed score."""

    def make(number, *, nonce="", subject="", signer=None):
        payload = {"id": new_id(RNG), "score": number, "nonce": nonce or RNG.randbytes(16).hex()}
        payload |= {"issuedAt": rfc3339(utc_now())} | ({"subject": subject} if subject else {})
        signer = signer or identity.signer
        return entry("score", signer, sign_payload(signer, payload), "request")

    return make

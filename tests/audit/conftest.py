"""A ledger of real records, written by the service's own writer."""

import asyncio
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from minimon.clock import rfc3339, utc_now
from minimon.creatures import new_id
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.ledger import Ledger
from minimon.scores.nonces import NonceIndex
from minimon.scores.opening import open_ledger_store
from minimon.scores.public import public_key
from minimon.scores.records import entry
from minimon.scores.signing import Signer, sign_payload
from minimon.scores.storing import Identity

RNG = Random(3)
SCORES = [0, -0.0, 1, 5.0, 1e21, 1e-7, 0.1, 123456789.125, 2**53 - 1, -1.5e-300, 333333333.33333329, 1e20]


def make_identity():
    key = Ed25519PrivateKey.from_private_bytes(RNG.randbytes(32))
    public = public_key(key.public_key())
    checkpoint_key = CheckpointKey(Ed25519PrivateKey.from_private_bytes(RNG.randbytes(32)))
    signer = Signer("Ed25519", "RAW", None, key.sign, public.kid)
    return Identity(signer, public, checkpoint_key, utc_now, lambda: new_id(RNG))


def write(path, identity, older=b"", batches=(4, 4, 4)):
    """Write a ledger; return its identity."""
    signer = identity.signer
    path.write_bytes(older)
    numbers = iter(SCORES)

    async def append(ledger, count):
        await asyncio.gather(*(ledger.append(make(signer, next(numbers))) for _ in range(count)))

    for count in batches:  # each start leaves a checkpoint
        ledger = Ledger(open_ledger_store(path, identity))
        asyncio.run(append(ledger, count))
        ledger.close()
    return identity


def make(signer, score, nonce=""):
    payload = {
        "id": new_id(RNG),
        "score": score,
        "nonce": nonce or RNG.randbytes(8).hex(),
        "issuedAt": rfc3339(utc_now()),
    }
    return entry("score", signer, sign_payload(signer, payload | {"subject": 'Zoë "\n\u2028😂'}), "request")


@pytest.fixture(scope="session")
def sound(tmp_path_factory):
    path = tmp_path_factory.mktemp("sound") / "scores.jsonl"
    return path, write(path, make_identity(), b'{"signed":{},"generatedAt":"x"}\n')


@pytest.fixture
def other_ledger(sound, tmp_path):
    """Another ledger of the same keys: what an operator could show to somebody else."""
    path = tmp_path / "other" / "scores.jsonl"
    path.parent.mkdir()
    write(path, sound[1])
    return path


@pytest.fixture
def doubled(tmp_path, monkeypatch):
    """A ledger whose writer let records 2 and 4 have one nonce."""
    path, identity = tmp_path / "doubled.jsonl", make_identity()
    monkeypatch.setattr(NonceIndex, "find_all", lambda *_: {})
    ledger = Ledger(open_ledger_store(path, identity))
    for number, nonce in enumerate(["a", "b", "c", "b", "d"]):
        asyncio.run(ledger.append(make(identity.signer, number, nonce)))
    ledger.close()
    return path

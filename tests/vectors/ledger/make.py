"""Makes the vectors beside it again, the same bytes each time: ``python tests/vectors/ledger/make.py``."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from minimon.clock import rfc3339
from minimon.creatures import new_id
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.opening import open_ledger_store
from minimon.scores.public import PublicKey, public_key
from minimon.scores.receipts import full_receipt
from minimon.scores.records import Entry, entry, key_entry
from minimon.scores.signing import Signer, sign_payload
from minimon.scores.storing import Identity

HERE = Path(__file__).parent
OLDER = b'{"signed":{"payload":{"id":"mnm_old","score":1.0}},"generatedAt":"2025-01-01T00:00:00Z"}\n'
NOW = datetime(2026, 11, 12, 20, 41, 32, tzinfo=UTC)
RNG = Random(2026)


def make_signer() -> tuple[Signer, PublicKey]:
    key = Ed25519PrivateKey.from_private_bytes(RNG.randbytes(32))
    public = public_key(key.public_key())
    assert public
    return Signer("Ed25519", "RAW", None, key.sign, public.kid), public


def score(value: float, signer: Signer, extra: Mapping[str, str]) -> Entry:
    payload = {"id": new_id(RNG), "score": value, "nonce": RNG.randbytes(8).hex(), "issuedAt": rfc3339(NOW)}
    return entry("score", signer, sign_payload(signer, payload | extra), "vector")


def main() -> None:
    (old, old_public), (new, new_public) = make_signer(), make_signer()
    key = CheckpointKey(Ed25519PrivateKey.from_private_bytes(RNG.randbytes(32)))
    for file in HERE.glob("scores*"):
        file.unlink()
    path = HERE / "scores.jsonl"
    path.write_bytes(OLDER)
    store = open_ledger_store(path, Identity(old, old_public, key, lambda: NOW, lambda: new_id(RNG)))
    kept = []
    for value, extra in ((123.4, {"subject": "player42"}), (5.0, {}), (1e-7, {"subject": 'Zoë "\n\u2028'}), (-0.0, {})):
        kept += store.commit([score(value, old, extra)])
        store.settle()
    payload = {"id": new_id(RNG), "type": "key", "issuedAt": rfc3339(NOW), "previous": old.kid}
    store.commit([key_entry(payload | {"key": dict(new_public.jwk)}, old, new.sign, "rotation")])
    store.settle()
    kept += store.commit([score(2**53 - 1, new, {})])
    store.settle()
    third, third_public = make_signer()  # as if the second key were lost: the checkpoints' key proves the third
    payload = {"id": new_id(RNG), "type": "key", "issuedAt": rfc3339(NOW), "previous": new.kid}
    store.commit([key_entry(payload | {"key": dict(third_public.jwk)}, third, key.prove, "rotation")])
    kept += store.commit([score(0.1, third, {})])
    store.settle()
    (HERE / "verifier.txt").write_text(key.verifier + "\n")
    (HERE / "receipts.json").write_text(json.dumps([full_receipt(record, key) for record in kept], indent=1) + "\n")
    store.close()
    for end in ("tree", "offsets", "nonces"):
        path.with_name(f"{path.name}.{end}").unlink()


if __name__ == "__main__":
    main()

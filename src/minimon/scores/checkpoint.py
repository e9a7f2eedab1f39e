"""Checkpoints: the size and root of the ledger's tree, signed (C2SP tlog-checkpoint and signed-note).

    minimon/8f434346648f6b96        the origin: which ledger this is
    3                               how many records
    nND/nri/U0xuHUrYSy0HtMeal2v…=   root of their tree, base64

    — minimon/8f434346648f6b96 uH0Ld…

The signature is Ed25519 over the text up to and including the line feed before the empty line.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ED25519 = b"\x01"
"""The kind of signature (C2SP signed-note, "Signature types")."""
KEY_HASH_BYTES = 4
NOTE = re.compile(
    rb"([^\n]+)\n(0|[1-9][0-9]{0,17})\n([A-Za-z0-9+/]{43}=)\n\n"  # the text
    rb"\xe2\x80\x94 ([^ \n]+) ([A-Za-z0-9+/=]+)\n"  # one signature
)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How many records the ledger has, and the root of their tree."""

    size: int
    root: bytes


class CheckpointError(ValueError):
    """A note that is not a checkpoint of this ledger, signed by its key."""


class CheckpointKey:
    """Signs checkpoints. The origin follows from the key, so that no two ledgers share one."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        public = key.public_key().public_bytes(*raw)
        self._key = key
        self.origin = f"minimon/{sha256(public).hexdigest()[:16]}"
        self._hash = sha256(self.origin.encode() + b"\n" + ED25519 + public).digest()[:KEY_HASH_BYTES]
        self.verifier = f"{self.origin}+{self._hash.hex()}+{base64.b64encode(ED25519 + public).decode()}"
        """The public key as C2SP signed-note writes it (vkey): what a reader of checkpoints has to be given."""

    def sign(self, checkpoint: Checkpoint) -> bytes:
        """Return the signed note. The same checkpoint gives the same bytes."""
        root = base64.b64encode(checkpoint.root).decode()
        text = f"{self.origin}\n{checkpoint.size}\n{root}\n".encode()
        signature = base64.b64encode(self._hash + self._key.sign(text)).decode()
        return text + f"\n— {self.origin} {signature}\n".encode()

    def prove(self, data: bytes) -> bytes:
        """Sign the canonical form of a record's payload; it begins with a brace, so no checkpoint can be one."""
        return self._key.sign(data)

    def verify(self, data: bytes, signature: bytes) -> bool:
        """Say whether ``signature`` over ``data`` is this key's."""
        try:
            self._key.public_key().verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def read(self, note: bytes) -> Checkpoint:
        """Return what a note of ours says. Raises CheckpointError for any other."""
        found = NOTE.fullmatch(note)
        if not found:
            raise CheckpointError("not a checkpoint")
        origin, size, root, name, signature = found.groups()
        if origin != self.origin.encode() or name != origin:
            raise CheckpointError(f"of another ledger: {origin.decode(errors='replace')}")
        self._check(note[: found.end(3) + 1], signature)
        return Checkpoint(int(size), base64.b64decode(root, validate=True))

    def _check(self, text: bytes, encoded: bytes) -> None:
        try:
            signature = base64.b64decode(encoded, validate=True)
        except binascii.Error as error:
            raise CheckpointError("its signature is not well formed") from error
        if signature[:KEY_HASH_BYTES] != self._hash:
            raise CheckpointError("signed by another key")
        if not self.verify(text, signature[KEY_HASH_BYTES:]):
            raise CheckpointError("its signature is wrong")

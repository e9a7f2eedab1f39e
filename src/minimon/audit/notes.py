"""Read checkpoints (C2SP tlog-checkpoint) with a public key in the form of C2SP signed-note."""

import base64
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519 = 1
ROOT_BYTES = 32
TEXT_LINES = 3


class NoteError(ValueError):
    """A note that cannot be believed; says why."""


@dataclass(frozen=True, slots=True)
class SignedSize:
    """A checkpoint whose signature is right."""

    size: int
    root: bytes
    note: bytes


class NoteReader:
    """Reads the checkpoints of one ledger."""

    def __init__(self, verifier: str) -> None:
        """Take a ``verifier``, ``name+hash+base64(kind, public key)``. Raises NoteError if it is not one of Ed25519."""
        try:
            self.name, key_hash, encoded = verifier.strip().split("+", 2)
            key = base64.b64decode(encoded, validate=True)
            self._hash = bytes.fromhex(key_hash)
            self._key = Ed25519PublicKey.from_public_bytes(key[1:])
        except ValueError as error:
            raise NoteError("the verifier key is not well formed") from error
        if key[0] != ED25519 or self._hash != sha256(self.name.encode() + b"\n" + key).digest()[:4]:
            raise NoteError("the verifier key is not of Ed25519, or its hash is wrong")

    def accepts(self, signature: bytes, data: bytes) -> bool:
        """Say whether the signature over ``data`` is this key's."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True

    def read(self, note: bytes) -> SignedSize:
        """Return what a note says. Raises NoteError."""
        text, mark, signatures = note.partition(b"\n\n")
        lines = text.split(b"\n")
        if not mark or len(lines) != TEXT_LINES or lines[0] != self.name.encode():
            raise NoteError("not a checkpoint of this ledger")
        self._verify(text + b"\n", signatures)
        size, root = lines[1].decode(), base64.b64decode(lines[2], validate=True)
        if not size.isdigit() or str(int(size)) != size or len(root) != ROOT_BYTES:
            raise NoteError("its size or root is not well formed")
        return SignedSize(int(size), root, note)

    def _verify(self, text: bytes, signatures: bytes) -> None:
        """Demand our key's signature; those of other keys are passed over, as the specification says."""
        for line in signatures.splitlines():
            parts = line.decode(errors="replace").split(" ")
            try:
                dash, name, signature = parts[0], parts[1], base64.b64decode(parts[2], validate=True)
            except (ValueError, IndexError) as error:
                raise NoteError("a signature is not well formed") from error
            if base64.b64encode(signature).decode() != parts[2]:
                raise NoteError("a signature is not well formed")
            if (dash, name, signature[:4]) == ("—", self.name, self._hash):
                if not self.accepts(signature[4:], text):
                    raise NoteError("its signature is wrong")
                return
        raise NoteError("not signed by this key")


def split_notes(data: bytes) -> tuple[list[bytes], bytes]:
    """Return the notes of a file, and what is left behind the last whole one.

    The file is a ledger's ``.checkpoints``, a witness's store, which begins with the key, or one note by itself.
    """
    first, mark, others = data.partition(b"\n\n")
    if mark and b"\n" not in first:
        data = others
    elif data.count(b"\n\n") == 1 and data.endswith(b"\n"):
        data += b"\n"
    parts = data.split(b"\n\n")
    rest = parts.pop()
    if len(parts) % 2:
        rest = parts.pop() + b"\n\n" + rest
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [text + b"\n\n" + signature + b"\n" for text, signature in pairs], rest

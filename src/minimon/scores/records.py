"""One line of the ledger: how it is built, and what it must be to be believed (docs/ledger.md)."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, NamedTuple

import orjson

from minimon.scores.canonical import canonical_json
from minimon.scores.checkpoint import CheckpointKey
from minimon.scores.merkle import Peaks, add_leaf, leaf_hash, root_of
from minimon.scores.nonces import nonce_key
from minimon.scores.public import PublicKey, public_key_from_jwk
from minimon.scores.signing import Signer, sign_payload

HEAD = re.compile(rb'\{"v":2,"type":"(genesis|score|key)","seq":(0|[1-9][0-9]{0,17}),"prev":"([0-9a-f]{64})",')
FIELDS = ("v", "type", "seq", "prev", "kid", "signed", "generatedAt", "requestId")
OPTIONAL = {"score": {"client"}, "genesis": set[str](), "key": {"proof"}}
SIGNED = (
    "payload", "canonicalB64", "signatureB64", "algorithm", "signatureFormat", "certificateFingerprintSHA256",
)  # fmt: skip


class RecordError(ValueError):
    """A line that is no record, or not the next one; says why."""


class Entry(NamedTuple):
    """A record that waits for its place: all of the line but number and link."""

    kind: str
    key: bytes
    """What no other record has: see ``nonce_key``."""
    score: int | float
    """Of two scores with one key, the same one twice is a repetition."""
    body: bytes
    new: bool = False
    """The key comes from a random number of this service, so that no record can have it yet."""

    def line(self, head: "Head") -> bytes:
        """Return the line at its place."""
        return b'{"v":2,"type":"%b","seq":%d,"prev":"%b",' % (self.kind.encode(), head.size, head.prev) + self.body


class Head(NamedTuple):
    """Where the ledger ends: how many records, at which byte, behind which line, under which peaks."""

    size: int
    end: int
    prev: bytes
    """SHA-256 of the last line in lower-case hex; before the first record, of all that stands before it."""
    peaks: Peaks

    def after(self, line: bytes) -> tuple["Head", list[bytes]]:
        """Return the head behind ``line``, and the nodes of the tree that this completes."""
        peaks, completed = add_leaf(self.peaks, self.size, leaf_hash(line))
        link = sha256(line).hexdigest().encode()
        return Head(self.size + 1, self.end + len(line) + 1, link, peaks), completed

    @property
    def root(self) -> bytes:
        """The root of the tree."""
        return root_of(self.peaks)

    def check_next(self, line: bytes) -> None:
        """Raise RecordError unless number and link of ``line`` are those that come next."""
        found = HEAD.match(line)
        if not found:
            raise RecordError("not a record")
        if int(found[2]) != self.size:
            raise RecordError(f"has number {int(found[2])}")
        if found[3] != self.prev:
            raise RecordError("does not follow the line before it")


def entry(
    kind: str,
    signer: Signer,
    signed: Mapping[str, Any],
    request_id: str,
    extra: Mapping[str, Any] | None = None,
    *,
    new: bool = False,
) -> Entry:
    """Return the entry of a signed payload; ``new`` as in Entry."""
    payload = signed["payload"]
    rest = {"kid": signer.kid, "signed": signed, "generatedAt": payload["issuedAt"], "requestId": request_id}
    body = orjson.dumps({**rest, **extra} if extra else rest)[1:]
    return Entry(kind, nonce_key(kind, payload), payload.get("score", 0), body, new)


def certificate(line: bytes) -> bytes:
    """Return the members of a score's line that its client gets: ``signed`` and ``generatedAt``, as they stand there.

    No string can hold what is looked for: in JSON its quotation marks would have a backslash before them.
    """
    return line[line.index(b'"signed":') : line.rindex(b',"requestId":')]


def key_entry(payload: Mapping[str, Any], signer: Signer, prove: Callable[[bytes], bytes], request_id: str) -> Entry:
    """Return a record that brings in a key: signed by the old key and proven by the new one.

    Where the old key is lost, the new one signs, and the checkpoints' key proves.
    """
    signed = sign_payload(signer, payload)
    proof = prove(base64.b64decode(signed["canonicalB64"]))
    return entry("key", signer, signed, request_id, {"proof": base64.b64encode(proof).decode()})


def parse_record(line: bytes) -> dict[str, Any]:
    """Return a record whose form is right in every byte. Raises RecordError."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise RecordError("not JSON") from error
    if not isinstance(record, dict) or orjson.dumps(record) != line or tuple(record)[: len(FIELDS)] != FIELDS:
        raise RecordError("not a record as the service writes it")
    extra = set(record) - set(FIELDS)
    signed = record["signed"]
    if extra - OPTIONAL.get(record["type"], set()) or not isinstance(signed, dict) or tuple(signed) != SIGNED:
        raise RecordError("not a record as the service writes it")
    return record


def check_record(
    line: bytes, keys: Mapping[str, PublicKey], own: PublicKey, checkpoint_key: CheckpointKey
) -> dict[str, Any]:
    """Return a record that a known key has signed. Raises RecordError.

    A key may bring in itself: ``own``, which is this service's, in the first record, and any that the checkpoints' key
    has proven.
    """
    record = parse_record(line)
    kid = record["kid"]
    key = keys.get(kid) or _newcomer(record, own)
    if key is None:
        raise RecordError(f"signed by the unknown key {kid}")
    canonical = _check_signed(record["signed"], key)
    if record["type"] == "key":
        _check_proof(record, canonical, _new_key(record).verify if kid in keys else checkpoint_key.verify)
    return record


def _newcomer(record: Mapping[str, Any], own: PublicKey) -> PublicKey | None:
    if record["type"] == "genesis":
        return own if record["kid"] == own.kid else None
    if record["type"] == "key" and (key := _new_key(record)).kid == record["kid"]:
        return key
    return None


def _check_signed(signed: Mapping[str, Any], key: PublicKey) -> bytes:
    try:
        canonical, signature = strict_base64(signed["canonicalB64"]), strict_base64(signed["signatureB64"])
        agrees = canonical == canonical_json(signed["payload"])
    except (ValueError, TypeError, AttributeError) as error:
        raise RecordError("its signed part is not well formed") from error
    if not agrees or (signed["algorithm"], signed["signatureFormat"]) != (key.algorithm, key.signature_format):
        raise RecordError("its signed part does not agree with itself")
    if not key.verify(canonical, signature):
        raise RecordError("its signature is wrong")
    return canonical


def _new_key(record: Mapping[str, Any]) -> PublicKey:
    try:
        return public_key_from_jwk(record["signed"]["payload"]["key"])
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError("the key it brings in is not well formed") from error


def _check_proof(record: Mapping[str, Any], canonical: bytes, verify: Callable[[bytes, bytes], bool]) -> None:
    try:
        proven = verify(canonical, strict_base64(record["proof"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError("its proof is not well formed") from error
    if not proven:
        raise RecordError("nothing proves the key that it brings in")


def strict_base64(text: str) -> bytes:
    """Decode base64 that has exactly one way to be written. Raises ValueError."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise binascii.Error("not canonical")
    return data

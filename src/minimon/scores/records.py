"""One line of the ledger: how it is built, and what it must be to be believed (docs/ledger.md)."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from minimon.scores.canonical import canonical_json
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


@dataclass(frozen=True, slots=True)
class Entry:
    """A record that waits for its place: all of the line but number and link."""

    kind: str
    key: bytes
    """What no other record has: see ``nonce_key``."""
    score: int | float
    """Of two scores with one key, the same one twice is a repetition."""
    body: bytes

    def line(self, head: "Head") -> bytes:
        """Return the line at its place."""
        return b'{"v":2,"type":"%b","seq":%d,"prev":"%b",' % (self.kind.encode(), head.size, head.prev) + self.body


@dataclass(frozen=True, slots=True)
class Head:
    """Where the ledger ends: how many records, at which byte, behind which line, under which peaks."""

    size: int
    end: int
    prev: bytes
    """SHA-256 of the last line in lower-case hex; before the first record, of all that stands before it."""
    peaks: Peaks = field(repr=False)

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
    kind: str, signer: Signer, signed: Mapping[str, Any], request_id: str, extra: Mapping[str, Any] | None = None
) -> Entry:
    """Return the entry of a signed payload."""
    payload = signed["payload"]
    rest = {"kid": signer.kid, "signed": signed, "generatedAt": payload["issuedAt"], "requestId": request_id}
    return Entry(kind, nonce_key(kind, payload), payload.get("score", 0), orjson.dumps(rest | dict(extra or {}))[1:])


def key_entry(payload: dict[str, Any], old: Signer, new: Signer, request_id: str) -> Entry:
    """Return the record by which ``old`` hands over to ``new``: signed by both; by ``new`` alone if they are one."""
    signed = sign_payload(old, payload)
    if old.kid == new.kid:
        return entry("key", new, signed, request_id)
    proof = new.sign(base64.b64decode(signed["canonicalB64"]))
    return entry("key", old, signed, request_id, {"proof": base64.b64encode(proof).decode()})


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


def check_record(line: bytes, keys: Mapping[str, PublicKey], own: PublicKey) -> dict[str, Any]:
    """Return a record that a known key has signed. Raises RecordError.

    ``own`` is the key of this service: the one that may bring in itself.
    """
    record = parse_record(line)
    payload, kid = record["signed"]["payload"], record["kid"]
    key = keys.get(kid) or (own if kid == own.kid and record["type"] != "score" else None)
    if key is None:
        raise RecordError(f"signed by the unknown key {kid}")
    canonical = _check_signed(record["signed"], key)
    if record["type"] != "score":
        _check_new_key(record, payload, canonical, key)
    return record


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


def _check_new_key(record: Mapping[str, Any], payload: Mapping[str, Any], canonical: bytes, key: PublicKey) -> None:
    try:
        new = public_key_from_jwk(payload["key"])
        proven = new.kid == key.kid or new.verify(canonical, strict_base64(record["proof"]))
    except (ValueError, KeyError, TypeError) as error:
        raise RecordError("the key it brings in is not well formed") from error
    if not proven:
        raise RecordError("the key it brings in has not signed it")


def strict_base64(text: str) -> bytes:
    """Decode base64 that has exactly one way to be written. Raises ValueError."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise binascii.Error("not canonical")
    return data

"""Check a stretch of a ledger's lines: form, number, link, what is signed, and the signatures."""

import base64
import re
from binascii import b2a_base64
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson

from minimon.audit.canonical import canonical, canonical_score
from minimon.audit.keys import Key, read_key
from minimon.audit.notes import NoteReader
from minimon.audit.plain import accept
from minimon.audit.survey import Known
from minimon.audit.tree import hash_leaf

RECORD = re.compile(rb'\{"v":2,"type":"(genesis|score|key)","seq":(\d+),"prev":"([0-9a-f]{64})",')
FIELDS = ("v", "type", "seq", "prev", "kid", "signed", "generatedAt", "requestId")
SIGNED = ("payload", "canonicalB64", "signatureB64", "algorithm", "signatureFormat", "certificateFingerprintSHA256")
ORDERS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "score": (FIELDS, (*FIELDS, "client")),
    "genesis": (FIELDS,),
    "key": ((*FIELDS, "proof"),),
}
"""The fields that a record may have, in their order."""
VERSION = 2
MOST_FINDINGS = 100


class _FaultError(ValueError):
    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind, self.detail = kind, detail


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong."""

    kind: str
    offset: int
    record: int
    detail: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What lines are checked by."""

    keys: Mapping[str, Known]
    every: int
    """Which signatures are checked: one in so many; 0 is none."""
    verifier: str
    """The checkpoints' public key."""


@dataclass(slots=True)
class Stretch:
    """What a stretch of lines turned out to be."""

    first: int = -1
    """Number of its first record."""
    prev: str = ""
    """The link of its first record."""
    last: str = ""
    """What the next stretch must link to."""
    leaves: list[bytes] = field(default_factory=list)
    nonces: bytes = b""
    """A hash of each nonce (``nonces``)."""
    signatures: int = 0
    unknown_key: bool = False
    """A record names a key that is not among the terms."""
    findings: list[Finding] = field(default_factory=list)


class LineChecker:
    """Checks lines."""

    def __init__(self, terms: Terms) -> None:
        self._checkpoint_key = NoteReader(terms.verifier) if terms.verifier else None
        self._nonces: list[bytes] = []
        self._known = terms.keys
        self._keys: dict[str, Key] = {kid: read_key(known.jwk) for kid, known in terms.keys.items()}
        self._signers = {
            (kid.encode(), key.algorithm.encode(), key.signature_format.encode()): terms.keys[kid].record
            for kid, key in self._keys.items()
        }
        self._every = terms.every

    def check(self, data: bytes, offset: int) -> Stretch:
        """Check the whole lines that stand at byte ``offset``."""
        result, expected = Stretch(), -1
        for whole in BytesIO(data):
            line = whole[:-1]
            score = None if self._is_due(expected) else accept(line, expected, result.last, self._signers)
            if score:
                self._nonces.append(nonce_hash(*score))
                expected += 1
            else:
                expected = self._check_or_find(line, offset, result, expected)
            result.last = sha256(line).hexdigest()
            result.leaves.append(hash_leaf(line))
            offset += len(whole)
        result.nonces = b"".join(self._nonces)
        self._nonces.clear()
        return result

    def _is_due(self, number: int) -> bool:
        """Say whether the signature of a record is to be checked."""
        return bool(self._every) and number % self._every == 0

    def _check_or_find(self, line: bytes, offset: int, result: Stretch, expected: int) -> int:
        """Return the number that the next record must have."""
        try:
            return self._check(line, result, expected)
        except _FaultError as fault:
            expected += expected >= 0
            if len(result.findings) < MOST_FINDINGS:
                result.findings.append(Finding(fault.kind, offset, max(expected - 1, 0), fault.detail))
            return expected

    def _check(self, line: bytes, result: Stretch, expected: int) -> int:
        """Return the number that the next record must have, or raise _FaultError."""
        record = _parse(line)
        number: int = record["seq"]
        link = record["prev"]
        if expected < 0:
            result.first, result.prev = number, link
        elif link != result.last:
            raise _FaultError("link", "does not follow the line before it")
        elif number != expected:
            raise _FaultError("number", f"has number {number} in the place of {expected}")
        signature = self._is_due(number)
        result.signatures += signature
        try:
            self._check_content(record, result, signature=signature)
        except _FaultError:
            raise
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _FaultError("form", f"not a record as the service writes it ({type(error).__name__})") from error
        return number + 1

    def _check_content(self, record: dict[str, Any], result: Stretch, *, signature: bool) -> None:
        kind, number, signed = record["type"], record["seq"], record["signed"]
        key = self._keys.get(record["kid"])
        result.unknown_key |= key is None
        if key is None or self._known[key.kid].record > number:
            raise _FaultError("key", f"signed by the key {record['kid']}, which is not known here")
        data = _signed_bytes(signed, key, record["generatedAt"], kind)
        if signature and not key.accepts(strict(signed["signatureB64"]), data):
            raise _FaultError("signature", "its signature is wrong")
        if kind == "score":
            payload = signed["payload"]
            self._nonces.append(nonce_hash(payload.get("subject", "").encode(), payload["nonce"].encode()))
            return
        if (kind == "genesis") != (number == 0):
            raise _FaultError("form", "a first record in another place, or none in the first")
        if kind == "key":
            self._check_proof(record, data, key)

    def _check_proof(self, record: Mapping[str, Any], data: bytes, signer: Key) -> None:
        """Demand the new key's signature; where that key has signed the record itself, that of the checkpoints' key."""
        new, proof = read_key(record["signed"]["payload"]["key"]), strict(record["proof"])
        prover = self._checkpoint_key if new.kid == signer.kid else new
        if prover is None or not prover.accepts(proof, data):
            raise _FaultError("key", "nothing proves the key that it brings in")


def _parse(line: bytes) -> dict[str, Any]:
    """Return a record whose form is right in every byte. Raises _FaultError."""
    try:
        record: dict[str, Any] = orjson.loads(line)
        version, number = record["v"], record["seq"]
        right = orjson.dumps(record) == line and tuple(record) in ORDERS[record["type"]]
    except (ValueError, KeyError, TypeError) as error:
        raise _FaultError("form", "not a record") from error
    if not right or type(version) is not int or version != VERSION or type(number) is not int or number < 0:
        raise _FaultError("form", "not a record as the service writes it")
    return record


def _signed_bytes(signed: Mapping[str, Any], key: Key, generated_at: str, kind: str) -> bytes:
    """Return what was signed, after comparing it with the payload and the key."""
    if tuple(signed) != SIGNED:
        raise _FaultError("form", "not a record as the service writes it")
    payload = signed["payload"]
    data = canonical_score(payload) if kind == "score" else canonical(payload).encode()
    # encoding what must be there, and not decoding what is, leaves base64 no second way to be written
    if b2a_base64(data, newline=False) != signed["canonicalB64"].encode() or generated_at != payload["issuedAt"]:
        raise _FaultError("canonical", "the payload is not what is signed")
    if signed["algorithm"] != key.algorithm or signed["signatureFormat"] != key.signature_format:
        raise _FaultError("algorithm", "names another algorithm than its key's")
    return data


def nonce_hash(subject: bytes, nonce: bytes) -> bytes:
    """Return eight bytes that follow from a score's subject and nonce."""
    return sha256(subject + b"\n" + nonce).digest()[:8]


def strict(text: str) -> bytes:
    """Decode base64 that has exactly one way to be written. Raises ValueError."""
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("base64")
    return data


def check_stretch(path: Path, start: int, end: int, terms: Terms) -> Stretch:
    """Check the whole lines of [start, end)."""
    return LineChecker(terms).check(read_stretch(path, start, end), start)


def read_stretch(path: Path, start: int, end: int) -> bytes:
    """Return what stands at [start, end)."""
    with path.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def stretches(path: Path, start: int, size: int) -> Iterator[tuple[int, int]]:
    """Yield [start, end) of stretches of about ``size`` bytes, each of whole lines; a last fragment is left out."""
    with path.open("rb") as file:
        while True:
            file.seek(start + size - 1)
            rest = file.readline()
            if not rest:
                yield from _last_stretch(path, start)
                return
            end = start + size - 1 + len(rest)
            if not rest.endswith(b"\n"):
                yield from _last_stretch(path, start)
                return
            yield start, end
            start = end


def _last_stretch(path: Path, start: int) -> Iterator[tuple[int, int]]:
    with path.open("rb") as file:
        file.seek(start)
        end = file.read().rfind(b"\n") + 1
    if end:
        yield start, start + end

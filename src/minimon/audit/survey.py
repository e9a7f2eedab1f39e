"""What has to be known of a ledger file before its lines can be checked: where the records begin, and their keys."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

import orjson

from minimon.audit.keys import read_key

BLOCK_BYTES = 1 << 20
BEGIN = b'{"v":2,"type":"genesis",'
KEY = b'\n{"v":2,"type":"key",'


@dataclass(frozen=True, slots=True)
class Known:
    """A public key and the record that brought it in."""

    jwk: Mapping[str, str]
    record: int


@dataclass(slots=True)
class Survey:
    """What was found."""

    begin: int = 0
    """Byte at which the first record stands."""
    older_lines: int = 0
    """Lines before it: of 1.3.0, covered by their hash alone."""
    link: str = ""
    """What the first record has to link to."""
    verifier: str = ""
    """The checkpoints' public key, as the first record has it."""
    keys: dict[str, Known] = field(default_factory=dict)
    unread: list[int] = field(default_factory=list)
    """Bytes at which records stand that bring in a key and are not well formed."""
    complete: bool = False
    """Keys and ``unread`` are those of all records, and not of the first alone."""


def survey(path: Path) -> Survey:
    """Read the file as far as its first record. Raises OSError."""
    result, digest, line = Survey(), sha256(), b""
    with path.open("rb") as file:
        for line in file:
            if line.startswith(BEGIN):
                break
            result.begin += len(line)
            result.older_lines += 1
            digest.update(line)
        else:  # no first record: then no line is one of 1.3.0
            result, digest = Survey(), sha256()
            file.seek(0)
            line = file.readline()
    _take_key(line, result.begin, result)
    result.link = digest.hexdigest()
    return result


def find_keys(path: Path, first: Survey) -> Survey:
    """Return ``first`` with the keys of all records: reads the whole file. Raises OSError."""
    result = replace(first, keys=dict(first.keys), unread=[*first.unread], complete=True)
    with path.open("rb") as file:
        for place in _key_places(path, first.begin):
            file.seek(place)
            line = file.readline()
            if line.endswith(b"\n"):
                _take_key(line, place, result)
    return result


def _key_places(path: Path, begin: int) -> Iterator[int]:
    """Yield where the records behind the first begin that bring in keys, reading in blocks."""
    with path.open("rb") as file:
        file.seek(begin)
        place, rest = begin, b""
        while block := file.read(BLOCK_BYTES):
            data = rest + block
            found = data.find(KEY)
            while found >= 0:
                yield place - len(rest) + found + 1
                found = data.find(KEY, found + 1)
            place += len(block)
            rest = data[1 - len(KEY) :]


def _take_key(line: bytes, place: int, result: Survey) -> None:
    try:
        record = orjson.loads(line)
        payload = record["signed"]["payload"]
        key = read_key(payload["key"])
        result.keys.setdefault(key.kid, Known(payload["key"], record["seq"]))
        if record["seq"] == 0:
            result.verifier = payload["checkpointKey"]
    except (ValueError, KeyError, TypeError, AttributeError):
        result.unread.append(place)

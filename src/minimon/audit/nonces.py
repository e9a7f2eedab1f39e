"""Which nonces were used twice: a ledger's writer never lets that happen, so somebody else wrote one of the records.

Eight bytes a record are kept while reading. Where two agree, the file is read again and the nonces themselves compared.
"""

from array import array
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import orjson

from minimon.audit.lines import RECORD, nonce_hash

BUCKETS = 64


class UsedNonces:
    """The nonces of every record so far."""

    def __init__(self) -> None:
        self._buckets = [array("Q") for _ in range(BUCKETS)]

    def add(self, hashes: bytes) -> None:
        """Take in the hashes of many records."""
        for value in memoryview(hashes).cast("Q"):
            self._buckets[value % BUCKETS].append(value)

    def doubled(self) -> set[bytes]:
        """Return the hashes that came more than once."""
        found = array("Q")
        for bucket in self._buckets:
            if len(set(bucket)) < len(bucket):
                found.extend(value for value, count in Counter(bucket).items() if count > 1)
        data = found.tobytes()
        return {data[place : place + 8] for place in range(0, len(data), 8)}


def find_doubled(path: Path, hashes: set[bytes]) -> Iterator[tuple[int, int, int]]:
    """Yield byte, number, and number of the first use, of each record that uses a nonce again."""
    first: dict[tuple[str, str], int] = {}
    place = 0
    with path.open("rb") as file:
        for line in file:
            if (found := RECORD.match(line)) and found[1] == b"score" and (used := _nonce(line, hashes)):
                number = int(found[2])
                earlier = first.setdefault(used, number)
                if earlier != number:
                    yield place, number, earlier
            place += len(line)


def _nonce(line: bytes, hashes: set[bytes]) -> tuple[str, str] | None:
    """Return subject and nonce of a record if their hash is one of these; of a line that is damaged, nothing."""
    try:
        payload = orjson.loads(line)["signed"]["payload"]
        used = payload.get("subject", ""), payload["nonce"]
        return used if nonce_hash(*(text.encode() for text in used)) in hashes else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None

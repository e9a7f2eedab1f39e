"""Verify a ledger file offline: every line, every link, the tree under every checkpoint."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import orjson

from minimon.audit.keys import read_key
from minimon.audit.lines import Finding, Known, LineChecker, Stretch, stretches
from minimon.audit.notes import NoteError, NoteReader, SignedSize, split_notes
from minimon.audit.tree import GrowingTree

STRETCH_BYTES = 4 << 20
BLOCK_BYTES = 1 << 20
LEAF_BYTES = 32
BEGIN = b'{"v":2,"type":"genesis",'
KEY = b'\n{"v":2,"type":"key",'

Progress = Callable[[int], None]
"""Called with the number of bytes that were checked since the last call."""


@dataclass(slots=True)
class Report:
    """What was found."""

    records: int = 0
    older_lines: int = 0
    """Lines before the first record: of 1.3.0, covered by their hash alone."""
    signatures: int = 0
    committed: int = 0
    """Records under the last checkpoint."""
    torn_bytes: int = 0
    torn_note: bool = False
    """The file of checkpoints ends in half of one."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def status(self) -> int:
        """0 sound, 1 damaged, 3 sound but for a tail that no checkpoint covers."""
        if self.findings:
            return 1
        return 3 if self.torn_bytes or self.torn_note or self.records > self.committed else 0


class Verification:
    """One verification of one file."""

    def __init__(self, path: Path, *, verifier: str = "", checkpoints: Path | None = None, every: int = 1) -> None:
        """Take the checkpoints' public key; without one, that of the first record is believed."""
        self._path = path
        self._checkpoints = checkpoints or path.with_name(f"{path.name}.checkpoints")
        self._verifier = verifier
        self._every = every
        self.report = Report()

    def run(self, jobs: int, progress: Progress) -> Report:
        """Check everything. Raises OSError."""
        report, size = self.report, self._path.stat().st_size
        begin, keys, digest = self._survey()
        signed = {note.size: note for note in self._notes()}
        report.committed = max(signed, default=0)
        tree, last, checked = GrowingTree(), digest, begin
        self._compare(tree, signed)
        for start, end, stretch in self._stretches(begin, keys, jobs):
            self._join(stretch, start, tree.size, last)
            last = stretch.last
            for place in range(0, len(stretch.leaves), LEAF_BYTES):
                tree.add(stretch.leaves[place : place + LEAF_BYTES])
                if tree.size in signed:
                    self._compare(tree, signed)
            progress(end - start)
            checked = end
        report.records, report.torn_bytes = tree.size, size - checked
        if tree.size < report.committed:
            self._find("missing", checked, tree.size, f"{report.committed} records were signed, {tree.size} are there")
        report.findings.sort(key=lambda finding: finding.offset)
        return report

    def _find(self, kind: str, offset: int, record: int, detail: str) -> None:
        self.report.findings.append(Finding(kind, offset, record, detail))

    def _survey(self) -> tuple[int, dict[str, Known], bytes]:
        """Return where the records begin, the keys that they bring in, and the link of the first."""
        begin, digest, keys = 0, sha256(), dict[str, Known]()
        with self._path.open("rb") as file:
            for line in file:
                if line.startswith(BEGIN):
                    break
                begin += len(line)
                digest.update(line)
                self.report.older_lines += 1
            else:  # no first record: then no line is one of 1.3.0
                begin, digest, self.report.older_lines = 0, sha256(), 0
            for place in self._key_places(begin):
                file.seek(place)
                self._take_key(file.readline(), place, keys)
        return begin, keys, digest.hexdigest().encode()

    def _key_places(self, begin: int) -> Iterator[int]:
        """Yield where the records begin that bring in keys, reading the file once in blocks."""
        yield begin
        with self._path.open("rb") as file:
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

    def _take_key(self, line: bytes, place: int, keys: dict[str, Known]) -> None:
        try:
            record = orjson.loads(line)
            payload = record["signed"]["payload"]
            key = read_key(payload["key"])
            keys.setdefault(key.kid, Known(payload["key"], record["seq"]))
            if record["seq"] == 0 and not self._verifier:
                self._verifier = payload["checkpointKey"]
        except (ValueError, KeyError, TypeError, AttributeError):
            self._find("form", place, 0, "a record that brings in a key is not well formed")

    def _notes(self) -> Iterator[SignedSize]:
        try:
            reader = NoteReader(self._verifier)
            notes, rest = split_notes(self._checkpoints.read_bytes())
        except (OSError, NoteError) as error:
            self._find("checkpoint", 0, 0, f"{self._checkpoints}: {error}")
            return
        self.report.torn_note = bool(rest)
        for number, note in enumerate(notes):
            try:
                yield reader.read(note)
            except (NoteError, ValueError) as error:
                self._find("checkpoint", 0, 0, f"{self._checkpoints}, note {number + 1}: {error}")

    def _compare(self, tree: GrowingTree, signed: Mapping[int, SignedSize]) -> None:
        if tree.size in signed and tree.root() != signed[tree.size].root:
            detail = f"the first {tree.size} records are not those that were signed"
            self._find("root", 0, tree.size - 1, detail)

    def _join(self, stretch: Stretch, start: int, expected: int, last: bytes) -> None:
        report = self.report
        report.signatures += stretch.signatures
        report.findings += stretch.findings
        if stretch.first >= 0 and stretch.first != expected:
            self._find("number", start, expected, f"has number {stretch.first} in the place of {expected}")
        if stretch.first >= 0 and stretch.prev != last:
            self._find("link", start, expected, "does not follow the line before it")

    def _stretches(self, begin: int, keys: Mapping[str, Known], jobs: int) -> Iterator[tuple[int, int, Stretch]]:
        """Check the stretches, on ``jobs`` processes, and yield what came out in their order."""
        parts = stretches(self._path, begin, STRETCH_BYTES)
        if jobs == 1 or self._path.stat().st_size - begin <= STRETCH_BYTES:
            checker = LineChecker(keys, self._every)
            for start, end in parts:
                yield start, end, checker.check_stretch(self._path, start, end)
            return
        with ProcessPoolExecutor(jobs, get_context("spawn"), _begin_worker, (keys, self._every)) as pool:
            waiting: deque[tuple[int, int, Future[Stretch]]] = deque()
            for start, end in parts:
                waiting.append((start, end, pool.submit(_check_in_worker, self._path, start, end)))
                if len(waiting) > 2 * jobs:
                    first, stop, done = waiting.popleft()
                    yield first, stop, done.result()
            for first, stop, done in waiting:
                yield first, stop, done.result()


_checker: list[LineChecker] = []
"""The checker of a worker process: it is made once, not for every stretch."""


def _begin_worker(keys: Mapping[str, Known], every: int) -> None:
    _checker.append(LineChecker(keys, every))


def _check_in_worker(path: Path, start: int, end: int) -> Stretch:
    return _checker[0].check_stretch(path, start, end)

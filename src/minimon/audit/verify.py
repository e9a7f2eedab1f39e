"""Verify a ledger file offline: every line, every link, the tree under every checkpoint."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from minimon.audit.lines import Finding, LineChecker, Stretch, Terms, check_stretch, read_stretch, stretches
from minimon.audit.nonces import UsedNonces, find_doubled
from minimon.audit.notes import NoteError, NoteReader, SignedSize, split_notes
from minimon.audit.receipts import Receipt, ReceiptError, absent, read_receipt, read_receipts
from minimon.audit.survey import Survey, find_keys, survey
from minimon.audit.tree import GrowingTree

STRETCH_BYTES = 4 << 20

R = TypeVar("R")
Progress = Callable[[int], None]
"""Called with the number of bytes that were checked since the last call."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A root that somebody holds for a size: a checkpoint or a receipt."""

    root: bytes
    kind: str
    name: str


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
    receipts: int = 0
    """Receipts that were compared."""
    findings: list[Finding] = field(default_factory=list)

    @property
    def status(self) -> int:
        """0 sound, 1 damaged, 3 sound but for a tail that no checkpoint covers."""
        if self.findings:
            return 1
        return 3 if self.torn_bytes or self.torn_note or self.records > self.committed else 0


class Verification:
    """One verification of one file."""

    def __init__(
        self,
        path: Path,
        *,
        verifier: str = "",
        checkpoints: Path | None = None,
        since: Path | None = None,
        receipts: Path | None = None,
        every: int = 1,
    ) -> None:
        """Take the checkpoints' public key; without one, that of the first record is believed.

        ``since`` is a file with a checkpoint that is trusted already, ``receipts`` a folder of certificates.
        """
        self._path = path
        self._checkpoints = checkpoints or path.with_name(f"{path.name}.checkpoints")
        self._since = since
        self._receipts = receipts
        self._verifier = verifier
        self._every = every
        self._found = Survey()
        self._claims: dict[int, list[Claim]] = defaultdict(list)
        self._held: list[Receipt] = []
        self.report = Report()

    def run(self, jobs: int, progress: Progress) -> Report:
        """Check everything. Raises OSError."""
        self._found = survey(self._path)
        self.report.older_lines = self._found.older_lines
        self._verifier = self._verifier or self._found.verifier
        self._collect_claims()
        self._read(jobs, progress)
        self._compare_receipts()
        self._name_unread()
        self.report.findings.sort(key=lambda finding: finding.offset)
        return self.report

    def _read(self, jobs: int, progress: Progress) -> None:
        report, size = self.report, self._path.stat().st_size
        tree, nonces, last, checked = GrowingTree(), UsedNonces(), self._found.link, self._found.begin
        self._compare(tree)
        for start, end, stretch in self._stretches(jobs):
            self._join(stretch, start, tree.size, last)
            nonces.add(stretch.nonces)
            last, checked = stretch.last, end
            self._grow(tree, stretch.leaves)
            progress(end - start)
        report.records, report.torn_bytes = tree.size, size - checked
        self._compare_missing(tree.size, checked)
        if doubled := nonces.doubled():
            for place, number, first in find_doubled(self._path, doubled):
                self._find("nonce", place, number, f"uses the nonce of record {first} again")

    def _name_unread(self) -> None:
        """Name the records that bring in a key and are not well formed; where all else is sound there is none."""
        if self.report.findings or self._found.unread:
            self._find_keys()
        form = "a record that brings in a key is not well formed"
        self.report.findings[:0] = [Finding("form", place, 0, form) for place in self._found.unread]

    def _grow(self, tree: GrowingTree, leaves: list[bytes]) -> None:
        """Add leaves to the tree, and compare its root wherever somebody holds one."""
        first, end = tree.size, tree.size + len(leaves)
        for size in sorted(size for size in {*self._claims, end} if first < size <= end):
            tree.extend(leaves[tree.size - first : size - first])
            self._compare(tree)

    def _find(self, kind: str, offset: int, record: int, detail: str) -> None:
        self.report.findings.append(Finding(kind, offset, record, detail))

    def _collect_claims(self) -> None:
        try:
            reader = NoteReader(self._verifier)
        except NoteError as error:
            self._verifier = ""
            self._find("checkpoint", 0, 0, str(error))
            return
        notes, rest = self._notes(self._checkpoints, reader)
        self.report.torn_note = rest
        self.report.committed = max((note.size for note in notes), default=0)
        self._claim(notes, "root", "that were signed")
        if self._since:
            trusted, _ = self._notes(self._since, reader)
            self._claim(trusted, "since", f"of {self._since}")
        if self._receipts:
            self._take_receipts(self._receipts, reader)

    def _claim(self, notes: Iterable[SignedSize], kind: str, name: str) -> None:
        for note in notes:
            self._claims[note.size].append(Claim(note.root, kind, name))

    def _notes(self, path: Path, reader: NoteReader) -> tuple[list[SignedSize], bool]:
        """Return the checkpoints of a file, and whether half of one stands behind them."""
        result: list[SignedSize] = []
        try:
            data = path.read_bytes()
        except OSError as error:
            self._find("checkpoint", 0, 0, f"{path}: {error.strerror}")
            return result, False
        notes, rest = split_notes(data)
        for number, note in enumerate(notes):
            try:
                result.append(reader.read(note))
            except (NoteError, ValueError) as error:
                self._find("checkpoint", 0, 0, f"{path}, note {number + 1}: {error}")
        if not notes:
            self._find("checkpoint", 0, 0, f"{path}: holds no checkpoint")
        return result, bool(rest)

    def _take_receipts(self, folder: Path, reader: NoteReader) -> None:
        for name, data in read_receipts(folder):
            self.report.receipts += 1
            try:
                receipt = read_receipt(name, data, reader)
            except ReceiptError as error:
                self._find("receipt", 0, 0, str(error))
                continue
            self._held.append(receipt)
            self._claims[receipt.size].append(Claim(receipt.root, "receipt", f"of {name}"))

    def _compare(self, tree: GrowingTree) -> None:
        for claim in self._claims.get(tree.size, ()):
            if tree.root() != claim.root:
                detail = f"the first {tree.size} records are not those {claim.name}"
                self._find(claim.kind, 0, max(tree.size - 1, 0), detail)

    def _compare_missing(self, size: int, end: int) -> None:
        for claimed, claims in self._claims.items():
            if claimed > size:
                names = ", ".join(dict.fromkeys(claim.name for claim in claims))
                self._find("missing", end, size, f"{size} records are there, and not the {claimed} {names}")

    def _compare_receipts(self) -> None:
        there = [receipt for receipt in self._held if receipt.index < self.report.records]
        for receipt in absent(self._path, there) if there else ():
            self._find("receipt", 0, receipt.index, f"record {receipt.index} is not that of {receipt.name}")

    def _join(self, stretch: Stretch, start: int, expected: int, last: str) -> None:
        report = self.report
        report.signatures += stretch.signatures
        report.findings += stretch.findings
        if stretch.first >= 0 and stretch.first != expected:
            self._find("number", start, expected, f"has number {stretch.first} in the place of {expected}")
        if stretch.first >= 0 and stretch.prev != last:
            self._find("link", start, expected, "does not follow the line before it")

    def _stretches(self, jobs: int) -> Iterator[tuple[int, int, Stretch]]:
        """Check the stretches, on ``jobs`` processes, and yield what came out in their order.

        Most ledgers have one key, so the file is searched for others only when a record names one.
        """
        for start, end, stretch in self._first_results(jobs):
            if stretch.unknown_key:
                self._find_keys()
                yield start, end, check_stretch(self._path, start, end, self._terms)
            else:
                yield start, end, stretch

    def _find_keys(self) -> None:
        if not self._found.complete:
            self._found = find_keys(self._path, self._found)

    @property
    def _terms(self) -> Terms:
        return Terms(self._found.keys, self._every, self._verifier)

    def _first_results(self, jobs: int) -> Iterator[tuple[int, int, Stretch]]:
        """Check with the keys that are known when a stretch's turn comes."""
        parts = stretches(self._path, self._found.begin, STRETCH_BYTES)
        if jobs == 1 or self._path.stat().st_size - self._found.begin <= STRETCH_BYTES:
            with ThreadPoolExecutor(1) as reader:  # what comes next is read while this is checked
                contents = _in_order(parts, lambda start, end: reader.submit(read_stretch, self._path, start, end), 1)
                for start, end, data in contents:
                    yield start, end, LineChecker(self._terms).check(data, start)
            return
        with ProcessPoolExecutor(jobs, get_context("spawn")) as pool:
            yield from _in_order(
                parts,
                lambda start, end: pool.submit(check_stretch, self._path, start, end, self._terms),
                2 * jobs,
            )


def _in_order(
    parts: Iterable[tuple[int, int]], submit: Callable[[int, int], Future[R]], ahead: int
) -> Iterator[tuple[int, int, R]]:
    """Yield the parts with their results, having submitted so many more."""
    waiting: deque[tuple[int, int, Future[R]]] = deque()
    for start, end in parts:
        waiting.append((start, end, submit(start, end)))
        if len(waiting) > ahead:
            first, stop, done = waiting.popleft()
            yield first, stop, done.result()
    for first, stop, done in waiting:
        yield first, stop, done.result()

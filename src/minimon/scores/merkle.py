"""Merkle trees after RFC 6962, section 2.1, and the proofs of RFC 9162, section 2.1.

A tree over n leaves is a row of perfect subtrees, one for each bit of n; their roots are its *peaks*, the largest
first. The peaks are all that an appending writer has to hold. For proofs of older sizes every node is kept in one flat
row in the order in which it was completed (post-order), so that the place of any node can be calculated.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
"""The root of the tree without leaves (RFC 6962, section 2.1)."""

Peaks = tuple[bytes, ...]
ReadNode = Callable[[int], bytes]
"""Returns the node at a place of the flat row."""


def leaf_hash(data: bytes) -> bytes:
    """Return the hash of a leaf (RFC 6962, section 2.1)."""
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962, section 2.1)."""
    return sha256(b"\1" + left + right).digest()


def add_leaf(peaks: Peaks, size: int, leaf: bytes) -> tuple[Peaks, list[bytes]]:
    """Append ``leaf`` to the tree of ``size`` leaves; return the new peaks and the nodes that this completes."""
    stack, completed = list(peaks), [leaf]
    while size & 1:
        completed.append(node_hash(stack.pop(), completed[-1]))
        size >>= 1
    return (*stack, completed[-1]), completed


def root_of(peaks: Sequence[bytes]) -> bytes:
    """Return the root of the tree that has these peaks."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


def node_count(size: int) -> int:
    """Return how many nodes the flat row of ``size`` leaves holds."""
    return 2 * size - size.bit_count()


def node_place(level: int, number: int) -> int:
    """Return the place in the flat row of the perfect subtree of 2^``level`` leaves that has ``number`` before it."""
    last_leaf = ((number + 1) << level) - 1
    return node_count(last_leaf) + level


def completed_by(place: int) -> tuple[int, int]:
    """Return the leaf that completes the node at a place of the flat row, and the node's level."""
    leaf = place // 2
    while node_count(leaf + 1) <= place:
        leaf += 1
    return leaf, place - node_count(leaf)


def read_peaks(read: ReadNode, size: int) -> Peaks:
    """Return the peaks of the first ``size`` leaves."""
    return tuple(read(node_place(level, number)) for level, number in _perfect(0, size))


def _perfect(low: int, high: int) -> Iterator[tuple[int, int]]:
    """Yield level and number of the perfect subtrees that make up [low, high), a range that starts one of them."""
    while low < high:
        level = (high - low).bit_length() - 1
        yield level, low >> level
        low += 1 << level


def _range_root(read: ReadNode, low: int, high: int) -> bytes:
    return root_of([read(node_place(level, number)) for level, number in _perfect(low, high)])


def _split(size: int) -> int:
    """Return the largest power of two below ``size`` (RFC 6962, section 2.1)."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(read: ReadNode, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf ``index`` in the tree of ``size`` leaves (RFC 9162, section 2.1.3.1).

    Raises ValueError unless 0 <= index < size.
    """
    if not 0 <= index < size:
        raise ValueError("index")
    path, low, high = [], 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            path.append(_range_root(read, middle, high))
            high = middle
        else:
            path.append(_range_root(read, low, middle))
            low = middle
    return path[::-1]


def consistency_proof(read: ReadNode, first: int, second: int) -> list[bytes]:
    """Return the proof that the tree of ``second`` leaves begins with that of ``first`` (RFC 9162, section 2.1.4.1).

    Raises ValueError unless 1 <= first <= second.
    """
    if not 1 <= first <= second:
        raise ValueError("sizes")
    path, low, high = [], 0, second
    while high != first:
        middle = low + _split(high - low)
        if first <= middle:
            path.append(_range_root(read, middle, high))
            high = middle
        else:
            path.append(_range_root(read, low, middle))
            low = middle
    return ([_range_root(read, low, high)] if low else [])[: first != second] + path[::-1]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Say whether ``path`` shows that ``leaf`` is leaf ``index`` of the tree (RFC 9162, section 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    number, last, result = index, size - 1, leaf
    for node in path:
        if last == 0:
            return False
        if number & 1 or number == last:
            result = node_hash(node, result)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            result = node_hash(result, node)
        number, last = number >> 1, last >> 1
    return last == 0 and result == root


def verify_consistency(first: int, second: int, old: bytes, new: bytes, path: Sequence[bytes]) -> bool:
    """Say whether ``path`` shows that the tree of root ``new`` begins with that of ``old`` (RFC 9162, 2.1.4.2)."""
    if first == second:
        return first >= 1 and not path and old == new
    if not 1 <= first < second or not path:
        return False
    nodes = list(path) if first & (first - 1) else [old, *path]
    number, last = first - 1, second - 1
    while number & 1:
        number, last = number >> 1, last >> 1
    before = after = nodes[0]
    for node in nodes[1:]:
        if last == 0:
            return False
        if number & 1 or number == last:
            before, after = node_hash(node, before), node_hash(node, after)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            after = node_hash(after, node)
        number, last = number >> 1, last >> 1
    return last == 0 and before == old and after == new

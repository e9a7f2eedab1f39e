"""The tree of RFC 6962, section 2.1, as a verifier needs it: roots while reading, and the check of proofs."""

from collections.abc import Sequence
from hashlib import sha256


class GrowingTree:
    """A tree to which leaves are added; holds one subtree for each bit of its size."""

    def __init__(self) -> None:
        self.size = 0
        self._subtrees: dict[int, bytes] = {}

    def extend(self, leaves: list[bytes]) -> None:
        """Add the hashes of leaves: a sum in binary, level by level, of what was there and what comes."""
        self.size += len(leaves)
        nodes, level = leaves, 0
        while nodes:
            if (left := self._subtrees.pop(level, None)) is not None:
                nodes = [left, *nodes]
            if len(nodes) % 2:
                self._subtrees[level] = nodes[-1]
            nodes = [
                sha256(b"\x01" + left + right).digest() for left, right in zip(nodes[::2], nodes[1::2], strict=False)
            ]
            level += 1

    def root(self) -> bytes:
        """Return the root of what was added so far."""
        levels = sorted(self._subtrees)
        if not levels:
            return sha256(b"").digest()
        result = self._subtrees[levels[0]]
        for level in levels[1:]:
            result = sha256(b"\x01" + self._subtrees[level] + result).digest()
        return result


def hash_leaf(line: bytes) -> bytes:
    """Return a leaf's hash."""
    return sha256(b"\x00" + line).digest()


def _join(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_from_path(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that an audit path leads to, by its recursive definition (RFC 6962, section 2.1.1).

    Raises ValueError if the path has not the length that the definition gives it.
    """
    if not 0 <= index < size or bool(path) != (size > 1):
        raise ValueError("the proof has the wrong length")
    if size == 1:
        return leaf
    split = 1 << (size - 1).bit_length() - 1
    if index < split:
        return _join(root_from_path(leaf, index, split, path[:-1]), path[-1])
    return _join(path[-1], root_from_path(leaf, index - split, size - split, path[:-1]))


def roots_from_consistency(first: int, second: int, old: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return both roots that a consistency proof leads to, by its recursive definition (RFC 6962, section 2.1.2).

    ``old`` stands in where the first tree is a subtree of the second. Raises ValueError for a wrong length.
    """
    if not 1 <= first <= second:
        raise ValueError("the sizes are out of order")
    return _subproof(first, second, old, list(path), whole=True)


def _subproof(first: int, second: int, old: bytes, path: list[bytes], *, whole: bool) -> tuple[bytes, bytes]:
    if first == second:
        if whole and not path:
            return old, old
        if not whole and len(path) == 1:
            return path[0], path[0]
        raise ValueError("the proof has the wrong length")
    if not path:
        raise ValueError("the proof has the wrong length")
    split = 1 << (second - 1).bit_length() - 1
    last = path.pop()
    if first <= split:
        before, after = _subproof(first, split, old, path, whole=whole)
        return before, _join(after, last)
    before, after = _subproof(first - split, second - split, old, path, whole=False)
    return _join(last, before), _join(last, after)

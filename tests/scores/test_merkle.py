"""Merkle trees beside the definition, and verifiers beside everything that they must refuse."""

import pytest

from minimon.scores import merkle
from minimon.scores.merkle import (
    add_leaf,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_count,
    node_hash,
    read_peaks,
    root_of,
    verify_consistency,
    verify_inclusion,
)

MOST = 70
# The eight inputs and their roots that the reference implementation of RFC 6962 tests with.
INPUTS = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
INPUTS.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
PATHS = [  # index, size, path: from the same source
    (0, 8, ("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7 "
           "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
           "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4")),
    (5, 8, ("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b "
           "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0 "
           "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7")),
    (2, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (1, 5, ("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d "
           "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e "
           "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b")),
]  # fmt: skip


def root_by_definition(leaves):
    """RFC 6962, section 2.1, word by word."""
    if not leaves:
        return merkle.EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(root_by_definition(leaves[:split]), root_by_definition(leaves[split:]))


def grow(inputs):
    """Return the leaves, the flat row and the root of each size."""
    leaves, row, peaks, roots = [leaf_hash(data) for data in inputs], [], (), [merkle.EMPTY_ROOT]
    for size, leaf in enumerate(leaves):
        peaks, completed = add_leaf(peaks, size, leaf)
        row += completed
        roots.append(root_of(peaks))
    return leaves, row, roots


@pytest.fixture(scope="module")
def tree():
    return grow([b"leaf %d" % number for number in range(MOST)])


def test_the_standards_vectors():
    leaves, row, roots = grow(INPUTS)
    assert [root.hex() for root in roots] == ROOTS
    for index, size, path in PATHS:
        expected = [bytes.fromhex(node) for node in path.split()]
        assert inclusion_proof(row.__getitem__, index, size) == expected
        assert verify_inclusion(leaves[index], index, size, expected, roots[size])


def test_roots_and_peaks_of_every_size_are_those_of_the_definition(tree):
    leaves, row, roots = tree
    for size in range(MOST + 1):
        assert roots[size] == root_by_definition(leaves[:size])
        assert root_of(read_peaks(row.__getitem__, size)) == roots[size]
        assert node_count(size) == len(grow(range_of(size))[1])


def range_of(size):
    return [b""] * size


def test_every_inclusion_proof_is_accepted_and_every_change_of_it_refused(tree):
    leaves, row, roots = tree
    for size in range(1, MOST + 1):
        for index in range(size):
            path = inclusion_proof(row.__getitem__, index, size)
            assert verify_inclusion(leaves[index], index, size, path, roots[size])
            assert not any(verify_inclusion(*changed) for changed in inclusion_changes(tree, index, size, path))


def inclusion_changes(tree, index, size, path):
    leaves, _, roots = tree
    leaf, root = leaves[index], roots[size]
    yield leaf_hash(b"other"), index, size, path, root
    yield leaf, index, size, path, roots[size - 1]
    yield leaf, index, size, [*path, leaf], root
    yield leaf, index, size, [leaf, *path], root
    yield leaf, size, size, path, root
    yield leaf, -1, size, path, root
    yield leaf, index + 1, size, path, root
    if path:
        yield leaf, index, size, path[:-1], root
        yield leaf, index, size, path[1:], root
    for place in range(len(path)):
        yield leaf, index, size, [*path[:place], leaf_hash(b"other"), *path[place + 1 :]], root


def test_every_consistency_proof_is_accepted_and_every_change_of_it_refused(tree):
    _, row, roots = tree
    for second in range(1, MOST + 1):
        for first in range(1, second + 1):
            path = consistency_proof(row.__getitem__, first, second)
            assert verify_consistency(first, second, roots[first], roots[second], path)
            changes = consistency_changes(roots, first, second, path)
            assert not any(verify_consistency(*changed) for changed in changes)


def consistency_changes(roots, first, second, path):
    other = leaf_hash(b"other")
    old, new = roots[first], roots[second]
    yield first, second, other, new, path
    yield first, second, old, other, path
    yield first, second, old, new, [*path, other]
    yield first, second, old, new, [other, *path]
    yield 0, second, old, new, path
    yield second + 1, second, old, new, path
    if first != second:
        yield first, second, new, old, path
        yield first, second, old, new, path[:-1]
        yield first, second, old, new, path[1:]
    for place in range(len(path)):
        yield first, second, old, new, [*path[:place], other, *path[place + 1 :]]


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (-1, 1), (5, 3)])
def test_a_leaf_that_is_not_there_has_no_proof(tree, index, size):
    with pytest.raises(ValueError, match="index"):
        inclusion_proof(tree[1].__getitem__, index, size)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 1), (2, 1), (-1, 1)])
def test_sizes_out_of_order_have_no_proof(tree, first, second):
    with pytest.raises(ValueError, match="sizes"):
        consistency_proof(tree[1].__getitem__, first, second)

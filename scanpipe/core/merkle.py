"""Merkle trees as RFC 6962 §2.1 has them: one root for many leaves, and for each leaf a short proof that it is under the root.

A leaf's node is SHA-256(0x00 || leaf), that of two nodes SHA-256(0x01 || left || right), so that neither can be taken for the other; the left part of a
tree of n leaves has the largest power of two below n. The empty tree's root is the digest of nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice

EMPTY = sha256(b"").digest()


@dataclass(frozen=True, slots=True)
class Step:
    """A node beside the way from a leaf to the root. on_left: it is the left one of its pair. digest: 32 bytes."""

    on_left: bool
    digest: bytes


def leaf_node(leaf: bytes) -> bytes:
    """The node of a leaf, 32 bytes."""
    return sha256(b"\x00" + leaf).digest()


def parent_node(left: bytes, right: bytes) -> bytes:
    """The node above two nodes, 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


class Tree:
    """A tree that only grows. It keeps the roots of its whole subtrees, as many as its size has ones in binary, so that a million leaves need no memory."""

    def __init__(self) -> None:
        self.size = 0
        self._whole: list[bytes] = []  # the largest first

    def add(self, leaf: bytes) -> None:
        node, size = leaf_node(leaf), self.size
        while size & 1:  # two subtrees of one size are one of the next
            node, size = parent_node(self._whole.pop(), node), size >> 1
        self._whole.append(node)
        self.size += 1

    def root(self) -> bytes:
        """Of all leaves added so far."""
        if not self._whole:
            return EMPTY
        node = self._whole[-1]
        for left in reversed(self._whole[:-1]):
            node = parent_node(left, node)
        return node


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over these leaves in their order."""
    tree = Tree()
    for leaf in leaves:
        tree.add(leaf)
    return tree.root()


def beside(index: int, size: int) -> tuple[tuple[int, int], ...]:
    """The whole subtrees beside the way from leaf `index`, from 0, to the root of `size` leaves, each as (first leaf, end), the leaf's own neighbour first.

    Together with the leaf they are all leaves. Raises IndexError.
    """
    if not 0 <= index < size:
        raise IndexError(index)
    first, end = 0, size
    found: list[tuple[int, int]] = []
    while end - first > 1:
        middle = first + (1 << (end - first - 1).bit_length() - 1)
        if index < middle:
            found.append((middle, end))
            end = middle
        else:
            found.append((first, middle))
            first = middle
    return tuple(reversed(found))


def path(leaves: Iterable[bytes], index: int, size: int) -> tuple[Step, ...]:
    """What leads from a leaf to the root over the first `size` leaves: the audit path of RFC 6962 §2.1.1, the leaf's own neighbour first.

    leaves: at least so many; they are read once and not kept. Raises IndexError, ValueError if they are too few.
    """
    ranges = beside(index, size)
    subtrees = {each: Tree() for each in ranges}
    owners = iter(sorted(((first, end), subtrees[first, end]) for first, end in ranges))
    (first, end), tree = next(owners, ((size, size), Tree()))
    count = 0
    for count, leaf in enumerate(islice(leaves, size), 1):
        if count > end:
            (first, end), tree = next(owners, ((size, size), Tree()))
        if first < count <= end:
            tree.add(leaf)
    if count < size:
        raise ValueError(count)
    return tuple(Step(on_left=each[0] < index, digest=subtrees[each].root()) for each in ranges)


def root_by(leaf: bytes, steps: Sequence[Step]) -> bytes:
    """The root that a leaf and its path lead to: that of the tree exactly if the leaf is in it."""
    node = leaf_node(leaf)
    for step in steps:
        node = parent_node(step.digest, node) if step.on_left else parent_node(node, step.digest)
    return node

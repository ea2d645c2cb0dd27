"""Merkle trees: the vectors that implementations of RFC 6962 share, and every leaf's path against its tree."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core import merkle
from scanpipe.core.merkle import Step, Tree, leaf_node, parent_node, path, root, root_by

LEAVES = [bytes.fromhex(each) for each in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
ROOTS = (  # of the first n of them, n from 0: certificate-transparency's reference tests
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
PATH_OF_THE_SIXTH_OF_EIGHT = (
    (True, "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"),
    (False, "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"),
    (True, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
)


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_roots_are_those_of_the_reference(size: int) -> None:
    assert root(LEAVES[:size]).hex() == ROOTS[size]


def test_a_path_is_that_of_the_reference() -> None:
    assert tuple((step.on_left, step.digest.hex()) for step in path(LEAVES, 5, 8)) == PATH_OF_THE_SIXTH_OF_EIGHT


def defined(leaves: list[bytes]) -> bytes:
    """MTH, word for word as RFC 6962 §2.1 defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + defined(leaves[:k]) + defined(leaves[k:])).digest()


@given(st.lists(st.binary(max_size=4), max_size=70))
def test_a_tree_that_grows_has_the_root_of_the_definition(leaves: list[bytes]) -> None:
    tree = Tree()
    for count, leaf in enumerate(leaves, 1):
        tree.add(leaf)
        assert tree.size == count
    assert tree.root() == defined(leaves)


@given(st.integers(1, 130).flatmap(lambda size: st.tuples(st.just(size), st.integers(0, size - 1))), st.booleans())
def test_every_path_leads_its_own_leaf_and_no_other_to_the_root(place: tuple[int, int], more: bool) -> None:
    size, index = place
    leaves = [number.to_bytes(2, "big") for number in range(size + (3 if more else 0))]
    steps = path(iter(leaves), index, size)
    assert root_by(leaves[index], steps) == root(leaves[:size])
    assert root_by(b"another", steps) != root(leaves[:size])


def test_a_leaf_beyond_the_tree_has_no_path() -> None:
    with pytest.raises(IndexError):
        path(LEAVES, 8, 8)
    with pytest.raises(ValueError):
        path(LEAVES, 3, 9)


def test_a_node_cannot_pass_for_a_leaf() -> None:
    left, right = leaf_node(b"a"), leaf_node(b"b")
    assert root([b"a", b"b"]) == parent_node(left, right) != root([left + right])
    assert root_by(b"a", [Step(False, right)]) == root([b"a", b"b"])
    assert sha256(b"").digest() == merkle.EMPTY

"""Durable bytes: what is promised of each operation, and what a full or broken disk makes of it."""

import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanpipe import storage
from scanpipe.errors import Damaged


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    seen: list[str] = []
    monkeypatch.setattr(storage, "before", lambda call, path: seen.append(f"{call} {path.name}"))
    yield seen


def test_a_copy_is_durable_and_its_digest_is_of_the_bytes(tmp_path: Path, calls: list[str]) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"scan" * 1000)
    descriptor = os.open(source, os.O_RDONLY)
    assert storage.copy_in(descriptor, tmp_path / "copy", 4000) == (hashlib.sha256(b"scan" * 1000).hexdigest(), 4000)
    os.close(descriptor)
    assert (tmp_path / "copy").read_bytes() == source.read_bytes()
    assert calls[0] == "open copy"
    assert calls[-1] == "fsync copy"


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    storage.write_new(tmp_path / "a", b"first")
    with pytest.raises(FileExistsError):
        storage.write_new(tmp_path / "a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"


def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"other's")
    (tmp_path / "a").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="exists"):
        storage.write_new(tmp_path / "a", b"mine")
    assert (tmp_path / "elsewhere").read_bytes() == b"other's"


def test_every_level_of_a_new_folder_is_synced(tmp_path: Path, calls: list[str]) -> None:
    storage.make_folder(tmp_path / "a" / "b")
    assert calls == ["mkdir a", f"fsync {tmp_path.name}", "mkdir b", "fsync a"]


def test_a_replaced_list_is_the_old_one_or_the_new_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "2025-04-01.html"
    storage.replace(page, b"old")

    def power_off(call: str, path: Path) -> None:
        if call == "rename":
            raise OSError(errno.EIO, "off")

    monkeypatch.setattr(storage, "before", power_off)
    with pytest.raises(OSError, match="off"):
        storage.replace(page, b"new")
    assert page.read_bytes() == b"old"


def test_removing_a_folder_does_not_follow_links(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"x")
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "link").symlink_to(tmp_path / "kept")
    storage.remove_tree(tmp_path / "gone")
    assert (tmp_path / "kept" / "file").exists()
    assert not (tmp_path / "gone").exists()


def test_altered_bytes_are_named_with_both_digests(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"altered")
    with pytest.raises(Damaged) as caught:
        storage.verify(tmp_path / "a", hashlib.sha256(b"as taken").hexdigest())
    assert hashlib.sha256(b"altered").hexdigest() in str(caught.value)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, storage.DiskFull),
        (errno.EDQUOT, storage.DiskFull),
        (errno.EROFS, storage.ReadOnlyPlace),
        (errno.EACCES, storage.NoPermission),
        (errno.ENOENT, storage.PlaceGone),
        (errno.ESTALE, storage.PlaceGone),
        (errno.EIO, storage.DiskFault),
    ],
)
def test_a_systems_error_becomes_the_fault_of_a_place_with_a_remedy(tmp_path: Path, number: int, kind: type[Exception]) -> None:
    with pytest.raises(kind) as caught, storage.place(tmp_path):
        raise OSError(number, os.strerror(number))
    assert str(tmp_path) in str(caught.value)
    assert "by itself" in str(caught.value)


def test_a_growing_file_cuts_off_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"one\ntwo\nthr")
    log = storage.Appender(path)
    log.append(b"four")
    log.close()
    assert path.read_bytes() == b"one\ntwo\nfour\n"


def test_a_line_that_could_not_be_synced_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = storage.Appender(tmp_path / "log")
    log.append(b"one")

    def full(call: str, path: Path) -> None:
        if call == "fsync":
            raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(storage, "before", full)
    with pytest.raises(OSError, match="full"):
        log.append(b"two")
    log.close()
    assert (tmp_path / "log").read_bytes() == b"one\n"


@settings(max_examples=50)
@given(
    whole=st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), max_size=5),
    torn=st.binary(max_size=20).filter(lambda line: b"\n" not in line),
)
def test_whatever_was_torn_whole_lines_stay(tmp_path_factory: pytest.TempPathFactory, whole: list[bytes], torn: bytes) -> None:
    path = tmp_path_factory.mktemp("log") / "log"
    kept = b"".join(line + b"\n" for line in whole)
    path.write_bytes(kept + torn)
    storage.Appender(path).close()
    assert path.read_bytes() == kept

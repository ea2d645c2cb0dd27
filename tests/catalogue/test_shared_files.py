"""Files that daemon and pages both write, and those that the pages read: who may, and that a link leads neither astray."""

import os
import stat
from pathlib import Path

import pytest

from scanpipe.catalogue.database import NotOurs, close_writer, make_shared, open_reader, open_writer, transaction


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_file_is_its_owners_alone_until_its_folder_is_opened_to_a_group(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    make_shared(tmp_path / "requests.db")
    assert mode(tmp_path / "requests.db") == 0o600
    tmp_path.chmod(0o2770)
    make_shared(tmp_path / "requests.db")
    assert mode(tmp_path / "requests.db") == 0o660
    db = open_writer(tmp_path / "requests.db")
    with transaction(db):
        db.conn.execute("CREATE TABLE request (id)")
    assert {mode(path) for path in tmp_path.iterdir()} == {0o660} and len(list(tmp_path.iterdir())) == 3
    db.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="another group can only be given by root")
def test_a_file_follows_its_folder_into_the_group(tmp_path: Path) -> None:
    make_shared(tmp_path / "accounts.db")
    os.chown(tmp_path, 61101, 61102)
    tmp_path.chmod(0o2770)
    make_shared(tmp_path / "accounts.db")
    assert (tmp_path / "accounts.db").stat().st_gid == 61102
    make_shared(tmp_path / "requests.db")  # by an administrator, as root, before anybody else
    assert ((tmp_path / "requests.db").stat().st_uid, (tmp_path / "requests.db").stat().st_gid) == (61101, 61102)


@pytest.mark.parametrize("planted", ["link", "hard link", "folder", "to nowhere"])
def test_what_was_put_in_a_files_place_is_not_opened(tmp_path: Path, planted: str) -> None:
    victim, path = tmp_path / "catalogue.db", tmp_path / "requests.db"
    victim.write_bytes(b"bytes")
    {"link": lambda: path.symlink_to(victim), "hard link": lambda: os.link(victim, path), "folder": path.mkdir, "to nowhere": lambda: path.symlink_to("x")}[
        planted
    ]()
    with pytest.raises(NotOurs):
        make_shared(path)
    assert victim.read_bytes() == b"bytes" and mode(victim) != 0o600


def test_a_closed_catalogue_can_be_read_by_who_may_not_write_beside_it(tmp_path: Path) -> None:
    """As the pages do while no daemon runs. SQLite could read nothing there without -wal and -shm."""
    path = tmp_path / "catalogue.db"
    db = open_writer(path)
    with transaction(db):
        db.conn.execute("CREATE TABLE record (number)")
        db.conn.execute("INSERT INTO record VALUES (1)")
    close_writer(db.conn, path)
    assert (tmp_path / "catalogue.db-shm").exists() and (tmp_path / "catalogue.db-wal").stat().st_size == 0
    assert open_reader(path).execute("SELECT * FROM record").fetchall()[0][0] == 1
    again = open_writer(path)
    assert again.execute("SELECT count(*) FROM record").fetchone()[0] == 1
    close_writer(again.conn, path)


def test_a_catalogue_that_was_removed_is_closed_like_any_other(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.db"
    db = open_writer(path)
    path.unlink()
    close_writer(db.conn, path)
    assert not path.exists()

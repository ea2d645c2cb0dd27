"""Photos of cabinets: taken in once, kept as they were sent, told in the journal, in the backup, and looked at by `verify`."""

import io
import os
import shutil
from datetime import datetime
from pathlib import Path

import pytest
from custody import GENERAL, dump
from PIL import Image
from typed import Run, did

from scanpipe.config import Settings
from scanpipe.daemon import Daemon
from scanpipe.upkeep.campaign import photos
from scanpipe.upkeep.copying.backup import back_up


def photo(path: Path, colour: str = "navy", kind: str = "JPEG") -> str:
    written = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(written, kind)
    path.write_bytes(written.getvalue())
    return str(path)


@pytest.fixture
def cabinet(run: Run) -> str:
    did(run, "cabinet", "add", "3F-1", "--department", GENERAL, "--by", "佐藤", "--on", "2026-04-01")
    return "3F-1"


def kept(settings: Settings) -> list[Path]:
    return sorted(path for path in settings.layout.photos.rglob("*") if path.is_file())


def test_a_photo_is_kept_as_it_was_sent_once_and_says_what_it_shows(run: Run, cabinet: str, settings: Settings, tmp_path: Path) -> None:
    before, after = photo(tmp_path / "前.jpg"), photo(tmp_path / "後.png", "white", "PNG")
    told = did(run, "cabinet", "photo", "３ｆ－１", before, "--by", "佐藤", "--on", "2026-04-02")
    assert (told["cabinet"], told["new"], told["photos"][0]["shows"], told["photos"][0]["day"]) == (cabinet, 1, "before", "2026-04-02")
    did(run, "cabinet", "empty", cabinet, "--by", "佐藤", "--on", "2026-04-03")
    both = did(run, "cabinet", "photo", cabinet, before, after, "--by", "山本", "--on", "2026-04-03")
    assert (both["new"], both["unchanged"], both["photos"][0]["shows"]) == (1, 1, "after")
    found = did(run, "cabinet", "photo", cabinet)
    assert [(one["name"], one["by"], one["shows"]) for one in found] == [("前.jpg", "佐藤", "before"), ("後.png", "山本", "after")]
    assert [Path(one["file"]).read_bytes() for one in found] == [Path(before).read_bytes(), Path(after).read_bytes()]
    assert {path.suffix for path in kept(settings)} == {".jpg", ".png"} and not list((settings.layout.web / "photos").iterdir())


def test_what_is_no_photo_is_refused_with_the_remedy_and_nothing_is_kept(run: Run, cabinet: str, settings: Settings, tmp_path: Path) -> None:
    heic = tmp_path / "a.heic"
    heic.write_bytes(b"\x00\x00\x00\x18ftypheic" + bytes(100))
    (tmp_path / "large.jpg").write_bytes(b"\xff\xd8\xff" + bytes(11 << 20))
    (tmp_path / "a.jpg").write_bytes(b"%PDF-1.7")
    os.mkfifo(tmp_path / "pipe.jpg")
    for name, says in (
        ("a.heic", "HEIC"),
        ("large.jpg", "larger than 10 MB"),
        ("a.jpg", "neither JPEG nor PNG"),
        ("pipe.jpg", "no file"),
        ("absent.jpg", "no file"),
    ):
        code, _out, err = run("cabinet", "photo", cabinet, str(tmp_path / name), "--by", "佐藤")
        assert code != os.EX_OK and says in err, (name, err)
    good = photo(tmp_path / "good.jpg")
    for arguments, says in (
        (("3F-9", good, "--by", "佐藤"), "no cabinet 3F-9"),
        ((cabinet, good, "--by", "佐藤", "--on", "2999-01-01"), "not come yet"),
        ((cabinet, good), "Say who"),
    ):
        code, _out, err = run("cabinet", "photo", *arguments)
        assert code != os.EX_OK and says in err, err
    assert kept(settings) == []


def test_reindex_makes_the_same_rows(run: Run, cabinet: str, settings: Settings, tmp_path: Path) -> None:
    did(run, "cabinet", "photo", cabinet, photo(tmp_path / "a.jpg"), photo(tmp_path / "b.jpg", "red"), "--by", "佐藤", "--reason", "三階の様子")
    before = dump(settings)
    assert len(before["cabinet_photo"]) == 2
    shutil.rmtree(settings.layout.catalogue_db.parent)
    assert run("reindex")[0] == os.EX_OK
    assert dump(settings) == before


def test_a_wish_that_is_answered_twice_adds_one_photo_and_one_that_names_other_bytes_none(run: Run, cabinet: str, settings: Settings, tmp_path: Path) -> None:
    raw = Path(photo(tmp_path / "a.jpg")).read_bytes()
    sent = photos.hand_over(settings.layout, raw, "a.jpg")
    with Daemon(settings, timetable=False) as daemon:
        wish = daemon.requests.ask("cabinet_photo", "佐藤", datetime.now(settings.timezone), id=cabinet, photos=[sent], shows=None, on=None)
        assert photos.add(wish, daemon.catalogue, settings)["new"] == 1
        assert photos.add(wish, daemon.catalogue, settings)["new"] == 0
    secret = settings.layout.web / "photos" / ("0" * 64)
    secret.symlink_to(tmp_path / "a.jpg")
    with Daemon(settings, timetable=False) as daemon:
        for digest in ("0" * 64, "1" * 64, "../../STORE_ID"):
            wish = daemon.requests.ask("cabinet_photo", "佐藤", datetime.now(settings.timezone), id=cabinet, photos=[{"sha256": digest, "name": "x.jpg"}])
            with pytest.raises(photos.BadPhoto, match="did not arrive"):
                photos.add(wish, daemon.catalogue, settings)
    assert len(kept(settings)) == 1


def test_a_folder_that_leads_elsewhere_is_not_followed(run: Run, cabinet: str, settings: Settings, tmp_path: Path) -> None:
    raw = Path(photo(tmp_path / "a.jpg")).read_bytes()
    sent = photos.hand_over(settings.layout, raw, "a.jpg")
    (settings.layout.web / "photos").rename(tmp_path / "elsewhere")
    (settings.layout.web / "photos").symlink_to(tmp_path / "elsewhere")
    with Daemon(settings, timetable=False) as daemon:
        wish = daemon.requests.ask("cabinet_photo", "佐藤", datetime.now(settings.timezone), id=cabinet, photos=[sent])
        with pytest.raises(photos.BadPhoto, match="did not arrive"):
            photos.add(wish, daemon.catalogue, settings)
    assert (tmp_path / "elsewhere" / sent["sha256"]).read_bytes() == raw and kept(settings) == []


def test_a_swapped_photo_is_found_by_verify_and_a_lost_one_too(run: Run, cabinet: str, settings: Settings, tmp_path: Path) -> None:
    did(run, "cabinet", "photo", cabinet, photo(tmp_path / "a.jpg"), "--by", "佐藤")
    assert run("verify")[0] == os.EX_OK
    (file,) = kept(settings)
    shutil.copyfile(photo(tmp_path / "other.jpg", "red"), file)
    code, out, err = run("verify")
    assert code != os.EX_OK and "is not the photo" in out + err
    file.unlink()
    code, out, err = run("verify")
    assert code != os.EX_OK and "missing" in out + err
    did(run, "cabinet", "photo", cabinet, str(tmp_path / "a.jpg"), "--by", "佐藤")
    assert run("verify")[0] == os.EX_OK  # who still has it sends it again


def test_photos_are_in_the_backup(run: Run, cabinet: str, settings: Settings, tmp_path: Path) -> None:
    did(run, "cabinet", "photo", cabinet, photo(tmp_path / "a.jpg"), "--by", "佐藤")
    back_up(settings, tmp_path / "backup", datetime.now(settings.timezone))
    (file,) = kept(settings)
    copied = tmp_path / "backup" / "store" / file.relative_to(settings.layout.store)
    assert copied.read_bytes() == file.read_bytes()

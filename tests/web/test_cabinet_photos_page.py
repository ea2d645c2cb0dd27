"""Photos of cabinets at the page: sent by who enters cabinets, seen by who sees the register, drawn anew without what the camera wrote into them."""

import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
from answering import answering
from custody import GENERAL, TAX
from figured_office import office
from PIL import Image
from retention_desk import Desk, add_people, desk_of

PAGE = "/campaign/cabinets/B-1"
PLACE = b"35.6895N 139.6917E"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    settings = office(tmp_path_factory.mktemp("photos") / "site")
    settings.layout.photos.mkdir(parents=True)  # as the daemon does at its start
    add_people(settings)
    with answering(settings), desk_of(settings) as made:
        yield made


def photo(colour: str = "navy") -> bytes:
    written, exif = io.BytesIO(), Image.Exif()
    exif[0x010E] = PLACE.decode()
    Image.new("RGB", (400, 300), colour).save(written, "JPEG", exif=exif)
    return written.getvalue()


def send(room: Desk, *contents: bytes, page: str = PAGE, **said: str) -> Any:
    files = [("photos", (f"写真{n}.jpg", content)) for n, content in enumerate(contents)]
    return room.client.post(f"{page}/photos", data={"csrf": room.csrf, **said}, files=files)


def test_a_leader_adds_photos_of_the_own_section_and_statistics_sees_them_drawn_anew(room: Desk) -> None:
    room.sit("tanaka")
    assert "no photo of this cabinet yet" in room.get(PAGE) and 'type="file"' in room.get(PAGE)
    answer = send(room, photo(), photo("red"), reason="三階の様子")
    assert answer.status_code == 303, answer.text
    page = room.get(answer.headers["location"])
    assert "2 photos were added" in page and "三階の様子" in page and "tanaka" in page
    assert "were there already" in room.get(send(room, photo()).headers["location"])
    room.sit("yamada")
    page = room.get(PAGE)
    pictures = re.findall(r'src="([^"]+)"', page[page.index('class="photos"') :])
    assert len(pictures) == 2 and 'type="file"' not in page
    for each in pictures:
        seen = room.client.get(each.replace("&amp;", "&"))
        assert seen.status_code == 200 and seen.headers["content-type"] == "image/jpeg" and PLACE not in seen.content
        assert Image.open(io.BytesIO(seen.content)).size == (240, 180)
        assert seen.headers["x-content-type-options"] == "nosniff"
    assert "2 photos" in room.get("/campaign/rows/cabinets")
    (file,) = [path for path in room.settings.layout.photos.rglob("*.jpg") if path.read_bytes() == photo()]
    assert PLACE in file.read_bytes()


def test_what_is_no_photo_is_told_where_the_form_is(room: Desk) -> None:
    room.sit("tanaka")
    for content, says in (
        (b"\x00\x00\x00\x18ftypheic" + bytes(50), "HEIC"),
        (b"<svg/>", "neither JPEG nor PNG"),
        (b"\xff\xd8\xff" + bytes(11 << 20), "larger than 10 MB"),
    ):
        answer = send(room, content, on="2026-06-01", reason="わけ")
        assert answer.status_code == 409 and says in answer.text and "わけ" in answer.text and "2026-06-01" in answer.text
    none = room.client.post(f"{PAGE}/photos", data={"csrf": room.csrf}, files={"photos": ("", b"")})
    assert none.status_code == 409 and "at least one photo" in none.text
    broken = room.get(send(room, b"\xff\xd8\xff" + bytes(100)).headers["location"])
    last = re.findall(r'src="([^"]+pictures[^"]+)"', broken)
    assert {room.client.get(each.replace("&amp;", "&")).status_code for each in last} == {200, 422}  # it cannot be drawn; the pages go on


def test_others_and_other_sections_and_forms_of_others_are_refused(room: Desk) -> None:
    room.sit("tanaka")
    assert send(room, photo(), page="/campaign/cabinets/A-1").status_code == 403 and GENERAL != TAX
    assert 'type="file"' not in room.get("/campaign/cabinets/A-1")
    room.csrf = "0" * 64
    assert send(room, photo()).status_code == 403
    room.sit("yamada")
    assert send(room, photo()).status_code == 403
    room.sit("sato")
    assert room.status(PAGE) == 403 and room.status(f"{PAGE}/pictures/{'0' * 64}.jpg") == 403
    room.sit("kato")
    assert room.status("/campaign/cabinets/Z-9") == 404 and room.status(f"{PAGE}/pictures/{'0' * 64}.jpg") == 404
    assert send(room, photo("green"), page="/campaign/cabinets/A-1").status_code == 303

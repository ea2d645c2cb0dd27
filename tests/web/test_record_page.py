"""The record page: pages, hits, facts, history; who looked at what."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from custody import TAX
from found_records import Archive, come, found_archive, opened, told
from starlette.testclient import TestClient

from scanpipe.core import review
from scanpipe.core.model import Evidence, Field
from scanpipe.web import application, pictures

PAYLOAD = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'


def _fill(archive: Archive) -> None:
    stated = Field(name="amount", value=792000, confidence=0.9, page=2, box=(200, 300, 400, 360), quote="金792,000円")
    why = Evidence(about="category", rule="word:契約", quote="契約書", weight=3.0, page=1)
    archive.file(
        "物品購入契約書", ["物品購入契約書", "発注者"], ["契約金額", "金792,000円"], [], fields=(stated,), evidence=(why,), amount=792000, sender="株式会社山田"
    )  # 1
    archive.file("保護の決定", ["生活保護の決定通知"], category="WELFARE", restricted=True)  # 2
    archive.file("市税の減免", ["市税の減免"], department=TAX)  # 3
    archive.file(
        PAYLOAD,
        [f"攻撃 {PAYLOAD}"],
        name=f"{PAYLOAD}.pdf",
        sender=PAYLOAD,
        fields=(replace(stated, value=PAYLOAD, quote=PAYLOAD),),
        evidence=(replace(why, quote=PAYLOAD),),
    )  # 4
    archive.file(None, flags=(review.ENCRYPTED,), pages=0)  # 5
    archive.file("破棄した文書", ["破棄"])  # 6
    archive.kept.hold(archive.numbers[0], reason="会計検査のため")
    archive.kept.catalogue.db.execute("UPDATE accession SET state = 'disposed' WHERE number = ?", [archive.numbers[5]])


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return found_archive(tmp_path_factory.mktemp("record") / "site", _fill)


@pytest.fixture(scope="module")
def client(archive: Archive) -> Iterator[TestClient]:
    with opened(archive) as made:
        yield made


@pytest.fixture
def clerk(client: TestClient, archive: Archive) -> TestClient:
    come(client, archive, "clerk")
    return client


@pytest.fixture
def manager(client: TestClient, archive: Archive) -> TestClient:
    come(client, archive, "manager")
    return client


def test_the_page_has_the_facts_their_places_and_what_happens_next(clerk: TestClient, archive: Archive) -> None:
    number = archive.numbers[0]
    page = clerk.get(f"/records/{number}").text
    assert "物品購入契約書" in page and "株式会社山田" in page and "792,000 円" in page and f"{1:064x}" in page
    assert "It is held" in page and "会計検査のため" in page
    assert 'data-page="2" data-box="200,300,400,360"' in page
    assert "「<bdi>契約書</bdi>」" in page and "taken into custody" in page
    assert f'href="/records/{number}/original"' in page and f'href="/review/{number}"' in page


def test_without_javascript_each_page_has_an_address_its_text_and_its_neighbours(clerk: TestClient, archive: Archive) -> None:
    number = archive.numbers[0]
    page = clerk.get(f"/records/{number}?page=2").text
    assert "金792,000円" in page and f"/records/{number}/pages/2.jpg?width=960" in page
    assert f'href="/records/{number}#view"' in page and f'href="/records/{number}?page=3#view"' in page
    assert "Nothing is written on this page." in clerk.get(f"/records/{number}?page=3").text
    for odd in ("0", "99", "x", "-1", "１"):
        assert clerk.get(f"/records/{number}?page={odd}").status_code == 200


def test_a_query_opens_the_first_page_with_a_hit_and_marks_it(clerk: TestClient, archive: Archive) -> None:
    page = clerk.get(f"/records/{archive.numbers[0]}?q=792000").text
    assert "<mark>792,000</mark>" in page and "pages/2.jpg?width=960" in page
    assert re.search(r'data-page="2" data-hit>2</a>', page)
    assert clerk.get(f"/records/{archive.numbers[0]}", params={"q": '"('}).status_code == 200


def test_hits_come_with_their_boxes_on_the_page(clerk: TestClient, archive: Archive) -> None:
    number = archive.numbers[0]
    found = clerk.get(f"/records/{number}/pages/2.json?q=金額").json()
    assert (found["width"], found["height"]) == (1654, 2339)
    assert found["text"] == [["契約", False], ["金額", True], ["\n金792,000円", False]]
    assert found["boxes"] == [[320, 200, 440, 260]]
    assert clerk.get(f"/records/{number}/pages/9.json").status_code == 404


def test_individual_numbers_stay_masked_in_text_and_hits(manager: TestClient, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = "1234 5678 9018"

    def fill(archive: Archive) -> None:
        archive.file("届", ["個人番号", secret, "住民票"])

    archive = found_archive(tmp_path_factory.mktemp("masked") / "site", fill)
    with opened(archive) as client:
        come(client, archive, "manager")
        shown = client.get(f"/records/{archive.numbers[0]}?q=住民票").text + client.get(f"/records/{archive.numbers[0]}/pages/1.json?q=住民票").text
        assert "5678" not in shown and "●" in shown
        assert client.get(f"/records/{archive.numbers[0]}/pages/1.json?q=住民票").json()["boxes"] == [[200, 400, 380, 460]]


def test_pages_are_drawn_as_jpeg_and_never_kept_by_anybody_but_this_browser(clerk: TestClient, archive: Archive) -> None:
    answer = clerk.get(f"/records/{archive.numbers[0]}/pages/1.jpg?width=240")
    assert answer.content[:3] == b"\xff\xd8\xff" and answer.headers["cache-control"].startswith("private")
    assert clerk.get(f"/records/{archive.numbers[0]}/pages/4.jpg").status_code == 404


def test_a_restricted_record_is_noted_once_for_a_view_and_kept_by_nobody(manager: TestClient, archive: Archive) -> None:
    number, before = archive.numbers[1], len(told(archive, "viewed"))
    page = manager.get(f"/records/{number}")
    assert page.headers["cache-control"] == "no-store"
    for address in ("pages/1.jpg?width=240", "pages/1.jpg", "pages/1.json?q=保護"):
        assert manager.get(f"/records/{number}/{address}").headers["cache-control"] == "no-store"
    assert [one["number"] for one in told(archive, "viewed")[before:]] == [number]
    manager.get(f"/records/{number}")
    assert len(told(archive, "viewed")) == before + 2


def test_a_picture_alone_is_a_view_too(archive: Archive) -> None:
    before = len(told(archive, "viewed"))
    with opened(archive) as client:
        come(client, archive, "manager")
        client.get(f"/records/{archive.numbers[1]}/pages/1.jpg?width=240")
        client.get(f"/records/{archive.numbers[1]}/pages/1.jpg?width=960")
    assert len(told(archive, "viewed")) == before + 1


def test_what_may_not_be_seen_does_not_exist(clerk: TestClient, archive: Archive) -> None:
    for number in (archive.numbers[1], archive.numbers[2], "2026-999999", "../../etc"):
        for rest in ("", "/pages/1.jpg", "/pages/1.json", "/original", "/access.pdf"):
            answer = clerk.get(f"/records/{number}{rest}")
            assert answer.status_code == 404
            assert "保護" not in answer.text and "市税" not in answer.text


def test_what_scans_and_people_write_is_shown_and_never_run(clerk: TestClient, archive: Archive) -> None:
    number = archive.numbers[3]
    page = clerk.get(f"/records/{number}", params={"q": PAYLOAD}).text + clerk.get(f"/records/{number}", params={"q": "攻撃"}).text
    assert "<script>alert" not in page and "<img src=x" not in page and "onerror=alert(1)>" not in page.replace("onerror=alert(1)&gt;", "")
    assert "&lt;script&gt;alert(1)" in page and " style=" not in page


def test_a_record_without_pages_says_so_and_gives_its_original(clerk: TestClient, archive: Archive) -> None:
    page = clerk.get(f"/records/{archive.numbers[4]}").text
    assert "There is no picture of its pages" in page and "locked with a password" in page and "Without a title" in page
    assert f'href="/review/{archive.numbers[4]}"' in page


def test_a_disposed_record_shows_what_is_left_of_it(manager: TestClient, archive: Archive) -> None:
    page = manager.get(f"/records/{archive.numbers[5]}").text
    assert "disposed of" in page and "破棄した文書" in page
    assert "/review/" not in page and 'class="record-view"' not in page
    assert manager.get(f"/records/{archive.numbers[5]}/pages/1.json").status_code == 404


def test_a_download_is_noted_and_never_opened_here(clerk: TestClient, archive: Archive) -> None:
    answer = clerk.get(f"/records/{archive.numbers[0]}/original")
    assert answer.headers["content-disposition"].startswith("attachment") and "sandbox" in answer.headers["content-security-policy"]
    assert told(archive, "downloaded")[-1] == {"who": "clerk", "kind": "downloaded", "number": archive.numbers[0], "file": "original.pdf"}


@pytest.mark.slow
def test_the_lane_that_draws_pages_ends_when_nobody_has_looked_for_long(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "_REST_SECONDS", 0.05)
    monkeypatch.setattr(pictures, "_IDLE_SECONDS", 1.0)
    with opened(archive) as client:
        come(client, archive, "clerk")
        (lane,) = client.app.state.house.pictures._lanes._lanes  # type: ignore[attr-defined]
        assert lane.pool is None
        client.get("/")  # whoever sees the scans of today may open one
        assert lane.pool is not None
        deadline = time.monotonic() + 60
        while lane.pool is not None:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert client.get(f"/records/{archive.numbers[0]}/pages/1.jpg").status_code == 200  # and comes back

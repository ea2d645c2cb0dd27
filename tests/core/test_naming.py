"""core/describing/naming.py: names that NTFS, SMB and ext4 take (domain §3)."""

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.describing.naming import TEMPLATE, cabinet_folder, file_name, slug
from scanpipe.core.model import Retention
from scanpipe.core.retention import Category

MAYBE = st.none() | st.text(max_size=400)
CONTRACT = Category(code="CONTRACT", name="契約", name_en="", period=10, start="none", disposition="dispose")


def assert_legal(name: str) -> None:
    assert name and name == unicodedata.normalize("NFC", name)
    assert len(name.encode()) <= 240
    assert not set(name) & set('"\\/:|<>*?') and not any(unicodedata.category(sign) in {"Cc", "Cf", "Cs"} for sign in name)
    assert not name.endswith((".", " ")) and not name.startswith((".", " ", "-", "~")) and name not in {".", ".."}
    assert name.split(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", *(f"COM{n}" for n in range(1, 10)), *(f"LPT{n}" for n in range(1, 10))}


def test_a_name_says_day_number_title_kind_and_section() -> None:
    name = file_name(
        TEMPLATE,
        date=date(2025, 4, 1),
        docno="金デ第123号",
        title="事務用品の購入について",
        kind="伺",
        section="デジタル政策課",
        number="2025-000123",
        extension=".pdf",
    )
    assert name == "20250401_金デ第123号_事務用品の購入について(伺)_デジタル政策課_2025-000123.pdf"


def test_missing_parts_vanish_with_their_separators() -> None:
    name = file_name(TEMPLATE, date=None, docno=None, title="請求書", kind=None, section="会計課", number="2025-000124", extension=".pdf")
    assert name == "請求書_会計課_2025-000124.pdf"
    assert (
        file_name(TEMPLATE, date=None, docno=None, title=None, kind=None, section="会計課", number="2025-000125", extension=".tif") == "会計課_2025-000125.tif"
    )


def test_a_long_title_is_cut_and_the_number_stays() -> None:
    name = file_name(TEMPLATE, date=date(2025, 4, 1), docno=None, title="長い件名" * 50, kind="通知", section="総務課", number="2025-000126", extension=".pdf")
    assert name.endswith("(通知)_総務課_2025-000126.pdf")
    assert_legal(name)


def test_a_template_without_a_number_gets_one() -> None:
    name = file_name("{title}", date=None, docno=None, title="照会", kind=None, section="総務課", number="2025-000127", extension=".pdf")
    assert name == "照会_2025-000127.pdf"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("経費/見積:A*?", "経費／見積：A＊？"),
        ("が", "が"),
        ("a\u202egnp.exe", "agnp.exe"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        (" .. ", "_"),
        ("報告。 . ", "報告。"),
        ("１／２", "１／２"),
        ("con .txt", "_con .txt"),
        ("CONIN$", "_CONIN$"),
        ("-rf", "_-rf"),
        ("~$帳票", "_~$帳票"),
        (".profile", "profile"),
        ("...", "_"),
        ("か\u3099き", "がき"),
        ("髙﨑\u202e\u200b市", "髙﨑市"),
        ("家族👨\u200d👩\u200d👧", "家族👨👩👧"),
        ("a\x00\x1b[31m\r\nb", "a[31m b"),
        ("///", "／／／"),
        ("※！？", "※！？"),
    ],
)
def test_forbidden_signs_become_their_full_width_twins(text: str, name: str) -> None:
    assert slug(text) == name


@given(st.text(max_size=300))
def test_any_text_gives_one_legal_component(text: str) -> None:
    assert_legal(slug(text))


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(". -~/\\:*?\u3099\u202e\u200d\ufe0f\U000e0100髙👨")), max_size=300))
def test_a_name_of_ours_stays_as_it_is(text: str) -> None:
    assert slug(slug(text)) == slug(text)


@given(st.text(alphabet="か\u3099辻\U000e0100あ", min_size=60, max_size=200))
def test_a_cut_never_parts_a_mark_from_its_letter(text: str) -> None:
    name = slug(text)
    whole = unicodedata.normalize("NFC", text)
    assert whole.startswith(name)
    assert not unicodedata.category((whole[len(name) :] or "x")[0]).startswith("M")


@given(st.sampled_from(["{title}{extension}", "{number}", "【{kind}】{title}", "{section}/{date}-{title}", "-{title}-"]), st.text(max_size=300))
def test_any_template_gives_a_legal_name_with_its_number(template: str, title: str) -> None:
    name = file_name(template, date=None, docno=None, title=title, kind=None, section="総務課", number="2025-000123", extension=".pdf")
    assert_legal(name)
    assert "2025-000123" in name and name.endswith(".pdf")


@given(MAYBE, MAYBE, MAYBE, st.text(max_size=200), st.sampled_from([".pdf", ".TIF", "", "../x", ".j/pg"]))
def test_any_record_gets_a_legal_name_with_its_number(docno: str | None, title: str | None, kind: str | None, section: str, extension: str) -> None:
    name = file_name(TEMPLATE, date=date(2025, 4, 1), docno=docno, title=title, kind=kind, section=section, number="2025-000123", extension=extension)
    assert_legal(name)
    assert "2025-000123" in name


WORST = (
    "長" * 300, "CON", "con.", "NUL.pdf", "COM¹", "LPT9.tar.gz", "題名. . .", " .. ", "...", "a\u202egnp.exe", "\u2066隔離\u2069", "髙﨑　德太郎", "辻\U000e0100" * 90,
    "👨\u200d👩\u200d👧\u200d👦" * 60, "🇯🇵🏛️", "a/b\\c:d*e?f\"g<h>i|j", "../../etc/passwd", "~$件名", "-rf /", "\ue000外字", "か\u3099" * 100, "\x00\x1b[31m\r\n", "{number}", "{title}{extension}", "%s",
)  # fmt: skip
TEMPLATES = (TEMPLATE, "{title}", "【{kind}】{title}{extension}", "{section}/{date}-{title}", "{number}_{title}", "{docno}{title}({kind})")


@given(st.lists(st.sampled_from(WORST), min_size=1, max_size=3), st.sampled_from(TEMPLATES), st.sampled_from(WORST), st.sampled_from(WORST))
def test_the_worst_titles_end_in_good_names(titles: list[str], template: str, kind: str, section: str) -> None:
    facts = {"date": date(2025, 4, 1), "docno": "7総務第5号", "kind": kind, "section": section, "number": "2025-000123", "extension": ".pdf"}
    name = file_name(template, title="".join(titles), **facts)  # type: ignore[arg-type]
    assert_legal(name)
    assert "2025-000123" in name and name.endswith(".pdf")
    assert file_name(template, title="".join(titles), **facts) == name  # type: ignore[arg-type]


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(TEMPLATES))
def test_records_of_any_titles_never_share_a_name_on_any_system(title: str, other: str, template: str) -> None:
    facts = {"date": None, "docno": None, "kind": None, "section": "総務課", "extension": ".pdf"}
    one, another = (
        file_name(template, title=each, number=number, **facts)  # type: ignore[arg-type]
        for each, number in ((title, "2025-000001"), (other, "2025-000002"))
    )
    assert one.casefold() != another.casefold()


def test_a_cabinet_folder_names_category_and_period() -> None:
    special = Retention(period="5", start_rule=None, starts=None, expires=None, disposition=None)
    assert cabinet_folder(CONTRACT) == "契約_10年"
    assert cabinet_folder(CONTRACT, special) == "契約_5年"
    assert cabinet_folder(Category(code="T", name="軽易", name_en="", period=0, start="none", disposition="dispose")) == "軽易_1年未満"
    assert cabinet_folder(Category(code="P", name="台帳", name_en="", period="常用", start="none", disposition="review")) == "台帳_常用"
    assert cabinet_folder(None) == "未分類"

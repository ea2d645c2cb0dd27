"""core/partings.py: which pages go where, what a record gives up, and what a new one takes over."""

import unicodedata
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core import partings
from scanpipe.core.corrections import Correction, values_of
from scanpipe.core.model import Description, Page, Retention
from scanpipe.core.partings import BadParting, pages_of, parts_of, ranges
from scanpipe.core.retention import Category, Schedule
from scanpipe.core.sheets import count_sheets, fronts

PAGES = st.sets(st.integers(1, 60), min_size=1).map(sorted)
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in "0123456789,-"}
NOTHING = Retention(period=None, start_rule=None, starts=None, expires=None, disposition=None)


def described(**facts: object) -> Description:
    plain: dict[str, object] = {
        "accession_id": "A", "category": "TAX", "category_name": "税", "confidence": 0.9, "suggestions": (), "title": "課税台帳", "kind": None,
        "document_number": None, "date": date(2025, 6, 2), "completed": date(2025, 6, 2), "fiscal_year": 2025, "amount": None, "sender": None,
        "addressee": None, "retention": NOTHING, "pages": 3, "blank_pages": 1, "sides": 2, "sheets": 2, "a4_sheets": 2.0, "name": "x.pdf",
        "evidence": (), "flags": ("category-unclear",), "schedule": "s", "restricted": True,
    }  # fmt: skip
    return Description(**{**plain, **facts})  # type: ignore[arg-type]


def correction(number: int, changes: dict[str, str | None], undoes: int | None = None) -> Correction:
    at = datetime(2025, 7, number, tzinfo=UTC)
    return Correction(number=number, at=at, by="佐藤", reason="", changes=changes, department="0101", description=described(), path=None, undoes=undoes)


# --- pages ---


@given(PAGES, st.booleans())
def test_what_ranges_writes_is_read_back_also_in_full_width(pages: list[int], wide: bool) -> None:
    written = ranges(pages)
    assert pages_of(written.translate(WIDE) if wide else written, 60) == tuple(pages)


@pytest.mark.parametrize(
    ("text", "pages"),
    [
        ("1-3,5", (1, 2, 3, 5)),
        ("１～３、５", (1, 2, 3, 5)),
        ("4〜", (4, 5, 6)),
        ("-2", (1, 2)),
        (" 2 ー 3 ", (2, 3)),
        ("2−3", (2, 3)),
        ("06", (6,)),
        ("²", (2,)),
    ],
)
def test_pages_are_read_as_people_write_them(text: str, pages: tuple[int, ...]) -> None:
    assert pages_of(text, 6) == pages


@pytest.mark.parametrize("text", ["", "-", "0", "7", "1-7", "3-1", "2,1", "1,1", "1-3,2", "一", "1;;2", "1..3", "-1-2", "9999999"])
def test_what_names_no_pages_of_the_record_is_refused(text: str) -> None:
    with pytest.raises(BadParting):
        pages_of(text, 6)


@given(st.text(max_size=20), st.integers(1, 50))
def test_any_text_gives_ascending_pages_of_the_record_or_a_sentence(text: str, last: int) -> None:
    try:
        pages = pages_of(text, last)
    except BadParting as error:
        assert str(error)
        return
    assert pages and pages[0] >= 1 and pages[-1] <= last and all(before < after for before, after in pairwise(pages))


@given(st.lists(st.integers(0, 3), min_size=2, max_size=40))
def test_every_page_is_in_exactly_one_part(owners: list[int]) -> None:
    groups = [[page for page, owner in enumerate(owners, 1) if owner == part] for part in sorted(set(owners))]
    texts = [ranges(group) for group in groups]
    if len(groups) < 2:
        with pytest.raises(BadParting):
            parts_of(texts, [], len(owners))
        return
    assert parts_of(texts, [], len(owners)) == tuple(map(tuple, groups))
    with pytest.raises(BadParting):
        parts_of([*texts[:-1], texts[0]], [], len(owners))


# --- sheets ---


@given(st.lists(st.booleans(), min_size=1, max_size=30), st.sampled_from([True, False, None]), st.data())
def test_a_split_moves_sheets_and_makes_none(blanks: list[bool], duplex: bool | None, data: st.DataObject) -> None:
    pages = [Page(number=n, width=1654, height=2339, dpi=200.0, blank=blank) for n, blank in enumerate(blanks, 1)]
    owners = data.draw(st.lists(st.integers(0, 2), min_size=len(pages), max_size=len(pages)))
    begin = set(fronts(pages, duplex))
    counted = 0
    for part in set(owners):
        own = [page for page, owner in zip(pages, owners, strict=True) if owner == part]
        declared = partings.inherited({}, by="佐藤", restricted=None, fronts=[place for place, page in enumerate(own, 1) if page.number in begin])
        counted += count_sheets(own, None, partings.fronts_in(declared)).sheets
    assert counted == count_sheets(pages, duplex).sheets


# --- relations ---


def test_the_newest_decision_that_stands_tells_where_the_pages_are() -> None:
    known = [correction(1, {"split_into": "2025-000002,2025-000003"}), correction(2, {"split_into": None}, undoes=1), correction(3, {"title": "x"})]
    assert partings.standing_relations(known[:1]) == {"split_into": ("2025-000002", "2025-000003")}
    assert partings.standing_relations(known) == {}
    assert partings.relation_of(known[0]) == "split_into"
    assert [partings.relation_of(one) for one in known[1:]] == [None, None]


def test_a_record_whose_pages_are_elsewhere_counts_nothing_and_asks_nobody() -> None:
    proof = partings.proof_only(
        described(event=date(2025, 9, 30), retention=Retention(period="5", start_rule="none", starts=None, expires=None, disposition="dispose"))
    )
    assert (proof.is_batch, proof.needs_review, proof.sheets, proof.a4_sheets, proof.pages) == (True, False, 0, 0.0, 0)
    assert (proof.category, proof.retention, proof.event) == ("unclassified", NOTHING, None)
    assert (proof.title, proof.restricted) == ("課税台帳", True)  # what was closed stays closed


# --- what is taken over ---

CONTRACT = Category(code="CONTRACT", name="契約", name_en="", period=5, start="event_fy_next_apr1", disposition="dispose")
SCHEDULE = Schedule(categories={"CONTRACT": CONTRACT}, digest="s")


def test_a_new_record_is_what_persons_had_decided() -> None:
    declared = partings.inherited({"category": "CONTRACT", "event": "2025-09-30", "title": "委託契約書"}, by="佐藤", restricted=False, fronts=None)
    made = partings.as_decided(described(restricted=False), declared, SCHEDULE, frozenset())
    assert (made.category, made.event, made.title, made.needs_review) == ("CONTRACT", date(2025, 9, 30), "委託契約書", False)
    assert made.retention.starts == date(2026, 4, 1)


def test_a_category_that_the_schedule_lost_is_left_to_the_reading() -> None:
    declared = partings.inherited({"category": "GONE", "extended": "2020-01-01"}, by="佐藤", restricted=None, fronts=None)
    assert partings.as_decided(described(), declared, SCHEDULE, frozenset()).category == "TAX"


def test_what_was_closed_stays_closed_though_its_new_category_is_open() -> None:
    declared = partings.inherited({"category": "CONTRACT"}, by="佐藤", restricted=True, fronts=None)
    assert partings.as_decided(described(restricted=False), declared, SCHEDULE, frozenset()).restricted is True


def test_a_record_that_no_person_made_is_described_as_ever() -> None:
    assert partings.as_decided(described(), {"title": "x", "batch": "2025-000001"}, SCHEDULE, frozenset()) == described()


@given(st.dictionaries(st.sampled_from(["decided.title", "decided.date", "decided.category", "decided.extended", "by", "restricted"]), st.text(max_size=12)))
def test_whatever_is_inherited_describing_never_fails(declared: dict[str, str]) -> None:
    assert partings.as_decided(described(), declared, SCHEDULE, frozenset()).accession_id == "A"


def test_persons_decide_by_corrections_confirmations_and_covers() -> None:
    now = described()
    assert partings.decided(now, "0101", [], {}) == {}
    assert partings.decided(now, "0101", [correction(1, {"title": "課税台帳"})], {}) == {"title": "課税台帳"}
    assert partings.decided(now, "0101", [correction(1, {"title": "課税台帳"}), correction(2, {}, undoes=1)], {}) == {}
    assert partings.decided(now, "0101", [], {"category": "TAX", "title": "別"}) == {"category": "TAX"}
    confirmed = partings.decided(now, "0101", [correction(1, {})], {})
    assert confirmed["date"] == "2025-06-02" and confirmed["sender"] is None and "department" not in confirmed


def test_a_rescan_takes_over_decisions_and_what_it_lacks_but_nothing_against_a_person() -> None:
    old, new = values_of(described(title="古い題", kind="通知"), "0101"), values_of(described(title="新しい題", kind=None), "0101")
    assert partings.taken_over(old, new, {"title": "古い題"}, {}, ()) == {"title": "古い題", "kind": "通知"}
    assert partings.taken_over(old, new, {}, {}, ()) == {"kind": "通知"}
    assert partings.taken_over(old, new, {}, {}, ("no-title",)) == {"title": "古い題", "kind": "通知"}
    assert partings.taken_over(old, new, {"title": "古い題"}, {"title": "新しい題", "kind": None}, ()) == {}


@given(st.text(alphabet="0123456789-,〜、 ー", max_size=12))
def test_half_and_full_width_mean_the_same(text: str) -> None:
    def said(written: str) -> tuple[int, ...] | None:
        try:
            return pages_of(written, 30)
        except BadParting:
            return None

    assert said(text) == said(unicodedata.normalize("NFKC", text).translate(WIDE))

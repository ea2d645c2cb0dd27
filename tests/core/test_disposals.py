"""Disposal lists: nobody destroys by one's own word, nothing that is held goes, and whatever changes a list voids its approvals."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from scanpipe.core.disposing import disposals, obstacles
from scanpipe.core.disposing.disposal_needs import Need, needs
from scanpipe.core.disposing.disposals import (
    BEGUN,
    DESTROY,
    DISPOSED,
    DONE,
    EXPIRED,
    KEPT,
    NEEDED,
    TRANSFER,
    WITHDRAWAL,
    Act,
    BadDisposal,
    Disposal,
    Entry,
    person,
)  # fmt: skip
from scanpipe.core.disposing.holds import Hold
from scanpipe.core.disposing.obstacles import Condition, Obstacle
from scanpipe.core.disposing.tombstones import as_description, what_stays
from scanpipe.core.model import Description, Evidence, Field, Retention, State

TODAY = date(2026, 11, 22)
AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
FREE = Condition(state=State.ACCOUNTED, free=date(2026, 4, 1))


def act(by: str, minutes: int = 0, text: str = "") -> Act:
    return Act(by=by, at=AT + timedelta(minutes=minutes), text=text)


def entry(number: str, **said: Any) -> Entry:
    return Entry(**({"number": number, "department": "0101", "action": DESTROY} | said))


def listed(*entries: Entry, kind: str = EXPIRED, **said: Any) -> Disposal:
    facts: dict[str, Any] = {
        "id": "01J",
        "number": "D2026-001",
        "fiscal_year": 2026,
        "kind": kind,
        "by": "佐藤",
        "at": AT,
        "reason": "",
        "last": date(2026, 3, 31),
    }
    return Disposal(**(facts | {"entries": entries or (entry("1"),)} | said))


def approved(disposal: Disposal, *names: str) -> Disposal:
    for code in disposals.not_agreed(disposal):
        disposal = disposals.agreed(disposal, code, act("課長"))
    for minute, name in enumerate(names or ("鈴木", "高橋")[: NEEDED[disposal.kind]]):
        disposal = disposals.approved(disposal, act(name, minute), ())
    return disposal


def hold(**said: Any) -> Hold:
    facts: dict[str, Any] = {"id": "01K", "kind": "audit", "reason": "会計検査", "reference": "検第1号", "by": "佐藤", "at": AT, "since": TODAY}
    return Hold(**(facts | said))


@pytest.mark.parametrize("same", ["佐藤", " 佐 藤 ", "佐\u3000藤"])
def test_the_proposer_never_approves_however_the_name_is_written(same: str) -> None:
    disposal = disposals.agreed(listed(), "0101", act("課長"))
    with pytest.raises(BadDisposal) as caught:
        disposals.approved(disposal, act(same), ())
    assert "佐" in str(caught.value) and not disposals.is_approved(disposal)


def test_one_person_approves_once_also_in_full_width() -> None:
    disposal = approved(listed(), "Sato")
    with pytest.raises(BadDisposal):
        disposals.approved(disposal, act("ＳＡＴＯ"), ())
    assert disposal.stage == "proposed"


def test_approvals_of_the_proposer_do_not_count_wherever_they_come_from() -> None:
    assert not disposals.is_approved(listed(approvals=(act("佐 藤"), act("鈴木")))) and not disposals.is_approved(listed(approvals=(act("鈴木"), act("鈴 木"))))


def test_ended_periods_need_two_and_wrong_scans_one() -> None:
    assert approved(listed()).stage == "approved" and approved(listed(), "鈴木").stage == "proposed"
    assert approved(listed(kind=WITHDRAWAL), "鈴木").stage == "approved"


def test_nobody_approves_before_all_sections_agreed_and_all_is_decided() -> None:
    disposal = listed(entry("1"), entry("2", department="0103", action=None))
    for step, missing in ((lambda one: disposals.agreed(one, "0101", act("課長")), "0101"), (lambda one: disposals.agreed(one, "0103", act("課長")), "0103")):
        with pytest.raises(BadDisposal) as caught:
            disposals.approved(disposal, act("鈴木"), ())
        assert missing in str(caught.value)
        disposal = step(disposal)
    with pytest.raises(BadDisposal) as caught:
        disposals.approved(disposal, act("鈴木"), ())
    assert "2" in str(caught.value)
    assert disposals.approved(disposals.selected(disposal, ["2"], TRANSFER), act("鈴木"), ()).approvals


def test_an_approval_is_refused_with_every_reason_in_words() -> None:
    disposal = disposals.agreed(listed(), "0101", act("課長"))
    with pytest.raises(BadDisposal) as caught:
        disposals.approved(disposal, act("鈴木"), [Obstacle(template=obstacles.HELD, params={"number": "2026-000007", "reference": "検第1号"})])
    assert "2026-000007" in str(caught.value) and "検第1号" in str(caught.value)


@pytest.mark.parametrize("change", [lambda one: disposals.selected(one, ["1"], TRANSFER), lambda one: disposals.left_out(one, ["1"])])
def test_any_change_of_the_entries_voids_the_approvals(change: Any) -> None:
    disposal = approved(listed(entry("1"), entry("2")))
    assert disposals.is_approved(disposal) and not change(disposal).approvals


def test_saying_the_same_again_voids_nothing() -> None:
    disposal = approved(listed(entry("1"), entry("2")))
    assert disposals.selected(disposal, ["1"], DESTROY) == disposal


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        (replace(FREE, holds=(hold(),)), obstacles.HELD),
        (replace(FREE, holds=(hold(since=date(2030, 1, 1)),)), obstacles.HELD),  # it begins later: what is destroyed cannot be held any more
        (replace(FREE, batch_holds=(hold(),)), obstacles.HELD_BATCH),
        (replace(FREE, holds=(hold(ended=date(2026, 11, 1)),)), None),
        (replace(FREE, holds=(hold(kind="disclosure", ended=date(2026, 11, 1)),)), obstacles.HELD),  # a year more
        (replace(FREE, free=TODAY), None),
        (replace(FREE, free=TODAY + timedelta(days=1)), obstacles.NOT_EXPIRED),
        (replace(FREE, free=None), obstacles.NO_END),
        (replace(FREE, corrected=True), obstacles.CORRECTED),
        (replace(FREE, state=State.DESCRIBED), obstacles.ON_ITS_WAY),
        (replace(FREE, state=State.DISPOSED), obstacles.GONE),
        (FREE, None),
    ],
)
def test_what_stands_in_the_way_today(condition: Condition, says: str | None) -> None:
    disposal = approved(listed())
    found = disposals.obstacle(disposal.entries[0], disposal, condition, TODAY)
    assert (found.template if found else None) == says
    begun = disposals.begun(disposal, act("佐藤"))
    assert disposals.may_go(begun, begun.entries[0], condition, TODAY, waits=False) is (says is None)


def test_a_wrong_scan_may_go_before_its_period_has_passed_but_not_while_it_is_held() -> None:
    disposal = disposals.begun(approved(listed(kind=WITHDRAWAL)), act("佐藤"))
    young = replace(FREE, free=None)
    assert disposals.may_go(disposal, disposal.entries[0], young, TODAY, waits=False)
    assert not disposals.may_go(disposal, disposal.entries[0], replace(young, holds=(hold(),)), TODAY, waits=False)


def test_what_the_archives_get_goes_only_after_they_have_it() -> None:
    disposal = disposals.begun(approved(listed(entry("1", action=TRANSFER))), act("佐藤"))
    with pytest.raises(BadDisposal):
        disposals.handed_over(disposal, act("佐藤", text="館収第1号"))
    assert not disposals.may_go(disposal, disposal.entries[0], FREE, TODAY, waits=False)
    bagged = replace(disposal, bagged=act("scanpipe"), entries=tuple(replace(one, bagged=True) for one in disposal.entries))
    assert not disposals.may_go(bagged, bagged.entries[0], FREE, TODAY, waits=False)
    assert list(needs(bagged)) == [Need(what="hand-over", count=1)]
    over = disposals.handed_over(bagged, act("佐藤", text="館収第1号"))
    assert disposals.may_go(over, over.entries[0], FREE, TODAY, waits=False)
    assert not disposals.may_go(over, replace(over.entries[0], bagged=False), FREE, TODAY, waits=False)


def test_a_batch_waits_for_the_first_that_holds_its_pages_and_is_transferred_only_if_all_are() -> None:
    batch = entry("1", heirs=("2", "3"))
    entries = disposals.with_batches([batch, entry("2"), entry("3", action=None)])
    assert entries[0].action is None
    disposal = disposals.selected(listed(*entries), ["3"], TRANSFER)
    assert disposal.entry("1").action == DESTROY  # the archives do not get what is to be destroyed
    assert disposals.selected(disposal, ["2"], TRANSFER).entry("1").action == TRANSFER
    assert disposals.left_out(disposals.selected(disposal, ["2"], TRANSFER), ["3"]).entry("1").action == DESTROY  # nor what stays
    begun = disposals.begun(approved(disposals.selected(disposal, ["3"], DESTROY)), act("佐藤"))
    assert not disposals.may_go(begun, begun.entry("1"), FREE, TODAY, waits=True) and disposals.may_go(begun, begun.entry("1"), FREE, TODAY, waits=False)
    with pytest.raises(BadDisposal):
        disposals.selected(disposal, ["1"], DESTROY)


def test_the_last_part_that_leaves_the_list_takes_its_batch_off_and_what_that_was_merged_from() -> None:
    entries = (entry("1", heirs=("2",)), entry("2", heirs=("3", "4")), entry("3"), entry("4"))
    assert [one.number for one in disposals.without(entries, ["4"])] == ["1", "2", "3"]
    assert disposals.without(entries, ["3", "4"]) == ()
    with pytest.raises(BadDisposal):
        disposals.left_out(listed(*entries), ["2"])  # it goes as its parts do


def test_a_batch_that_follows_the_archives_parts_keeps_nobody_waiting_for_scanpipe() -> None:
    entries = (entry("1", heirs=("2", "3")), entry("2", action=TRANSFER, bagged=True))
    begun = replace(listed(*entries), begun=act("佐藤"), bagged=act("scanpipe"))
    assert list(needs(begun)) == [Need(what="hand-over", count=1)]


def test_a_begun_list_is_not_changed_but_for_what_was_kept_back() -> None:
    begun = disposals.begun(approved(listed(entry("1"), entry("2", state=KEPT))), act("佐藤"))
    for step in (
        lambda: disposals.selected(begun, ["1"], TRANSFER),
        lambda: disposals.left_out(begun, ["1"]),
        lambda: disposals.cancelled(begun, act("佐藤")),
        lambda: disposals.approved(begun, act("田中"), ()),
        lambda: disposals.agreed(begun, "0101", act("課長")),
    ):
        with pytest.raises(BadDisposal):
            step()
    assert [one.number for one in disposals.left_out(begun, ["2"]).entries] == ["1"]
    assert disposals.left_out(begun, ["2"]).approvals == begun.approvals


def test_a_name_is_needed() -> None:
    with pytest.raises(BadDisposal):
        disposals.checked_name(" \u3000")


# --- what stays known ---

DESCRIPTION = Description(
    accession_id="01J", category="HR", category_name="人事", confidence=0.9, suggestions=(), title="佐藤太郎の辞令", kind="通知", document_number="第1号",
    date=date(2010, 6, 1), completed=date(2010, 6, 1), fiscal_year=2010, amount=120000, sender="秘密の差出人", addressee="秘密の宛先",
    retention=Retention(period="5", start_rule="fy_next_apr1", starts=date(2011, 4, 1), expires=date(2016, 3, 31), disposition="dispose"),
    pages=2, blank_pages=0, sides=2, sheets=1, a4_sheets=1.0, name="秘密の名前.pdf", evidence=(Evidence(about="title", rule="x", quote="秘密の語"),),
    flags=("no-title",), schedule="0" * 64, fields=(Field(name="amount", value=120000, confidence=1.0, quote="秘密の金額"),), restricted=False,
)  # fmt: skip


def test_a_tombstone_tells_titles_but_no_persons_amounts_or_quotes() -> None:
    told = what_stays(DESCRIPTION)
    assert told["title"] == "佐藤太郎の辞令" and "秘密" not in str(told) and "120000" not in str(told)
    left = as_description("01J", told)
    assert (left.title, left.sheets, left.retention, left.needs_review) == (DESCRIPTION.title, 1, DESCRIPTION.retention, False)
    assert "秘密" not in str(left) and left.amount is None


@pytest.mark.parametrize("closed", [{"restricted": True}, {"fields": (Field(name="my_number", value="*", confidence=1.0),)}])
def test_the_title_of_a_restricted_record_is_withheld(closed: dict[str, Any]) -> None:
    assert what_stays(replace(DESCRIPTION, **closed))["title"] is None


# --- the whole life, in any order ---

PEOPLE = st.sampled_from(["佐藤", "佐 藤", "鈴木", "ｽｽﾞｷ", "スズキ", "高橋", "田中"])
NUMBERS = st.sampled_from(["1", "2", "3", "4"])


class Life(RuleBasedStateMachine):
    """People do whatever they like in any order; a wrong step is refused."""

    @initialize(kind=st.sampled_from([EXPIRED, WITHDRAWAL]), proposer=PEOPLE)
    def propose(self, kind: str, proposer: str) -> None:
        entries = (entry("1"), entry("2", department="0103"), entry("3", action=TRANSFER), entry("4", heirs=("1",)))
        self.disposal = listed(*entries, kind=kind, by=proposer)
        self.held: set[str] = set()
        self.approved_entries: tuple[Entry, ...] = ()
        self.minutes = 0

    def step(self, change: Any) -> None:
        self.minutes += 1
        try:
            after = change(act_at(self.minutes))
        except BadDisposal:
            return
        if len(after.approvals) > len(self.disposal.approvals):
            self.approved_entries = plain(after.entries)
        self.disposal = after

    @rule(code=st.sampled_from(["0101", "0103", "9999"]), who=PEOPLE)
    def agree(self, code: str, who: str) -> None:
        self.step(lambda at: disposals.agreed(self.disposal, code, at(who)))

    @rule(number=NUMBERS, action=st.sampled_from([TRANSFER, DESTROY]))
    def select(self, number: str, action: str) -> None:
        self.step(lambda at: disposals.selected(self.disposal, [number], action))

    @rule(number=NUMBERS)
    def leave_out(self, number: str) -> None:
        self.step(lambda at: disposals.left_out(self.disposal, [number]))

    @rule(who=PEOPLE)
    def approve(self, who: str) -> None:
        self.step(lambda at: disposals.approved(self.disposal, at(who), self.obstacles()))

    @rule(who=PEOPLE)
    def begin(self, who: str) -> None:
        self.step(lambda at: disposals.begun(self.disposal, at(who)))

    @rule(first=PEOPLE, second=PEOPLE)
    def hurry(self, first: str, second: str) -> None:
        """All at once, as far as they are let; else chance would seldom come to the end."""
        for code in ("0101", "0103"):
            self.agree(code, "課長")
        for who in (first, second):
            self.approve(who)
        self.begin(first)

    @rule(who=PEOPLE)
    def cancel(self, who: str) -> None:
        self.step(lambda at: disposals.cancelled(self.disposal, at(who)))

    @rule(who=PEOPLE)
    def confirm(self, who: str) -> None:
        self.step(lambda at: disposals.handed_over(self.disposal, at(who)))

    @rule(number=NUMBERS)
    def hold(self, number: str) -> None:
        self.held ^= {number}

    @rule()
    def bag(self) -> None:
        if self.disposal.stage == BEGUN and self.disposal.bagged is None:
            entries = tuple(replace(one, bagged=one.action == TRANSFER and one.number not in self.held) for one in self.disposal.entries)
            self.disposal = replace(self.disposal, bagged=act("scanpipe"), entries=entries)

    @rule(number=NUMBERS)
    def destroy(self, number: str) -> None:
        """As upkeep/disposal/destruction.py does."""
        for one in self.disposal.entries:
            waits = any(other.number in one.heirs and other.state != DISPOSED for other in self.disposal.entries)
            if one.number != number or not disposals.may_go(self.disposal, one, self.condition(one), TODAY, waits=waits):
                continue
            approvers = {person(two.by) for two in self.disposal.approvals}
            assert len(approvers - {person(self.disposal.by)}) >= NEEDED[self.disposal.kind]
            assert number not in self.held and not waits
            assert set(plain(self.disposal.entries)) <= set(self.approved_entries), "what goes is what was approved"
            assert one.action == DESTROY or (one.bagged and self.disposal.handed_over)
            self.disposal = replace(self.disposal, entries=tuple(replace(two, state=DISPOSED) if two is one else two for two in self.disposal.entries))

    def condition(self, one: Entry) -> Condition:
        return replace(FREE, holds=(hold(),) if one.number in self.held else (), state=State.DISPOSED if one.state == DISPOSED else State.ACCOUNTED)

    def obstacles(self) -> list[Obstacle]:
        found = (disposals.obstacle(one, self.disposal, self.condition(one), TODAY) for one in self.disposal.entries)
        return [one for one in found if one]

    @invariant()
    def nothing_goes_of_a_list_that_was_not_begun(self) -> None:
        if hasattr(self, "disposal"):
            gone = [one for one in self.disposal.entries if one.state == DISPOSED]
            assert not gone or self.disposal.stage in (BEGUN, DONE)
            list(needs(self.disposal))


def plain(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(replace(one, state="open", bagged=False, obstacle=None) for one in entries)


def act_at(minutes: int) -> Any:
    return lambda by: act(by, minutes)


TestLife = Life.TestCase

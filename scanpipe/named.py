"""What people call the states, steps and rules that programs know by a short English word. Words that are not listed are shown as they are."""

from collections.abc import Iterable, Mapping
from typing import Any

from scanpipe.core.disposing.holds import KINDS as HOLD_KINDS
from scanpipe.core.disposing.papers import Kind, word
from scanpipe.core.sheets import OTHER_SIZES
from scanpipe.i18n import N_, _, _n

_STEPS = {  # states of a record and kinds of events
    "accessioned": N_("taken into custody"),
    "duplicate": N_("came twice"),
    "rejected": N_("not taken"),
    "recognised": N_("read"),
    "described": N_("described"),
    "filed": N_("filed"),
    "indexed": N_("findable"),
    "accounted": N_("finished"),
    "returned": N_("read again"),
    "retried": N_("tried again"),
    "corrected": N_("corrected by a person"),
    "viewed": N_("looked at"),
    "downloaded": N_("downloaded"),
    "exported": N_("exported"),
    "uploaded": N_("sent from the web"),
    "verified": N_("vault verified"),
    "schedule": N_("retention schedule imported"),
    "disposed": N_("disposed of"),
    "fixity_failed": N_("found altered on the disk"),
    "fixity_mended": N_("whole again on the disk"),
}
_STAGES = {
    "intake": N_("intake"),
    "recognise": N_("reading"),
    "describe": N_("describing"),
    "file": N_("filing"),
    "index": N_("indexing"),
    "account": N_("counting"),
}
_PHOTOS = {"before": N_("before emptying"), "after": N_("after emptying")}
_PAPER_SOURCES = {"purchase": N_("purchase"), "counter": N_("counter"), "estimate": N_("estimate")}
_UNITS = {"sheet": N_("{n} sheets"), "side": N_("{n} sides"), "ream": N_("{n} reams"), "box": N_("{n} boxes")}
_CONVERSIONS = {
    "boxes": N_("boxes of paper"),
    "file_metres": N_("metres of files"),
    "paper": N_("kg of paper"),
    "co2": N_("kg of CO₂"),
    "paper_price": N_("yen for paper"),
    "copy_price": N_("yen for copies"),
}
_DISPOSITIONS = {
    "transfer": N_("transfer to the archives"),
    "dispose": N_("destroy"),
    "review": N_("decide then"),
}
_ENDS = {  # of records
    "transfer": N_("Transferred to the archives and erased here on {day} by the list {list}, approved by {approved_by}. Only its tombstone is left."),
    "withdrawal": N_("Withdrawn as a wrong scan on {day} by the list {list}, approved by {approved_by}. Only its tombstone is left."),
    "expired": N_("Destroyed on {day} by the list {list}, approved by {approved_by}. Only its tombstone is left."),
}
_PERIODS = {"永年": N_("for ever"), "常用": N_("as long as in use")}
_ABOUT = {
    "category": N_("Category"),
    "title": N_("Title"),
    "date": N_("Date"),
    "completed": N_("Completed"),
    "document_number": N_("Document number"),
    "kind": N_("Kind"),
    "amount": N_("Amount"),
    "sender": N_("From"),
    "addressee": N_("To"),
    "sheets": N_("Sheets"),
    "pages": N_("Pages"),
    "disposal": N_("Disposal"),
    "form": N_("Kind of paper"),
    "case_number": N_("Case number"),
    "ordinance_number": N_("Ordinance number"),
    "directive_number": N_("Directive number"),
    "notice_number": N_("Public notice number"),
    "bill_number": N_("Bill number"),
    "partner": N_("Contract partner"),
    "amount_with_tax": N_("Amount with tax"),
    "amount_without_tax": N_("Amount without tax"),
    "tax": N_("Consumption tax"),
    "date_drafted": N_("Drafted on"),
    "date_decided": N_("Decided on"),
    "date_issued": N_("Issued on"),
    "date_received": N_("Received on"),
    "date_concluded": N_("Concluded on"),
    "date_done": N_("Done on"),
    "date_granted": N_("Granted on"),
    "date_promulgated": N_("Promulgated on"),
    "date_held": N_("Held on"),
    "date_effective": N_("Effective from"),
    "date_in_force": N_("In force from"),
    "period_start": N_("Period from"),
    "period_end": N_("Period until"),
    "delivery_due": N_("Delivery due"),
    "payment_due": N_("Payment due"),
    "due": N_("Due"),
    "voucher_number": N_("Number of the invoice or voucher"),
    "my_number": N_("Individual number"),
    "department": N_("Section"),
    "event": N_("Event that starts the period"),
    "extended": N_("Kept longer, until"),
    "retention": N_("Retention"),
    "period": N_("Retention period"),
    "start_rule": N_("Start of period"),
    "starts": N_("Start of period"),
    "expires": N_("End of period"),
    "disposition": N_("Disposition at the end"),
    "split_into": N_("Split into"),
    "merged_into": N_("Merged into"),
    "batch": N_("Part of"),
    "parts": N_("Split into"),
    "merged": N_("Made of"),
    "replaces": N_("Replaces"),
    "replaced_by": N_("Replaced by"),
}
_RULES = {  # how a fact was found; {written}: what follows the colon of the rule's id
    "word": N_("the word 「{written}」 of the schedule stands there"),
    "against": N_("the word 「{written}」 speaks for another category"),
    "title": N_("like the usual title 「{written}」"),
    "pattern": N_("matches the schedule's pattern {written}"),
    "matter": N_("the word 「{written}」, which papers of this matter use"),
    "ngram": N_("「{written}」 was learnt to speak for it"),
    "similar": N_("like {written}, which a person put there"),
    "elsewhere": N_("like {written}, which a person put into another category"),
    "section": N_("how often section {written} has decided so"),
    "date": N_("the date as {written}"),
    "number": N_("behind 「{written}」"),
    "person": N_("decided by {written}"),
}
_WHOLE_RULES = {  # rules whose id says all
    "cover": N_("cover sheet"),
    "my-number": N_("delete at once when the retention ends"),
    "file-names": N_("numbers missing in the file names"),
    "title:label": N_("behind 件名 or a word like it"),
    "title:works": N_("behind the name of the works"),
    "title:about": N_("a row that ends in について or a word like it"),
    "title:heading": N_("by its size and place on the page"),
    "title:first": N_("the first row where a title stands"),
    "kind:brackets": N_("in brackets behind the title"),
    "number:standing": N_("a number by itself near the top"),
    "number:case": N_("the number of the case"),
    "date:文書": N_("the day of the document itself"),
    "amount:largest": N_("the largest amount stated"),
    "addressee:head": N_("by its place at the top, with 様 or 御中"),
    "sender:head": N_("by its place at the top"),
}
DISPOSAL_STAGES = {
    "proposed": N_("proposed"),
    "approved": N_("approved"),
    "begun": N_("being carried out"),
    "done": N_("carried out"),
    "cancelled": N_("cancelled"),
}
DISPOSAL_KINDS = {"expired": N_("period ended"), "withdrawal": N_("withdrawal of wrong scans")}
DISPOSAL_ACTIONS = {"transfer": N_("transfer"), "destroy": N_("destroy"), None: N_("not decided yet")}
ENTRY_STATES = {"open": N_("waiting"), "kept": N_("kept back"), "disposed": N_("disposed of")}
BOX_STEPS = {  # what was done to a box
    Kind.BOXED: N_("{n} records put in"),
    Kind.UNBOXED: N_("{n} records taken out"),
    Kind.JOINED: N_("another scan came: check again"),
    Kind.SAMPLED: N_("sample drawn"),
    Kind.PASSED: N_("check passed"),
    Kind.FAILED: N_("check failed"),
    Kind.CLEARED: N_("cleared"),
    Kind.APPROVED: N_("approved"),
    Kind.DESTROYED: N_("destroyed"),
    Kind.TRANSFERRED: N_("transferred"),
    Kind.RETURNED: N_("given back"),
    Kind.BACK: N_("one step taken back"),
}
EFFECTS = {  # of a changed schedule on a record
    "shorter": N_("shorter"),
    "longer": N_("longer"),
    "other": N_("other start or disposition"),
    "gone": N_("category no longer in the schedule"),
}
STARTS = {  # rules by which a period begins (domain §2.3)
    "fy_next_apr1": N_("1 April after the fiscal year of completion"),
    "cy_next_jan1": N_("1 January after the calendar year of completion"),
    "cy_next_apr1": N_("1 April after the calendar year of completion"),
    "cy_as_fy_plus1": N_("1 April after the fiscal year of completion, one year more"),
    "account_fy_apr1": N_("1 April after the accounting year"),
    "account_close_jun1": N_("1 June after the accounting year was closed"),
    "event_fy_next_apr1": N_("1 April after the fiscal year of the event"),
    "event_next_day": N_("the day after the event"),
    "none": N_("no start"),
}
_JOBS = {
    "prove": N_("write the day's root"),
    "back_up": N_("back up"),
    "purge_taken": N_("clear away taken files"),
    "roll_over_receipts": N_("begin the day's receipt lists"),
    "check_catalogue": N_("check the catalogue"),
    "learn": N_("learn from decisions"),
    "look_at_shares": N_("look at the shares"),
    "report": N_("make the monthly report"),
}


def step(word: str) -> str:
    """A state of a record or a kind of event."""
    return _(_STEPS.get(word, word))


def stage(name: str) -> str:
    """A stage of the line, with the section's code where it has one: `intake 1105`."""
    word, _space, section = name.partition(" ")
    return f"{_(_STAGES.get(word, word))} {section}".rstrip()


def about(fact: str) -> str:
    """What a piece of evidence speaks for."""
    return _(_ABOUT.get(fact, fact))


def rule(fact: str, id: str, quote: str = "") -> str:
    """The rule behind a piece of evidence, in words; of a rule of a later version its id. quote: what it found, where that stands beside it: then nobody needs
    to read the signs of a pattern."""
    if fact != "category" and id in _WHOLE_RULES:
        return _(_WHOLE_RULES[id])
    kind, _colon, written = id.partition(":")
    if kind == "pattern" and quote:
        return _("wording that the schedule knows")
    if written and kind in _RULES:
        return _(_RULES[kind]).format(written=written)
    return _(_WHOLE_RULES[id]) if id in _WHOLE_RULES else id


def hold_kind(kind: str) -> str:
    """What a hold is for."""
    return _(HOLD_KINDS.get(kind, kind))


def hold_end(hold: Mapping[str, Any]) -> str:
    """Until when a hold keeps its records: its last day, or what is waited for. hold: one of `retention.holds` in JSON."""
    if hold["voided"]:
        return _("void since {day}").format(day=hold["voided"])
    return hold["ends"] or (_("until: {event}").format(event=hold["until_event"]) if hold["until_event"] else _("until further notice"))


def paper(body: Mapping[str, Any]) -> str:
    """How far the paper of a record is, and its box; "-" if it never was on paper. body: a record in JSON."""
    status, box = body["paper_status"], body["box"]
    if status is None:
        return "-"
    return _("{status}, in box {box}").format(status=word(status), box=box) if box else word(status)


def pages(body: Mapping[str, Any]) -> str:
    """Images, sheets and A4 sheets of a record, with the sizes of the paper unless all of it is A4. body: a record in JSON that is described."""
    said = _("{pages} ({blank} blank), {sheets} sheets = {a4} A4").format(
        pages=body["pages"], blank=body["blank_pages"], sheets=body["sheets"], a4=body["a4_sheets"]
    )
    return f"{said} ({paper_sizes(body['sizes'])})" if set(body["sizes"] or ()) - {"A4"} else said


def paper_sizes(sizes: Mapping[str, int]) -> str:
    """ "A4 12, A3 2", the size of most sheets first."""
    return ", ".join(f"{paper_size(size)} {sheets:,}" for size, sheets in sorted(sizes.items(), key=lambda one: (-one[1], one[0])))


def paper_size(size: str) -> str:
    """A4 and the like as they are; what is no standard size in words."""
    return _("other sizes") if size == OTHER_SIZES else size


def disposal(told: Mapping[str, Any]) -> str:
    """What became of a record that is gone. told: its `disposal` in JSON."""
    how = "transfer" if told["action"] == "transfer" else told["kind"]
    said = _(_ENDS[how]).format(day=told["at"][:10], list=told["list"], approved_by=", ".join(told["approved_by"]))
    return f"{said} {_('Its place is taken by {number}.').format(number=told['replaced_by'])}" if told["replaced_by"] else said


def job(name: str) -> str:
    """A job of the timetable."""
    return _(_JOBS.get(name, name))


def box_step(one: Mapping[str, Any]) -> str:
    """What was done to a box. one: of its `steps` in JSON."""
    return _(BOX_STEPS[Kind(one["kind"])]).format(n=len(one.get("records", ())))


def period(value: int | str | None) -> str:
    """A retention period: years, 永年 or 常用; "-" while it is unclassified."""
    if value is None:
        return "-"
    if str(value) == "0":
        return _("less than one year")
    return _n("{n} year", "{n} years", value) if str(value).isdecimal() else _(_PERIODS.get(str(value), str(value)))


def start(rule: str | None) -> str:
    """When a period begins."""
    return _(STARTS.get(rule or "none", rule or ""))


def disposition(word: str | None) -> str:
    """What becomes of a record at the end of its period; "-" while it is unclassified."""
    return _(_DISPOSITIONS.get(word, word)) if word else "-"


def retention(facts: Mapping[str, Any]) -> str:
    """How long a record is kept, from when to when, and what then; "-" while it is unclassified. facts: `retention` of a record in JSON."""
    years = facts["period"]
    if years is None:
        return "-"
    says, endless = period(years), str(years) in _PERIODS
    if facts["expires"] and (not facts["starts"] or facts["expires"] < facts["starts"]):  # less than a year ends on the day before it would begin
        says = _("{period}, until {expires}").format(period=says, expires=facts["expires"])
    elif facts["starts"] and facts["expires"]:
        says = _("{period}, from {starts} to {expires}").format(period=says, starts=facts["starts"], expires=facts["expires"])
    elif facts["starts"]:
        says = _("{period}, from {starts}").format(period=says, starts=facts["starts"])
    elif not endless and facts.get("start") != "none":
        says = _("{period}, not begun yet").format(period=says)
    if endless or not facts["disposition"]:
        return says
    return _("{period}; then: {disposition}").format(period=says, disposition=disposition(facts["disposition"]))


def reason(said: Mapping[str, Any]) -> str:
    """A sentence that was kept as its message id and what belongs into it: {template, params}."""
    template = str(said["template"])
    return _(template).format(**said["params"])


def photo(shows: str) -> str:
    """What a photo of a cabinet shows."""
    return _(_PHOTOS[shows])


def paper_source(word: str) -> str:
    """Where a figure of ledger A comes from."""
    return _(_PAPER_SOURCES.get(word, word))


def paper_quantity(row: Mapping[str, Any]) -> str:
    """A raw count in words, with the paper's size unless it is A4."""
    size = "" if row["size"] == "A4" else f" {row['size']}"
    words = _UNITS[row["unit"]]
    return _(words).format(n=f"{row['quantity']:,.10g}") + size


_PAPER_DOUBTS = {
    "devices": N_("there are figures of single devices and a figure without a device: both count. See that they are not of the same sheets."),
    "sizes": N_("paper of one size takes the place of another. Where both were used, bring in one file with all sizes of this month."),
}


def paper_doubt(doubt: Mapping[str, Any]) -> str:
    """What to look at before a figure counts, without its place."""
    words = _PAPER_DOUBTS[doubt["about"]]
    return _(words)


_FACTORS = {
    "a3_sheets": N_("A3 in A4"),
    "b4_sheets": N_("B4 in A4"),
    "b5_sheets": N_("B5 in A4"),
    "a5_sheets": N_("A5 in A4"),
    "sheets_per_box": N_("sheets in a box"),
    "sheets_per_a3_box": N_("sheets in a box of A3"),
    "sheets_per_ream": N_("sheets in a ream"),
    "duplex_share": N_("share printed on both sides"),
    "sheets_per_file_metre": N_("sheets in a metre of files"),
    "bound_sheets_per_file_metre": N_("sheets in a metre of bound files"),
    "file_metres_per_cabinet": N_("metres of files in a cabinet"),
    "grams_per_sheet": N_("weight of a sheet"),
    "co2_grams_per_sheet": N_("CO₂ of a sheet"),
    "yen_per_sheet": N_("price of a sheet"),
    "yen_per_copy": N_("price of a copy"),
    "staff_ratio": N_("ratio of staff to the base year"),
}


def factors(names: Iterable[str], *, keys: bool = False) -> str:
    """Factors of [metrics] as people call them. keys: with the name that the configuration has, for who confirms them."""
    return ", ".join(f"{_(_FACTORS[name])} ({name})" if keys else _(_FACTORS[name]) for name in names)


def conversion(name: str) -> str:
    """What sheets are shown as, with its unit."""
    return _(_CONVERSIONS[name])

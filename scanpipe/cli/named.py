"""What people call the states, steps and rules that programs know by a short English word. Words that are not listed are shown as they are."""

from collections.abc import Mapping
from typing import Any

from scanpipe.i18n import N_, _

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
}
_STAGES = {
    "intake": N_("intake"),
    "recognise": N_("reading"),
    "describe": N_("describing"),
    "file": N_("filing"),
    "index": N_("indexing"),
    "account": N_("counting"),
}
_DISPOSITIONS = {
    "transfer": N_("transfer to the archives"),
    "dispose": N_("destroy"),
    "review": N_("decide then"),
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
}
_RULES = {  # of the retention schedule, which people wrote; those that find titles, dates and numbers keep their ids
    "word": N_("word: {written}"),
    "title": N_("usual title: {written}"),
    "pattern": N_("pattern: {written}"),
}
_JOBS = {
    "purge_taken": N_("clear away taken files"),
    "roll_over_receipts": N_("begin the day's receipt lists"),
    "check_catalogue": N_("check the catalogue"),
    "look_at_shares": N_("look at the shares"),
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


def rule(fact: str, id: str) -> str:
    """The rule behind a piece of evidence: `word: 請求書`."""
    if id == "cover":
        return _("cover sheet")
    if id == "file-names":
        return _("numbers missing in the file names")
    kind, _colon, written = id.partition(":")
    return _(_RULES[kind]).format(written=written) if fact == "category" and kind in _RULES else id


def job(name: str) -> str:
    """A job of the timetable."""
    return _(_JOBS.get(name, name))


def retention(facts: Mapping[str, Any]) -> str:
    """How long a record is kept, from when to when, and what then; "-" while it is unclassified. facts: `retention` of a record in JSON."""
    period = facts["period"]
    if period is None:
        return "-"
    says = _("{n} years").format(n=period) if isinstance(period, int) else _(_PERIODS.get(period, period))
    if facts["starts"] and facts["expires"]:
        says = _("{period}, from {starts} to {expires}").format(period=says, starts=facts["starts"], expires=facts["expires"])
    elif facts["starts"]:
        says = _("{period}, from {starts}").format(period=says, starts=facts["starts"])
    elif isinstance(period, int):
        says = _("{period}, not begun yet").format(period=says)
    disposition = facts["disposition"]
    return _("{period}; then: {disposition}").format(period=says, disposition=_(_DISPOSITIONS.get(disposition, disposition))) if disposition else says

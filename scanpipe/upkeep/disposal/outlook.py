"""What happens next with a record, in one sentence that a clerk understands."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final

from scanpipe import named
from scanpipe.core.model import State
from scanpipe.i18n import N_, _

_UNDER_WAY: Final = {
    State.ACCESSIONED: N_("Its pages are being read; it can be found by search when that is done."),
    State.RECOGNISED: N_("It has been read and is being filed."),
    State.DESCRIBED: N_("It has been read and is being filed."),
    State.FILED: N_("It is filed and can be found by search in a moment."),
}
_AT_THE_END: Final = {
    "dispose": N_("It is kept until {day} and may be destroyed after that, once the section agrees and it is approved."),
    "transfer": N_("It is kept until {day} and goes to the archives after that."),
    "review": N_("It is kept until {day}; whether it is destroyed or goes to the archives is decided then."),
}
_ENDED: Final = {
    "dispose": N_("Its period ended on {day}: it comes onto the next list of records to destroy."),
    "transfer": N_("Its period ended on {day}: it comes onto the next list for the archives."),
    "review": N_("Its period ended on {day}: destroy it or hand it to the archives, that is to be decided."),
}


def outlook(record: Mapping[str, Any], listed: Mapping[str, Any] | None, today: date, day: Callable[[str], str]) -> str:
    """record: as JSON (design §10). listed: the disposal list that waits for a decision about it. day: how a day is written."""
    if record["disposal"]:
        return named.disposal(record["disposal"])
    if record["state"] in _UNDER_WAY:
        return _(_UNDER_WAY[State(record["state"])])
    if record["needs_review"]:
        return _("A person has to look at it: see what is to be checked.")
    return _held(record["retention"]["holds"], today, day) or _kept(record["retention"], listed, today, day)


def held_by(holds: list[Mapping[str, Any]], today: date) -> list[Mapping[str, Any]]:
    """Those of a record's holds that are in force."""
    now = today.isoformat()
    return [hold for hold in holds if not hold["voided"] and hold["from"] <= now and (hold["ends"] is None or hold["ends"] >= now)]


def _held(holds: list[Mapping[str, Any]], today: date, day: Callable[[str], str]) -> str | None:
    """The hold that lasts longest decides."""
    standing = sorted(held_by(holds, today), key=lambda hold: hold["ends"] or "9999")
    if not standing:
        return None
    last = standing[-1]
    until = day(last["ends"]) if last["ends"] else named.hold_end(last)
    return _("It is held ({kind}: {reason}; {until}) and is not disposed of before that.").format(
        kind=named.hold_kind(last["kind"]), reason=last["reason"], until=until
    )


def _kept(retention: Mapping[str, Any], listed: Mapping[str, Any] | None, today: date, day: Callable[[str], str]) -> str:
    period, expires, disposition = retention["period"], retention["expires"], retention["disposition"]
    if period is None:
        return _("Its category is not decided yet, so no period runs. Choose one under Review.")
    if period == "永年":
        return _("It is kept for ever.")
    if period == "常用":
        return _("It is kept as long as it is in use.")
    if expires is None:
        return _("Its period of {n} years begins when the day of what starts it is entered.").format(n=period)
    if listed and expires < today.isoformat():
        return _("Its period ended on {day}; it is on list {list} and waits for a decision.").format(day=day(expires), list=listed["number"])
    return _((_ENDED if expires < today.isoformat() else _AT_THE_END).get(disposition, _AT_THE_END["review"])).format(day=day(expires))

"""Holds: what keeps records from disposal, paper and digital alike, beyond the end of their period (domain §2.4)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from scanpipe.core.dates import LAST_KEPT, NotPlausible, plausible
from scanpipe.core.retention import expiry, starts
from scanpipe.core.text import normalise
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

KINDS = {  # and what people call them
    "disclosure": N_("disclosure request"),
    "appeal": N_("appeal"),
    "litigation": N_("lawsuit"),
    "audit": N_("audit"),
    "other": N_("other"),
}
_YEARS_AFTER = {"disclosure": 1, "appeal": 1}  # kept so long from the day after the decision
LONGEST = 500  # signs of one text


class BadHold(UsageError):
    """A hold that cannot be; the template says why and what to write."""


NO_KIND = N_("{value} is no kind of hold. Write one of: {kinds}")
NO_REASON = N_("Say why the records are held: --reason TEXT")
NO_REFERENCE = N_("Give the number of the request, case or audit: --reference TEXT")
TOO_LONG = N_("A text of the hold is longer than {most} signs. Shorten it.")
NO_DAY = N_("{value} is not a day; write it like 2025-04-01")
ENDS_BEFORE = N_("The hold would end on {end}, before it begins on {begin}. Correct one of the days.")
NOTHING_HELD = N_("Say what is held: record numbers, --query, or a section, category or fiscal year.")
NOT_YET = N_("{day} has not come yet. Enter the end when the matter has ended.")
ENDED_ALREADY = N_("This hold ended on {day} already.")
VOID_ALREADY = N_("This hold has been void since {day}; it keeps no record any more.")
NO_MISTAKE = N_("Say what was entered by mistake: --reason TEXT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Records that are held whenever they come: of this section, category (code) and fiscal year of completion. None = of any; not all three are None."""

    department: str | None = None
    category: str | None = None
    fiscal_year: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold, entered by a person: a row of table `hold`.

    id: ULID. kind: one of KINDS. reason: in their words. reference: number of the request, case or audit, "" only for "other". by: who entered it; at: aware.
    since: its first day. until: the last day if it is known beforehand; until_event: what is waited for; both None = until further notice.
    numbers: records that are held, sorted. standing: a filter that holds more of them. query: the search that found the numbers, None if they were written out.
    ended: the day of the decision, or on which the matter ended otherwise, None until a person enters it; ended_by, end_reason: who and why.
    voided: the day on which a person said that it was entered by mistake: it keeps nothing any more, whatever its kind adds; None = it stands.
    """

    id: str
    kind: str
    reason: str
    reference: str
    by: str
    at: datetime
    since: date
    until: date | None = None
    until_event: str | None = None
    numbers: tuple[str, ...] = ()
    standing: Standing | None = None
    query: str | None = None
    ended: date | None = None
    ended_by: str | None = None
    end_reason: str = ""
    voided: date | None = None
    voided_by: str | None = None
    void_reason: str = ""


def checked(hold: Hold) -> Hold:
    """The hold with its texts normalised and its numbers sorted, each once. Raises BadHold."""
    if hold.kind not in KINDS:
        raise BadHold(NO_KIND, value=hold.kind, kinds=", ".join(KINDS))
    if not hold.reason.strip():
        raise BadHold(NO_REASON)
    reference = normalise(hold.reference).strip()
    if not reference and hold.kind != "other":
        raise BadHold(NO_REFERENCE)
    if max(map(len, (hold.reason, reference, hold.until_event or "", hold.query or ""))) > LONGEST:
        raise BadHold(TOO_LONG, most=LONGEST)
    if hold.until and hold.until < hold.since:
        raise BadHold(ENDS_BEFORE, end=hold.until.isoformat(), begin=hold.since.isoformat())
    if not hold.numbers and hold.standing in (None, Standing()):
        raise BadHold(NOTHING_HELD)
    event = (hold.until_event or "").strip() or None
    return replace(hold, reason=hold.reason.strip(), reference=reference, until_event=event, numbers=tuple(sorted(set(hold.numbers))))


def ended(hold: Hold, day: date, *, today: date, by: str, reason: str) -> Hold:
    """The hold after its matter has ended on `day`. Saying the same twice changes nothing. Raises BadHold."""
    if hold.voided is not None:
        raise BadHold(VOID_ALREADY, day=hold.voided.isoformat())
    if hold.ended is not None and (hold.ended, hold.ended_by) != (day, by):
        raise BadHold(ENDED_ALREADY, day=hold.ended.isoformat())
    if day > today:
        raise BadHold(NOT_YET, day=day.isoformat())
    if day < hold.since:
        raise BadHold(ENDS_BEFORE, end=day.isoformat(), begin=hold.since.isoformat())
    return replace(hold, ended=day, ended_by=by, end_reason=reason)


def voided(hold: Hold, today: date, *, by: str, reason: str) -> Hold:
    """The hold after a person said that it was entered by mistake; one whose matter has ended can be void, too. Said by the same person twice: as it was.

    Raises BadHold.
    """
    if hold.voided is not None:
        if hold.voided_by != by:
            raise BadHold(VOID_ALREADY, day=hold.voided.isoformat())
        return hold
    if not reason.strip():
        raise BadHold(NO_MISTAKE)
    if len(reason) > LONGEST:
        raise BadHold(TOO_LONG, most=LONGEST)
    return replace(hold, voided=today, voided_by=by, void_reason=reason.strip())


def effective_end(hold: Hold) -> date | None:
    """The last day on which the hold keeps its records, a year after the decision for disclosure requests and appeals; None = until further notice.

    The day that a person entered counts; else the day known beforehand, unless an event is waited for as well, which may come later.
    A void hold kept its records to the day before it was found to be void.
    """
    if hold.voided is not None:
        return hold.voided - timedelta(days=1)
    day = hold.ended or (None if hold.until_event else hold.until)
    if day is None or hold.kind not in _YEARS_AFTER or day == date.max:
        return day
    return expiry("event_next_day", _YEARS_AFTER[hold.kind], starts("event_next_day", day, event=day))


def ends(holds: Iterable[Hold]) -> tuple[date | None, ...]:
    """For core.retention.disposable_from, where the latest wins."""
    return tuple(effective_end(hold) for hold in holds)


def in_force(hold: Hold, day: date) -> bool:
    """Whether the hold keeps its records from disposal on this day. One that begins later does already: what is destroyed cannot be held any more."""
    end = effective_end(hold)
    return end is None or end >= day


def day_of(text: str) -> date:
    """A day as ISO writes it, none that was surely mistyped. Raises BadHold."""
    try:
        return plausible(date.fromisoformat(text), last=LAST_KEPT)
    except ValueError as error:
        raise BadHold(NO_DAY, value=text) from error
    except NotPlausible as error:
        raise BadHold(error.template, **error.params) from error


def same_held(hold: Hold, holds: Iterable[Hold], day: date) -> Hold | None:
    """The first of these holds that keeps the same already: same matter, same records, to the same end, in force on this day and not ended; None if none does.

    hold: checked. Since when does not matter: one that begins later keeps its records already. Without a reference the reason tells which matter it is.
    """

    def matter(one: Hold) -> tuple[object, ...]:
        return (one.kind, one.reference or one.reason, tuple(sorted(one.numbers)), one.standing or Standing(), one.until, one.until_event)

    return next((one for one in holds if one.ended is None and one.voided is None and in_force(one, day) and matter(one) == matter(hold)), None)


def to_end(holds: Sequence[Hold], name: str) -> list[Hold]:
    """The holds that a person means who says that a matter has ended: by id, or by reference. Several only if several still stand.

    Ended and void ones are not meant where one stands; where none does, the newest that was ended, else the newest that is void, so that this can be told.
    """
    found = _named(holds, name)
    standing = [hold for hold in found if hold.ended is None and hold.voided is None]
    return standing or [hold for hold in found if hold.voided is None][-1:] or found[-1:]


def to_void(holds: Sequence[Hold], name: str) -> list[Hold]:
    """The holds that a person means who says that one was entered by mistake: those that stand, else those that were ended, else the newest that is void."""
    found = _named(holds, name)
    standing = [hold for hold in found if hold.ended is None and hold.voided is None]
    return standing or [hold for hold in found if hold.voided is None] or found[-1:]


def _named(holds: Sequence[Hold], name: str) -> list[Hold]:
    plain = normalise(name).strip()
    return [hold for hold in holds if hold.id == plain.upper()] or [hold for hold in holds if plain and hold.reference == plain]

"""Disposal of records by list (廃棄目録, domain §2.5): who must agree and approve, what stands in the way, what comes next. Nothing is destroyed here.

A list is proposed, agreed to by the sections that answer for its records, approved by other persons, carried out, and closed with a certificate.
Whoever proposes never approves; what was approved is exactly what may go, for any change of the entries voids the approvals.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from scanpipe.core.dates import fiscal_year
from scanpipe.core.describing.persons import person
from scanpipe.core.disposing import obstacles
from scanpipe.core.disposing.obstacles import Condition, Obstacle, held_by
from scanpipe.core.model import State
from scanpipe.errors import UsageError
from scanpipe.i18n import N_, _

EXPIRED, WITHDRAWAL = "expired", "withdrawal"  # kinds of lists
TRANSFER, DESTROY = "transfer", "destroy"
OPEN, KEPT, DISPOSED = "open", "kept", "disposed"  # states of an entry
PROPOSED, APPROVED, BEGUN, DONE, CANCELLED = "proposed", "approved", "begun", "done", "cancelled"
NEEDED = {EXPIRED: 2, WITHDRAWAL: 1}  # approvals, each by another person than who proposed
ACTIONS: Mapping[str | None, str] = {"transfer": TRANSFER, "dispose": DESTROY}  # of the schedule's dispositions; "review" is decided on the list (選別)
LONGEST = 500  # signs of one text


class BadDisposal(UsageError):
    """A step that cannot be taken; the template says why and what comes first."""


NO_REASON = N_("Say why: --reason TEXT")
NO_NAME = N_("Say who you are: --by NAME")
TOO_LONG = N_("A text of the list is longer than {most} signs. Shorten it.")
NOTHING_DUE = N_("No record whose period has passed is waiting for a list.")
NO_ACTION = N_("{value} is neither transfer nor destroy.")
CLOSED = {  # by stage
    BEGUN: N_("The list {list} is being carried out; only records that were kept back can be taken off it now."),
    DONE: N_("The list {list} is closed with its certificate; nothing of it can be changed any more."),
    CANCELLED: N_("The list {list} was cancelled. Propose a new one: scanpipe dispose propose"),
}
NOT_ON_LIST = N_("{number} is not on the list {list}.")
NO_ANSWER = N_("The withdrawal {list} needs no answer of a section, only another person's approval: scanpipe dispose approve {list}")
NOT_ITS = N_("{number} is not one of section {department}, but of {other}.")
NOT_LONGER = N_("{value} does not keep {number} any longer: give a day after {last}, e.g. --extend with the last day of a later fiscal year.")
NOTHING_OF = N_("Section {department} has no record on the list {list}.")
FOLLOWS = N_("{number} is the record of a batch and goes as its parts do. Decide on its parts.")
EMPTY = N_("No record is left on the list {list}. Cancel it: scanpipe dispose cancel {list}")
NOT_AGREED = N_("Not yet: these sections have not agreed to the list {list}: {departments}. They answer with: scanpipe dispose answer {list}")
UNDECIDED = N_("Not yet: for these records of the list {list} nobody has chosen transfer or destroy: {numbers}. Choose: scanpipe dispose select {list}")
OWN_LIST = N_("{by} proposed the list {list} and cannot approve it. Another person must.")
TWICE = N_("{by} has approved the list {list} already. Another person must, too.")
IN_THE_WAY = N_("The list {list} cannot be approved as it is: {reasons} Take these records off it: scanpipe dispose leave-out {list} NUMBER")
NOT_APPROVED = N_("The list {list} has {n} of {needed} approvals. It is carried out only when it has all: scanpipe dispose approve {list}")
IS_BEGUN = N_("The list {list} is being carried out; it cannot be cancelled any more. Records that were kept back can be left out.")
NOT_KEPT = N_("{number} was not kept back. Of a list that is being carried out only such records can be left out.")
NO_BAG = N_("No bag of the list {list} waits for the archives to confirm it; see `scanpipe dispose show {list}`.")
NO_REFERENCE = N_("Give the number of the archives' receipt: --reference TEXT")
IS_DISPOSED = N_("{number} was disposed of by the list {list} on {day}; only its tombstone is left.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a person (or scanpipe) did: by, at (aware), and what goes with it: a reason, a reference, a digest; "" where nothing does."""

    by: str
    at: datetime
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record on a list: a row of table `disposal_entry`.

    department: the section that answered for it when it was listed. action: TRANSFER, DESTROY, None = not decided. heirs: of a record that only proves what
    was delivered (a batch, a record that was split or merged) the numbers of those that hold its pages now; it goes with the first of them. Empty for all
    others. state: OPEN, KEPT (obstacle says why) or DISPOSED. bagged: it is in the bag that the archives get.
    """

    number: str
    department: str
    action: str | None
    heirs: tuple[str, ...] = ()
    state: str = OPEN
    obstacle: Obstacle | None = None
    bagged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """A list: a row of table `disposal` with those of its entries, answers and approvals.

    id: ULID, of the wish that made it. number: `D2026-001`, fiscal year of proposal and a running number. kind: EXPIRED or WITHDRAWAL. reason: of a
    withdrawal in words; of an EXPIRED one that its periods have ended (`ended`) where a person said nothing else, "" in lists of earlier versions.
    last: periods that ended on this day or before; of a withdrawal the day of its proposal.
    replaced_by: number of the record that takes the place of what is withdrawn. answers: agreement by section. approvals: those that stand, the first first.
    begun, bagged (text: digest of the bag's tag manifest), handed_over (text: the archives' reference), done (text: digest of the certificate), cancelled: None until then.
    """

    id: str
    number: str
    fiscal_year: int
    kind: str
    by: str
    at: datetime
    reason: str
    last: date
    entries: tuple[Entry, ...] = ()
    replaced_by: str | None = None
    answers: Mapping[str, Act] = field(default_factory=dict)
    approvals: tuple[Act, ...] = ()
    begun: Act | None = None
    bagged: Act | None = None
    handed_over: Act | None = None
    done: Act | None = None
    cancelled: Act | None = None

    @property
    def stage(self) -> str:
        """PROPOSED, APPROVED, BEGUN, DONE or CANCELLED."""
        if self.cancelled or self.done:
            return DONE if self.done else CANCELLED
        if self.begun:
            return BEGUN
        return APPROVED if is_approved(self) else PROPOSED

    def entry(self, number: str) -> Entry:
        """Raises BadDisposal if it is not on the list."""
        found = next((one for one in self.entries if one.number == number), None)
        if found is None:
            raise BadDisposal(NOT_ON_LIST, number=number, list=self.number)
        return found


# --- persons ---


def checked_name(name: str) -> str:
    """The name without blanks around it. Raises BadDisposal if nothing is left."""
    if not person(name):
        raise BadDisposal(NO_NAME)
    return name.strip()


def checked_text(text: str | None, *, needed: str | None = None) -> str:
    """The text without blanks around it. needed: message id where there must be one. Raises BadDisposal."""
    plain = (text or "").strip()
    if needed and not plain:
        raise BadDisposal(needed)
    if len(plain) > LONGEST:
        raise BadDisposal(TOO_LONG, most=LONGEST)
    return plain


def ended(last: date) -> str:
    """The reason of a list of ended periods where a person gives none: no tombstone is without one. last: see Disposal."""
    return _("The retention period has ended (in fiscal year {year} or before, by {day}).").format(year=fiscal_year(last), day=last.isoformat())


def is_approved(disposal: Disposal) -> bool:
    """Whether as many other persons have approved as its kind needs, none of them the one who proposed."""
    approvers = {person(one.by) for one in disposal.approvals} - {person(disposal.by)}
    return len(approvers) >= NEEDED[disposal.kind]


# --- what is on a list ---


def with_batches(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Records of batches go as their parts do: they are transferred if all of these are, undecided while one of these is. Else they are destroyed: the archives
    never get pages that are to be destroyed, or that stay.
    """
    known = {one.number: one for one in entries}
    return tuple(replace(one, action=_action(one, known)) for one in known.values())


def _action(entry: Entry, known: Mapping[str, Entry]) -> str | None:
    actions = {_action(known[number], known) for number in entry.heirs if number in known}
    if not actions:
        return entry.action
    whole = all(number in known for number in entry.heirs)
    return None if None in actions else TRANSFER if actions == {TRANSFER} and whole else DESTROY


def without(entries: Iterable[Entry], numbers: Collection[str]) -> tuple[Entry, ...]:
    """The entries but for these, and for the batches of which no part is left on the list."""
    gone, left = set(numbers), list(entries)
    there = {one.number for one in left}
    while more := [
        one for one in left if one.number in gone or (one.heirs and there.intersection(one.heirs) and gone.issuperset(there.intersection(one.heirs)))
    ]:
        gone |= {one.number for one in more}
        left = [one for one in left if one.number not in gone]
    return with_batches(left)


def sections(disposal: Disposal) -> tuple[str, ...]:
    """Sections with entries, sorted."""
    return tuple(sorted({one.department for one in disposal.entries}))


def not_agreed(disposal: Disposal) -> tuple[str, ...]:
    """Sections that have entries and have not agreed; none for a withdrawal."""
    return () if disposal.kind == WITHDRAWAL else tuple(code for code in sections(disposal) if code not in disposal.answers)


def undecided(disposal: Disposal) -> tuple[str, ...]:
    """Numbers of entries for which nobody has chosen; batches follow their parts."""
    return tuple(one.number for one in disposal.entries if one.action is None and not one.heirs)


# --- steps, each checked; they return the list as it is then ---


def _changeable(disposal: Disposal) -> None:
    if disposal.stage in (BEGUN, DONE, CANCELLED):
        raise BadDisposal(CLOSED[disposal.stage], list=disposal.number)


def agreed(disposal: Disposal, department: str, act: Act) -> Disposal:
    """A section agrees. Saying it again changes nothing. Raises BadDisposal."""
    _changeable(disposal)
    if disposal.kind == WITHDRAWAL:
        raise BadDisposal(NO_ANSWER, list=disposal.number)
    if department not in sections(disposal):
        raise BadDisposal(NOTHING_OF, department=department, list=disposal.number)
    return disposal if department in disposal.answers else replace(disposal, answers={**disposal.answers, department: act})


def of_section(disposal: Disposal, department: str, numbers: Iterable[str]) -> None:
    """Raises BadDisposal unless these are the section's entries of a list that can still be changed."""
    _changeable(disposal)
    for number in numbers:
        if (other := disposal.entry(number).department) != department:
            raise BadDisposal(NOT_ITS, number=number, department=department, other=other)


def selected(disposal: Disposal, numbers: Collection[str], action: str) -> Disposal:
    """Historical records are chosen for the archives, others for destruction (選別). Voids the approvals if anything changes. Raises BadDisposal."""
    _changeable(disposal)
    if action not in (TRANSFER, DESTROY):
        raise BadDisposal(NO_ACTION, value=action)
    for number in numbers:
        if any(one.number in disposal.entry(number).heirs for one in disposal.entries):
            raise BadDisposal(FOLLOWS, number=number)
    entries = with_batches(replace(one, action=action) if one.number in numbers else one for one in disposal.entries)
    return disposal if entries == disposal.entries else replace(disposal, entries=entries, approvals=())


def left_out(disposal: Disposal, numbers: Collection[str]) -> Disposal:
    """These are taken off the list. Before it began that voids the approvals; of a begun list only what was kept back can be. Raises BadDisposal."""
    found = [disposal.entry(number) for number in numbers]
    stay = {one.number for one in disposal.entries if one.state != DISPOSED and one.number not in numbers}
    for one in found:
        if not stay.isdisjoint(one.heirs):
            raise BadDisposal(FOLLOWS, number=one.number)
    if disposal.stage != BEGUN:
        _changeable(disposal)
        return replace(disposal, entries=without(disposal.entries, numbers), approvals=())
    for one in found:
        if one.state != KEPT:
            raise BadDisposal(NOT_KEPT, number=one.number)
    return replace(disposal, entries=without(disposal.entries, numbers))


def approved(disposal: Disposal, act: Act, in_the_way: Collection[Obstacle]) -> Disposal:
    """A person approves. in_the_way: what stands in the way of entries today. Raises BadDisposal."""
    _changeable(disposal)
    if not disposal.entries:
        raise BadDisposal(EMPTY, list=disposal.number)
    if missing := not_agreed(disposal):
        raise BadDisposal(NOT_AGREED, list=disposal.number, departments=", ".join(missing))
    if open_ones := undecided(disposal):
        raise BadDisposal(UNDECIDED, list=disposal.number, numbers=", ".join(open_ones[:20]))
    if person(act.by) == person(disposal.by):
        raise BadDisposal(OWN_LIST, by=act.by, list=disposal.number)
    if any(person(one.by) == person(act.by) for one in disposal.approvals):
        raise BadDisposal(TWICE, by=act.by, list=disposal.number)
    if in_the_way:
        raise InTheWay(disposal.number, in_the_way)
    return disposal if is_approved(disposal) else replace(disposal, approvals=(*disposal.approvals, act))


class InTheWay(BadDisposal):
    """Records of the list that cannot go now, each with its reason."""

    def __init__(self, number: str, found: Collection[Obstacle]) -> None:
        super().__init__(IN_THE_WAY, list=number, reasons="")
        self.obstacles = tuple(found)[:20]

    def __str__(self) -> str:
        self.params["reasons"] = " ".join(obstacles.in_words(one) for one in self.obstacles)
        return super().__str__()


def cancelled(disposal: Disposal, act: Act) -> Disposal:
    """Given up before it began. Raises BadDisposal."""
    if disposal.stage == BEGUN:
        raise BadDisposal(IS_BEGUN, list=disposal.number)
    _changeable(disposal)
    return replace(disposal, cancelled=act)


def begun(disposal: Disposal, act: Act) -> Disposal:
    """Its carrying-out begins; of one that began, what was kept back is tried again. Raises BadDisposal."""
    if disposal.stage == BEGUN:
        return replace(disposal, entries=tuple(map(_tried_again, disposal.entries)))
    _changeable(disposal)
    if not disposal.entries:
        raise BadDisposal(EMPTY, list=disposal.number)
    if not is_approved(disposal):
        raise BadDisposal(NOT_APPROVED, list=disposal.number, n=len(disposal.approvals), needed=NEEDED[disposal.kind])
    return replace(disposal, begun=act)


def _tried_again(entry: Entry) -> Entry:
    return replace(entry, state=OPEN, obstacle=None) if entry.state == KEPT else entry


def handed_over(disposal: Disposal, act: Act) -> Disposal:
    """The archives confirmed what they got; text: their reference. Raises BadDisposal."""
    if disposal.stage != BEGUN or disposal.bagged is None or disposal.handed_over is not None:
        raise BadDisposal(NO_BAG, list=disposal.number)
    return replace(disposal, handed_over=act)


# --- one record ---


def obstacle(entry: Entry, disposal: Disposal, condition: Condition, today: date) -> Obstacle | None:
    """What stands in the way of this record today; None if nothing does. Approvals and batches apart, which `may_go` knows."""
    number = {"number": entry.number}
    if condition.state == State.DISPOSED:
        return Obstacle(template=obstacles.GONE, params=number)
    if condition.state != State.ACCOUNTED:
        return Obstacle(template=obstacles.ON_ITS_WAY, params=number)
    if reference := held_by(condition.holds, today):
        return Obstacle(template=obstacles.HELD, params=number | {"reference": reference})
    if reference := held_by(condition.batch_holds, today):
        return Obstacle(template=obstacles.HELD_BATCH, params=number | {"reference": reference})
    if disposal.kind == EXPIRED and not entry.heirs and (condition.free is None or condition.free > today):
        day = {"day": (condition.free - timedelta(days=1)).isoformat()} if condition.free else {}
        return Obstacle(template=obstacles.NOT_EXPIRED if day else obstacles.NO_END, params=number | day)
    if condition.corrected:
        return Obstacle(template=obstacles.CORRECTED, params=number)
    if entry.action == TRANSFER and disposal.bagged is not None and not entry.bagged:
        return Obstacle(template=obstacles.NOT_IN_BAG, params=number)
    return None


def may_go(disposal: Disposal, entry: Entry, condition: Condition, today: date, *, waits: bool) -> bool:
    """Whether this record may be destroyed here and now. waits: it has heirs, and all of them are still there."""
    if disposal.begun is None or disposal.cancelled or disposal.done or not is_approved(disposal):
        return False
    if entry.state != OPEN or entry.action is None or waits:
        return False
    if entry.action == TRANSFER and not (entry.bagged and disposal.handed_over):
        return False
    return obstacle(entry, disposal, condition, today) is None

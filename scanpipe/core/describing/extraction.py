"""Title, number, dates, parties and amount of a record, each with the words on the page that say so (domain §3, design §7)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date as Day  # a field of that name hides the type

from scanpipe.core.dates import find_accounting_year, find_dates, fiscal_year
from scanpipe.core.describing import fields, parties
from scanpipe.core.describing.amounts import Amounts, find_amounts
from scanpipe.core.describing.dating import PlacedDate, own_date, place_dates, stamped_dates
from scanpipe.core.describing.kinds import form_of
from scanpipe.core.describing.layout import Row, beside, rows_of, seal_rows, without_seals
from scanpipe.core.describing.my_number import MASK, SIGNS, find_my_numbers, masked
from scanpipe.core.describing.numbers import FoundNumber, case_number, document_number, own_numbers, voucher_number
from scanpipe.core.describing.titles import Title, find_title
from scanpipe.core.model import Evidence, Field, Page

_ACCOUNTING = re.compile(r"(?:会計年度|所属年度|年度)(?!.*。)")
_QUOTE = 80  # letters of a page that evidence repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What a record says of itself; None where it says nothing. Meaning of the fields: design §10.

    dates_by_role: the first date of each role (起案, 決裁, 施行, 収受, 締結, 契約始期, 契約終期, 完了, 開催 …); "文書" is the record's own.
    completed: the day that drives retention: issue, else decision, else the record's own date (domain §2.1, 完結). amount: yen.
    accounting_year: the year the money belongs to (会計年度), as a Western year; None unless it lies next to the year of `completed`.
    fields: all of it and more, each with its place and confidence. my_numbers: an individual number stands on a page; it is masked in every text here.
    """

    title: str | None = None
    kind: str | None = None
    document_number: str | None = None
    date: Day | None = None
    dates_by_role: Mapping[str, Day] = field(default_factory=dict)
    completed: Day | None = None
    accounting_year: int | None = None
    amount: int | None = None
    sender: str | None = None
    addressee: str | None = None
    evidence: tuple[Evidence, ...] = ()
    fields: tuple[Field, ...] = ()
    my_numbers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """What the parts of extraction found, each None where the pages say nothing."""

    title: Title | None
    number: FoundNumber | None
    case: FoundNumber | None
    voucher: FoundNumber | None
    registered: tuple[tuple[str, FoundNumber], ...]
    own: PlacedDate | None
    placed: Sequence[PlacedDate]
    addressee: parties.Found | None
    sender: parties.Found | None
    partner: parties.Found | None
    amounts: Amounts


def extract(pages: Sequence[Page]) -> Extraction:
    """Read the description off the pages: by boxes where they have them, else by the order of their lines. Never raises on any text."""
    rows = rows_of(without_seals(pages))
    hidden = tuple(_my_numbers(pages))
    if not rows:
        return Extraction(fields=hidden, my_numbers=bool(hidden))
    found = _find(rows, seal_rows(pages))
    title, own = found.title, found.own
    return Extraction(
        title=masked(title.text) if title else None,
        kind=title.kind if title else None,
        document_number=masked(found.number.value) if found.number else None,
        date=own.day if own else None,
        dates_by_role=_by_role(found.placed, own),
        completed=(completed := _completed(found.placed, own)),
        accounting_year=_accounting_year(rows, title, completed),
        amount=found.amounts.total.yen if found.amounts.total else None,
        sender=masked(found.sender.value) if found.sender else None,
        addressee=masked(found.addressee.value) if found.addressee else None,
        evidence=tuple(replace(one, quote=masked(one.quote)) for one in _evidence(found)),
        fields=(*(_masked(one) for one in _fields(found)), *hidden),
        my_numbers=bool(hidden),
    )


def _find(rows: Sequence[Row], seals: Sequence[Row]) -> _Found:
    title, placed = find_title(rows), place_dates(rows)
    return _Found(
        title=title,
        number=document_number(rows),
        case=case_number(rows),
        voucher=voucher_number(rows),
        registered=tuple(own_numbers(rows)),
        own=own_date(placed, rows, title.text if title else None),
        placed=(*placed, *stamped_dates(seals)),
        addressee=parties.addressee(rows, title),
        sender=parties.sender(rows, title),
        partner=parties.partner(rows, title),
        amounts=find_amounts(rows),
    )


def _fields(found: _Found) -> Iterator[Field]:
    title = found.title
    yield from fields.titled(title, form_of(title.text, title.kind) if title else None)
    yield from fields.numbered("document_number", found.number)
    for name, number in (("case_number", found.case), ("voucher_number", found.voucher), *found.registered):
        yield from fields.numbered(name, number)
    yield from fields.dated(found.placed, found.own)
    yield from fields.parties("addressee", found.addressee, 0.9)
    yield from fields.parties("sender", found.sender)
    yield from fields.parties("partner", found.partner)
    yield from fields.summed(found.amounts)


def _masked(one: Field) -> Field:
    return replace(one, value=masked(one.value) if isinstance(one.value, str) else one.value, quote=masked(one.quote))


def _my_numbers(pages: Sequence[Page]) -> Iterator[Field]:
    """One field for each individual number, on any page: where it stands, not what it says."""
    for page in pages:
        for start, end in find_my_numbers(page.text):
            line = next((line for line in page.lines if page.text[start:end] in line.text), None)
            sure = (line.confidence if line and line.confidence is not None else 100.0) / 100
            yield Field(name="my_number", value=MASK * SIGNS, confidence=round(0.98 * sure, 3), page=page.number, box=line.box if line else None)


def _by_role(placed: Sequence[PlacedDate], own: PlacedDate | None) -> dict[str, Day]:
    roles: dict[str, Day] = {} if own is None else {"文書": own.day}
    for one in placed:
        if one.role not in {"文書", "本文", "参照"}:
            roles.setdefault(one.role, one.day)
    return roles


def _completed(placed: Sequence[PlacedDate], own: PlacedDate | None) -> Day | None:
    """A drafted decision is completed when it is issued or decided, not when it is drafted."""
    if own is None or own.role != "起案":
        return own.day if own else None
    later = [one.day for role in ("施行", "決裁") for one in placed if one.role == role and one.day >= own.day]
    return later[0] if later else own.day


def _accounting_year(rows: Sequence[Row], title: Title | None, completed: Day | None) -> int | None:
    """会計年度 by its label, else the year in the title. A year far from that of completion was misread or is another's: it must shorten no retention."""
    head = rows[:40]
    labelled = [f"{row.text} {other.text}" for row in head if _ACCOUNTING.match(row.text) for other in (*beside(head, row)[:1], row)]
    for text in (*labelled, title.text if title else ""):
        year = find_accounting_year(text)
        if year is not None and completed is not None and abs(year - fiscal_year(completed)) <= 1:
            return year
    return None


def _evidence(found: _Found) -> Iterator[Evidence]:
    title, number, own, total = found.title, found.number, found.own, found.amounts.total
    if title:
        yield _quoted("title", title.rule, *title.rows)
        if title.kind:
            yield _quoted("kind", "kind:brackets", title.rows[-1])
    if number:
        yield _quoted("document_number", number.rule, number.row)
    if own:
        printed = next((one.quote for one in find_dates(own.row.raw) if one.day == own.day), own.row.raw[:_QUOTE])
        yield Evidence(about="date", rule=f"date:{own.role}", quote=printed, page=own.row.page)
    for about, party in (("addressee", found.addressee), ("sender", found.sender)):
        if party:
            yield _quoted(about, f"{about}:head", party.row)
    if total:
        yield _quoted("amount", "amount:largest", total.row)


def _quoted(about: str, rule: str, *rows: Row) -> Evidence:
    return Evidence(about=about, rule=rule, quote="".join(row.raw for row in rows)[:_QUOTE], page=rows[0].page)

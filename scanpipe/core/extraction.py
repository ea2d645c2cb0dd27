"""Title, number, dates, parties and amount of a record, each with the words on the page that say so (domain §3, design §7)."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date as Day  # a field of that name hides the type

from scanpipe.core import parties
from scanpipe.core.dates import find_accounting_year, find_dates, fiscal_year
from scanpipe.core.dating import PlacedDate, own_date, place_dates
from scanpipe.core.layout import Row, beside, rows_of
from scanpipe.core.model import Evidence, Page
from scanpipe.core.numbers import FoundNumber, document_number
from scanpipe.core.titles import Title, find_title

_ACCOUNTING = re.compile(r"(?:会計年度|所属年度|年度)(?!.*。)")
_QUOTE = 80  # letters of a page that evidence repeats


@dataclass(frozen=True, slots=True, kw_only=True)
class Extraction:
    """What a record says of itself; None where it says nothing. Meaning of the fields: design §10.

    dates_by_role: the first date of each role (起案, 決裁, 施行, 収受, 締結, 契約始期, 契約終期, 完了, 開催 …); "文書" is the record's own.
    completed: the day that drives retention: issue, else decision, else the record's own date (domain §2.1, 完結). amount: yen.
    accounting_year: the year the money belongs to (会計年度), as a Western year; None unless it lies next to the year of `completed`.
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


def extract(pages: Sequence[Page]) -> Extraction:
    """Read the description off the pages: by boxes where they have them, else by the order of their lines. Never raises on any text."""
    rows = rows_of(pages)
    if not rows:
        return Extraction()
    title, number, placed = find_title(rows), document_number(rows), place_dates(rows)
    own = own_date(placed, rows, title.text if title else None)
    to, by, money = parties.addressee(rows, title), parties.sender(rows, title), parties.amount(rows)
    return Extraction(
        title=title.text if title else None,
        kind=title.kind if title else None,
        document_number=number.value if number else None,
        date=own.day if own else None,
        dates_by_role=_by_role(placed, own),
        completed=(completed := _completed(placed, own)),
        accounting_year=_accounting_year(rows, title, completed),
        amount=money.yen if money else None,
        sender=by.value if by else None,
        addressee=to.value if to else None,
        evidence=tuple(_evidence(title, number, own, to, by, money)),
    )


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


def _evidence(
    title: Title | None,
    number: FoundNumber | None,
    own: PlacedDate | None,
    to: parties.Found | None,
    by: parties.Found | None,
    money: parties.FoundAmount | None,
) -> Iterator[Evidence]:
    if title:
        yield _quoted("title", title.rule, *title.rows)
        if title.kind:
            yield _quoted("kind", "kind:brackets", title.rows[-1])
    if number:
        yield _quoted("document_number", number.rule, number.row)
    if own:
        printed = next((found.quote for found in find_dates(own.row.raw) if found.day == own.day), own.row.raw[:_QUOTE])
        yield Evidence(about="date", rule=f"date:{own.role}", quote=printed, page=own.row.page)
    for about, found in (("addressee", to), ("sender", by)):
        if found:
            yield _quoted(about, f"{about}:head", found.row)
    if money:
        yield _quoted("amount", "amount:largest", money.row)


def _quoted(about: str, rule: str, *rows: Row) -> Evidence:
    return Evidence(about=about, rule=rule, quote="".join(row.raw for row in rows)[:_QUOTE], page=rows[0].page)

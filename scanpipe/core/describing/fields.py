"""The facts of a description with their place on the page and how sure they are (design §7)."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final

from scanpipe.core.describing.amounts import Amounts, FoundAmount
from scanpipe.core.describing.dating import PlacedDate
from scanpipe.core.describing.layout import Row
from scanpipe.core.describing.numbers import FoundNumber
from scanpipe.core.describing.parties import Found
from scanpipe.core.describing.titles import Title
from scanpipe.core.model import Field

ROLES: Final = {  # role of a date -> name of its field; births, dates in running text and other letters' are none
    "起案": "date_drafted",
    "決裁": "date_decided",
    "施行": "date_issued",
    "発行": "date_issued",
    "収受": "date_received",
    "締結": "date_concluded",
    "契約始期": "period_start",
    "契約終期": "period_end",
    "完了": "date_done",
    "交付": "date_granted",
    "公布": "date_promulgated",
    "納期": "delivery_due",
    "支払期限": "payment_due",
    "期限": "due",
    "開催": "date_held",
    "異動": "date_effective",
    "施行期日": "date_in_force",
}
_SURE: Final = {"title:label": 0.97, "title:works": 0.95, "title:about": 0.95, "title:heading": 0.85, "title:first": 0.6, "number:standing": 0.95}
_QUOTE: Final = 80


def titled(title: Title | None, form: str | None) -> Iterator[Field]:
    """Title, the kind in its brackets, and the kind of paper that its words say (請求 for 請求書)."""
    if title is None:
        return
    sure = _SURE.get(title.rule, 0.85)
    yield _field("title", title.text, sure, *title.rows)
    if title.kind:
        yield _field("kind", title.kind, 0.98, title.rows[-1])
    if form:
        yield _field("form", form, 0.95 if title.kind else sure * 0.95, title.rows[-1])


def numbered(name: str, number: FoundNumber | None) -> Iterator[Field]:
    if number:
        yield _field(name, number.value, min(_SURE.get(number.rule, 0.97), 0.6 + 0.05 * max(number.points, 0)), number.row)


def dated(placed: Iterable[PlacedDate], own: PlacedDate | None) -> Iterator[Field]:
    """The record's own date, then each role's; the same role twice only with another day."""
    if own:
        yield _day("date", own, 0.97 if own.role != "本文" else 0.7)
    seen: set[tuple[str, date]] = set()
    for one in placed:
        name = ROLES.get(one.role)
        if name and (name, one.day) not in seen:
            seen.add((name, one.day))
            yield _day(name, one, 0.92)


def parties(about: str, found: Found | None, sure: float = 0.85) -> Iterator[Field]:
    if found:
        yield _field(about, found.value, sure, found.row)


def summed(amounts: Amounts) -> Iterator[Field]:
    """The total, and what is said about the tax."""
    if amounts.total:
        yield _money("amount", amounts.total)
    for name, one in (("amount_with_tax", amounts.with_tax), ("amount_without_tax", amounts.without_tax), ("tax", amounts.tax)):
        if one:
            yield _money(name, one)


def _money(name: str, one: FoundAmount) -> Field:
    return _field(name, one.yen, 0.7 + 0.03 * one.rank, one.row, quote=one.quote)


def _day(name: str, one: PlacedDate, sure: float) -> Field:
    return _field(name, one.day.isoformat(), sure if one.found.certain else 0.7 * sure, one.row, quote=one.found.quote)


def _field(name: str, value: str | int, sure: float, *rows: Row, quote: str = "") -> Field:
    return Field(
        name=name,
        value=value,
        confidence=round(min(1.0, sure) * reading(rows), 3),
        page=rows[0].page,
        box=_around(rows),
        quote=(quote or "".join(row.raw for row in rows))[:_QUOTE],
    )


def reading(rows: Sequence[Row]) -> float:
    """How sure the reading of these rows was, 0-1; 1 for born-digital text."""
    return min((row.confidence for row in rows if row.confidence is not None), default=100.0) / 100


def _around(rows: Sequence[Row]) -> tuple[int, int, int, int] | None:
    boxes = [row.box for row in rows if row.box and row.page == rows[0].page]
    if not boxes:
        return None
    return min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes)

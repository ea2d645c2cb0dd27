"""Ledger A added up from April on, against what the campaign asks to have saved by then: whether a year is on its course (domain §5, views)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scanpipe.core.campaign.campaigns import Allowance
from scanpipe.core.campaign.ledger_a import Figure, month_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SoFar:
    """A fiscal year up to the end of one month, in A4 sheets.

    ledger_a: of the months that can be compared; all None where none is yet, or the month is still to come. to_save: what the campaign asks to have saved by
    then: it starts from what was saved before it began. None = not asked, or not known.
    """

    month: str
    ledger_a: Figure
    to_save: float | None


def so_far(months: Mapping[str, Figure], whole: Figure, path: Iterable[Allowance], fiscal_year: int, hide_below: float) -> tuple[SoFar, ...]:
    """Every month from the first that can be compared to the last, and those to come for which something is asked; empty where none can be compared.

    months: figures by month, YYYY-MM. whole: of all of them, which is what the last month shows, to the last digit. path: of the campaign.
    """
    known = [name for name, one in months.items() if one.saved is not None]
    if not known:
        return ()
    year = _Year(months, whole, {one.month: one for one in path}, max(known), hide_below)
    names = [month_name(fiscal_year, number) for number in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)]
    rows = [year.at(name) for name in names if name >= min(known)]
    return tuple(one for one in rows if one.month <= max(known) or one.to_save is not None)


class _Year:
    """The year while it is added up."""

    def __init__(self, months: Mapping[str, Figure], whole: Figure, allowed: Mapping[str, Allowance], last: str, hide_below: float) -> None:
        self.months, self.whole, self.allowed, self.last, self.hide_below = months, whole, allowed, last, hide_below
        self.base = self.current = self.saved = 0.0
        self.asked: float | None = None

    def at(self, name: str) -> SoFar:
        """The next month."""
        month = self.months.get(name, Figure())
        asked = self._ask(name, month)
        self._add(month)
        said = Figure() if name > self.last else self.whole if name == self.last else self._figure()
        return SoFar(month=name, ledger_a=said, to_save=asked)

    def _ask(self, name: str, month: Figure) -> float | None:
        """A month whose paper is not known although that of later ones is asks nothing, as it saves nothing."""
        allowance = self.allowed.get(name)
        if allowance is None:
            return None
        expected = _expected(month) if name <= self.last else allowance.base
        if expected is not None:
            self.asked = round((self.saved if self.asked is None else self.asked) + expected - allowance.sheets, 2)
        return self.asked

    def _add(self, month: Figure) -> None:
        if month.saved is not None:
            self.base, self.current, self.saved = self.base + (month.base or 0.0), self.current + (month.current or 0.0), self.saved + month.saved

    def _figure(self) -> Figure:
        base, current, saved = (round(sheets, 2) + 0.0 for sheets in (self.base, self.current, self.saved))
        expected = saved + current
        rate = None if base < self.hide_below or expected <= 0 else round(saved / expected, 6)
        return Figure(base=base, current=current, saved=saved, rate=rate)


def _expected(month: Figure) -> float | None:
    """base x staff ratio."""
    return None if month.saved is None or month.current is None else month.saved + month.current

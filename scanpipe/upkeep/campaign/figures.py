"""The one place where all figures of paper and its campaign are computed; what page, API, CSV, Excel, PDF and Prometheus show is core.campaign.figures.Figures of here."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlite_utils import Database

from scanpipe.catalogue import campaigns
from scanpipe.catalogue import indicators as reported
from scanpipe.catalogue.database import SQL, Row
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.campaign import indicators
from scanpipe.core.campaign.campaigns import OFFICE, Campaign, running
from scanpipe.core.campaign.figures import Figures, Indicator, LedgerB, Part, Point, Shelf, ShelfGoal, YearFigures, by_month, per_head, summed
from scanpipe.core.campaign.indicators import KINDS
from scanpipe.core.campaign.ledger_a import Month, city_months, total
from scanpipe.upkeep.campaign import ledger_a
from scanpipe.upkeep.campaign.cabinets_shown import Shelves, last_day
from scanpipe.upkeep.campaign.campaigns_shown import DAYS, Standing, sections_on
from scanpipe.upkeep.campaign.ledger_a import PaperYears

_ASSUMED = "SELECT department, count(*) AS cabinets FROM cabinet WHERE NOT voided AND fact ->> '$.basis' = 'assumed' GROUP BY 1"


def figures(
    reader: CatalogueReader,
    settings: Settings,
    today: date,
    *,
    fiscal_year: int | None = None,
    base_year: int | None = None,
    campaign: int | None = None,
    days: int = DAYS,
) -> Figures:
    """All figures, the same whoever's reader it is.

    fiscal_year: None = ledger B of all years, ledger A of the newest one with rows, cabinets as today. base_year: None = the chosen campaign's, else as
    configured. campaign: its number, None = the newest that runs on the day, if one does. days: after which silence makes a section lag (core.campaign.campaigns.reasons).
    Raises NoCampaign.
    """
    day = last_day(fiscal_year, today)
    chosen = _campaign(reader.db, campaign, day)
    own = chosen.base_year if chosen is not None and campaign is not None else None
    papers = PaperYears(reader.db, ledger_a.against(ledger_a.terms_of(settings), own if base_year is None else base_year), f"{day:%Y-%m}")
    gathered = _Gathered(reader.db, settings, day, fiscal_year, papers, chosen, days)
    return Figures(
        day=day,
        fiscal_year=fiscal_year,
        paper_year=gathered.paper_year,
        base_year=papers.terms.base_year,
        hide_below=papers.terms.hide_below,
        campaign=chosen,
        city=gathered.city(),
        sections=tuple(gathered.section(code) for code in gathered.codes()),
        years=gathered.years(),
        indicators=_indicators(reader.db, fiscal_year, f"{day:%Y-%m}"),
        curve=curve(gathered.shelves, OFFICE),
    )


def _campaign(db: Database, number: int | None, day: date) -> Campaign | None:
    known = campaigns.campaigns(db)
    if number is not None:
        return running(known, number, day)
    return max((one for one in known if one.runs(day)), key=lambda one: one.number, default=None)


class _Gathered:
    """What is read once for all parts."""

    def __init__(self, db: Database, settings: Settings, day: date, fiscal_year: int | None, papers: PaperYears, campaign: Campaign | None, days: int) -> None:
        self.db, self.settings, self.day, self.papers, self.days = db, settings, day, papers, days
        self.shelves = Shelves(db, settings, day)
        self.standing = Standing(db, settings, campaign, day, self.shelves, papers) if campaign else None
        self.paper_year = papers.chosen(fiscal_year)
        self.months = papers.months(self.paper_year)
        self.by_section = ledger_a.sections(self.months)
        self.sheets = _Sheets(db, fiscal_year, f"{day:%Y-%m}")
        self.assumed = {row["department"]: row["cabinets"] for row in db.conn.execute(_ASSUMED)}
        self.there = {one.code for one in sections_on(settings, day)}

    def codes(self) -> list[str]:
        """The sections that exist on the day, and all others of which there is a figure."""
        targets = self.standing.targets if self.standing else {}
        return sorted({*self.there, *self.by_section, *self.sheets.sections, *self.shelves.of_section, *targets} - {OFFICE})

    def section(self, code: str) -> Part:
        known = next((one for one in self.settings.departments if one.code == code), None)
        found = self._part(code, self.by_section.get(code, []), known.staff if known else 0)
        something = code in self.by_section or code in self.sheets.sections or code in self.shelves.of_section
        name, bureau = (known.name, known.bureau) if known else ("", "")
        return replace(found, name=name, bureau=bureau, exists=code in self.there, known=something)

    def city(self) -> Part:
        staff = sum(one.staff for one in self.settings.departments if one.code in self.there)
        found = self._part(OFFICE, city_months(self.months), staff)
        return replace(found, name=self.settings.site.name, known=True)

    def _part(self, code: str, months: Sequence[Month], staff: int) -> Part:
        terms, city = self.papers.terms, code == OFFICE
        figure, sheets = total(months, terms), self.sheets.of(code)
        paper = ledger_a.behind(months, self.papers.notes, terms, city=city) if city or months else None
        shelf = self._shelf(code)
        return Part(
            code=code,
            staff=staff,
            ledger_a=figure,
            behind=paper,
            ledger_b=summed(sheets.values()),
            cabinets=shelf,
            cabinets_provisional=shelf.assumed > 0 and "file_metres_per_cabinet" not in self.settings.metrics.confirmed,
            per_head=per_head(staff, figure, summed(sheets.values())),
            months=tuple(one for one in by_month(ledger_a.by_month(months, terms), sheets) if one.month <= f"{self.day:%Y-%m}"),
            goal=self._goal(code),
            forecast=self.shelves.forecast(code) if shelf.cabinets else None,
            conversions=ledger_a.converted(figure, self.settings),
            way=self.standing.way(code, self.days) if self.standing else None,
        )

    def _shelf(self, code: str) -> Shelf:
        mine = [one for one in self.assumed if code == OFFICE or self.shelves.section(one, self.day) == code]
        counts = self.shelves.counts(code)
        return Shelf(**counts, assumed=min(counts["cabinets"], sum(self.assumed[one] for one in mine)))

    def _goal(self, code: str) -> ShelfGoal | None:
        goal = self.shelves.goal(code)
        if goal is None:
            return None
        return ShelfGoal(day=goal.day, fm=goal.fm, campaign=goal.campaign, planned_now=self.shelves.planned(code, [self.day])[0])

    def years(self) -> tuple[YearFigures, ...]:
        """Oldest first."""
        found = sorted({*self.papers.years, *self.sheets.by_year} | ({self.paper_year} if self.months and self.paper_year else set()))
        return tuple(YearFigures(fiscal_year=year, ledger_a=self.papers.of_city(year), ledger_b=self.sheets.by_year.get(year, LedgerB())) for year in found)


class _Sheets:
    """Ledger B by section and month. by_year: of the office, all years; of fiscal_year to the month `until`, YYYY-MM, alone."""

    def __init__(self, db: Database, fiscal_year: int | None, until: str) -> None:
        self.sections: dict[str, dict[str, LedgerB]] = defaultdict(dict)
        self.months: dict[str, LedgerB] = defaultdict(LedgerB)
        self.by_year = {row["fiscal_year"]: _sheets(row) for row in db.conn.execute(SQL["sheets_by_year"])}
        first, last = ("", "9999-12") if fiscal_year is None else (f"{fiscal_year}-04", min(until, f"{fiscal_year + 1}-03"))
        for row in db.conn.execute(SQL["sheets_of_months"], {"first": first, "last": last}):
            self.sections[row["department"]][row["month"]] = sheets = _sheets(row)
            self.months[row["month"]] += sheets
        if fiscal_year in self.by_year:
            self.by_year[fiscal_year] = summed(self.months.values())

    def of(self, code: str) -> Mapping[str, LedgerB]:
        return self.months if code == OFFICE else self.sections.get(code, {})


def _sheets(row: Row) -> LedgerB:
    return LedgerB(digitised=row["digitised"], cleared=row["cleared"], removed=row["removed"])


def curve(shelves: Shelves, department: str) -> tuple[Point, ...]:
    """The metres of a section, or with OFFICE of all, by the week, the day last; nothing where there are no cabinets."""
    if not any(True for _one in shelves.ids(department)):
        return ()
    rows: list[dict[str, Any]] = shelves.curve(department)
    return tuple(Point(day=date.fromisoformat(one["day"]), fm=one["fm"], left=one["left"], planned=one["planned"]) for one in rows)


def _indicators(db: Database, fiscal_year: int | None, until: str) -> tuple[Indicator, ...]:
    """Of the whole office, in the order of KINDS; those that nobody reported are left away. until: the last month that counts, YYYY-MM."""
    mine = [one for one in indicators.of_office(reported.figures(db, fiscal_year)) if one.month <= until]
    totals = indicators.summed(mine)
    return tuple(Indicator(kind=kind, total=totals.get(kind), months=tuple(one for one in mine if one.kind == kind)) for kind in KINDS if kind in totals)

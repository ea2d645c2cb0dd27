"""How a campaign stands: each section's way to its target in sheets, metres and scans, who lags and why, what slid back."""

import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from sqlite_utils import Database

from scanpipe.catalogue import campaigns
from scanpipe.config import Department, Settings
from scanpipe.core.campaign import burndown
from scanpipe.core.campaign.campaigns import (
    OFFICE,
    Campaign,
    Course,
    Gap,
    Paper,
    Target,
    backslides,
    cap_gap,
    inherited,
    months_between,
    path,
    rate_gap,
    reasons,
    slides_back,
)
from scanpipe.core.campaign.figures import Way, campaign_json, way_json
from scanpipe.core.campaign.ledger_a import Month, city_months
from scanpipe.core.campaign.paper_counts import WHOLE
from scanpipe.core.dates import fiscal_year
from scanpipe.core.serial import as_json
from scanpipe.upkeep.campaign.cabinets_shown import Shelves
from scanpipe.upkeep.campaign.ledger_a import PaperYears, against, terms_of

JsonObject = dict[str, Any]
DAYS = 14  # without a scan, or waiting to be checked, after which a section lags
_WEEKS = 4  # that scans a week and cabinets that fill again are counted over

# Counts and days name no record: they are of all sections for everybody who may see the sheets, so they look past what narrows a reader (catalogue/visible.py).
_SCANS = (
    "SELECT department, sum(own_scan) AS scans FROM main.delivery"
    " WHERE department IN (SELECT value FROM json_each(?)) AND received >= ? AND received < ? GROUP BY 1"
)
_LAST = "SELECT received AS last FROM main.delivery WHERE department = ? AND outcome = 'accession' AND received < ? ORDER BY received DESC LIMIT 1"
_WAITING = (
    "SELECT a.department, count(*) AS records, min(a.received) AS oldest FROM main.description x JOIN main.accession a ON a.id = x.accession_id"
    " WHERE x.needs_review = 1 AND a.state IN ('filed', 'indexed', 'accounted') AND a.received < ? GROUP BY 1"
)


def sections_on(settings: Settings, day: date) -> list[Department]:
    """Those that exist on this day."""
    return [one for one in settings.departments if (one.valid_from is None or one.valid_from <= day) and (one.valid_to is None or one.valid_to >= day)]


class Standing:
    """One campaign as on its day: today, or its end, so that what is closed stays as it was whatever is reorganised later."""

    def __init__(
        self, db: Database, settings: Settings, campaign: Campaign, today: date, shelves: Shelves | None = None, papers: PaperYears | None = None
    ) -> None:
        """shelves, papers: where they were read already for the same day and with the same terms, so that nothing is read twice."""
        self.db, self.settings, self.campaign = db, settings, campaign
        self.day = campaign.day(today)
        self.shelves = shelves if shelves is not None and shelves.day == self.day else Shelves(db, settings, self.day)
        self.months = months_between(campaign.start, campaign.end)
        ended = {one.code: one.valid_to for one in settings.departments if one.valid_to}
        self.targets = inherited(campaigns.targets(db, campaign.number), self._answers, ended)
        self.terms = against(terms_of(settings), campaign.base_year)
        until = f"{self.day:%Y-%m}"
        known = papers is not None and (papers.terms, papers.until) == (self.terms, until)
        self._papers = self._read_papers(papers if papers is not None and known else PaperYears(db, self.terms, until))
        self._scans, self._last, self._waiting = self._read_scans(), self._read_last(), self._read_waiting()

    def _answers(self, code: str) -> str:
        return self.shelves.section(code, self.day)

    # --- what is known ---

    def _read_papers(self, papers: PaperYears) -> dict[str, dict[str, list[Month]]]:
        """Ledger A by section, who answers today, and month; OFFICE holds what makes the city's figure."""
        found: dict[str, dict[str, list[Month]]] = defaultdict(lambda: defaultdict(list))
        for year in range(fiscal_year(self.campaign.start), fiscal_year(self.campaign.end) + 1):
            months = papers.months(year)
            for one in city_months(months):
                found[OFFICE][one.month].append(one)
            for one in months:
                if one.department != WHOLE:
                    found[self._answers(one.department)][one.month].append(one)
        return found

    def papers(self, department: str) -> list[Paper]:
        """All months of the campaign, those nobody knows anything of included. The base has the staff ratio in it."""
        months = self._papers.get(department, {})
        return [_together(month, months.get(month, []), self.terms.staff_ratio) for month in self.months]

    def provisional(self, department: str) -> list[str]:
        """The factors that nobody confirmed and this section's sheets were made from: its figures carry 仮."""
        mine = self._papers.get(department, {})
        return list(self.terms.unconfirmed(frozenset().union(*(one.made_from for month in self.months for one in mine.get(month, [])))))

    def _read_scans(self) -> dict[str, int]:
        """Of the last days that count: four weeks, or since the campaign began."""
        found: dict[str, int] = defaultdict(int)
        first = self.day - timedelta(days=max(0, self._scan_days - 1))
        known = json.dumps([one.code for one in self.settings.departments])
        for row in self.db.conn.execute(_SCANS, [known, first.isoformat(), self._after()]):
            for code in (OFFICE, self._answers(row["department"])):
                found[code] += row["scans"]
        return found

    @property
    def _scan_days(self) -> int:
        return min(7 * _WEEKS, (self.day - self.campaign.start).days + 1)

    def _after(self) -> str:
        return (self.day + timedelta(days=1)).isoformat()

    def _read_last(self) -> dict[str, date]:
        found: dict[str, date] = {}
        for section in self.settings.departments:
            row = self.db.conn.execute(_LAST, [section.code, self._after()]).fetchone()
            for code in (OFFICE, self._answers(section.code)) if row else ():
                day = date.fromisoformat(row["last"][:10])
                found[code] = max(day, found.get(code, day))
        return found

    def _read_waiting(self) -> dict[str, tuple[int, date]]:
        found: dict[str, tuple[int, date]] = {}
        for row in self.db.conn.execute(_WAITING, [self._after()]):
            for code in (OFFICE, self._answers(row["department"])):
                records, oldest = found.get(code, (0, date.max))
                found[code] = (records + row["records"], min(oldest, date.fromisoformat(row["oldest"][:10])))
        return found

    # --- one section ---

    def course(self, department: str) -> Course:
        """All that is known of a section's way, or with OFFICE of the whole office."""
        target, papers = self.targets.get(department), self.papers(department)
        allowed = path(papers, target) if target else []
        above = backslides(papers, allowed)
        records, oldest = self._waiting.get(department, (0, None))
        return Course(
            department=department,
            last_scan=self._last.get(department),
            waiting=records,
            oldest=oldest,
            rate=rate_gap(papers, target.rate) if target and target.rate is not None else None,
            cap=cap_gap(papers, target.cap) if target and target.cap is not None else None,
            fm=self._fm_gap(department, target),
            scans=self._scans_gap(department, target),
            filled=burndown.filled_again(self.shelves.steps(department), self.day - timedelta(weeks=_WEEKS), self.day),
            backslides=tuple(above),
            path=tuple(allowed),
            sliding=slides_back(papers, above),
        )

    def way(self, department: str, days: int = DAYS) -> Way:
        """Its course with what it is to reach and why it lags; the office as a whole never lags. days: see `reasons`."""
        course = self.course(department)
        why = reasons(course, self.day, days) if department != OFFICE else []
        return Way(target=self.targets.get(department), course=course, provisional=tuple(self.provisional(department)), reasons=tuple(why))

    def sections(self) -> list[str]:
        """Those that exist on the day, and those that have a target."""
        return sorted({one.code for one in sections_on(self.settings, self.day)} | {code for code in self.targets if code})

    def _fm_gap(self, department: str, target: Target | None) -> Gap | None:
        if target is None or target.fm is None or not self.shelves.ids(department):
            return None
        start, now = burndown.left(self.shelves.steps(department), [self.campaign.start, self.day], self.day)
        asked = burndown.planned(self.campaign.start, start, self.campaign.end, target.fm, self.day)
        return Gap(asked=asked, actual=now, missing=round(now - asked, 3))

    def _scans_gap(self, department: str, target: Target | None) -> Gap | None:
        """Of the last four weeks; none while the campaign is younger than one."""
        if target is None or target.scans_week is None or self._scan_days < 7:
            return None
        actual = round(self._scans.get(department, 0) * 7 / self._scan_days, 1)
        return Gap(asked=target.scans_week, actual=actual, missing=round(target.scans_week - actual, 1))


def _together(month: str, several: Iterable[Month], staff_ratio: float) -> Paper:
    """One month of sections that became one: of those whose base is known too, else what was used; of a month to come the base alone."""
    listed = list(several)
    known = [one for one in listed if one.current is not None]
    both = [one for one in known or listed if one.base is not None]
    used = [one.current or 0.0 for one in both or known] if known else []
    base = sum(one.base or 0.0 for one in both) * staff_ratio if both else None
    return Paper(month=month, base=base, current=sum(used) if used else None)


# --- as JSON ---


def listed(db: Database, today: date) -> list[JsonObject]:
    """All campaigns, each with its targets and whether it runs."""
    found = campaigns.campaigns(db)
    return [{**campaign_json(one, today), "targets": [as_json(target) for target in campaigns.targets(db, one.number)]} for one in found]


def shown(db: Database, settings: Settings, campaign: Campaign, today: date, days: int = DAYS) -> JsonObject:
    """A campaign with the office's way and each section's: targets, gaps, who lags and why, the months above the path. days: see `reasons`."""
    standing = Standing(db, settings, campaign, today)
    return {
        "campaign": campaign_json(campaign, today),
        "day": standing.day.isoformat(),
        "city": way_json(standing.way(OFFICE, days)),
        "departments": {code: way_json(standing.way(code, days)) for code in standing.sections()},
    }


def advice_given(db: Database, department: str | None = None) -> list[JsonObject]:
    """What sections were told, the newest first. department: one alone."""
    return [as_json(one) for one in reversed(campaigns.advices(db)) if department in (None, one.department)]

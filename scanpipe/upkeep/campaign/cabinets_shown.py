"""The cabinets as people look at them: by section and for the office, as on any day; what is left, until when, and what ledger B suggests."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from sqlite_utils import Database

from scanpipe.catalogue import cabinets, campaigns
from scanpipe.config import Settings
from scanpipe.core.campaign import burndown
from scanpipe.core.campaign.burndown import Change, Forecast
from scanpipe.core.campaign.cabinets import Basis, Cabinet
from scanpipe.core.campaign.campaigns import OFFICE, inherited
from scanpipe.core.retention import successor_of
from scanpipe.core.serial import as_json
from scanpipe.i18n import N_, _

JsonObject = dict[str, Any]
_MOST_POINTS = 160  # of a curve: three years by the week
DENSITY = "sheets_per_file_metre"

SUGGESTED = N_("Ledger B has {sheets:,.0f} A4 sheets removed since {day}, which is about {fm:.2f} m{mark}. Measure the cabinets and enter what is in them now.")


@dataclass(frozen=True, slots=True)
class Goal:
    """fm: metres that may be left at the end of `day`, in campaign `campaign`, which began on `start`."""

    campaign: int
    start: date
    day: date
    fm: float


class Shelves:
    """All cabinets of an office as on one day. section: who answers on this day for what was entered under another code."""

    def __init__(self, db: Database, settings: Settings, day: date) -> None:
        self.db, self.settings, self.day = db, settings, day
        self.now = burndown.standing(self.changes, day)
        self._answers: dict[tuple[str, date], str] = {}
        self._steps: dict[str, list[Change]] = {}
        self.of_section: dict[str, list[str]] = defaultdict(list)
        for id, change in self.now.items():
            self.of_section[self.section(change.department, day)].append(id)

    @cached_property
    def changes(self) -> list[Change]:
        """All steps up to this day, each cabinet's in their order."""
        return [change for change in cabinets.changes(self.db) if change.day <= self.day]

    @cached_property
    def _by_cabinet(self) -> dict[str, list[Change]]:
        found: dict[str, list[Change]] = defaultdict(list)
        for change in self.changes:
            found[change.cabinet].append(change)
        return found

    def section(self, code: str, day: date) -> str:
        if (code, day) not in self._answers:
            self._answers[code, day] = successor_of(self.settings.departments, code, day)
        return self._answers[code, day]

    def ids(self, department: str) -> Iterable[str]:
        """The cabinets of one section, or with OFFICE all."""
        return self.now if department == OFFICE else self.of_section.get(department, [])

    def steps(self, department: str) -> list[Change]:
        """All that was ever done to the cabinets that it has now."""
        if department not in self._steps:
            self._steps[department] = [change for id in self.ids(department) for change in self._by_cabinet[id]]
        return self._steps[department]

    def counts(self, department: str) -> JsonObject:
        """The contract's `cabinets`: metres at the start and now, how many, how many emptied and signed off."""
        mine = [self.now[id] for id in self.ids(department)]
        return {
            "fm_start": round(sum(one.fm_start for one in mine), 3),
            "fm_now": round(sum(one.fm for one in mine), 3),
            "cabinets": len(mine),
            "emptied": sum(one.emptied for one in mine),
            "signed_off": sum(one.signed_off for one in mine),
        }

    def reached_zero(self, department: str) -> bool:
        """Whether it has cabinets, and all are emptied and signed off (design §9)."""
        mine = [self.now[id] for id in self.ids(department)]
        return bool(mine) and all(one.emptied and one.signed_off for one in mine)

    # --- the way to zero ---

    def goal(self, department: str) -> Goal | None:
        """The nearest day on which a running campaign asks for metres; None if none does."""
        return min(self._goals.get(department, ()), key=lambda goal: goal.day, default=None)

    @cached_property
    def _goals(self) -> dict[str, list[Goal]]:
        found: dict[str, list[Goal]] = defaultdict(list)
        ended = {one.code: one.valid_to for one in self.settings.departments if one.valid_to}
        for campaign in campaigns.campaigns(self.db):
            targets = campaigns.targets(self.db, campaign.number) if campaign.runs(self.day) else []
            for code, target in inherited(targets, lambda code: self.section(code, self.day), ended).items():
                if target.fm is not None:
                    found[code].append(Goal(campaign.number, campaign.start, campaign.end, target.fm))
        return found

    def forecast(self, department: str) -> Forecast:
        """When nothing is left, from the last weeks."""
        steps = self.steps(department)
        days = burndown.weeks(min((change.day for change in steps), default=self.day), self.day)
        return burndown.forecast(list(zip(days, burndown.left(steps, days, self.day), strict=True)), self.day)

    def planned(self, department: str, days: Sequence[date]) -> list[float | None]:
        """What the straight line to the goal allows on each of these days; None without a goal and before its campaign."""
        goal = self.goal(department)
        if goal is None:
            return [None] * len(days)
        (start,) = burndown.left(self.steps(department), [goal.start], self.day)
        return [burndown.planned(goal.start, start, goal.day, goal.fm, day) if day >= goal.start else None for day in days]

    def curve(self, department: str) -> list[JsonObject]:
        """By the week, today last. fm: metres that were recorded in its cabinets on that day; left: in those that it has now, as if they had always been there."""
        steps = self.steps(department)
        mine = self.changes if department == OFFICE else [change for change in self.changes if self._ever(change, department)]
        days = _weekly(min((change.day for change in mine), default=self.day), self.day)
        recorded = [
            sum(fm for code, fm in sums.items() if self._is_of(code, day, department))
            for sums, day in zip(burndown.by_day(self.changes, days), days, strict=True)
        ]
        rows = zip(days, recorded, burndown.left(steps, days, self.day), self.planned(department, days), strict=True)
        return [{"day": day.isoformat(), "fm": round(fm, 3), "left": left, "planned": planned} for day, fm, left, planned in rows]

    def _is_of(self, code: str, day: date, department: str) -> bool:
        return department == OFFICE or self.section(code, day) == department

    def _ever(self, change: Change, department: str) -> bool:
        return department in (change.department, self.section(change.department, self.day))

    # --- ledger B ---

    def suggested(self) -> dict[str, JsonObject]:
        """By section: what ledger B saw removed after its cabinets were changed last. Measured volume wins: nothing is entered by itself."""
        since = {code: max(self.now[id].day for id in ids) for code, ids in self.of_section.items()}
        removed: dict[str, float] = defaultdict(float)
        if since:
            sql = "SELECT department, day, sum(removed) AS sheets FROM tally WHERE removed <> 0 AND day > ? AND day <= ? GROUP BY 1, 2"
            for row in self.db.conn.execute(sql, [min(since.values()).isoformat(), self.day.isoformat()]):
                code = self.section(row["department"], self.day)
                if code in since and row["day"] > since[code].isoformat():
                    removed[code] += row["sheets"]
        return {code: self._suggestion(code, sheets, since[code]) for code, sheets in removed.items() if sheets > 0}

    def _suggestion(self, code: str, sheets: float, since: date) -> JsonObject:
        metrics = self.settings.metrics
        fm = sheets / metrics.sheets_per_file_metre
        now = sum(self.now[id].fm for id in self.of_section[code])
        return {
            "removed_sheets": round(sheets, 1), "since": since.isoformat(), "fm": round(fm, 3), "fm_now_suggested": round(max(0.0, now - fm), 3),
            "factor": DENSITY, "sheets_per_file_metre": metrics.sheets_per_file_metre, "provisional": DENSITY not in metrics.confirmed,
        }  # fmt: skip


def mark(provisional: bool) -> str:
    """What stands behind a figure that was made from a factor nobody confirmed."""
    return _(" (provisional)") if provisional else ""


def suggestion(one: Mapping[str, Any]) -> str:
    """What ledger B suggests for a section, one of Shelves.suggested, as a sentence."""
    return _(SUGGESTED).format(sheets=one["removed_sheets"], day=one["since"], fm=one["fm"], mark=mark(one["provisional"]))


def _weekly(first: date, today: date) -> list[date]:
    """Days a week apart from the first to today, farther apart where that were too many."""
    gap = 7 * max(1, -(-((today - first).days) // (7 * _MOST_POINTS)))
    return [*(first + timedelta(days=n) for n in range(0, (today - first).days, gap)), today]


def last_day(fiscal_year: int | None, today: date) -> date:
    """The day from which the cabinets of a fiscal year are looked at: its last, or today. None: all years."""
    return today if fiscal_year is None else min(today, date(fiscal_year + 1, 3, 31))


def listed(db: Database, settings: Settings, day: date, department: str | None = None) -> JsonObject:
    """The register as on this day with what is left of it: the cabinets, each section, the office. department: of one section alone."""
    shelves = Shelves(db, settings, day)
    suggestions = shelves.suggested()
    found = [one for one in cabinets.registered(db) if one.id in shelves.now and department in (None, shelves.section(one.department, day))]
    sections = [code for code in sorted(shelves.of_section) if department in (None, code)]
    return {
        "day": day.isoformat(),
        "cabinets": [_cabinet(one, shelves) for one in found],
        "departments": {code: _progress(shelves, code, suggestions) for code in sections},
        "city": _progress(shelves, OFFICE, {}),
    }


def _cabinet(one: Cabinet, shelves: Shelves) -> JsonObject:
    provisional = one.basis is Basis.ASSUMED and "file_metres_per_cabinet" not in shelves.settings.metrics.confirmed
    body: JsonObject = as_json(one)
    return {**body, "department": shelves.section(one.department, shelves.day), "provisional": provisional}


def _progress(shelves: Shelves, code: str, suggestions: Mapping[str, JsonObject]) -> JsonObject:
    goal, forecast = shelves.goal(code), shelves.forecast(code)
    plan = shelves.planned(code, [shelves.day])[0]
    return {
        **shelves.counts(code),
        "zero": shelves.reached_zero(code),
        "target": {"day": goal.day.isoformat(), "fm": goal.fm, "campaign": goal.campaign, "planned_now": plan} if goal else None,
        "forecast": {"day": forecast.day.isoformat() if forecast.day else None, "metres_a_week": forecast.metres_a_week, "reason": forecast.reason},
        "suggestion": suggestions.get(code),
    }

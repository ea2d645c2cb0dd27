"""`/campaign`: the paper that is saved, and the way to empty cabinets: the whole office, each section, who needs help. Figures come from upkeep.campaign.figures alone."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import JSONResponse, Response

from scanpipe.catalogue import campaigns as kept
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.campaign.campaigns import OFFICE
from scanpipe.core.campaign.figures import Figures, Part
from scanpipe.core.campaign.indicators import KINDS
from scanpipe.core.dates import fiscal_year as fiscal_year_of
from scanpipe.core.rights import Right
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.campaign import story
from scanpipe.upkeep.campaign.cabinets_shown import Shelves, mark, suggestion
from scanpipe.upkeep.campaign.campaigns_shown import advice_given
from scanpipe.upkeep.campaign.figures import curve
from scanpipe.web import chart_library, showing, wishing
from scanpipe.web.guard import Submitted
from scanpipe.web.house import House
from scanpipe.web.routes.retention import names, year_of
from scanpipe.web.visit import HouseOf, NotAllowed, NotLoggedIn, Visit, Visitor, person_of

router = APIRouter(include_in_schema=False)
CAMPAIGN: Final = "/campaign"
NO_CHART: Final = N_("There is no such chart.")
NO_SECTION: Final = N_("There are no figures of a section {code}.")
REPORTS_SHOWN: Final = 12  # months, the newest
REPORT_ENDINGS: Final = {".pdf": "PDF", ".xlsx": "Excel", ".csv": "CSV"}
CHARTED: Final = 20  # sections in a chart; the table has all

Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What of the figures is asked for, as typed in the address; "" = as it comes."""

    fiscal_year: str = ""
    base_year: str = ""
    campaign: str = ""
    sort: str = ""
    up: str = ""

    def link(self, path: str = CAMPAIGN, /, **other: object) -> str:
        """The same on another page, or with something else."""
        same = {"fiscal_year": self.fiscal_year, "base_year": self.base_year, "campaign": self.campaign, "sort": self.sort, "up": self.up}
        return showing.link(path, **(same | other))


def wanted(fiscal_year: str = "", base_year: str = "", campaign: str = "", sort: str = "", up: str = "") -> Wanted:
    return Wanted(fiscal_year=fiscal_year, base_year=base_year, campaign=campaign, sort=sort if sort in SORTS else "", up="1" if up else "")


Asked = Annotated[Wanted, Depends(wanted)]


def _value(name: str) -> Callable[[Part], float | None]:
    return {
        "rate": lambda part: part.ledger_a.rate,
        "saved": lambda part: part.ledger_a.saved,
        "current": lambda part: part.ledger_a.current,
        "per_head": lambda part: part.per_head.current,
        "digitised": lambda part: part.ledger_b.digitised,
        "removed": lambda part: part.ledger_b.removed,
        "fm": lambda part: part.cabinets.fm_now if part.cabinets.cabinets else None,
    }[name]


SORTS: Final = ("rate", "saved", "current", "per_head", "digitised", "removed", "fm", "code")


def ranked(parts: tuple[Part, ...], wanted: Wanted) -> list[Part]:
    """In the order asked for, the greatest first unless `up`; those without a figure last. Sections that have nothing at all are left away."""
    known = [part for part in parts if part.known]
    if wanted.sort == "code":
        return sorted(known, key=lambda part: part.code, reverse=not wanted.up)
    value = _value(wanted.sort or "rate")
    figured = [(found, part) for part in known if (found := value(part)) is not None]
    figured.sort(key=lambda each: each[0], reverse=not wanted.up)
    return [part for _found, part in figured] + [part for part in known if value(part) is None]


# --- who may look ---


def guest(request: Request, house: HouseOf) -> Iterator[Visit | None]:
    """Who asks, or None for the public where the page is open to it. Raises NotLoggedIn."""
    try:
        person, csrf = person_of(house, request)
    except NotLoggedIn:
        if not house.settings.campaign.public:
            raise
        yield None
        return
    made = request.state.visit = Visit(house, request, person, csrf)
    try:
        yield made
    finally:
        made.close()


Guest = Annotated[Visit | None, Depends(guest)]


def sees_all(visit: Visit | None, settings: Settings) -> bool:
    """Whether single sections are shown. Raises NotAllowed where nothing may be."""
    if visit is not None and not visit.person.must_change and visit.person.may(Right.STATISTICS):
        return True
    if settings.campaign.public:
        return False
    if visit is not None:
        visit.need(Right.STATISTICS)
    raise NotAllowed


def figures_for(house: House, visit: Visit | None, asked: Wanted) -> Figures:
    """Of the year asked for, the current one without. Raises NoCampaign, UsageError."""
    whole = sees_all(visit, house.settings)
    reader = visit.reader if visit is not None else house.public_reader()
    try:
        found = _figures(house, reader, asked)
    finally:
        if visit is None:
            reader.close()
    return found if whole else found.without_sections()


def _figures(house: House, reader: CatalogueReader, asked: Wanted) -> Figures:
    today = house.now().date()
    number = int(asked.campaign) if asked.campaign.isascii() and asked.campaign.isdigit() and len(asked.campaign) < 7 else None
    year = year_of(asked.fiscal_year) or fiscal_year_of(today)
    return house.figures.of(reader, today, fiscal_year=year, base_year=year_of(asked.base_year), campaign=number)


# --- pages ---


@router.get(CAMPAIGN)
def dashboard(request: Request, house: HouseOf, visit: Guest, asked: Asked, done: str = "") -> Response:
    """The whole office."""
    return _dashboard(request, house, visit, asked, done=done)


def _dashboard(request: Request, house: House, visit: Visit | None, asked: Wanted, says: str | None = None, *, done: str = "", typed: Any = None) -> Response:
    found = figures_for(house, visit, asked)
    parts = ranked(found.sections, asked)
    facts = _facts(found, found.city, asked) | {
        "parts": parts,
        "charted": CHARTED,
        "years": _years(found, house.now().date()),
        "says": says,
        "done": done,
        "typed": typed or dict.fromkeys(("department", "text", "on"), ""),
        "public": visit is None or not found.sections,
        "alert": story.alert(found),
    }
    if visit is None:
        return showing.open_page(request, "campaign.html", campaigns=[], advice=[], own=[], names={}, reports=[], **facts)
    advising = [one for one in house.settings.departments if visit.person.may(Right.CAMPAIGN, one.code)]
    shown = [] if facts["public"] else advice_given(visit.reader.db)
    facts["reports"] = [] if facts["public"] else reports(visit.house.settings)
    facts |= {"campaigns": kept.campaigns(visit.reader.db), "advice": shown, "own": [] if facts["public"] else advising, "names": names(visit)}
    return showing.page(visit, "campaign.html", 409 if says else 200, **facts)


def _facts(found: Figures, part: Part, asked: Wanted) -> dict[str, Any]:
    return {
        "figures": found, "part": part, "asked": asked, "story": story.story(found, part), "beside": list(story.beside(found, part)), "mark": mark,
        "amount": story.amount, "KINDS": KINDS, "library": chart_library.address(),
    }  # fmt: skip


def _years(found: Figures, today: date) -> list[int]:
    """To choose from: the present year and all that anything is known of, the newest first."""
    return sorted({fiscal_year_of(today), *(one.fiscal_year for one in found.years), *([found.base_year] if found.base_year else [])}, reverse=True)


@router.get(CAMPAIGN + "/sections/{code}")
def section(visit: Visitor, code: str, asked: Asked) -> Response:
    """One section, large: to look at together in a meeting."""
    visit.need(Right.STATISTICS)
    found = figures_for(visit.house, visit, asked)
    part = found.section(code)
    if part is None:
        raise NotFound(NO_SECTION, code=code[:24])
    places = [one.code for one in ranked(found.sections, asked) if one.ledger_a.rate is not None]
    shelves = Shelves(visit.reader.db, visit.house.settings, found.day)
    facts = _facts(found, part, asked) | {
        "advice": advice_given(visit.reader.db, code),
        "curve": curve(shelves, code),
        "suggested": suggestion(one) if (one := shelves.suggested().get(code)) else None,
        "place": places.index(code) + 1 if code in places else None,
        "places": len(places),
    }
    return showing.page(visit, "campaign_section.html", years=_years(found, visit.house.now().date()), **facts)


@router.post(CAMPAIGN + "/advice")
def advise(visit: Submitted, department: Text = "", text: Text = "", on: Text = "") -> Response:
    """What a section was told is noted."""
    visit.need(Right.CAMPAIGN, visit.house.settings.department(department).code)

    def again(says: str) -> Response:
        typed = {"department": department, "text": text, "on": on}
        return _dashboard(visit.request, visit.house, visit, Wanted(), says, typed=typed)

    try:
        day = wishing.day(on)
    except UsageError as wrong:
        return again(wishing.told(visit, wrong))
    return wishing.tried(visit, again, f"{CAMPAIGN}?done=advised#lagging", "campaign_advise", department=department, text=text, on=day)


def reports(settings: Settings) -> list[tuple[str, list[tuple[str, str]]]]:
    """Of the last months, the newest first: (month, files as (name, what it is))."""
    from scanpipe.upkeep.sending import mailing  # late: what sends mail is not needed here

    found = []
    for month in reversed(mailing.months(settings.layout.reports)[-REPORTS_SHOWN:]):
        with suppress(OSError):  # a report that these pages may not read is one that they do not offer
            paths = sorted((settings.layout.reports / month).iterdir())
            found.append((month, [(path.name, _called(path)) for path in paths if path.suffix in REPORT_ENDINGS]))
    return found


def _called(path: Path) -> str:
    return _("open data (CSV)") if path.name.startswith("open-data") else REPORT_ENDINGS[path.suffix]


# --- charts ---


@router.get(chart_library.ADDRESS)
def vega(house: HouseOf) -> Response:
    """What draws the charts; it holds nothing of this office."""
    data = chart_library.library(house.settings.layout.web)
    return Response(data, media_type="text/javascript; charset=utf-8", headers={"cache-control": "private, max-age=31536000, immutable"})


@router.get(CAMPAIGN + "/charts/{name}.json")
def chart(house: HouseOf, visit: Guest, name: str, asked: Asked, department: str = OFFICE) -> Response:
    """A chart as Vega-Lite. department: of one section. Raises NotFound."""
    from scanpipe.upkeep.campaign import charts  # late: altair takes half a second

    found = figures_for(house, visit, asked)
    part = found.section(department) if department else found.city
    if part is None:
        raise NotFound(NO_SECTION, code=department[:24])
    drawn: dict[str, Callable[[], Any]] = {
        "trend": lambda: charts.trend(part.months, charts.path_of(part)),
        "so-far": lambda: charts.so_far(found.so_far(part)),
        "stored-so-far": lambda: charts.stored_so_far(found.stored_so_far(part)),
        "stored": lambda: charts.stored(part.months),
        "metres": lambda: charts.metres(_curve(house, visit, found, department)),
        "years": lambda: charts.years(found.years, _unfinished(found)),
    }
    if found.sections:
        parts = ranked(found.sections, asked)
        drawn["rates"] = lambda: charts.rates(parts[:CHARTED])
        drawn["volumes"] = lambda: charts.volumes(parts[:CHARTED])
        drawn["heat"] = lambda: charts.heat([one for one in parts if one.months])
    if name not in drawn:
        raise NotFound(NO_CHART)
    return JSONResponse(drawn[name]())


def _unfinished(found: Figures) -> dict[int, int]:
    """The year that is looked at, while not all of its months are known."""
    known = sum(one.ledger_a.current is not None for one in found.city.months)
    return {found.paper_year: known} if found.paper_year is not None and 0 < known < 12 else {}


def _curve(house: House, visit: Visit | None, found: Figures, department: str) -> Any:
    if department == OFFICE or visit is None:
        return found.curve
    return curve(Shelves(visit.reader.db, house.settings, found.day), department)

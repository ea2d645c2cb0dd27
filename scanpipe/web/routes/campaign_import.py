"""`/campaign/paper`: purchases and counters from an office's own file: sent, looked at, brought. Nothing is changed before somebody has looked."""

from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import APIRouter, Form, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse, Response

from scanpipe.catalogue.requests import Refused
from scanpipe.core.campaign.paper_counts import Source, Unit
from scanpipe.core.rights import Right
from scanpipe.core.serial import as_json, canonical, from_text
from scanpipe.errors import ScanError, UsageError
from scanpipe.i18n import N_, _
from scanpipe.web import paper_sent, showing, wishing
from scanpipe.web.guard import Submitted, own_files
from scanpipe.web.office_files import MOST
from scanpipe.web.paper_sent import KINDS, NotYours, SentPaper
from scanpipe.web.routes.campaign import CAMPAIGN
from scanpipe.web.routes.retention import names
from scanpipe.web.sending import UNBOUNDED, Sent, TooLarge
from scanpipe.web.visit import Visit, Visitor

router = APIRouter(include_in_schema=False)
PAPER: Final = CAMPAIGN + "/paper"
MOST_SHOWN: Final = 300  # rows of a table; what a person should look at comes first
OTHERWISE: Final = N_("Since you looked, somebody has brought or corrected figures. Look once more at what would change.")

Text = Annotated[str, Form()]


@router.get(PAPER)
def form(visit: Visitor) -> Response:
    """To choose a file, and to say what it does not say itself."""
    visit.need(Right.CAMPAIGN)
    return _form(visit)


def _form(visit: Visit, says: str | None = None, typed: Mapping[str, str] | None = None) -> Response:
    said = {name: (typed or {}).get(name, "") for name in ("source", "unit", "year", "reason")}
    facts = {"sources": list(Source), "units": list(Unit), "kinds": KINDS, "most": MOST.bytes}
    return showing.page(visit, "campaign_import.html", 409 if says else 200, says=says, typed=said, **facts)


@router.post(PAPER, max_body_size=UNBOUNDED)
async def send(visit: Visitor, request: Request) -> Response:
    """Reads the file and keeps what was understood until somebody has looked. Changes nothing."""
    visit.need(Right.CAMPAIGN)
    try:
        sent = await own_files(request, visit, MOST.bytes)
    except TooLarge as error:
        return await run_in_threadpool(_form, visit, str(error))
    try:
        return await run_in_threadpool(_looked_at, visit, sent)
    finally:
        sent.close()


def _looked_at(visit: Visit, sent: Sent) -> Response:
    try:
        paper = paper_sent.read(visit.house, sent)
        paper_sent.check_sections(visit, paper.reading.rows)
    except (UsageError, ScanError, NotYours) as wrong:
        return _form(visit, wishing.without_commands(str(wrong)), sent.fields)
    token = visit.house.previews.keep(visit.person.name, canonical(as_json(paper)))
    return RedirectResponse(f"{PAPER}/{token}", 303)


@router.get(PAPER + "/{token}")
def preview(visit: Visitor, token: str) -> Response:
    """What was understood, what would change, what was left out and why. Raises PreviewGone."""
    visit.need(Right.CAMPAIGN)
    return _preview(visit, token, _kept(visit, token))


def _kept(visit: Visit, token: str) -> SentPaper:
    return from_text(SentPaper, visit.house.previews.find(visit.person.name, token))


def _preview(visit: Visit, token: str, paper: SentPaper, says: str | None = None) -> Response:
    plan = paper_sent.planned(visit, paper)
    rows = sorted(zip(paper.reading.understood, paper_sent.effects(paper, plan), strict=True), key=lambda each: (not each[0].doubts, each[1] == "same"))
    facts = {
        "paper": paper, "token": token, "plan": plan, "mark": paper_sent.mark(plan), "rows": rows, "most": MOST_SHOWN, "problems": paper.reading.problems,
        "remarks": [one for one in paper.reading.remarks if not one.problem], "names": names(visit), "figure": as_json, "plain": wishing.without_commands,
    }  # fmt: skip
    return showing.page(visit, "campaign_import_preview.html", 409 if says else 200, says=says, **facts)


@router.post(PAPER + "/{token}")
def bring(visit: Submitted, token: str, mark: Text = "") -> Response:
    """Exactly what was shown. mark: of the plan that the preview had."""
    visit.need(Right.CAMPAIGN)
    paper = _kept(visit, token)
    plan = paper_sent.planned(visit, paper)
    if mark != paper_sent.mark(plan):
        return _preview(visit, token, paper, _(OTHERWISE))
    try:
        answer = paper_sent.bring(visit, paper)
    except (Refused, NotYours) as refusal:
        return _preview(visit, token, paper, wishing.told(visit, refusal))
    visit.house.previews.drop(visit.person.name, token)
    year = max(row.fiscal_year for row in paper.reading.rows)
    return RedirectResponse(showing.link(f"{CAMPAIGN}/rows/paper", fiscal_year=year, done=len(answer["rows"])), 303)

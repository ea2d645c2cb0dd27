"""Figures of paper by the API: an office's file of purchases or counters, read as the page reads it; with dry_run only looked at."""

from typing import Any, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from scanpipe.core.campaign.paper_counts import Source, Unit
from scanpipe.core.rights import Right
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign import paper_files
from scanpipe.web import paper_sent
from scanpipe.web.api import paper_models
from scanpipe.web.api.asked import Changing, api_router, form_of, responses
from scanpipe.web.office_files import MOST
from scanpipe.web.sending import UNBOUNDED, Sent, received
from scanpipe.web.visit import Visit

router = api_router("stats")
NOT_YES_OR_NO: Final = N_("dry_run is {value}; it can be true or false.")
_YES: Final = {"": False, "false": False, "0": False, "true": True, "1": True}
_FORM: Final = form_of(
    ["file"],
    {
        "file": {"type": "string", "format": "binary", "description": "CSV or Excel, as the office has it"},
        "dry_run": {"type": "boolean", "default": False, "description": "only read and compare"},
        "source": {"type": "string", "enum": [one.value for one in Source], "description": "what the figures are, where the file does not say"},
        "unit": {"type": "string", "enum": [one.value for one in Unit], "description": "what was counted, where the file does not say"},
        "year": {"type": "string", "description": "the fiscal year, where the file names months alone"},
        "reason": {"type": "string", "description": "for the history"},
    },
)


@router.post("/stats/paper", max_body_size=UNBOUNDED, response_model=paper_models.PaperImport, responses=responses(409, 413), openapi_extra=_FORM)
async def bring(visit: Changing, request: Request) -> dict[str, Any]:
    """Brings the figures of a file into ledger A, or only tells what that would change. The same file again changes nothing."""
    visit.need(Right.CAMPAIGN)
    sent = await received(request, visit.house.settings.layout.web / "upload", MOST.bytes, None)
    try:
        return await run_in_threadpool(_brought, visit, sent)
    finally:
        sent.close()


def _brought(visit: Visit, sent: Sent) -> dict[str, Any]:
    said = sent.fields.get("dry_run", "").strip().lower()
    if said not in _YES:
        raise UsageError(NOT_YES_OR_NO, value=said[:20])
    paper = paper_sent.read(visit.house, sent)
    paper_sent.check_sections(visit, paper.reading.rows)
    change = paper_sent.planned(visit, paper) if _YES[said] else paper_sent.bring(visit, paper)
    return paper_files.told(paper.name, paper.reading, change, dry_run=_YES[said])

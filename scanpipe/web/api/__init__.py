"""`/api/v1`: the facts of the pages as JSON, for programs. One module a kind of facts.

models          the contract, field by field: what all have in common; the rest beside the module of its facts (record_models, finding_models, schedule_models,
                keeping_models, operation_models, administration_models, figure_models, paper_models)
asked           who asks by the API: a token, or a page of ours with the session's token
records         the records: listed, one of them, its text, pages, events, files; decisions about it
finding         search and the review queue
schedule        sections, categories, holds, what is due, disposal lists, binders and their register
keeping         paper in boxes, events that are waited for, a changed schedule
operation       what is where, and the scans of today
administration  for administrators: the operation, the journal, accounts, tokens, the configuration
stats           sheets and figures: JSON, and CSV on request; paper: an office's file of figures, brought
upload          a scan, into the same intake
manual          OpenAPI, and a page that shows it
"""

from collections.abc import Sequence

from fastapi import APIRouter

from scanpipe.web.api import administration, finding, keeping, manual, operation, paper, records, schedule, stats, upload

ROUTERS: Sequence[APIRouter] = (
    manual.router, records.router, finding.router, schedule.router, keeping.router, operation.router, administration.router, stats.router, paper.router, upload.router,
)  # fmt: skip

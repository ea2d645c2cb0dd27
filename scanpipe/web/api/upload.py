"""A scan by the API: laid into the section's drop folder, where the same intake takes it as from a scanner."""

from typing import Any, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from scanpipe.core.rights import Right
from scanpipe.web.api import operation_models
from scanpipe.web.api.asked import Changing, api_router, form_of, responses
from scanpipe.web.routes import upload as pages
from scanpipe.web.sending import UNBOUNDED, received

router = api_router("upload")
_FORM: Final = form_of(
    ["department", "file"],
    {
        "department": {"type": "string", "description": "code of the section"},
        "file": {"type": "string", "format": "binary", "description": "a scan: PDF, TIFF, JPEG or PNG; may be sent several times"},
    },
)


@router.post("/scans", max_body_size=UNBOUNDED, status_code=202, response_model=operation_models.Uploaded, responses=responses(404, 413), openapi_extra=_FORM)
async def upload(visit: Changing, request: Request) -> dict[str, Any]:
    """Takes the scans for this section. When they are read, filed and found stands in /api/v1/today."""
    visit.need(Right.UPLOAD)
    settings = visit.house.settings
    sent = await received(request, settings.layout.web / "upload", settings.intake.max_bytes, None)
    try:
        department = sent.fields.get("department", "")
        names = await run_in_threadpool(pages.deliver, visit.house, visit.person, department, sent)
    finally:
        sent.close()
    return {"department": department, "names": names}

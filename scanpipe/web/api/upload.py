"""A scan by the API: laid into the section's drop folder, where the same intake takes it as from a scanner."""

from typing import Annotated, Any

from fastapi import Form, UploadFile

from scanpipe.core.rights import Right
from scanpipe.upkeep import delivery
from scanpipe.web.api import models
from scanpipe.web.api.asked import Changing, api_router, responses

router = api_router("upload")


@router.post("/scans", status_code=202, response_model=models.Uploaded, responses=responses(404, 413))
def upload(visit: Changing, department: Annotated[str, Form(max_length=100)], file: UploadFile) -> dict[str, Any]:
    """Takes the file for this section. When it is read, filed and found stands in /api/v1/today."""
    visit.need(Right.UPLOAD, department)
    name, size = delivery.deliver(visit.house.settings, department, file.filename or "", file.file)
    visit.house.requests.ask("expect", visit.person.name, visit.house.now(), department=department, names=[name])
    return {"department": department, "name": name, "bytes": size}

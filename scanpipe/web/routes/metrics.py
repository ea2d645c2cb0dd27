"""`/metrics`, for Prometheus on this machine, or elsewhere with a token for statistics."""

import ipaddress

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST

from scanpipe.core.rights import Right
from scanpipe.web.metrics import Measured
from scanpipe.web.visit import HouseOf, Visit, person_of

router = APIRouter(include_in_schema=False)
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/metrics")
def metrics(request: Request, house: HouseOf) -> Response:
    """Raises NotLoggedIn, NotAllowed for who asks from elsewhere without a token for it."""
    if not _from_here(request):
        person, csrf = person_of(house, request)
        visit = Visit(house, request, person, csrf)
        if not person.may(Right.OPERATE):
            visit.need(Right.STATISTICS)
    measured: Measured = request.app.state.measured
    return Response(measured.text(), media_type=CONTENT_TYPE_LATEST)


def _from_here(request: Request) -> bool:
    """A program on this machine, not one that a proxy on this machine speaks for."""
    if any(name in request.headers for name in _FORWARDED) or request.client is None:
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False

"""One module a page. ROUTERS: all of them, in the order in which an address is looked up."""

from collections.abc import Sequence

from fastapi import APIRouter

from scanpipe.web.routes import (
    admin,
    boxes,
    campaign,
    campaign_cabinets,
    campaign_files,
    campaign_import,
    campaign_rows,
    disposals,
    holds,
    login,
    metrics,
    partings,
    people,
    records,
    retention,
    review,
    schedule,
    schedule_changes,
    search,
    today,
    upload,
    wall,
)

ROUTERS: Sequence[APIRouter] = (
    login.router,
    today.router,
    wall.router,
    upload.router,
    review.router,
    partings.router,
    records.router,
    search.router,
    retention.router,
    disposals.router,
    holds.router,
    boxes.router,
    schedule.router,
    schedule_changes.router,
    campaign.router,
    campaign_cabinets.router,
    campaign_rows.router,
    campaign_files.router,
    campaign_import.router,
    admin.router,
    people.router,
    metrics.router,
)

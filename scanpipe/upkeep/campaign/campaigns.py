"""What people set out to do: campaigns, targets of sections, and what sections were advised. Their wishes, checked and made into facts."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from scanpipe.catalogue.campaigns import advices, campaigns, targets
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.campaign.campaigns import HAS_ENDED, NO_TEXT, OFFICE, Advice, BadCampaign, Campaign, Target, check, check_target, running
from scanpipe.core.retention import successor_of
from scanpipe.core.serial import as_json

Answer = Mapping[str, Any]
_ASKED = ("rate", "cap", "fm", "scans_week")


def _today(wish: Wish, settings: Settings) -> date:
    return wish.at.astimezone(settings.timezone).date()


def begin(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{name, from, to, base_year}: a new campaign, which gets the next number. Raises BadCampaign."""
    known = campaigns(catalogue.db)
    campaign = next((one for one in known if one.id == wish.id), None) or Campaign(
        id=wish.id, number=max((one.number for one in known), default=0) + 1, name=wish.wants["name"].strip(), start=date.fromisoformat(wish.wants["from"]),
        end=date.fromisoformat(wish.wants["to"]), base_year=wish.wants.get("base_year"), by=wish.who, at=wish.at,
    )  # fmt: skip
    check(campaign)
    catalogue.campaign_begun(campaign)
    return {"campaign": as_json(campaign)}


def end(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{campaign, reason}: it is over today. Raises NoCampaign, BadCampaign if it was ended before."""
    today = _today(wish, settings)
    campaign = running(campaigns(catalogue.db), wish.wants.get("campaign"), today)
    ended = replace(campaign, ended=max(today, campaign.start), ended_by=wish.who, end_reason=(wish.wants.get("reason") or "").strip())
    if campaign.ended and campaign != ended:
        raise BadCampaign(HAS_ENDED, number=campaign.number, day=campaign.ended.isoformat())
    catalogue.campaign_ended(ended)
    return {"campaign": as_json(ended)}


def set_target(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{campaign, department, rate, cap, fm, scans_week, drop}: what is not said stays as it was; drop: names of what is not asked any more.

    department: its code, OFFICE for all together. Raises NoCampaign, BadCampaign, NotFound.
    """
    today = _today(wish, settings)
    campaign = running(campaigns(catalogue.db), wish.wants.get("campaign"), today)
    if campaign.ended or campaign.end < today:
        raise BadCampaign(HAS_ENDED, number=campaign.number, day=(campaign.ended or campaign.end).isoformat())
    code = wish.wants["department"]
    department = successor_of(settings.departments, settings.department(code).code, today) if code != OFFICE else OFFICE
    before = next((one for one in targets(catalogue.db, campaign.number) if one.department == department), None)
    said = {name: getattr(before, name, None) for name in _ASKED}
    said |= {name: wish.wants[name] for name in _ASKED if wish.wants.get(name) is not None} | dict.fromkeys(wish.wants.get("drop") or (), None)
    target = Target(id=wish.id, campaign=campaign.number, department=department, by=wish.who, day=today, **said)
    check_target(target)
    catalogue.target_set(target)
    return {"target": as_json(target), "campaign": as_json(campaign)}


def advise(wish: Wish, catalogue: Catalogue, settings: Settings) -> Answer:
    """{department, text, on}: a section was told something. Raises BadCampaign, NotFound."""
    text, today = wish.wants["text"].strip(), _today(wish, settings)
    if not text:
        raise BadCampaign(NO_TEXT)
    day = date.fromisoformat(wish.wants["on"]) if wish.wants.get("on") else today
    runs = [one.number for one in campaigns(catalogue.db) if one.runs(day)]
    advice = Advice(
        id=wish.id, day=day, department=settings.department(wish.wants["department"]).code, text=text, by=wish.who, campaign=runs[0] if len(runs) == 1 else None
    )  # fmt: skip
    catalogue.advised(advice)
    known = next(one for one in advices(catalogue.db) if one.id == wish.id)
    return {"advice": as_json(known)}

"""Campaigns, their targets and what sections were advised, written and read."""

from collections.abc import Callable
from typing import Any, ClassVar

from sqlite_utils import Database

from scanpipe.catalogue.database import SQL
from scanpipe.catalogue.journal import Event
from scanpipe.catalogue.writing import Writer
from scanpipe.core.campaign.campaigns import Advice, Campaign, Target
from scanpipe.core.serial import as_json, canonical, from_json, from_text


class Campaigns(Writer):
    """What is set out to be done, and what was said about it. Each of these acts once, however often a wish is answered."""

    def campaign_begun(self, campaign: Campaign) -> None:
        with self._writing():
            if all(one.id != campaign.id for one in campaigns(self.db)):
                self._record("campaign_begun", self._put_campaign, None, campaign.by, campaign=as_json(campaign))

    def campaign_ended(self, campaign: Campaign) -> None:
        """As its fields `ended`, `ended_by` and `end_reason` say. Said already: nothing happens."""
        with self._writing():
            if any(one.number == campaign.number and one.ended is None for one in campaigns(self.db)):
                self._record("campaign_ended", self._put_campaign, None, campaign.ended_by or campaign.by, campaign=as_json(campaign))

    def target_set(self, target: Target) -> None:
        """The newest word for this section in this campaign. That very one already: nothing happens."""
        with self._writing():
            if all(one.id != target.id for one in targets(self.db, target.campaign)):
                self._record("target_set", self._put_target, None, target.by, target=as_json(target))

    def advised(self, advice: Advice) -> None:
        with self._writing():
            if all(one.id != advice.id for one in advices(self.db)):
                self._record("advice_given", self._add_advice, None, advice.by, advice=as_json(advice))

    def _put_campaign(self, event: Event) -> None:
        campaign = from_json(Campaign, event.data["campaign"])
        self._execute("put_campaign", number=campaign.number, id=campaign.id, fact=canonical(as_json(campaign)).decode())

    def _put_target(self, event: Event) -> None:
        target = from_json(Target, event.data["target"])
        self._execute("put_target", campaign=target.campaign, department=target.department, fact=canonical(as_json(target)).decode())

    def _add_advice(self, event: Event) -> None:
        advice = from_json(Advice, event.data["advice"])
        self._execute("add_advice", id=advice.id, day=advice.day.isoformat(), department=advice.department, fact=canonical(as_json(advice)).decode())

    AGAIN: ClassVar[dict[str, Callable[[Any, Event], None]]] = {
        "campaign_begun": _put_campaign,
        "campaign_ended": _put_campaign,
        "target_set": _put_target,
        "advice_given": _add_advice,
    }


def campaigns(db: Database) -> list[Campaign]:
    """All, the first first."""
    return [from_text(Campaign, row["fact"]) for row in db.conn.execute(SQL["campaigns"])]


def targets(db: Database, campaign: int) -> list[Target]:
    """What each section is to reach in this campaign, by their codes."""
    return [from_text(Target, row["fact"]) for row in db.conn.execute(SQL["targets"], {"campaign": campaign})]


def advices(db: Database) -> list[Advice]:
    """All that sections were told, the first first."""
    return [from_text(Advice, row["fact"]) for row in db.conn.execute(SQL["advice"])]

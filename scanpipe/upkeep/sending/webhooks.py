"""Webhooks: what happened, POSTed to another system as soon as it stands in the event log, signed as the Standard Webhooks specification 1.0 has it.

Body: {"type": kind of the event, "timestamp": its moment, "data": numbers and facts}. Never titles, names of files or people, nor anything of a record that
is restricted when it is sent. Events go out one by one in their order, each until it is taken: receivers know one that comes twice by its webhook-id.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from scanpipe.catalogue.leaving import Told, box_of, cabinet_after, records
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings, Webhook
from scanpipe.upkeep.sending import posting
from scanpipe.upkeep.sending.following import Following
from scanpipe.upkeep.sending.outbox import NotSent, Outbox, label

JsonObject = dict[str, Any]

_PREFIX: Final = "whsec_"
_OF_RECORD: Final = ("number", "department", "category", "fiscal_year", "state", "pages", "sheets", "a4_sheets", "paper_status")


def key_of(secret: str) -> bytes:
    """What signs: base64 behind "whsec_", else the text itself."""
    if secret.startswith(_PREFIX):
        try:
            return base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            pass
    return secret.encode()


def headers(id: str, at: datetime, body: bytes, secret: str) -> dict[str, str]:
    """The three headers that receivers check. at: of sending, so that an old request cannot be played again."""
    moment = str(int(at.timestamp()))
    signed = hmac.new(key_of(secret), f"{id}.{moment}.".encode() + body, hashlib.sha256).digest()
    return {"webhook-id": id, "webhook-timestamp": moment, "webhook-signature": f"v1,{base64.b64encode(signed).decode()}"}


class WebhookChannel(Following):
    """One [[webhook]]."""

    rest_seconds = 2.0
    from_start = False
    at_once = 200

    def __init__(self, webhook: Webhook, settings: Settings, outbox: Outbox, open_reader: Callable[[], CatalogueReader], clock: Callable[[], datetime]) -> None:
        super().__init__(outbox, open_reader)
        self.webhook, self.settings, self.clock = webhook, settings, clock
        self.name = webhook.channel

    def tell(self, events: Sequence[Told]) -> None:
        """One by one; how far it came is kept after each that was taken."""
        known = records(self.reader.db, {event.accession_id for event in events if event.accession_id}, self.settings.schedule.restricted)
        for event in events:
            told = self._told(event, known)
            if told is not None:
                self._post(event, told)
                self.outbox.dealt_with(self.name, event.seq, event.hash)

    def _post(self, event: Told, told: JsonObject) -> None:
        body = json.dumps({"type": event.kind, "timestamp": event.at, "data": {"seq": event.seq, **told}}, ensure_ascii=False).encode()
        signed = headers(f"evt_{event.seq}_{event.hash[:16]}", self.clock(), body, self.webhook.key(Path(self.settings.file.parent)))
        answer = posting.send(label(self.name), self.webhook.url, body, signed)
        if not answer.taken:
            raise NotSent(place=label(self.name), reason=f"HTTP {answer.status}", wait=answer.wait)

    def _told(self, event: Told, known: Mapping[str, JsonObject]) -> JsonObject | None:
        """The facts of an event; None = this webhook does not ask for it, or nothing of it may leave."""
        if event.kind not in self.webhook.events:
            return None
        if event.kind in ("rejected", "duplicate"):
            delivery = event.data["delivery"]
            return {name: delivery[name] for name in ("department", "bytes", "received")}
        if event.accession_id is not None:
            record = known.get(event.accession_id)
            return None if record is None or record["hidden"] else {name: record[name] for name in _OF_RECORD}
        return self._of_others(event)

    def _of_others(self, event: Told) -> JsonObject:
        data = event.data
        if event.kind.startswith("box_"):
            step = data["step"]
            return {"box": step["box"], "day": step["day"], **box_of(self.reader.db, step["box"])}
        if event.kind.startswith("cabinet_"):
            return {"cabinet": data["step"]["cabinet"], "day": data["step"]["day"], **cabinet_after(self.reader.db, event.seq)}
        if event.kind.startswith("campaign_"):
            return {name: data["campaign"].get(name) for name in ("number", "start", "end", "ended")}
        if event.kind == "disposal_done":
            return {"list": data["list"]}
        return {"rows": len(data.get("rows", data.get("figures", ())))}


def channels(settings: Settings, outbox: Outbox, open_reader: Callable[[], CatalogueReader], clock: Callable[[], datetime]) -> list[WebhookChannel]:
    return [WebhookChannel(webhook, settings, outbox, open_reader, clock) for webhook in settings.webhook]

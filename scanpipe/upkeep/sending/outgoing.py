"""All channels that the configuration names, assembled, and how they fare. Without [[webhook]], [kintone] and [mail] nothing leaves this server."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from scanpipe.catalogue.database import DatabaseError
from scanpipe.catalogue.leaving import last_seq
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.upkeep.sending import kintone, mailing, webhooks
from scanpipe.upkeep.sending.mailing import MailChannel
from scanpipe.upkeep.sending.outbox import Channel, Outbox, Senders, Standing, label

_ON_EVENTS = (kintone.RECORDS, "webhook ")  # channels whose place is one in the event log


def senders(settings: Settings, clock: Callable[[], datetime]) -> Senders | None:
    """What sends, not yet started; None where nothing may leave."""
    if not names(settings):
        return None
    outbox = Outbox(settings.layout.outbox_db)
    return Senders(outbox, channels(settings, outbox, clock), clock, settings.site.language)


def channels(settings: Settings, outbox: Outbox, clock: Callable[[], datetime]) -> list[Channel]:
    """In the order of `names`."""
    from scanpipe.upkeep.sending.kintone_months import MonthsChannel  # late: the figures take a moment to load, and `status` only asks how channels fare

    def reader() -> CatalogueReader:
        return CatalogueReader(settings.layout.catalogue_db)

    found: list[Channel] = [*webhooks.channels(settings, outbox, reader, clock)]
    if settings.kintone.base_url and settings.kintone.app:
        found.append(kintone.RecordsChannel(settings, outbox, reader, clock))
    if settings.kintone.base_url and settings.kintone.monthly_app:
        found.append(MonthsChannel(settings, outbox, reader, clock))
    if settings.mail.host:
        found.append(MailChannel(settings, outbox, clock))
    return found


def names(settings: Settings) -> list[str]:
    """Of all channels that are configured."""
    found = [webhook.channel for webhook in settings.webhook]
    if settings.kintone.base_url:
        found += [name for name, app in ((kintone.RECORDS, settings.kintone.app), (kintone.MONTHS, settings.kintone.monthly_app)) if app]
    return [*found, mailing.CHANNEL] if settings.mail.host else found


def standings(settings: Settings, reader: CatalogueReader) -> list[Mapping[str, Any]]:
    """Each channel with how far it is and what is wrong. behind: events that wait, None where it does not follow the log; a channel that never ran has no `seq`."""
    known = {one.name: one for one in _kept(settings)}
    last = last_seq(reader.db)
    return [_shown(name, known.get(name), last) for name in names(settings)]


def _kept(settings: Settings) -> list[Standing]:
    wanted = names(settings)
    if not wanted or not settings.layout.outbox_db.exists():
        return []
    with suppress(DatabaseError):
        outbox = Outbox(settings.layout.outbox_db, reading=True)
        try:
            return outbox.standings(wanted)
        finally:
            outbox.close()
    return []


def _shown(name: str, one: Standing | None, last: int) -> Mapping[str, Any]:
    found = one or Standing(
        name=name, seq=0, worked=None, attempts=0, failing_since=None, not_before=None, reason=None, aside=0, aside_reason=None
    )  # fmt: skip
    return {
        "channel": label(name),
        "worked": found.worked.isoformat() if found.worked else None,
        "failing_since": found.failing_since.isoformat() if found.failing_since else None,
        "reason": found.reason,
        "behind": max(0, last - found.seq) if name.startswith(_ON_EVENTS) else None,
        "aside": found.aside,
        "aside_reason": found.aside_reason,
    }

"""What people did and the journal is to know, though nothing of a record changes."""

from collections.abc import Mapping
from typing import Any

from scanpipe.catalogue.reader import NoRecord
from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.telling import TOLD
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

NO_KIND = N_("{kind} is nothing that the journal is told. Write one of: {kinds}")


def recount(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{}: ledger B made anew from the log. changed: whether any figure was another than the log says."""
    return {"changed": catalogue.sheets_counted_again()}


def tell(wish: Wish, catalogue: Catalogue, settings: Settings) -> Mapping[str, Any]:
    """{kind, number, …}: one event. number: of the record, absent where it is about none; numbers: of several, an event each. All else is its data, which
    holds no secrets.

    The event has the wish's own moment as `done`: it may have waited for the next start. Raises UsageError for another kind, NoRecord.
    """
    said = dict(wish.wants)
    kind, number, numbers = said.pop("kind", None), said.pop("number", None), said.pop("numbers", None)
    if kind not in TOLD:
        raise UsageError(NO_KIND, kind=kind, kinds=", ".join(TOLD))
    about = [_known(catalogue, one) for one in numbers] if numbers is not None else [_known(catalogue, number) if number is not None else None]
    names = [wish.id if numbers is None else f"{wish.id}/{id}" for id in about]  # each is told once, however often the wish is answered
    told = [(id, {**said, "wish": name, "done": wish.at.isoformat()}) for id, name in zip(about, names, strict=True)]
    catalogue.told_together(kind, wish.who, told)
    return {}


def _known(catalogue: Catalogue, number: str) -> str:
    """The id of the record. Raises NoRecord."""
    found = catalogue.by_number(number)
    if found is None:
        raise NoRecord(number=number)
    return found[0].id

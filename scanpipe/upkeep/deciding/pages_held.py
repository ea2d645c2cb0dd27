"""Holds go with the pages: a record that gets pages of a held one is held by the same holds, under its own number."""

from collections.abc import Iterable, Sequence

from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.core.disposing.holds import in_force
from scanpipe.core.model import Accession


def holds_on(records: Iterable[Accession], wish: Wish, catalogue: Catalogue) -> list[str]:
    """Ids of the holds in force that keep any of these records, by number or by a standing filter; sorted."""
    day = wish.at.date()
    return sorted({hold.id for record in records for hold in catalogue.holds_naming(record.id) if in_force(hold, day)})


def go_with(records: Iterable[Accession], numbers: Sequence[str], wish: Wish, catalogue: Catalogue) -> list[str]:
    """The holds on these records keep those with these numbers from now on, too; returns their ids. Again changes nothing."""
    found = holds_on(records, wish, catalogue)
    for id in found:
        catalogue.hold_widened(id, numbers, wish.who)
    return found

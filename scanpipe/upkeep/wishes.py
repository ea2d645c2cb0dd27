"""What people may wish of the daemon about records, by the wish's name: who decides it."""

from collections.abc import Callable, Mapping

from scanpipe.catalogue.requests import Answer, Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.upkeep import decisions, holds

Decide = Callable[[Wish, Catalogue, Settings], Answer]

WISHES: Mapping[str, Decide] = {
    "correct": decisions.correct,
    "hold": holds.hold,
    "end_hold": holds.end,
}

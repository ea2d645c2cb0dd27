"""What stands in the way of disposing of one record, in words that can be kept and told in any language later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from scanpipe.core.disposing.holds import Hold, in_force
from scanpipe.core.model import State
from scanpipe.errors import UsageError
from scanpipe.i18n import N_

GONE = N_("{number} was disposed of already.")
ON_ITS_WAY = N_("{number} is being filed; try again when it is finished.")
HELD = N_("{number} is held ({reference}).")
HELD_BATCH = N_("{number} was delivered together with records that are held ({reference}); the scan that was delivered is kept until the hold ends.")
BATCH_STAYS = N_("{number} was delivered as a part of {batch}, which cannot go now; both wait until that is settled.")
BATCH_NOT_LISTED = N_("{number} was delivered as a part of {batch}, which is not on this list. Leave {number} out and propose it again.")
NOT_EXPIRED = N_("The period of {number} has not passed; it ends on {day}.")
NO_END = N_("The period of {number} has no end that is known.")
CORRECTED = N_("{number} was corrected after its approval.")
NOT_IN_BAG = N_("{number} is not in the bag that the archives got. Leave it out and propose it again.")
DAMAGED = N_("The record folder of {number} is not as it was filed. Run `scanpipe verify`.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why a record cannot go: a message id and what to fill it with (number among them)."""

    template: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """How a record stands today. free: the first day on which it may go by its period alone, None = no such day. holds: all on it, ended ones too;
    batch_holds: those on the batches that would go with it, and on all others whose pages are in these. corrected: since the first approval that stands.
    """

    state: State
    free: date | None
    holds: tuple[Hold, ...] = ()
    batch_holds: tuple[Hold, ...] = ()
    corrected: bool = False


def in_words(obstacle: Obstacle) -> str:
    """The obstacle in the language of this context."""
    return str(UsageError(obstacle.template, **obstacle.params))


def held_by(holds: Iterable[Hold], today: date) -> str | None:
    """References of the holds that keep a record on this day, None if none does."""
    keeping = [one for one in holds if in_force(one, today)]
    return ", ".join(one.reference or one.reason for one in keeping) or None

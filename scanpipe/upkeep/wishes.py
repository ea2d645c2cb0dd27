"""What people may wish of the daemon about records, by the wish's name: who decides it."""

from collections.abc import Callable, Mapping

from scanpipe.catalogue.requests import Answer, Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.upkeep import decisions, disposals, holds, papers, replacements, schedule_acceptance, told

Decide = Callable[[Wish, Catalogue, Settings], Answer]

WISHES: Mapping[str, Decide] = {
    "correct": decisions.correct,
    "hold": holds.hold,
    "end_hold": holds.end,
    "void_hold": holds.void,
    "paper_box": papers.put,
    "paper_out": papers.take_out,
    "paper_sample": papers.draw,
    "paper_check": papers.checked,
    "paper_clear": papers.clear,
    "paper_approve": papers.approve,
    "paper_remove": papers.remove,
    "paper_back": papers.back,
    "replace": replacements.replace_record,
    "accept_schedule": schedule_acceptance.accept,
    "dispose": disposals.propose,
    "withdraw": disposals.withdraw,
    "dispose_answer": disposals.answer,
    "dispose_select": disposals.select,
    "dispose_leave_out": disposals.leave_out,
    "dispose_approve": disposals.approve,
    "dispose_cancel": disposals.cancel,
    "dispose_carry_out": disposals.carry_out,
    "dispose_handed_over": disposals.hand_over,
    "tell": told.tell,
}

"""What people may wish of the daemon about records, by the wish's name: who decides it."""

from collections.abc import Callable, Mapping

from scanpipe.catalogue.requests import Answer, Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core.rights import Right
from scanpipe.upkeep.campaign import cabinets, campaigns, devices, indicators, paper_imports, photos
from scanpipe.upkeep.deciding import decisions, holds, replacements, told
from scanpipe.upkeep.disposal import disposals, papers
from scanpipe.upkeep.schedule import schedule_acceptance

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
    "paper_bring": paper_imports.bring,
    "paper_correct": paper_imports.correct,
    "paper_note": paper_imports.note,
    "device_add": devices.add,
    "device_set": devices.change,
    "device_move": devices.move,
    "device_end": devices.end,
    "device_replace": devices.take_over,
    "cabinet_set": cabinets.enter,
    "cabinet_move": cabinets.move,
    "cabinet_empty": cabinets.empty,
    "cabinet_sign_off": cabinets.sign_off,
    "cabinet_void": cabinets.void,
    "cabinet_photo": photos.add,
    "campaign_add": campaigns.begin,
    "campaign_end": campaigns.end,
    "campaign_advise": campaigns.advise,
    "target_set": campaigns.set_target,
    "indicator_import": indicators.take_in,
    "recount": told.recount,
    "tell": told.tell,
}

# The right that the person named in a wish must have, once there are accounts. Those that are not named (retry, expect, tell) anybody at the machine may have.
NEEDS: Mapping[str, Right] = {
    **dict.fromkeys(("correct", "split", "merge", "replace", "withdraw", "paper_box", "paper_out", "paper_sample", "paper_check"), Right.CORRECT),
    **dict.fromkeys(("hold", "end_hold", "void_hold"), Right.HOLD),
    **dict.fromkeys(("dispose", "dispose_select", "dispose_leave_out", "dispose_cancel", "dispose_carry_out", "dispose_handed_over"), Right.DISPOSE),
    **dict.fromkeys(("dispose_answer", "paper_clear"), Right.AGREE),
    **dict.fromkeys(("dispose_approve", "paper_approve"), Right.APPROVE),
    "accept_schedule": Right.SCHEDULE,
    **dict.fromkeys(("paper_remove", "paper_back", "paper_bring", "paper_correct", "paper_note"), Right.CAMPAIGN),
    **dict.fromkeys(("device_add", "device_set", "device_move", "device_end", "device_replace"), Right.CAMPAIGN),
    **dict.fromkeys(("cabinet_set", "cabinet_move", "cabinet_empty", "cabinet_sign_off", "cabinet_void", "cabinet_photo"), Right.CAMPAIGN),
    **dict.fromkeys(("campaign_add", "campaign_end", "campaign_advise", "target_set", "indicator_import"), Right.CAMPAIGN),
}

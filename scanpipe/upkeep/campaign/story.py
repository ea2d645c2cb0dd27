"""What the figures say, in sentences: for the top of the page, the meeting and the mayor's report. 仮 stands behind what was made from unconfirmed factors."""

from collections.abc import Iterator
from typing import Final

from scanpipe.core.campaign.conversions import Conversion
from scanpipe.core.campaign.figures import Figures, Part
from scanpipe.i18n import _
from scanpipe.upkeep.campaign.cabinets_shown import mark

MOST_NAMED: Final = 12  # sections in a sentence


def story(figures: Figures, part: Part | None = None) -> str:
    """The whole office's paper, or a section's, in one sentence."""
    one = part or figures.city
    figure, sign = one.ledger_a, mark(bool(one.provisional))
    if figure.current is None:
        return _("No paper that was used has been brought in yet, so nothing can be said of it.")
    used = f"{figure.current:,.0f}{sign}"
    if figure.saved is None:
        says = _("In fiscal year {year} {used} sheets of paper were used; without figures of a base year nothing can be compared.")
        return says.format(year=figures.paper_year, used=used)
    facts = {
        "year": figures.paper_year, "base": figures.base_year, "months": len(one.behind.months) if one.behind else 0, "used": used,
        "saved": f"{abs(figure.saved):,.0f}{sign}", "rate": "" if figure.rate is None else _(" ({rate})").format(rate=f"{abs(figure.rate):.1%}"),
    }  # fmt: skip
    if figure.saved < 0:
        says = _("In {months} months of fiscal year {year} {saved} sheets{rate} more were used than in the same months of {base}: {used} in all.")
    else:
        says = _("In {months} months of fiscal year {year} {saved} sheets{rate} fewer were used than in the same months of {base}: {used} in all.")
    return says.format(**facts)


def beside(figures: Figures, part: Part | None = None) -> Iterator[str]:
    """What else is worth a sentence: what the sheets are, what left the cabinets, how far zero is."""
    one = part or figures.city
    boxes = next((each for each in one.conversions if each.name == "boxes"), None)
    if boxes and one.ledger_a.saved and one.ledger_a.saved > 0:
        yield _("That is as much as {boxes} boxes of copy paper.").format(boxes=amount(boxes, one))
    sheets = one.ledger_b
    if sheets.digitised or sheets.removed:
        says = _("Of stored paper, {digitised} sheets were digitised and {removed} sheets left the office for good; they are not counted as saved above.")
        yield says.format(digitised=f"{sheets.digitised:,.0f}", removed=f"{sheets.removed:,.0f}")
    shelf = one.cabinets
    if shelf.zero:
        yield _("All {cabinets} cabinets are empty and signed off: cabinet zero.").format(cabinets=shelf.cabinets)
    elif shelf.cabinets:
        says = _("{now} of {start} metres of paper are left in the cabinets.")
        yield says.format(now=f"{shelf.fm_now:,.1f}{mark(one.cabinets_provisional)}", start=f"{shelf.fm_start:,.1f}")


def alert(figures: Figures) -> str:
    """Who slid back: more paper than the target allows, three months in a row; "" if nobody did."""
    names = [one.name or one.code for one in figures.sliding]
    if not names:
        return ""
    says = _("More paper than the target allows in each of the last three months: {sections}.")
    return says.format(sections=", ".join(names[:MOST_NAMED]) + (_(" and {n} more").format(n=len(names) - MOST_NAMED) if len(names) > MOST_NAMED else ""))


def amount(one: Conversion, part: Part) -> str:
    """A converted amount, with 仮 where its factor or the sheets are not confirmed."""
    return f"{one.amount:,.0f}{mark(one.provisional or bool(part.provisional))}"

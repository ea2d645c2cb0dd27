"""How ledger A looks: what an import understood, the rows, a baseline, and its part of `stats`. 仮 marks what is made from factors nobody confirmed."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from scanpipe import named
from scanpipe.cli import shown
from scanpipe.config import Settings
from scanpipe.core.campaign.baselines import Estimate
from scanpipe.core.campaign.paper_counts import WHOLE
from scanpipe.i18n import _

PROVISIONAL: Final = "仮"
_MOST_HINTS: Final = 5  # of stockpiling, the largest; JSON has all


# --- an import ---


def imported(body: Mapping[str, Any], settings: Settings, *, whole: bool) -> None:
    rows = body["rows"] if whole else [row for row in body["rows"] if row["doubts"]]
    if rows:
        headings = [_("Row"), _("Month"), _("Section"), _("Source"), _("Quantity"), _("In the file"), _("To check")]
        shown.table(headings, [_understood(row, settings) for row in rows])
    for remark in body["remarks"]:
        shown.say(_remark_line(remark))
    for change in body["changed"]:
        first = change["after"][0]
        before, after = (" + ".join(named.paper_quantity(row) for row in change[side]) for side in ("before", "after"))
        place = f"{first['month']} {section(settings, first['department'])} {named.paper_source(first['source'])}"
        shown.say(_("{place}: {before} is superseded by {after}").format(place=place, before=before, after=after))
    for doubt in body["doubts"]:
        place = f"{doubt['month']} {section(settings, doubt['department'])} {named.paper_source(doubt['source'])}"
        shown.say(f"! {place}: {named.paper_doubt(doubt)}")
    says = _("{rows} figures understood: {new} new, {changed} changed, {same} known already; {left_out} left out.")
    counts = {key: body[key] for key in ("new", "same", "left_out")}
    shown.say(says.format(rows=len(body["rows"]), changed=len(body["changed"]), **counts))
    if body["dry_run"]:
        shown.say(_("Only shown: nothing was changed."))


def _understood(row: Mapping[str, Any], settings: Settings) -> tuple[object, ...]:
    line = f"{row['sheet']} {row['line']}".strip()
    return (
        line,
        row["month"],
        section(settings, row["department"]),
        named.paper_source(row["source"]),
        named.paper_quantity(row),
        row["raw"],
        " ".join(row["doubts"]),
    )


def _remark_line(remark: Mapping[str, Any]) -> str:
    place = " ".join(filter(None, (remark["sheet"], _("row {row}").format(row=remark["line"]) if remark["line"] else "")))
    value = f"「{remark['value']}」 " if remark["value"] else ""
    like = " " + _("Perhaps: {names}").format(names=", ".join(remark["like"])) if remark["like"] else ""
    return f"{'!' if remark['problem'] else '-'} {place}{': ' if place else ''}{value}{remark['says']}{like}"


# --- rows ---


def section(settings: Settings, code: str) -> str:
    return _("whole city") if code == WHOLE else shown.section_name(settings, code)


def marked(sheets: float | None, provisional: Sequence[str]) -> str:
    """Sheets as people read them; 仮 behind what stands on an unconfirmed factor; "-" = not known."""
    if sheets is None:
        return "-"
    return f"{sheets:,.0f}" + (f" {PROVISIONAL}" if provisional else "")


def listed(rows: Sequence[Mapping[str, Any]], settings: Settings) -> int:
    if not rows:
        shown.say(_("There is no such figure."))
        return os.EX_OK
    headings = [_("Month"), _("Section"), _("Source"), _("Quantity"), _("A4 sheets"), _("Device"), _("Counts"), _("Brought in by"), _("Note")]
    shown.table(headings, [_row(row, settings) for row in rows], numbers=(4,))
    _say_provisional({name for row in rows for name in row["provisional"]})
    return os.EX_OK


def _row(row: Mapping[str, Any], settings: Settings) -> tuple[object, ...]:
    counts = _("superseded") if row["superseded_by"] else _("yes") if row["counts"] else _("no, a better source does")
    where = row["file"] or f"{row['by']}: {row['reason']}"
    sheets = marked(row["sheets"], row["provisional"])
    return (
        row["month"],
        section(settings, row["department"]),
        named.paper_source(row["source"]),
        named.paper_quantity(row),
        sheets,
        row["device"] or "-",
        counts,
        where,
        row["note"],
    )


def _say_provisional(names: set[str]) -> None:
    if names:
        says = _("{mark}: made from factors that nobody has confirmed yet: {names}. Check them, then name them in [metrics] confirmed.")
        shown.say(says.format(mark=PROVISIONAL, names=", ".join(sorted(names))))


# --- a baseline ---


def reasons(estimate: Estimate) -> list[str]:
    """What makes it uncertain, as sentences."""
    return [_(says).format(**values) for says, values in estimate.because]


def baseline(body: Mapping[str, Any]) -> int:
    says = _("About {likely} A4 sheets a year, between {low} and {high} ({mark}).")
    shown.say(says.format(**{key: f"{body[key]:,}" for key in ("likely", "low", "high")}, mark=PROVISIONAL))
    for reason in body["because"]:
        shown.say(f"- {reason}")
    if body["saved"]:
        shown.say(_("Kept as estimate; any purchase or counter goes before it."))
    return os.EX_OK


# --- stats ---


def stats(body: Mapping[str, Any], settings: Settings) -> None:
    """Ledger A in words: the city's and each section's, or by month, apart from ledger B."""
    city = body["city"]
    if city["ledger_a"]["current"] is None and city["ledger_a"]["base"] is None:
        shown.say(_("Ledger A (paper never printed): no figures yet. Bring them in with `scanpipe paper import FILE`."))
        return
    years = {"year": body["ledger_a_year"], "base": body["base_year"] or "-"}
    shown.say(_("Ledger A, in A4 sheets: paper used in fiscal year {year} against {base}. It is not added to ledger B.").format(**years))
    headings = [_("Month") if body["by"] == "month" else _("Section"), _("Base"), _("Used"), _("Saved"), _("Rate")]
    shown.table(headings, [*_ledger_rows(body, settings), (_("Total"), *_cells(city))], numbers=(1, 2, 3, 4))
    _remarks(city, settings)


def _ledger_rows(body: Mapping[str, Any], settings: Settings) -> list[tuple[object, ...]]:
    if body["by"] == "month":
        city = body["city"]["paper"]
        return [(month, *_cells({"ledger_a": figure, "paper": city})) for month, figure in body["ledger_a_months"].items()]
    known = {code: one for code, one in body["departments"].items() if one["ledger_a"]["current"] is not None or one["ledger_a"]["base"] is not None}
    return [(section(settings, code), *_cells(one)) for code, one in known.items()] if body["by"] == "department" else []


def _cells(one: Mapping[str, Any]) -> tuple[str, ...]:
    figure, provisional = one["ledger_a"], one["paper"]["provisional"]
    rate = "-" if figure["rate"] is None else f"{figure['rate']:.1%}"
    return *(marked(figure[key], provisional) for key in ("base", "current", "saved")), rate


def _remarks(city: Mapping[str, Any], settings: Settings) -> None:
    paper = city["paper"]
    if paper["adjusted"]:
        figure = {"ledger_a": paper["adjusted"], "paper": paper}
        says = _("Without what was special: base {base}, used {current}, saved {saved}, rate {rate}")
        shown.say(says.format(**dict(zip(("base", "current", "saved", "rate"), _cells(figure), strict=True))))
    for note in paper["notes"]:
        where = section(settings, note["department"]) if note["department"] else _("all sections")
        shown.say(f"* {note['month']} {where}: {note['text']}" + (f" ({marked(note['sheets'], ())})" if note["sheets"] is not None else ""))
    for hint in sorted(paper["stockpiled"], key=lambda one: one["mean"] - one["sheets"])[:_MOST_HINTS]:
        says = _("{month} {section}: {sheets} sheets bought look like stock; the mean of three months is {mean}.")
        place = {"month": hint["month"], "section": section(settings, hint["department"])}
        shown.say("* " + says.format(**place, sheets=marked(hint["sheets"], ()), mean=marked(hint["mean"], ())))
    if paper["sources_differ"]:
        shown.say("* " + _("Base and use come from different sources in: {months}").format(months=", ".join(paper["sources_differ"])))
    for one in city.get("conversions", ()):
        mark = f" {PROVISIONAL}" if one["provisional"] or paper["provisional"] else ""
        shown.say(f"= {one['amount']:,.1f} {named.conversion(one['name'])}{mark} ({_(one['source'])})")
    _say_provisional(set(paper["provisional"]))

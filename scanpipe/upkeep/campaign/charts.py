"""Charts of the figures as Vega-Lite, drawn by a browser or on the server. They carry no colours: whoever draws gives them (light, dark, paper).

Every chart says no more than the table beside it. Imported late: altair takes its time.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import altair as alt

from scanpipe.core.campaign.campaigns import Allowance
from scanpipe.core.campaign.figures import LedgerB, MonthFigures, Part, Point, YearFigures
from scanpipe.core.campaign.ledger_a import Figure
from scanpipe.core.campaign.so_far import SoFar
from scanpipe.i18n import _, current_language

Spec = dict[str, Any]
_STEP: Final = 20  # px a section
_LABEL: Final = 150  # px for the name of a section
_HEIGHT: Final = 260
_LEGEND: Final = alt.Legend(orient="top", direction="horizontal")


def month_label(month: str) -> str:
    """2025-04 -> 4月, or 04 in English."""
    return f"{int(month[5:])}月" if current_language() == "ja" else month[5:]


def trend(months: Sequence[MonthFigures], path: Mapping[str, Allowance]) -> Spec:
    """Ledger A by month: paper used as bars, the base year's and what the target allows as lines. path: what a month may use, by month."""
    used, base, allowed = _("used"), _("base year"), _("target")
    rows: list[Spec] = []
    known = {one.month: one.ledger_a for one in months}
    names = [*known, *_to_come(known, path)]
    for name in names:
        figure, asked = known.get(name, Figure()), path.get(name)
        then = asked.base if asked and figure.current is None else figure.base
        values = {used: figure.current, base: then, allowed: asked.sheets if asked else None}
        rows += [{"month": month_label(name), "what": what, "sheets": sheets} for what, sheets in values.items() if sheets is not None]
    order = [month_label(name) for name in names]
    x = alt.X("month:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True))
    y = alt.Y("sheets:Q", title=_("A4 sheets"), axis=_sheets_axis())
    colour = alt.Color(
        "what:N", title=None, scale=alt.Scale(domain=[used, base, allowed] if any(name in path for name in names) else [used, base]), legend=_LEGEND
    )
    tips = [alt.Tooltip("month:N", title=_("Month")), alt.Tooltip("what:N", title=_("What")), alt.Tooltip("sheets:Q", title=_("A4 sheets"), format=",.0f")]
    whole = alt.Chart(alt.InlineData(values=rows)).encode(x=x, y=y, color=colour, tooltip=tips)
    bars = whole.mark_bar().transform_filter(alt.FieldEqualPredicate(field="what", equal=used))
    lines = whole.mark_line(point=True, interpolate="step").transform_filter(alt.FieldOneOfPredicate(field="what", oneOf=[base, allowed]))
    return _spec(alt.layer(bars, lines))


def _to_come(known: Collection[str], path: Iterable[str]) -> list[str]:
    """The months of the path that follow the last one known in its fiscal year."""
    last = max(known, default="9999-99")
    end = f"{int(last[:4]) + (last[5:] >= '04')}-03"
    return [month for month in path if last < month <= end]


def _year_label(year: int, unfinished: Mapping[int, int]) -> str:
    return _("{year} ({months} months)").format(year=year, months=unfinished[year]) if year in unfinished else str(year)


def so_far(rows: Sequence[SoFar]) -> Spec:
    """Ledger A added up: what was saved up to each month, against what the campaign asks to have saved by then."""
    saved, asked = _("saved so far"), _("asked by the campaign")
    values = [(one.month, what, sheets) for one in rows for what, sheets in ((saved, one.ledger_a.saved), (asked, one.to_save))]
    return _added_up(values, [saved, asked] if any(one.to_save is not None for one in rows) else [saved])


def stored_so_far(rows: Sequence[tuple[str, LedgerB]]) -> Spec:
    """Ledger B added up: digitised, cleared, removed."""
    names = {"digitised": _("digitised"), "cleared": _("may go"), "removed": _("gone")}
    return _added_up([(month, says, getattr(sheets, name)) for month, sheets in rows for name, says in names.items()], list(names.values()))


def _added_up(values: Sequence[tuple[str, str, float | None]], names: list[str]) -> Spec:
    """Lines by month. values: month, which line, sheets."""
    rows = [{"month": month_label(month), "what": what, "sheets": sheets} for month, what, sheets in values if sheets is not None]
    order = list(dict.fromkeys(month_label(month) for month, _what, _sheets in values))
    return _spec(
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(point=True)
        .encode(
            x=alt.X("month:N", sort=order, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("sheets:Q", title=_("A4 sheets"), axis=_sheets_axis()),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=names), legend=_LEGEND),
            strokeDash=alt.StrokeDash("what:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [6, 4], [2, 3]][: len(names)]), legend=_LEGEND),
            tooltip=[
                alt.Tooltip("month:N", title=_("Month")),
                alt.Tooltip("what:N", title=_("What")),
                alt.Tooltip("sheets:Q", title=_("A4 sheets"), format=",.0f"),
            ],
        )
    )


def years(found: Iterable[YearFigures], unfinished: Mapping[int, int]) -> Spec:
    """Ledger A by fiscal year: paper used. unfinished: of how many months something is known, by year, where that is not all twelve."""
    rows = [{"year": _year_label(one.fiscal_year, unfinished), "sheets": one.ledger_a.current} for one in found if one.ledger_a.current is not None]
    return _spec(
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("year:N", title=_("Fiscal year"), axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("sheets:Q", title=_("A4 sheets used"), axis=_sheets_axis()),
            tooltip=[alt.Tooltip("year:N", title=_("Fiscal year")), alt.Tooltip("sheets:Q", title=_("A4 sheets"), format=",.0f")],
        )
    )


def rates(parts: Sequence[Part]) -> Spec:
    """Share saved of each section, in the order given; those whose base is too small are left away."""
    rows = [{"section": part.name or part.code, "value": part.ledger_a.rate} for part in parts if part.ledger_a.rate is not None]
    return _bars(rows, [part.name or part.code for part in parts], _("saved, of the base"), alt.Axis(format=".0%"), ".1%")


def volumes(parts: Sequence[Part]) -> Spec:
    """Sheets saved by each section, in the order given."""
    rows = [{"section": part.name or part.code, "value": part.ledger_a.saved} for part in parts if part.ledger_a.saved is not None]
    return _bars(rows, [part.name or part.code for part in parts], _("A4 sheets saved"), _sheets_axis(), ",.0f")


def _sheets_axis() -> alt.Axis:
    """Numbers of sheets as people say them: 160万, or 1.6M in English."""
    if current_language() != "ja":
        return alt.Axis(format="~s")
    return alt.Axis(labelExpr="abs(datum.value) >= 10000 ? format(datum.value / 10000, ',~r') + '万' : format(datum.value, ',')")


def _bars(rows: list[Spec], order: list[str], title: str, axis: alt.Axis, precise: str) -> Spec:
    less, more = _("fewer than in the base year"), _("more than in the base year")
    told = [{**row, "sign": more if row["value"] < 0 else less} for row in rows]
    chart = (
        alt.Chart(alt.InlineData(values=told))
        .mark_bar()
        .encode(
            x=alt.X("value:Q", title=title, axis=axis),
            y=alt.Y("section:N", sort=order, scale=alt.Scale(domain=order), title=None, axis=alt.Axis(labelLimit=_LABEL)),
            color=alt.Color("sign:N", title=None, scale=alt.Scale(domain=[less, more]), legend=None),
            tooltip=[alt.Tooltip("section:N", title=_("Section")), alt.Tooltip("value:Q", title=title, format=precise)],
        )
        .properties(height=alt.Step(_STEP))
    )
    return _spec(chart, height=False)


def heat(parts: Sequence[Part]) -> Spec:
    """Share saved by section and month."""
    rows = [
        {"section": part.name or part.code, "month": month_label(one.month), "rate": one.ledger_a.rate}
        for part in parts
        for one in part.months
        if one.ledger_a.rate is not None
    ]
    months = list(dict.fromkeys(month_label(name) for name in sorted({one.month for part in parts for one in part.months})))
    order = [part.name or part.code for part in parts]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_rect()
        .encode(
            x=alt.X("month:N", sort=months, title=None, axis=alt.Axis(labelAngle=0, orient="top")),
            y=alt.Y("section:N", sort=order, title=None, axis=alt.Axis(labelLimit=_LABEL)),
            color=alt.Color("rate:Q", title=_("saved, of the base"), scale=alt.Scale(domainMid=0), legend=alt.Legend(orient="bottom", format=".0%", direction="horizontal")),
            tooltip=[
                alt.Tooltip("section:N", title=_("Section")), alt.Tooltip("month:N", title=_("Month")), alt.Tooltip("rate:Q", title=_("Rate"), format=".1%"),
            ],
        )
        .properties(height=alt.Step(_STEP))
    )  # fmt: skip
    return _spec(chart, height=False)


def stored(months: Sequence[MonthFigures]) -> Spec:
    """Ledger B by month: digitised, cleared, removed beside each other, never stacked: they are stages of the same paper."""
    names = {"digitised": _("digitised"), "cleared": _("may go"), "removed": _("gone")}
    told = [one for one in months if one.ledger_b != LedgerB() or one.ledger_a.current is not None]  # not those to come, of which the base alone is known
    rows = [{"month": month_label(one.month), "what": says, "sheets": getattr(one.ledger_b, name)} for one in told for name, says in names.items()]
    order = [month_label(one.month) for one in told]
    return _spec(
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar()
        .encode(
            x=alt.X("month:N", sort=order, title=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            xOffset=alt.XOffset("what:N", sort=list(names.values())),
            y=alt.Y("sheets:Q", title=_("A4 sheets"), axis=_sheets_axis()),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=list(names.values())), legend=_LEGEND),
            tooltip=[
                alt.Tooltip("month:N", title=_("Month")),
                alt.Tooltip("what:N", title=_("What")),
                alt.Tooltip("sheets:Q", title=_("A4 sheets"), format=",.0f"),
            ],
        )
    )


def metres(points: Sequence[Point]) -> Spec:
    """Metres of paper that are left, against the straight line to the goal."""
    left, planned = _("left"), _("plan")
    rows = [
        {"day": one.day.isoformat(), "what": what, "fm": value}
        for one in points
        for what, value in ((left, one.left), (planned, one.planned))
        if value is not None
    ]
    return _spec(
        alt.Chart(alt.InlineData(values=rows))
        .mark_line(point=len(points) < 2)
        .encode(
            x=alt.X("day:T", title=None, axis=alt.Axis(format="%Y-%m", tickCount="month", labelOverlap=True)),
            y=alt.Y("fm:Q", title=_("metres of paper"), scale=alt.Scale(zero=True)),
            color=alt.Color("what:N", title=None, scale=alt.Scale(domain=[left, planned]), legend=_LEGEND),
            tooltip=[
                alt.Tooltip("day:T", title=_("Day"), format="%Y-%m-%d"),
                alt.Tooltip("what:N", title=_("What")),
                alt.Tooltip("fm:Q", title=_("metres of paper"), format=",.1f"),
            ],
        )
    )


def _spec(chart: Any, *, height: bool = True) -> Spec:
    """As JSON, as wide as the place where it is drawn."""
    fit = {"autosize": alt.AutoSizeParams(type="fit-x", contains="padding")}
    sized = chart.properties(width="container", **fit, **({"height": _HEIGHT} if height else {}))
    spec: Spec = sized.to_dict(validate=False)
    spec.pop("config", None)  # altair's own looks
    return spec


def path_of(part: Part) -> Mapping[str, Allowance]:
    """What each month of the campaign may use, for `trend`; empty without a target in sheets."""
    return {one.month: one for one in part.way.course.path} if part.way else {}

"""The charts of the one-page report: Vega-Lite specs of altair, drawn by vl-convert on this machine. Nothing is fetched from anywhere."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import altair
import vl_convert

from scanpipe.core.campaign.figures import Figures, Part
from scanpipe.i18n import _, current_language

Spec = Mapping[str, Any]
BLUE, PALE, GREY, GREEN, ORANGE, RED = "#1F4E9E", "#A9C1E8", "#7A8594", "#2E7D4F", "#C96A00", "#B3261E"
_BEST, _LEAST = 11, 5  # sections that are shown where there are many: the office's are in the workbook
_ROW: Final = 14.4  # points of one section's bar
_MYRIAD: Final = "abs(datum.value) >= 10000 ? format(datum.value / 10000, ',~r') + '万' : format(datum.value, ',')"


def pdf(spec: Spec, family: str, fonts: Path | None) -> bytes:
    """The chart as a PDF page of its own size, its words as text. family: of the font; fonts: the folder that holds it, None = one that needs no registering."""
    if fonts is not None:
        vl_convert.register_font_directory(str(fonts))
    return bytes(vl_convert.vegalite_to_pdf({**spec, "config": _config(family)}, allowed_base_urls=[]))


def _config(family: str) -> dict[str, Any]:
    words = {
        "labelFont": family,
        "titleFont": family,
        "labelFontSize": 8,
        "titleFontSize": 8,
        "titleFontWeight": "normal",
        "labelColor": "#333",
        "titleColor": "#555",
    }
    return {
        "font": family,
        "background": "white",
        "view": {"stroke": None},
        "padding": 2,
        "axis": {**words, "gridColor": "#E4E7EB", "domainColor": "#9AA5B1", "tickColor": "#9AA5B1", "labelLimit": 120},
        "legend": {**words, "orient": "top", "symbolSize": 60, "offset": 2},
        "text": {"font": family, "fontSize": 8},
    }


def _spec(chart: Any) -> Spec:
    found: dict[str, Any] = chart.to_dict()
    return found


def _data(rows: Sequence[Mapping[str, Any]]) -> Any:
    return altair.InlineData(values=[dict(row) for row in rows])


# --- sections ---


def ranked(figures: Figures) -> tuple[list[Part], int]:
    """The sections whose saving is known, the most first; where they are many, the first and the last of them. And how many there are in all."""
    known = sorted((part for part in figures.sections if part.ledger_a.saved is not None), key=lambda part: -(part.ledger_a.saved or 0.0))
    return (known if len(known) <= _BEST + _LEAST else [*known[:_BEST], *known[-_LEAST:]]), len(known)


def sections(figures: Figures) -> Spec | None:
    """Volume and rate of each section side by side, in one order. None where nothing is known."""
    shown, _count = ranked(figures)
    if not shown:
        return None
    rows = [
        {
            "section": part.name or part.code,
            "saved": part.ledger_a.saved,
            "rate": part.ledger_a.rate,
            "says": _rate(part),
            "good": (part.ledger_a.saved or 0) >= 0,
            "end": max(part.ledger_a.saved or 0.0, 0.0),
            "rate_end": max(part.ledger_a.rate or 0.0, 0.0),
        }
        for part in shown
    ]
    order = [str(row["section"]) for row in rows]
    height = _ROW * len(rows)
    base = altair.Chart(_data(rows)).properties(height=height)
    colour = altair.condition("datum.good", altair.value(BLUE), altair.value(RED))
    volume = base.mark_bar(height=9).encode(
        y=altair.Y("section:N", sort=order, title=None, axis=altair.Axis(ticks=False, domain=False)),
        x=altair.X("saved:Q", title=_("sheets saved"), axis=_sheets(3)),
        color=colour,
    )
    words = base.mark_text(align="left", dx=3, color="#333").encode(
        y=altair.Y("section:N", sort=order, title=None), x=altair.X("end:Q"), text=altair.Text("saved:Q", format=",.0f")
    )
    y = altair.Y("section:N", sort=order, title=None, axis=None)
    rate = base.mark_bar(height=9, color=GREEN).encode(y=y, x=altair.X("rate:Q", title=_("rate"), axis=altair.Axis(format="%", tickCount=3)))
    said = base.mark_text(align="left", dx=3, color="#333").encode(y=y, x=altair.X("rate_end:Q"), text="says:N")
    return _spec(altair.hconcat((volume + words).properties(width=94), (rate + said).properties(width=36), spacing=20))


def _rate(part: Part) -> str:
    return "-" if part.ledger_a.rate is None else f"{part.ledger_a.rate:.1%}"


def _sheets(ticks: int) -> Any:
    """An axis of sheets: in 万 where that is how people count."""
    return altair.Axis(tickCount=ticks, labelExpr=_MYRIAD) if current_language() == "ja" else altair.Axis(tickCount=ticks, format="~s")


# --- months ---


def trend(figures: Figures) -> Spec | None:
    """Paper used month by month (bars) against the base and the target (lines)."""
    months = [one for one in figures.city.months if one.ledger_a.current is not None or one.ledger_a.base is not None]
    if not months:
        return None
    path = {one.month: one.sheets for one in figures.city.way.course.path} if figures.city.way else {}
    rows: list[dict[str, Any]] = []
    for one in months:
        name = _month(one.month)
        rows.append({"month": name, "line": _("used"), "sheets": one.ledger_a.current})
        rows.append({"month": name, "line": _("base"), "sheets": one.ledger_a.base})
        if one.month in path:
            rows.append({"month": name, "line": _("target"), "sheets": path[one.month]})
    lines = [_("base"), _("target")] if any(one.month in path for one in months) else [_("base")]
    order = [_month(one.month) for one in months]
    x = altair.X("month:N", sort=order, title=None, axis=altair.Axis(labelAngle=0))
    top = 1.12 * max(row["sheets"] or 0.0 for row in rows)
    y = altair.Y("sheets:Q", title=None, axis=_sheets(4), scale=altair.Scale(domain=[0, top] if top else [0, 1]))
    scale = altair.Scale(domain=[_("used"), *lines], range=[PALE, GREY, RED][: 1 + len(lines)])
    colour = altair.Color("line:N", scale=scale, legend=altair.Legend(title=None))
    data = _data(rows)
    bars = altair.Chart(data).mark_bar(size=12).encode(x=x, y=y, color=colour).transform_filter(f"datum.line === {_quoted(_('used'))}")
    line = altair.Chart(data).mark_line(point=altair.OverlayMarkDef(size=14), strokeWidth=1.5).encode(x=x, y=y, color=colour)
    return _spec((bars + line.transform_filter(f"datum.line !== {_quoted(_('used'))}")).properties(width=194, height=82))


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _month(name: str) -> str:
    """4月 of 2025-04."""
    return _("{month}.").format(month=int(name[5:]))


def stored(figures: Figures) -> Spec | None:
    """Ledger B month by month: digitised, cleared, removed, side by side, for they are stages of the same paper."""
    months = figures.city.months
    if not any(sheets for one in months for sheets in (one.ledger_b.digitised, one.ledger_b.cleared, one.ledger_b.removed)):
        return None
    stages = [_("digitised"), _("cleared"), _("removed")]
    rows = [
        {"month": _month(one.month), "stage": stage, "sheets": sheets}
        for one in months
        for stage, sheets in zip(stages, (one.ledger_b.digitised, one.ledger_b.cleared, one.ledger_b.removed), strict=True)
    ]
    order = [_month(one.month) for one in months]
    chart = altair.Chart(_data(rows)).mark_bar().encode(
        x=altair.X("month:N", sort=order, title=None, axis=altair.Axis(labelAngle=0)),
        xOffset=altair.XOffset("stage:N", sort=stages),
        y=altair.Y("sheets:Q", title=None, axis=_sheets(4)),
        color=altair.Color("stage:N", scale=altair.Scale(domain=stages, range=[PALE, ORANGE, GREEN]), legend=altair.Legend(title=None)),
    )  # fmt: skip
    return _spec(chart.properties(width=240, height=72))


def cabinets(figures: Figures) -> Spec | None:
    """Metres left week by week, and the plan to the target day."""
    if len(figures.curve) < 2:
        return None
    left, plan = _("left"), _("plan")
    rows: list[dict[str, Any]] = [{"day": one.day.isoformat(), "line": left, "metres": one.left} for one in figures.curve]
    rows += [{"day": one.day.isoformat(), "line": plan, "metres": one.planned} for one in figures.curve if one.planned is not None]
    goal = figures.city.goal
    if goal is not None and len(rows) > len(figures.curve):
        rows.append({"day": goal.day.isoformat(), "line": plan, "metres": goal.fm})
    scale = altair.Scale(domain=[left, plan], range=[BLUE, GREY])
    x = altair.X(
        "day:T", title=None, scale=altair.Scale(type="utc"), axis=altair.Axis(format="%Y-%m", labelAngle=0, tickCount={"interval": "month", "step": 3})
    )
    y = altair.Y("metres:Q", title=None, scale=altair.Scale(zero=True), axis=altair.Axis(tickCount=4))
    base = altair.Chart(_data(rows))
    area = base.mark_area(opacity=0.15, color=BLUE).encode(x=x, y=y).transform_filter(f"datum.line === {_quoted(left)}")
    dashes = altair.StrokeDash("line:N", scale=altair.Scale(domain=[left, plan], range=[[1, 0], [4, 3]]), legend=altair.Legend(title=None))
    line = base.mark_line(strokeWidth=1.8).encode(x=x, y=y, color=altair.Color("line:N", scale=scale, legend=altair.Legend(title=None)), strokeDash=dashes)
    return _spec((area + line).properties(width=194, height=76))

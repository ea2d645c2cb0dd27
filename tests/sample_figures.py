"""The figures of a made-up city for tests of what is made from them: 24 sections, half a year, a campaign with targets, cabinets, indicators."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from scanpipe.core.campaign import indicators
from scanpipe.core.campaign.burndown import Forecast
from scanpipe.core.campaign.campaigns import NO_SCANS, Campaign, Course, RateGap, Reason, Target
from scanpipe.core.campaign.conversions import conversions
from scanpipe.core.campaign.figures import Behind, Figures, Indicator, LedgerB, MonthFigures, Part, PerHead, Point, Shelf, ShelfGoal, Way, YearFigures
from scanpipe.core.campaign.ledger_a import Figure

DAY = date(2026, 10, 31)
MONTHS = ("2026-04", "2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
NAMES = (
    "企画調整課", "広報広聴課", "交通政策課", "デジタル政策課", "秘書課", "総務課", "文書法制課", "人事課", "財政課", "税務課", "資産税課", "市民税課", "危機管理課",
    "文化政策課", "観光政策課", "市民課", "福祉政策課", "生活支援課", "障害福祉課", "介護保険課", "保険年金課", "子育て支援課", "都市計画課", "道路管理課",
)  # fmt: skip
FACTORS = {
    "sheets_per_box": 2500.0, "sheets_per_file_metre": 10000.0, "grams_per_sheet": 4.0, "co2_grams_per_sheet": 6.0, "yen_per_sheet": 0.58, "yen_per_copy": 1.75,
}  # fmt: skip


def figure(base: float, current: float) -> Figure:
    base, current = round(base, 2), round(current, 2)
    saved = round(base - current, 2)
    return Figure(base=base, current=current, saved=saved, rate=round(saved / base, 6) if base >= 1000 else None)


def _section(place: int, name: str) -> Part:
    base = 9_000.5 * (place + 3) if place else 700.0
    share = (0.62 + 0.011 * place) if place != 9 else 1.04
    months = tuple(
        MonthFigures(month=month, ledger_a=figure(base / 7, base * share * (1.1 - 0.03 * n) / 7), ledger_b=LedgerB(digitised=300.0 + 7.5 * place, cleared=120.0, removed=40.0 * n))
        for n, month in enumerate(MONTHS)
    )  # fmt: skip
    base, current = (sum(getattr(one.ledger_a, name) for one in months) for name in ("base", "current"))
    ledger_b = LedgerB()
    for one in months:
        ledger_b += one.ledger_b
    reasons = (Reason(says=NO_SCANS, facts={"days": 21}),) if place % 5 == 4 else ()
    way = Way(target=None, course=Course(department=f"1{place:03d}", last_scan=DAY, waiting=0, oldest=None), reasons=reasons)
    return Part(
        code=f"1{place:03d}", name=name, bureau="総務局" if place < 13 else "市民局", staff=20 + place, known=True, ledger_a=figure(base, current), behind=Behind(months=MONTHS),
        ledger_b=ledger_b, cabinets=Shelf(fm_start=80.0 + place, fm_now=30.0 + place, cabinets=20, emptied=12, signed_off=10), per_head=PerHead(saved=round((base - current) / (20 + place), 1)),
        months=months, way=way,
    )  # fmt: skip


def sample() -> Figures:
    sections = tuple(_section(place, name) for place, name in enumerate(NAMES))
    months = []
    for n, month in enumerate(MONTHS):
        base, current = (sum(getattr(one.months[n].ledger_a, name) for one in sections) for name in ("base", "current"))
        stored = LedgerB()
        for one in sections:
            stored += one.months[n].ledger_b
        months.append(MonthFigures(month=month, ledger_a=figure(base, current), ledger_b=stored))
    base, current = (sum(getattr(one.ledger_a, name) for one in months) for name in ("base", "current"))
    total, stored = figure(base, current), LedgerB()
    for month in months:
        stored += month.ledger_b
    campaign = Campaign(
        id="c", number=1, name="キャビネットゼロ作戦", start=date(2026, 4, 1), end=date(2027, 3, 31), by="佐藤", at=datetime(2026, 4, 1, tzinfo=UTC)
    )
    target = Target(id="t", campaign=1, department="", rate=0.3, cap=None, fm=0.0, scans_week=None, by="佐藤", day=date(2026, 4, 1))
    gap = RateGap(asked=base * 0.7, actual=current, missing=current - base * 0.7, rate=total.rate or 0.0, target=0.3)
    way = Way(target=target, course=Course(department="", last_scan=DAY, waiting=0, oldest=None, rate=gap))
    saved = total.saved or 0.0
    city = Part(
        code="", name="みどり野市", staff=700, known=True, ledger_a=total, behind=Behind(months=MONTHS, provisional=("sheets_per_box",)), ledger_b=stored,
        cabinets=Shelf(fm_start=2196.0, fm_now=996.0, cabinets=480, emptied=288, signed_off=240), per_head=PerHead(saved=round(saved / 700, 1)), months=tuple(months),
        goal=ShelfGoal(day=date(2027, 3, 31), fm=0.0, campaign=1, planned_now=900.0), forecast=Forecast(day=date(2027, 5, 20), metres_a_week=36.5),
        conversions=tuple(conversions(saved, FACTORS, ["yen_per_sheet"], {})), way=way,
    )  # fmt: skip
    start = date(2026, 4, 1)
    curve = tuple(
        Point(day=start + timedelta(days=7 * n), fm=2196.0 - 38 * n - (n % 5) * 6, left=2196.0 - 38 * n - (n % 5) * 6, planned=round(2196.0 - 42.2 * n, 1))
        for n in range(31)
    )
    whole = indicators.Sum(kind="e_approval", value=94840 / 152000, numerator=94840.0, denominator=152000.0, months=1, counted=True)
    share = indicators.Sum(kind="digitised_share", value=0.77, numerator=None, denominator=None, months=1, counted=False)
    hours = indicators.Sum(kind="hours_saved", value=9834.5, numerator=None, denominator=None, months=7, counted=True)
    return Figures(
        day=DAY, fiscal_year=2026, paper_year=2026, base_year=2022, hide_below=1000.0, campaign=campaign, city=city, sections=sections,
        years=(YearFigures(fiscal_year=2025, ledger_a=figure(2_500_000.0, 2_100_000.25), ledger_b=LedgerB(digitised=5000.0)), YearFigures(fiscal_year=2026, ledger_a=total, ledger_b=stored)),
        indicators=tuple(Indicator(kind=one.kind, total=one, months=()) for one in (whole, share, hours)), curve=curve,
    )  # fmt: skip


def empty() -> Figures:
    """Of an office that has only begun."""
    found = sample()
    city = Part(code="", name="みどり野市", known=True, behind=Behind())
    return replace(found, paper_year=None, base_year=None, campaign=None, city=city, sections=(), years=(), indicators=(), curve=())

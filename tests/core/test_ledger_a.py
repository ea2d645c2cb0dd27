"""Ledger A's arithmetic and its traps (domain §5): what was never printed, against the same months of a base year."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign import baselines, devices, ledger_a
from scanpipe.core.campaign.conversions import conversions
from scanpipe.core.campaign.devices import BadDevice, Device, Placement
from scanpipe.core.campaign.ledger_a import Figure, Note, city_adjusted, city_months, month_name, months_of, stockpiled, total
from scanpipe.core.campaign.paper_counts import WHOLE, BadRow, Division, PaperRow, Source, Terms, Unit, check, sheets_of

FACTORS = {
    "a3_sheets": 2.0, "b4_sheets": 1.5, "b5_sheets": 0.75, "a5_sheets": 0.5, "sheets_per_box": 2500.0, "sheets_per_a3_box": 1500.0, "sheets_per_ream": 500.0,
    "duplex_share": 0.0, "sheets_per_file_metre": 10000.0, "grams_per_sheet": 4.0, "co2_grams_per_sheet": 6.0, "yen_per_sheet": 0.58, "yen_per_copy": 1.75,
}  # fmt: skip
DIVISIONS = (Division(code="A"), Division(code="B"), Division(code="OLD", valid_to=date(2025, 9, 30), successor="A"))
TERMS = Terms(factors=FACTORS, base_year=2022, divisions=DIVISIONS)


def row(month: str, department: str = "A", quantity: float = 1000, source: str = "purchase", unit: str = "sheet", **said: object) -> PaperRow:
    return PaperRow(month=month, department=department, source=Source(source), unit=Unit(unit), quantity=quantity, **said)  # type: ignore[arg-type]


def year_of(fiscal_year: int, quantity: float, department: str = "A", source: str = "purchase", unit: str = "sheet", **said: object) -> list[PaperRow]:
    return [row(month_name(fiscal_year, month), department, quantity, source, unit, **said) for month in (4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2, 3)]


def months(rows: list[PaperRow], year: int = 2025, terms: Terms = TERMS, known: dict[str, Device] | None = None) -> list[ledger_a.Month]:
    base = [one for one in rows if one.fiscal_year == terms.base_year]
    return months_of(year, [one for one in rows if one.fiscal_year == year], base, known or {}, terms)


def of(found: list[ledger_a.Month], department: str) -> list[ledger_a.Month]:
    return [month for month in found if month.department == department]


# --- units ---


def test_boxes_reams_and_sheets_become_a4_sheets_and_tell_by_what_factor() -> None:
    assert sheets_of(row("2025-04", unit="box", quantity=2), TERMS).count == 5000
    assert sheets_of(row("2025-04", unit="ream", quantity=3), TERMS).count == 1500
    a3 = sheets_of(row("2025-04", unit="box", quantity=1, size="A3"), TERMS)
    assert (a3.count, TERMS.unconfirmed(a3.made_from)) == (3000, ("a3_sheets", "sheets_per_a3_box"))
    confirmed = replace(TERMS, confirmed=("a3_sheets", "sheets_per_a3_box"))
    assert confirmed.unconfirmed(a3.made_from) == ()
    assert sheets_of(row("2025-04"), TERMS).made_from == frozenset()


def test_counters_count_sides_and_a_sheet_printed_on_both_is_two() -> None:
    sides = row("2025-04", unit="side", source="counter", quantity=1000)
    place = (Placement(date(2020, 4, 1), "A"),)
    assert sheets_of(sides, TERMS).count == 1000
    assert "duplex_share" in sheets_of(sides, TERMS).made_from
    assert sheets_of(sides, TERMS, Device(id="M", places=place, duplex=0.6)).count == pytest.approx(700)
    assert sheets_of(replace(sides, duplex=1.0), TERMS, Device(id="M", places=place, duplex=0.6)).count == 500


@pytest.mark.parametrize(("clicks", "sheets"), [(1, 2000.0), (2, 1000.0)])
def test_an_a3_side_is_one_click_or_two_by_the_contract(clicks: int, sheets: float) -> None:
    device = Device(id="M", places=(Placement(date(2020, 4, 1), "A"),), duplex=0.0, a3_counts=clicks)
    assert sheets_of(row("2025-04", unit="side", source="counter", quantity=1000, size="A3"), TERMS, device).count == sheets
    mixed = replace(device, a3_share=0.5)
    assert sheets_of(row("2025-04", unit="side", source="counter", quantity=1000), TERMS, mixed).count == pytest.approx({1: 1500, 2: 1000}[clicks])


@pytest.mark.parametrize("bad", [{"month": "2025-13"}, {"month": "2025-4"}, {"quantity": -1}, {"quantity": float("nan")}, {"size": "A0"}, {"duplex": 2.0}])
def test_rows_that_cannot_be_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(BadRow):
        check(replace(row("2025-04"), **bad))  # type: ignore[arg-type]


# --- the cities' own arithmetic ---


def test_kanazawa_saved_5_13_million_sheets_from_2022_to_2023() -> None:
    rows = year_of(2022, 25_130_000 / 12) + year_of(2023, 20_000_000 / 12)
    figure = total(months(rows, 2023), TERMS)
    assert figure.saved == 5_130_000.0
    amounts = {one.name: one.amount for one in conversions(5_130_000, FACTORS, (), {})}
    assert amounts == {"boxes": 2052.0, "file_metres": 513.0, "paper": 20520.0, "co2": 30780.0, "paper_price": 2975400.0, "copy_price": 8977500.0}
    assert all(one.provisional and one.source for one in conversions(1, FACTORS, (), {}))
    named = conversions(1, FACTORS, ("yen_per_sheet",), {"yen_per_sheet": "契約書"})[4]
    assert (named.provisional, named.source) == (False, "契約書")


def test_asahikawa_ordered_4092_boxes_less_which_is_35_percent_of_11691() -> None:
    terms = replace(TERMS, base_year=2021)
    rows = year_of(2021, 11_691 / 12, WHOLE, unit="box") + year_of(2023, 7_599 / 12, WHOLE, unit="box")
    figure = total(city_months(months(rows, 2023, terms)), terms)
    assert (figure.base, figure.saved) == (11_691 * 2500, 4_092 * 2500)
    assert figure.rate is not None and round(figure.rate, 2) == 0.35


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.floats(0.1, 3))
def test_saved_is_base_times_staff_ratio_less_what_was_used(base: int, current: int, ratio: float) -> None:
    terms = replace(TERMS, staff_ratio=ratio)
    figure = ledger_a.figure(base, current, terms)
    assert figure.saved == pytest.approx(base * ratio - current, abs=0.01)
    if base >= 1000:
        assert figure.rate == pytest.approx((base * ratio - current) / (base * ratio), abs=1e-6)
        assert figure.rate <= 1
    else:
        assert figure.rate is None


# --- traps ---


def test_small_sections_have_no_rate() -> None:
    assert total(months([row("2022-04", quantity=999), row("2025-04", quantity=100)]), TERMS) == Figure(base=999, current=100, saved=899, rate=None)
    assert total(months([row("2022-04", quantity=1000), row("2025-04", quantity=100)]), TERMS).rate == 0.9


def test_sources_are_never_summed_and_purchase_goes_before_counter_before_estimate() -> None:
    sources = ("purchase", "counter", "estimate")
    rows = [row(month, quantity=100 * (at + 1), source=source) for month in ("2022-04", "2025-04") for at, source in enumerate(sources)]
    (month,) = months(rows)
    assert (month.current, month.base, month.source) == (100, 100, Source.PURCHASE)
    (month,) = months([one for one in rows if one.source is not Source.PURCHASE])
    assert (month.current, month.source) == (200, Source.COUNTER)
    (month,) = months([one for one in rows if one.source is Source.ESTIMATE])
    assert month.current == 300


def test_a_copier_that_prints_less_saves_nothing_where_purchases_rise() -> None:
    counters = [row("2022-04", quantity=5000, source="counter"), row("2025-04", quantity=3000, source="counter")]
    bought = [row("2022-04", quantity=5000), row("2025-04", quantity=5800)]
    assert total(months(counters + bought), TERMS).saved == -800


def test_base_and_use_are_compared_by_a_source_that_both_have() -> None:
    (month,) = months([row("2022-04", quantity=900, source="counter"), row("2025-04", quantity=1000), row("2025-04", quantity=800, source="counter")])
    assert (month.base, month.current, month.source) == (900, 800, Source.COUNTER)


def test_only_months_that_both_years_know_are_compared() -> None:
    rows = [*year_of(2022, 1000, source="counter"), row("2025-04", quantity=700, source="counter"), row("2025-05", quantity=700, source="counter")]
    assert total(months(rows), TERMS) == Figure(base=2000, current=1400, saved=600, rate=0.3)
    assert total(months(rows, terms=replace(TERMS, base_year=None)), TERMS) == Figure(current=1400)
    assert total([], TERMS) == Figure()


def test_a_month_without_a_purchase_bought_nothing_as_far_as_purchases_are_known() -> None:
    others = year_of(2022, 100, "B") + year_of(2025, 100, "B")
    rows = [row("2022-04", quantity=6000), row("2025-07", quantity=4000), *others]
    assert total(of(months(rows), "A"), TERMS) == Figure(base=6000, current=4000, saved=2000, rate=0.333333)


def test_stockpiling_in_march_is_told_with_the_mean_of_three_months() -> None:
    rows = year_of(2022, 1000) + year_of(2025, 1000)
    assert stockpiled(months(rows), TERMS) == []
    piled = [replace(one, quantity=9000.0) if one.month == "2026-03" else one for one in rows]
    (hint,) = stockpiled(months(piled), TERMS)
    assert (hint.month, hint.sheets, hint.mean) == ("2026-03", 9000, 3666.67)
    counted = [replace(one, source=Source.COUNTER) for one in piled]
    assert stockpiled(months(counted), TERMS) == []


def test_a_moved_device_takes_its_base_along_from_the_month_of_the_move() -> None:
    machine = devices.moved(Device(id="M1", places=(Placement(date(2020, 4, 1), "A"),)), "B", date(2025, 7, 1))
    counters = {"source": "counter", "unit": "side", "device": "M1", "duplex": 0.0}
    rows = year_of(2022, 1000, **counters) + year_of(2025, 900, **counters)  # type: ignore[arg-type]
    found = months(rows, known={"M1": machine})
    assert [(month.month, month.base, month.current) for month in of(found, "A")] == [(f"2025-{m:02d}", 1000, 900) for m in (4, 5, 6)]
    assert len(of(found, "B")) == 9 and total(of(found, "B"), TERMS).base == 9000


def test_the_device_that_replaces_others_gets_their_base() -> None:
    old = [devices.ended(Device(id=id, places=(Placement(date(2020, 4, 1), section),)), date(2025, 3, 31), "NEW") for id, section in (("P", "B"), ("C", "A"))]
    register = {one.id: one for one in (*old, Device(id="NEW", places=(Placement(date(2025, 4, 1), "A"),)))}
    base = [row("2022-04", "B", 300, "counter", device="P"), row("2022-04", "A", 700, "counter", device="C")]
    found = months([*base, row("2025-04", "A", 800, "counter", device="NEW")], known=register)
    assert [(month.department, month.base, month.current) for month in found] == [("A", 1000, 800)]


def test_a_reorganised_section_counts_under_its_successor_and_closed_months_stay() -> None:
    rows = [*year_of(2022, 1000, "OLD", "counter"), row("2025-09", "OLD", 900, "counter"), row("2025-10", "OLD", 800, "counter")]
    before = months([one for one in rows if one.month < "2025-10"], terms=replace(TERMS, divisions=(Division(code="A"), Division(code="OLD"))))
    found = months(rows)
    assert [(month.month, month.department, month.base, month.current) for month in found if month.comparable] == [
        ("2025-09", "OLD", 1000, 900), ("2025-10", "A", 1000, 800),
    ]  # fmt: skip
    assert [month for month in found if month.month == "2025-09"] == [month for month in before if month.month == "2025-09"]
    assert {month.department for month in months(year_of(2022, 1000, "OLD") + year_of(2024, 900, "OLD"), 2024)} == {"OLD"}


def test_base_sheets_of_the_configuration_stand_in_for_rows_of_the_base_year() -> None:
    terms = replace(TERMS, divisions=(Division(code="A", base_sheets=12_000),))
    assert total(months([row("2025-04", quantity=900)], terms=terms), terms) == Figure(base=1000, current=900, saved=100, rate=0.1)


def test_the_whole_citys_figure_and_the_sections_are_never_both_counted() -> None:
    rows = year_of(2022, 1000) + year_of(2025, 800) + year_of(2022, 9000, WHOLE) + year_of(2025, 8000, WHOLE)
    assert total(city_months(months(rows)), TERMS).saved == 12_000
    sections = [one for one in rows if one.department != WHOLE or one.fiscal_year == 2022]
    assert total(city_months(months(sections)), TERMS).saved == 2400


@pytest.mark.parametrize(("sheets", "saved"), [(None, 0.0), (500.0, 0.0)])
def test_special_months_are_shown_raw_and_adjusted(sheets: float | None, saved: float) -> None:
    found = months([row("2022-07"), row("2022-08"), row("2025-07", quantity=1500), row("2025-08")])
    notes = [Note(month="2025-07", department="A", text="選挙", sheets=sheets)]
    assert total(found, TERMS).saved == -500
    special = ledger_a.adjusted(found, notes, TERMS)
    assert special is not None and special.saved == saved
    assert ledger_a.adjusted(found, [Note(month="2025-07", department="B", text="選挙")], TERMS) is None
    assert ledger_a.adjusted(found, [], TERMS) is None
    of_base = ledger_a.adjusted(found, [Note(month="2022-07", department=None, text="給付金")], TERMS)
    assert of_base == Figure(base=1000, current=1000, saved=0, rate=0)


def test_what_the_whole_city_used_is_taken_off_its_sum_once() -> None:
    found = months([row(month, code) for month in ("2022-07", "2025-07") for code in ("A", "B")])
    special = city_adjusted(found, [Note(month="2025-07", department=None, text="国勢調査", sheets=300)], TERMS)
    assert special == Figure(base=2000, current=1700, saved=300, rate=0.15)
    assert city_adjusted(found, [], TERMS) is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["2022-04", "2022-05", "2025-04", "2025-05"]),
            st.sampled_from(["A", "B", "OLD"]),
            st.sampled_from(list(Source)),
            st.integers(0, 9999),
        )
    )
)
def test_the_citys_figure_is_the_sum_of_its_sections(drawn: list[tuple[str, str, Source, int]]) -> None:
    found = months([row(month, code, quantity, source) for month, code, source, quantity in drawn])
    parts = [total(of(found, code), TERMS) for code in ("A", "B", "OLD")]
    known = [part for part in parts if part.base is not None]
    city = total(city_months(found), TERMS)
    assert (city.saved is None) == (not known)
    if known:
        assert city.saved == pytest.approx(sum(part.saved or 0 for part in known))
    for month in found:
        most = max((sum(q for m, c, s, q in drawn if m == month.month and s == source) for source in Source), default=0)
        assert (month.current or 0) <= most  # one source alone


# --- devices ---


def test_a_device_that_ended_cannot_change_and_days_do_not_run_backwards() -> None:
    machine = Device(id="M", places=(Placement(date(2025, 4, 1), "A"),))
    with pytest.raises(BadDevice, match="before"):
        devices.moved(machine, "B", date(2025, 3, 31))
    with pytest.raises(BadDevice, match="ended"):
        devices.moved(devices.ended(machine, date(2025, 6, 1)), "B", date(2025, 7, 1))
    with pytest.raises(BadDevice, match="itself"):
        devices.ended(machine, date(2025, 6, 1), "M")
    for bad in ({"id": " "}, {"duplex": 1.5}, {"a3_counts": 3}):
        with pytest.raises(BadDevice):
            devices.check(replace(machine, **bad))  # type: ignore[arg-type]


@given(st.lists(st.sampled_from("ABCD"), min_size=4, max_size=4), st.dates(date(2020, 1, 1), date(2030, 1, 1)))
def test_a_chain_of_replacements_always_ends(heirs: list[str], day: date) -> None:
    register = {
        id: Device(id=id, places=(Placement(date(2019, 1, 1), id),), until=date(2021, 1, 1), replaced_by=heir) for id, heir in zip("ABCD", heirs, strict=True)
    }
    assert devices.keeper_of("A", day, register) in set("ABCD")
    assert devices.keeper_of("X", day, register) is None


# --- a baseline for who has none ---


@given(st.integers(1, 100_000), st.integers(1, 52), st.integers(1, 12), st.booleans())
def test_a_baseline_lies_between_its_bounds_and_says_why(boxes: int, weeks: int, month: int, sure: bool) -> None:
    terms = replace(TERMS, confirmed=("sheets_per_box", "duplex_share") if sure else ())
    invoices, used = baselines.from_invoices(boxes, terms), baselines.from_boxes_used(boxes, weeks, terms)
    counted = baselines.from_counter(boxes, date(2025, month, 1), terms)
    for estimate in (invoices, used, counted):
        assert 0 <= estimate.low <= estimate.likely <= estimate.high and estimate.because
        rows = baselines.rows_of(estimate, "A", 2022, "")
        assert sum(one.quantity for one in rows) == pytest.approx(estimate.likely)
        assert {one.fiscal_year for one in rows} == {2022} and len({one.month for one in rows}) == 12
    assert invoices.likely == boxes * 2500
    assert (invoices.high == pytest.approx(boxes * 2500 * 13 / 12)) == sure


def test_a_baseline_of_no_time_is_refused() -> None:
    with pytest.raises(BadRow):
        baselines.from_boxes_used(3, 0, TERMS)

"""Indicators as offices report them: what cells say, shares made of their counts, and nothing counted twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.campaign import indicators
from scanpipe.core.campaign.indicators import KINDS, OFFICE, BadFigure, Figure, figure, kind_of, number, of_office, summed


def of(month: str, department: str, numerator: float | None, denominator: float | None, kind: str = "e_approval", value: float = 0.0) -> Figure:
    share = numerator / denominator if numerator is not None and denominator else value
    return Figure(month=month, kind=kind, department=department, value=share, numerator=numerator, denominator=denominator)


def test_kanazawas_rate_comes_out_of_its_counts() -> None:
    found = figure("2022-01", "e_approval", OFFICE, {"numerator": "９４，８４０件", "denominator": "152,000"}, "文書管理システム")
    assert (found.numerator, found.denominator, f"{found.value:.2%}", found.source) == (94_840.0, 152_000.0, "62.39%", "文書管理システム")


@pytest.mark.parametrize("written", ["77%", "77", "0.77", "７７％", " 77.0 % "])
def test_asahikawas_share_needs_no_counts(written: str) -> None:
    found = figure("2023-03", "digitised_share", OFFICE, {"value": written}, "")
    assert (found.value, found.numerator, found.denominator) == (pytest.approx(0.77), None, None)


@pytest.mark.parametrize(
    ("kind", "cells", "says"),
    [
        ("e_approval", {"value": "多い"}, indicators.NOT_A_NUMBER),
        ("e_approval", {"value": "120%"}, indicators.NOT_A_SHARE),
        ("e_approval", {"numerator": "5", "denominator": "4"}, indicators.MORE_THAN_ALL),
        ("e_approval", {"numerator": "5"}, indicators.NO_FIGURE),
        ("hours_saved", {"note": "未集計"}, indicators.NO_FIGURE),
    ],
)
def test_a_row_that_says_nothing_is_refused(kind: str, cells: dict[str, str], says: str) -> None:
    with pytest.raises(BadFigure) as caught:
        figure("2025-04", kind, OFFICE, cells, "")
    assert caught.value.template == says
    assert says.format(**caught.value.facts)


def test_hours_and_devices_are_what_they_are() -> None:
    assert figure("2025-04", "hours_saved", "0101", {"value": "20,114時間"}, "").value == 20_114.0
    assert figure("2025-04", "devices_removed", OFFICE, {"numerator": "3台"}, "").value == 3.0


def test_every_indicator_is_known_by_its_key_and_by_what_offices_write() -> None:
    for kind, definition in KINDS.items():
        assert kind_of(kind) == kind
        assert {kind_of(word) for word in definition.words} == {kind}
    assert kind_of("電子 決裁率") == "e_approval" and kind_of("残業時間") is None


def test_the_figure_of_the_office_is_never_added_to_its_sections() -> None:
    sections = [of("2025-04", "0101", 30, 50), of("2025-04", "0103", 70, 150)]
    assert [(one.numerator, one.denominator, one.value) for one in of_office(sections)] == [(100, 200, 0.5)]
    assert [one.value for one in of_office([*sections, of("2025-04", OFFICE, 80, 200)])] == [0.4]


def test_paperless_meetings_of_the_office_are_the_share_of_sections_above_70_percent() -> None:
    meetings = [of("2025-04", f"010{n}", held, 10, "paperless_meetings") for n, held in enumerate((7, 9, 6, 10))]
    (found,) = of_office(meetings)
    assert (found.numerator, found.denominator, found.value) == (3.0, 4.0, 0.75)
    assert summed([found])["paperless_meetings"].value == 0.75


def test_a_year_is_made_of_the_counts_of_its_months() -> None:
    found = summed([of("2025-04", OFFICE, 10, 100), of("2025-05", OFFICE, 90, 100)])["e_approval"]
    assert (found.numerator, found.denominator, found.value, found.months, found.counted) == (100, 200, 0.5, 2, True)
    loose = summed([of("2025-05", OFFICE, None, None, value=0.9), of("2025-04", OFFICE, 10, 100)])["e_approval"]
    assert (loose.value, loose.counted) == (0.9, False)  # the newest month; a mean of shares would be nobody's figure
    assert summed([of("2025-04", OFFICE, None, None, "hours_saved", 10.0), of("2025-05", OFFICE, None, None, "hours_saved", 5.5)])["hours_saved"].value == 15.5


def test_the_year_of_a_month_begins_in_april() -> None:
    assert [of(month, OFFICE, 1, 2).year for month in ("2025-03", "2025-04", "2026-03")] == [2024, 2025, 2025]


@given(st.text(max_size=20))
def test_a_cell_is_a_number_or_a_fault_and_nothing_else(written: str) -> None:
    try:
        found = number(written)
    except BadFigure as error:
        assert error.template == indicators.NOT_A_NUMBER
    else:
        assert found is None or abs(found) < 1e20


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_a_share_lies_between_nothing_and_all(numerator: int, denominator: int) -> None:
    cells = {"numerator": f"{numerator:,}", "denominator": str(denominator)}
    if numerator > denominator:
        with pytest.raises(BadFigure):
            figure("2025-04", "e_approval", OFFICE, cells, "")
    else:
        assert figure("2025-04", "e_approval", OFFICE, cells, "").value == numerator / denominator

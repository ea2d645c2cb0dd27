"""Sheets as boxes, metres of files, kilograms, CO2 and yen, each with where its factor comes from (domain §5)."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from scanpipe.i18n import N_

SOURCES: Final[Mapping[str, str]] = {  # message ids; a body's own source stands in [metrics] sources
    "sheets_per_box": N_("2,500 sheets a box (500 x 5): Asahikawa's published boxes per head agree with other cities by it"),
    "sheets_per_file_metre": N_(
        "10,000 sheets of A4 in a metre of files: an explanation of the file metre by office furniture makers (Social Interior, Kokuyo)"
    ),
    "grams_per_sheet": N_("64 g/m² x 0.0624 m² = 3.99 g; Aichi Prefecture: 1,589 t for 400 million sheets = 3.97 g"),
    "co2_grams_per_sheet": N_("1.5 kg of CO₂ for 1 kg of paper: Aichi Prefecture 1.51, Japan Paper Association 1.3 to 2.0"),
    "yen_per_sheet": N_("price of paper: Aichi and Akita Prefectures, 0.50 to 0.58 yen a sheet"),
    "yen_per_copy": N_("copier's charge a side: Okinawa Prefecture, 1.75 yen; only where each sheet was copied on one side"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversion:
    """A number of sheets as something else. name, unit: words of ours. amount: rounded to 0.1.

    factor: its name, value its number. source: a message id or this body's own words. provisional: nobody has confirmed the factor; it is shown with 仮.
    """

    name: str
    amount: float
    unit: str
    factor: str
    value: float
    source: str
    provisional: bool


_WAYS: Final = (  # name, unit, factor, whether sheets are divided by it, what the result is divided by
    ("boxes", "box", "sheets_per_box", True, 1),
    ("file_metres", "fm", "sheets_per_file_metre", True, 1),
    ("paper", "kg", "grams_per_sheet", False, 1000),
    ("co2", "kg", "co2_grams_per_sheet", False, 1000),
    ("paper_price", "yen", "yen_per_sheet", False, 1),
    ("copy_price", "yen", "yen_per_copy", False, 1),
)


def conversions(sheets: float, factors: Mapping[str, float], confirmed: Collection[str], sources: Mapping[str, str]) -> list[Conversion]:
    """All that so many A4 sheets can be shown as. factors, confirmed, sources: of [metrics]."""
    found: list[Conversion] = []
    for name, unit, factor, divides, by in _WAYS:
        value = factors[factor]
        amount = sheets / value if divides else sheets * value / by
        source = sources.get(factor) or SOURCES[factor]
        provisional = factor not in confirmed
        found.append(Conversion(name=name, amount=round(amount, 1), unit=unit, factor=factor, value=value, source=source, provisional=provisional))
    return found

"""Key ratios of one office, without its name, to compare with others.

Staff is given in classes and no section is told, so that a small town's file does not say more than it has published.
"""

import math
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from scanpipe.i18n import N_

SCHEMA: Final = 1
KIND: Final = "scanpipe-benchmark"
POPULATION: Final = (10_000, 30_000, 50_000, 100_000, 200_000, 300_000, 500_000, 1_000_000)
STAFF: Final = (50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One office over some months. schema, kind: what the file is.

    population, staff: class, as "50000-100000" or "1000000-"; "" = not said. months: how many have base and use. base_per_head: sheets of the base year in these
    months, by head of staff; rate: share of it saved; fm_per_head: metres of paper now; digitised_per_head: A4 sheets, of the first digitised_months of the
    year, 0 = not said; zero_sections: share of sections with cabinets that are at zero. None = not known.
    """

    schema: int = SCHEMA
    kind: str = KIND
    fiscal_year: int
    months: int
    population: str = ""
    staff: str = ""
    base_per_head: float | None = None
    rate: float | None = None
    fm_per_head: float | None = None
    digitised_per_head: float | None = None
    digitised_months: int = 0
    zero_sections: float | None = None


RATIOS: Final[dict[str, str]] = {  # message ids
    "base_per_head": N_("base, sheets a head and year"),
    "rate": N_("rate saved"),
    "fm_per_head": N_("metres of paper a head"),
    "digitised_per_head": N_("digitised, A4 sheets a head and year"),
    "zero_sections": N_("sections at cabinet zero"),
}


def class_of(number: int, bounds: tuple[int, ...]) -> str:
    """The class that a number lies in: 50000-100000 holds 50,000 and not 100,000. "" for 0, which means not known."""
    if number <= 0:
        return ""
    below = [bound for bound in bounds if bound <= number]
    above = [bound for bound in bounds if bound > number]
    return f"{below[-1] if below else 0}-{above[0] if above else ''}"


def per_head(amount: float | None, staff: int) -> float | None:
    """To three significant digits: more would tell the office apart."""
    return None if amount is None or staff <= 0 else significant(amount / staff)


def significant(value: float, digits: int = 3) -> float:
    return 0.0 if value == 0 else round(value, digits - 1 - math.floor(math.log10(abs(value))))


def is_sound(one: Benchmark) -> bool:
    """Whether a file from elsewhere can be what it says: a version that is known, and numbers in their range."""
    numbers = [getattr(one, name) for name in RATIOS]
    sane = all(value is None or (math.isfinite(value) and abs(value) < 1e9) for value in numbers)
    shares = all(value is None or value <= 1 for value in (one.rate, one.zero_sections))
    return one.schema == SCHEMA and one.kind == KIND and sane and shares and all(0 <= months <= 12 for months in (one.months, one.digitised_months))


def compared(own: Benchmark, others: list[Benchmark]) -> list[dict[str, Any]]:
    """Each ratio: our own, the median, least and most of the others, and how many know it. Sheets of some months are brought to a year."""
    rows = []
    for name, says in RATIOS.items():
        values = sorted(value for one in others if (value := _of_year(one, name)) is not None)
        spread = {"median": median(values), "least": values[0], "most": values[-1]} if values else dict.fromkeys(("median", "least", "most"))
        rows.append({"ratio": name, "name": says, "own": _of_year(own, name), **spread, "offices": len(values)})
    return rows


def _of_year(one: Benchmark, name: str) -> float | None:
    value: float | None = getattr(one, name)
    months = {"base_per_head": one.months, "digitised_per_head": one.digitised_months}.get(name, 12)
    if value is None or months == 12:
        return value
    return significant(value * 12 / months) if months else None

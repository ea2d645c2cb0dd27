"""The figures as CSV: for spreadsheets with all sections, and as open data of the whole office, as digital agencies ask for it.

Open data: UTF-8 without a mark, RFC 4180, headings in Japanese whoever asks, 全国地方公共団体コード in every row, months YYYY-MM, no sections unless they are
asked for (a section's figures are those of a few people), no rate on a small base, and 1 in 暫定 where a figure stands on a factor nobody has confirmed.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from scanpipe.config import Settings
from scanpipe.core.campaign.figures import Figures, LedgerB, Part
from scanpipe.core.campaign.ledger_a import Figure
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.campaign.figure_csv import as_csv
from scanpipe.upkeep.sending.topic_tables import Value, flat, year_of

HEADINGS: Final = (
    "全国地方公共団体コード", "地方公共団体名", "年度", "年月", "部局名", "課名", "台帳A_基準枚数", "台帳A_使用枚数", "台帳A_削減枚数", "台帳A_削減率",
    "台帳B_電子化枚数", "台帳B_廃棄可枚数", "台帳B_廃棄済枚数", "暫定", "基準年度", "単位",
)  # fmt: skip
UNIT: Final = "A4換算枚数"
NO_CODE: Final = N_("Open data names the municipality by its code. Write it in scanpipe.toml: [site] municipality_code, 6 digits.")


def spreadsheet(figures: Figures) -> bytes:
    """For people: UTF-8 with the mark by which Excel knows it, headings in the language of the context."""
    headings, rows = flat(figures)
    return as_csv(headings, rows, bom=True)


def open_data(figures: Figures, settings: Settings, *, sections: bool = False) -> bytes:
    """sections: each section's rows, too. Raises UsageError without a municipality code."""
    if not settings.site.municipality_code:
        raise UsageError(NO_CODE)
    return as_csv(HEADINGS, _rows(figures, settings, sections=sections))


def _rows(figures: Figures, settings: Settings, *, sections: bool) -> Iterator[Sequence[Value]]:
    for one in figures.years:
        yield _row(figures, settings, figures.city, one.fiscal_year, None, one.ledger_a, one.ledger_b)
    year = figures.fiscal_year or figures.paper_year
    parts = [part for part in figures.sections if part.known] if sections else []
    for part in (figures.city, *parts):
        if part.code:
            yield _row(figures, settings, part, year, None, part.ledger_a, part.ledger_b)
        for month in part.months:
            yield _row(figures, settings, part, year_of(month.month), month.month, month.ledger_a, month.ledger_b)


def _row(figures: Figures, settings: Settings, part: Part, year: int | None, month: str | None, paper: Figure, sheets: LedgerB) -> Sequence[Value]:
    name = part.name if part.code else None
    marked = 1 if part.provisional and paper != Figure() else 0
    return (
        settings.site.municipality_code, settings.site.name, year, month, part.bureau or None, name, paper.base, paper.current, paper.saved, paper.rate,
        sheets.digitised, sheets.cleared, sheets.removed, marked, figures.base_year, UNIT,
    )  # fmt: skip

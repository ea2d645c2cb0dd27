"""What is read from a body's own retention schedule: its sheets, its rows, and what a person should look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from scanpipe.core.schedules.schedule_columns import Column
from scanpipe.core.schedules.schedule_terms import Term
from scanpipe.i18n import N_

NO_TABLE: Final = N_("No retention table was found here. Name the columns in one row, for example: 分類記号, 大分類, 中分類, 件名, 保存期間.")
NO_PERIOD: Final = N_("No period stands in this row. Write it, for example 5年 or 永年.")
NOT_A_PERIOD: Final = N_("This is not a period. Write whole years, 永年 or 常用.")
UNKNOWN_MARK: Final = N_("This mark is not explained. Add a line such as 甲=永年 above the table, or give it with --legend 甲=永年.")
NO_NAME: Final = N_("This row has a period, but no title, class or code. Write what is kept so long.")
NOT_A_START: Final = N_("This is no start that is known; the usual one (1 April after completion) was taken. Write for example 完結の翌年度4月1日.")
NOT_A_DISPOSITION: Final = N_("This is not 移管, 廃棄 or 検討; a person will decide at the end of the period.")
TAKEN_AS_HEADING: Final = N_("Taken as a heading of the rows below, because it has no period. Write the period if it is a kind of record.")
PERIOD_FROM_ABOVE: Final = N_("The period was taken from the row above.")
MARK_IS_NUMBER: Final = N_("A number without a unit in a column of kinds. If years are meant, name the column 保存期間; else explain the mark.")
REMARK_UNUSED: Final = N_("This remark was kept as a comment, but not used. Enter in retention.toml what should follow from it.")
CODE_TWICE: Final = N_(
    "This code stands in several rows with different periods; each period became a category. Give each a code of its own if they are not one class."
)
SERIAL_CODES: Final = N_("The codes in this column only count the rows; they were not used.")


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet. rows: numbers as Excel shows them, and the cells as text; merged cells are filled with what the first of them says."""

    name: str
    rows: Sequence[tuple[int, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Remark:
    """What a person should look at. problem: the row was not taken; else something was guessed. row: None for a whole sheet. says: a message id."""

    sheet: str
    row: int | None
    column: str
    value: str
    says: str
    problem: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One row. code: "" where none is given. path: its classes from the top; classes: major and middle one, fewer where the table does not say.

    disposition: None where the table does not say. coded: the code stands in the row itself, not only above it.
    """

    sheet: str
    row: int
    code: str
    path: tuple[str, ...]
    titles: tuple[str, ...]
    term: Term
    disposition: str | None
    remark: str
    classes: tuple[str, ...] = ()
    coded: bool = False


@dataclass(slots=True)
class Reading:
    """All that was understood. tables: sheet, row of the headings, their columns (empty for a list without headings). rows: that hold anything.

    notes: rows passed over as titles, notes and repeated headings.
    """

    entries: list[Entry] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    tables: list[tuple[str, int | None, tuple[Column, ...]]] = field(default_factory=list)
    legend: Mapping[str, str] = field(default_factory=dict)
    rows: int = 0
    notes: int = 0

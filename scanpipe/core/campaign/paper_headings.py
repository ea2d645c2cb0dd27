"""Headings of an office's paper tables: what a column counts, and what stands in a second row of headings below months or sections."""

import re
from collections.abc import Sequence
from typing import Final

from scanpipe.core.campaign.paper_words import (
    amounts_of,
    bare_year,
    calendar_of,
    duplex_in,
    is_colour,
    is_empty,
    is_month,
    is_total,
    is_year,
    month_in_year,
    month_of,
    size_in,
    source_of,
    unit_in,
)
from scanpipe.core.schedules.schedule_terms import plain
from scanpipe.i18n import N_

NOT_USE: Final = N_("No figure of what was used or bought, but a price, a plan, a stock, a meter or another period; left out.")
MORE_IN_ALL: Final = N_(
    "The total that stands on this row is more than what was read on it, so it was left out. Name each column by what it counts (枚, 面, 箱 …)."
)
UNREAD: Final = N_("Left out: the name of this column does not say that paper was used or bought.")
UNCLEAR: Final = N_("It is not clear what this column counts, so it was left out. Name it (枚, 箱, 実績 …), or delete it from the file.")

Row = Sequence[str]
_METER: Final = "(?:指針|検針値?|カウンター?値?|指示数|メーター値?|読み?値|数値)"
_ROLES: Final = {
    role: re.compile(pattern, re.IGNORECASE)
    for role, pattern in {
        "month": "(?:対象|使用|購入|納品|発注|計上|検針|納入|払出|検収|受領|配布)?(?:年?月|年・月|月分|日付|年月日|日)|month|年度|対象年度",
        "department": "(?:所管|担当|使用|設置|購入|配布)?(?:課所?|課室|所属|部署|部課|所管|部門)(?:名称?|コード)?|(?:納品|納入|配布|払出|設置|使用|請求)先(?:名|課名?)?"
        "|設置(?:場所|箇所)|department|section|課係名?",
        "source": "区分|種別|source|出所|根拠|データ種別",
        "unit": "単位|unit",
        "device": "機器(?:名|番号|id)?|機番|機種名?|号機|装置|device|(?:機器|資産)?管理番号|機械番号|シリアル(?:番号|no\\.?)?|プリンター?名?|複合機(?:名|番号)?",
        "item": "品名|品目|物品名?|商品名?|製品名",
        "size": "(?:用?紙の?)?サイズ|規格|用紙|size",
        "duplex": "両面(?:率|割合|印刷率)|duplex",
        "before": f"前(?:月|回)?末?の?{_METER}",
        "now": f"[今当](?:月|回)末?の?{_METER}",
        "note": "備考|摘要|notes?|メモ|注記?",
    }.items()
}
_QUANTITY: Final = re.compile(
    r"(?:年間|月間|総|購入|発注|納品|納入|使用|印刷|出力|コピー|複写|プリント(?:アウト)?|プリンター?|ファク(?:ス|シミリ)|fax|受信|カウンター?|モノクロ|白黒|単色|フルカラー|カラー|[2二]色|片面|両面|[ab][345])*"
    r"(?:数量?|個数|箱数?|冊数?|枚数?|面数?|量|値|quantity)?(?:\([^()]{1,4}\))?",
    re.IGNORECASE,
)
_COUNTED: Final = re.compile("[数枚箱冊面量値]|カウンタ|ファク|fax|プリンタ|モノクロ|白黒|カラー|[ab][345]|quantity", re.IGNORECASE)
_MONEY: Final = re.compile("金額|単価|円|税|価格|料金|費")
SUM: Final = "合計"  # stands for what nobody wrote beside a sum


def role_of(heading: str) -> str:
    """What a column holds: month, department, quantity …; "" if its heading does not say."""
    said = plain(heading)
    for role, pattern in _ROLES.items():
        if pattern.fullmatch(said):
            return role
    return "quantity" if _QUANTITY.fullmatch(said) and _COUNTED.search(said) and not _MONEY.search(said) else ""


def is_money(heading: str) -> bool:
    """A column of yen."""
    return bool(_MONEY.search(plain(heading)))


def cell_at(row: Row, column: int) -> str:
    """A cell without the blanks around it; "" beyond the row's end."""
    return row[column].strip() if 0 <= column < len(row) else ""


def years_above(row: Row, below: Row) -> Row | None:
    """One row of headings made of 令和6年度 above 4月, 5月 …: months with their years. None where these are no such two rows."""
    if not any(is_year(cell) for cell in row) or sum(is_month(cell) for cell in below) < 2:
        return None
    year, merged = "", list[str]()
    for column in range(max(len(row), len(below))):
        above, own = cell_at(row, column), cell_at(below, column)
        year = above if is_year(above) else year
        merged.append((month_of(own, calendar_of(year)) if year and is_month(own) else None) or own or above)
    return merged


def of_a_meter(words: str) -> bool:
    """Whether these words say that figures are readings, each with all that was ever counted in it, and not what was used."""
    return bool(_READINGS.search(plain(words))) and not _BETWEEN.search(plain(words))


_READINGS: Final = re.compile("指針|指示数|読み値|メーター値|検針値|カウンター?値|累積")
_BETWEEN: Final = re.compile("使用|差|増加|印刷枚数|出力枚数|印刷面数|出力面数")

# --- a second row of headings ---

_NOT_USE: Final = re.compile(
    "計画|予定|目標|予算|上限|残高?|在庫|繰越|受入|前[月回日]|先月|昨年|指針|指示数|読み?値|検針値|メーター|件数|ジョブ|^うち|^\\(?内(?:訳|[^0-9]{0,3}(?:カラー|両面))|比$|率$|円$|¥"
)
_NOT_USE_ROW: Final = re.compile(
    "(?:年間|当初|購入|使用)?(?:計画|予定|目標|予算|上限)(?:数|値|額|枚数|箱数)?|うち.+|残高?|在庫(?:数)?|繰越|受入|(?:前[月回]|先月|昨年)(?:分|実績|指針)?|指針|件数|金額(?:\\(円\\))?|単価"
)
_NAME_AND_KIND: Final = re.compile(r"(.+?)\s*[(（]([^()（）]{1,6})[)）]", re.DOTALL)
_USE: Final = re.compile(r"(?:用紙)?(?:使用|払出|消費|出庫)(?:数量?|量|[枚箱冊]数|\([箱冊枚]\))?")
_BOUGHT: Final = re.compile(r"(?:用紙)?(?:購入|受入|納品|納入|入庫|仕入)(?:数量?|量|[枚箱冊]数|\([箱冊枚]\))?")
_USED: Final = re.compile("(?:当|今|本)(?:月|年度?)(?:分|実績)?|実績(?:数|値)?|払出|使用|執行")


def left_out(heading: str) -> str:
    """Why the figures below a second heading are not taken: a message id; "" where they are, or where it says that it is a sum."""
    said = plain(heading)
    if is_total(heading) or is_year(heading) or bare_year(heading) is not None:
        return ""
    if _NOT_USE.search(said) or (_MONEY.search(said) and not unit_in(heading)):
        return NOT_USE
    return "" if not said or is_kind(heading) or _USED.fullmatch(said) or role_of(heading) == "quantity" else UNCLEAR


def row_left_out(label: str) -> str:
    """The same of a word beside a row (計画, 前月, 金額); "" also for a name."""
    return NOT_USE if _NOT_USE_ROW.fullmatch(plain(label)) else ""


def is_year_alone(label: str) -> bool:
    """A word beside a row that says of which fiscal year it is: 令和6年度, R6."""
    return is_year(label) or (bare_year(label) is not None and len(plain(label)) <= 4)


def is_used(label: str) -> bool:
    """A word that says no more than that these figures are the ones to count: 実績, 今年度."""
    return bool(_USED.fullmatch(plain(label)))


def second_heading(head: Row, row: Row, first: int) -> bool:
    """Whether words stand under the months or sections that tell their columns apart. first: the column where these begin."""
    filled = [cell for cell in row[first:] if cell.strip()]
    if not any(not is_total(cell) for cell in filled) or any(amounts_of(cell) or is_empty(cell) for cell in filled):
        return False
    return all(is_kind(cell) for cell in filled) or all(not cell_at(row, column) or cell_at(row, column) == cell_at(head, column) for column in range(first))


def bought_beside_used(headings: Row) -> set[int]:
    """Columns of what was bought where others say what was used: the same paper, which counts once, when it is used."""
    used = any(_USE.fullmatch(plain(cell)) for cell in headings)
    return {column for column, cell in enumerate(headings) if used and _BOUGHT.fullmatch(plain(cell))}


def is_counted(heading: str) -> bool:
    """A column whose name has a unit of paper, but is none of money, sums or parts."""
    return bool(_COUNTED.search(plain(heading))) and not (is_money(heading) or is_total(heading) or left_out(heading) == NOT_USE)


def is_kind(text: str) -> bool:
    """What may stand below a month or a section: a unit, a source, a size, black or colour, one side or both, a sum of them."""
    return bool(unit_in(text) or source_of(text) or size_in(text) or is_colour(text) or duplex_in(text) is not None or is_total(text))


def sum_below(below: Row, column: int, first: int) -> str:
    """The word by which a second heading says that it sums those beside it: 計, 前年比, 総枚数 beside black and colour; "" if it does not."""
    said = cell_at(below, column)
    if is_total(said):
        return said
    return f"{SUM}({said})" if plain(said).startswith("総") and any(is_colour(cell) for cell in below[first:]) else ""


def carried(head: Row, first: int) -> list[str]:
    """The headings, each standing for the empty ones behind it, too."""
    found, last = list(head), ""
    for column in range(first, len(head)):
        last = found[column] = head[column] or last
    return found


def name_and_kind(heading: str) -> tuple[str, str]:
    """(総務課, 箱) of 総務課(箱); the heading and "" where no unit stands in brackets behind a name."""
    found = _NAME_AND_KIND.fullmatch(heading.strip())
    return (found[1], found[2]) if found and unit_in(found[2]) else (heading, "")


def with_year(month: str, below: str) -> str:
    """A month whose year stands below it (4月 above 令和6年度 or R6); the month as it is where none does."""
    year = calendar_of(below).fiscal_year if is_year(below) else bare_year(below)
    return (month_of(month, calendar_of("", year)) or month) if year is not None else month


def alike(months: Row, column: int) -> list[int]:
    """The columns beside each other that name the same month or section as this one, itself among them."""
    said, found = plain(months[column]), [column]
    while said and plain(cell_at(months, found[0] - 1)) == said:
        found.insert(0, found[0] - 1)
    while said and plain(cell_at(months, found[-1] + 1)) == said:
        found.append(found[-1] + 1)
    return found


# --- columns that say one thing together ---


def read_together(rows: list[tuple[int, Row]], at: int) -> list[tuple[int, Row]]:
    """The rows of a table whose headings stand in row `at`, with 年 and 月 as one column, and what a meter counted between two readings as another."""
    head = list(rows[at][1])
    years = [column for column, cell in enumerate(head) if plain(cell) in _YEAR_COLUMNS]
    months = [column for column, cell in enumerate(head) if role_of(cell) == "month" and column not in years]
    if len(years) == len(months) == 1:
        rows = [(line, _dated(row, years[0], months[0], "度" in head[years[0]]) if n > at else row) for n, (line, row) in enumerate(rows)]
        head[years[0]] = ""
    below = rows[at + 1][1] if at + 1 < len(rows) else ()
    if both := _both_rows(head, below):
        rows = [*rows[:at], rows[at + 1], *rows[at + 2 :]]
        head = both
    roles = [role_of(cell) for cell in head]
    if {"before", "now"} <= set(roles) and "quantity" not in roles:
        before, now = roles.index("before"), roles.index("now")
        rows = [(line, _counted(row, before, now, len(head)) if n > at else row) for n, (line, row) in enumerate(rows)]
        head.append(_DIFFERENCE)
    return [*rows[:at], (rows[at][0], head), *rows[at + 1 :]]


_YEAR_COLUMNS: Final = ("年", "年度", "西暦", "和暦", "会計年度")
_DIFFERENCE: Final = "カウンター面数"


def _both_rows(head: Row, below: Row) -> list[str] | None:
    """モノクロ above コピー and プリント as モノクロコピー, モノクロプリント; None where no second row of headings stands below a list's headings."""
    if any(is_month(cell) or is_year(cell) for cell in head) or not {"department", "month"} & {role_of(cell) for cell in head[:1]}:
        return None
    if not second_heading(head, below, 1):
        return None
    above = carried(head, 1)
    both = [own if own == under or not under else f"{own}{under}" for own, under in ((above[n], cell_at(below, n)) for n in range(len(above)))]
    told = [column for column, cell in enumerate(both) if cell != head[column] and role_of(cell) == "quantity"]
    return [cell if cell_at(below, column) else head[column] for column, cell in enumerate(both)] if told else None


def _dated(row: Row, year: int, month: int, fiscal: bool) -> Row:
    said = month_in_year(cell_at(row, year), cell_at(row, month), fiscal=fiscal)
    return row if said is None else [*row[:month], said, *row[month + 1 :]]


def _counted(row: Row, before: int, now: int, width: int) -> Row:
    """The row with what was counted between its two readings in a column of its own; nothing there where one of them is missing."""
    first, last = (amounts_of(cell_at(row, column)) for column in (before, now))
    said = f"{last[0].quantity - first[0].quantity:g}" if len(first) == len(last) == 1 else ""
    return [*row, *[""] * (width - len(row)), said]

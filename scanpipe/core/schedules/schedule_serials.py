"""Columns of a body's schedule that only count the rows: 1, 2, 3 … are never codes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from scanpipe.core.schedules.schedule_columns import Header, Role
from scanpipe.core.schedules.schedule_facts import SERIAL_CODES, Reading, Remark
from scanpipe.core.schedules.schedule_terms import plain


def without_serials(header: Header, body: Sequence[tuple[int, Sequence[str]]], sheet: str, reading: Reading) -> Header:
    """番号 may be a code or count the rows. It is a code where nothing else could be one and it does more than count."""
    columns = list(header.columns)
    coded = bool(header.of(Role.CODE, Role.CLASS_CODE))
    for index, column in enumerate(columns):
        if column.role not in (Role.SERIAL, Role.CODE):
            continue
        values = [plain(cells[column.at]) for _number, cells in body if column.at < len(cells) and cells[column.at].strip()]
        counts = _counts(values) and (len(values) > 1 or column.role is Role.SERIAL)
        if column.role is Role.SERIAL and any(column in columns for _sheet, _row, columns in reading.tables):  # the next page counts on
            counts = counts or all(value.isdecimal() for value in values)
        if column.role is Role.SERIAL and not coded and values and not counts and not re.search("簿冊|ファイル|整理|フォルダ|通", column.heading):
            columns[index] = replace(column, role=Role.CODE)
        elif column.role is Role.CODE and counts and "分類" not in column.heading:
            columns[index] = replace(column, role=Role.SERIAL)
            reading.remarks.append(Remark(sheet, None, column.heading, "", SERIAL_CODES))
    return Header(tuple(columns), header.depth)


def _counts(values: Sequence[str]) -> bool:
    """1, 2, 3 … perhaps begun anew in each class, or with a few rows put in or taken out."""
    bare = [value.strip("().") for value in values]
    if not bare or not all(value.isdecimal() for value in bare):
        return False
    steps = list(pairwise(int(value) for value in bare))
    usual = sum(b in (a + 1, 1) for a, b in steps)
    return int(bare[0]) == 1 and usual * 4 >= len(steps) * 3 and all(b == 1 or b >= a for a, b in steps)

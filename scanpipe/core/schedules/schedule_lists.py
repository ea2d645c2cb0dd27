"""Schedules that are lists: the period is a heading (永年保存, 第2種 10年保存), with the kinds below or beside it."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from scanpipe.core.schedules.schedule_facts import Entry, Reading, Remark
from scanpipe.core.schedules.schedule_terms import Term, mark, plain, read_period
from scanpipe.core.schedules.schedule_titles import titles_of

NOTE: Final = re.compile(r"^(?:[(\[〔【]?(?:備考|注|注記|付記|凡例|説明|留意事項|以上|合計|計|作成日|改正|施行|附則)(?![一-龠]{2})|※|\*|＊)")
_PERIOD_HEADING: Final = re.compile(
    r"(?:[0-9一二三四五六七八九十]{1,2}[.、)]?)?(?:第?[1-9一二三四五六七八九](?:種|類|号)|[甲乙丙丁戊]種?|[A-H]種?)?[(:・]?(?:保存期間(?:が|は|を)?:?)?"
    r"(?:永年|永久|常用|無期限|長期|[0-9〇一二三四五六七八九十百]+[かカヵヶ箇]?年間?(?:未満)?)"
    r"(?:保存)?(?:と?する|の|すべき)?(?:もの|文書|公文書|行政文書|簿冊|ファイル)?(?:に属するもの|に属する文書)?[)]?(?:保存)?(?:文書)?(?:\([^()]{0,20}\))?"
)


def heading_period(text: str, legend: Mapping[str, str]) -> Term | None:
    """The period that a heading names: 永年保存, 第2種(10年保存), 1 保存期間が30年のもの, 甲種 (by the legend); None for other words."""
    said = plain(text).strip("【】[]<>〈〉《》■●◆○・*")
    if len(said) > 40:
        return None
    if mark(said) in legend and re.search("種|類|[甲乙丙丁戊]|^[A-H]$", said):
        return read_period(said, legend)
    if not _PERIOD_HEADING.fullmatch(said):
        return None
    said = re.sub(r"^[0-9一二三四五六七八九十]{1,2}[.、)]|^第?[1-9一二三四五六七八九](?:種|類|号)|^[0-9](?=保存期間)", "", said)
    return read_period(said)


def read_list(name: str, rows: Sequence[tuple[int, Sequence[str]]], reading: Reading) -> bool:
    """Kinds below a heading that is a period, or beside a cell that is one. Rows above the first heading are titles."""
    found = False
    section: Term | None = None
    for number, cells in rows:
        texts = [cell for cell in dict.fromkeys(cell.strip() for cell in cells) if cell]
        terms = [term for text in texts if (term := heading_period(text, reading.legend))]
        if terms and not (len(texts) > 1 and heading_period(texts[0], reading.legend) is None and len(terms) != 1):
            section, found = terms[0], True
        elif section is None or NOTE.search(texts[0]) or texts[0].endswith("。"):
            reading.notes += 1
            continue
        own = terms[0] if terms else section
        titles = tuple(dict.fromkeys(title for text in texts if not heading_period(text, reading.legend) for title in titles_of(text)))
        if titles and own:
            reading.entries.append(Entry(sheet=name, row=number, code="", path=(), titles=titles, term=own, disposition=None, remark=""))
            reading.remarks += [Remark(name, number, "", str(own.period), doubt) for doubt in own.doubts]
        elif not terms:
            reading.notes += 1
        if terms and heading_period(texts[0], reading.legend) is None and len(texts) > 1:
            section = None  # 条例 | 永年: the period belongs to this row alone
    if found:
        reading.tables.append((name, None, ()))
    return found

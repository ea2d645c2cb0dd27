"""What the rows of a body's schedule say -> categories: one for each code or class, and one more for each other period or disposition within it."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from unicodedata import normalize

from scanpipe.core.model import UNCLASSIFIED
from scanpipe.core.retention import CURRENT, PERMANENT
from scanpipe.core.schedules.schedule_facts import Entry
from scanpipe.core.schedules.schedule_terms import Term, length
from scanpipe.core.schedules.schedule_titles import phrases_of

LONGEST_CODE: Final = 20  # signs, as the configuration has it
_SIGNS: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # none looks like another


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A category as a body's table has it. printed: the code as printed, "" if the table has none or `code` is the same.

    made: the table gives no code. classes: major and middle one, without the codes before their names; fewer where the table does not say.
    period, start (None = the usual rule), event, disposition (None = not said). rows: (sheet, row) that it was made of. remark: of its rows.
    """

    code: str
    printed: str
    name: str
    path: tuple[str, ...]
    titles: tuple[str, ...]
    period: int | str
    start: str | None
    event: str
    disposition: str | None
    rows: tuple[tuple[str, int], ...]
    remark: str
    made: bool
    classes: tuple[str, ...] = ()


_Way = tuple[int | str, str | None, str, str | None]  # period, start, event, disposition


def categories_of(entries: Iterable[Entry]) -> tuple[Kept, ...]:
    """The categories in the order of the table. The same table gives the same codes, also when rows move or others are added.

    Rows of one code, else of one class, else of one period belong together. Rows among them that are kept otherwise become categories of
    their own, since a record's period follows from its category; the one kept longest has the plain code.
    """
    groups: dict[tuple[str, ...], list[Entry]] = {}
    for entry in entries:
        groups.setdefault(_belongs(entry), []).append(entry)
    shared = Counter(path for group in groups.values() for path in {entry.path for entry in group})
    used: set[str] = set()
    return tuple(kept for key, group in groups.items() for kept in _split(key, group, shared, used))


def _belongs(entry: Entry) -> tuple[str, ...]:
    if entry.code:
        return ("code", entry.code)
    if entry.path:
        return ("path", *entry.path)
    return ("period", *map(str, _way(entry)))


def _way(entry: Entry) -> _Way:
    term: Term = entry.term
    return term.period, term.start, term.event, entry.disposition


def _split(key: tuple[str, ...], group: Sequence[Entry], shared: Mapping[tuple[str, ...], int], used: set[str]) -> Iterator[Kept]:
    ways: dict[_Way, list[Entry]] = {}
    for entry in group:
        ways.setdefault(_way(entry), []).append(entry)
    ordered = sorted(ways, key=lambda way: -length(way[0]))
    base, name = _code(key), _name(key, group, shared)
    for number, way in enumerate(ordered):
        alike = [other for other in ordered if other[0] == way[0]]
        code = _unused(base if number == 0 else _with_suffix(base, way, alike), used)
        label = name if number == 0 or key[0] == "period" else f"{name}（{_said(way, alike)}）"
        yield _kept(code, key, label, way, ways[way])


def _kept(code: str, key: tuple[str, ...], name: str, way: _Way, entries: Sequence[Entry]) -> Kept:
    titles = [phrase for entry in entries for title in entry.titles for phrase in phrases_of(title)]
    period, start, event, disposition = way
    remarks = "／".join(dict.fromkeys(entry.remark for entry in entries if entry.remark))
    return Kept(
        code=code,
        printed=key[1] if key[0] == "code" and key[1] != code else "",
        name=name,
        path=entries[0].path,
        titles=tuple(dict.fromkeys(titles)),
        period=period,
        start=start,
        event=event,
        disposition=disposition,
        rows=tuple((entry.sheet, entry.row) for entry in entries),
        remark=remarks[:200],
        made=key[0] != "code",
        classes=tuple(_line(_bare(name)) for name in entries[0].classes),
    )


# --- names ---


def _name(key: tuple[str, ...], group: Sequence[Entry], shared: Mapping[tuple[str, ...], int]) -> str:
    """What people call it: the lowest class where it is this code's own, else its first kind; the period where there is neither."""
    if key[0] == "period":
        period, start, event, disposition = _way(group[0])
        apart = [event or ("暦年" if start and start.startswith("cy_") else ""), {"transfer": "移管", "review": "検討"}.get(disposition or "", "")]
        return f"{_period_said(period)}保存文書" + (f"（{'・'.join(filter(None, apart))}）" if any(apart) else "")
    paths = list(dict.fromkeys(entry.path for entry in group if entry.path))
    titles = list(dict.fromkeys(title for entry in group for title in entry.titles))
    if paths and (shared[paths[0]] == 1 or not titles):
        return _line(_bare(paths[0][-1]))
    if titles:
        return _line(titles[0] + ("ほか" if len(titles) > 1 else ""))
    return _line(_bare(paths[0][-1]) if paths else key[1])


def _bare(text: str) -> str:
    """A class without the code that stands before its name: 01 総務 -> 総務."""
    return re.sub(r"^[A-Z]{0,2}[0-9]{0,4}[ .:_　-]+(?=[^\x00-\x7f])", "", normalize("NFKC", text)) or text


def _line(text: str) -> str:
    return normalize("NFC", " ".join(text.split()))[:60]


def _said(way: _Way, alike: Sequence[_Way]) -> str:
    words = [_period_said(way[0])]
    if len({other[3] for other in alike}) > 1:
        words.append({"transfer": "移管", "dispose": "廃棄", "review": "検討"}.get(way[3] or "", "措置なし"))
    if len({other[1:3] for other in alike}) > 1 and way[2]:
        words.append(way[2])
    return "・".join(words)


def _period_said(period: int | str) -> str:
    return period if isinstance(period, str) else f"{period}年" if period else "1年未満"


# --- codes ---


def _code(key: tuple[str, ...]) -> str:
    """The body's own code where the configuration can hold it: narrow letters and digits, dots as hyphens. Else one made from its words."""
    if key[0] == "code":
        own = re.sub(r"[\s.・/:,‐－―ー–—−]+", "-", normalize("NFKC", key[1])).strip("-")
        if re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z_-]{0,19}", own) and own.lower() != UNCLASSIFIED:
            return own
    return made_code(key)


def made_code(words: Sequence[str]) -> str:
    """A code of seven signs that follows from the words alone, so that the next import of a changed table finds it again."""
    digest = int.from_bytes(hashlib.sha256("\0".join(re.sub(r"\s+", "", normalize("NFKC", word)) for word in words).encode()).digest()[:8])
    signs = []
    for _place in range(6):
        digest, rest = divmod(digest, len(_SIGNS))
        signs.append(_SIGNS[rest])
    return "K" + "".join(signs)


def _with_suffix(base: str, way: _Way, alike: Sequence[_Way]) -> str:
    """A-01-03_5Y: the plain code and how long; with the disposition (T, D, R) or the event where they tell them apart."""
    period = {PERMANENT: "P", CURRENT: "C"}.get(str(way[0]), f"{way[0]}Y")
    if len({other[3] for other in alike}) > 1:
        period += {"transfer": "T", "dispose": "D", "review": "R"}.get(way[3] or "", "N")
    if len({other[1:3] for other in alike}) > 1:
        period += made_code((str(way[1]), way[2]))[1:3]
    return f"{base}_{period}" if len(base) + len(period) < LONGEST_CODE else made_code((base, period))


def _unused(code: str, used: set[str]) -> str:
    """The code, or the next made from it when another category has it (case does not tell codes apart)."""
    while code.casefold() in used:
        code = made_code((code, "2"))
    used.add(code.casefold())
    return code

"""The papers of core_papers.toml as pages with boxes, as bare text, and as a poor reading would have them (noise)."""

import random
import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from scanpipe.core.model import Line, Page
from scanpipe.recognition.lookalikes import mended

WIDTH, HEIGHT, LETTER, STEP = 2480, 3508, 46, 84  # A4 at 300 dpi
LEFT, RIGHT = 250, 2230
SPECIAL = {"name", "page", "vertical"}
CONFUSED = {  # what engines read for another sign, on faded or skewed prints
    "令和": ["合和", "今和", "令利", "令禾"],
    "元年": ["兀年"],
    "平成": ["平戌", "乎成"],
    "日": ["曰", "目"],
    "0": list("O〇o"),
    "1": list("lI"),
    "ー": list("一-"),
    "一": ["ー"],
    "月": ["⽉"],
    "、": [","],
    "（": ["(", "〔"],
    "ロ": ["口"],
    "カ": ["力"],
    "タ": ["夕"],
    "ニ": ["二"],
    "工": ["エ"],
    "第": ["弟"],
    "－": ["-", "一"],
}


@dataclass(frozen=True, kw_only=True)
class Paper:
    """One table of core_papers.toml. expected: what its keys say but for name, page and vertical."""

    name: str
    rows: tuple[str, ...]
    vertical: bool
    expected: Mapping[str, Any]

    def page(self) -> Page:
        """With boxes, as recognition leaves it."""
        lines = tuple(_columns(self.rows) if self.vertical else _lines(self.rows))
        return Page(number=1, width=WIDTH, height=HEIGHT, dpi=300, text="\n".join(line.text for line in lines), lines=lines)

    def text(self) -> Page:
        """Without boxes, as text given to `scanpipe explain`; seals are left out."""
        rows = (re.sub(r"\s*\|\s*(?:>>)?", "\t", re.sub(r"^[>=^]+", "", row)).strip() for row in self.rows if not row.startswith("@"))
        return Page(number=1, width=WIDTH, height=HEIGHT, dpi=300, text="\n".join(rows))


def papers() -> list[Paper]:
    tables = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))["paper"]
    return [_paper(table) for table in tables]


def _paper(table: Mapping[str, Any]) -> Paper:
    rows = tuple(row for row in table["page"].split("\n") if row.strip())
    expected = {key: value for key, value in table.items() if key not in SPECIAL}
    return Paper(name=table["name"], rows=rows, vertical=table.get("vertical", False), expected=expected)


def _lines(rows: tuple[str, ...]) -> Iterator[Line]:
    top = 220
    seals = 0
    for n, row in enumerate(rows):
        if row.startswith("@"):
            seals += 1
            yield _line(row[1:], 1700, 500 + 60 * seals, 40, n, seal=True)
            continue
        cells = re.split(r"(?:^| )\|(?: |$)", row)
        tall = 84 if "^" in cells[0][:3] else LETTER
        for k, cell in enumerate(cells):
            text = re.sub(r"^[>=^]+", "", cell)
            if text.strip():
                yield _line(text.strip("　 "), _left(cell, text, k, len(cells), tall), top, tall, n)
        top += STEP + (tall - LETTER)


def _left(cell: str, text: str, k: int, cells: int, tall: int) -> int:
    width = _width(text.strip("　 "), tall)
    if cell.startswith("="):
        return max(LEFT, (WIDTH - width) // 2)
    if cell.startswith(">"):
        return max(LEFT, RIGHT - width)
    indent = len(text) - len(text.lstrip("　 "))
    return LEFT + k * (RIGHT - LEFT) // cells + indent * tall


def _width(text: str, tall: int) -> int:
    return int(sum((0.55 if unicodedata.east_asian_width(sign) in "NaH" else 1.0) * tall for sign in text))


def _line(text: str, left: int, top: int, tall: int, block: int, *, seal: bool = False) -> Line:
    return Line(text=re.sub(r"　+", "", text), box=(left, top, left + _width(text, tall), top + tall), confidence=97.0, block=block, seal=seal)


def _columns(rows: tuple[str, ...]) -> Iterator[Line]:
    right = WIDTH - 300
    for n, row in enumerate(rows):
        text = row.strip("　 ")
        top = 300 + (len(row) - len(row.lstrip("　 "))) * 60
        yield Line(text=text.replace("　", ""), box=(right - 60, top, right, top + len(text) * 62), confidence=97.0, direction="v", block=n)
        right -= 150


def noisy(paper: Paper, seed: int, share: float = 0.02) -> Page:
    """The paper as a poor scan is read: some signs taken for others, some dropped, blanks put in, rows cut in two. The same seed gives the same page."""
    chance = random.Random(f"{paper.name}{seed}")
    page = paper.page()
    lines: list[Line] = []
    for line in page.lines:
        lines.extend(_split(replace(line, text=_garbled(line.text, chance, share)), chance, share))
    return replace(page, lines=tuple(lines), text="\n".join(line.text for line in lines))


def _garbled(text: str, chance: random.Random, share: float) -> str:
    for good, bad in CONFUSED.items():
        if good in text and chance.random() < 3 * share:
            text = text.replace(good, chance.choice(bad), 1)
    signs = []
    for sign in text:
        if chance.random() < share / 10 and len(text) > 6 and sign not in "0123456789０１２３４５６７８９年月日第号（）":
            continue
        signs.append(sign + (" " if chance.random() < share else ""))
    return mended("".join(signs).strip())  # as recognition hands lines on


def _split(line: Line, chance: random.Random, share: float) -> Iterator[Line]:
    """A row that the detector cut at a blank."""
    if line.direction == "v" or len(line.text) < 12 or chance.random() > share:
        yield line
        return
    at = chance.randrange(4, len(line.text) - 4)
    left, top, right, bottom = line.box
    middle = left + (right - left) * at // len(line.text)
    yield replace(line, text=line.text[:at], box=(left, top, middle, bottom))
    yield replace(line, text=line.text[at:], box=(middle + 6, top, right, bottom))


# --- comparing ---


def closed_up(value: object) -> object:
    """NFKC without blanks, one sort of dash."""
    return re.sub(r"[〜～]", "~", "".join(unicodedata.normalize("NFKC", value).split())) if isinstance(value, str) else value


def wrong(paper: Paper, found: Any) -> dict[str, tuple[object, object]]:
    """Facts that differ: name -> (expected, found). found: an Extraction."""
    expected = paper.expected
    facts: dict[str, tuple[object, object]] = {}
    for name in ("title", "kind", "document_number", "date", "amount", "sender", "addressee"):
        want = expected.get(name)
        if (
            (name == "title" and "any_title" in expected)
            or (name == "amount" and "any_amount" in expected)
            or (name in ("sender", "addressee", "amount") and want is None)
        ):
            continue
        got = getattr(found, name)
        if closed_up(got) not in {closed_up(want), closed_up(expected.get(f"{name}_or", want))}:
            facts[name] = (want, got)
    stated: dict[str, set[object]] = {}
    for one in found.fields:
        stated.setdefault(one.name, set()).add(closed_up(one.value))
    for name, want in expected.get("fields", {}).items():
        if closed_up(want) not in stated.get(name, set()):
            facts[name] = (want, stated.get(name))
    if found.my_numbers is not bool(expected.get("my_number")):
        facts["my_number"] = (expected.get("my_number"), found.my_numbers)
    return facts

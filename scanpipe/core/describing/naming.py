"""File and folder names that every system of an office takes: NTFS, SMB, ext4 (domain §3). NFC always, never NFKC."""

import re
import unicodedata
from datetime import date

from scanpipe.core.model import Retention
from scanpipe.core.retention import Category

TEMPLATE = "{date}_{docno}_{title}({kind})_{section}_{number}{extension}"
MOST_BYTES, MOST_LETTERS = 240, 120  # ext4 ends at 255 bytes; old programs at 260 signs of a whole path
_TWINS = str.maketrans('"\\/:|<>*?', "”＼／：｜＜＞＊？")
_RESERVED = re.compile(r"^(CON|PRN|AUX|NUL|CONIN\$|CONOUT\$|COM[0-9¹²³]|LPT[0-9¹²³])(?=\s*(?:\.|$))", re.IGNORECASE)
_PARTS = re.compile(r"\{(\w+)\}")


def slug(text: str, *, empty: str = "_") -> str:
    """One path component from any text: forbidden signs become full-width twins, control and direction signs go, NFC, at most 240 bytes.

    empty: the name when nothing is left. Reserved device names and what begins with "-" or "~" get "_" in front; dots at either end go.
    The same text, the same name; a name of ours stays as it is.
    """
    name = unicodedata.normalize("NFC", "".join(" " if sign in "\t\r\n" else sign for sign in text if _is_visible(sign)))
    name = re.sub(r"\s+", " ", name.translate(_TWINS)).strip(". ")
    name = _shortened(name, MOST_BYTES).rstrip(". ")
    if _RESERVED.match(name) or name.startswith(("-", "~")):
        name = _shortened(f"_{name}", MOST_BYTES).rstrip(". ")
    return name if name and not set(name) <= {"."} else empty


def _is_visible(sign: str) -> bool:
    """Letters, marks and private-use signs (外字) stay; control, direction, surrogate and unassigned signs go."""
    return sign in "\t\r\n" or unicodedata.category(sign) not in {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}


def _shortened(text: str, most: int) -> str:
    """The longest beginning of at most `most` bytes in UTF-8 that does not tear a mark from its letter."""
    kept = text.encode()[:most].decode(errors="ignore")
    if len(kept) < len(text) and _is_mark(text[len(kept)]):
        while kept and _is_mark(kept[-1]):
            kept = kept[:-1]
        kept = kept[:-1]
    return kept


def _is_mark(sign: str) -> bool:
    """A combining mark, or the selector of a letter's variant (異体字)."""
    return unicodedata.category(sign).startswith("M")


def file_name(
    template: str = TEMPLATE,
    *,
    date: date | None,
    docno: str | None,
    title: str | None,
    kind: str | None,
    section: str,
    number: str,
    extension: str,
) -> str:
    """The record's name in the cabinet; parts that are None vanish with their separators. Only the title is cut, never the number.

    date: written YYYYMMDD. extension: with its dot (".pdf"). A template without {number} or {extension} gets them at its end, so that no two names are equal.
    """
    template = template if "{number}" in template else template.replace("{extension}", "") + "_{number}{extension}"
    template = template if template.endswith("{extension}") else template.replace("{extension}", "") + "{extension}"
    parts = {
        "date": f"{date:%Y%m%d}" if date else "",
        "docno": _part(docno, 60),
        "title": _part(title, MOST_BYTES),
        "kind": _part(kind, 30),
        "section": _part(section, 60),
        "number": _part(number, 40),
    }
    suffix, template = _suffix(extension), template.removesuffix("{extension}")
    while True:
        stem = _filled(template, parts)
        name = slug(stem) + suffix
        longest = (len(text.encode()) - MOST_BYTES for text in (stem + suffix, name))  # full-width twins and "_" in front make a stem longer, slug cuts it
        excess = max(*longest, 3 * (len(stem + suffix) - MOST_LETTERS))
        if excess <= 0:
            return name
        if not parts["title"]:
            return slug(parts["number"]) + suffix
        parts["title"] = _shortened(parts["title"], max(0, len(parts["title"].encode()) - excess)).strip(" .")


def _part(text: str | None, most: int) -> str:
    return _shortened(slug(text, empty=""), most).strip(" .") if text else ""


def _suffix(extension: str) -> str:
    plain = re.sub(r"[^0-9A-Za-z]", "", extension)[:10].lower()
    return f".{plain}" if plain else ""


def _filled(template: str, parts: dict[str, str]) -> str:
    """The template with its parts; an empty part goes with its brackets and the separator before it."""
    text = _PARTS.sub(lambda match: parts.get(match[1]) or "\0", template)
    text = re.sub(r"\(\0\)|（\0）|\[\0\]|【\0】", "\0", text)
    return re.sub(r"[_\- ]*\0", "", text).strip("_- ")


def cabinet_folder(category: Category | None, retention: Retention | None = None) -> str:
    """The category's folder in the cabinet: 契約_10年, 例規_永年, 軽易_1年未満; 未分類 without a category.

    retention: of the record, where a sub-rule gives it a period of its own.
    """
    if category is None:
        return "未分類"
    period = str(category.period) if retention is None or retention.period is None else retention.period
    written = "1年未満" if period == "0" else f"{period}年" if period.isdecimal() else period
    return slug(f"{category.name}_{written}")

"""A cell with kinds of records -> single titles: lists with numbers or bullets, wrapped lines, years of a binder, 「…に関する文書」."""

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import normalize

from scanpipe.core.text import normalise

LONGEST: Final = 120  # signs; what is longer is a sentence

_SIGN: Final = r"[・･●○◯■□◆◇▪‣•*＊‐－-]"
_NUMBERED: Final = (
    r"(?:[\(（][0-9０-９一二三四五六七八九十ア-ンｱ-ﾝa-zA-Zａ-ｚＡ-Ｚ]{1,3}[\)）]|[①-⑳㉑-㊿]|[0-9０-９]{1,3}[.．、)）][ 　\t]*(?![0-9０-９])|[0-9０-９]{1,3}[ 　\t]+"
    r"|(?:[ア-ン]|[一二三四五六七八九十]{1,2})[ 　\t、)）]+)"
)
_BEGINS: Final = re.compile(rf"[ 　\t]*(?:{_NUMBERED}|{_SIGN}(?![0-9０-９]))[ 　\t]*")
_INLINE: Final = re.compile(r"(?<=[ 　\t。;；])(?=(?:[\(（][0-9０-９]{1,2}[\)）]|[0-9０-９]{1,2}[.．、)）](?![0-9０-９])|[①-⑳])[ 　\t]*\S)|(?<=\S)(?=[①-⑳])")
_GOES_ON: Final = re.compile(r"^[ 　]*(?:に|の|を|と|及び|又は|並びに|若しくは|その他の|等[^ 　]|\)|）)")
_UNFINISHED: Final = re.compile(r"(?:の|を|に|と|及び|又は|並びに|若しくは|その他|、|，|\(|（)[ 　]*$")
_YEAR: Final = re.compile(
    r"^[(\[【]?(?:(?:令和|平成|昭和|[RHS])(?:元|[0-9]{1,2})|(?:19|20)[0-9]{2})年?度?(?:分)?[)\]】]?[_ ]*|[(_ ](?:(?:令和|平成|昭和|[RHS])(?:元|[0-9]{1,2})|(?:19|20)[0-9]{2})年度(?:分)?\)?$"
)
_BINDER: Final = re.compile(r"(?:関係)?(?:書類|文書)?(?:綴り?|つづり|簿冊|ファイル|一件)$|関係(?:書類|文書)?(?:綴り?)?$")
_ABOUT: Final = re.compile(
    r"(?:その他)?(?:の?(?:作成|保管)?)?(?:に関する|に係る|に関連する|についての)(?:一切の)?(?:文書|書類|もの|事項|こと|記録|資料|帳票|帳簿)?(?:で.*もの)?(?:等|類)?$|のうち.*もの$"
)
_ANYTHING: Final = re.compile(
    "^(?:その他|他|上記|前各号|前項|これら|雑|雑件|一般|全般|共通|なし|該当なし)(?:の(?:もの|文書|書類)|以外.*|に(?:類|準)(?:する|ずる).*)?$|^その他(?:これら|前各号|上記)"
)
# how names of kinds of paper end
_FORM: Final = re.compile("(?:[書簿票帳表録証状届願図綴券誌]|[謄抄]本|ファイル|カード|一覧|控え?|写し?|原本)(?:[(（][^()（）]*[)）])?$")
_PHRASE: Final = re.compile("に|を|及び|又は|並びに|若しくは|その他")


def titles_of(cell: str) -> tuple[str, ...]:
    """The kinds that a cell names, each once, in its order, without numbers, bullets and years; empty if it names none."""
    found = [title for item in _items(cell) for part in _parts(item) if (title := clean(part))]
    return tuple(title for title in dict.fromkeys(found) if not _ANYTHING.search(title))


def _items(cell: str) -> Iterator[str]:
    """Lines, joined again where a list's item or a phrase was only wrapped; numbered items within a line apart."""
    lines = [line for line in re.split(r"[\r\n\v\f;；]+", cell) if line.strip()]
    is_list = sum(bool(_BEGINS.match(line)) for line in lines) >= 2 or (len(lines) > 1 and bool(_BEGINS.match(lines[0])))
    joined: list[str] = []
    for line in lines:
        wrapped = joined and (not _BEGINS.match(line) if is_list else bool(_GOES_ON.search(line) or _UNFINISHED.search(joined[-1])))
        if wrapped:
            joined[-1] += line.strip()
        else:
            joined.append(line)
    for line in joined:
        yield from _INLINE.split(line)


def _parts(item: str) -> list[str]:
    """請求書、領収書、納品書 are three, and so are names of forms with wide blanks between them; 条例、規則の制定に関する文書 is one phrase."""
    names = [name for name in re.split(r"[ \t]*[　\t][ 　\t]*|[ ]{2,}", item.strip()) if name]
    if len(names) > 1 and all(len(name) >= 3 and _FORM.search(name) and not _PHRASE.search(name) for name in names):
        return names
    parts = [part.strip() for part in re.split(r"[、，,／/](?![^(（]*[)）])", item)]
    apart = len(parts) > 1 and all(len(part) >= 2 and not _PHRASE.search(part) for part in parts) and "の" not in parts[-1][:-1]
    return parts if apart else [item]


def clean(text: str) -> str:
    """One title without what stands before it and without a binder's year, NFC; "" if nothing is left."""
    bare = text.strip()
    for _again in range(2):  # 1 (1) 条例
        begins = _BEGINS.match(bare)
        bare = bare[begins.end() :] if begins else bare
    bare = " ".join(normalize("NFC", bare).split()).strip(" 　。、，,;；")
    bare = _YEAR.sub("", normalise(bare)) if _YEAR.search(normalise(bare)) else bare
    return bare[:LONGEST] if re.search(r"[^\W_0-9]", bare) else ""


def phrases_of(title: str) -> tuple[str, ...]:
    """The title and what of it may stand in a record's own title: 支出命令書綴 -> 支出命令書, 市税の減免に関する文書 -> 市税の減免."""
    core = _ABOUT.sub("", normalise(title))
    core = _BINDER.sub("", core).strip(" 、・") if len(core) > 2 else core
    core = re.sub(r"(?<=[^同平均上中下対])(?:等|その他)$", "", core)
    return (title, core) if 2 <= len(core) < len(normalise(title)) else (title,)

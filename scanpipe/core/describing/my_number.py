"""Individual numbers (個人番号, My Number) in text: found by label or form and check digit, and masked wherever text is shown or indexed.

The vault's text.json keeps the text as it was read, for the record is evidence; what people list, search and see goes through `masked`.
"""

import re
from collections.abc import Iterator
from typing import Final

MASK: Final = "●"
SIGNS: Final = 12

_NARROW: Final = {0xFF10 + i: 0x30 + i for i in range(10)} | dict.fromkeys(map(ord, "　\u00a0"), " ")
_SLIPS: Final = str.maketrans("OoＯｏ〇○◯lIｌＩ", "00000001111")
_OWN: Final = r"[個箇]\s*[人入]\s*[番畨]\s*[号號兮]"
_LABEL: Final = re.compile(  # 個人番号又は法人番号 is one label: a body's number has thirteen digits
    rf"{_OWN}(?:.{{1,4}}法人番号)?|法人番号.{{1,4}}{_OWN}|マイ\s*ナンバ[ー一\-－]?|ﾏｲﾅﾝﾊﾞｰ|my\s*number|individual\s*number", re.IGNORECASE
)
_OTHER_LABEL: Final = re.compile(  # twelve digits that are something else's
    r"法人番号|電話|携帯|ＴＥＬ|TEL|Tel|ＦＡＸ|FAX|Fax|ファ[ック]|℡|口座|通帳|記号|免許|登録|事業者|証番号|保険者|受給者|整理番号|管理番号|お?客様|納付番号|納税|通知書番号|確認番号|伝票|"
    r"受付|宛名|カード番号|照会|物件|家屋|注文|受注|請求書|契約|計器|機器|製造|商品|品番|型番|JAN|ISBN|追跡|問合|年金|使用者番号|水栓|図書|バーコード|[Nn][Oo][.．:：]|№"
)
_GAP: Final = r"[ \t|｜│┃‖・\-‐‑–—−－]"  # between digits of one line: blanks, hyphens, the rules of boxes
_FORMS: Final = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<![0-9])(?<![0-9]{_GAP})[0-9](?:{_GAP}{{0,3}}[0-9]){{11}}(?!{_GAP}{{0,2}}[0-9])",  # on one line, in whatever groups
        r"(?<![0-9])(?<![0-9]\n)[0-9](?:[ \t]*\n[ \t|]*[0-9]){11}(?![0-9])(?!\n[0-9](?![0-9]))",  # one digit a cell, each cell a line
        r"(?<![0-9])[0-9]{4}[ \t]*\n[ \t]*[0-9]{4}[ \t]*\n[ \t]*[0-9]{4}(?![0-9])",  # three cells of four
    )
)
_PERHAPS: Final = re.compile(rf"(?:[0-9０-９OoＯｏ〇○◯lIｌＩ](?:{_GAP}|[\s\u00a0]){{0,5}}){{11}}[0-9０-９OoＯｏ〇○◯lIｌＩ]")  # nearly all text ends here
_IN_BOXES: Final = re.compile(rf"[0-9]{{4}}(?:{_GAP}{{1,3}}[0-9]{{4}}){{2}}|[0-9](?:[ \t|｜│┃\n]{{1,3}}[0-9]){{11}}")
_FRAME: Final = re.compile(r"[\s|｜│┃\[\]【】()（）「」_:：*※]*")
_NEAR: Final = 30  # signs before a number in which another's label speaks

Span = tuple[int, int]


def is_valid(digits: str) -> bool:
    """Whether twelve ASCII digits end in the right check digit (番号法総務省令, 平成26年総務省令第85号, article 5); one digit repeated is no number."""
    if len(digits) != SIGNS or not (digits.isascii() and digits.isdecimal()) or len(set(digits)) == 1:
        return False
    remainder = sum(int(digit) * (n + 1 if n <= 6 else n - 5) for n, digit in enumerate(reversed(digits[:-1]), 1)) % 11
    return int(digits[-1]) == (0 if remainder <= 1 else 11 - remainder)


def find_my_numbers(text: str) -> list[Span]:
    """Where individual numbers stand in the raw text of a page: [start, end) from first to last digit, ascending. Never raises.

    On a page that names 個人番号 every valid number without another's label counts, misread digits (O, l) too; elsewhere only one that
    stands alone in groups of four or in twelve boxes.
    """
    if not _PERHAPS.search(text):
        return []
    plain = text.translate(_NARROW)
    labels = [match.end() for match in _LABEL.finditer(plain)]
    found = {span for span in _candidates(plain) if _counts(plain, span, labels)}
    if labels:
        found |= {
            span for span in _candidates(plain.translate(_SLIPS)) if sum(sign.isdecimal() for sign in plain[slice(*span)]) >= 9 and _counts(plain, span, labels)
        }
    return _apart(sorted(found))


def masked(text: str) -> str:
    """The text with each digit of its individual numbers as ●, sign for sign, so that positions stay. Repeating it changes nothing."""
    for start, end in find_my_numbers(text):
        hidden = "".join(sign if sign.isspace() or re.match(_GAP, sign) else MASK for sign in text[start:end])
        text = text[:start] + hidden + text[end:]
    return text


def _candidates(plain: str) -> Iterator[Span]:
    for form in _FORMS:
        for match in form.finditer(plain):
            if is_valid(re.sub(r"[^0-9]", "", match.group())):
                yield match.span()


def _counts(plain: str, span: Span, labels: list[int]) -> bool:
    start, end = span
    own = max((label for label in labels if label <= start), default=-1)
    other = max((match.end() for match in _OTHER_LABEL.finditer(plain, max(0, start - _NEAR), start)), default=-1)
    if other > own:
        return False
    return bool(labels) or _stands_alone(plain, start, end)


def _stands_alone(plain: str, start: int, end: int) -> bool:
    """In boxes or groups of four, with nothing else on its line."""
    before, after = plain[:start].rpartition("\n")[2], plain[end:].partition("\n")[0]
    return bool(_IN_BOXES.fullmatch(plain, start, end) and _FRAME.fullmatch(before) and _FRAME.fullmatch(after))


def _apart(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return kept

"""Slips of recognition in what describes a record, mended where the neighbours leave no doubt: eras, figures, 日 and 曰, 一 and ー (domain §3).

Only rules and titles see the mended words; text.json, the access copy and the index keep what was read.
"""

import re
from typing import Final

_DIGIT: Final = "0-9０-９"
_ZERO, _ONE = "OoＯｏQ〇○◯", "lIｌＩ"
_FIGURES: Final = str.maketrans(dict.fromkeys(_ZERO, "0") | dict.fromkeys(_ONE, "1"))
_NUMERAL: Final = f"{_DIGIT}元兀〇一二三四五六七八九十"
_KANJI: Final = "一-龠々"
_KANA: Final = "ァ-ヺー"

_LENGTHENED: Final = dict(zip("力口二八才工夕卜千", "カロニハオエタトチ", strict=True))
_UNITS: Final = "キロ|メートル|ミリ|トン|リットル|ページ|パーセント|ヘクタール|アール|センチ|グラム|ワット|ドル|ユーロ|ポイント|カ所|ヵ所|ヶ所|カ月|ヵ月|ヶ月|カ年|ヶ年|ケース|セット|コース|クラス|チーム|グループ|キログラム|カ国"
_LONG_VOWEL: Final = re.compile(  # 力一ド; no kanji is ever lengthened, and 一 before a unit is a numeral, as 二, 八 and 千 may be
    rf"(?<![第〇一二三四五六七八九十百千万])(?P<sign>[{''.join(_LENGTHENED)}])(?:ー|一(?=[{_KANA}])(?!{_UNITS}))"
)

_WORDS: Final[tuple[tuple[re.Pattern[str], str], ...]] = tuple(
    (re.compile(pattern), right)
    for pattern, right in (
        ("⽇|曰", "日"),
        ("⽉", "月"),
        ("⽂", "文"),
        ("⽤", "用"),
        ("⾏", "行"),
        (rf"(?:[合今分]和|令[利禾]|今利)(?=\s?(?:[{_NUMERAL}])|年)", "令和"),
        (rf"(?:平[戌威]|乎成)(?=\s?[{_NUMERAL}])", "平成"),
        (rf"(?:照和|昭禾)(?=\s?[{_NUMERAL}])", "昭和"),
        (r"(?<=和|成)\s?兀(?=年)", "元"),
        (rf"弟(?=\s?[{_NUMERAL}]+\s?[回号期次章条項款部年])", "第"),
        (r"(?<=年月)目|(?<=[請求送信検針起案決裁施行作成発行届出納品申請契約締結完了検査交付提出実施開催閲覧])目(?=[:：\s]|$|[0-9０-９令平])", "日"),
        (r"目(?=誌)", "日"),
        (rf"(?<=[{_DIGIT}]月)(\s?[{_DIGIT}]{{1,2}})\s?目(?![標的次録])", r"\1日"),
        (rf"(?<![{_KANA}ぁ-ん])[ー－—](?=[{_KANJI}])(?!.*[{_DIGIT}][ー－—])", "一"),
        (rf"(?<=[{_KANJI}])ー(?=[月日年])|(?<=[ぁ-ん])ー(?=[部般定覧式緒人番昨方層時度切律括連環回体種斉致同員生端])", "一"),
        (r"(?<=[ァ-ヺ]{2})[-‐一](?=[^0-9A-Za-zＡ-Ｚ０-９\s]|$)(?![一二三四五六七八九十]|般|部|覧|式|括)", "ー"),
        (rf"(?<![{_KANA}])エ(?=[事期程区業種務場法賃費])", "工"),
        (r"(?<=[着施竣起加商人大木])エ(?![ァ-ヺ])", "工"),
        (rf"(?<=[{_KANJI}])ロ(?=[{_KANJI}])", "口"),
        (rf"(?<=[{_KANJI}])ニ(?=[{_KANJI}])", "二"),
        ("(?<=[ァ-ヺー])べ(?=[ァ-ヺー])", "ベ"),  # not へ, which may be the particle
        ("(?<=[ァ-ヺー])ぺ(?=[ァ-ヺー])", "ペ"),
        ("(?<=[ァ-ヺー])り(?=[ァ-ヺー])", "リ"),
    )
)
_NUMBER: Final = re.compile(rf"(?<=第)[\s{_DIGIT}{_ZERO}{_ONE}]{{2,9}}(?=\s?[号號])")
_YEAR: Final = re.compile(rf"(?<![{_DIGIT}])[2２](?:\s?[{_DIGIT}{_ZERO}{_ONE}]){{3}}(?=\s?年)")
_POINTED: Final = re.compile(rf"(?<=[.．/])\s?([{_DIGIT}{_ONE}{_ZERO}])\s([{_DIGIT}{_ZERO}])(?=\s?[.．/]|\s*$|[^{_DIGIT}\s])")
_POINTED_SLIP: Final = re.compile(rf"(?<=[.．][{_DIGIT}])[{_ZERO}](?=[.．]|$)|(?<=[.．])[{_ONE}](?=[{_DIGIT}][.．]|[{_DIGIT}]$|[.．])")
_RUN: Final = re.compile(
    rf"(?P<sign>[¥￥\\金]?)\s?(?P<run>[{_DIGIT}{_ONE}](?:[\s,，{_DIGIT}{_ZERO}{_ONE}]*[{_DIGIT}{_ZERO}])?)(?P<after>\s?(?:円|千円|[-－]|$|[（(]))"
)
_GROUPED: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_PLAIN: Final = str.maketrans({0xFF10 + i: str(i) for i in range(10)} | {"，": ","})


def mended(text: str) -> str:
    """The row with its slips mended; a row without any as it is. Repeating it changes nothing."""
    for pattern, right in _WORDS:
        text = pattern.sub(right, text)
    text = lengthened(text)
    text = _NUMBER.sub(_figures, text)
    text = _YEAR.sub(_figures, text)
    text = _POINTED_SLIP.sub(lambda found: found.group().translate(_FIGURES), text)
    text = _POINTED.sub(lambda found: (found[1] + found[2]).translate(_FIGURES) if _is_day(found[1] + found[2]) else found.group(), text)
    return _RUN.sub(_sum, text)


def lengthened(text: str) -> str:
    """力一ド and 力ード -> カード, 二一ズ -> ニーズ: katakana before a long vowel that were read as the kanji of their shape."""
    return _LONG_VOWEL.sub(lambda found: f"{_LENGTHENED[found['sign']]}ー", text)


def _figures(found: re.Match[str]) -> str:
    """A number without blanks whose signs are all digits; one in kanji numerals as it is."""
    text = re.sub(r"\s", "", found.group())
    return text.translate(_FIGURES) if re.search(rf"[{_DIGIT}]", text) else found.group()


def _is_day(text: str) -> bool:
    plain = text.translate(_PLAIN).translate(_FIGURES)
    return plain.isdecimal() and 10 <= int(plain) <= 31


def _sum(found: re.Match[str]) -> str:
    """55 ,770円 -> 55,770円; blanks that may part two numbers (20 2,200円) stay, unless a sign of money or the row's beginning holds them together."""
    run = found["run"]
    closed = re.sub(r"\s", "", run).translate(_FIGURES)
    if not _GROUPED.fullmatch(closed.translate(_PLAIN)) or closed == run:
        return found.group()
    pieces = [piece.translate(_PLAIN).translate(_FIGURES) for piece in run.split()]
    whole = all(piece.isdecimal() or _GROUPED.fullmatch(piece) for piece in pieces)
    alone = found.start() == 0 and "円" in found["after"]
    return found.group().replace(run, closed) if len(pieces) == 1 or found["sign"] or alone or not whole else found.group()

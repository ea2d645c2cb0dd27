"""Japanese text made comparable: `normalise` for rules and extraction, `fold` for index and query. The stored text itself is never folded.

Rules: domain §3 (what NFKC does and does not do), search.md §5 (levels of folding, measured), design §8 (level 3 and level 4 both count).
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, overload
from unicodedata import category, normalize

# Representative first, then what means the same: old forms (旧字体), variants in names (異体字), radicals that PDF fonts put in place of kanji.
_VARIANT_GROUPS: Final = """
亜亞 悪惡 圧壓 囲圍 為爲 医醫 壱壹 稲稻 飲飮 隠隱 営營 栄榮 衛衞 駅驛 円圓 艶艷 塩鹽 奥奧 応應 欧歐 殴毆 桜櫻 穏穩 仮假 価價 画畫 会會㑹 壊壞 懐懷
絵繪 拡擴 殻殼 覚覺 学學 岳嶽 楽樂 勧勸 巻卷 歓歡 缶罐 観觀 関關 陥陷 巌巖 顔顏 帰歸 気氣 亀龜⻲ 偽僞 戯戲 犠犧 却卻 糾糺 旧舊 拠據 挙擧 峡峽 挟挾
教敎 狭狹 尭堯 暁曉 区區 駆驅 勲勳勛 径徑 恵惠 掲揭 携攜 渓溪 経經 継繼 茎莖 蛍螢 軽輕 鶏鷄雞 芸藝 欠缺 倹儉 剣劍劔劒劎釼 圏圈 検檢 権權 献獻 県縣
研硏 険險 顕顯 験驗 厳嚴 効效 恒恆 鉱鑛礦砿 号號 国國圀囯 黒黑 済濟 砕碎 斎齋斉齊⻫ 剤劑 冊册 雑雜 産產 参參 惨慘 桟棧 蚕蠶 賛贊 残殘 糸絲 姉姊
歯齒⻭ 児兒 辞辭 湿濕 実實 舎舍 写寫 釈釋 寿壽 収收 従從 渋澁 獣獸 縦縱 粛肅 処處 叙敍敘 奨奬 将將 渉涉 焼燒 称稱 証證 乗乘 剰剩 壌壤 嬢孃 条條 浄淨
畳疊 穣穰 譲讓 醸釀 嘱囑 触觸 寝寢 慎愼 晋晉 真眞 尽盡 図圖 粋粹 酔醉 随隨 髄髓 数數 枢樞 瀬瀨 清淸 青靑⻘ 声聲 静靜 窃竊 摂攝 専專 戦戰 浅淺 潜潛
繊纖纎 践踐 銭錢 禅禪 双雙 壮壯 捜搜 挿插 巣巢 争爭 総總 聡聰 荘莊 装裝 騒騷 臓臟 蔵藏 属屬 続續 堕墮 体體躰 対對 帯帶 滞滯 台臺 滝瀧 択擇 沢澤 単單
担擔 胆膽 団團 弾彈 断斷 痴癡 遅遲 昼晝 虫蟲 鋳鑄 庁廳 聴聽 鎮鎭 逓遞 鉄鐵鐡銕 転轉 点點 伝傳 党黨 盗盜 灯燈 当當 闘鬪 徳德 独獨 読讀 届屆 弐貳貮弍
悩惱 脳腦 覇霸 廃廢 拝拜 売賣 麦麥⻨ 発發 髪髮 抜拔 蛮蠻 秘祕 浜濱濵 瓶甁 払拂 仏佛 並竝 変變 辺邊邉 弁辨瓣辯辧 舗舖鋪 宝寶 萌萠 豊豐 没沒 翻飜 槙槇
万萬 満滿 麺麵 黙默 弥彌 薬藥 訳譯 予豫 余餘 与與 誉譽 揺搖 様樣 謡謠 遥遙 来來 頼賴 乱亂 覧覽 竜龍⻯ 両兩 猟獵 緑綠 塁壘 励勵 礼禮 隷隸 霊靈 齢齡
恋戀 炉爐 労勞 楼樓 郎郞 禄祿 亘亙 湾灣 瑶瑤 歩步 毎每 増增 寛寬 強强 内內 呉吳 告吿 啓啟 姫姬 尚尙 戸戶 戻戾 涙淚泪 既旣 説說 税稅 閲閱 郷鄕 鋭銳
脱脫 悦悅 緒緖 録錄 黄黃⻩ 横橫 歴歷 暦曆 曽曾 温溫 虚虛 即卽 彦彥 穂穗 高髙 崎﨑嵜 吉𠮷 島嶋嶌 桑桒 柳栁 峰峯 富冨 橋槗 広廣 館舘 鴎鷗 祢禰 篭籠
桧檜 昇曻 凛凜 鶴靍靏 翠翆 淵渕渊 杉杦 松枩 野埜 栃杤 園薗 恥耻 船舩 喜㐂 間閒 填塡 頬頰 剥剝 叱𠮟 痩瘦 嘘噓 掴摑 涜瀆 繍繡 蒋蔣 醤醬 顛顚 屏屛 掻搔
祷禱 撹攪 鹸鹼 麹麴 蝋蠟 莱萊 嚢囊 溌潑 蝉蟬 躯軀 隣鄰 略畧 勅敕 鬱欝 涼凉 準凖 決决 況况 減减 沖冲 回囘 綿緜 線綫 群羣 脚腳 腸膓 鑑鑒 秋龝穐秌 年秊
函凾 刃刄 卒卆 哲喆 垂埀 婿壻聟 枡桝 柿柹 柏栢 棋棊 毘毗 汚汙 潅灌 災灾 熙煕凞 床牀 耕畊 鼓皷 杯盃 磯礒 糧粮 薮藪 裏裡 諫諌 讃讚 賤賎 輌輛 達逹 醗醱
閉閇 靭靱 飾餝 鯵鰺 鴬鶯 麩麸 騨驒 兎兔 民⺠ 西⻄ 長⻑ 角⻆ 食⻝ 骨⻣ 鬼⻤ 虎⻁
"""
_VARIANTS: Final = {variant: group[0] for group in _VARIANT_GROUPS.split() for variant in group[1:]}
_RADICALS: Final = str.maketrans({variant: head for variant, head in _VARIANTS.items() if "\u2e80" <= variant <= "\u2eff"})

_DASH, _ZERO, _ONE = "ー", "0", "1"
_LOOK_ALIKES: Final = {
    **dict.fromkeys("-‐‑‒–—―−─━﹣⁃", _DASH),  # also the long vowel mark, which is what the dash key gives while kana are typed
    **dict.fromkeys("o〇○◯", _ZERO),
    **dict.fromkeys("il|", _ONE),
    **dict(zip("ヘベペリ", "へべぺり", strict=True)),
}
_KANJI: Final = "々〆\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KATAKANA: Final = "ァ-ヺー-ヾ"
_KANJI_TO_KATAKANA: Final = dict(zip("力一口工二夕卜八千才又匕厶", "カーロエニタトハチオヌヒム", strict=True))
_KATAKANA_TO_KANJI: Final = dict(zip("ーロカエ", "一口力工", strict=True))
_SWAP: Final = _KANJI_TO_KATAKANA | _KATAKANA_TO_KANJI
_OUT_OF_PLACE: Final = re.compile(
    "(?<=[{k}])[{a}](?![{c}])|(?<![{c}])[{a}](?=[{k}])|(?<=[0-9])一(?=[0-9])|(?<=[{c}])[{b}](?![{k}])".format(
        k=_KATAKANA, c=_KANJI, a="".join(_KANJI_TO_KATAKANA), b="".join(_KATAKANA_TO_KANJI)
    )
)

_MARKS: Final = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099-\u309c\ufe20-\ufe2f\uff9e\uff9f"  # the last two are the half-width ﾞ ﾟ
_MARKED: Final = re.compile(f"[^{_MARKS}][{_MARKS}]+", re.DOTALL)
_CLUSTER: Final = re.compile(f"[^{_MARKS}][{_MARKS}]*|[{_MARKS}]", re.DOTALL)
_SPACING_MARKS: Final = str.maketrans("゛゜", "\u3099\u309a")
_BREAKS: Final = re.compile(" +")

_CJK: Final = f"{_KANJI}\u2e80-\u2fdf\u3001-\u30ff\u31f0-\u31ff\u3200-\u33ff\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff9f\uffe0-\uffe6"
_BLANK: Final = " \t\u00a0\u2000-\u200a\u202f\u205f\u3000"
_BLANK_IN_CJK: Final = re.compile(f"(?<=[{_CJK}])[{_BLANK}]+(?=[{_CJK}])")
_LINE_ENDS: Final = re.compile("\r\n?|[\x0b\x85\u2028\u2029]")
_PLAIN: Final = str.maketrans(
    {
        **dict.fromkeys("〜～∼", "~"),
        **dict.fromkeys("‐‑‒–−﹣－", "-"),
        **dict.fromkeys([*range(0x200B, 0x2010), 0x2060, 0xFEFF, 0xAD, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)], None),  # invisible
    }
)


def squeeze_cjk(text: str) -> str:
    """The text without blanks between CJK signs, NFC; line breaks, Latin words and numbers stay as they are. For text as it was recognised."""
    return normalize("NFC", _BLANK_IN_CJK.sub("", text))


def normalise(text: str) -> str:
    """The text as rules and patterns want it (domain §3): NFKC, no blanks between CJK signs, one wave dash (~), one hyphen (-), "\\n" line ends.

    Full-width letters, digits, brackets and colons become ASCII, half-width kana full-width, ㋿ 令和, ① 1, ㈱ (株). Old kanji stay.
    Line breaks and form feeds stay where they are. Repeating it changes nothing. Not length-preserving: keep the raw text for quoting.
    """
    text = _BLANK_IN_CJK.sub("", _LINE_ENDS.sub("\n", text).translate(_PLAIN))  # before NFKC: full-width brackets are CJK signs
    return squeeze_cjk(normalize("NFKC", text.translate(_RADICALS)).translate(_PLAIN))


class _Signs(dict[int, str]):
    """What one code point becomes at a level 1-3: its signs, "" where it is dropped, " " where it breaks a run. Filled as signs are met."""

    def __init__(self, level: int) -> None:
        super().__init__()
        self._level = level

    def __missing__(self, code: int) -> str:
        signs = self[code] = "".join(self._sign(sign) for sign in normalize("NFKC", chr(code)).lower())
        return signs

    def _sign(self, sign: str) -> str:
        if self._level >= 2:
            sign = _VARIANTS.get(sign, sign)
        if self._level >= 3:
            sign = _LOOK_ALIKES.get(sign, sign)
        kind = category(sign)
        if kind[0] == "Z" or kind in ("Cc", "Cf", "Cs", "Mn", "Me"):
            return ""
        return " " if kind[0] == "P" or (sign.isascii() and not sign.isalnum()) else sign


class _KeptSigns(_Signs):
    """The same, but that _GONE stands where a sign is dropped: text stays as long as it is, unless a sign becomes several."""

    def __missing__(self, code: int) -> str:
        signs = self[code] = super().__missing__(code) or _GONE
        return signs


_GONE: Final = "\0"  # dropped itself, so that no fold has it
_DROPPED: Final = re.compile(r"\A[ \0]+|[ \0]+\Z|(?<= )[ \0]+|\0+")  # of a run of blanks all but the first, of those at the ends all
_LEVELS: Final = (_Signs(1), _Signs(2), _Signs(3))
_KEPT: Final = (_KeptSigns(1), _KeptSigns(2), _KeptSigns(3))


def _composed(cluster: str) -> str:
    return normalize("NFKC", cluster.translate(_SPACING_MARKS))


def in_context(folded: str) -> str:
    """Level 4 from text folded at level 3, sign for sign: look-alikes (ユ一ザ一, の力ード, 人ロ, 第ー条) become what their neighbours say."""
    return _OUT_OF_PLACE.sub(lambda found: _SWAP[found.group()], folded)


def fold(text: str, level: int = 4) -> str:
    """Text reduced to what a search compares: runs of signs with one blank where punctuation stood; no other blanks, no line breaks.

    level 1: NFKC and lower case. 2: and 旧字体・異体字. 3: and dashes (all "ー"), 0/O/〇, 1/l/I/|, へ/ヘ, り/リ. 4: and look-alikes by context.
    Up to level 3 each sign is folded for itself, so that every part of a run folds to the same part of the folded run.
    Apply it once: the blanks of folded text would be dropped by a second fold. Raises ValueError for another level.
    """
    if not 1 <= level <= 4:
        raise ValueError(f"level {level} is not one of 1, 2, 3, 4")
    signs = _MARKED.sub(lambda found: _composed(found.group()), text).translate(_LEVELS[min(level, 3) - 1])
    folded = _BREAKS.sub(" ", signs).strip(" ")
    return in_context(folded) if level == 4 else folded


def fold_with_offsets(text: str, level: int = 4) -> tuple[str, Sequence[tuple[int, int]]]:
    """`fold(text, level)` and, for each of its signs, the span [start, end) in `text` that it was made from. Raises ValueError as `fold`."""
    if not 1 <= level <= 4:
        raise ValueError(f"level {level} is not one of 1, 2, 3, 4")
    if _MARKED.search(text) is None:
        kept = text.translate(_KEPT[min(level, 3) - 1])
        if len(kept) == len(text):
            return _sign_for_sign(kept, level)
    table = _LEVELS[min(level, 3) - 1]
    signs: list[str] = []
    spans: list[tuple[int, int]] = []
    for start, end, folded in _clusters(text, table):
        for sign in folded:
            if sign != " " or (signs and signs[-1] != " "):
                signs.append(sign)
                spans.append((start, end))
    if signs and signs[-1] == " ":
        del signs[-1], spans[-1]
    plain = "".join(signs)
    return in_context(plain) if level == 4 else plain, spans


class _Spans(Sequence[tuple[int, int]]):
    """Spans of folded signs that each came of one sign: where runs without anything dropped begin, folded and raw."""

    def __init__(self, folded: list[int], raw: list[int], length: int) -> None:
        self._folded, self._raw, self._length = folded, raw, length

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> tuple[int, int]: ...
    @overload
    def __getitem__(self, at: slice) -> list[tuple[int, int]]: ...
    def __getitem__(self, at: int | slice) -> tuple[int, int] | list[tuple[int, int]]:
        if isinstance(at, slice):
            return [self[one] for one in range(*at.indices(self._length))]
        place = range(self._length)[at]  # raises IndexError, and counts from the end below 0
        run = bisect_right(self._folded, place) - 1
        start = self._raw[run] + place - self._folded[run]
        return start, start + 1


def _sign_for_sign(kept: str, level: int) -> tuple[str, Sequence[tuple[int, int]]]:
    """`fold_with_offsets` where every sign folds to one sign or none: nearly every page, and ten times as fast. kept: with _GONE where there is none."""
    runs, folded, raw = [], [], []
    at = length = 0
    for found in _DROPPED.finditer(kept):
        if found.start() > at:
            runs.append(kept[at : found.start()])
            folded.append(length)
            raw.append(at)
            length += found.start() - at
        at = found.end()
    if len(kept) > at:
        runs.append(kept[at:])
        folded.append(length)
        raw.append(at)
        length += len(kept) - at
    plain = "".join(runs)
    return in_context(plain) if level == 4 else plain, _Spans(folded, raw, length)


def _clusters(text: str, signs: _Signs) -> Iterator[tuple[int, int, str]]:
    """Each sign of `text` with its combining marks: where it starts and ends, and what it folds to."""
    if _MARKED.search(text) is None:  # nearly always, and three times as fast
        for at, sign in enumerate(text):
            yield at, at + 1, signs[ord(sign)]
    else:
        for found in _CLUSTER.finditer(text):
            cluster = found.group()
            yield *found.span(), (_composed(cluster) if len(cluster) > 1 else cluster).translate(signs)


def may_hold(text: str, folded: str) -> bool:
    """False only if folding `text`, at level 3 or 4, surely gives nothing with `folded` in it; a tenth of the time that folding takes.

    folded: not empty, as `fold` gives it.
    """
    return _spellings(folded).search(text) is not None or _raw_signs().many.search(text) is not None


@lru_cache(maxsize=256)
def _spellings(folded: str) -> re.Pattern[str]:
    """Every raw text, of signs that fold to one sign or none, that may fold to this."""
    raw = _raw_signs()
    return re.compile(r"\s*".join(raw.breaks if sign == " " else raw.of(sign) for sign in folded))


class _RawSigns:
    """What of the Basic Multilingual Plane folds to what. many: finds signs that fold to several, depend on the next one, are dropped and no blanks, or lie in another plane."""

    def __init__(self) -> None:
        table, several, breaks = _Signs(3), [], []
        self._others: dict[str, list[str]] = {}
        for code in range(0x10000):
            sign, folded = chr(code), table[code]
            match folded:
                case "" if sign.isspace():
                    pass
                case " ":
                    breaks.append(sign)
                case _ if len(folded) != 1:
                    several.append(sign)
                case _ if folded != sign:
                    self._others.setdefault(folded, []).append(sign)
        self.many: Final = re.compile(f"[{_ranges(several)}{_MARKS}\U00010000-\U0010ffff]")
        self.breaks: Final = rf"[\s{_ranges(breaks)}]+"

    def of(self, folded: str) -> str:
        """A pattern for the signs that fold to this one, at level 3 or by context."""
        alike = (folded, *(other for other, becomes in _SWAP.items() if becomes == folded))
        return f"[{_ranges(sorted(sign for one in alike for sign in (one, *self._others.get(one, ()))))}]"


@cache
def _raw_signs() -> _RawSigns:
    """Made at the first need: 0.1 s."""
    return _RawSigns()


def _ranges(signs: Iterable[str]) -> str:
    """Signs in ascending order as the inside of a pattern's [...]."""
    found: list[list[int]] = []
    for code in map(ord, signs):
        if found and found[-1][1] == code - 1:
            found[-1][1] = code
        else:
            found.append([code, code])
    return "".join(rf"\U{first:08x}-\U{last:08x}" for first, last in found)


def ngrams(folded: str) -> list[str]:
    """The distinct unigrams, bigrams and trigrams of folded text in order of appearance; none crosses a break."""
    grams: dict[str, None] = {}
    for run in folded.split(" "):
        grams.update(dict.fromkeys(run))
        grams.update(dict.fromkeys(map("".join, pairwise(run))))
        grams.update(dict.fromkeys(map("".join, zip(run, run[1:], run[2:], strict=False))))
    return list(grams)


def index_tokens(text: str) -> list[str]:
    """What raw text is found by: its n-grams at level 3, and those that only level 4 gives (design §8). 1-3 signs each."""
    plain = fold(text, 3)
    folded = in_context(plain)
    grams = ngrams(plain)
    return grams if folded == plain else list(dict.fromkeys(grams + ngrams(folded)))

"""Documents of a made-up city from the texts in tests/bench/classification: filled in, set on a page, printed, and scanned badly.

The texts were written without a look at the words of config/retention.toml and must not be tuned to them, nor the words to the texts.
"""

import io
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

MATERIAL = Path(__file__).parent / "classification"
FONTS = (
    "/usr/share/fonts/truetype/bizud-mincho/BIZUDPMincho-Regular.ttf",
    "/usr/share/fonts/truetype/bizud-gothic/BIZUDGothic-Regular.ttf",
    "/usr/share/fonts/opentype/ipaexfont-gothic/ipaexg.ttf",
    "/usr/share/fonts/opentype/ipafont-mincho/ipam.ttf",
)
DPI, WIDTH, HEIGHT, MARGIN = 200, 1654, 2339, 190
_LETTER = 36  # pixels: 13 points at 200 dpi

_PEOPLE = [
    "渡辺 拓真",
    "小野寺 恵",
    "三浦 千鶴",
    "大久保 亮",
    "石黒 さやか",
    "長谷川 修",
    "西川 美穂",
    "柏木 健太郎",
    "須田 由紀",
    "本間 一郎",
    "高見 沙織",
    "平井 正樹",
]
_FIRMS = ["株式会社朝霧商会", "有限会社北辰設備", "みなと建設株式会社", "合同会社つばさ企画", "東和印刷株式会社", "株式会社しらかば電機", "港南緑地株式会社"]
_PLACES = ["桜台二丁目", "本町一丁目１２番", "東浜町４５６番地", "中之島三丁目", "若葉台５番", "上川原字前田２３番１", "緑が丘四丁目"]
_SECTIONS = ["市民生活課", "まちづくり課", "健康づくり課", "資産活用課", "学校教育課", "道路維持課", "子ども支援課", "総合政策課"]
_FACILITIES = ["みなと市民会館", "中央図書館", "若葉小学校", "東部体育館", "さくら保育園", "海浜公園管理棟", "北部清掃センター"]
_SYMBOLS = ["市生", "ま推", "健づ", "資活", "学教", "道維", "子支", "総政", "７市生", "R7健づ"]
_NUMBERS = "三四五六七八九"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """One kind of document: form L letter, K draft, F form, M minutes or sheet, S slip. body: its lines with slots."""

    category: str
    form: str
    title: str
    kind: str | None
    body: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeDocument:
    """What is printed and what is true of it. rows: (text, "l" left, "c" centred, "r" right, size of the letters). None: not printed, not asked."""

    category: str
    rows: tuple[tuple[str, str, float], ...]
    title: str
    number: str | None
    day: date | None
    amount: int | None
    section: str

    @property
    def text(self) -> str:
        return "\n".join(text for text, _, _ in self.rows)


def held_back() -> list[Template]:
    """The 200 kinds of documents that nothing is ever trained on."""
    found: list[Template] = []
    for category, line in _by_category(MATERIAL / "held_back.txt"):
        form, title, kind, body = line.split("|")
        found.append(Template(category=category, form=form, title=title, kind=None if kind == "-" else kind, body=tuple(body.split("/"))))
    return found


def decided(count: int, seed: int) -> list[OfficeDocument]:
    """So many documents that people decided on, every category as often, in random order; of other words than the held-back ones."""
    titles: dict[str, list[str]] = {}
    sentences: dict[str, list[str]] = {}
    for category, line in _by_category(MATERIAL / "corrections.txt"):
        (titles if line[0] == "+" else sentences).setdefault(category, []).append(line[1:])
    chance = random.Random(seed)
    codes = [code for _ in range(-(-count // len(titles))) for code in titles]
    chance.shuffle(codes)
    return [_decided(code, titles[code], sentences[code], chance) for code in codes[:count]]


def _decided(code: str, titles: Sequence[str], sentences: Sequence[str], chance: random.Random) -> OfficeDocument:
    form = chance.choice("LKFMS")
    body = tuple(chance.sample(sentences, chance.randint(3, 5)))
    kind = chance.choice(("通知", "依頼", "回答", "報告")) if form == "L" else "伺" if form == "K" else None
    return filled(Template(category=code, form=form, title=chance.choice(titles), kind=kind, body=body), chance.random())


def _by_category(path: Path) -> Iterator[tuple[str, str]]:
    category = ""
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            category = line.strip("[]")
        elif line and not line.startswith("#"):
            yield category, line


def filled(template: Template, seed: float | int | str) -> OfficeDocument:
    """The document of this kind with names, days and figures of its own; the same seed, the same document."""
    chance = random.Random(f"{template.category}{template.title}{seed}")
    day, section, amount = date(2025, 4, 1) + timedelta(days=chance.randrange(330)), chance.choice(_SECTIONS), chance.randrange(12, 9800) * 1100
    title = _filled(template.title, chance, day, amount, section)
    body = [_filled(line, chance, day, amount, section) for line in template.body]
    number = f"{chance.choice(_SYMBOLS)}第{chance.randrange(2, 2400)}号" if template.form in "LK" else None
    if template.form in "LK" and not title.endswith("について"):
        title += "について"
    rows = {"L": _letter, "K": _draft, "F": _form, "M": _sheet, "S": _slip}[template.form](title, template.kind, number, day, section, body, chance)
    asked = any("{Y}" in line for line in template.body)
    return OfficeDocument(
        category=template.category,
        rows=tuple(rows),
        title=title,
        number=number,
        day=_day_of(template, day),
        amount=amount if asked else None,
        section=section,
    )


def _day_of(template: Template, day: date) -> date | None:
    """Minutes are of the day of the meeting, if one is printed; other sheets are not asked."""
    if template.form != "M":
        return day
    return day if any(line.startswith(("日時　{d}", "開催日　{d}")) for line in template.body) else None


def _filled(text: str, chance: random.Random, day: date, amount: int, section: str) -> str:
    def value(match: re.Match[str]) -> str:
        match match[1]:
            case "d":
                at = text.index("{d}")
                meeting = text[:at].endswith(("日時　", "開催日　"))
                return era(day if meeting else day + timedelta(days=chance.randrange(-40, 60)), chance)
            case "n":
                return str(chance.randrange(3, 60))
            case "y":
                return f"{chance.randrange(20, 900) * 1000:,}"
            case "Y":
                return f"{amount:,}"
            case "w":
                return f"令和{chance.choice(_NUMBERS)}"
            case "p":
                return chance.choice(_PEOPLE)
            case "o":
                return chance.choice(_FIRMS)
            case "a":
                return chance.choice(_PLACES)
            case "s":
                return section
            case _:
                return chance.choice(_FACILITIES)

    return re.sub(r"\{(\w)\}", value, text)


def era(day: date, chance: random.Random) -> str:
    year = day.year - 2018
    printed = f"令和{year}年{day.month}月{day.day}日"
    return printed.translate(str.maketrans("0123456789", "０１２３４５６７８９")) if chance.random() < 0.5 else printed


Printed = list[tuple[str, str, float]]


def _letter(title: str, kind: str | None, number: str | None, day: date, section: str, body: list[str], chance: random.Random) -> Printed:
    to = chance.choice(("各所属長　様", f"{chance.choice(_PEOPLE)}　様", f"{chance.choice(_FIRMS)}　御中", "関係機関の長　様"))
    sender = chance.choice((f"みさき市長　{chance.choice(_PEOPLE)}", f"みさき市{section}長", f"みさき市教育委員会　{section}"))
    head: Printed = [(number or "", "r", 1), (era(day, chance), "r", 1), ("", "l", 1), (to, "l", 1), ("", "l", 1), (sender, "r", 1), ("", "l", 1)]
    greeting = chance.choice(("日頃から市の仕事に御理解を頂き、ありがとうございます。", "平素よりお世話になっております。", ""))
    rows = [*head, *_title(title + (f"（{kind}）" if kind else ""), chance), ("", "l", 1)]
    rows += [("　" + greeting, "l", 1)] if greeting else []
    rows += [("　" + body[0], "l", 1), ("", "l", 1), ("記", "c", 1)] if len(body) > 2 and chance.random() < 0.5 else [("　" + body[0], "l", 1)]
    rows += [(line, "l", 1) for line in body[1:]]
    return [*rows, ("", "l", 1), ("以上", "r", 1), (f"担当　{section}　電話　内線{chance.randrange(2000, 4000)}", "r", 0.85)]


def _draft(title: str, kind: str | None, number: str | None, day: date, section: str, body: list[str], chance: random.Random) -> Printed:
    rows: Printed = [("起　案　用　紙", "c", 1.5), ("", "l", 1), (f"文書番号　{number}", "l", 1), (f"起案日　{era(day, chance)}", "l", 1)]
    rows += [(f"起案者　{section}　{chance.choice(_PEOPLE)}", "l", 1), ("決裁　市長　副市長　部長　課長　係長", "l", 1), ("", "l", 1)]
    rows += [(f"件名　{title}（{kind}）" if chance.random() < 0.5 else f"件名　{title}", "l", 1), ("", "l", 1)]
    return [*rows, *((("　" if n == 0 else "") + line, "l", 1.0) for n, line in enumerate(body))]


def _form(title: str, kind: str | None, number: str | None, day: date, section: str, body: list[str], chance: random.Random) -> Printed:
    rows: Printed = [*_title(title, chance), ("", "l", 1), (era(day, chance), "r", 1), ("", "l", 1), ("みさき市長　様", "l", 1), ("", "l", 1)]
    return [*rows, *((line, "l", 1.0) for line in body)]


def _sheet(title: str, kind: str | None, number: str | None, day: date, section: str, body: list[str], chance: random.Random) -> Printed:
    return [*_title(title, chance), ("", "l", 1), *((line, "l", 1.0) for line in body)]


def _slip(title: str, kind: str | None, number: str | None, day: date, section: str, body: list[str], chance: random.Random) -> Printed:
    return [*_title(title, chance), (era(day, chance), "r", 1), ("", "l", 1), *((line, "l", 1.0) for line in body)]


def _title(title: str, chance: random.Random) -> Printed:
    size = chance.choice((1.15, 1.3, 1.5))
    most = int((WIDTH - 2 * MARGIN) / (_LETTER * size))
    return [(title[at : at + most], "c", size) for at in range(0, len(title), most)]


# --- the paper ---


def printed(document: OfficeDocument, seed: int) -> Image.Image:
    """The page in black on white, 200 dpi, grey."""
    page = Image.new("L", (WIDTH, HEIGHT), 255)
    draw, path, y = ImageDraw.Draw(page), FONTS[seed % len(FONTS)], MARGIN
    for text, align, size in document.rows:
        font = ImageFont.truetype(path, round(_LETTER * size))
        for line in _wrapped(text, font):
            length = font.getlength(line)
            x = MARGIN if align == "l" else WIDTH - MARGIN - length if align == "r" else (WIDTH - length) / 2
            draw.text((x, y), line, fill=20, font=font)
            y += round(_LETTER * size * 1.7)
    return page


def _wrapped(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    if not text:
        return [""]
    lines = [""]
    for sign in text:
        if font.getlength(lines[-1] + sign) > WIDTH - 2 * MARGIN:
            lines.append("")
        lines[-1] += sign
    return lines


def scanned(page: Image.Image, seed: int) -> bytes:
    """JPEG of a tired office scanner: askew by up to 1.2 degrees, soft, grainy, speckled, grey paper."""
    chance = np.random.default_rng(seed)
    turned = page.rotate(float(chance.uniform(-1.2, 1.2)), Image.Resampling.BICUBIC, fillcolor=255)
    soft = np.asarray(turned.filter(ImageFilter.GaussianBlur(float(chance.uniform(0.4, 1.1)))), dtype=np.float32)
    paper = float(chance.uniform(215, 250))
    grey = soft * (paper - 40) / 255 + 40 + chance.normal(0, float(chance.uniform(4, 14)), soft.shape)
    specks = chance.random(soft.shape)
    grey[specks < 0.0006] = 30
    grey[specks > 0.9994] = 250
    buffer = io.BytesIO()
    Image.fromarray(np.clip(grey, 0, 255).astype(np.uint8)).save(buffer, "JPEG", quality=int(chance.integers(35, 70)), dpi=(DPI, DPI))
    return buffer.getvalue()

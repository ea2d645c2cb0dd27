"""What office papers share: the letter, eras, official and personal seals, receipt stamps, fiscal stamps."""

from collections.abc import Sequence
from datetime import date

from PIL import Image, ImageDraw

from samples.canvas import Cell, Sheet, em, font, px

RED = (214, 52, 56)
BLUE = (52, 70, 150)
MAYOR = "みどり野市長　高瀬　恒一"
CITY_HALL = "若葉県みどり野市中央一丁目1番1号"
_KANJI = "〇一二三四五六七八九"


def kanji(number: int) -> str:
    """1-99 in kanji numerals with 十."""
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else _KANJI[tens] + "十") + (_KANJI[ones] if ones else "")


def reiwa(day: date) -> str:
    return f"令和{day.year - 2018}年{day.month}月{day.day}日"


def weekday(day: date) -> str:
    return "月火水木金土日"[day.weekday()]


def wide(text: str) -> str:
    """ASCII digits as full-width ones."""
    return text.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def yen(amount: int) -> str:
    return f"{amount:,}"


def _turned(mark: Image.Image, degrees: float) -> Image.Image:
    return mark.rotate(degrees, resample=Image.Resampling.BICUBIC, expand=True, fillcolor=(255, 255, 255))


def round_seal(sheet: Sheet, x: float, y: float, name: str, size: float = 10.5) -> None:
    """A personal seal (認印): the surname in a circle, upright, a little askew."""
    side = px(size)
    mark = Image.new("RGB", (side, side), (255, 255, 255))
    pen = ImageDraw.Draw(mark)
    pen.ellipse((3, 3, side - 4, side - 4), outline=RED, width=max(3, px(0.35)))
    points = size * 72 / 25.4 * 0.74 / max(2, len(name))
    step = em(points)
    top = (size - step * len(name)) / 2
    for i, sign in enumerate(name):
        pen.text((side // 2, px(top + i * step + step * 0.86)), sign, font=font("mincho", points), fill=RED, anchor="ms", stroke_width=1)
    sheet.paste(_turned(mark, sheet.rng.uniform(-9, 9)), x, y)


def square_seal(sheet: Sheet, x: float, y: float, columns: Sequence[str], size: float = 21.0) -> None:
    """An official seal (公印, 社印): columns of characters from right to left in a square."""
    side = px(size)
    mark = Image.new("RGB", (side, side), (255, 255, 255))
    pen = ImageDraw.Draw(mark)
    pen.rectangle((3, 3, side - 4, side - 4), outline=RED, width=px(0.7))
    wide_mm = (size - 3.0) / len(columns)
    for c, text in enumerate(columns):
        tall = (size - 3.0) / len(text)
        for i, sign in enumerate(text):
            glyph = Image.new("L", (px(7), px(7)), 0)
            ImageDraw.Draw(glyph).text((px(3.5), px(6.1)), sign, font=font("mincho", 19), fill=255, anchor="ms", stroke_width=3)
            glyph = glyph.resize((px(wide_mm * 0.94), px(tall * 0.94)))
            mark.paste(Image.new("RGB", glyph.size, RED), (px(1.5 + size - 3.0 - (c + 1) * wide_mm), px(1.5 + i * tall)), glyph)
    sheet.paste(_turned(mark, sheet.rng.uniform(-3, 3)), x, y)


def receipt_stamp(sheet: Sheet, x: float, y: float, section: str, day: str, colour: tuple[int, int, int] = BLUE) -> None:
    """収受印: the section above, the day between two lines, 収受 below."""
    side = px(26)
    mark = Image.new("RGB", (side, side), (255, 255, 255))
    pen = ImageDraw.Draw(mark)
    pen.ellipse((4, 4, side - 5, side - 5), outline=colour, width=px(0.5))
    for y_mm in (9.6, 16.4):
        pen.line((px(1.6), px(y_mm), px(24.4), px(y_mm)), fill=colour, width=px(0.35))
    for text, points, y_mm in (("みどり野市", 7.0, 4.9), (section, 6.5, 8.3), (day, 10.0, 14.4), ("収　受", 8.5, 20.8)):
        pen.text((side // 2, px(y_mm)), text, font=font("gothic", points), fill=colour, anchor="ms", stroke_width=1)
    sheet.paste(_turned(mark, sheet.rng.uniform(-12, 12)), x, y)


def fiscal_stamp(sheet: Sheet, x: float, y: float) -> None:
    """A 200 yen fiscal stamp (収入印紙) with the parties' seals across its edge."""
    sheet.pen.rectangle((px(x), px(y), px(x + 19), px(y + 23)), fill=(222, 232, 214), outline=(120, 140, 110), width=4)
    for line, dy in (("収入印紙", 4.0), ("２００円", 11.0), ("日本政府", 18.0)):
        sheet.put(x + 9.5, y + dy, line, 8.5, align="c", colour=(70, 100, 66))
    round_seal(sheet, x + 19, y + 12, "高瀬")
    round_seal(sheet, x + 1, y + 20, "柏原")


def approval_boxes(sheet: Sheet, x: float, y: float, titles: Sequence[str], seals: Sequence[str], width: float = 15.5) -> None:
    """決裁欄: a row of offices over a row of seals ("" where nobody sealed)."""
    for i, title in enumerate(titles):
        sheet.cell(x + i * width, y, width, 6, Cell(title, "c", points=7.5))
        sheet.frame(x + i * width, y + 6, width, 15)
    sheet.log(*titles)
    for i, name in enumerate(seals):
        if name:
            round_seal(sheet, x + (i + 0.5) * width + sheet.rng.uniform(-0.8, 0.8), y + 13.4 + sheet.rng.uniform(-0.7, 0.7), name, 9.5)


def page_number(sheet: Sheet, number: int) -> None:
    sheet.text(sheet.width / 2, sheet.height - 16, f"- {number} -", 9.5, align="c")


def items(sheet: Sheet, x: float, y: float, entries: Sequence[tuple[str, str]], *, label: float = 22.0, points: float = 11.0, right: float = 24.0) -> float:
    """Numbered entries of a 記: number, label spread over `label` mm, wrapped value. Returns the y below them."""
    for i, (name, value) in enumerate(entries, 1):
        number = wide(str(i))
        sheet.put(x, y, number, points)
        sheet.spread(x + em(points) * 1.8, y, label, name, points)
        left = x + em(points) * 1.8 + label + 5
        for n, (line, _) in enumerate(sheet.wrapped(value, sheet.width - right - left, points)):
            sheet.put(left, y, line, points)
            sheet.log(*((f"{number} {name}", line) if n == 0 else (line,)))
            y += em(points) * 1.65
        y += 1.2
    return y


def head(
    sheet: Sheet, number: str, day: str, to: Sequence[str], sender: Sequence[str], *, points: float = 11.0, right: float = 24.0, top: float = 24.0
) -> float:
    """Number and date at the upper right, addressee left, sender right. Returns the y below."""
    y, step = top, em(points) * 1.6
    for line in filter(None, (number, day)):
        sheet.text(sheet.width - right, y, line, points, align="r")
        y += step
    y += step * 0.7
    for line in to:
        sheet.text(27, y, line, points)
        y += step
    y += step * 0.6
    for line in sender:
        sheet.text(sheet.width - right - 14, y, line, points, align="r")
        y += step
    return y + step


def letter(
    sheet: Sheet,
    *,
    number: str,
    day: str,
    to: Sequence[str],
    sender: Sequence[str],
    title: Sequence[str],
    body: Sequence[str],
    entries: Sequence[tuple[str, str]] = (),
    contact: Sequence[str] = (),
    points: float = 11.0,
    label: float = 22.0,
) -> float:
    """The usual letter: 番号・日付, 宛名, 発信者, 標題, 本文, 記 … 以上, 担当. Returns the y below it."""
    y = head(sheet, number, day, to, sender, points=points)
    for line in title:
        sheet.text(sheet.width / 2, y, line, points + 1, align="c")
        y += em(points) * 1.75
    y += em(points) * 1.3
    for part in body:
        y = sheet.paragraph(27, y, sheet.width - 51, part, points)
    if entries:
        sheet.text(sheet.width / 2, y + 4, "記", points, align="c")
        y = items(sheet, 29, y + 13, entries, label=label, points=points)
        sheet.text(sheet.width - 28, y + 2, "以上", points, align="r")
        y += 9
    if contact:
        y = max(y + 4, 240.0 - 6 * len(contact) + 24)
        for line in contact:
            sheet.text(122, y, line, points - 1.5)
            y += em(points) * 1.4
    return y

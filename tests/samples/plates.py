"""Vertical writing and drawings: a letter of appointment, an old bill of the assembly, a works estimate with its A3 drawing."""

from random import Random

from samples.canvas import C, Cell, R, Sheet, px
from samples.layout import approval_boxes, round_seal, square_seal, yen


def appointment(rng: Random) -> list[Sheet]:
    """辞令 in vertical writing with the mayor's seal."""
    sheet = Sheet(297, 210, rng=rng)
    sheet.column(284, 24, "人第十二号", 13)
    sheet.column(262, 28, "辞　　令", 26)
    sheet.column(228, 112, "三　枝　　郁　夫", 20)
    sheet.column(196, 34, "みどり野市主事に任命する", 19)
    sheet.column(178, 34, "行政職給料表二級十三号給を給する", 19)
    sheet.column(160, 34, "総務局人事課勤務を命ずる", 19)
    sheet.column(122, 42, "令和七年四月一日", 18)
    sheet.column(84, 60, "みどり野市長", 20)
    sheet.column(72, 116, "高瀬　恒一", 24)
    square_seal(sheet, 66, 176, ["みどり", "野市長", "之　印"], 27)
    return [sheet]


BILL = (  # text, indent of the first column in characters, points; the others begin at the head
    ("議案第三十四号", 0, 15),
    ("", 0, 0),
    ("みどり野市立図書館条例の一部を改正する条例の制定について", 2, 13),
    ("", 0, 0),
    ("みどり野市立図書館条例（昭和四十八年みどり野市条例第十一号）の一部を改正する条例を次のように定めるものとする。", 1, 12),
    ("", 0, 0),
    ("昭和六十二年九月十日提出", 3, 12),
    ("みどり野市長　　風　間　　喜　八", 13, 13),
    ("", 0, 0),
    ("（提案の理由）", 1, 12),
    ("北部地区における住民の読書活動の推進を図るため、北部分館を設置し、その名称、位置及び開館時間を定めるとともに、使用料の規定を整備する必要がある。", 1, 12),
)
BILL_TEXT = (
    ("みどり野市立図書館条例の一部を改正する条例", 3, 13),
    ("", 0, 0),
    ("みどり野市立図書館条例の一部を次のように改正する。", 1, 12),
    ("第二条の表に次のように加える。", 1, 12),
    ("北部分館　みどり野市北山町三丁目二番地", 3, 12),
    ("第四条第一項中「午後五時」を「午後六時（土曜日にあつては、午後四時）」に改め、同条に次の一項を加える。", 1, 12),
    ("３　教育委員会は、必要があると認めるときは、前二項の時間を変更することができる。", 0, 12),
    ("第九条中「金二百円」を「金三百円」に改める。", 1, 12),
    ("", 0, 0),
    ("附　則", 4, 12),
    ("この条例は、昭和六十三年四月一日から施行する。", 1, 12),
)


def old_bill(rng: Random) -> list[Sheet]:
    """議案 of 1987 in vertical writing, two pages of yellowed paper."""
    pages = []
    for lines in (BILL, BILL_TEXT):
        sheet = Sheet(257, 182, rng=rng)
        x = 234.0
        for text, indent, points in lines:
            for column, offset in sheet.wrapped(text, 140, points or 12, "", indent):
                sheet.column(x, 22 + offset, column, points or 12)
                x -= 12.5
        pages.append(sheet)
    round_seal(pages[0], 229, 160, "議事", 10)
    return pages


def works_estimate(rng: Random) -> list[Sheet]:
    """工事設計書: cover, breakdown of the costs, programme of works, and an A3 drawing."""
    return [_estimate_cover(rng), _estimate_breakdown(rng), _schedule(rng), _plan_drawing(rng)]


def _estimate_cover(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udgothic")
    sheet.put(20, 18, "令和7年度", 12)
    sheet.put(190, 18, "路第2025-114号工事", 10.5, align=R)
    sheet.log("令和7年度", "路第2025-114号工事")
    sheet.text(105, 32, "工　事　設　計　書", 24, align=C)
    approval_boxes(sheet, 82, 50, ["局長", "課長", "課長補佐", "係長", "設計者", "検算者", "照査"], ["", "滝口", "宇野", "", "野々村", "東", ""], 15.4)
    y = 82.0
    for label, value in (
        ("工事名", "市道北山港線道路改良工事（第2工区）"),
        ("工事箇所", "みどり野市北山町一丁目から港町三丁目地内"),
        ("設計年月日", "令和7年9月26日"),
        ("工期", "契約の日の翌日から令和8年3月13日まで"),
        ("設計金額", "金 48,752,000円（うち消費税相当額 4,432,000円）"),
        ("工事の概要", "施工延長 L=186.4m　幅員 W=9.5m\n切削オーバーレイ工 A=1,770㎡\n側溝工（PU3-300） L=212m\n区画線工 L=560m　防護柵工 L=74m"),
        ("設計の理由", "本路線は1日当たり約6,800台の交通量があり、舗装のひび割れ率が38%に達しているため、通学路の安全の確保と合わせて改良を行うものである。"),
    ):
        y = sheet.row(20, y, (34, 136), [Cell(label, C, shade=True), value], 14, 11)
    sheet.text(105, 268, "みどり野市　土木局　道路建設課", 13, align=C)
    return sheet


def _estimate_breakdown(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udgothic")
    sheet.text(105, 18, "本 工 事 費 内 訳 書", 16, align=C)
    sheet.text(190, 30, "（単位：円）", 9.5, align=R)
    widths = (58.0, 34.0, 14.0, 18.0, 22.0, 28.0)
    y = sheet.row(18, 36, widths, [Cell(t, C, shade=True) for t in ("工種・種別", "規格", "単位", "数量", "単価", "金額")], 10)
    direct = 0
    for name, size, unit, count, price in (
        ("路面切削工", "t=5cm", "㎡", 1770, 1240),
        ("表層工", "再生密粒度As(20)", "㎡", 1770, 2680),
        ("基層工", "再生粗粒度As(20)", "㎡", 1770, 2410),
        ("側溝工", "PU3-300", "m", 212, 28600),
        ("集水桝工", "500×500×700", "箇所", 9, 86400),
        ("縁石工", "両面歩車道境界", "m", 198, 9850),
        ("区画線工", "溶融式 W=15cm", "m", 560, 610),
        ("防護柵工", "Gp-Cp-2E", "m", 74, 17300),
        ("土工（床掘・埋戻し）", "砂質土", "㎥", 236, 5420),
        ("構造物取壊し工", "無筋コンクリート", "㎥", 41, 16800),
        ("交通誘導警備員", "B", "人日", 92, 15600),
    ):
        direct += count * price
        y = sheet.row(
            18, y, widths, [name, Cell(size, points=8.5), Cell(unit, C), Cell(yen(count), R), Cell(yen(price), R), Cell(yen(count * price), R)], 10, 9.5
        )
    total = 44_320_000
    common, site = round(direct * 0.2318), round(direct * 0.3642)
    rows = (
        ("直接工事費計", direct),
        ("共通仮設費", common),
        ("現場管理費", site),
        ("一般管理費等", total - direct - common - site),
        ("工事価格", total),
        ("消費税相当額", total // 10),
        ("本工事費計", total * 11 // 10),
    )
    for label, amount in rows:
        y = sheet.row(18, y, (146, 28), [Cell(label, C), Cell(yen(amount), R)], 10, 9.5)
    return sheet


def _schedule(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udgothic")
    sheet.text(105, 20, "予 定 工 程 表", 16, align=C)
    sheet.text(20, 34, "工事名　市道北山港線道路改良工事（第2工区）", 10.5)
    widths = (50.0, 20.0, 20.0, 20.0, 20.0, 20.0, 20.0)
    y = sheet.row(20, 44, widths, [Cell(t, C, shade=True) for t in ("工種", "10月", "11月", "12月", "1月", "2月", "3月")], 10)
    for name, start, end in (
        ("準備工", 0.3, 1.1),
        ("構造物取壊し工", 0.9, 1.8),
        ("側溝工・集水桝工", 1.4, 3.3),
        ("縁石工", 2.6, 3.8),
        ("路面切削工", 3.6, 4.3),
        ("基層工・表層工", 4.1, 4.9),
        ("区画線工・防護柵工", 4.7, 5.2),
        ("後片付け・完成検査", 5.0, 5.4),
    ):
        y = sheet.row(20, y, widths, [name, *[""] * 6], 13)
        sheet.pen.rectangle((px(70 + start * 20), px(y - 8), px(70 + end * 20), px(y - 5)), fill=(70, 74, 80))
    for i, line in enumerate(
        (
            "（施工条件）",
            "1　通学時間帯（午前7時から8時30分まで）は、大型車の通行を禁止する。",
            "2　年末年始（12月27日から1月5日まで）は、工事を休止する。",
            "3　夜間施工は行わない。沿道の店舗の出入口を常に確保する。",
        )
    ):
        sheet.text(22, y + 10 + i * 8, line, 10.5)
    return sheet


def _plan_drawing(rng: Random) -> Sheet:
    """A3 landscape: plan, cross section and title block."""
    sheet = Sheet(420, 297, face="gothic", rng=rng)
    sheet.frame(10, 10, 400, 277, 0.6)
    sheet.text(210, 18, "平　面　図　　S=1:500", 15, align=C)
    for dy, width in ((0, 0.6), (5, 0.25), (24, 0.25), (29, 0.6)):
        points = [(px(20 + i * 2), px(78 + dy + 9 * (i / 95 - 1) ** 2 * 3)) for i in range(191)]
        sheet.pen.line(points, fill=(28, 28, 30), width=px(width))
    for i in range(10):
        x = 30 + i * 40
        y = 78 + 27 * ((x - 20) / 190 - 1) ** 2
        sheet.dashes(x, y - 6, x, y + 35)
        sheet.text(x, y - 12, f"No.{i}" if i < 9 else "No.9+6.4", 8.5, align=C)
        sheet.text(x + 2, y + 36, f"{12.48 + i * 0.37:.2f}", 8)
    for x, y, text in (
        (40, 60, "北山町一丁目"),
        (330, 60, "港町三丁目"),
        (170, 52, "L=186.4m"),
        (120, 132, "側溝工 PU3-300"),
        (250, 134, "集水桝 500×500×700"),
        (60, 136, "民地"),
        (352, 134, "みどり野港"),
    ):
        sheet.text(x, y, text, 10.5)
    _cross_section(sheet)
    _title_block(sheet)
    return sheet


def _cross_section(sheet: Sheet) -> None:
    sheet.text(100, 168, "標準横断図　S=1:50", 13, align=C)
    base = 236.0
    for x1, y1, x2, y2 in (
        (24, base, 54, base),
        (54, base, 54, base + 12),
        (54, base + 12, 64, base + 12),
        (64, base + 12, 64, base),
        (64, base - 3, 104, base - 6),
        (104, base - 6, 146, base - 3),
        (146, base, 146, base + 12),
        (146, base + 12, 156, base + 12),
        (156, base + 12, 156, base),
        (156, base, 190, base),
        (64, base + 2, 146, base + 2),
        (64, base + 7, 146, base + 7),
    ):
        sheet.rule(x1, y1, x2, y2, 0.35)
    sheet.dashes(104, base - 22, 104, base + 16)
    for x1, x2, text in ((54, 104, "4750"), (104, 156, "4750"), (54, 156, "9500")):
        y = base + (22 if text == "4750" else 32)
        sheet.rule(x1, y, x2, y, 0.18)
        sheet.text((x1 + x2) / 2, y - 4.5, text, 9, align=C)
    for y, text in ((204, "表層 再生密粒度As t=5cm"), (211, "基層 再生粗粒度As t=5cm"), (218, "上層路盤 M-30 t=15cm")):
        sheet.text(110, y, text, 8.5)


def _title_block(sheet: Sheet) -> None:
    y = 176.0
    for row in (
        ("記号", "名称", "数量"),
        ("A", "切削オーバーレイ工", "1,770㎡"),
        ("B", "側溝工（PU3-300）", "212m"),
        ("C", "集水桝工", "9箇所"),
        ("D", "区画線工", "560m"),
        ("E", "防護柵工", "74m"),
    ):
        y = sheet.row(214, y, (16, 52, 28), [Cell(row[0], C), row[1], Cell(row[2], R)], 8, 9.5)
    y = 226.0
    for label, value in (
        ("工事名", "市道北山港線道路改良工事（第2工区）"),
        ("図面名", "平面図・標準横断図"),
        ("縮尺", "図示（A3判）"),
        ("作成年月", "令和7年9月"),
        ("図面番号", "3枚中 第1号"),
    ):
        y = sheet.row(300, y, (26, 84), [Cell(label, C), value], 8.6, 10)
    sheet.row(300, y, (110,), [Cell("みどり野市　土木局　道路建設課", C)], 9, 10.5)
    sheet.pen.polygon([(px(384), px(30)), (px(380), px(46)), (px(384), px(42)), (px(388), px(46))], fill=(28, 28, 30))
    sheet.text(384, 24, "N", 12, align=C)

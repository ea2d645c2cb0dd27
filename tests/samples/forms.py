"""Forms that citizens fill in by hand: road occupancy, registry, tax, welfare."""

from random import Random

from samples.canvas import C, Cell, R, Sheet, px
from samples.layout import page_number, receipt_stamp, round_seal


def occupancy_application(rng: Random) -> list[Sheet]:
    """道路占用許可申請書 on its ruled form, with a map that was fed on its side."""
    sheet = Sheet(rng=rng)
    sheet.text(22, 14, "様式第5号（第9条関係）", 9.5)
    sheet.text(105, 22, "道 路 占 用 許 可 申 請 書", 17, align=C)
    sheet.text(188, 35, "令和7年9月5日", 11, align=R, face="hand")
    sheet.text(22, 43, "（宛先）みどり野市長", 11)
    for i, (label, value) in enumerate(
        (("住所", "みどり野市東町五丁目6番30号"), ("氏名", "有限会社 小松看板工芸"), ("", "代表取締役 小松 春樹"), ("電話", "0999-00-3367"))
    ):
        if label:
            sheet.put(92, 50 + i * 8, label, 10.5)
        sheet.put(106, 49.6 + i * 8, value, 12.5, face="hand")
        sheet.log(label, value)
    sheet.put(70, 50, "申請者", 10.5)
    round_seal(sheet, 182, 68, "小松", 12)
    sheet.text(22, 84, "道路法第32条第1項の規定により、次のとおり道路の占用の許可を申請します。", 10.5)
    y = 92.0
    y = sheet.row(20, y, (38, 132), [Cell("占用の目的", C), Cell("店舗の袖看板の設置", hand=True, points=12.5)], 11)
    sheet.log(sheet.cell(20, y, 38, 22, Cell("占用の場所", C)))
    y = sheet.row(58, y, (30, 102), [Cell("路線名", C), Cell("市道 本町中央線", hand=True, points=12.5)], 11)
    y = sheet.row(58, y, (30, 102), [Cell("場所", C), Cell("本町二丁目4番9号地先", hand=True, points=12.5)], 11)
    sheet.log(sheet.cell(20, y, 38, 20, Cell("占用物件", C)))
    y = sheet.row(58, y, (44, 44, 44), [Cell("名称", C), Cell("規模", C), Cell("数量", C)], 9)
    y = sheet.row(58, y, (44, 44, 44), [Cell(t, hand=True, points=12) for t in ("袖看板", "縦2.4m 横0.8m", "1基")], 11)
    for label, value in (
        ("占用の期間", "令和7年10月1日から令和10年3月31日まで"),
        ("占用物件の構造", "鉄骨造、LED内照式、路面からの高さ 3.5m"),
        ("工事の期間", "令和7年10月1日から 3日間"),
        ("工事実施の方法", "高所作業車による。交通誘導員 2名を配置"),
        ("道路の復旧方法", "掘削なし"),
    ):
        y = sheet.row(20, y, (38, 132), [Cell(label, C), Cell(value, hand=True, points=12)], 11)
    y = sheet.row(20, y, (38, 132), [Cell("添付書類", C), "位置図、平面図、断面図、構造図、意匠図、隣接者の承諾書"], 12)
    sheet.paragraph(
        20,
        y + 4,
        170,
        "備考　許可の期間が満了した後も引き続き占用しようとするときは、期間満了の1月前までに更新の申請をすること。占用料は、条例の定めるところにより納入すること。",
        9,
        indent=0,
        hang=3,
    )
    receipt_stamp(sheet, 46, 62, "道路管理課", "7.9.5")
    return [sheet, _location_map(rng)]


def _location_map(rng: Random) -> Sheet:
    sheet = Sheet(297, 210, face="gothic", rng=rng)
    sheet.text(148.5, 12, "位　置　図", 15, align=C)
    sheet.text(280, 24, "縮尺 1：2,500", 10, align=R)
    sheet.frame(18, 30, 262, 152, 0.5)
    for x1, y1, x2, y2, width in (
        (18, 84, 280, 70, 1.4),
        (18, 94, 280, 80, 1.4),
        (96, 30, 110, 182, 1.0),
        (104, 30, 118, 182, 1.0),
        (200, 30, 206, 182, 0.7),
        (206, 30, 212, 182, 0.7),
        (18, 140, 280, 150, 0.6),
        (18, 146, 280, 156, 0.6),
    ):
        sheet.rule(x1, y1, x2, y2, width)
    for x, y, width, height in (
        (30, 40, 24, 16),
        (62, 38, 20, 22),
        (128, 36, 30, 18),
        (164, 38, 26, 20),
        (222, 36, 40, 22),
        (30, 104, 30, 22),
        (70, 106, 22, 18),
        (130, 98, 26, 26),
        (164, 96, 28, 24),
        (222, 92, 36, 30),
        (30, 158, 40, 16),
        (136, 162, 44, 14),
        (222, 164, 44, 12),
    ):
        sheet.frame(x, y, width, height, 0.3)
    for x, y, text in (
        (40, 76, "市道 本町中央線"),
        (226, 44, "市民文化会館"),
        (32, 112, "本町交番"),
        (226, 104, "みどり野駅"),
        (134, 108, "申請地"),
        (34, 163, "第一小学校"),
        (60, 135, "県道 若葉みどり野線"),
    ):
        sheet.text(x, y, text, 10.5)
    sheet.pen.ellipse((px(126), px(92), px(162), px(128)), outline=(200, 40, 40), width=8)
    sheet.text(148.5, 190, "この図は、みどり野市道路台帳附図を基に作成したものである。", 9.5, align=C)
    return sheet


def move_notice(rng: Random) -> list[Sheet]:
    """住民異動届 filled in at the counter."""
    sheet = Sheet(rng=rng, face="udgothic")
    sheet.text(105, 13, "住　民　異　動　届", 18, align=C)
    sheet.put(20, 25, "（宛先）みどり野市長", 10)
    sheet.put(190, 25, "届出日　令和7年4月1日", 10, align=R)
    sheet.log("（宛先）みどり野市長", "届出日　令和7年4月1日")
    y = sheet.row(
        20,
        33,
        (30, 55, 30, 55),
        [Cell("届出の種類", C, shade=True), "転入　・　転居　・　転出", Cell("異動日", C, shade=True), Cell("令和7年3月29日", hand=True, points=12)],
        11,
    )
    sheet.pen.ellipse((px(50.3), px(34.6), px(60.0), px(42.4)), outline=(34, 38, 82), width=5)
    for label, value in (
        ("新しい住所", "みどり野市緑ヶ丘三丁目18番7号 コーポ若草203"),
        ("世帯主", "早川 亮介"),
        ("これまでの住所", "若葉県若葉市大手町1丁目22番地5"),
        ("世帯主", "早川 亮介"),
        ("本籍", "若葉県若葉市大手町1丁目22番地"),
        ("筆頭者", "早川 亮介"),
    ):
        y = sheet.row(20, y, (38, 132), [Cell(label, C, shade=True), Cell(value, hand=True, points=12.5)], 12)
    y = _movers(sheet, y + 6)
    sheet.text(20, y + 5, "届出人（窓口に来た方）", 11, face="bold")
    y = sheet.row(
        20,
        y + 12,
        (30, 72, 26, 42),
        [Cell("氏名", C, shade=True), Cell("早川 亮介", hand=True, points=14), Cell("電話", C, shade=True), Cell("090-0000-1357", hand=True, points=12)],
        13,
    )
    y = sheet.row(20, y, (30, 140), [Cell("本人確認", C, shade=True), "□ 個人番号カード　☑ 運転免許証　□ 旅券　□ 在留カード　□ その他（　　　　）"], 11)
    y = sheet.row(
        20, y + 5, (24, 32, 24, 32, 24, 34), [Cell(t, C if i % 2 == 0 else "l") for i, t in enumerate(("受付", "西尾", "入力", "村瀬", "審査", ""))], 10
    )
    round_seal(sheet, 70, y - 5, "西尾", 9)
    sheet.text(20, y + 5, "※　正当な理由がなく届出をしない者は、5万円以下の過料に処せられることがあります。", 9)
    receipt_stamp(sheet, 168, 258, "市民課", "7.4.1", (200, 50, 60))
    return [sheet]


def _movers(sheet: Sheet, y: float) -> float:
    widths = (9.0, 50.0, 39.0, 20.0, 26.0, 26.0)
    y = sheet.row(20, y, widths, [Cell(t, C, shade=True, points=9) for t in ("", "フリガナ・氏名", "生年月日", "性別", "続柄", "カード有無")], 11)
    for number, (kana, name, birth, sex, relation) in enumerate(
        (
            ("ハヤカワ リョウスケ", "早川 亮介", "平成元年8月3日", "男", "本人"),
            ("ハヤカワ ナツミ", "早川 菜摘", "平成3年12月15日", "女", "妻"),
            ("ハヤカワ ソラ", "早川 蒼空", "令和4年5月30日", "男", "子"),
        ),
        1,
    ):
        y = sheet.row(
            20,
            y,
            widths,
            [
                Cell(str(number), C),
                Cell(f"{kana}\n{name}", hand=True, points=11.5),
                Cell(birth, hand=True, points=11),
                Cell(sex, C, hand=True, points=12),
                Cell(relation, C, hand=True, points=12),
                Cell("有・無", C),
            ],
            15,
        )
    return sheet.row(20, y, widths, [Cell("4", C), *[""] * 5], 15)


def tax_reduction(rng: Random) -> list[Sheet]:
    """固定資産税の減免申請書, two pages of one TIFF."""
    first, second = Sheet(rng=rng), Sheet(rng=rng)
    first.text(22, 14, "様式第28号（第17条関係）", 9.5)
    first.text(105, 24, "令和7年度固定資産税・都市計画税減免申請書", 15, align=C)
    first.text(188, 38, "令和７年８月１８日", 11, align=R, face="hand")
    first.text(22, 47, "（宛先）みどり野市長", 11)
    y = 58.0
    for label, value in (
        ("納税義務者の住所", "みどり野市川端町12番地3"),
        ("氏名又は名称", "大久保 トシ子"),
        ("生年月日", "昭和19年2月11日"),
        ("電話番号", "0999-00-6642"),
        ("通知書番号", "07-0048213"),
    ):
        y = first.row(20, y, (46, 124), [Cell(label, C, shade=True), Cell(value, hand=True, points=13)], 12)
    y = first.paragraph(20, y + 7, 170, "次のとおり固定資産税の減免を受けたいので、みどり野市税条例第71条第2項の規定により、関係書類を添えて申請します。", 10.5)
    widths = (24.0, 62.0, 24.0, 30.0, 30.0)
    y = first.row(20, y + 4, widths, [Cell(t, C, shade=True, points=9) for t in ("種類", "所在及び地番", "地目・構造", "地積・床面積", "課税標準額")], 10)
    for row in (("土地", "川端町12番3", "宅地", "184.22㎡", "2,318,000円"), ("家屋", "川端町12番地3", "木造瓦葺", "96.05㎡", "1,874,000円")):
        y = first.row(20, y, widths, [Cell(row[0], C), row[1], Cell(row[2], C), Cell(row[3], R), Cell(row[4], R)], 11)
    y = first.row(
        20,
        y + 5,
        (46, 124),
        [
            Cell("減免を受けようとする事由", C, shade=True),
            Cell("令和7年7月3日の大雨により床上浸水（深さ約70cm）の被害を受け、家屋の内装及び設備が損傷したため。", hand=True, points=12.5),
        ],
        26,
    )
    first.row(20, y, (46, 124), [Cell("減免対象期別", C, shade=True), "第3期分（納期限 12月25日）、第4期分（納期限 2月28日）"], 12)
    round_seal(first, 150, 76, "大久保", 12)
    receipt_stamp(first, 166, 258, "資産税課", "7.8.18")
    second.text(105, 22, "減免事由の調査書（市記入欄）", 15, align=C)
    y = 38.0
    for label, value in (
        ("現地調査日", "令和7年8月25日　午前10時20分"),
        ("調査した職員", "資産税課家屋係　主査　倉田　修、主事　平野　彩"),
        ("浸水の深さ", "基準床面から72センチメートル"),
        ("損害の程度", "10分の4以上10分の6未満"),
        ("減免の割合", "10分の6"),
        ("減免前の税額", "第3期 12,400円　第4期 12,000円　計 24,400円"),
        ("減免額", "14,640円"),
        ("意見", "申請の内容は事実と相違なく、市税条例施行規則別表第3の2の項に該当するため、減免することが適当である。"),
    ):
        y = second.row(20, y, (42, 128), [Cell(label, C, shade=True), value], 12, 10.5)
    second.text(20, y + 8, "添付書類　罹災証明書の写し、被害状況の写真 4枚、家屋平面図", 10.5)
    page_number(second, 2)
    return [first, second]


def protection_application(rng: Random) -> list[Sheet]:
    """生活保護の申請書 and the statement of income: restricted. The My Number is the well-known specimen 1234 5678 9018."""
    first = Sheet(rng=rng)
    first.text(105, 22, "生活保護法による保護申請書", 17, align=C)
    first.text(22, 38, "（宛先）みどり野市福祉事務所長", 11)
    first.text(188, 46, "令和7年7月3日", 11.5, align=R, face="hand")
    y = 56.0
    for label, value in (
        ("現在住んでいる所", "みどり野市港町四丁目5番 市営港団地2-306"),
        ("そこに住み始めた時期", "平成28年4月"),
        ("申請者氏名", "松永 勝利"),
        ("個人番号", "1234 5678 9018"),
    ):
        y = first.row(20, y, (48, 122), [Cell(label, C, shade=True), Cell(value, hand=True, points=12.5)], 12)
    widths = (10.0, 46.0, 24.0, 40.0, 50.0)
    y = first.row(20, y + 5, widths, [Cell(t, C, shade=True, points=9.5) for t in ("", "世帯員の氏名", "続柄", "生年月日", "健康状態・職業")], 10)
    for number, row in enumerate(
        (("松永 勝利", "世帯主", "昭和38年6月9日", "腰痛で通院中、無職"), ("松永 和代", "妻", "昭和40年1月27日", "パート（週3日）")), 1
    ):
        y = first.row(20, y, widths, [Cell(str(number), C), *(Cell(value, hand=True, points=11.5) for value in row)], 13)
    y = first.row(
        20,
        y + 5,
        (48, 122),
        [
            Cell("保護を申請する理由", C, shade=True),
            Cell("病気のため令和7年2月に退職し、失業給付も終了した。預貯金が残り少なく、家賃と医療費の支払いができない。", hand=True, points=12.5),
        ],
        34,
    )
    y = first.row(20, y, (48, 122), [Cell("援助者の状況", C, shade=True), Cell("長男（県外）からの援助は困難", hand=True, points=12.5)], 13)
    y = first.paragraph(
        20,
        y + 6,
        170,
        "上記のとおり相違ないので、生活保護法による保護を申請します。なお、不実の申請をして不正に保護を受けた場合は、同法第85条又は刑法の規定によって処罰されることがあります。",
        10,
    )
    first.paragraph(20, y + 2, 170, "ケース番号　　　　　　担当地区員　　　　　　受理番号　7-0218", 10, indent=0)
    receipt_stamp(first, 164, 266, "生活支援課", "7.7.3")
    return [first, _income(rng), _consent(rng)]


def _income(rng: Random) -> Sheet:
    second = Sheet(rng=rng)
    second.text(105, 22, "収 入 申 告 書", 17, align=C)
    second.text(22, 38, "1　働いて得た収入", 11)
    widths = (40.0, 44.0, 28.0, 28.0, 30.0)
    y = second.row(20, 46, widths, [Cell(t, C, shade=True, points=9.5) for t in ("氏名", "勤め先", "4月", "5月", "6月")], 10)
    y = second.row(
        20,
        y,
        widths,
        [Cell(t, hand=True, points=11.5, align=R if "円" in t else "l") for t in ("松永 和代", "食品スーパー", "41,200円", "38,600円", "40,900円")],
        13,
    )
    second.text(22, y + 7, "2　年金・手当・その他の収入", 11)
    y = second.row(20, y + 15, (66, 52, 52), [Cell(t, C, shade=True, points=9.5) for t in ("種類", "月額", "受給者")], 10)
    for source in (("失業給付（令和7年5月まで）", "0円", "松永 勝利"), ("児童手当・年金", "なし", "")):
        y = second.row(20, y, (66, 52, 52), [Cell(value, hand=True, points=11.5) for value in source], 13)
    second.text(22, y + 7, "3　預貯金　　みなと信用金庫　残高 63,418円（令和7年7月2日現在）", 11)
    second.text(22, y + 17, "4　生命保険　　解約済み（令和6年12月）", 11)
    second.text(22, y + 33, "申告者　　松永 勝利", 12, face="hand")
    round_seal(second, 82, y + 35, "松永", 11)
    page_number(second, 2)
    return second


def _consent(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng)
    sheet.text(105, 24, "同　　意　　書", 17, align=C)
    sheet.text(24, 44, "みどり野市福祉事務所長　様", 11)
    y = sheet.paragraph(
        24,
        58,
        162,
        "生活保護法による保護の決定又は実施のために必要があるときは、私及び私の世帯員の資産及び収入の状況につき、福祉事務所が官公署に調査を嘱託し、"
        "又は銀行、信託会社、雇主その他の関係人に報告を求めることに同意します。また、福祉事務所の調査又は報告の要求に対し、官公署、日本年金機構、"
        "銀行、雇主等が報告することについて、私及び私の世帯員が同意している旨を伝えて構いません。",
        11.5,
    )
    sheet.text(30, y + 12, "令和7年7月3日", 13, face="hand")
    for i, (label, value) in enumerate((("住所", "みどり野市港町四丁目5番 市営港団地2-306"), ("氏名", "松永 勝利"), ("世帯員", "松永 和代"))):
        sheet.put(60, y + 28 + i * 12, label, 11)
        sheet.put(80, y + 27.4 + i * 12, value, 13, face="hand")
        sheet.log(label, value)
    round_seal(sheet, 128, y + 42, "松永", 11)
    page_number(sheet, 3)
    return sheet

"""Vouchers and figures: an invoice, a commitment of expenditure, a budget request, a grant application, a travel order."""

from random import Random

from samples.canvas import C, Cell, R, Sheet
from samples.layout import approval_boxes, page_number, receipt_stamp, round_seal, square_seal, yen


def invoice(rng: Random) -> list[Sheet]:
    """請求書 of a company, with the company's seal over its name and the section's receipt stamp."""
    sheet = Sheet(rng=rng, face="gothic")
    sheet.text(105, 20, "請　求　書", 24, align=C)
    sheet.text(188, 38, "請求書番号　INV-2025-0530-17", 9.5, align=R)
    sheet.text(188, 44, "令和７年５月３０日", 10.5, align=R)
    sheet.text(22, 52, "みどり野市会計管理者　様", 14)
    sheet.rule(22, 59, 100, 59)
    for i, line in enumerate(
        ("〒999-0045", "若葉県みどり野市東町二丁目8番14号", "株式会社若葉電機", "代表取締役　柏原　誠一", "電話　0999-00-5521", "登録番号　T9999999999999")
    ):
        sheet.text(112, 62 + i * 6.2, line, 11 if i in (2, 3) else 9.5)
    square_seal(sheet, 163, 83, ["若葉電", "機株式", "会社印"], 20)
    sheet.text(22, 76, "下記のとおりご請求申し上げます。", 10.5)
    rows = (
        ("65型液晶モニター　MD-65X", 4, "台", 125000),
        ("移動式スタンド", 4, "台", 39000),
        ("映像用ケーブル　5m", 4, "本", 12000),
        ("搬入及び設置費", 1, "式", 16000),
    )
    net = sum(count * price for _, count, _, price in rows)
    sheet.rule(22, 112, 110, 112, 0.5)
    sheet.put(22, 102, "ご請求金額", 13)
    sheet.put(110, 101, f"￥{yen(net * 11 // 10)}-", 18, align=R)
    sheet.log("ご請求金額", f"￥{yen(net * 11 // 10)}-")
    widths = (78.0, 18.0, 14.0, 26.0, 30.0)
    y = sheet.row(22, 120, widths, [Cell(t, C, shade=True) for t in ("品名", "数量", "単位", "単価", "金額")], 9)
    for name, count, unit, price in rows:
        y = sheet.row(22, y, widths, [name, Cell(str(count), R), Cell(unit, C), Cell(yen(price), R), Cell(yen(count * price), R)], 9)
    for _ in range(3):
        y = sheet.row(22, y, widths, [""] * 5, 9)
    for label, amount in (("小計", net), ("消費税（10%）", net // 10), ("合計", net * 11 // 10)):
        y = sheet.row(118, y, (40, 30), [Cell(label, C, shade=True), Cell(yen(amount), R)], 9)
    for i, line in enumerate(
        (
            "振込先　わかば銀行　みどり野支店　普通　0012345",
            "口座名義　カ）ワカバデンキ",
            "納品日　令和７年５月２８日",
            "恐れ入りますが、振込手数料はご負担くださいますようお願いいたします。",
        )
    ):
        sheet.text(22, y + 10 + i * 6.4, line, 10.5)
    receipt_stamp(sheet, 166, 258, "会計課", "7.6.2")
    return [sheet]


def commitment(rng: Random) -> list[Sheet]:
    """支出負担行為書 and the order to pay (支出命令書)."""
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(105, 16, "支出負担行為書", 18, align=C)
    sheet.text(190, 28, "令7.7.10", 10.5, align=R)
    approval_boxes(
        sheet, 20, 36, ["局長", "課長", "課長補佐", "係長", "担当", "会計課長", "審査", "出納"], ["津村", "梶", "三好", "大西", "堀川", "", "岸", ""], 16
    )
    y = 63.0
    for label, value, label2, value2 in (
        ("会計年度", "令和7年度", "会計区分", "一般会計"),
        ("負担行為番号", "2025-0004817", "所属", "デジタル政策課"),
        ("款", "02　総務費", "項", "01　総務管理費"),
        ("目", "09　情報管理費", "節", "12　委託料"),
    ):
        y = sheet.row(20, y, (30, 55, 30, 55), [Cell(label, C, shade=True), value, Cell(label2, C, shade=True), value2], 10)
    for label, value in (
        ("件名", "文書管理システム運用支援業務委託"),
        ("金額", "￥3,960,000（うち消費税等 360,000円）"),
        ("債権者", "みどり野市港町一丁目3番9号\n株式会社ミナモシステムズ　代表取締役　久我　晴彦"),
        ("履行期間", "令和7年7月10日から令和8年3月31日まで"),
        ("契約方法", "随意契約　地方自治法施行令第167条の2第1項第2号"),
        ("支払方法", "完了払（検査合格後、適法な請求書を受理した日から30日以内）"),
    ):
        y = sheet.row(20, y, (30, 140), [Cell(label, C, shade=True), value], 11)
    y = sheet.row(
        20, y + 5, (34, 34, 34, 34, 34), [Cell(t, C, shade=True) for t in ("予算現額", "負担行為済額", "今回負担行為額", "負担行為累計額", "予算残額")], 9, 9.5
    )
    y = sheet.row(20, y, (34, 34, 34, 34, 34), [Cell(yen(n), R) for n in (28400000, 17235000, 3960000, 21195000, 7205000)], 10)
    sheet.text(20, y + 9, "上記のとおり支出負担行為をしてよろしいか。", 11)
    return [sheet, _payment_order(rng), _acceptance(rng)]


def _acceptance(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(105, 20, "検　査　調　書", 17, align=C)
    y = 38.0
    for label, value in (
        ("件名", "文書管理システム運用支援業務委託（第1四半期分）"),
        ("受託者", "株式会社ミナモシステムズ"),
        ("契約金額", "￥3,960,000"),
        ("履行期限", "令和8年3月31日"),
        ("検査年月日", "令和7年10月3日"),
        ("検査の場所", "みどり野市役所　本庁舎4階　サーバ室"),
        ("検査の結果", "仕様書のとおり履行されていることを確認した。合格"),
        ("支払うべき額", "￥990,000"),
    ):
        y = sheet.row(20, y, (36, 134), [Cell(label, C, shade=True), value], 12, 10.5)
    for i, line in enumerate(
        ("上記のとおり検査を終えたので、報告します。", "令和7年10月3日", "検査員　デジタル政策課　係長　大西　由佳", "立会人　デジタル政策課　主事　堀川　拓真")
    ):
        sheet.text(26, y + 12 + i * 9, line, 11)
    round_seal(sheet, 120, y + 32, "大西", 10)
    round_seal(sheet, 120, y + 42, "堀川", 10)
    return sheet


def _payment_order(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(105, 16, "支出命令書（内訳）", 16, align=C)
    sheet.text(20, 32, "負担行為番号　2025-0004817　　件名　文書管理システム運用支援業務委託", 10.5)
    widths = (18.0, 62.0, 30.0, 30.0, 30.0)
    y = sheet.row(20, 44, widths, [Cell(t, C, shade=True) for t in ("回数", "支払の内容", "支払予定月", "支払額", "累計額")], 10)
    total = 0
    for number, (text, month, amount) in enumerate(
        (
            ("第1四半期分　運用支援", "令和7年10月", 990000),
            ("第2四半期分　運用支援", "令和8年1月", 990000),
            ("第3四半期分　運用支援", "令和8年4月", 990000),
            ("年度末報告書の作成及び引継ぎ", "令和8年4月", 990000),
        ),
        1,
    ):
        total += amount
        y = sheet.row(20, y, widths, [Cell(f"第{number}回", C), text, Cell(month, C), Cell(yen(amount), R), Cell(yen(total), R)], 10)
    sheet.row(20, y, widths, ["", Cell("計", C), "", Cell(yen(total), R), ""], 10)
    for i, line in enumerate(
        (
            "審査事項",
            "1　法令又は予算に違反していないこと。",
            "2　債務が確定していること。",
            "3　債権者、金額及び支払時期に誤りがないこと。",
            "4　検査調書及び請求書が添付されていること。",
        )
    ):
        sheet.text(24, 118 + i * 8, line, 10.5)
    return sheet


BUDGET = (
    (
        (2, 1, 1, "文書管理事業", 18420, 16905, "紙の購入量の減、書庫賃借料の減"),
        (2, 1, 1, "庁舎管理事業", 142300, 151870, "電気料金の単価の改定"),
        (2, 1, 5, "財産管理事業", 33610, 33190, "遊休地の売却による除草委託の減"),
        (2, 1, 9, "情報システム運用事業", 218400, 236750, "標準準拠システムへの移行"),
        (2, 2, 2, "固定資産評価替え事業", 8900, 27430, "令和9年度評価替えの航空写真撮影"),
        (2, 3, 1, "戸籍住民基本台帳事業", 61250, 58840, "窓口委託の見直し"),
        (3, 1, 1, "地域福祉推進事業", 47780, 49120, "見守り機器の貸与の拡充"),
    ),
    (
        (3, 2, 1, "児童手当支給事業", 1284000, 1262500, "対象児童数の減"),
        (3, 3, 1, "生活保護扶助事業", 932600, 947300, "医療扶助の増"),
        (4, 2, 1, "ごみ収集運搬事業", 386200, 391450, "燃料費の上昇"),
        (8, 2, 2, "道路維持補修事業", 265000, 298000, "舗装の個別施設計画に基づく増"),
        (8, 2, 3, "橋りょう長寿命化事業", 174500, 203900, "緑橋の耐震補強工事"),
        (9, 1, 1, "常備消防運営事業", 96340, 98210, "救急車の更新"),
        (10, 2, 1, "小学校管理運営事業", 312800, 309650, "給食費の公会計化に伴う組替え"),
    ),
)


def budget_request(rng: Random) -> list[Sheet]:
    """予算要求書: two landscape tables, fed with the long side first."""
    pages = []
    heads = ("款", "項", "目", "事業名", "前年度予算額", "要求額", "増減額", "増減率", "主な増減理由")
    widths = (12.0, 12.0, 12.0, 58.0, 30.0, 30.0, 28.0, 18.0, 60.0)
    for number, table in enumerate(BUDGET, 1):
        sheet = Sheet(297, 210, face="udgothic", rng=rng)
        sheet.text(148.5, 15, "令和8年度当初予算要求書（歳出総括表）" if number == 1 else "令和8年度当初予算要求書（歳出総括表）　つづき", 15, align=C)
        sheet.put(18, 29, "財政課　令和7年10月28日", 10)
        sheet.put(279, 29, "（単位：千円）", 10, align=R)
        sheet.log("財政課　令和7年10月28日", "（単位：千円）")
        y = sheet.row(18, 37, widths, [Cell(t, C, shade=True) for t in heads], 11, 9.5)
        for *codes, name, old, new, why in table:
            change = new - old
            sign = "▲" if change < 0 else ""
            cells: list[Cell | str] = [Cell(f"{code:02}", C) for code in codes]
            cells += [
                name,
                Cell(yen(old), R),
                Cell(yen(new), R),
                Cell(f"{sign}{yen(abs(change))}", R),
                Cell(f"{sign}{abs(change) / old:.1%}", R),
                Cell(why, points=8.5),
            ]
            y = sheet.row(18, y, widths, cells, 14.5, 10)
        before, after = sum(row[4] for row in table), sum(row[5] for row in table)
        sums = (yen(before), yen(after), yen(after - before), f"{(after - before) / before:.1%}")
        y = sheet.row(18, y, (94, 30, 30, 28, 18, 60), [Cell("小計", C), *(Cell(text, R) for text in sums), ""], 12)
        sheet.text(18, y + 5, "※　前年度予算額は、令和7年度当初予算の額。査定の経過は予算査定調書による。", 9.5)
        sheet.text(148.5, 194, f"- {number} -", 9.5, align=C)
        pages.append(sheet)
    return pages


def grant_application(rng: Random) -> list[Sheet]:
    """補助金交付申請書 with the plan of the work and its budget."""
    return [_grant_form(rng), _grant_plan(rng), _grant_budget(rng)]


def _grant_form(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng)
    sheet.text(24, 18, "様式第1号（第6条関係）", 10)
    sheet.text(186, 26, "緑商第18号", 11, align=R)
    sheet.text(186, 33, "令和7年5月20日", 11, align=R)
    sheet.text(26, 45, "（宛先）みどり野市長", 11)
    for i, line in enumerate(("住　　所　みどり野市本町三丁目2番1号", "団 体 名　みどり野駅前商店街振興組合", "代表者名　理事長　長谷部　昭三")):
        sheet.text(98, 56 + i * 8, line, 11)
    round_seal(sheet, 186, 74, "長谷部", 12)
    square_seal(sheet, 168, 68, ["駅前商店", "振興組合"], 18)
    sheet.text(105, 92, "令和7年度商店街にぎわい創出事業補助金交付申請書", 13, align=C)
    y = sheet.paragraph(
        26,
        106,
        160,
        "令和7年度において商店街にぎわい創出事業を実施したいので、みどり野市補助金等交付規則第4条の規定により、補助金の交付を受けたく、関係書類を添えて下記のとおり申請します。",
        11,
    )
    sheet.text(105, y + 4, "記", 11, align=C)
    y += 15
    for line in (
        "1　補助事業の名称　　みどり野駅前ナイトバル及び七夕飾りコンテスト",
        "2　補助事業の目的　　駅前の回遊性を高め、来街者の増加と空き店舗の解消を図る。",
        "3　補助対象経費　　　金 2,460,000円",
        "4　交付申請額　　　　金 1,230,000円",
        "5　事業の期間　　　　令和7年7月1日から令和7年11月30日まで",
        "6　添付書類",
    ):
        sheet.text(28, y, line, 11)
        y += 9.5
    for line in ("(1) 事業計画書（別紙1）", "(2) 収支予算書（別紙2）", "(3) 団体の定款及び役員名簿", "(4) 市税の納税証明書"):
        sheet.text(38, y, line, 11)
        y += 8
    sheet.text(182, y + 2, "以上", 11, align=R)
    receipt_stamp(sheet, 48, 268 - 8, "産業政策課", "7.5.21")
    return sheet


def _grant_plan(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng)
    sheet.text(186, 20, "別紙1", 10.5, align=R)
    sheet.text(105, 28, "事業計画書", 15, align=C)
    y = 42.0
    for label, text in (
        ("現状と課題", "駅前商店街の空き店舗率は令和2年度の9.8%から令和6年度には16.3%に上昇した。休日の歩行者通行量は、平成27年度と比べて約3割減少している。"),
        (
            "事業の内容",
            "1　ナイトバル：参加店42店による飲み歩きイベント（10月の金曜日、計4回）\n2　七夕飾りコンテスト：市内の小学校6校、保育園9園が参加\n3　空き店舗を活用したチャレンジショップ（3区画）",
        ),
        ("実施体制", "実行委員会（組合役員12人、若葉大学の学生8人、商工会議所2人）"),
        ("成果目標", "来街者数 延べ18,000人、新規出店 2件以上、参加店の売上 前年同月比5%増"),
        (
            "スケジュール",
            "6月　実行委員会の設置\n7月　七夕飾りコンテスト\n8月から9月　参加店の募集、広報\n10月　ナイトバルの開催\n11月　効果の検証、実績報告書の作成",
        ),
    ):
        y = sheet.row(24, y, (34, 128), [Cell(label, C, shade=True), text], 30, 10.5)
    page_number(sheet, 2)
    return sheet


def _grant_budget(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng)
    sheet.text(186, 20, "別紙2", 10.5, align=R)
    sheet.text(105, 28, "収支予算書", 15, align=C)
    widths = (52.0, 36.0, 74.0)
    income = (
        ("市補助金", 1230000, "補助率 2分の1"),
        ("組合負担金", 830000, "組合員 83店"),
        ("協賛金", 300000, "30社 × 10,000円"),
        ("参加料", 100000, "出店料ほか"),
    )
    spending = (
        ("会場設営費", 860000, "ステージ、照明、テント"),
        ("広報費", 540000, "ポスター 500枚、チラシ 12,000枚"),
        ("委託料", 620000, "警備、交通誘導"),
        ("賃借料", 280000, "音響機材、空き店舗 3区画"),
        ("事務費", 160000, "保険料、通信費、消耗品"),
    )
    y = 44.0
    for caption, rows in (("収入の部", income), ("支出の部", spending)):
        sheet.put(24, y, f"【{caption}】", 11, face="gothic")
        sheet.put(186, y, "（単位：円）", 9.5, align=R)
        sheet.log(f"【{caption}】", "（単位：円）")
        y = sheet.row(24, y + 8, widths, [Cell(t, C, shade=True) for t in ("区分", "予算額", "説明")], 10)
        for name, amount, why in rows:
            y = sheet.row(24, y, widths, [name, Cell(yen(amount), R), why], 10)
        y = sheet.row(24, y, widths, [Cell("合計", C), Cell(yen(sum(r[1] for r in rows)), R), ""], 10) + 12
    page_number(sheet, 3)
    return sheet


def travel_order(rng: Random) -> list[Sheet]:
    """旅行命令書, one JPEG from a copier."""
    sheet = Sheet(rng=rng, face="gothic")
    sheet.text(105, 18, "旅 行 命 令 （ 依 頼 ） 書", 17, align=C)
    sheet.text(190, 32, "令和7年11月4日", 10.5, align=R)
    approval_boxes(sheet, 96, 40, ["命令権者", "課長補佐", "係長", "庶務", "旅行者", "支出"], ["桜庭", "", "金沢", "野口", "湯浅", ""], 15.6)
    y = 70.0
    for label, value in (
        ("所属・職・氏名", "建築指導課　主任　湯浅　千尋"),
        ("用務", "令和7年度建築基準行政会議（第2回）への出席"),
        ("用務先", "若葉県若葉市　若葉県庁第二庁舎 7階会議室"),
        ("旅行期間", "令和7年11月13日 から 令和7年11月14日 まで（1泊2日）"),
        ("交通手段", "鉄道（みどり野駅～若葉中央駅　片道 86.4km）"),
    ):
        y = sheet.row(
            20, y, (40, 130), [Cell(label, C), Cell(value, hand=label in ("用務", "用務先"), points=12.5 if label in ("用務", "用務先") else 10.5)], 12, 10.5
        )
    widths = (46.0, 34.0, 30.0, 60.0)
    y = sheet.row(20, y + 6, widths, [Cell(t, C) for t in ("旅費の区分", "金額", "精算", "備考")], 10)
    fares = (("鉄道賃", 3080, "往復"), ("特急料金", 1840, "指定席、往復"), ("宿泊費", 9800, "定額"), ("日当", 2200, "2日"))
    for name, amount, why in fares:
        y = sheet.row(20, y, widths, [name, Cell(yen(amount), R, hand=True, points=12.5), "", why], 10)
    y = sheet.row(20, y, widths, [Cell("合計", C), Cell(yen(sum(f[1] for f in fares)), R, hand=True, points=12.5), "", ""], 10)
    sheet.text(20, y + 6, "復命　　旅行終了後は、速やかに復命書を提出すること。", 10.5)
    y = sheet.row(20, y + 16, (40, 45, 40, 45), [Cell("概算払", C), "有　・　無", Cell("公用車の使用", C), "有　・　無"], 10)
    sheet.pen.ellipse([int(v * 300 / 25.4) for v in (74, y - 8.6, 83, y - 1.4)], outline=(34, 38, 82), width=5)
    sheet.pen.ellipse([int(v * 300 / 25.4) for v in (159, y - 8.6, 168, y - 1.4)], outline=(34, 38, 82), width=5)
    return [sheet]

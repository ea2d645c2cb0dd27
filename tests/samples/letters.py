"""Correspondence: notices, an inquiry, an answer, a draft for decision (起案), a fax cover, a progress report."""

from datetime import date
from random import Random

from samples.canvas import C, Cell, Sheet, em
from samples.layout import CITY_HALL, approval_boxes, head, items, letter, page_number, receipt_stamp, reiwa, square_seal, weekday


def training_notice(rng: Random) -> list[Sheet]:
    """研修の通知 with its timetable as an enclosure; both backs are blank."""
    day = date(2025, 7, 24)
    front = Sheet(rng=rng)
    letter(
        front,
        number="みどり野総第123号",
        day=reiwa(date(2025, 6, 12)),
        to=["各所属長　様"],
        sender=["総務課長　谷口　美咲", "（公印省略）"],
        title=["令和7年度情報公開研修の開催について（通知）"],
        body=[
            "このことについて、情報公開制度及び個人情報保護制度に関する職員の理解を深め、開示請求への適切な対応を図るため、下記のとおり研修を開催します。",
            "つきましては、業務多忙の折とは存じますが、所属職員の受講についてご配慮くださるようお願いします。なお、受講者を別紙の申込書により"
            "令和7年6月30日（月）までに総務課あて報告してください。",
        ],
        entries=[
            ("日時", f"{reiwa(day)}（{weekday(day)}）午後2時から午後4時30分まで"),
            ("場所", "市役所本庁舎5階　大会議室"),
            ("対象", "各課の文書取扱主任及び令和7年4月に新たに配属された職員"),
            ("内容", "(1) 情報公開条例の概要　(2) 不開示情報の考え方　(3) 開示請求の受付から決定までの事務　(4) 事例演習"),
            ("講師", "若葉大学法学部　准教授　笹原　悠斗　氏"),
            ("持ち物", "筆記用具、情報公開事務の手引（令和6年度版）"),
        ],
        contact=["担当　総務課文書係　大槻", "電話　0999-00-1234（内線2215）"],
        label=18,
    )
    return [front, Sheet(rng=rng), _timetable(rng), Sheet(rng=rng)]


def _timetable(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng)
    sheet.text(186, 22, "別紙", 11, align="r")
    sheet.text(105, 34, "令和7年度情報公開研修　日程表及び受講申込書", 13, align=C)
    widths = (36.0, 74.0, 50.0)
    y = sheet.row(25, 50, widths, [Cell(t, C, shade=True) for t in ("時間", "内容", "担当")], 9)
    for row in (
        ("13:30～14:00", "受付", "総務課文書係"),
        ("14:00～14:10", "開講のあいさつ", "総務課長"),
        ("14:10～15:10", "講義1　情報公開制度の概要と最近の判例", "笹原准教授"),
        ("15:10～15:20", "休憩", ""),
        ("15:20～16:10", "講義2　不開示情報の判断と理由の書き方", "笹原准教授"),
        ("16:10～16:30", "質疑応答、アンケートの記入", "総務課文書係"),
    ):
        y = sheet.row(25, y, widths, [Cell(row[0], C), row[1], Cell(row[2], C)], 10)
    sheet.text(25, y + 12, "受講申込書（所属名　　　　　　　　　　　）", 11.5, face="gothic")
    y = sheet.row(25, y + 21, (14, 60, 46, 40), [Cell(t, C, shade=True) for t in ("番号", "職名", "氏名", "内線")], 9)
    for number in range(1, 6):
        y = sheet.row(25, y, (14, 60, 46, 40), [Cell(str(number), C), "", "", ""], 10)
    sheet.text(25, y + 5, "※　6人以上の場合は、この用紙を複写して記入してください。", 9.5)
    sheet.text(25, y + 11, "※　手話通訳等の配慮が必要な方は、備考として余白に記入してください。", 9.5)
    return sheet


def purchase_draft(rng: Random) -> list[Sheet]:
    """物品購入の起案書 in its ruled form, with the seals of those who agreed, and the comparison of quotations."""
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(105, 17, "起　　案　　書", 18, align=C)
    y = 29.0
    for row in (
        (("文書番号", "みどり野デ第45号"), ("分類記号", "D-02-05")),
        (("起案日", "R07.05.08"), ("保存期間", "5年")),
        (("決裁日", "R07.05.14"), ("施行日", "R07.05.15")),
        (("起案者", "デジタル政策課　主事　堀川　拓真"), ("電話", "内線2471")),
    ):
        cells: list[Cell | str] = []
        for label, value in row:
            cells += [Cell(label, C, shade=True, points=9), value]
        y = sheet.row(20, y, (24, 76, 24, 46), cells, 9, 10.5)
    approval_boxes(
        sheet,
        20,
        y + 4,
        ["市長", "副市長", "局長", "課長", "課長補佐", "係長", "担当", "会計課長", "財政課長", "合議", "公印"],
        ["", "", "津村", "梶", "三好", "大西", "堀川", "赤堀", "", "", ""],
    )
    y += 30
    y = sheet.row(20, y, (24, 146), [Cell("件名", C, shade=True), Cell("会議室用モニターの購入について（伺）", points=12)], 14)
    sheet.frame(20, y, 170, 268 - y)
    y = sheet.paragraph(25, y + 6, 160, "ペーパーレス会議を推進するため、次のとおり会議室用モニターを購入してよろしいか伺います。", 10.5)
    y = items(
        sheet,
        26,
        y + 4,
        [
            ("品名及び数量", "65型液晶モニター（移動式スタンド付き）　4台"),
            ("購入予定額", "金 792,000円（うち消費税及び地方消費税の額 72,000円）"),
            ("購入の理由", "第2、第3、第5及び第7会議室には画面がなく、1回の会議につき平均240枚の紙資料を印刷しているため。"),
            ("予算科目", "一般会計　2款1項9目　情報管理費　17節　備品購入費"),
            ("契約の方法", "随意契約（地方自治法施行令第167条の2第1項第1号）。2者以上から見積書を徴する。"),
            ("納入場所", "市役所本庁舎3階及び4階の各会議室"),
            ("納入期限", "令和7年6月30日"),
            ("効果の見込み", "年間約46,000枚の用紙を削減"),
        ],
        label=28,
        points=10.5,
        right=30,
    )
    sheet.text(26, y + 5, "添付書類　見積比較表、仕様書、会議室利用状況調べ", 10.5)
    return [sheet, _quotations(rng), _monitor_specification(rng)]


def _quotations(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(105, 24, "見積比較表", 15, align=C)
    sheet.text(20, 38, "件名　会議室用モニターの購入", 10.5)
    sheet.text(190, 46, "（単位：円、税込）", 9, align="r")
    widths = (50.0, 20.0, 33.0, 33.0, 34.0)
    y = sheet.row(20, 52, widths, [Cell(t, C, shade=True) for t in ("品目", "数量", "株式会社若葉電機", "有限会社北都事務機", "ミナモ商事株式会社")], 12, 9.5)
    prices = ((137500, 141900, 148500), (42900, 44000, 41800), (13200, 12100, 15400), (4400, 5500, 4400))
    for name, row in zip(("65型液晶モニター", "移動式スタンド", "映像用ケーブル　5m", "搬入及び設置費"), prices, strict=True):
        y = sheet.row(20, y, widths, [name, Cell("4", C), *(Cell(f"{4 * p:,}", "r") for p in row)], 10)
    totals = [4 * sum(row[i] for row in prices) for i in range(3)]
    y = sheet.row(20, y, widths, [Cell("合計", C), "", *(Cell(f"{t:,}", "r", face="bold") for t in totals)], 11)
    for line in (
        "1　見積書の提出を求めた者は3者で、いずれも令和7年4月25日までに提出があった。",
        f"2　最低価格は株式会社若葉電機の{min(totals):,}円であり、予定価格の範囲内である。",
        "3　いずれの者も入札参加資格者名簿に登載され、指名停止の措置を受けていない。",
    ):
        sheet.text(20, y + 8, line, 10.5)
        y += 8
    return sheet


def _monitor_specification(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(105, 24, "仕　様　書", 15, align=C)
    y = sheet.row(22, 40, (46, 120), [Cell(t, C, shade=True) for t in ("項目", "仕様")], 10)
    for row in (
        ("画面サイズ", "65V型以上（16：9）"),
        ("解像度", "3,840 × 2,160（4K UHD）"),
        ("輝度", "350cd/㎡以上"),
        ("入力端子", "HDMI 3系統以上、USB Type-C 1系統以上（65W給電）"),
        ("無線投影", "Miracast及びAirPlayに対応すること。"),
        ("スタンド", "キャスター4個、ストッパー付き、耐荷重50kg以上"),
        ("消費電力", "200W以下（国際エネルギースタープログラム適合品）"),
        ("保証", "納入の日から3年間、平日翌日の訪問修理"),
    ):
        y = sheet.row(22, y, (46, 120), list(row), 11)
    y = sheet.paragraph(
        22,
        y + 8,
        166,
        "納入に当たっては、梱包材を受注者の負担で撤去し、動作を確認した上で、担当職員の検査を受けること。取扱説明書（日本語）を1台につき1部添付すること。",
        10.5,
    )
    page_number(sheet, 2)
    return sheet


def survey_inquiry(rng: Random) -> list[Sheet]:
    """照会 received by fax, with the form for the answer."""
    stamp = "2025年07月22日 10:33  FROM: ﾜｶﾊﾞｹﾝ ﾁｮｳｼﾞｭｶ  TO: 0999001601  P."
    first, second = Sheet(rng=rng, face="gothic"), Sheet(rng=rng, face="gothic")
    for number, sheet in enumerate((first, second), 1):
        sheet.text(12, 5, f"{stamp}{number}/2", 8.5)
    letter(
        first,
        number="長寿第418号",
        day="令和7年7月18日",
        to=["各市町高齢者福祉主管課長　様"],
        sender=["若葉県長寿社会課長"],
        title=["高齢者等の見守り事業の実施状況について（照会）"],
        body=[
            "日頃から本県の高齢者福祉行政の推進にご協力いただき、厚くお礼申し上げます。",
            "このことについて、今後の施策の参考とするため、貴市町における実施状況を把握したいので、下記により回答くださるようお願いします。",
        ],
        entries=[
            ("調査基準日", "令和7年7月1日"),
            ("回答様式", "別紙様式のとおり"),
            ("回答期限", "令和7年8月8日（金）"),
            ("回答方法", "電子メール又はファクシミリによること"),
        ],
        contact=["若葉県長寿社会課　地域支援担当　前田", "電話　0999-00-4180", "FAX　0999-00-4189"],
        points=12,
    )
    second.text(105, 24, "別紙様式", 11, align=C)
    second.text(105, 34, "高齢者等の見守り事業　実施状況調査票", 15, align=C)
    y = second.row(22, 48, (40, 126), [Cell("市町名", C), ""], 12, 11.5)
    y = second.row(22, y, (40, 126), [Cell("担当課・担当者", C), ""], 12, 11.5)
    y = second.row(22, y + 8, (72, 30, 64), [Cell(t, C) for t in ("事業の種類", "実施の有無", "利用者数・内容")], 11, 11.5)
    for name in (
        "緊急通報装置の貸与",
        "配食サービスによる安否確認",
        "民生委員による訪問",
        "郵便・新聞等事業者との協定",
        "見守り機器（センサー）の設置",
        "認知症高齢者の位置検索",
    ):
        y = second.row(22, y, (72, 30, 64), [name, Cell("有・無", C), Cell("人", "r")], 12, 11.5)
    second.text(22, y + 6, "実施していない場合は、その理由を余白に記入してください。", 11)
    return [first, second]


def fee_answer(rng: Random) -> list[Sheet]:
    """回答 with a table; the first page was fed upside down."""
    sheet = Sheet(rng=rng)
    letter(
        sheet,
        number="7緑財第86号",
        day="令和7年8月8日",
        to=["若葉県市町村振興課長　様"],
        sender=["みどり野市財政課長　岩瀬　直人", "（公印省略）"],
        title=["公共施設の使用料の見直しに関する調査について（回答）"],
        body=[
            "令和7年7月16日付け市町第302号で照会のあったこのことについて、別紙のとおり回答します。",
            "なお、スポーツ施設の使用料については、令和8年4月の改定に向けて検討中であり、現時点では金額が確定していないことを申し添えます。",
        ],
        contact=["担当　財政課財政第二係　向井", "電話　0999-00-1234（内線2330）", "電子メール　zaisei@city.midorino.example"],
    )
    second = Sheet(rng=rng)
    second.text(186, 22, "別紙", 11, align="r")
    second.text(105, 32, "公共施設使用料一覧（令和7年7月1日現在）", 13, align=C)
    second.text(187, 44, "（単位：円）", 9.5, align="r")
    widths = (54.0, 30.0, 28.0, 28.0, 24.0)
    y = second.row(23, 50, widths, [Cell(t, C, shade=True) for t in ("施設名", "区分", "現行料金", "改定案", "増減率")], 10)
    for name, unit, now, new in (
        ("中央公民館　大ホール", "1時間", 2400, 2640),
        ("中央公民館　研修室", "1時間", 420, 460),
        ("北部公民館　和室", "1時間", 300, 330),
        ("市民文化会館　展示室", "1日", 8800, 9680),
        ("総合体育館　アリーナ", "2時間", 3600, 3960),
        ("市民プール", "1人1回", 400, 440),
        ("緑ヶ丘テニスコート", "1面1時間", 620, 680),
        ("青少年の家　宿泊室", "1人1泊", 1100, 1210),
    ):
        y = second.row(23, y, widths, [name, Cell(unit, C), Cell(f"{now:,}", "r"), Cell(f"{new:,}", "r"), Cell(f"{(new - now) / now:.1%}", "r")], 9.5)
    second.paragraph(
        23, y + 6, 164, "（注）改定案は、受益者負担の基準に基づき算定した試算額であり、使用料等審議会の答申前のものである。", 9.5, indent=0, hang=3
    )
    page_number(second, 1)
    return [sheet, second]


def guideline_notice(rng: Random) -> list[Sheet]:
    """A notice in which Japanese, English and figures mix."""
    sheet = Sheet(rng=rng, face="udmincho")
    letter(
        sheet,
        number="令和7年緑デ第12号の3",
        day="令和7年9月24日",
        to=["各課（室・所）長　様"],
        sender=["デジタル政策課長　梶　雅之"],
        title=["生成AI（Generative AI）利用ガイドラインVer.1.2の", "改定について（通知）"],
        body=[
            "生成AIの利用については、令和6年10月1日付けで策定したガイドライン（Ver.1.1）により運用しているところですが、LGWAN-ASPで提供されるサービスの"
            "追加及びセキュリティポリシーの改正に伴い、下記のとおり改定しましたので通知します。",
        ],
        entries=[
            ("適用日", "2025年10月1日（水）"),
            (
                "改定の要点",
                "(1) 入力してはならない情報に、個人番号（My Number）及び住所・氏名の組合せを明記　(2) RAG（Retrieval-Augmented Generation）による庁内文書検索の試行"
                "　(3) 出力結果のFact Checkを2名以上で行うこと",
            ),
            (
                "利用方法",
                "ブラウザから https://ai.midorino.example/ に接続し、職員番号（8桁）とPINでログインする。1人1日あたりの上限は200 requests又は500,000 tokensとする。",
            ),
            ("動作環境", "Windows 11 Pro 24H2、CPU 4 cores以上、メモリ16GB、Wi-Fi 6（IEEE 802.11ax）対応端末"),
            ("研修", "e-Learning「AI Literacy 2025」（約45分、全12問）を10月末までに受講すること。"),
        ],
        contact=["担当　デジタル政策課DX推進係　Nguyen、堀川", "TEL 0999-00-1234（内線2471）", "E-mail: dx-suishin@city.midorino.example"],
        points=10.5,
    )
    return [sheet]


def fax_cover(rng: Random) -> list[Sheet]:
    """FAX送付状, filled in by hand."""
    sheet = Sheet(rng=rng, face="gothic")
    sheet.text(12, 5, "2025/11/14  15:47   ﾐﾄﾞﾘﾉｼ ﾄﾞｳﾛｶﾝﾘｶ   0999002001   P.01", 8.5)
    sheet.text(105, 24, "ＦＡＸ送付状", 26, align=C)
    sheet.text(188, 42, "令和7年11月14日", 12, align="r")
    y = 54.0
    for label, value in (
        ("送付先", "株式会社若葉建材　営業部　小野寺 様"),
        ("FAX番号", "0999-00-7788"),
        ("発信者", "みどり野市道路管理課　藤森"),
        ("電話", "0999-00-1234 内線2610"),
        ("送付枚数", "2枚（本紙を含む）"),
    ):
        y = sheet.row(22, y, (40, 126), [Cell(label, C), Cell(value, hand=True, points=15)], 14, 13)
    y = sheet.row(22, y + 6, (40, 126), [Cell("件名", C), Cell("カーブミラー支柱の在庫の件", hand=True, points=16)], 16, 13)
    sheet.frame(22, y + 6, 166, 96)
    sheet.text(26, y + 10, "通信欄", 12)
    for i, line in enumerate(
        (
            "いつもお世話になっております。",
            "先日お電話した支柱（76.3φ、L=3.6m）4本の",
            "在庫と納期について、見積とあわせて",
            "お知らせください。",
            "至急ではありません。よろしくお願いします。",
        )
    ):
        sheet.text(30, y + 22 + i * 13, line, 15, face="hand")
    sheet.text(105, 264, f"みどり野市　土木局　道路管理課　〒999-0001　{CITY_HALL}", 9.5, align=C)
    return [sheet]


def progress_report(rng: Random) -> list[Sheet]:
    """計画の進捗報告, made with a word processor (born digital)."""
    first, second = Sheet(rng=rng), Sheet(rng=rng)
    y = head(first, "みどり野デ第207号", "令和7年10月20日", ["デジタル化推進本部長　様"], ["デジタル政策課長　梶　雅之"])
    first.text(105, y, "みどり野市デジタル化推進計画の進捗状況について（報告）", 12, align=C)
    y = first.paragraph(
        27, y + 12, 159, "令和7年度から令和9年度までを期間とする標記計画について、令和7年9月末における施策の進捗状況を取りまとめたので報告します。", 11
    )
    for title, text in (
        (
            "1　基本方針と全体の状況",
            "計画に掲げる3つの基本方針、26施策のうち、予定どおり進んでいるものは21施策（80.8%）、遅れているものは4施策、未着手のものは1施策である。",
        ),
        (
            "2　文書の電子化",
            "紙文書の削減については、令和6年度を基準として12.4%の減となった。キャビネットゼロ作戦は、対象とした8課のうち3課で完了し、文書量にして186fm（ファイルメーター）を整理した。",
        ),
        (
            "3　窓口サービス",
            "書かない窓口を市民課に導入し、来庁者の平均待ち時間は18分から11分に短縮された。オンライン申請の利用件数は9,412件で、目標値の8,000件を上回った。",
        ),
        (
            "4　課題と今後の取組",
            "AI-OCRの読取精度は活字で98.7%に達したが、手書きの帳票では91.2%にとどまる。次年度の予算編成に向けて、対象とする帳票の見直しとRPAとの連携を進める。",
        ),
    ):
        first.text(27, y + 4, title, 11.5, face="gothic")
        y = first.paragraph(29, y + 12, 157, text, 11)
    page_number(first, 1)
    second.text(105, 24, "別表　施策別の進捗状況", 13, align=C)
    widths = (14.0, 66.0, 28.0, 28.0, 24.0)
    y = second.row(25, 38, widths, [Cell(t, C) for t in ("番号", "施策名", "目標値", "9月末実績", "進捗")], 10)
    for i, row in enumerate(
        (
            ("電子決裁率の向上", "95%", "88.3%", "順調"),
            ("紙文書の削減（令和6年度比）", "15%", "12.4%", "順調"),
            ("会議のペーパーレス化", "70%", "64.0%", "順調"),
            ("手続のオンライン化", "320件", "271件", "順調"),
            ("公共施設予約システムの更新", "令和7年12月", "設計中", "遅延"),
            ("統合型GISの公開", "令和8年1月", "試行中", "順調"),
            ("テレワーク用端末の配備", "450台", "450台", "完了"),
            ("デジタル推進員の育成", "60人", "38人", "遅延"),
        ),
        1,
    ):
        y = second.row(25, y, widths, [Cell(str(i), C), row[0], Cell(row[1], "r"), Cell(row[2], "r"), Cell(row[3], C)], 9.5)
    second.text(25, y + 5, "出典：デジタル政策課調べ（2025年9月30日現在）", 9.5)
    page_number(second, 2)
    return [first, second]


def appraisal_notice(rng: Random) -> list[Sheet]:
    """人事評価の通知 that its sender protected with a password."""
    sheet = Sheet(rng=rng)
    letter(
        sheet,
        number="みどり野人第310号",
        day="令和7年6月30日",
        to=["消防総務課　主査　椎名　航平　様"],
        sender=["人事課長　桑原　玲子"],
        title=["令和6年度人事評価の結果の開示について（通知）"],
        body=["このことについて、人事評価実施規程第14条の規定により、評価の結果を下記のとおり開示します。"],
        entries=[("評価期間", "令和6年4月1日から令和7年3月31日まで"), ("総合評価", "A"), ("面談", "令和7年7月9日（水）午前10時から")],
        contact=["担当　人事課人事係", "電話　0999-00-1234（内線2250）"],
    )
    square_seal(sheet, 176, 53, ["人　事", "課　長", "之　印"], 17)
    return [sheet]


def road_letter(rng: Random) -> list[Sheet]:
    """A request about trees over a road; its file is cut off in the middle."""
    sheet, photo = Sheet(rng=rng), Sheet(rng=rng)
    letter(
        sheet,
        number="7緑道第531号",
        day="令和7年9月5日",
        to=["緑ヶ丘三丁目町会長　様"],
        sender=["みどり野市道路管理課長　藤森　健"],
        title=["道路に張り出した樹木の剪定について（依頼）"],
        body=[
            "市道緑ヶ丘12号線において、沿道の樹木が道路上に張り出し、歩行者の通行の支障となっています。つきましては、下記により所有者への周知にご協力をお願いします。"
        ],
        entries=[("場所", "緑ヶ丘三丁目15番地先から22番地先まで"), ("期限", "令和7年10月31日まで"), ("高さ", "歩道上2.5m、車道上4.5mまで")],
        contact=["担当　道路管理課維持係　藤森", "電話　0999-00-1234（内線2610）"],
    )
    receipt_stamp(photo, 160, 40, "道路管理課", "7.9.5")
    photo.text(105, 24, "現況図", 14, align=C)
    photo.frame(30, 60, 150, 100)
    photo.paragraph(30, 170, 150, "歩道の有効幅員は1.2メートルで、そのうち約0.6メートルが枝葉でふさがれている。", 11, indent=em(0))
    return [sheet, photo]

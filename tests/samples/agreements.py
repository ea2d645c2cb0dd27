"""Long texts: a contract for services, an ordinance with its table of old and new wording."""

from collections.abc import Sequence
from random import Random

from samples.canvas import C, Cell, R, Sheet, em
from samples.layout import CITY_HALL, MAYOR, approval_boxes, fiscal_stamp, items, page_number, round_seal, square_seal

ARTICLES = (
    (
        "総則",
        "甲及び乙は、この契約に基づき、日本国の法令を遵守し、信義に従って誠実にこの契約を履行しなければならない。",
        "乙は、別紙仕様書に従い、頭書の業務（以下「業務」という。）を契約期間内に完了し、甲はその委託料を支払うものとする。",
    ),
    (
        "権利義務の譲渡等の禁止",
        "乙は、この契約により生ずる権利又は義務を第三者に譲渡し、又は承継させてはならない。ただし、あらかじめ甲の書面による承諾を得た場合は、この限りでない。",
    ),
    (
        "再委託の禁止",
        "乙は、業務の全部を第三者に委託し、又は請け負わせてはならない。",
        "乙は、業務の一部を第三者に委託しようとするときは、その理由、委託先及び範囲を記載した書面を甲に提出し、承諾を得なければならない。",
    ),
    ("業務責任者", "乙は、業務責任者を定め、契約締結後7日以内に甲に届け出なければならない。業務責任者を変更したときも、同様とする。"),
    (
        "指示及び報告",
        "甲は、必要があると認めるときは、業務の履行の状況について乙に報告を求め、又は調査をすることができる。",
        "乙は、毎月の利用者数及び対応した言語別の件数を、翌月10日までに業務月報により甲に報告するものとする。",
    ),
    ("秘密の保持", "乙は、業務の履行に当たって知り得た秘密を他に漏らしてはならない。この契約が終了した後も、同様とする。"),
    ("個人情報の保護", "乙は、個人情報の取扱いについて、別記「個人情報取扱特記事項」を遵守しなければならない。"),
    (
        "完了の報告及び検査",
        "乙は、四半期ごとに業務が完了したときは、遅滞なく業務完了届を甲に提出しなければならない。",
        "甲は、前項の届出を受理した日から10日以内に検査を行い、その結果を乙に通知するものとする。",
    ),
    (
        "委託料の支払",
        "乙は、前条の検査に合格したときは、甲に対し委託料の支払を請求することができる。",
        "甲は、適法な請求書を受理した日から30日以内に委託料を支払わなければならない。",
    ),
    ("損害の負担", "業務の履行に関して生じた損害は、乙の負担とする。ただし、甲の責めに帰すべき事由による場合は、この限りでない。"),
    (
        "契約の変更",
        "甲は、必要があるときは、乙と協議の上、業務の内容を変更し、又は一時中止させることができる。この場合において、委託料又は契約期間を変更する必要があるときは、書面により定めるものとする。",
    ),
    (
        "契約の解除",
        "甲は、乙が次の各号のいずれかに該当するときは、催告をしないで、この契約を解除することができる。",
        "(1)　乙の責めに帰すべき事由により、契約期間内に業務を完了する見込みがないとき。",
        "(2)　乙が暴力団又は暴力団員と密接な関係を有すると認められるとき。",
    ),
    ("違約金", "前条の規定によりこの契約が解除された場合は、乙は、委託料の100分の10に相当する額を違約金として、甲の指定する期間内に支払わなければならない。"),
    ("帳簿等の保存", "乙は、業務に関する帳簿及び証拠書類を、契約期間の終了後5年間保存しなければならない。"),
    ("管轄裁判所", "この契約に関する訴訟は、若葉地方裁判所を第一審の専属的合意管轄裁判所とする。"),
    ("定めのない事項", "この契約に定めのない事項については、みどり野市契約規則の定めるところによるほか、甲乙協議して定めるものとする。"),
)


def service_contract(rng: Random) -> list[Sheet]:
    """委託契約書 on both sides of three sheets; the last back is blank."""
    first = Sheet(rng=rng, face="udmincho")
    fiscal_stamp(first, 22, 16)
    first.text(105, 30, "観光案内所運営業務委託契約書", 17, align=C)
    y = items(
        first,
        24,
        54,
        [
            ("業務の名称", "令和7年度みどり野市観光案内所運営業務委託"),
            ("履行場所", "みどり野市駅前一丁目1番2号　みどり野駅観光案内所"),
            ("契約期間", "令和7年4月15日から令和8年3月31日まで"),
            ("委託料", "金 18,480,000円（うち取引に係る消費税及び地方消費税の額 1,680,000円）"),
            ("契約保証金", "免除（みどり野市契約規則第31条第3号）"),
        ],
        label=30,
        points=11,
    )
    y = first.paragraph(
        24,
        y + 4,
        162,
        "上記の業務について、みどり野市（以下「甲」という。）と一般社団法人みどり野観光コンベンション協会（以下「乙」という。）は、次の条項により委託契約を締結する。",
        11,
    )
    pages = [first]
    y = _articles(pages, y + 3, rng)
    last = pages[-1]
    if y > 170:
        last = Sheet(rng=rng, face="udmincho")
        pages.append(last)
        y = 24.0
    _signatures(last, y + 6)
    pages += [_specification(rng), _privacy_clauses(rng)]
    for number, page in enumerate(pages, 1):
        page_number(page, number)
    if len(pages) % 2:
        pages.append(Sheet(rng=rng))
    return pages


def _articles(pages: list[Sheet], y: float, rng: Random) -> float:
    """Articles with their headings, over as many pages as they need. Returns the y below the last."""
    for number, (title, *paragraphs) in enumerate(ARTICLES, 1):
        lines = [(f"（{title}）", 1.0, 0.0)]
        lines += [(f"第{number}条　{text}" if i == 1 else text if text.startswith("(") else f"{i}　{text}", 0.0, 1.0) for i, text in enumerate(paragraphs, 1)]
        for text, indent, hang in lines:
            need = len(pages[-1].wrapped(text, 162, 10.5, "", indent, hang)) * em(10.5) * 1.75
            if y + need > 272:
                pages.append(Sheet(rng=rng, face="udmincho"))
                y = 24.0
            y = pages[-1].paragraph(24, y, 162, text, 10.5, indent=indent, hang=hang)
    return y


def _signatures(sheet: Sheet, y: float) -> None:
    y = sheet.paragraph(24, y, 162, "この契約の締結を証するため、本書2通を作成し、甲乙記名押印の上、各自その1通を保有する。", 10.5)
    sheet.text(30, y + 5, "令和7年4月15日", 11)
    for i, line in enumerate((f"甲　　{CITY_HALL}", "　　　みどり野市", f"　　　{MAYOR}")):
        sheet.text(62, y + 18 + i * 8, line, 11)
    square_seal(sheet, 146, y + 36, ["みどり", "野市長", "之　印"], 22)
    for i, line in enumerate(("乙　　若葉県みどり野市駅前一丁目3番5号", "　　　一般社団法人みどり野観光コンベンション協会", "　　　代表理事　柏原　百合子")):
        sheet.text(62, y + 54 + i * 8, line, 11)
    square_seal(sheet, 146, y + 73, ["観光協", "会代表", "理事印"], 19)


def _specification(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(186, 20, "別紙", 10.5, align=R)
    sheet.text(105, 28, "観光案内所運営業務　仕様書", 14, align=C)
    y = 42.0
    for title, text in (
        ("1　業務日及び業務時間", "年末年始（12月29日から1月3日まで）を除く毎日、午前9時から午後6時までとする。"),
        ("2　人員の配置", "常時2名以上を配置し、うち1名は英語又は中国語で対応できる者（TOEIC 600点程度以上）とする。"),
        (
            "3　業務の内容",
            "(1) 来訪者への観光情報の提供　(2) 宿泊施設及び体験プログラムの案内　(3) パンフレットの補充及び在庫管理　(4) 手荷物の一時預かり（1個 300円）　(5) 無料Wi-Fiの利用案内",
        ),
        ("4　成果品", "業務月報、四半期報告書、年度末報告書（A4判、電子データを含む。）"),
    ):
        sheet.text(24, y, title, 11, face="udgothic")
        y = sheet.paragraph(28, y + 8, 158, text, 10.5) + 3
    y = sheet.row(24, y + 4, (42, 40, 40, 40), [Cell(t, C, shade=True) for t in ("四半期", "期間", "支払額（円）", "検査の時期")], 10)
    for row in (
        ("第1四半期", "4月～6月", "4,620,000", "7月上旬"),
        ("第2四半期", "7月～9月", "4,620,000", "10月上旬"),
        ("第3四半期", "10月～12月", "4,620,000", "1月上旬"),
        ("第4四半期", "1月～3月", "4,620,000", "3月末日"),
    ):
        y = sheet.row(24, y, (42, 40, 40, 40), [Cell(row[0], C), Cell(row[1], C), Cell(row[2], R), Cell(row[3], C)], 9.5)
    return sheet


def _privacy_clauses(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="udmincho")
    sheet.text(186, 20, "別記", 10.5, align=R)
    sheet.text(105, 28, "個人情報取扱特記事項", 14, align=C)
    y = 42.0
    for number, (title, text) in enumerate(
        (
            (
                "基本的事項",
                "乙は、個人情報の保護の重要性を認識し、業務の実施に当たっては、個人の権利利益を侵害することのないよう、個人情報を適正に取り扱わなければならない。",
            ),
            (
                "収集の制限",
                "乙は、業務のために個人情報を収集するときは、その目的を達成するために必要な範囲内で、適法かつ公正な手段により行わなければならない。",
            ),
            ("安全管理措置", "乙は、個人情報の漏えい、滅失又は毀損の防止のため、保管庫の施錠、パスワードの設定その他の必要な措置を講じなければならない。"),
            ("複写等の禁止", "乙は、甲の承諾があるときを除き、個人情報が記録された資料を複写し、又は複製してはならない。"),
            ("資料の返還等", "乙は、業務を処理するために甲から貸与された資料を、業務の完了後直ちに甲に返還し、又は甲の指示に従い廃棄しなければならない。"),
            ("事故の報告", "乙は、この特記事項に違反する事態が生じ、又は生ずるおそれがあることを知ったときは、速やかに甲に報告し、甲の指示に従うものとする。"),
        ),
        1,
    ):
        y = sheet.paragraph(24, y, 162, f"（{title}）", 10.5)
        y = sheet.paragraph(24, y, 162, f"第{number}　{text}", 10.5, indent=0, hang=1) + 2
    return sheet


def ordinance_amendment(rng: Random) -> list[Sheet]:
    """条例の一部改正: the draft for decision, the amending ordinance and the table of old and new wording."""
    first = Sheet(rng=rng)
    first.text(105, 16, "起　　案　　用　　紙", 16, align=C)
    y = 28.0
    for row in (
        ("文書番号", "みどり野文第88号", "保存期間", "30年"),
        ("起案年月日", "令和8年2月10日", "決裁年月日", "令和8年2月13日"),
        ("起案者", "文書法制課　主査　速水　剛", "電話", "内線2204"),
    ):
        y = first.row(20, y, (28, 67, 28, 47), [Cell(t, C, shade=True) if i % 2 == 0 else Cell(t) for i, t in enumerate(row)], 9.5, 10.5)
    approval_boxes(
        first,
        20,
        y + 4,
        ["市長", "副市長", "局長", "課長", "課長補佐", "係長", "担当", "財政課", "市民課", "秘書課"],
        ["高瀬", "緒方", "相良", "榊", "辻", "", "速水", "岩瀬", "間宮", ""],
        17,
    )
    y += 31
    first.text(24, y, "件名", 10.5)
    for i, line in enumerate(("みどり野市手数料条例の一部を改正する条例の", "制定について（伺）")):
        first.text(42, y + i * 8, line, 12.5)
    y = first.paragraph(
        24, y + 22, 162, "このことについて、別紙のとおり条例案を作成し、令和8年第1回みどり野市議会定例会に議案として提出してよろしいか伺います。", 11
    )
    items(
        first,
        26,
        y + 4,
        [
            ("改正の理由", "戸籍法等の改正及び事務処理に要する費用の見直しに伴い、証明書の交付に係る手数料の額を改めるもの"),
            (
                "改正の概要",
                "(1) 多機能端末機による交付の手数料を1通につき100円減額する。　(2) 戸籍電子証明書提供用識別符号の発行手数料を加える。　(3) その他所要の字句の整理",
            ),
            ("施行期日", "令和8年7月1日"),
            ("経過", "令和7年12月22日　例規審査委員会　承認"),
        ],
        label=26,
        points=11,
    )
    return [first, _amending_text(rng), _old_and_new(rng)]


def _amending_text(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng)
    sheet.text(40, 26, "みどり野市手数料条例の一部を改正する条例（案）", 12.5)
    y = 42.0
    for text, indent in (
        ("みどり野市手数料条例（平成12年みどり野市条例第15号）の一部を次のように改正する。", 1.0),
        ("第2条第1項の表1の項中「450円」を「450円（多機能端末機により交付する場合にあっては、350円）」に改め、同表2の項の次に次のように加える。", 1.0),
        ("2の2　戸籍電子証明書提供用識別符号の発行　1件につき400円", 2.0),
        ("第2条第1項の表5の項中「300円」を「300円（多機能端末機により交付する場合にあっては、200円）」に改める。", 1.0),
        ("第5条第2号中「身体障害者手帳の交付を受けている者」の次に「その他市長が特に必要があると認める者」を加える。", 1.0),
    ):
        y = sheet.paragraph(26, y, 160, text, 11, indent=indent, leading=1.9)
    sheet.text(46, y + 8, "附　則", 11)
    y += 18
    for text in (
        "（施行期日）",
        "1　この条例は、令和8年7月1日から施行する。",
        "（経過措置）",
        "2　この条例による改正後のみどり野市手数料条例の規定は、この条例の施行の日以後に申請のあったものについて適用し、同日前に申請のあったものについては、なお従前の例による。",
    ):
        y = sheet.paragraph(26, y, 160, text, 11, indent=1.0 if text.startswith("（") else 0.0, hang=1.0, leading=1.9)
    page_number(sheet, 2)
    return sheet


def _old_and_new(rng: Random) -> Sheet:
    sheet = Sheet(rng=rng, face="gothic")
    sheet.text(105, 20, "みどり野市手数料条例　新旧対照表", 14, align=C)
    y = sheet.row(20, 34, (85, 85), [Cell("改正後（新）", C, shade=True), Cell("改正前（旧）", C, shade=True)], 10, 10.5)
    top = y
    columns: tuple[Sequence[str], Sequence[str]] = (
        (
            "（手数料の額）",
            "第2条　手数料の種類及び額は、次のとおりとする。",
            "1　戸籍の全部事項証明書の交付　1通につき450円（多機能端末機により交付する場合にあっては、350円）",
            "2　除かれた戸籍の謄本の交付　1通につき750円",
            "2の2　戸籍電子証明書提供用識別符号の発行　1件につき400円",
            "3・4　（略）",
            "5　住民票の写しの交付　1通につき300円（多機能端末機により交付する場合にあっては、200円）",
            "（手数料の免除）",
            "第5条　市長は、次の各号のいずれかに該当するときは、手数料を免除することができる。",
            "(1) 法令に無料で取り扱うことの定めがあるとき。",
            "(2) 身体障害者手帳の交付を受けている者その他市長が特に必要があると認める者から請求があったとき。",
        ),
        (
            "（手数料の額）",
            "第2条　手数料の種類及び額は、次のとおりとする。",
            "1　戸籍の全部事項証明書の交付　1通につき450円",
            "2　除かれた戸籍の謄本の交付　1通につき750円",
            "3・4　（略）",
            "5　住民票の写しの交付　1通につき300円",
            "（手数料の免除）",
            "第5条　市長は、次の各号のいずれかに該当するときは、手数料を免除することができる。",
            "(1) 法令に無料で取り扱うことの定めがあるとき。",
            "(2) 身体障害者手帳の交付を受けている者から請求があったとき。",
        ),
    )
    for left, texts in zip((20, 105), columns, strict=True):
        y = top + 4
        for text in texts:
            y = sheet.paragraph(left + 3, y, 79, text, 10, indent=0, hang=1) + 1.5
    for left in (20, 105):
        sheet.frame(left, top, 85, 262 - top)
    page_number(sheet, 3)
    round_seal(sheet, 182, 26, "速水", 9)
    return sheet

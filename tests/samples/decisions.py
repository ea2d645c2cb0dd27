"""What is asked of the city and what it decides: a request for disclosure, a permit to use its property, an appeal."""

from random import Random

from samples.canvas import C, Cell, R, Sheet
from samples.layout import receipt_stamp, round_seal, square_seal


def disclosure_request(rng: Random) -> list[Sheet]:
    """公文書開示請求書 with the receipt stamp."""
    sheet = Sheet(rng=rng)
    sheet.text(22, 14, "様式第1号（第2条関係）", 9.5)
    sheet.text(105, 24, "公文書開示請求書", 18, align=C)
    sheet.text(188, 40, "令和7年11月20日", 11.5, align=R, face="hand")
    sheet.text(22, 49, "（実施機関）みどり野市長　様", 11.5)
    y = 62.0
    for label, value in (("住所又は所在地", "〒999-0032 みどり野市西町4丁目10番2号"), ("氏名又は名称", "白石 敬太"), ("連絡先の電話番号", "0999-00-9016")):
        y = sheet.row(70, y, (36, 84), [Cell(label, C, points=9.5), Cell(value, hand=True, points=11.5)], 12)
    sheet.text(22, 106, "みどり野市情報公開条例第6条第1項の規定により、次のとおり開示請求をします。", 10.5)
    y = 116.0
    for label, value, hand, height in (
        ("公文書の名称又は内容", "緑橋耐震補強工事（令和6年度）の設計変更に関する協議書及び変更契約書の一切", True, 34),
        ("請求の目的（任意）", "地域の安全対策の調査のため", True, 14),
        ("開示の方法の区分", "1 閲覧　　2 視聴　　3 写しの交付（郵送希望 有・無）", False, 14),
    ):
        y = sheet.row(20, y, (48, 122), [Cell(label, C, shade=True), Cell(value, hand=hand, points=13 if hand else 10.5)], height)
    sheet.text(20, y + 5, "以下の欄は、記入しないでください。", 9)
    y += 13
    for label, value in (
        ("担当課", "道路建設課　電話 0999-00-1234　内線 2640"),
        ("決定期限", "令和7年12月4日（請求の日から14日以内）"),
        ("受付番号", "令和7年度 第37号"),
        ("備考", "不開示情報（第三者の印影）を含む見込み"),
    ):
        y = sheet.row(20, y, (48, 122), [Cell(label, C, shade=True), value], 11, 10.5)
    receipt_stamp(sheet, 44, 78, "総務課", "7.11.20", (200, 50, 60))
    return [sheet]


def property_permit(rng: Random) -> list[Sheet]:
    """行政財産の使用許可書; the conditions are on the back."""
    front, back = Sheet(rng=rng), Sheet(rng=rng)
    front.text(186, 24, "令和7年緑総第212号の3", 11, align=R)
    front.text(186, 31, "令和7年6月18日", 11, align=R)
    for i, line in enumerate(("若葉県みどり野市本町一丁目11番4号", "みどり野飲料販売株式会社", "代表取締役　進藤　康平　様")):
        front.text(27, 44 + i * 7, line, 11)
    front.text(158, 74, "みどり野市長　高瀬　恒一", 11.5, align=R)
    square_seal(front, 164, 77, ["みどり", "野市長", "之　印"], 23)
    front.text(105, 98, "行政財産の目的外使用許可書", 14, align=C)
    y = front.paragraph(
        27, 112, 157, "令和7年6月4日付けで申請のあった行政財産の使用については、地方自治法第238条の4第7項の規定により、次のとおり許可する。", 11
    )
    y += 5
    for label, value in (
        ("財産の名称", "市民文化会館（公有財産台帳番号 B-0147）"),
        ("所在及び地番", "みどり野市本町四丁目 地番 208番1"),
        ("使用部分", "1階ロビー 3.6平方メートル"),
        ("使用目的", "飲料自動販売機 3台の設置"),
        ("使用期間", "令和7年7月1日から令和10年6月30日まで"),
        ("使用料", "年額 金 186,000円（別途電気料を納付すること。）"),
        ("使用の条件", "裏面のとおり"),
    ):
        y = front.row(27, y, (40, 117), [Cell(label, C), value], 12, 10.5)
    y = front.paragraph(
        27,
        y + 6,
        157,
        "教示　この処分に不服がある場合は、この処分があったことを知った日の翌日から起算して3月以内に、みどり野市長に対して審査請求をすることができる。",
        9.5,
        indent=0,
        hang=3,
    )
    back.text(105, 26, "使用許可の条件", 14, align=C)
    y = 42.0
    for i, text in enumerate(
        (
            "使用を許可された者（以下「使用者」という。）は、使用財産を善良な管理者の注意をもって維持保存しなければならない。",
            "使用者は、使用財産を第三者に転貸し、又は担保に供してはならない。",
            "使用者は、使用財産の原状を変更しようとするときは、あらかじめ書面により市長の承認を受けなければならない。",
            "使用料は、市が発行する納入通知書により、毎年度4月30日までに納付しなければならない。",
            "市において公用又は公共用に供するため使用財産を必要とするときは、使用許可を取り消し、又は変更することがある。",
            "使用者は、使用期間が満了したとき、又は使用許可を取り消されたときは、自己の負担で使用財産を原状に回復し、返還しなければならない。",
            "容器は使用者が責任をもって回収し、周辺の清掃に努めること。",
            "この条件に疑義があるときは、市の解釈による。",
        ),
        1,
    ):
        y = back.paragraph(27, y, 157, f"{i}　{text}", 10.5, indent=0, hang=1.5) + 2
    return [front, back]


def appeal(rng: Random) -> list[Sheet]:
    """審査請求書 against a tax assessment."""
    sheet = Sheet(rng=rng, face="gothic")
    sheet.text(105, 22, "審　査　請　求　書", 18, align=C)
    sheet.text(186, 38, "令和７年１２月１日", 11, align=R)
    sheet.text(24, 47, "みどり野市長　高瀬　恒一　様", 11)
    for i, line in enumerate(("審査請求人　住所　みどり野市南町二丁目7番19号", "　　　　　　氏名　森岡　博文")):
        sheet.text(94, 58 + i * 8, line, 11)
    round_seal(sheet, 180, 68, "森岡", 12)
    sheet.text(24, 82, "次のとおり審査請求をします。", 11)
    y = 93.0
    for title, text in (
        (
            "1　審査請求に係る処分の内容",
            "みどり野市長が令和7年9月12日付けで審査請求人に対してした、令和7年度国民健康保険料の減免を認めない旨の処分（7緑保第655号）",
        ),
        ("2　処分があったことを知った年月日", "令和7年9月16日"),
        ("3　審査請求の趣旨", "「1に記載した処分を取り消す。」との裁決を求める。"),
        (
            "4　審査請求の理由",
            "審査請求人は、令和7年3月に勤務先を解雇され、同年の所得の見込みは前年の10分の3以下である。処分庁は、提出した離職票を確認せずに減免の要件に該当しないと判断しており、処分は事実の認定を誤った違法なものである。",
        ),
        ("5　処分庁の教示の有無及び内容", "「この決定に不服がある場合は、3月以内に審査請求をすることができる」との教示があった。"),
        ("6　添付書類", "処分通知書の写し、離職票の写し、給与明細書　各1通"),
    ):
        sheet.text(24, y, title, 11)
        y = sheet.paragraph(30, y + 8, 155, text, 11) + 3
    receipt_stamp(sheet, 50, 262, "文書法制課", "7.12.2")
    return [sheet]

"""Search measured on a made-up archive:  python tests/bench/bench_search.py --pages 20000

Prints CPU ms of the asking thread (p50, p95, p99) by kind of query, bytes of index a page, and wall ms to add one record. Everything lies in the page cache.
Pages are drawn with a fixed seed from office phrases, names and nouns of Zipf-like frequency, cut into lines; 30 % of them carry 2 % of wrong signs.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path

from scanpipe.catalogue.search import SearchEntry, SearchIndex, SearchReader

KANJI = (
    "市税課道路占用許可申請書契約事務用品購入支出命令負担行為請求金額総務財政福祉保険年度令和平成届出住民票戸籍証明交付決定通"
    "知依頼照会回答会議資料議事録委員審査計画工事設計図面検査完成管理施設台帳補助事業実績報告職員給与旅費出張命令休暇条例規則"
    "改正告示公布開示情報個人保護台風防災避難訓練消防団水道下公園緑地建築確認都市整備農業商工観光振興教育学校給食図書館体育"
)
PHRASES = [
    "下記のとおり",
    "について（通知）",
    "標記の件について、",
    "別紙のとおり",
    "お願いいたします。",
    "令和７年４月１日",
    "担当：",
    "電話番号　０３－１２３４－５６７８",
    "支出負担行為",
    "契約書",
    "申請者　住所",
    "氏名　",
    "円（税込）",
    "を交付する。",
    "の規定により、",
    "ものとする。",
    "システム",
    "データ",
    "サービス",
    "委託料",
    "道路占用許可申請書",
]
KINDS = {"1 sign": 1, "2 signs": 2, "3 signs": 3, "6 signs": 6, "12 signs": 12}
DEPARTMENTS, CATEGORIES = [str(1100 + 5 * i) for i in range(110)], [f"CAT{i}" for i in range(20)]


def zipf(rng: random.Random, values: list[str]) -> Callable[[], str]:
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(values))))
    return lambda: rng.choices(values, cum_weights=weights)[0]


class Corpus:
    def __init__(self, pages: int, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        self.noun = zipf(rng, ["".join(rng.choices(KANJI, k=rng.choice((2, 2, 3, 4)))) for _ in range(20_000)])
        self.records: list[list[str]] = []
        left = pages
        while left > 0:
            count = min(left, rng.choices((1, 2, 3, 5, 10, 40), (50, 25, 12, 8, 4, 1))[0])
            self.records.append([self.page() for _ in range(count)])
            left -= count

    def page(self) -> str:
        rng = self.rng
        text = "".join(rng.choice(PHRASES) if rng.random() < 0.35 else self.noun() + rng.choice("のをにはと、。がで") for _ in range(270))[:1050]
        if rng.random() < 0.3:
            text = "".join(rng.choice(KANJI) if rng.random() < 0.02 else sign for sign in text)
        return "\n".join(text[at : at + 38] for at in range(0, len(text), 38))

    def entry(self, serial: int) -> SearchEntry:
        rng = random.Random(serial)
        day = date(2021, 4, 1) + timedelta(days=serial * 1400 // (len(self.records) + 100))
        return SearchEntry(
            accession_id=f"{serial:026d}",
            serial=serial,
            number=f"{day.year}-{serial:06d}",
            department=rng.choice(DEPARTMENTS),
            category=rng.choice(CATEGORIES),
            fiscal_year=day.year,
            date=day,
            title=self.noun() + "について",
            name_words=f"金総第{serial}号",
            pages=self.records[(serial - 1) % len(self.records)],
        )

    def words(self, signs: int, count: int) -> list[str]:
        """Strings of so many signs cut from random pages, without punctuation."""
        found: list[str] = []
        while len(found) < count:
            line = self.rng.choice(self.rng.choice(self.records)).replace("\n", "")
            at = self.rng.randrange(len(line) - signs)
            word = line[at : at + signs]
            if word.isalnum():
                found.append(word)
        return found


def measured(ask: Callable[[str], object], words: list[str]) -> str:
    times = []
    for word in words:
        began = time.thread_time()
        ask(word)
        times.append((time.thread_time() - began) * 1e3)
    return percentiles(times)


def percentiles(times: list[float]) -> str:
    times = sorted(times)
    return " / ".join(f"{times[min(len(times) - 1, int(len(times) * share))]:8.2f}" for share in (0.5, 0.95, 0.99))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=100, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    corpus = Corpus(given.pages, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "search.db")
        build(path, corpus, given.pages)
        ask(path, corpus, given.queries)
        add(path, corpus)


def build(path: Path, corpus: Corpus, pages: int) -> None:
    index, began = SearchIndex(path), time.process_time()
    with index.bulk():
        for serial in range(1, len(corpus.records) + 1):
            index.put(corpus.entry(serial))
    built = time.process_time() - began
    index.optimise()
    index.close()
    merged = time.process_time() - began - built
    print(f"{sys.implementation.name} {sys.version.split()[0]}: {pages} pages, {len(corpus.records)} records")
    print(f"build {built / pages * 1e3:.2f} CPU ms a page, optimise {merged:.1f} CPU s, {path.stat().st_size / pages:.0f} bytes of index a page")


def ask(path: Path, corpus: Corpus, queries: int) -> None:
    reader = SearchReader(path, lambda serial, page: corpus.records[serial - 1][page - 1] if page <= len(corpus.records[serial - 1]) else "")
    print(f"{'CPU ms':44} {'p50':>8} / {'p95':>8} / {'p99':>8}")
    for kind, signs in KINDS.items():
        words = corpus.words(signs, queries)
        print(f"{kind + ', newest 20 with snippets and count':44}", measured(reader.search, words))
        print(f"{kind + ', count alone':44}", measured(lambda word: reader.search(word, limit=0), words))
        filtered = {"department": DEPARTMENTS[3], "category": CATEGORIES[2], "fiscal_year": 2022}
        print(f"{kind + ', three filters':44}", measured(lambda word, by=filtered: reader.search(word, **by), words))  # type: ignore[misc]
    pairs = [" ".join(pair) for pair in zip(corpus.words(2, queries), corpus.words(3, queries), strict=True)]
    print(f"{'2 AND 3 signs':44}", measured(reader.search, pairs))
    print(f"{'2 NOT 3 signs':44}", measured(reader.search, [pair.replace(" ", " -") for pair in pairs]))
    months = {"date_from": date(2022, 5, 10), "date_to": date(2022, 12, 9)}
    print(f"{'2 signs, dates of seven months':44}", measured(lambda word: reader.search(word, **months), corpus.words(2, queries)))  # type: ignore[arg-type]
    print(f"{'2 signs, with facets':44}", measured(lambda word: reader.search(word, facets=True), corpus.words(2, queries)))
    print(f"{'2 signs, by relevance':44}", measured(lambda word: reader.search(word, order="relevance"), corpus.words(2, queries)))
    print(f"{'6 signs, by relevance':44}", measured(lambda word: reader.search(word, order="relevance"), corpus.words(6, queries)))
    recall(reader, corpus, queries)


def recall(reader: SearchReader, corpus: Corpus, queries: int) -> None:
    """Words of 1-3 signs against exact substring of the text without its line ends."""
    whole = ["".join(pages).replace("\n", "") for pages in corpus.records]
    wanted = found = 0
    for signs in (1, 2, 3):
        for word in dict.fromkeys(corpus.words(signs, min(queries, 8))):
            plain = [serial for serial, text in enumerate(whole, 1) if word in text]
            hits = {hit.serial for hit in reader.search(word, limit=len(whole)).hits}
            wanted, found = wanted + len(plain), found + len(hits.intersection(plain))
    print(f"recall of 1-3 signs: {found} of {wanted}")


def add(path: Path, corpus: Corpus, records: int = 300) -> None:
    index, times = SearchIndex(path), []
    for serial in range(len(corpus.records) + 1, len(corpus.records) + records + 1):
        entry = corpus.entry(serial)
        began = time.perf_counter()
        index.put(entry)
        times.append((time.perf_counter() - began) * 1e3 / len(entry.pages))
    index.close()
    print(f"{'add one record, wall ms a page':44}", percentiles(times), f" worst {max(times):.1f}")


if __name__ == "__main__":
    main()

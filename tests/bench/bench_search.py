"""Search measured on a made-up archive:  make bench-search [PAGES=100000]

Prints CPU ms of the asking thread (p50, p95, p99) by kind of query beside the target (design §12), bytes of index a page, wall ms to add one record, and recall.
Everything lies in the page cache. Pages are drawn with a fixed seed from office phrases, names and nouns of Zipf-like frequency, cut into lines; 30 % of them
carry 2 % of wrong signs. Their texts lie in SQLite as the catalogue's do and are masked as they are there, so that snippets cost what they cost.
"""

import argparse
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from scanpipe.catalogue.database import open_reader, open_writer, transaction
from scanpipe.catalogue.search import Access, SearchEntry, SearchHit, SearchIndex, SearchReader
from scanpipe.core.describing.my_number import masked
from scanpipe.core.finding.query import Word

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
RECALLED = 5000  # hits of a word that are compared: each is shown with its snippet, and one sign stands in hundreds of thousands of records
DEPARTMENTS, CATEGORIES = [str(1100 + 5 * i) for i in range(110)], [f"CAT{i}" for i in range(20)]


def zipf(rng: random.Random, values: list[str]) -> Callable[[], str]:
    weights = list(accumulate(1 / (rank + 1) for rank in range(len(values))))
    return lambda: rng.choices(values, cum_weights=weights)[0]


class Corpus:
    """Records of made-up pages; each is drawn from its own seed, so that none need be kept."""

    def __init__(self, pages: int, seed: int) -> None:
        rng = self.rng = random.Random(seed)
        self.seed = seed
        self.nouns = ["".join(rng.choices(KANJI, k=rng.choice((2, 2, 3, 4)))) for _ in range(20_000)]
        self.sizes: list[int] = []
        left = pages
        while left > 0:
            self.sizes.append(min(left, rng.choices((1, 2, 3, 5, 10, 40), (50, 25, 12, 8, 4, 1))[0]))
            left -= self.sizes[-1]

    def pages(self, serial: int) -> list[str]:
        rng = random.Random(f"{self.seed}-{serial}")
        return [self._page(rng) for _ in range(self.sizes[(serial - 1) % len(self.sizes)])]

    def _page(self, rng: random.Random) -> str:
        noun = zipf(rng, self.nouns)
        text = "".join(rng.choice(PHRASES) if rng.random() < 0.35 else noun() + rng.choice("のをにはと、。がで") for _ in range(270))[:1050]
        if rng.random() < 0.3:
            text = "".join(rng.choice(KANJI) if rng.random() < 0.02 else sign for sign in text)
        return "\n".join(text[at : at + 38] for at in range(0, len(text), 38))

    def entry(self, serial: int) -> SearchEntry:
        rng = random.Random(serial)
        day = date(2021, 4, 1) + timedelta(days=serial * 1400 // (len(self.sizes) + 100))
        return SearchEntry(
            accession_id=f"{serial:026d}",
            serial=serial,
            number=f"{day.year}-{serial:06d}",
            department=rng.choice(DEPARTMENTS),
            category=rng.choice(CATEGORIES),
            fiscal_year=day.year,
            date=day,
            title=zipf(rng, self.nouns)() + "について",
            name_words=f"金総第{serial}号",
            pages=self.pages(serial),
        )

    def words(self, signs: int, count: int) -> list[str]:
        """Strings of so many signs cut from random pages, without punctuation."""
        found: list[str] = []
        while len(found) < count:
            line = self.rng.choice(self.pages(self.rng.randint(1, len(self.sizes)))).replace("\n", "")
            at = self.rng.randrange(len(line) - signs)
            word = line[at : at + signs]
            if word.isalnum():
                found.append(word)
        return found


class Texts:
    """The pages' texts in SQLite, as the catalogue has them."""

    def __init__(self, path: Path) -> None:
        self.path, self._local = path, threading.local()

    def fill(self, records: Iterator[SearchEntry]) -> Iterator[SearchEntry]:
        db = open_writer(self.path)
        db.execute("CREATE TABLE page (serial INTEGER, number INTEGER, text TEXT, PRIMARY KEY (serial, number)) WITHOUT ROWID")
        with transaction(db):
            for entry in records:
                db.conn.executemany("INSERT INTO page VALUES (?, ?, ?)", [(entry.serial, number, text) for number, text in enumerate(entry.pages, 1)])
                yield entry
        db.close()

    def of(self, serial: int, page: int) -> str:
        if not hasattr(self._local, "db"):
            self._local.db = open_reader(self.path)
        row = self._local.db.conn.execute("SELECT text FROM page WHERE serial = ? AND number = ?", [serial, page]).fetchone()
        return masked(row["text"]) if row else ""


def measured(ask: Callable[[str], object], words: list[str], target: float | None = None) -> str:
    times = []
    for word in words:
        began = time.thread_time()
        ask(word)
        times.append((time.thread_time() - began) * 1e3)
    return percentiles(times) + (f"   p95 <= {target:g}" if target else "")


def percentiles(times: list[float]) -> str:
    times = sorted(times)
    return " / ".join(f"{times[min(len(times) - 1, int(len(times) * share))]:8.2f}" for share in (0.5, 0.95, 0.99))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=100, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    corpus = Corpus(given.pages, given.seed)
    with tempfile.TemporaryDirectory() as folder:
        path, texts = Path(folder, "search.db"), Texts(Path(folder, "texts.db"))
        build(path, corpus, texts, given.pages)
        ask(path, corpus, texts, given.queries)
        add(path, corpus)


def build(path: Path, corpus: Corpus, texts: Texts, pages: int) -> None:
    """The time to draw the pages is not counted."""
    index, built = SearchIndex(path), 0.0
    with index.bulk():
        for entry in texts.fill(corpus.entry(serial) for serial in range(1, len(corpus.sizes) + 1)):
            began = time.process_time()
            index.put(entry)
            built += time.process_time() - began
    began = time.process_time()
    index.optimise()
    index.close()
    merged = time.process_time() - began
    print(f"{sys.implementation.name} {sys.version.split()[0]}: {pages} pages, {len(corpus.sizes)} records")
    print(f"build {built / pages * 1e3:.2f} CPU ms a page, optimise {merged:.1f} CPU s, {path.stat().st_size / pages:.0f} bytes of index a page")


def ask(path: Path, corpus: Corpus, texts: Texts, queries: int) -> None:
    reader = SearchReader(path, texts.of)
    print(f"{'CPU ms':44} {'p50':>8} / {'p95':>8} / {'p99':>8}")

    def show(kind: str, asked: Callable[[str], object], words: list[str], target: float | None = None) -> None:
        print(f"{kind:44}", measured(asked, words, target), flush=True)

    filtered: dict[str, Any] = {"department": DEPARTMENTS[3], "category": CATEGORIES[2], "fiscal_year": 2022}
    for kind, signs in KINDS.items():
        words = corpus.words(signs, queries)
        show(f"{kind}, newest 20 with snippets and count", reader.search, words, 50)
        show(f"{kind}, count alone", lambda word: reader.search(word, limit=0), words)
        show(f"{kind}, three filters", lambda word: reader.search(word, **filtered), words, 10)
    pairs = [" ".join(pair) for pair in zip(corpus.words(2, queries), corpus.words(3, queries), strict=True)]
    show("2 AND 3 signs", reader.search, pairs, 50)
    show("2 NOT 3 signs", reader.search, [pair.replace(" ", " -") for pair in pairs])
    middle, months = len(corpus.sizes) // 2, {"date_from": date(2022, 5, 10), "date_to": date(2022, 12, 9)}
    two, six = corpus.words(2, queries), corpus.words(6, queries)
    show("2 signs, a page in the middle (before)", lambda word: reader.search(word, before=middle), two, 50)
    show("6 signs, a page in the middle (after)", lambda word: reader.search(word, after=middle), six, 50)
    show("2 signs, dates of seven months", lambda word: reader.search(word, **months), two)  # type: ignore[arg-type]
    show("2 signs, with facets", lambda word: reader.search(word, facets=True), two, 50)
    show("2 signs, by relevance", lambda word: reader.search(word, order="relevance"), two)
    show("6 signs, by relevance", lambda word: reader.search(word, order="relevance"), six)
    misread = [word[:3] + "鬱" + word[4:] for word in six]
    show("6 signs, one of them wrong, fuzzy", lambda word: reader.search(word, fuzzy=True), misread)
    show("6 signs, one of them wrong, もしかして", lambda word: reader.nearest(Word(word), Access()), misread)
    recall(reader, corpus, texts, queries)


def recall(reader: SearchReader, corpus: Corpus, texts: Texts, queries: int) -> None:
    """Words of 1-3 signs against exact substring of the text without its line ends; of each word its newest hits."""
    words = {word for signs in (1, 2, 3) for word in corpus.words(signs, min(queries, 8))}
    plain: dict[str, set[int]] = {word: set() for word in words}
    for serial, size in enumerate(corpus.sizes, 1):
        text = "".join(texts.of(serial, page) for page in range(1, size + 1)).replace("\n", "")
        for word in words:
            if word in text:
                plain[word].add(serial)
    newest = {word: set(sorted(serials)[-RECALLED:]) for word, serials in plain.items()}
    found = sum(len({hit.serial for hit in islice(_all(reader, word), RECALLED)} & serials) for word, serials in newest.items())
    print(f"recall of 1-3 signs: {found} of {sum(map(len, newest.values()))}")


def _all(reader: SearchReader, word: str) -> Iterator[SearchHit]:
    """Every hit, page by page."""
    before: int | None = None
    while True:
        result = reader.search(word, limit=1000, before=before)
        yield from result.hits
        if (before := result.older) is None:
            return


def add(path: Path, corpus: Corpus, records: int = 300) -> None:
    index, times = SearchIndex(path), []
    for serial in range(len(corpus.sizes) + 1, len(corpus.sizes) + records + 1):
        entry = corpus.entry(serial)
        began = time.perf_counter()
        index.put(entry)
        times.append((time.perf_counter() - began) * 1e3 / len(entry.pages))
    index.close()
    print(f"{'add one record, wall ms a page':44}", percentiles(times), f" worst {max(times):.1f}")


if __name__ == "__main__":
    main()

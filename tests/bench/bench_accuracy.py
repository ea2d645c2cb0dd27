"""How well the readers read, by kind of page: python tests/bench/bench_accuracy.py [--pages N] [--each]

Beside each other: ppocr and our tesseract with our reading order, the bare program `tesseract -l jpn+eng`, and what `ocrmypdf -l jpn+eng` leaves in its PDF.
CER is the mean over the pages whose truth stands in reading order; CER*, over all pages of the kind, counts as if order were free. g4 is
what a search finds; "truths as they are" also where a truth is scrambled or at fault (truth.py).
"""

import argparse
import dataclasses
import os
import statistics
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from figures import Row, Target, cores, show
from readings import image_of, read
from truth import KINDS, KnownPage, Score, known_pages, score

ROWS = (*KINDS, "plain, 200 dpi", "200 dpi", "real", "all")
READERS = ("ppocr", "our tesseract", "tesseract", "ocrmypdf")
_WELL = {"CER": Target(most=0.01), "g4": Target(least=0.985)}
_HARD = {"CER": Target(most=0.06), "g4": Target(least=0.97)}
TARGETS: dict[str, Mapping[str, Target]] = {  # design §12
    "plain": _WELL, "plain, 200 dpi": _WELL, "table": _HARD, "form": _HARD, "seal": _HARD, "columns": _HARD,
    "vertical": {"CER": Target(most=0.06), "g4": Target(least=0.95)}, "real": {"g4": Target(least=0.97)},
}  # fmt: skip
MEASURES = {"CER": "cer", "CER*": "any_order", "g4": "g4", "g4, truths as they are": "g4_strict", "signs found": "recall"}

ONLY_WITHOUT_ORDER = ("CER*", "g4, truths as they are")  # told where they differ from CER and g4
Scores = dict[tuple[str, int], Score]  # by file name and page


def scores(reader: str, pages: Sequence[KnownPage]) -> Scores:
    """Every page by one reader, on all cores."""
    with ProcessPoolExecutor(cores(), get_context("spawn"), initializer=_settle) as pool:
        texts = pool.map(read, [reader] * len(pages), [page.scan for page in pages], [page.number for page in pages])
        return {(page.scan.name, page.number): score(page, text) for page, text in zip(pages, texts, strict=True)}


def _settle() -> None:
    for variable in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"


def rows(most: int | None = None, *, each: bool = False) -> Iterator[Row]:
    pages = [_with_dpi(page) for page in known_pages(most)]
    by_reader = {reader: scores(reader, pages) for reader in READERS}
    if each:
        show_pages(pages, by_reader)
    for kind in ROWS:
        of_kind = [page for page in pages if kind == "all" or kind in page.kinds]
        for measure, field in MEASURES.items():
            means = {reader: mean for reader in READERS if (mean := _mean(by_reader[reader], of_kind, field)) is not None}
            if "ppocr" in means and (measure not in ONLY_WITHOUT_ORDER or not all(page.ordered for page in of_kind)):
                figure = means.pop("ppocr")
                counted = len(_counted(of_kind, field))
                yield Row(what=f"{kind}: {measure}", figure=figure, unit="%", target=TARGETS.get(kind, {}).get(measure), others=means, note=f"{counted} pages")


def _with_dpi(page: KnownPage) -> KnownPage:
    """The page also in the rows of 200 dpi, if it is one."""
    coarse = image_of(page.scan, page.number).dpi <= 210
    more = ("200 dpi", *(["plain, 200 dpi"] if "plain" in page.kinds else [])) if coarse else ()
    return dataclasses.replace(page, kinds=page.kinds + more)


def _mean(read: Scores, pages: Sequence[KnownPage], field: str) -> float | None:
    counted = _counted(pages, field)
    return statistics.mean(getattr(read[page.scan.name, page.number], field) for page in counted) if counted else None


def _counted(pages: Sequence[KnownPage], field: str) -> list[KnownPage]:
    """The pages whose truth is good enough for this measure."""
    return [page for page in pages if field == "g4_strict" or (not page.faulty and (field != "cer" or page.ordered))]


def show_pages(pages: Sequence[KnownPage], by_reader: Mapping[str, Scores]) -> None:
    """Each page, worst first, by what our engine made of it."""
    for page in sorted(pages, key=lambda page: by_reader["ppocr"][page.scan.name, page.number].g4):
        told = "  ".join(
            f"{reader} {'   - ' if s.cer is None else f'{s.cer:.3f}'} {s.any_order:.3f} {s.g4:.3f}"
            for reader in READERS
            if (s := by_reader[reader][page.scan.name, page.number])
        )
        print(f"{page.scan.name[:44]:44} {page.number:2}  {told}  {', '.join(page.kinds)}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, help="at most so many, spread over all files")
    options.add_argument("--each", action="store_true", help="every page, too: CER, CER*, g4")
    chosen = options.parse_args()
    show(list(rows(chosen.pages, each=chosen.each)))


if __name__ == "__main__":
    main()

"""What reading costs: CPU seconds a page on one core, ppocr against the program tesseract on the same pages, turn about: python tests/bench/bench_cost.py [--pages 12]

Our engine gets the decoded image, tesseract a PNG of the same image; both read with one thread. The runtime is the one that the self-test chooses; f32 on
onnxruntime stands beside it where that is another.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from figures import Row, Spent, Target, cpu, one_core, show
from PIL import Image
from readings import image_of, tesseract
from truth import known_pages

F32 = "onnxruntime"
TARGETS = {"f32": Target(most=1.0)}
FAST = Target(most=0.35)  # fewer bits: bf16 on AMX, or int8


@contextmanager
def alone() -> Iterator[ProcessPoolExecutor]:
    """A warm process of its own on one core, as a lane is."""
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=one_core) as pool:
        yield pool


def engine_of(runtime: str) -> str:
    """The full name of the engine with this runtime ("auto": the one chosen), loaded and warm from now on. Runs in `alone`."""
    import numpy as np

    from scanpipe.recognition import engines

    engine = engines.engine("ppocr", runtime)
    engine.read(np.full((64, 64), 255, np.uint8))
    return engine.name


def seconds_of(runtime: str, scan: Path, number: int) -> tuple[float, float]:
    """(wall, CPU) seconds of the engine alone for one page whose image is decoded. Runs in `alone`."""
    from scanpipe.recognition import engines

    image, began = image_of(scan, number).grey, time.perf_counter()
    with cpu() as spent:
        engines.engine("ppocr", runtime).read(image)
    return time.perf_counter() - began, spent.seconds


def tesseract_seconds(scan: Path, number: int) -> float:
    """CPU seconds of `tesseract -l jpn+eng`, its start and end included. Runs in `alone`."""
    image = image_of(scan, number)
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.fromarray(image.grey).save(file.name, dpi=(image.dpi, image.dpi))
        with cpu() as spent:
            tesseract(Path(file.name))
    return _of(spent)


def _of(spent: Spent) -> float:
    return spent.seconds


def precision(engine: str) -> str:
    """The last part of an engine's name: f32, bf16, int8 …"""
    return engine.rpartition("/")[2]


def rows(pages: int = 12) -> Iterator[Row]:
    chosen = [(page.scan, page.number) for page in known_pages(pages)]
    with alone() as core:
        names = {runtime: core.submit(engine_of, runtime).result() for runtime in ("auto", F32)}
        runtimes = ["auto"] if names["auto"] == names[F32] else ["auto", F32]
        for runtime in runtimes:
            core.submit(seconds_of, runtime, *chosen[0]).result()  # memory and shapes are ready
        ours: dict[str, list[float]] = {runtime: [] for runtime in runtimes}
        theirs: list[float] = []
        for page in chosen:
            theirs.append(core.submit(tesseract_seconds, *page).result())
            for runtime in runtimes:
                ours[runtime].append(core.submit(seconds_of, runtime, *page).result()[1])
    yield from (_row(names[runtime], seconds, theirs) for runtime, seconds in ours.items())


def _row(engine: str, ours: Sequence[float], theirs: Sequence[float]) -> Row:
    mean, other = statistics.mean(ours), statistics.mean(theirs)
    note = f"{mean:.2f} CPU s a page to {other:.2f}, {len(ours)} pages"
    details = {
        "engine": engine,
        "seconds": mean,
        "tesseract_seconds": other,
        "by_page": [[round(a, 3), round(b, 3)] for a, b in zip(ours, theirs, strict=True)],
    }
    what = f"engine cost, {engine}, to tesseract"
    return Row(what=what, figure=mean / other, unit="x", target=TARGETS.get(precision(engine), FAST), others={"tesseract": 1.0}, note=note, details=details)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--pages", type=int, default=12)
    show(list(rows(options.parse_args().pages)))


if __name__ == "__main__":
    main()

"""What a measurement says: rows of one table, with what is to be reached (design §12), and CPU and memory as the kernel counts them."""

import dataclasses
import importlib.metadata
import json
import os
import platform
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psutil
from rich.cells import cell_len

TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """most: the figure may not be above; least: not below. One of them is given."""

    most: float | None = None
    least: float | None = None

    def reached(self, figure: float) -> bool:
        return (self.most is None or figure <= self.most) and (self.least is None or figure >= self.least)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure. unit: "%" (the figure is a share, 0-1), "x", "s", "GB", "ms", "/min" … target: None = only told.

    others: the same figure of other programs or settings, by name. details: whatever else belongs to it in the JSON; note: in words, for the table.
    """

    what: str
    figure: float
    unit: str
    target: Target | None = None
    others: dict[str, float] = field(default_factory=dict)
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def reached(self) -> bool | None:
        return self.target.reached(self.figure) if self.target else None


BESIDE = ("ocrmypdf", "tesseract", "our tesseract")


def show(rows: Sequence[Row]) -> None:
    """The table: all that another program was measured at stands beside; other comparisons in the note."""
    head = ("", "scanpipe", "to reach", "reached", *BESIDE, "note")
    lines = [head, *(_cells(row) for row in rows)]
    widths = [max(cell_len(line[n]) for line in lines) for n in range(len(head) - 1)]
    for line in lines:
        cells = [
            cell + " " * (width - cell_len(cell)) if n == 0 else " " * (width - cell_len(cell)) + cell
            for n, (cell, width) in enumerate(zip(line, widths, strict=False))
        ]
        print("  ".join([*cells, line[-1]]).rstrip(), flush=True)


def _cells(row: Row) -> tuple[str, ...]:
    target = (
        "" if row.target is None else f"<= {said(row.target.most, row.unit)}" if row.target.most is not None else f">= {said(row.target.least or 0, row.unit)}"
    )
    reached = {None: "", True: "yes", False: "NO"}[row.reached]
    beside = (said(row.others[name], row.unit) if name in row.others else "" for name in BESIDE)
    rest = "; ".join(f"{name} {said(figure, row.unit)}" for name, figure in row.others.items() if name not in BESIDE)
    return row.what, said(row.figure, row.unit), target, reached, *beside, "; ".join(part for part in (row.note, rest) if part)


def said(figure: float, unit: str) -> str:
    return f"{figure * 100:.1f} %" if unit == "%" else f"{figure:.2f} {unit}"


def save(rows: Sequence[Row], path: Path) -> None:
    """Everything as JSON, with the machine it was measured on."""
    body = {"machine": machine(), "rows": [{**dataclasses.asdict(row), "reached": row.reached} for row in rows]}
    path.write_text(json.dumps(body, ensure_ascii=False, indent=1), "utf-8")


def machine() -> dict[str, Any]:
    said = Path("/proc/cpuinfo").read_text("utf-8").splitlines() if Path("/proc/cpuinfo").exists() else []
    values = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in said)}
    flags = sorted(flag for flag in values.get("flags", "").split() if flag.startswith(("amx", "avx512", "avx_vnni", "avx2")))
    names = ("onnxruntime", "openvino", "rapidocr", "ocrmypdf")
    versions = {name: v for name in names if (v := _version(name))}
    return {
        "cpu": values.get("model name", platform.machine()),
        "cores": cores(),
        "flags": flags,
        "load": os.getloadavg()[0],
        **versions,
        "tesseract": tesseract_version(),
    }


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def tesseract_version() -> str:
    return subprocess.run(["tesseract", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0].removeprefix("tesseract ")


def cores() -> int:
    return len(os.sched_getaffinity(0))


# --- CPU ---


@dataclass(slots=True)
class Spent:
    """CPU seconds of a piece of work, of this process and of children it waited for."""

    seconds: float = 0.0


class cpu:  # reads as a statement: with cpu() as spent
    """Counts what its body spends."""

    def __enter__(self) -> Spent:
        self._spent, self._before = Spent(), own_cpu()
        return self._spent

    def __exit__(self, *_: object) -> Literal[False]:
        self._spent.seconds = own_cpu() - self._before
        return False


def own_cpu() -> float:
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def one_core() -> None:
    """Keeps this process and its children on one core, one thread each."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    for variable in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = "1"


def tree(pid: int) -> Iterator[psutil.Process]:
    """The process and all below it that still live."""
    process = psutil.Process(pid)
    yield process
    yield from process.children(recursive=True)


def cpu_of_tree(pid: int) -> dict[int, float]:
    """CPU seconds so far by process, children that have ended counted with their parent; 10 ms exact."""
    spent: dict[int, float] = {}
    for process in tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent[process.pid] = times.user + times.system + times.children_user + times.children_system
    return spent


def pss(pid: int) -> float:
    """MB of memory, what is shared counted in shares; 0 if the process has ended."""
    try:
        return float(psutil.Process(pid).memory_full_info().pss) / 2**20
    except psutil.NoSuchProcess:
        return 0.0

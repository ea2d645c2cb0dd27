"""`make bench`: every figure of design §12 that can be measured in one run on this machine, with ocrmypdf and tesseract beside, in one table.

python tests/bench/bench.py [--pages N] [--only cost,line,wait,web,cluster,size,campaign,accuracy,classification] [--json FILE]

Machines are noisy: only ratios within one run count. Texts by tesseract and ocrmypdf, which change only with their versions, are kept under var/bench;
CPU and time are always measured afresh. Meant to take at most half an hour on two idle cores.
"""

import argparse
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path

import bench_accuracy
import bench_campaign
import bench_classification
import bench_cluster
import bench_cost
import bench_line
import bench_size
import bench_wait
import bench_web
from figures import Row, machine, save, show

Measure = Callable[[int | None], Iterable[Row]]

MATTERS: dict[str, Measure] = {  # the order: what needs a quiet machine first
    "cost": lambda pages: bench_cost.rows(min(pages or 12, 12)),
    "line": lambda pages: bench_line.rows(pages or 24),
    "wait": lambda pages: bench_wait.rows(3 if pages is None or pages >= 12 else 2),
    "web": lambda pages: bench_web.rows(batch=min(pages or bench_web.BATCH, bench_web.BATCH)),
    "cluster": lambda pages: bench_cluster.rows(min(pages or 12, 12)),
    "size": lambda pages: bench_size.rows() if pages is None else bench_size.rows(100 * pages, 5_000 * pages, 10_000 * pages),
    "campaign": lambda pages: bench_campaign.rows() if pages is None else bench_campaign.rows(records=20_000),
    "accuracy": bench_accuracy.rows,
    "classification": bench_classification.rows,
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--pages", type=int, help="at most so many for each figure: quicker, and less certain")
    options.add_argument("--only", default=",".join(MATTERS), metavar="MATTERS", help="which, with commas: " + ", ".join(MATTERS))
    options.add_argument("--json", type=Path, metavar="FILE", help="everything, also by page, into this file")
    chosen = options.parse_args()
    wanted = chosen.only.split(",")
    if unknown := set(wanted) - set(MATTERS):
        options.error("unknown: " + ", ".join(sorted(unknown)))
    return run({name: MATTERS[name] for name in MATTERS if name in wanted}, chosen.pages, chosen.json)


def run(matters: dict[str, Measure], pages: int | None, file: Path | None) -> int:
    """The table of all; one matter that fails takes no other with it, but makes the exit code 1."""
    rows: list[Row] = []
    failed: list[str] = []
    print(", ".join(f"{name} {value if not isinstance(value, list) else ' '.join(value)}" for name, value in machine().items()), flush=True)
    for name, measure in matters.items():
        began = time.monotonic()
        print(f"measuring: {name} ...", file=sys.stderr, end=" ", flush=True)
        try:
            rows += measure(pages)
        except Exception:
            traceback.print_exc()
            failed.append(name)
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    show(rows)
    with_target = [row for row in rows if row.target]
    print(
        f"{sum(bool(row.reached) for row in with_target)} of {len(with_target)} targets reached." + (f" Not measured: {', '.join(failed)}." if failed else "")
    )
    if file:
        save(rows, file)
    return os.EX_OK if not failed else 1


if __name__ == "__main__":
    sys.exit(main())

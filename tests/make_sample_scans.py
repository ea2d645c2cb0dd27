"""Make sample_scans/: realistic Japanese municipal papers, drawn and spoilt as scanners spoil them. Same seed, same files.

    python tests/make_sample_scans.py [OUT_DIR] [--only FILE ...]

Writes the files and MANIFEST.toml into OUT_DIR (default: sample_scans/ beside tests/) and the exact text of every page into tests/sample_truth/
(for another OUT_DIR, into OUT_DIR.truth beside it). Needs the Debian packages fonts-ipaexfont-mincho, fonts-ipaexfont-gothic, fonts-morisawa-bizud-mincho,
fonts-morisawa-bizud-gothic and fonts-klee, and a Pillow with raqm. All names, addresses, numbers and companies in these papers are invented.
"""

import argparse
from pathlib import Path

from samples.canvas import Sheet
from samples.files import Scan, make, manifest_entry
from samples.table import SCANS

HERE = Path(__file__).resolve().parent
DEFAULT = HERE.parent / "sample_scans"
HEADER = """\
# What is expected of each sample scan. Written by tests/make_sample_scans.py; change it there.
# The city of Midorino, its people, addresses, companies and numbers are invented. Texts of the pages: tests/sample_truth/
# (pages separated by form feeds, printed lines by newlines, cells of a table row and parts far apart on a line by tabs; seals and receipt stamps are left out).
# Compare titles, numbers and words after NFKC without blanks: spread titles (起 案 書) are given closed up.
# deliver: how the scanner writes it; "later": fields that are hard to meet; sheets: of paper, A3 = 2 and B5 = 0.75 in a4_sheets.
"""


def truth_name(file: str) -> str:
    return f"{file}.txt"


def truth(sheets: list[Sheet]) -> str:
    """Pages joined by form feeds; "" for a blank side."""
    return "\f".join(sheet.truth for sheet in sheets)


def write(entry: Scan, out: Path, truths: Path) -> str:
    """One file, the text of its pages, and its table for the manifest."""
    sheets = make(entry, out)
    (truths / truth_name(entry.file)).write_text(truth(sheets), encoding="utf-8")
    return manifest_entry(entry, sheets)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the sample scans.")
    parser.add_argument("out", nargs="?", type=Path, default=DEFAULT)
    parser.add_argument("--only", nargs="+", default=[], metavar="FILE", help="make these files again; the manifest stays as it is")
    options = parser.parse_args()
    truths = HERE / "sample_truth" if options.out == DEFAULT else options.out.with_name(f"{options.out.name}.truth")
    for folder in (options.out, truths):
        folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for entry in SCANS:
        if not options.only or entry.file in options.only:
            tables.append(write(entry, options.out, truths))
            print(f"{(options.out / entry.file).stat().st_size:>9,} {entry.file}")
    if not options.only:
        (options.out / "MANIFEST.toml").write_text(HEADER + "\n" + "\n".join(tables), encoding="utf-8")


if __name__ == "__main__":
    main()

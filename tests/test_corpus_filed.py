"""Real public documents and hostile files from outside the project, through the real line. Skipped where the corpus is not there."""

import os
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from custody import GENERAL, two_sections

from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.search import SearchReader
from scanpipe.config import Settings
from scanpipe.core.text import normalise
from scanpipe.daemon import Daemon
from scanpipe.upkeep.proving.fixity import verify

CORPUS = Path(os.environ.get("SCANPIPE_CORPUS", Path(__file__).resolve().parents[2] / "shared" / "corpus"))

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}; set SCANPIPE_CORPUS")]


def filed(settings: Settings, files: list[Path]) -> None:
    for file in files:
        shutil.copy(file, settings.inbox(GENERAL) / file.name)
    with Daemon(settings, incomplete_seconds=2, timetable=False) as daemon:
        while not daemon.settled():
            daemon.turn(0.1)


def words_of(truth: str) -> list[str]:
    """Ten words of 2-4 signs that stand in one line of the truth, the same at each run."""
    runs = sorted(set(re.findall(r"[一-龠]{2,4}|[ァ-ヴー]{3,6}", normalise(truth))))
    return random.Random(0).sample(runs, min(10, len(runs)))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = two_sections(tmp_path_factory.mktemp("corpus") / "site", lanes="auto")
    scans = [path for folder in ("scans", "real_scans") for path in sorted((CORPUS / folder).iterdir()) if path.suffix in (".pdf", ".tif", ".jpg", ".png")]
    filed(settings, scans)
    yield settings


def test_every_real_scan_is_filed_and_found_again_by_its_words(archive: Settings) -> None:
    reader = CatalogueReader(archive.layout.catalogue_db)
    numbers = {row["name"]: row["number"] for row in reader.outcomes()}
    index = SearchReader(archive.layout.search_db, reader.text_of)
    shares = {}
    for truth in sorted((CORPUS / "scans").glob("*.txt")):
        (name,) = (path.name for path in truth.parent.glob(f"{truth.stem}.*") if path.suffix != ".txt")
        words = words_of(truth.read_text("utf-8"))
        found = [word for word in words if numbers[name] in {hit.number for hit in index.search(word, limit=1000).hits}]
        shares[name] = len(found) / len(words)
    index.close()
    facts = reader.status()
    reader.close()
    assert (facts["records"], facts["waiting"], facts["rejected"]) == (18, 0, 0)
    assert min(shares.values()) >= 0.5, shares
    assert sum(shares.values()) / len(shares) >= 0.9, shares


def test_every_hostile_file_is_filed_or_refused_with_a_reason(tmp_path: Path) -> None:
    settings = two_sections(tmp_path / "site", lanes="auto", page_seconds=60)
    files = [path for path in sorted((CORPUS / "hostile").iterdir()) if path.name != "MANIFEST.tsv"]
    filed(settings, files)
    reader = CatalogueReader(settings.layout.catalogue_db)
    facts, outcomes = reader.status(), reader.outcomes()
    reader.close()
    assert facts["deliveries"] == len(files) == facts["records"] + facts["duplicates"] + facts["rejected"]
    aside = settings.inbox(GENERAL) / "要確認"
    for row in outcomes:
        if row["outcome"] == "rejected":
            assert (aside / row["name"]).exists()
            assert (aside / f"{row['name']}.理由.txt").read_text("utf-8-sig").strip()
    report = verify(settings.layout)
    assert report.sound, [str(found) for found in report.deviations]
    originals = {path.read_bytes() for path in settings.layout.vault.rglob("original.*")}
    kept = originals | {path.read_bytes() for path in aside.iterdir()}
    assert all(file.read_bytes() in kept for file in files)

"""Sites for tests and for the demo: the default configuration with some keys changed, and scanners that deliver the sample scans into it."""

import os
import re
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from sample_expectations import Sample, samples

from scanpipe import config
from scanpipe.config import Settings
from scanpipe.upkeep.machine.site import init

QUICK: dict[str, float | str] = {  # for tests
    "quiet_seconds": 0.3, "poll_seconds": 0.2, "minimum_free_gib": 0, "drain_incomplete_seconds": 1, "runtime": "onnxruntime",
}  # fmt: skip
TWO_SIDED_SECTION = "1202"  # its scanner is set to both sides: a sheet printed on both cannot be told from two by looking at it


def make_site(directory: Path, *, size: Literal["city", "small"] = "small", **keys: float | str) -> Settings:
    """A new site with the default configuration but for these keys of scanpipe.toml, each of which stands there once."""
    file = init(directory, size=size)
    set_keys(file, **keys)
    return config.load(file)


def make_sample_site(directory: Path, **keys: float | str) -> Settings:
    """The city whose sections the sample scans come from."""
    file = init(directory)
    set_keys(file, name="みどり野市", **keys)
    sections = file.with_name("departments.toml")
    head, code, tail = sections.read_text("utf-8").partition(f'code = "{TWO_SIDED_SECTION}"')
    sections.write_text(head + code + tail.replace('duplex = "auto"', "duplex = true", 1), "utf-8")
    return config.load(file)


def set_keys(file: Path, **keys: float | str) -> None:
    """Changes values in a TOML file and leaves its comments. Raises KeyError for a key that is not written there."""
    text = file.read_text("utf-8")
    for key, value in keys.items():
        written = f'"{value}"' if isinstance(value, str) else str(value)
        text, count = re.subn(rf'(?m)^{key} = ("[^"]*"|\S+)', f"{key} = {written}", text, count=1)
        if not count:
            raise KeyError(key)
    file.write_text(text, "utf-8")


def copy_samples(settings: Settings) -> None:
    """Lays all sample scans into the drop folders of their sections at once."""
    for sample in samples():
        (settings.inbox(sample.department) / sample.file).write_bytes(sample.path.read_bytes())


def deliver_samples(settings: Settings, *, pause: float, delivered: Callable[[Sample], None]) -> None:
    """As the sections' scanners do: each section one file after the other in the order of the manifest, all sections side by side.

    pause: seconds between two pieces of a file. delivered: called after each, from the section's thread.
    """
    sections: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples():
        sections[sample.department].append(sample)

    def scan_all(queue: Sequence[Sample]) -> None:
        for sample in queue:
            deliver(sample, settings.inbox(sample.department), pause)
            delivered(sample)

    with ThreadPoolExecutor(len(sections)) as scanners:
        list(scanners.map(scan_all, sections.values()))


def deliver(sample: Sample, inbox: Path, pause: float) -> None:
    """Writes the file piece by piece, in place or under a temporary name that is then changed."""
    content = sample.path.read_bytes()
    size = max(1, -(-len(content) // 4))
    target = inbox / sample.file
    written = target if sample.deliver == "in-place" else inbox / f"{sample.file}.tmp"
    with written.open("wb", buffering=0) as file:
        for start in range(0, len(content), size):
            file.write(content[start : start + size])
            os.fsync(file.fileno())
            time.sleep(pause)
    if written != target:
        written.rename(target)

"""Scanners that write one file for each page: which files are the pages of one scan, told by their names and by when they came (design §5, domain §4.1)."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import PurePosixPath

JOINED = "application/zip"  # media type of a joined scan's original: its page files in one container

_FARTHEST = 20  # page numbers left out; a longer jump is a device's counter that served somebody else
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d{1,6})(?P<close>[)）\]］]?)", re.DOTALL)  # longer ones are moments or serial numbers
_LAST_DIGIT = re.compile(r"\d\Z")
_DATE = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[-_T ]?\Z")
_TIME = re.compile(r"(?:[01]\d|2[0-3])[0-5]\d[0-5]\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The pages of one scan. names: of the files, in the order of their numbers, never empty; numbers: theirs, ascending, empty for a name without one.

    stem: what the names of a scan have in common; more of it may come while this changes. missing: numbers left out between the first and the last.
    """

    stem: str
    names: tuple[str, ...]
    numbers: tuple[int, ...] = ()

    @property
    def missing(self) -> tuple[int, ...]:
        return tuple(number for before, after in pairwise(self.numbers) for number in range(before + 1, after))

    @property
    def label(self) -> str:
        """The run as people see it: `scan_0001.jpg – scan_0012.jpg`."""
        return label(self.names)


@dataclass(frozen=True, slots=True)
class _Page:
    name: str
    number: int
    came: int


def label(names: Sequence[str]) -> str:
    """The first and the last name, or the only one."""
    return names[0] if len(names) == 1 else f"{names[0]} – {names[-1]}"


def runs(came: Mapping[str, int], pause: int) -> list[Run]:
    """Which files make which scan. came: when each file came, by one clock. pause: a stem rests for longer than this = the next file begins another scan.

    A scan also ends where a number comes again and at a jump of more than 20 numbers. Files without a running number are scans of their own.
    """
    found, stems = [], defaultdict[str, list[_Page]](list)
    for name, moment in came.items():
        numbered = running_number(name)
        if numbered is None:
            found.append(Run(stem=name, names=(name,)))
        else:
            stems[numbered[0]].append(_Page(name, numbered[1], moment))
    for stem, pages in stems.items():
        found.extend(_run(stem, several) for several in _parted(pages, pause))
    return found


def _run(stem: str, pages: Sequence[_Page]) -> Run:
    return Run(stem=stem, names=tuple(page.name for page in pages), numbers=tuple(page.number for page in pages))


def running_number(name: str) -> tuple[str, int] | None:
    """(what its scan's names have in common, the page's number): `scan_0002.JPG` -> `scan_`, 2. None where the name ends in no number, or in a moment."""
    match = _NUMBERED.fullmatch(PurePosixPath(name).stem)
    if match is None:
        return None
    stem, number = unicodedata.normalize("NFC", match["stem"]).casefold(), match["number"]
    if _LAST_DIGIT.search(stem) or (_DATE.search(stem) and _TIME.fullmatch(number)):
        return None
    return stem + match["close"], int(number)


def spelled(numbers: Iterable[int]) -> str:
    """`3, 7-9`: ascending, what follows one another drawn together."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][-1] + 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ", ".join("-".join(map(str, span)) for span in spans)


def _parted(pages: Iterable[_Page], pause: int) -> Iterator[list[_Page]]:
    for together in _cut(sorted(pages, key=_arrival), lambda before, after: after.came - before.came > pause):
        for once in _by_repeats(together):
            yield from _cut(sorted(once, key=lambda page: page.number), lambda before, after: after.number - before.number > _FARTHEST + 1)


def _arrival(page: _Page) -> tuple[int, int, str]:
    return page.came, page.number, page.name


def _by_repeats(pages: Sequence[_Page]) -> Iterator[list[_Page]]:
    """No number twice: forms of file side by side (JPEG and TIFF of each page) are scans of their own, else the device began to count again."""
    if _all_differ(pages):
        yield list(pages)
        return
    forms = defaultdict[str, list[_Page]](list)
    for page in pages:
        forms[PurePosixPath(page.name).suffix.casefold()].append(page)
    for form in forms.values():
        run: dict[int, _Page] = {}
        for page in form:
            if page.number in run:
                yield list(run.values())
                run = {}
            run[page.number] = page
        yield list(run.values())


def _all_differ(pages: Sequence[_Page]) -> bool:
    return len({page.number for page in pages}) == len(pages)


def _cut(pages: Iterable[_Page], apart: Callable[[_Page, _Page], bool]) -> Iterator[list[_Page]]:
    """Between any two neighbours that are apart."""
    run: list[_Page] = []
    for page in pages:
        if run and apart(run[-1], page):
            yield run
            run = []
        run.append(page)
    if run:
        yield run

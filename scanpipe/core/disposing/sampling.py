"""Which records of a box a second person compares with the paper: single sampling after JIS Z 9015-1 (ISO 2859-1), general inspection level II."""

import hashlib
from collections.abc import Iterable

_SIZES: tuple[tuple[int, int], ...] = (  # largest lot, sample: the code letters A to Q of table 1 with the sizes of table 2-A, normal inspection
    (8, 2), (15, 3), (25, 5), (50, 8), (90, 13), (150, 20), (280, 32), (500, 50), (1_200, 80), (3_200, 125), (10_000, 200), (35_000, 315), (150_000, 500),
    (500_000, 800),
)  # fmt: skip
_LARGEST = 1_250


def sample_size(lot: int) -> int:
    """How many of `lot` records are compared, at most all. lot: 0 or more."""
    return min(lot, next((size for most, size in _SIZES if lot <= most), _LARGEST))


def sample(box: str, attempt: int, records: Iterable[str], whole: Iterable[str] = ()) -> tuple[str, ...]:
    """The records to compare, sorted; the same for the same box, attempt (from 1) and records. whole: of these, those that are compared in any case.

    Chosen by digest, so that nobody can choose, and anybody can choose again and see that it is right. The others are as many as the whole lot asks for.
    """
    lot, always = set(records), set(whole)
    rest = sorted(lot - always, key=lambda record: (hashlib.sha256(f"{box}\0{attempt}\0{record}".encode()).digest(), record))
    return tuple(sorted((lot & always) | set(rest[: sample_size(len(lot))])))

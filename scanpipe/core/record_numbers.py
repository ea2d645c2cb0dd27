"""Numbers of records as people type them."""

import re
import unicodedata

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−ー"), "-")
_BETWEEN = re.compile(r"[\s,，、;；]+")


def record_number(typed: str) -> str:
    """2026-12, also in full width, is 2026-000012; what is no number stays as it is."""
    plain = unicodedata.normalize("NFKC", typed).strip().translate(_DASHES)
    year, dash, running = plain.partition("-")
    return f"{year}-{running.zfill(6)}" if dash and year.isascii() and year.isdecimal() and running.isascii() and running.isdecimal() else plain


def record_numbers(typed: str) -> list[str]:
    """Those that stand there, parted by blanks, line ends or commas, each once, in their order."""
    return list(dict.fromkeys(record_number(one) for one in _BETWEEN.split(typed) if one))

"""Whether two names are of one person: who approves is never who proposed, however the name is typed."""

import unicodedata


def same_person(one: str, other: str) -> bool:
    """Compared without blanks, case and width: 佐藤　花子 is 佐藤花子, ＳＡＴＯ is Sato."""
    return person(one) == person(other)


def person(name: str) -> str:
    """A name as it is compared."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()

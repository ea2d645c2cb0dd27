"""`scanpipe`, and `python -m scanpipe`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Final

# Libraries that others load for an extra nobody uses here (numbers of numpy as columns, coloured tracebacks), if only they can be found: a fifth of a verb's time.
_UNASKED: Final = (("sqlite_utils", "numpy"), ("structlog", "rich"))


@contextmanager
def _without(library: str) -> Iterator[None]:
    """As if it were not installed, for whoever imports it meanwhile; one that is there already stays."""
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # type: ignore[assignment]  # makes an import of it fail
    try:
        yield
    finally:
        del sys.modules[library]


def main() -> int:
    """Loads what every verb needs, and runs one; returns its exit code."""
    for library, extra in _UNASKED:
        with _without(extra):
            import_module(library)
    from scanpipe.cli import main

    return main()


if __name__ == "__main__":
    sys.exit(main())

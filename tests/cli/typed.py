"""What tests of verbs ask of them."""

import os
from collections.abc import Callable
from typing import Any

Run = Callable[..., tuple[int, Any, str]]


def did(run: Run, *arguments: str) -> Any:
    """The facts that a verb prints when all went well."""
    code, body, err = run(*arguments, "--json")
    assert (code, err) == (os.EX_OK, ""), (code, err)
    return body

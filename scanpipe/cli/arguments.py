"""What the verbs' options have in common: the parser, kinds of values, who decides and why."""

import argparse
import os
import re
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from scanpipe.cli.wrapping import HelpFormatter
from scanpipe.i18n import _


class Parser(argparse.ArgumentParser):
    """Usage faults end with EX_USAGE, as sysexits has it. Help is wrapped for Japanese, too.

    intermixed: numbers may also stand behind options, where there is another argument before them (`dispose select D2026-001 --action destroy NUMBER`);
    argparse alone takes the empty list for them as soon as it meets the first option.
    """

    intermixed = False

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=HelpFormatter, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if not self.intermixed:
            return super().parse_known_args(args, namespace)
        self.intermixed = False  # it comes back here, twice
        said = self.usage
        if said is None:  # else argparse keeps it without its first seven signs, "usage: ", however long that is in our language
            self.usage = self._usage_alone().replace("%", "%%")
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self.intermixed, self.usage = True, said

    def _usage_alone(self) -> str:
        formatter = self._get_formatter()
        formatter.add_usage(None, self._actions, self._mutually_exclusive_groups, prefix="usage: ")
        return formatter.format_help().removeprefix("usage: ").strip()

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"{self.prog}: {message}\n")


AddParser = Callable[..., Parser]  # `add_parser` of the verbs or of what one verb is asked


def add_decider(verb: Parser, *, required: bool = True) -> None:
    verb.add_argument("--by", required=required, metavar="WHO", help=_("your name, for the log"))
    verb.add_argument("--reason", metavar="TEXT", help=_("why, for the log"))


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(_("{value} is not a day; write it like 2025-04-01").format(value=text)) from None


def scheduler(text: str) -> str:
    if not re.fullmatch(r"(tls|tcp)://[^/\s]+:[0-9]+", text):
        raise argparse.ArgumentTypeError(_("{value} is not a scheduler; write it like tls://ocr-server:8786").format(value=text))
    return text


def file(text: str) -> str:
    if not Path(text).is_file():
        raise argparse.ArgumentTypeError(_("there is no file {path}").format(path=text))
    return str(Path(text).absolute())


def lanes(text: str) -> int:
    number = not_negative(text)
    if not 1 <= number <= 256:
        raise argparse.ArgumentTypeError(_("{value} is not between 1 and 256").format(value=text))
    return number


def sheets(text: str) -> int:
    number = not_negative(text)
    if not 1 <= number <= 9999:
        raise argparse.ArgumentTypeError(_("{value} is not between 1 and 9999").format(value=text))
    return number


def mebibytes(text: str) -> int:
    number = not_negative(text)
    if number < 512:
        raise argparse.ArgumentTypeError(_("{value} MiB is too little; write 512 or more").format(value=text))
    return number


def at_most_1000(text: str) -> int:
    number = not_negative(text)
    if not 1 <= number <= 1000:
        raise argparse.ArgumentTypeError(_("{value} is not between 1 and 1000").format(value=text))
    return number


def not_negative(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(_("{value} is not a whole number of 0 or more").format(value=text))
    return int(text)


def month(text: str) -> str:
    """YYYY-MM."""
    if not re.fullmatch("[0-9]{4}-(0[1-9]|1[0-2])", text):
        raise argparse.ArgumentTypeError(_("{value} is not a month; write it like 2025-04").format(value=text))
    return text


def year(text: str) -> int:
    number = not_negative(text)
    if not 1989 <= number <= 2100:
        raise argparse.ArgumentTypeError(_("{value} is not a fiscal year; write the Western year in which it begins, like 2025").format(value=text))
    return number


def quantity(text: str) -> float:
    plain = text.replace(",", "")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]+)?", plain, re.ASCII):
        raise argparse.ArgumentTypeError(_("{value} is not a number of 0 or more").format(value=text))
    return float(plain)


def share(text: str) -> float:
    number = quantity(text)
    if number > 1:
        raise argparse.ArgumentTypeError(_("{value} is not a share; write a number from 0 to 1, like 0.6").format(value=text))
    return number


def metres(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        raise argparse.ArgumentTypeError(_("{value} is not a number of metres").format(value=text))
    return value

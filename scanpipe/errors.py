"""One tree of errors: a sentence for a person, an exit code for systemd, and whose fault it is.

Fault.SCAN spends one of the scan's attempts; in the end it is filed as its original alone and flagged for a person.
Fault.PLACE (disk full, share gone, cluster away) pauses the stage, is shown, and is tried again without blame.
"""

import os
from enum import StrEnum

from scanpipe.i18n import N_, _


class Fault(StrEnum):
    SCAN = "scan"
    PLACE = "place"


class ScanpipeError(Exception):
    """Cause and remedy in one sentence each. `template` is a gettext message id filled with `params` when it is shown."""

    template: str = ""
    exit_code: int = os.EX_SOFTWARE
    fault: Fault = Fault.SCAN

    def __init__(self, template: str = "", /, **params: object) -> None:
        if template:
            self.template = template
        self.params = params
        super().__init__(self.template, params)

    def __str__(self) -> str:
        return _(self.template).format(**self.params)

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (type(self), self.template, self.params))


def _rebuild(kind: type[ScanpipeError], template: str, params: dict[str, object]) -> ScanpipeError:
    error = kind.__new__(kind)
    ScanpipeError.__init__(error, template, **params)
    return error


class ConfigError(ScanpipeError):
    """Every fault of the configuration, one line each: file, key path, what is wrong, what to write instead."""

    exit_code = os.EX_CONFIG

    def __init__(self, faults: list[str]) -> None:
        super().__init__("{faults}", faults="\n".join(faults))
        self.faults = faults


class UsageError(ScanpipeError):
    """The command line asked for something that cannot be."""

    exit_code = os.EX_USAGE


class NotFound(ScanpipeError):
    """No such record, category, section or file."""

    exit_code = os.EX_NOINPUT


class ScanError(ScanpipeError):
    """The scan itself is at fault: unreadable, damaged, too large."""

    exit_code, fault = os.EX_DATAERR, Fault.SCAN


class PlaceError(ScanpipeError):
    """A place is at fault: disk full, share gone, permission lost. The stage pauses and goes on by itself."""

    exit_code, fault = os.EX_TEMPFAIL, Fault.PLACE


class Locked(PlaceError):
    """Another process holds the store."""

    template = N_("Another scanpipe process ({holder}) is working on {store}. Stop it first, or let it do the work.")


class Damaged(ScanpipeError):
    """Bytes in the store differ from what their digest promises."""

    exit_code = os.EX_DATAERR

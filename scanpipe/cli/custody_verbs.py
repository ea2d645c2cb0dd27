"""What proves that nothing was lost or altered: `verify`, `proof`, `backup`, `restore`."""

import argparse
import contextlib
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from scanpipe import config, storage
from scanpipe.catalogue.database import DatabaseError
from scanpipe.cli import arguments, asking, shown
from scanpipe.cli.site import settings_of
from scanpipe.config import Settings
from scanpipe.core.record_numbers import record_number as number
from scanpipe.errors import NotFound, ScanpipeError, UsageError
from scanpipe.i18n import N_, _

_TOLD = 20  # deviations that the journal's line names


def verify(options: argparse.Namespace) -> int:
    """The whole vault, with the journal; --standalone: any vault or backup, without a site."""
    if options.standalone is not None:
        return _verify_alone(options)
    if options.journal is not None:
        raise UsageError(N_("--journal stands only beside --standalone: a site's own journal is always compared."))
    from scanpipe.upkeep.proving.fixity import verify

    settings = settings_of(options)
    with shown.counting(_("Checking"), options.json) as progress:
        report = verify(settings.layout, progress, authority=settings.authority)
    body = {
        "expected": report.expected, "checked": report.checked, "files": report.files, "bytes": report.bytes, "events": report.events, "roots": report.roots,
        "deviations": [str(deviation) for deviation in report.deviations], "sound": report.sound,
    }  # fmt: skip
    shown.as_json(body) if options.json else shown.verified(body)
    _tell(settings, body)
    return os.EX_OK if report.sound else os.EX_DATAERR


def _tell(settings: Settings, body: Mapping[str, Any]) -> None:
    """The journal learns of it at the daemon's next turn, and the operation's page shows it. A store that can only be read is verified all the same."""
    told = {**body, "found": len(body["deviations"]), "deviations": body["deviations"][:_TOLD]}
    with contextlib.suppress(ScanpipeError, DatabaseError, OSError):
        asking.leave(settings, "tell", "scanpipe", kind="verified", **told)


def _verify_alone(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.proving.standalone import find, verify_alone

    place = find(options.standalone, options.journal)
    with shown.counting(_("Checking"), options.json) as progress:
        report = verify_alone(place, progress)
    body = {
        "expected": report.expected, "checked": report.checked, "files": report.files, "bytes": report.bytes, "events": report.events, "roots": report.roots,
        "tombstones": report.tombstones, "journal": str(place.journal) if place.journal else None,
        "deviations": [str(deviation) for deviation in report.deviations], "sound": report.sound,
    }  # fmt: skip
    if options.json:
        shown.as_json(body)
    else:
        shown.verified(body)
        if not report.journal:
            shown.say(_("No journal was compared: whether a whole record is missing or was added, only --journal FOLDER can tell."))
    return os.EX_OK if report.sound else os.EX_DATAERR


def proof(options: argparse.Namespace) -> int:
    """That a record is under a day's root; --check: whether such a proof holds, without a site."""
    from scanpipe.upkeep.proving import inclusion

    if (options.check is None) == (options.number is None):
        raise UsageError(N_("Name a record to prove, or a proof to check: scanpipe proof NUMBER, or scanpipe proof --check FILE"))
    if options.check is not None:
        return _check_proof(options)
    found = inclusion.prove(number(options.number), settings_of(options).layout)
    text = inclusion.text_of(found)
    if options.out is not None:
        with storage.place(options.out):
            options.out.write_text(text, "utf-8")
    if options.json:
        steps = [{"side": "left" if step.on_left else "right", "digest": step.digest.hex()} for step in found.steps]
        return shown.as_json({
            "number": found.number, "manifest": found.manifest, "line": found.line, "hash": found.hash, "index": found.index, "events": found.events,
            "path": steps, "root": found.root, "date": found.day.isoformat(), "store": found.store,
        })  # fmt: skip
    shown.say(_("The proof is in {path}.").format(path=options.out) if options.out is not None else text.rstrip())
    return os.EX_OK


def _check_proof(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.proving import inclusion

    try:
        text = options.check.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(N_("There is no file {path}."), path=str(options.check)) from error
    found = inclusion.check(text, str(options.check))
    if options.json:
        return shown.as_json({"number": found.number, "manifest": found.manifest, "root": found.root, "date": found.day.isoformat(), "store": found.store})
    shown.say(_("The proof holds: record {number} is under the root of {date}.").format(number=found.number, date=found.day))
    shown.say(_("Compare this root with the one on paper or in others' hands: {root}").format(root=found.root))
    return os.EX_OK


def backup(options: argparse.Namespace) -> int:
    """Brings the backup up to date; --compare: says what it lacks."""
    from scanpipe.upkeep.copying.backup import back_up

    settings = settings_of(options)
    written = options.compare or options.directory or (Path(settings.backup.folder) if settings.backup.folder else None)
    if written is None:
        raise UsageError(N_("Name a folder on another disk: scanpipe backup DIR, or write it into scanpipe.toml: [backup] folder"))
    if options.compare is not None:
        return _compare(settings, options)
    with shown.counting(_("Copying"), options.json) as progress:
        report = back_up(
            settings, written, datetime.now(settings.timezone), thoroughly=options.thorough, first=options.directory is not None, progress=progress
        )
    body = {
        "folder": str(written), "records": report.records, "copied": report.copied, "corrections": report.metas, "removed": report.buried,
        "waiting": report.waiting, "bytes": report.bytes, "events": report.seq,
        "deviations": _said(report.deviations), "notes": _said(report.notes), "sound": not report.deviations,
    }  # fmt: skip
    if options.json:
        shown.as_json(body)
    else:
        shown.say(_("{records} records are in the backup; {copied} are new ({bytes} bytes), {corrections} corrections, {events} events.").format(**body))
        if report.buried:
            shown.say(_("{n} records that were disposed of were removed from the backup, too; their tombstones are there.").format(n=report.buried))
        _say_all(report.deviations, report.notes)
    return os.EX_DATAERR if report.deviations else os.EX_OK


def _compare(settings: Settings, options: argparse.Namespace) -> int:
    from scanpipe.upkeep.copying.second_copy import compare

    with shown.counting(_("Comparing"), options.json) as progress:
        report = compare(settings, options.compare, progress)
    body = {"records": report.records, "same": report.same, "newer_events": report.newer, "deviations": _said(report.deviations), "sound": report.sound}
    if options.json:
        shown.as_json(body)
    else:
        shown.say(_("expected {records} records = found {same} the same in the backup; {newer_events} events are newer than it").format(**body))
        _say_all(report.deviations, [])
    return os.EX_OK if report.sound else os.EX_DATAERR


def restore(options: argparse.Namespace) -> int:
    """A site from its backup on an empty machine: copied, indexed, linked, verified."""
    from scanpipe import daemon
    from scanpipe.upkeep.copying.restore import finish
    from scanpipe.upkeep.copying.restore import restore as restore_site
    from scanpipe.upkeep.proving.fixity import verify

    with shown.counting(_("Restoring"), options.json) as progress:
        made = restore_site(options.directory, options.site, progress)
    settings = config.load(made.file)
    with daemon.reindex(settings):
        pass
    finish(settings)
    with shown.counting(_("Checking"), options.json) as progress:
        report = verify(settings.layout, progress, authority=settings.authority)
    body = {
        "config": str(made.file), "records": made.records, "tombstones": made.tombstones, "waiting": made.waiting, "expected": report.expected,
        "checked": report.checked, "deviations": _said([*made.deviations, *report.deviations]), "notes": _said(made.notes),
        "sound": report.sound and not made.deviations,
    }  # fmt: skip
    if options.json:
        shown.as_json(body)
    else:
        shown.say(_("{records} records, {tombstones} tombstones and {waiting} scans that wait to be filed were restored.").format(**body))
        _say_all([*made.deviations, *report.deviations], made.notes)
        shown.say(_("expected {expected} records = checked {checked} records").format(**body))
        shown.say(_("Mount the shares, look at the configuration, then start: scanpipe --config {file} run").format(file=made.file))
    return os.EX_OK if body["sound"] else os.EX_DATAERR


def _said(faults: Sequence[ScanpipeError]) -> list[str]:
    return [str(fault) for fault in faults]


def _say_all(deviations: Sequence[ScanpipeError], notes: Sequence[ScanpipeError]) -> None:
    for fault in deviations:
        shown.say(f"! {fault}")
    for note in notes:
        shown.say(str(note))


def parsers(add: arguments.AddParser) -> tuple[arguments.Parser, ...]:
    """`verify`, `proof`, `backup`, `restore`."""
    to_verify = add("verify", help=_("compare every byte of the vault with what was filed"))
    to_verify.add_argument("--standalone", type=Path, metavar="VAULT", help=_("a vault, a store or a backup by itself, without a site and its catalogue"))
    to_verify.add_argument("--journal", type=Path, metavar="FOLDER", help=_("the journal to compare such a vault with"))
    to_verify.set_defaults(run=verify)

    to_prove = add("proof", help=_("a proof for others that a record is as it was filed: its line under a day's root"))
    to_prove.add_argument("number", nargs="?", metavar="NUMBER")
    to_prove.add_argument("--out", type=Path, metavar="FILE", help=_("write it there instead of to standard output"))
    to_prove.add_argument("--check", type=Path, metavar="FILE", help=_("whether the proof in this file holds; needs no site"))
    to_prove.set_defaults(run=proof)

    to_back_up = add("backup", help=_("a second copy on another disk, of all that cannot be made again; only what is new is copied"))
    to_back_up.add_argument("directory", nargs="?", type=Path, metavar="DIR", help=_("without it, [backup] folder of scanpipe.toml"))
    to_back_up.add_argument("--thorough", action="store_true", help=_("read every byte of the copies, too, and make damaged ones again"))
    to_back_up.add_argument("--compare", type=Path, metavar="DIR", help=_("only compare this backup with the store, by the records' manifests"))
    to_back_up.set_defaults(run=backup)

    to_restore = add("restore", help=_("make a site from its backup, in an empty folder"))
    to_restore.add_argument("directory", type=Path, metavar="DIR", help=_("the backup"))
    to_restore.add_argument("site", type=Path, metavar="SITE", help=_("the folder of the new site"))
    to_restore.set_defaults(run=restore)
    return to_verify, to_prove, to_back_up, to_restore

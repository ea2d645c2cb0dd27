"""`cover`: sheets to print, which split a batch of paper and say what follows."""

import argparse
import os
from pathlib import Path

from scanpipe import storage
from scanpipe.cli import arguments, shown
from scanpipe.cli.arguments import Parser
from scanpipe.cli.site import category_of, name_of, reading, settings_of
from scanpipe.config import Settings
from scanpipe.core.disposing.papers import box_number
from scanpipe.core.model import PageCode
from scanpipe.core.scans.covers import MOST_TITLE
from scanpipe.errors import NotFound, UsageError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.disposal import boxes


def cover(options: argparse.Namespace) -> int:
    """Writes a sheet to print; says where."""
    from scanpipe.upkeep.cover import sheet

    settings = settings_of(options)
    code = _cover_code(options, settings)
    category = settings.schedule.categories[code.category].name if code.category else None
    out = options.out or Path("separator.pdf" if options.separator else f"cover-{code.department}.pdf")
    data = sheet(code, section=name_of(settings, code.department or ""), category=category, language=settings.site.language)
    with storage.place(out):
        out.write_bytes(data)
    if options.json:
        return shown.as_json({"path": str(out), "kind": code.kind, "media_type": "application/pdf"})
    shown.say(_("Print {path} at its full size (100 %) and lay it with the paper.").format(path=out))
    return os.EX_OK


def _cover_code(options: argparse.Namespace, settings: Settings) -> PageCode:
    said = (options.department, options.category, options.title, options.sheets, options.box)
    if options.separator:
        if any(value is not None for value in said):
            raise UsageError(N_("A separator sheet says nothing of what follows: leave the other options away, or leave --separator away."))
        return PageCode(kind="separator")
    if not options.department:
        raise UsageError(N_("Say which section the sheet is for: --department CODE; or --separator for a sheet that only parts."))
    title = " ".join((options.title or "").split()) or None
    if title and len(title) > MOST_TITLE:
        raise UsageError(N_("The title has {length} signs, and at most {most} fit into the code. Shorten it."), length=len(title), most=MOST_TITLE)
    if options.category is not None:
        category_of(settings, options.category)
    code = settings.department(options.department).code
    box = _box_for(options.box, code, settings) if options.box else None
    return PageCode(kind="cover", department=code, category=options.category, title=title, sheets=options.sheets, box=box)


def _box_for(typed: str, department: str, settings: Settings) -> str:
    """Its number; refused where the records behind the cover could not go into it. Raises UsageError."""
    number = box_number(typed)
    try:
        with reading(settings) as reader:
            known = boxes.box_of(reader.db, number)
    except NotFound:  # also the catalogue itself
        return number  # the first cover begins it
    if known.is_final:
        raise UsageError(N_("The paper of box {box} is gone. Give the new box another number."), box=number)
    if known.department != department:
        raise UsageError(N_("Box {box} belongs to section {owner}. Give the box of section {section} another number."), box=number, owner=known.department, section=department)  # fmt: skip
    return number


def parsers(add: arguments.AddParser) -> tuple[Parser, ...]:
    """`cover`."""
    to_cover = add("cover", help=_("a cover or separator sheet to print, which splits a batch of paper"))
    to_cover.add_argument("--department", metavar="CODE", help=_("the section whose records follow"))
    to_cover.add_argument("--category", metavar="CODE", help=_("their category in the retention schedule"))
    to_cover.add_argument("--title", metavar="TEXT", help=_("their title"))
    to_cover.add_argument("--sheets", type=arguments.sheets, metavar="N", help=_("how many sheets of paper follow; the scan is compared with it"))
    to_cover.add_argument("--box", metavar="NUMBER", help=_("the box that their paper goes into"))
    to_cover.add_argument("--separator", action="store_true", help=_("a sheet that only parts one document from the next"))
    to_cover.add_argument("--out", type=Path, metavar="FILE.pdf", help=_("where to write it; cover-CODE.pdf or separator.pdf here without it"))
    to_cover.set_defaults(run=cover)
    return (to_cover,)

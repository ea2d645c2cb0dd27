"""How ledger B looks on the command line."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scanpipe import named
from scanpipe.catalogue.counted import INBOX, RAW, sizes_of, together
from scanpipe.cli import shown
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import LEDGERS
from scanpipe.core.model import UNCLASSIFIED
from scanpipe.i18n import _


def sheets(body: Mapping[str, Any], settings: Settings) -> None:
    """Ledger B as a table, and the cabinets below it."""
    by = body["by"]
    labels = {"department": _("Section"), "month": _("Month"), "fiscal_year": _("Fiscal year"), "category": _("Category"), "device": _("Device")}
    names = {code: category.name for code, category in settings.schedule.categories.items()}
    labels_of: dict[str, Callable[[str], str]] = {
        "department": lambda code: shown.section_name(settings, code),
        "month": str,
        "fiscal_year": str,
        "category": lambda code: _("unclassified") if code == UNCLASSIFIED else f"{code} {names.get(code, '')}",
        "device": lambda key: (
            _("drop folder of {section}").format(section=shown.section_name(settings, key.removeprefix(INBOX))) if key.startswith(INBOX) else key
        ),
    }
    label = labels_of[by]
    seen = [row["raw"]["digitised"] for row in body["rows"] if "raw" in row]
    all_seen = together(seen)
    sizes = [size for size, _sheets in sizes_of(all_seen)]
    raws = [_as_scanned(one, sizes) for one in [*seen, all_seen]] if seen else [()] * (len(body["rows"]) + 1)
    total = body["city"]["ledger_b"]
    rows = [
        (name, *(f"{row[kind]:,.1f}" for kind in LEDGERS), *raw)
        for name, row, raw in zip([*(label(row[by]) for row in body["rows"]), _("Total")], [*body["rows"], total], raws, strict=True)
    ]
    headings = [labels[by], _("Digitised"), _("Cleared"), _("Removed")]
    headings += [_("Records"), _("Images"), _("Blank"), _("Sides"), _("Sheets"), *map(named.paper_size, sizes)] if seen else []
    shown.table(headings, rows, numbers=range(1, len(headings)))
    shown.say(_("Ledger B, in A4 sheets. Paper counts as saved only when its removal is recorded."))
    if (held := body["city"]["cabinets"])["cabinets"]:
        shown.say(_("Cabinets: {signed_off} of {cabinets} empty and signed off; {fm_now:.1f} of {fm_start:.1f} m of paper left.").format(**held))


def _as_scanned(raw: Mapping[str, Any], sizes: Sequence[str]) -> tuple[str, ...]:
    """What was scanned of the digitised ones, in the order of RAW, then by size."""
    return *(f"{raw[name]:,}" for name in RAW), *(f"{raw['sizes'].get(size, 0):,}" for size in sizes)

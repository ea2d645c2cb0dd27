"""`scanpipe learn`: what was learnt from people's decisions, and whether it is used from now on."""

import argparse
import os
from datetime import datetime

from scanpipe.cli import arguments, shown
from scanpipe.cli.arguments import Parser
from scanpipe.cli.site import settings_of
from scanpipe.i18n import _


def learn(options: argparse.Namespace) -> int:
    """Trains a model; it is in force at once, also for a running daemon, unless it is worse than the one before or only tried."""
    from scanpipe.upkeep.teaching.learning import learn  # late: scikit-learn takes a second

    settings = settings_of(options)
    outcome = learn(settings, datetime.now(settings.timezone), dry_run=options.dry_run)
    if options.json:
        return shown.as_json(outcome.as_json())
    shown.say(outcome.in_words())
    if by_category := outcome.model.figures.get("categories"):
        rows = [(code, counts["decisions"], counts["right"]) for code, counts in by_category.items()]
        shown.table([_("Category"), _("Decisions"), _("Suggested right")], rows, numbers=(1, 2))
    if outcome.dry_run:
        shown.say(_("Only shown: nothing was changed."))
    return os.EX_OK


def parsers(add: arguments.AddParser) -> tuple[Parser, ...]:
    """`learn`."""
    to_learn = add("learn", help=_("learn categories from what people decided; the timetable does it every night"))
    to_learn.add_argument("--dry-run", action="store_true", help=_("only show what would be learnt; the model in use stays"))
    to_learn.set_defaults(run=learn)
    return (to_learn,)

"""What argparse says by itself, listed so that it is extracted and translated with our own messages (i18n.lend_words_to_libraries).

Of Python 3.11 to 3.14; only what a user of the command line can meet, not what a programmer can.
"""

from gettext import ngettext

from scanpipe.i18n import N_

HELP = (
    N_("usage: "),
    N_("options"),
    N_("positional arguments"),
    N_("subcommands"),
    N_("show this help message and exit"),
)
FAULTS = (
    N_("the following arguments are required: %s"),
    N_("unrecognized arguments: %s"),
    N_("argument %(argument_name)s: %(message)s"),
    N_("expected one argument"),
    N_("expected at most one argument"),
    N_("expected at least one argument"),
    N_("invalid choice: %(value)r (choose from %(choices)s)"),
    N_("invalid choice: %(value)r, maybe you meant %(suggestion)r? (choose from %(choices)s)"),
    N_("invalid %(type)s value: %(value)r"),
    N_("ambiguous option: %(option)s could match %(matches)s"),
    N_("ignored explicit argument %r"),
    N_("not allowed with argument %s"),
    N_("one of the arguments %s is required"),
    N_("unknown parser %(parser_name)r (choices: %(choices)s)"),
)


def expected(count: int) -> str:
    """How argparse asks for a number of values."""
    return ngettext("expected %s argument", "expected %s arguments", count) % count

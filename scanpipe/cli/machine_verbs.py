"""`init`, `run`, `worker`, `reindex`, `doctor`, `retry`: the site, its daemon, its machine."""

import argparse
import contextlib
import os
from pathlib import Path

from scanpipe import config
from scanpipe.cli import arguments, shown, web_verbs
from scanpipe.cli.arguments import Parser
from scanpipe.cli.asking import ask, number
from scanpipe.cli.site import reading, settings_of
from scanpipe.config import Settings
from scanpipe.config_schema import is_in_the_clear
from scanpipe.errors import ConfigError, UsageError
from scanpipe.i18n import N_, _, speak


def init(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.machine.site import init

    made = init(options.directory, size=options.size, departments_csv=options.departments)
    settings = config.load(made)
    shown.say(_("A site with {n} sections is ready in {folder}.").format(n=len(settings.departments), folder=options.directory))
    shown.say(_("Share the folders in {shares}, then start: scanpipe --config {file} run").format(shares=settings.layout.shares, file=made))
    return os.EX_OK


def run(options: argparse.Namespace) -> int:
    from scanpipe import daemon

    settings = settings_of(options)
    speak(settings.site.language)
    with contextlib.nullcontext() if options.no_web else web_verbs.beside(settings):
        daemon.run(settings)
    return os.EX_OK


def worker(options: argparse.Namespace) -> int:
    """Reads for others until SIGTERM. No site, no catalogue: bytes in, text out."""
    from scanpipe.recognition.facts import ReadingSettings
    from scanpipe.recognition.lane import warm_up

    if not options.unencrypted and is_in_the_clear(options.scheduler):
        raise UsageError(
            N_("{address} is not encrypted. Write tls://HOST:PORT, or accept that scans travel unencrypted: --unencrypted"), address=options.scheduler
        )
    try:
        from scanpipe.cluster_machine import Machine, Tls, work
    except ImportError as error:
        raise UsageError(N_("scanpipe worker needs Dask, which is not installed: pip install 'scanpipe[cluster]' ({reason})"), reason=error) from error
    usual = ReadingSettings()
    work(
        Machine(
            address=options.scheduler,
            lanes=options.lanes or len(os.sched_getaffinity(0)),
            name=options.name,
            memory_mib=options.memory_mib,
            tls=Tls(options.tls_ca_file or "", options.tls_cert or "", options.tls_key or ""),
            warm_up=warm_up,
            warm_args=(usual.engine, "auto"),  # as a page from a cluster asks for it: each machine chooses its own
        )
    )
    return os.EX_OK


def reindex(options: argparse.Namespace) -> int:
    from scanpipe import daemon

    settings = settings_of(options)
    with daemon.reindex(settings):
        pass
    with reading(settings) as reader:
        facts = reader.status()
    if options.json:
        return shown.as_json({name: facts[name] for name in ("deliveries", "records", "duplicates", "rejected", "waiting")})
    shown.say(_("Rebuilt: {records} records, {waiting} waiting.").format(**facts))
    return os.EX_OK


def doctor(options: argparse.Namespace) -> int:
    from scanpipe.upkeep.machine.doctor import examine
    from scanpipe.upkeep.machine.ground import Level

    found: Settings | ConfigError
    try:
        found = settings_of(options)
    except ConfigError as error:
        found = error
    findings = examine(found)
    if options.json:
        shown.as_json([{"name": f.name, "level": f.level, "says": f.says, "remedy": f.remedy} for f in findings])
    else:
        shown.findings(findings)
    failed = any(finding.level is Level.FAIL for finding in findings)
    return (os.EX_CONFIG if isinstance(found, ConfigError) else os.EX_UNAVAILABLE) if failed else os.EX_OK


def retry(options: argparse.Namespace) -> int:
    settings = settings_of(options)
    answer = ask(settings, "retry", options.by, number=number(options.number) if options.number else None)
    if options.json:
        return shown.as_json(answer)
    done = answer["retried"]
    shown.say(_("Tried again: {numbers}").format(numbers=", ".join(done)) if done else _("Nothing is waiting, so there is nothing to try again."))
    return os.EX_OK


def parsers(add: arguments.AddParser) -> tuple[Parser, ...]:
    """`init`, `run`, `reindex`, `retry`, `doctor`, `worker`."""
    to_init = add("init", help=_("make a site: configuration, sections, drop folders"))
    to_init.add_argument("directory", type=Path, metavar="DIR")
    to_init.add_argument(
        "--size", choices=("small", "city"), default="city", help=_("how many sections the default has: about 30 or 77; without effect with --departments")
    )
    to_init.add_argument("--departments", type=Path, metavar="FILE.csv", help=_("your own sections: code, name, bureau, …"))
    to_init.set_defaults(run=init)

    to_run = add("run", help=_("the daemon: watch, file, count"))
    to_run.add_argument("--no-web", action="store_true", help=_("without the web process"))
    to_run.set_defaults(run=run)

    to_reindex = add("reindex", help=_("make catalogue and search index again from vault and journal"))
    to_reindex.set_defaults(run=reindex)

    to_retry = add("retry", help=_("try waiting scans again now"))
    to_retry.add_argument("number", nargs="?", metavar="NUMBER", help=_("one record; without it all that wait"))
    to_retry.add_argument("--by", required=True, metavar="WHO", help=_("your name, for the log"))
    to_retry.set_defaults(run=retry)

    to_doctor = add("doctor", help=_("what is wrong on this machine and how to mend it"))
    to_doctor.set_defaults(run=doctor)

    to_worker = add("worker", help=_("reads pages for other machines' scanpipe through a Dask scheduler; needs no site"))
    to_worker.add_argument("scheduler", type=arguments.scheduler, metavar="tls://HOST:PORT")
    to_worker.add_argument("--lanes", type=arguments.lanes, metavar="N", help=_("how many pages are read at once; one a core without it"))
    to_worker.add_argument("--name", default="", metavar="NAME", help=_("what the cluster calls this machine"))
    to_worker.add_argument("--memory-mib", type=arguments.mebibytes, default=4096, metavar="MIB", help=_("memory of one lane"))
    for option, says in (("ca-file", N_("certificate of the authority")), ("cert", N_("certificate of this machine")), ("key", N_("its private key"))):
        to_worker.add_argument(f"--tls-{option}", type=arguments.file, metavar="PEM", help=_(says))
    to_worker.add_argument("--unencrypted", action="store_true", help=_("accept a scheduler tcp://… on another machine: scans travel unencrypted"))
    to_worker.set_defaults(run=worker)
    return (to_reindex, to_retry, to_doctor)

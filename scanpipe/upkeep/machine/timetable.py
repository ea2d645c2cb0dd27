"""What the daemon does by the clock: nightly jobs, with their last runs kept and missed ones caught up."""

from collections.abc import Callable, Mapping
from datetime import datetime, time, timedelta, tzinfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from scanpipe.catalogue.transitions import Catalogue
from scanpipe.errors import ScanpipeError
from scanpipe.i18n import _, speaking

log = structlog.get_logger()

Job = Callable[[], str]  # does it and says in a few words what came of it
DAY = timedelta(days=1)


class CutOff(ScanpipeError):
    """The daemon ends while a long job is at work: it counts as not done and is caught up at the next start."""


class Timetable:
    """Daily jobs of the site, in its time zone. A job that a stopped daemon missed runs soon after its start."""

    def __init__(
        self, catalogue: Catalogue, jobs: Mapping[str, tuple[time, Job]], zone: tzinfo, clock: Callable[[], datetime], *, language: str = "en"
    ) -> None:
        """language: in which the outcomes are kept, that of the site."""
        self.catalogue, self.jobs, self.zone, self.clock, self.language = catalogue, jobs, zone, clock, language
        self._scheduler = BackgroundScheduler(timezone=zone)

    def start(self) -> None:
        for name, (at, job) in self.jobs.items():
            trigger = CronTrigger(hour=at.hour, minute=at.minute, timezone=self.zone)
            self._scheduler.add_job(self.run, trigger, args=[name, job], id=name, coalesce=True, max_instances=1, misfire_grace_time=3600)
            if self._missed(name, at):
                self._scheduler.add_job(self.run, args=[name, job])
        self._scheduler.start()

    def stop(self) -> None:
        self._scheduler.shutdown(wait=True)

    def run(self, name: str, job: Job) -> None:
        """Runs one job now and keeps how it ended. Nothing that a job does wrong stops the others."""
        started = self.clock()
        with speaking(self.language):
            self.catalogue.upkeep_run(name, started, _("running"))
            try:
                outcome = self._outcome(name, job)
            except CutOff:
                return
        self.catalogue.upkeep_run(name, started, outcome, self.clock())

    def _outcome(self, name: str, job: Job) -> str:
        try:
            return job()
        except CutOff:
            raise
        except ScanpipeError as error:
            log.error("job failed", job=name, reason=str(error))
            return _("failed: {reason}").format(reason=error)
        except Exception as error:
            log.exception("job failed", job=name)
            return _("failed: {reason}").format(reason=f"{type(error).__name__}: {error}")

    def _missed(self, name: str, at: time) -> bool:
        """Whether its last time passed without a run that came to its end."""
        now = self.clock()
        last_time = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
        last_time = last_time if last_time <= now else last_time - DAY
        row = self.catalogue.db.conn.execute("SELECT finished FROM upkeep_run WHERE job = ?", [name]).fetchone()
        return row is None or row["finished"] is None or datetime.fromisoformat(row["finished"]) < last_time

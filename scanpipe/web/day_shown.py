"""What is said of each scan of the day: one word, one sentence, one thing to do at most."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from scanpipe.catalogue.days import DayRow
from scanpipe.config import Settings
from scanpipe.core import review
from scanpipe.core.model import UNCLASSIFIED, State
from scanpipe.core.scans.readiness import ATTENTION_FOLDER
from scanpipe.i18n import _, speaking
from scanpipe.upkeep.progress import Progress
from scanpipe.web import showing
from scanpipe.web.live import Day, View, Watched

Mood = Literal["busy", "good", "doubt", "bad", "quiet"]
_ON_WALL = 14  # rows that fit on a screen at arm's length and more
_WAITS = (State.ACCESSIONED, State.RECOGNISED, State.DESCRIBED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """word, says: as people read them. mood: how it looks. progress: while it is read. needs: whether a person has something to do."""

    word: str
    mood: Mood
    says: str = ""
    progress: Progress | None = None
    needs: bool = False


def told(row: DayRow, progress: Progress | None, *, titles: bool = True) -> Told:
    """How far this scan is. titles: whether words of the scan itself may be shown."""
    if row.outcome == "rejected":
        return Told(word=_("Not taken"), mood="bad", says=_refusal(row, titles=titles), needs=True)
    if row.outcome == "duplicate":
        number = row.number or ""
        says = _("The same file came before, as {number}. It is not counted again.").format(number=number) if number else _("The same file came before.")
        return Told(word=_("Came twice"), mood="quiet", says=says)
    if row.state in _WAITS:
        return _under_way(row, progress)
    if row.state == State.DISPOSED:
        return Told(word=_("Disposed of"), mood="quiet", says=_("Disposed of by decision; only its number is kept."))
    if row.proof:
        return Told(word=_("Divided"), mood="quiet", says=_("Its pages are in records of their own."))
    if row.needs_review:
        return Told(word=_("Please check"), mood="doubt", says=_why(row), needs=True)
    return Told(word=_("Filed away"), mood="good", says=_where(row, titles=titles))


def _refusal(row: DayRow, *, titles: bool) -> str:
    """Why, what to do, and where the file lies. Names are among the parameters of some reasons."""
    where = _("The file lies in the folder {folder}.").format(folder=ATTENTION_FOLDER)
    if row.reason is None or (row.params and not titles):
        return where
    return " ".join((_(row.reason).format(**row.params), where))


def _under_way(row: DayRow, progress: Progress | None) -> Told:
    if row.state != State.ACCESSIONED:
        return Told(word=_("Being filed"), mood="busy")
    if row.attempts and row.not_before is not None:
        says = _("Something went wrong; it is tried again at {time}. The scan is safe.").format(time=showing.clock(row.not_before))
        return Told(word=_("Waits"), mood="doubt", says=says)
    if progress is None:
        return Told(word=_("Waits"), mood="busy", says=_("Safe; it will be read in its turn."))
    if progress.pages is None:
        return Told(word=_("Being read"), mood="busy", progress=progress)
    page = min(progress.read + 1, progress.pages)
    return Told(word=_("Being read"), mood="busy", says=_("page {page} of {pages}").format(page=page, pages=progress.pages), progress=progress)


def _why(row: DayRow) -> str:
    said = [_(review.reason(flag)) for flag in row.flags if flag not in review.NOTES]
    return said[0] if said else ""


def _where(row: DayRow, *, titles: bool) -> str:
    """Its folder in the cabinet, below that of the section; where there is none, the category."""
    name = _("not classified yet") if row.category == UNCLASSIFIED else row.category_name or row.category or ""
    if row.path is None or not titles:
        return name
    return " / ".join(row.path.removeprefix("cabinet/").split("/")[1:-1]) or name


class Drawing:
    """Makes what is known of a day into HTML; a row that has not changed is not made again."""

    def __init__(self, settings: Settings) -> None:
        self._names = {one.code: one.name for one in settings.departments}

    def draw(self, watched: Watched, now: Day, before: Day | None = None, drawn: View | None = None) -> View:
        with speaking(watched.language):
            return View(day=now.day, rows=self._rows(watched, now, before, drawn), parts=self._parts(watched, now))

    def _rows(self, watched: Watched, now: Day, before: Day | None, drawn: View | None) -> Mapping[str, str]:
        known = {row.id: (row, before.under_way.get(row.id)) for row in before.rows} if before and drawn else {}
        rows = now.rows[:_ON_WALL] if watched.wall else now.rows
        made: dict[str, str] = {}
        for row in rows:
            progress = now.under_way.get(row.id)
            if drawn and row.id in drawn.rows and known.get(row.id) == (row, progress):
                made[row.id] = drawn.rows[row.id]
            else:
                made[row.id] = showing.drawn("_day.html", "row", self._facts(watched, row, progress))
        return made

    def _facts(self, watched: Watched, row: DayRow, progress: Progress | None) -> dict[str, Any]:
        several = len(watched.departments) > 1
        section = showing.section(row.department, self._names) if several else None
        return {"row": row, "told": told(row, progress, titles=watched.titles), "wall": watched.wall, "titles": watched.titles, "section": section}

    def _parts(self, watched: Watched, now: Day) -> Mapping[str, str]:
        paused = [_(reason).format(**dict(params)) for _stage, reason, params in now.paused]
        lying = [
            (showing.section(code, self._names) if len(watched.departments) > 1 else "", name if watched.titles else "", _(reason))
            for code, name, reason in now.lying
        ]
        return {
            "totals": showing.drawn("_day.html", "totals", now.counts),
            "lying": showing.drawn("_day.html", "lying", lying),
            "paused": showing.drawn("_day.html", "paused", paused),
            "more": showing.drawn("_day.html", "more", 0 if watched.wall else now.counts.deliveries - len(now.rows)),
        }

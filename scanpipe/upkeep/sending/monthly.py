"""The month's report in store/reports/YYYY-MM: the page for the mayor's headquarters, the workbook, the figures as CSV. The folder appears whole or not at all."""

from datetime import date, timedelta
from pathlib import Path

from scanpipe import storage
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.config import Settings
from scanpipe.core.campaign.figures import Figures, LedgerB
from scanpipe.core.campaign.ledger_a import Figure
from scanpipe.i18n import speaking
from scanpipe.upkeep.campaign.figures import figures
from scanpipe.upkeep.campaign.story import alert, story
from scanpipe.upkeep.sending.mailing import SUMMARY
from scanpipe.upkeep.sending.open_data import open_data, spreadsheet
from scanpipe.upkeep.sending.report_page import report
from scanpipe.upkeep.sending.topic_tables import year_of
from scanpipe.upkeep.sending.workbook import workbook


def of_month(reader: CatalogueReader, settings: Settings, month: str, today: date, *, base_year: int | None = None, campaign: int | None = None) -> Figures:
    """The figures of the month's fiscal year, cabinets and campaign as on the month's last day, or today. month: YYYY-MM."""
    return figures(reader, settings, min(today, last_day(month)), fiscal_year=year_of(month), base_year=base_year, campaign=campaign)


def last_day(month: str) -> date:
    year, number = map(int, month.split("-"))
    return date(year + number // 12, number % 12 + 1, 1) - timedelta(days=1)


def make(settings: Settings, month: str, today: date) -> Path | None:
    """Writes the month's folder unless it is there; returns it, None where there is nothing to report yet. Raises PlaceError."""
    folder = settings.layout.reports / month
    if folder.is_dir():
        return folder
    reader = CatalogueReader(settings.layout.catalogue_db)
    try:
        found = of_month(reader, settings, month, today)
    finally:
        reader.close()
    if _is_empty(found):
        return None
    with speaking(settings.site.language):
        _publish(folder, _files(found, settings, month, today))
    return folder


def _is_empty(found: Figures) -> bool:
    city = found.city
    return city.ledger_a == Figure() and city.ledger_b == LedgerB() and not city.cabinets.cabinets and not found.indicators


def _files(found: Figures, settings: Settings, month: str, today: date) -> dict[str, bytes]:
    files = {
        f"paper-report-{month}.pdf": report(found, month, settings, today),
        f"paper-report-{month}.xlsx": workbook(found),
        f"paper-report-{month}.csv": spreadsheet(found),
        SUMMARY: "".join(f"{one}\n" for one in (story(found), alert(found)) if one).encode(),
    }
    return files | ({f"open-data-{month}.csv": open_data(found, settings)} if settings.site.municipality_code else {})


def _publish(folder: Path, files: dict[str, bytes]) -> None:
    part = folder.with_name(f".{folder.name}.part")
    with storage.place(folder):
        storage.remove_tree(part)
        storage.make_folder(part)
        for name, data in files.items():
            storage.put(part / name, data)
        storage.rename(part, folder)
        storage.sync_folder(folder.parent)

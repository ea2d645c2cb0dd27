"""describe: RECOGNISED -> DESCRIBED. A pure function of the text, the schedule and what was known at intake; nothing is read or written here."""

from collections.abc import Iterator
from datetime import date

from scanpipe.config import Settings
from scanpipe.core import review
from scanpipe.core.classification import Verdict, classify
from scanpipe.core.dates import fiscal_year
from scanpipe.core.extraction import Extraction, extract
from scanpipe.core.model import UNCLASSIFIED, Accession, Description, Recognition, Retention
from scanpipe.core.naming import file_name
from scanpipe.core.retention import retention_of
from scanpipe.core.sheets import count_sheets
from scanpipe.vault import EXTENSIONS

UNKNOWN_RETENTION = Retention(period=None, start_rule=None, starts=None, expires=None, disposition=None)


def describe(accession: Accession, recognition: Recognition, settings: Settings) -> Description:
    """What this record is. Never raises on any text: what is not found is None, and what is doubtful is a flag."""
    extraction = extract(recognition.pages)
    verdict = classify(recognition.pages, extraction, settings.schedule, department=accession.department, threshold=settings.describe.threshold)
    completed = extraction.completed or extraction.date or accession.received.date()
    count = count_sheets(recognition.pages, accession.duplex)
    category = settings.schedule.categories.get(verdict.category)
    return Description(
        accession_id=accession.id,
        category=verdict.category,
        category_name=category.name if category else None,
        confidence=round(verdict.confidence, 4),
        suggestions=verdict.suggestions,
        title=extraction.title,
        kind=extraction.kind,
        document_number=extraction.document_number,
        date=extraction.date,
        completed=completed,
        fiscal_year=fiscal_year(completed),
        amount=extraction.amount,
        sender=extraction.sender,
        addressee=extraction.addressee,
        retention=_retention(verdict, extraction, completed, settings),
        pages=count.pages,
        blank_pages=count.blank_pages,
        sides=count.sides,
        sheets=0 if recognition.born_digital else count.sheets,  # it never was paper (domain §5, trap 13)
        a4_sheets=0.0 if recognition.born_digital else count.a4_sheets,
        name=_name(accession, recognition, extraction, settings),
        evidence=(*verdict.evidence, *extraction.evidence),
        flags=tuple(_flags(recognition, extraction, verdict, settings)),
        schedule=settings.schedule.digest,
    )


def _retention(verdict: Verdict, extraction: Extraction, completed: date, settings: Settings) -> Retention:
    """No retention runs out while a record is unclassified."""
    category = settings.schedule.categories.get(verdict.category)
    return retention_of(category, completed, accounting_year=extraction.accounting_year, title=extraction.title) if category else UNKNOWN_RETENTION


def _name(accession: Accession, recognition: Recognition, extraction: Extraction, settings: Settings) -> str:
    section = next((department.name for department in settings.departments if department.code == accession.department), accession.department)
    return file_name(
        settings.describe.name_template,
        date=extraction.date or accession.received.date(),
        docno=extraction.document_number,
        title=extraction.title,
        kind=extraction.kind,
        section=section,
        number=accession.number,
        extension=".pdf" if recognition.access_sha256 else EXTENSIONS[accession.media_type],
    )


def _flags(recognition: Recognition, extraction: Extraction, verdict: Verdict, settings: Settings) -> Iterator[str]:
    yield from recognition.flags
    if recognition.pages and not recognition.text.strip():
        yield review.NO_TEXT
    elif recognition.pages and extraction.title is None:
        yield review.NO_TITLE
    if verdict.category == UNCLASSIFIED:
        yield review.CATEGORY_UNCLEAR
    confidence = recognition.confidence
    if confidence is not None and confidence < settings.ocr.review_below:
        yield review.LOW_CONFIDENCE_READING

"""describe: RECOGNISED -> DESCRIBED. A pure function of the text, the schedule, the learnt model and what was known at intake; nothing is read or written here."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from scanpipe.config import Settings
from scanpipe.core import partings, review
from scanpipe.core.dates import fiscal_year
from scanpipe.core.describing.classification import Verdict, classify
from scanpipe.core.describing.extraction import Extraction, extract
from scanpipe.core.describing.learning import Model
from scanpipe.core.describing.my_number import MASK, SIGNS, masked
from scanpipe.core.describing.naming import file_name
from scanpipe.core.model import UNCLASSIFIED, Accession, Description, Evidence, Field, Recognition, Retention, Suggestion
from scanpipe.core.retention import Category, retention_of
from scanpipe.core.sheets import SheetCount, count_sheets
from scanpipe.i18n import _, speaking
from scanpipe.vault import EXTENSIONS

_PAGE_SIGNS = 20  # fewer are a seal, a page number or dirt: no reason to look
UNKNOWN_RETENTION = Retention(period=None, start_rule=None, starts=None, expires=None, disposition=None)
_COVER = "cover"  # the rule: a person wrote it on the cover sheet


def describe(accession: Accession, recognition: Recognition, settings: Settings, model: Model | None = None) -> Description:
    """What this record is. Never raises on any text: what is not found is None, and what is doubtful is a flag. model: None = nothing was learnt yet."""
    extraction = _titled(extract(recognition.pages), accession, recognition, settings)
    verdict = classify(
        recognition.pages,
        extraction,
        settings.schedule,
        department=accession.department,
        model=model,
        threshold=settings.describe.threshold,
        wrong_without_review=settings.describe.wrong_without_review,
    )
    verdict = _as_covered(verdict, accession, settings)
    completed = extraction.completed or extraction.date or accession.received.date()
    count = count_sheets(recognition.pages, accession.duplex, partings.fronts_in(accession.declared))
    missing = _sheets_differ(accession, recognition, count)
    category = settings.schedule.categories.get(verdict.category)
    retention = _retention(verdict, extraction, completed, settings)
    described = Description(
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
        retention=retention,
        pages=count.pages,
        blank_pages=count.blank_pages,
        sides=count.sides,
        sheets=0 if recognition.born_digital else count.sheets,  # it never was paper (domain §5, trap 13)
        a4_sheets=0.0 if recognition.born_digital else count.a4_sheets,
        name=name_of(accession, extraction, settings, category=category, has_copy=recognition.access_sha256 is not None),
        evidence=(
            *(replace(one, quote=masked(one.quote)) for one in verdict.evidence),
            *extraction.evidence,
            *missing,
            *_left_out(accession),
            *_to_delete(extraction),
        ),
        flags=(
            *_flags(recognition, extraction, verdict, settings),
            *([review.SHEET_COUNT_DIFFERS] if missing else []),
            *([review.NO_DATE] if _counts_from_scan(extraction, retention, recognition) else []),
        ),
        accounting_year=extraction.accounting_year,
        schedule=settings.schedule.digest,
        model=model.digest if model else None,
        sizes={} if recognition.born_digital else count.sizes,
        fields=extraction.fields,
        restricted=extraction.my_numbers or (category is not None and category.restricted),
    )
    return _as_decided(described, accession, recognition, settings)


def _as_decided(described: Description, accession: Accession, recognition: Recognition, settings: Settings) -> Description:
    """With what a person had decided about the record that this one was split from or merged of."""
    departments = frozenset(department.code for department in settings.departments)
    after = partings.as_decided(described, accession.declared, settings.schedule, departments)
    if after == described:
        return described
    category = settings.schedule.categories.get(after.category)
    return replace(after, name=name_of(accession, after, settings, category=category, has_copy=recognition.access_sha256 is not None))


def _titled(extraction: Extraction, accession: Accession, recognition: Recognition, settings: Settings) -> Extraction:
    """With the title that a person wrote on the cover; a batch is called so, in the site's language."""
    if recognition.parts is not None:
        with speaking(settings.site.language):
            return replace(extraction, title=_("Batch scan ({n} parts)").format(n=recognition.parts))
    title = masked(accession.declared.get("title", ""))
    if not title:
        return extraction
    evidence = (Evidence(about="title", rule=_COVER, quote=title), *(one for one in extraction.evidence if one.about != "title"))
    fields = (Field(name="title", value=title, confidence=1.0, quote=title), *(one for one in extraction.fields if one.name != "title"))
    return replace(extraction, title=title, evidence=evidence, fields=fields)


def _to_delete(extraction: Extraction) -> Iterator[Evidence]:
    """A record with individual numbers has a rule of its own: deleted or masked beyond recovery promptly when its retention ends (domain §2.8), never sooner."""
    page = next((one.page for one in extraction.fields if one.name == "my_number"), None)
    if extraction.my_numbers:
        yield Evidence(about="disposal", rule="my-number", quote=MASK * SIGNS, page=page)


def _as_covered(verdict: Verdict, accession: Accession, settings: Settings) -> Verdict:
    """What the cover says is a person's decision, also where rules may not decide; a code that the schedule does not have is none."""
    code = accession.declared.get("category", "")
    if code not in settings.schedule.categories:
        return verdict
    others = tuple(one for one in verdict.suggestions if one.category != code)
    evidence = Evidence(about="category", rule=_COVER, quote=code)
    return Verdict(category=code, confidence=1.0, suggestions=(Suggestion(category=code, confidence=1.0), *others), evidence=(evidence,))


def _sheets_differ(accession: Accession, recognition: Recognition, count: SheetCount) -> tuple[Evidence, ...]:
    """Both numbers where the paper counted is not what was declared; a scan whose pages could not be read says so itself."""
    said = accession.declared.get("sheets", "")
    if not (said.isascii() and said.isdecimal()) or not recognition.pages or int(said) == count.sheets:
        return ()
    return (Evidence(about="sheets", rule=_COVER, quote=f"{int(said)} ≠ {count.sheets}"),)


def _left_out(accession: Accession) -> tuple[Evidence, ...]:
    """The page numbers that the scanner's file names leave out; recognise has set the flag."""
    numbers = accession.declared.get("missing", "")
    return (Evidence(about="pages", rule="file-names", quote=numbers),) if numbers else ()


def _retention(verdict: Verdict, extraction: Extraction, completed: date, settings: Settings) -> Retention:
    """No retention runs out while a record is unclassified."""
    category = settings.schedule.categories.get(verdict.category)
    return retention_of(category, completed, accounting_year=extraction.accounting_year, title=extraction.title) if category else UNKNOWN_RETENTION


def _counts_from_scan(extraction: Extraction, retention: Retention, recognition: Recognition) -> bool:
    """Whether the period is, or will be once the category is known, counted from the day of the scan, for the pages give no other. A batch's is never counted."""
    if extraction.completed or extraction.date or recognition.parts is not None or not recognition.pages:
        return False
    return retention == UNKNOWN_RETENTION or retention.expires is not None


def name_of(accession: Accession, said: Extraction | Description, settings: Settings, *, category: Category | None, has_copy: bool) -> str:
    """The record's name in the cabinet. has_copy: its access copy is shown there, else its original."""
    section = next((department.name for department in settings.departments if department.code == accession.department), accession.department)
    return file_name(
        (category.name_template if category else "") or settings.describe.name_template,
        date=said.date or accession.received.date(),
        docno=said.document_number,
        title=said.title,
        kind=said.kind,
        section=section,
        number=accession.number,
        extension=".pdf" if has_copy else EXTENSIONS[accession.media_type],
    )


def _poorly_read(recognition: Recognition, least: float) -> bool:
    """Is the record as a whole, or any page with more on it than a seal or a page number, below this confidence?"""
    pages = [page.confidence for page in recognition.pages if len(page.text) >= _PAGE_SIGNS]
    return any(confidence is not None and confidence < least for confidence in (recognition.confidence, *pages))


def _flags(recognition: Recognition, extraction: Extraction, verdict: Verdict, settings: Settings) -> Iterator[str]:
    yield from recognition.flags
    if recognition.parts is not None:
        return
    if recognition.pages and not recognition.text.strip():
        yield review.NO_TEXT
    elif recognition.pages and extraction.title is None:
        yield review.NO_TITLE
    if extraction.my_numbers:
        yield review.MY_NUMBER
    if verdict.category == UNCLASSIFIED:
        yield review.CATEGORY_UNCLEAR
    if _poorly_read(recognition, settings.ocr.review_below):
        yield review.LOW_CONFIDENCE_READING

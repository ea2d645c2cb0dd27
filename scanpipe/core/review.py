"""Why a person should look at a record: codes that are stored, and the sentence that says what to do (design §2, §7)."""

from scanpipe.i18n import N_

ENCRYPTED, UNREADABLE, ACCESS_COPY_DIFFERS = "encrypted", "unreadable", "access-copy-differs"
LOW_CONFIDENCE_READING, PAGES_UNREAD, SIGNED = "low-confidence-reading", "pages-unread", "signed"
CATEGORY_UNCLEAR, CATEGORY_GONE, NO_TITLE = "category-unclear", "category-gone", "no-title"
SHEET_COUNT_DIFFERS, NO_TEXT, MY_NUMBER, TOO_LARGE, PATTERN_MATCHING = "sheet-count-differs", "no-text", "my-number", "too-large", "pattern-matching"
BATCH, BATCH_WHOLE, EMPTY_COVER = "batch", "batch-not-split", "cover-without-pages"
PAGES_MISSING, NO_DATE = "pages-missing", "no-date"

NOTES = frozenset({BATCH, NO_DATE})  # said of a record; nobody need look

REASONS: dict[str, str] = {
    ENCRYPTED: N_("The PDF is locked with a password, so it was filed as it is and cannot be searched. Scan the paper again without a password."),
    UNREADABLE: N_("The file could not be read, so it was filed as it is. Scan the paper again."),
    TOO_LARGE: N_("The file has too many pages, or a page is too large to read, so it was filed as it is. Split it, or scan at 200-300 dpi."),
    PATTERN_MATCHING: N_(
        "The scanner's compression may have replaced signs by similar ones. Compare figures with the paper; set the scanner to TIFF G4 or JPEG."
    ),
    ACCESS_COPY_DIFFERS: N_("The searchable copy did not match the original, so only the original was filed. Check the original; nothing was lost."),
    LOW_CONFIDENCE_READING: N_(
        "Many signs could not be read with confidence. Check the title, the date and the number; scan the paper again if it is pale or skewed."
    ),
    PAGES_UNREAD: N_("Some pages could not be read. They are kept, but their words cannot be found by search; look at these pages."),
    SIGNED: N_("The PDF carries an electronic signature, so it was left exactly as it is. Check whether the signature must be kept."),
    CATEGORY_UNCLEAR: N_("The category could not be decided. Choose the right one from the suggestions."),
    CATEGORY_GONE: N_("The category of this record is no longer in the retention schedule. Choose one that is."),
    NO_TITLE: N_("No title was found. Enter the title of the document."),
    SHEET_COUNT_DIFFERS: N_("The number of sheets differs from what the cover sheet says. Count the paper and scan it again if a sheet is missing."),
    NO_TEXT: N_("No words were found on any page. Check whether the paper was fed with its blank side up; for photographs and drawings enter the title."),
    MY_NUMBER: N_(
        "An individual number (My Number) was found: the record is restricted, and the number is masked where it is shown. Check it. "
        "When the retention ends, the record must be deleted at once."
    ),
    BATCH: N_(
        "The pages of this scan are in other records: it was split into parts, or merged with others. This one keeps what was delivered, and counts nothing."
    ),
    BATCH_WHOLE: N_("The scan has cover or separator sheets but could not be split at them. Scan its parts one by one."),
    PAGES_MISSING: N_(
        "Page numbers are missing among the scanner's files. Compare the pages with the paper, look into the folder 要確認, and scan what is missing again."
    ),
    NO_DATE: N_(
        "No date was found on the pages, so the retention period is counted from the day of the scan. If the paper has a date, or is known to be older, enter it."
    ),
    EMPTY_COVER: N_("A cover sheet has no pages behind it. Check whether the paper went through the scanner, and scan it again if pages are missing."),
}
_UNKNOWN = N_("This record needs a look by a person. Check its title, date and category.")


def reason(code: str) -> str:
    """The message id of the sentence for this code; a general one for a code of a later version. Translate it where it is shown."""
    return REASONS.get(code, _UNKNOWN)

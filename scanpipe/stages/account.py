"""account: INDEXED -> ACCOUNTED. What the record adds to ledger B, "digitised": counted once, at the day of receipt.

Nothing is saved yet: credit for removed paper comes when its destruction or transfer is recorded (domain §5).
"""

from scanpipe.core.dates import fiscal_year
from scanpipe.core.model import Accession, Credit, Description
from scanpipe.core.sheets import credited_sheets


def account(accession: Accession, description: Description, born_digital: bool) -> Credit:
    """The record's credit. Duplicates never come here: they are deliveries without a record, and count 0."""
    day = accession.received.date()
    return Credit(
        accession_id=accession.id,
        day=day,
        fiscal_year=fiscal_year(day),
        department=accession.department,
        category=description.category,
        digitised=credited_sheets(description.a4_sheets, born_digital=born_digital),
    )

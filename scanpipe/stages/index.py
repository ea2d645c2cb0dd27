"""index: FILED -> INDEXED. The record's text becomes findable; deleting and inserting again is the same as inserting once."""

from collections.abc import Sequence

from scanpipe.catalogue.search import SearchEntry, SearchIndex
from scanpipe.core.describing.my_number import masked
from scanpipe.core.model import Accession, Description


def index(accession: Accession, description: Description, pages: Sequence[str], restricted: bool, search: SearchIndex) -> None:
    """pages: the text of each page in order, empty when nothing was read. restricted: only people with a grant may find it.

    Individual numbers are masked as they are where text is shown (core/describing/my_number.py): nobody finds a person by one.
    """
    words = (accession.number, description.document_number, description.sender, description.addressee, masked(accession.name))
    search.put(
        SearchEntry(
            accession_id=accession.id,
            serial=accession.serial,
            number=accession.number,
            department=accession.department,
            category=description.category,
            fiscal_year=description.fiscal_year,
            date=description.date,
            title=description.title,
            name_words="\n".join(word for word in words if word),
            pages=tuple(map(masked, pages)) or ("",),
            restricted=restricted,
        )
    )

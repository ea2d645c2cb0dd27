"""What lives as long as the web process: one object for all requests."""

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from scanpipe.accounts import Accounts
from scanpipe.catalogue.reader import CatalogueReader
from scanpipe.catalogue.requests import Requests
from scanpipe.catalogue.search_reader import SearchReader
from scanpipe.catalogue.search_result import Access
from scanpipe.config import Settings
from scanpipe.core.retention import successor_of
from scanpipe.core.rights import Person
from scanpipe.web.front import Front
from scanpipe.web.kept_figures import KeptFigures
from scanpipe.web.limits import Limit, Views
from scanpipe.web.office_files import OfficeFiles
from scanpipe.web.pictures import Pictures
from scanpipe.web.previews import Previews
from scanpipe.web.readers import Readers

_SEARCHES_A_MINUTE = 60  # of one person (reliability §3)


@dataclass(slots=True)
class House:
    """settings: of the site; a changed configuration needs a new process. accounts, requests: written here; everything else is only read."""

    settings: Settings
    accounts: Accounts
    requests: Requests
    pictures: Pictures
    figures: KeptFigures
    search: SearchReader = field(init=False)
    searches: Limit = field(default_factory=lambda: Limit(_SEARCHES_A_MINUTE, 60.0))
    views: Views = field(default_factory=Views)
    finds: Views = field(default_factory=Views)
    front: Front = field(default_factory=Front)
    office_files: OfficeFiles = field(default_factory=OfficeFiles)
    previews: Previews = field(init=False)
    readers: Readers = field(init=False)
    _texts: "Texts" = field(init=False)

    def __post_init__(self) -> None:
        self.previews = Previews(self.settings.layout.web / "previews")
        self.readers = Readers(self.settings.layout.catalogue_db, self.settings.schedule.restricted)
        self._texts = Texts(self.settings.layout.catalogue_db)
        self.search = SearchReader(self.settings.layout.search_db, self._texts.of, self.settings.codes_by_name)

    @classmethod
    def of(cls, settings: Settings, figures: KeptFigures) -> "House":
        layout = settings.layout
        front = Front.of(settings.web, settings.file.parent)
        accounts, requests = Accounts(layout.accounts_db), Requests(layout.requests_db)
        return cls(settings=settings, accounts=accounts, requests=requests, pictures=Pictures(settings), figures=figures, front=front)

    def close(self) -> None:
        self.pictures.close()
        self.office_files.close()
        self.readers.close()
        self.search.close()
        self.requests.close()
        self.accounts.close()

    def now(self) -> datetime:
        return datetime.now(self.settings.timezone)

    def with_taken_over(self, person: Person) -> Person:
        """The person with the sections whose records their own ones answer for today: a reorganised section's go to its successor."""
        sections, today = self.settings.departments, self.now().date()
        more = {one.code for one in sections if successor_of(sections, one.code, today) in person.departments}
        return replace(person, departments=person.departments | more) if more - person.departments else person

    def reader_for(self, person: Person) -> CatalogueReader:
        """The catalogue as this person may see it; the caller closes it. Raises NoCatalogue."""
        return self.readers.lend(access_of(person))

    def public_reader(self) -> CatalogueReader:
        """The catalogue for who has not logged in: it shows no record at all; the caller closes it. Raises NoCatalogue."""
        return self.readers.lend(Access(departments=frozenset(), restricted=frozenset()))


class Texts:
    """Texts of pages for snippets, on a connection of each thread's own. The index has decided already what may be shown."""

    def __init__(self, path: Path) -> None:
        self._path, self._local = path, threading.local()

    def of(self, serial: int, page: int) -> str:
        return self._reader().text_of(serial, page)

    def _reader(self) -> CatalogueReader:
        """Opened again where the file was made anew."""
        which = self._path.stat().st_ino if self._path.exists() else None
        if getattr(self._local, "which", None) != which or which is None:
            self._local.reader, self._local.which = CatalogueReader(self._path), which
        reader: CatalogueReader = self._local.reader
        return reader


def access_of(person: Person) -> Access:
    """Whose records a person finds."""
    return Access(departments=person.sections(), restricted=person.restricted())


def is_restricted(settings: Settings, restricted: bool | None, category: str | None) -> bool:
    """As a record's own facts say; where they are of an earlier version and say nothing, as its category does."""
    return category in settings.schedule.restricted if restricted is None else restricted

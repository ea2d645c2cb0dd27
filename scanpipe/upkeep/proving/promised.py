"""What the journal says must be on the disk: record folders, what people changed of them, tombstones, closed lists, scans that wait in custody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from scanpipe import vault
from scanpipe.catalogue.journal import GENESIS, Event, JournalBroken
from scanpipe.core.campaign.photos import Photo
from scanpipe.core.corrections import Correction
from scanpipe.core.journalled import meta_digest
from scanpipe.core.serial import from_json


@dataclass(frozen=True, slots=True)
class Filed:
    """A record that was filed. manifest_sha256: of its folder's manifest. seq: of the newest event that told of its folder."""

    accession_id: str
    manifest_sha256: str
    seq: int


@dataclass(slots=True)
class Promised:
    """Read from the journal event by event.

    filed: by vault path, also of records that were disposed of later. metas: by accession, file name in meta/ -> sha256. disposed: by vault path, the
    event that ended the record. closed: by the list's id, the event that closed it; interim: events that tell of an interim certificate.
    photos: of cabinets, by their place below the folder of photos, the sha256. waiting: ids in custody that are not filed. breaks: in the chain; what
    can be read behind them counts all the same. seq, head: number and hash of the last event.
    """

    filed: dict[str, Filed] = field(default_factory=dict)
    metas: dict[str, dict[str, str]] = field(default_factory=dict)
    disposed: dict[str, Event] = field(default_factory=dict)
    closed: dict[str, Event] = field(default_factory=dict)
    interim: list[Event] = field(default_factory=list)
    photos: dict[str, str] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    breaks: list[JournalBroken] = field(default_factory=list)
    paths: dict[str, str] = field(default_factory=dict)
    events: int = 0
    seq: int = 0
    head: str = GENESIS

    @classmethod
    def by(cls, told: Iterable[Event | JournalBroken], also: Callable[[Event], None] = lambda event: None) -> "Promised":
        """told: as catalogue.journal.survey gives it. also: hears every event."""
        promised = cls()
        for found in told:
            if isinstance(found, JournalBroken):
                promised.breaks.append(found)
                continue
            promised.note(found)
            also(found)
        return promised

    def note(self, event: Event) -> None:
        self.events, self.seq, self.head = self.events + 1, event.seq, event.hash
        id, data = event.accession_id or "", event.data
        if event.kind == "accessioned":
            self.waiting.add(id)
        elif event.kind == "filed" and "vault_path" in data and "manifest_sha256" in data:
            self.waiting.discard(id)
            self.paths[id] = data["vault_path"]
            self.filed[data["vault_path"]] = Filed(id, data["manifest_sha256"], event.seq)
        elif event.kind == "corrected" and id and "correction" in data:
            self._corrected(id, event)
        elif event.kind == "disposed" and "vault_path" in data:
            self.disposed[data["vault_path"]] = event
        elif event.kind == "disposal_done" and "files" in data:
            self.closed[data["id"]] = event
        elif event.kind == "disposal_certified" and "files" in data:
            self.interim.append(event)
        elif event.kind == "cabinet_photo":
            photo = from_json(Photo, data["photo"])
            self.photos[photo.file] = photo.sha256

    def _corrected(self, id: str, event: Event) -> None:
        """Lines of earlier versions hold the whole correction, later ones the digest of its file."""
        digest = event.data["meta"] if "meta" in event.data else meta_digest(from_json(Correction, event.data["correction"]))
        self.metas.setdefault(id, {})[vault.meta_name(event.data["correction"]["number"])] = digest
        if (path := self.paths.get(id)) is not None:
            known = self.filed[path]
            self.filed[path] = Filed(known.accession_id, known.manifest_sha256, event.seq)

    def list_is_open(self, end: Event) -> bool:
        """Whether the list that a record was disposed of by is still being carried out."""
        return end.data["disposal"] not in self.closed

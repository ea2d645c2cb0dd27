"""Faults that others' programs had, planted into ours: each must be found by the tests that would have to find it (reliability §6, test 27)."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scanpipe import storage
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.stages.intake import Intake, Outcome, Taken


def source_taken_early() -> None:
    """The file is taken away from the drop folder before its copy is in custody (reliability §2, nos. 1-4)."""

    def kept(self: Intake, folder: Any, files: Sequence[Any], staged: Any, scan: Any) -> Taken:
        self._take_away(folder, files, staged.name, [None] * len(files))
        found = self.custody.keep(staged, scan)
        return Taken(outcome=Outcome.TAKEN, id=found.id, number=found.number)

    Intake._kept = kept  # type: ignore[method-assign]


def duplicates_deleted() -> None:
    """What comes twice removes its twin (reliability §2, no. 16)."""
    duplicate = Catalogue.duplicate

    def deleting(self: Catalogue, fields: Mapping[str, Any], key: str, file_keys: Sequence[str] = ()) -> None:
        duplicate(self, fields, key, file_keys)
        row = self.db.conn.execute("SELECT vault_path FROM filing WHERE accession_id = ?", [fields["duplicate_of"]]).fetchone()
        if row is not None:
            storage.remove_tree(self.path.parent.parent / "archive" / row["vault_path"])

    Catalogue.duplicate = deleting  # type: ignore[method-assign]


FAULTS: Mapping[str, Callable[[], None]] = {"source taken early": source_taken_early, "duplicates deleted": duplicates_deleted}

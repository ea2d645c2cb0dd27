"""Taking a decision back: a record is again what it was before the newest correction that stands; with its pages, where these went into other records.

Nothing is deleted. Where a split is taken back, the whole is a record again and its parts only prove what was decided once; where a merger is, the records
that were merged are, and the merged one proves. Taking that back in turn makes it as it was.
"""

from collections.abc import Iterable, Mapping, Sequence

from scanpipe.catalogue.requests import Wish
from scanpipe.catalogue.transitions import Catalogue
from scanpipe.config import Settings
from scanpipe.core import corrections, partings
from scanpipe.core.corrections import Correction
from scanpipe.core.model import Accession, Description, State
from scanpipe.core.partings import MERGED_INTO, REPLACES, SPLIT_INTO
from scanpipe.errors import UsageError
from scanpipe.i18n import N_
from scanpipe.upkeep.deciding import pages_held
from scanpipe.upkeep.deciding.rulings import A_BATCH, Decided, answered, correctable, filed, ruled

GONE = N_("The decision cannot be taken back: {other} was disposed of, and only its tombstone is left. Correct what is wrong in the records that are there.")
NOTHING_TO_UNDO = N_("Nothing of {number} was corrected, or all of it was taken back already.")


class Reversal:
    """One wish to take back, asked of one record after another. Answered again, after a crash, it gives what it gave, done or not."""

    def __init__(self, wish: Wish, catalogue: Catalogue, settings: Settings) -> None:
        self.wish, self.catalogue, self.settings = wish, catalogue, settings

    def all(self, numbers: Iterable[str]) -> list[Decided]:
        """What follows for all records concerned, each once; those that hold pages again before those that give them up. Raises NoRecord, UsageError."""
        found: dict[str, Decided] = {}
        for number in numbers:
            if number not in found:
                found |= {one[0].number: one for one in self.of(number)}
        return list(found.values())

    def of(self, number: str) -> list[Decided]:
        """What follows when the newest decision about this record is taken back."""
        accession = self._record(number)
        taken, relation = self._taken_back(accession)
        if taken is None or relation is None:
            return self._of_one(accession, taken)
        others = partings.numbers(taken.changes[relation])
        if relation == SPLIT_INTO:
            return self._exchanged([accession], others)
        if relation == MERGED_INTO:
            return self._exchanged(self._decided_with(taken, others[0]), others)
        if relation == REPLACES and answered(number, self.wish, self.catalogue) is None:
            self._check_there(number, others)
        return [self._back(accession)]

    def _check_there(self, number: str, others: Iterable[str]) -> None:
        """What stays of these records is a tombstone: nothing could be as it was. Raises UsageError."""
        for other in others:
            if (known := self.catalogue.by_number(other)) and known[1] is State.DISPOSED:
                raise UsageError(GONE, number=number, other=other)

    def _record(self, number: str) -> Accession:
        """Filed, or on its way again since this wish was answered the first time."""
        done = answered(number, self.wish, self.catalogue)
        if done is None:
            self._check_there(number, [number])
        return done[0] if done else filed(number, self.catalogue)

    def _taken_back(self, accession: Accession) -> tuple[Correction | None, str | None]:
        """The correction that is taken back, and the relation that it tells of."""
        known = self.catalogue.corrections(accession.id)
        done = next((one for one in known if one.wish == self.wish.id), None)
        if done is not None and done.undoes is None:
            return None, None  # a merged record that proves only: the rest of this wish is with the records that were merged
        taken = known[done.undoes - 1] if done is not None and done.undoes is not None else next(reversed(corrections.standing(known)), None)
        return taken, partings.relation_of(taken) if taken else None

    def _of_one(self, accession: Accession, taken: Correction | None) -> list[Decided]:
        done = answered(accession.number, self.wish, self.catalogue)
        if taken is None and (merged := partings.numbers(accession.declared.get(partings.MERGED))):
            return self._exchanged([self._record(one) for one in merged], [accession.number])
        if done is None and self.catalogue.description(accession.id).is_batch:
            raise UsageError(A_BATCH, number=accession.number)
        return [self._back(accession)]

    def _decided_with(self, taken: Correction, into: str) -> list[Accession]:
        """The records whose pages went into this one by the same decision."""
        found = self.catalogue.by_number(into)
        assert found is not None
        candidates = (*partings.numbers(found[0].declared.get(partings.MERGED)), *self.catalogue.parts_of(into))
        records = [self._record(one) for one in dict.fromkeys(candidates)]
        return [one for one in records if any(c.wish == taken.wish and c.changes.get(MERGED_INTO) == into for c in self.catalogue.corrections(one.id))]

    def _exchanged(self, rise: Sequence[Accession], fall: Sequence[str]) -> list[Decided]:
        """The pages go back into `rise` from `fall`: one of the two is a single record."""
        relation = MERGED_INTO if len(rise) == 1 else SPLIT_INTO
        told = {relation: ",".join(one.number for one in rise)}
        return [*map(self._back, rise), *(self._proof(number, told) for number in fall)]

    def _back(self, accession: Accession) -> Decided:
        if (done := answered(accession.number, self.wish, self.catalogue)) is not None:
            return done
        known = corrections.standing(self.catalogue.corrections(accession.id))
        if not known:
            raise UsageError(NOTHING_TO_UNDO, number=accession.number)
        department, facts = self._before(accession, known)
        told: dict[str, str | None] = {name: None for name in known[-1].changes if name in partings.RELATIONS}
        return ruled(accession, self.wish, self.catalogue, self.settings, after=facts, department=department, relation=told or None, undoes=known[-1].number)

    def _before(self, accession: Accession, known: Sequence[Correction]) -> tuple[str, Description]:
        """Section and facts before the newest correction that stands."""
        return (known[-2].department, known[-2].description) if len(known) > 1 else self.catalogue.as_filed(accession.id)

    def _proof(self, number: str, told: Mapping[str, str | None]) -> Decided:
        done = answered(number, self.wish, self.catalogue)
        if done is None:
            self._check_there(number, [number])
        return done or proof(correctable(number, self.catalogue), told, self.wish, self.catalogue, self.settings)


def proof(accession: Accession, told: Mapping[str, str | None], wish: Wish, catalogue: Catalogue, settings: Settings) -> Decided:
    """The record only proves what was delivered from now on. told: where its pages are."""
    return ruled(accession, wish, catalogue, settings, after=partings.proof_only(catalogue.description(accession.id)), relation=told)


def keep_held(decided: Sequence[Decided], wish: Wish, catalogue: Catalogue) -> None:
    """The holds on records that give their pages up keep those that get them. Before the decision is recorded."""
    losing = [one for one, correction, _before in decided if partings.relation_of(correction) in (SPLIT_INTO, MERGED_INTO)]
    ids = {one.id for one in losing}
    if losing:
        pages_held.go_with(losing, [one.number for one, _correction, _before in decided if one.id not in ids], wish, catalogue)

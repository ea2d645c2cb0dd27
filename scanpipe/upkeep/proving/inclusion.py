"""`scanpipe proof`: that a record's line is under a day's root, in a file that anybody can check with sha256sum alone, without scanpipe and without the store.

Lines `key: value`; comments begin with #.
    number, manifest  the record and the sha256 of its manifest-sha256.txt
    line              the journal's line of its filing without its own hash: JSON as it was hashed
    hash              sha256 of `line`
    leaf              sha256 of the byte 00 and the 32 bytes of `hash`
    index, events     place of the leaf, from 0, and number of leaves
    left, right       (several, in their order) a node beside the way: sha256 of the byte 01, the left and the right node is the next one
    root, date, store what it leads to: the root of that day
"""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from scanpipe.catalogue.journal import Event, chain
from scanpipe.config import Layout
from scanpipe.core.merkle import Step, beside, leaf_node, path, root_by
from scanpipe.core.serial import canonical
from scanpipe.errors import Damaged, NotFound, PlaceError
from scanpipe.i18n import N_, _
from scanpipe.upkeep.proving.proofs import Root, days, file_of, read

_HEX = re.compile("[0-9a-f]{64}")


class NotFiled(NotFound):
    template = N_("The journal tells of no record {number} that was filed.")


class NotUnderARoot(PlaceError):
    template = N_("No daily root covers record {number} yet. The next one is written in the night; then ask again.")


class BadProof(Damaged):
    """A proof that proves nothing."""


NO_PROOF = N_("{file} is not a proof of a record: {key} is missing or not of its form.")
WRONG = N_("{file} proves nothing: {key} does not follow from what stands before it.")

_HOW = N_(
    "What stands here proves that record {number} was filed with this content, and when: its line was in the journal on {date}, whose root is below.\n"
    "By hand: 1. sha256 of the record's manifest-sha256.txt is `manifest`, which stands in `line`. 2. sha256 of the text of `line` is `hash`.\n"
    "3. sha256 of the byte 00 and the 32 bytes of `hash` is `leaf`. 4. From `leaf` on, for each `left` or `right` in turn: sha256 of the byte 01, the left and\n"
    "the right node. 5. The last one is `root`: compare it with the daily root on paper or in others' hands. Or: scanpipe proof --check FILE"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """number, day: of what and under which day's root. line: JSON text. index: of the leaf, from 0, among `events`. root: 64 hex digits."""

    number: str
    manifest: str
    line: str
    index: int
    events: int
    steps: tuple[Step, ...]
    root: str
    day: date
    store: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.line.encode()).hexdigest()


def prove(number: str, layout: Layout) -> Proof:
    """That the record was filed: its line under the first day's root that covers it. Raises NotFiled, NotUnderARoot, JournalBroken."""
    event = _filing(number, layout)
    root = _covering(event, number, layout)
    leaves = (bytes.fromhex(each.hash) for each in chain(layout.journal))
    try:
        steps = path(leaves, event.seq - 1, root.events)
    except ValueError as error:
        raise BadProof(WRONG, file=str(root.path), key="root") from error
    proof = Proof(
        number=number, manifest=event.data["manifest_sha256"], line=_line(event), index=event.seq - 1, events=root.events, steps=steps, root=root.root,
        day=root.day, store=root.store,
    )  # fmt: skip
    if root_by(bytes.fromhex(event.hash), steps).hex() != root.root:
        raise BadProof(WRONG, file=str(root.path), key="root")
    return proof


def _filing(number: str, layout: Layout) -> Event:
    for event in chain(layout.journal):
        if event.kind == "filed" and PurePosixPath(event.data.get("vault_path", "")).name == number:
            return event
    raise NotFiled(number=number)


def _covering(event: Event, number: str, layout: Layout) -> Root:
    for day in days(layout):
        root = read(file_of(day, layout))
        if root.events >= event.seq:
            return root
    raise NotUnderARoot(number=number)


def _line(event: Event) -> str:
    body = {"seq": event.seq, "at": event.at.isoformat(), "kind": event.kind, "accession": event.accession_id, "actor": event.actor, "data": dict(event.data), "prev": event.prev}  # fmt: skip
    return canonical(body).decode()


def text_of(proof: Proof) -> str:
    """The file, in the language of this context."""
    comment = "".join(f"# {line}\n" for line in _(_HOW).format(number=proof.number, date=proof.day.isoformat()).splitlines())
    told = [
        ("number", proof.number), ("manifest", proof.manifest), ("line", proof.line), ("hash", proof.hash),
        ("leaf", leaf_node(bytes.fromhex(proof.hash)).hex()), ("index", proof.index), ("events", proof.events),
        *(("left" if step.on_left else "right", step.digest.hex()) for step in proof.steps),
        ("root", proof.root), ("date", proof.day.isoformat()), ("store", proof.store),
    ]  # fmt: skip
    return comment + "".join(f"{key}: {value}\n" for key, value in told)


def check(text: str, file: str) -> Proof:
    """The proof in a file, if every step of it holds. file: its name, for messages. Raises BadProof that names the step which does not."""
    lines = [line.partition(": ")[::2] for line in text.splitlines() if line and not line.startswith("#")]
    told = dict(lines)
    steps = tuple(Step(key == "left", _bytes(value, key, file)) for key, value in lines if key in ("left", "right"))
    try:
        proof = Proof(
            number=told["number"], manifest=told["manifest"], line=told["line"], index=int(told["index"]), events=int(told["events"]), steps=steps,
            root=told["root"], day=date.fromisoformat(told["date"]), store=told["store"],
        )  # fmt: skip
        body = json.loads(proof.line)
        filed = (PurePosixPath(body["data"]["vault_path"]).name, body["data"]["manifest_sha256"], body["seq"] - 1)
    except (KeyError, ValueError, TypeError) as error:
        raise BadProof(NO_PROOF, file=file, key=str(error)) from error
    node = bytes.fromhex(proof.hash)
    follows = {
        "number": filed[0] == proof.number,
        "manifest": filed[1] == proof.manifest,
        "index": filed[2] == proof.index and 0 <= proof.index < proof.events,
        "hash": told.get("hash") == proof.hash,
        "leaf": told.get("leaf") == leaf_node(node).hex(),
        "left": proof.index < proof.events and [first < proof.index for first, _end in beside(proof.index, proof.events)] == [step.on_left for step in steps],
        "root": root_by(node, steps).hex() == proof.root,
    }
    for key, holds in follows.items():
        if not holds:
            raise BadProof(WRONG, file=file, key=key)
    return proof


def _bytes(value: str, key: str, file: str) -> bytes:
    if not _HEX.fullmatch(value):
        raise BadProof(NO_PROOF, file=file, key=key)
    return bytes.fromhex(value)

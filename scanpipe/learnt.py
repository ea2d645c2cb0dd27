"""The learnt model as a file of the store: written whole or not at all, checked when read, kept in memory until another takes its place.

store/model/model.npz: arrays of numbers (never objects) and one JSON text. Not in the vault: `scanpipe learn` makes it again from the catalogue.
"""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import structlog

from scanpipe import storage
from scanpipe.core.describing.learning import Linear, Model, Past, Vocabulary
from scanpipe.errors import Damaged
from scanpipe.i18n import N_

log = structlog.get_logger()

FOLDER, FILE = "model", "model.npz"
_FORMAT = 3  # what an n-gram is (core.describing.learning.grams_of), and what is kept of decisions


def model_file(store: Path) -> Path:
    return store / FOLDER / FILE


def save(model: Model, store: Path) -> Model:
    """Puts the model in the place of the old one and returns it with its digest. Raises PlaceError."""
    data = _packed(model)
    path = model_file(store)
    with storage.place(path):
        storage.make_folder(path.parent)
        storage.replace(path, data, mode=0o640)
        storage.sync_folder(path.parent)
    return replace(model, digest=hashlib.sha256(data).hexdigest())


def load(path: Path) -> Model:
    """Raises FileNotFoundError, and Damaged for what is no model of this version."""
    data = path.read_bytes()
    try:
        return replace(_unpacked(data), digest=hashlib.sha256(data).hexdigest())
    except (ValueError, KeyError, TypeError, IndexError, zipfile.BadZipFile) as error:
        raise Damaged(N_("{path} is not a model that this version can read. Make it again: scanpipe learn"), path=str(path)) from error


def current(store: Path) -> Model | None:
    """The model in force; None where nothing was learnt yet. One that cannot be read is told once and counts as none: the rules still work."""
    path = model_file(store)
    try:
        status = path.stat()
    except OSError:
        return None
    return _known(path, status.st_mtime_ns, status.st_ino, status.st_size)


@lru_cache(maxsize=2)
def _known(path: Path, changed: int, inode: int, size: int) -> Model | None:
    try:
        return load(path)
    except (OSError, Damaged) as error:
        log.error("model", says=str(error))
        return None


def _packed(model: Model) -> bytes:
    linear, past = model.linear, model.past
    facts = {
        "format": _FORMAT, "categories": linear.categories, "unknown": linear.vocabulary.unknown, "keys": past.keys, "numbers": past.numbers,
        "titles": past.titles, "departments": past.departments, "decided": past.categories, "right": past.right, "habits": model.habits, "thresholds": model.thresholds, "schedule": model.schedule,
        "version": model.version, "figures": model.figures,
    }  # fmt: skip
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        facts=np.frombuffer(json.dumps(facts, ensure_ascii=False).encode(), dtype=np.uint8),
        ids=linear.vocabulary.ids.astype(np.uint32), rarity=linear.vocabulary.rarity.astype(np.float32),
        starts=linear.starts.astype(np.int64), owners=linear.owners.astype(np.int32), weights=linear.weights.astype(np.float32),
        past_starts=past.starts.astype(np.int64), past_places=past.places.astype(np.int32), past_values=past.values.astype(np.float32),
    )  # fmt: skip
    return buffer.getvalue()


def _unpacked(data: bytes) -> Model:
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        facts: dict[str, Any] = json.loads(arrays["facts"].tobytes())
        if facts["format"] != _FORMAT:
            raise ValueError(facts["format"])
        vocabulary = Vocabulary(arrays["ids"], arrays["rarity"], float(facts["unknown"]))
        linear = Linear(tuple(facts["categories"]), vocabulary, arrays["starts"], arrays["owners"], arrays["weights"])
        if len(linear.starts) != len(vocabulary.ids) + 1 or len(vocabulary.rarity) != len(vocabulary.ids):
            raise ValueError("lengths")
        past = Past(
            keys=tuple(facts["keys"]), numbers=tuple(facts["numbers"]), titles=tuple(facts["titles"]),
            departments=tuple(facts["departments"]), categories=tuple(facts["decided"]), right=tuple(facts["right"]),
            starts=arrays["past_starts"], places=arrays["past_places"], values=arrays["past_values"],
        )  # fmt: skip
    thresholds = tuple((float(rate), float(least)) for rate, least in facts["thresholds"])
    return Model(
        linear=linear, past=past, habits=facts["habits"], thresholds=thresholds, schedule=facts["schedule"], version=facts["version"], figures=facts["figures"]
    )  # fmt: skip

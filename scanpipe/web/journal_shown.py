"""Lines of the journal as people read them: what happened, and what is said of it. The whole line is in the journal and in the API."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scanpipe import named
from scanpipe.i18n import N_, _

_EVENTS: Final = {  # beside those that named.step knows
    "account": N_("accounts changed"),
    "held": N_("hold entered"),
    "hold_ended": N_("hold ended"),
    "hold_voided": N_("hold withdrawn"),
    "hold_widened": N_("hold widened"),
    "boxed": N_("put into a box"),
    "unboxed": N_("taken out of its box"),
    "box_sampled": N_("sample of a box drawn"),
    "box_passed": N_("box passed its check"),
    "box_failed": N_("box failed its check"),
    "box_cleared": N_("box cleared for removal"),
    "box_approved": N_("box approved for removal"),
    "box_destroyed": N_("paper destroyed"),
    "box_transferred": N_("paper transferred"),
    "box_returned": N_("paper returned"),
    "box_back": N_("box put back"),
    "disposal_proposed": N_("disposal list proposed"),
    "disposal_agreed": N_("disposal list agreed"),
    "disposal_changed": N_("disposal list changed"),
    "disposal_approved": N_("disposal list approved"),
    "disposal_begun": N_("disposal begun"),
    "disposal_cancelled": N_("disposal list cancelled"),
    "disposal_handed_over": N_("handed to the archives"),
    "disposal_kept_back": N_("kept back from disposal"),
    "disposal_bagged": N_("bag for the archives made"),
    "disposal_done": N_("disposal list closed"),
    "disposal_certified": N_("interim certificate made"),
    "paper_imported": N_("paper figures imported"),
}
_LABELS: Final = {  # beside those that named.about knows
    "name": N_("File"),
    "file": N_("File"),
    "path": N_("Cabinet"),
    "vault_path": N_("Vault"),
    "engine": N_("Read by"),
    "confidence": N_("Confidence"),
    "day": N_("Day"),
    "fiscal_year": N_("Fiscal year"),
    "digitised": N_("Digitised"),
    "received": N_("Received"),
    "box": N_("Box"),
    "number": N_("Number"),
    "numbers": N_("Records"),
    "reference": N_("Number of the case"),
    "since": N_("Since"),
    "last": N_("Ends"),
    "reason": N_("Why"),
    "text": N_("Why"),
    "account": N_("Account"),
    "roles": N_("Roles"),
    "departments": N_("Sections"),
    "grants": N_("Restricted categories"),
    "token_name": N_("Token"),
    "query": N_("Searched for"),
}
# for programs only: identifiers and digests, what the line says of itself already, and lists of everything
_UNTOLD: Final = frozenset({
    "wish", "done", "id", "key", "serial", "schedule", "settings", "manifest_sha256", "access_sha256", "sha256", "meta", "base", "records", "accession_id", "at", "by",
    "media_type", "bytes", "description", "entries", "born_digital", "left_office", "duplicate_of", "params", "content",
})  # fmt: skip
_LONGEST: Final = 80


def happened(kind: str) -> str:
    """A kind of line in words."""
    return _(_EVENTS[kind]) if kind in _EVENTS else named.step(kind)


def details(data: Mapping[str, Any]) -> str:
    """What is said beside who, when and which record, in one line; the longest values cut."""
    return " · ".join(_("in a search result") if name == "where" else f"{label}: {_cut(_worded(name, value))}" for name, label, value in _said(data))


def _said(data: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, str, object]]:
    """(name, label, value), without what is empty; of what is nested the innermost names. within: the name of what holds data."""
    for name, value in data.items():
        if name in _UNTOLD or value in (None, "", [], {}) or (name == "kind" and value in _EVENTS):
            continue
        if isinstance(value, dict):
            yield from _said(value, name)
        else:
            yield name, _(_LABELS[name]) if name in _LABELS else named.about(name), _refusal(value, data) if (within, name) == ("delivery", "reason") else value


def _worded(name: str, value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if name == "confidence" and isinstance(value, float):
        return f"{value:.0%}"
    text = str(value)
    if text in named.DISPOSAL_KINDS:
        return _(named.DISPOSAL_KINDS[text])
    return named.hold_kind(text) if name == "kind" else named.disposition(text)


def _refusal(reason: object, delivery: Mapping[str, Any]) -> str:
    """Why a file was not taken: a message id of ours with what fills it."""
    params = delivery.get("params")
    return _(str(reason)).format(**(json.loads(params) if isinstance(params, str) else params or {}))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"

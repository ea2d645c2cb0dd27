"""RFC 3161: an authority of time signs the digest of a day's root, so that nobody, we included, can write it later. Where [proof] tsa_url names one.

store/proof/YYYY-MM-DD.tsr beside the .txt: the authority's answer (TimeStampResp, DER) on the sha256 of that file's bytes. By hand:
openssl ts -verify -data 2026-11-21.txt -in 2026-11-21.tsr -CAfile authority.pem
"""

import hashlib
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from http.client import HTTPException
from pathlib import Path

from cryptography import x509
from rfc3161_client import (
    HashAlgorithm,
    PKIStatus,
    TimestampRequestBuilder,
    TimeStampResponse,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from scanpipe import storage
from scanpipe.config import Layout
from scanpipe.errors import Damaged, PlaceError
from scanpipe.i18n import N_
from scanpipe.upkeep.proving.proofs import days, file_of

_SECONDS = 15
_MOST_BYTES = 1 << 20
_AT_ONCE = 7  # roots without a stamp that one night asks for, the newest first: it covers all before it
_READ_ONLY = 0o440


class NoStamp(PlaceError):
    template = N_("The time-stamping authority {url} gave no stamp ({reason}). scanpipe asks again in the next night; nothing else waits for it.")


class BadStamp(Damaged):
    """A stamp that does not belong to its root."""


UNREADABLE = N_("{path} is not a time stamp ({reason}).")
OF_OTHER_BYTES = N_("{path} was given for other bytes than those of {root}.")
UNPROVEN = N_("{path}: the time stamp does not lead to the certificates of {authority} ({reason}).")
STRAY = N_("{path}: there is a time stamp, but no root of this day.")
NO_AUTHORITY = N_("{path} holds no certificate in PEM form ({reason}). Correct [proof] tsa_ca_file.")


def stamp_of(root_file: Path) -> Path:
    return root_file.with_suffix(".tsr")


def stamp_missing(layout: Layout, url: str, authority: Path | None) -> list[date]:
    """Has the newest roots stamped that have no stamp; returns their days. Raises NoStamp at the first that fails, PlaceError."""
    stamped = []
    for day in reversed(days(layout)[-_AT_ONCE:]):
        root = file_of(day, layout)
        if not stamp_of(root).is_file():
            answer = ask(url, root.read_bytes(), authority)
            with storage.place(root):
                storage.put(stamp_of(root), answer, _READ_ONLY)
            stamped.append(day)
    return stamped


def ask(url: str, data: bytes, authority: Path | None) -> bytes:
    """The authority's answer on these bytes, checked. Raises NoStamp."""
    request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).nonce(nonce=True).cert_request(cert_request=True).build()
    try:
        answer = _sent(url, request.as_bytes())
        response = _decoded(answer)
        _check_imprint(response, data)
        if request.nonce is not None and response.tst_info.nonce != request.nonce:
            raise VerificationError("nonce")
        if authority is not None:
            _check_signature(response, data, authority)
    except (OSError, HTTPException, ValueError, VerificationError, Damaged) as error:
        raise NoStamp(url=url, reason=str(error)) from error
    return answer


def _sent(url: str, query: bytes) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise urllib.error.URLError(url)
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    wanted = urllib.request.Request(url, data=query, headers=headers)  # noqa: S310 - http only, as configured
    with urllib.request.urlopen(wanted, timeout=_SECONDS) as answer:  # noqa: S310
        return bytes(answer.read(_MOST_BYTES))


def _check_imprint(response: TimeStampResponse, data: bytes) -> None:
    if PKIStatus(response.status) not in (PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS):
        raise VerificationError(", ".join(response.status_string) or str(response.status))
    if response.tst_info.message_imprint.message != hashlib.sha256(data).digest():
        raise VerificationError("imprint")


def _check_signature(response: TimeStampResponse, data: bytes, authority: Path) -> None:
    builder = VerifierBuilder()
    for certificate in certificates(authority):
        builder = builder.add_root_certificate(certificate)
    builder.build().verify_message(response, data)


def certificates(authority: Path) -> Sequence[x509.Certificate]:
    """Those in a PEM file. Raises BadStamp if there is none."""
    try:
        return x509.load_pem_x509_certificates(authority.read_bytes())
    except (OSError, ValueError) as error:
        raise BadStamp(NO_AUTHORITY, path=str(authority), reason=str(error)) from error


# --- certificates in their order ---


def _decoded(answer: bytes) -> TimeStampResponse:
    """The answer read. Authorities send their chain in its own order, and OpenSSL as it is configured, where DER (and our library) wants a SET OF sorted.

    No signature covers the order of the certificates, so it may be set right to read them. Raises ValueError.
    """
    try:
        return decode_timestamp_response(answer)
    except ValueError:
        return decode_timestamp_response(_with_sorted_certificates(answer))


def _with_sorted_certificates(answer: bytes) -> bytes:
    """TimeStampResp { status, ContentInfo { type, [0] SignedData { version, digests, content, [0] certificates … } } }, all lengths as they were."""
    place = (0, len(answer))
    for step in (0, 1, 1, 0, 3):  # into the response, its token, the token's content, SignedData, certificates
        elements = _elements(answer, *place)
        if step >= len(elements):
            raise ValueError("DER")
        first, end, header = elements[step]
        place = (first + header, end)
    if answer[first] != _CERTIFICATES:
        raise ValueError("DER")
    parts = sorted(answer[start:stop] for start, stop, _header in _elements(answer, *place))
    return answer[: place[0]] + b"".join(parts) + answer[place[1] :]


_CERTIFICATES = 0xA0  # [0], constructed


def _elements(data: bytes, place: int, end: int) -> list[tuple[int, int, int]]:
    """(start, end, length of its header) of each element between two places. Raises ValueError if it is not DER."""
    found = []
    while place < end:
        if place + 2 > end:
            raise ValueError("DER")
        length, header = data[place + 1], 2
        if length & 0x80:
            count = length & 0x7F
            length, header = int.from_bytes(data[place + 2 : place + 2 + count], "big"), 2 + count
        if data[place + 1] == 0x80 or place + header + length > end:
            raise ValueError("DER")  # of indefinite length, or beyond its frame
        found.append((place, place + header + length, header))
        place += header + length
    return found


def moment(root_file: Path) -> datetime | None:
    """When the authority says that it signed this root; None without a stamp that can be read."""
    try:
        at: datetime = _decoded(stamp_of(root_file).read_bytes()).tst_info.gen_time
    except (OSError, ValueError):
        return None
    return at


def deviations(layout: Layout, authority: Path | None) -> Iterator[Damaged]:
    """Stamps that do not belong to their roots. authority: certificates that they must lead to; None = only their bytes are compared."""
    for path in sorted(layout.proof.glob("*.tsr")) if layout.proof.is_dir() else ():
        root = path.with_suffix(".txt")
        if not root.is_file():
            yield BadStamp(STRAY, path=str(path))
            continue
        yield from _deviations(path, root, authority)


def _deviations(path: Path, root: Path, authority: Path | None) -> Iterator[Damaged]:
    data = root.read_bytes()
    try:
        response = _decoded(path.read_bytes())
        _check_imprint(response, data)
    except VerificationError:
        yield BadStamp(OF_OTHER_BYTES, path=str(path), root=root.name)
        return
    except (OSError, ValueError) as error:
        yield BadStamp(UNREADABLE, path=str(path), reason=str(error))
        return
    if authority is None:
        return
    try:
        _check_signature(response, data, authority)
    except VerificationError as error:
        yield BadStamp(UNPROVEN, path=str(path), authority=str(authority), reason=str(error))
    except BadStamp as fault:
        yield fault

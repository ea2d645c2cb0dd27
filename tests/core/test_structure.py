"""What is a scan, and is it whole: by bytes alone."""

import io
import struct
from collections.abc import Callable

import pikepdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scanpipe.core.scans.structure import JPEG, PDF, PNG, TIFF, completeness, sniff


def reader(data: bytes) -> Callable[[int, int], bytes]:
    return lambda offset, length: data[offset : offset + length]


def whole(data: bytes, media_type: str | None = None) -> bool:
    kind = media_type or sniff(data)
    assert kind is not None
    return completeness(kind, reader(data), len(data))


def picture(form: str, **options: object) -> bytes:
    image = Image.effect_noise((90, 70), 60).convert("1" if options.get("compression") == "group4" else "L")
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def document(**options: object) -> bytes:
    out = io.BytesIO()
    with pikepdf.new() as pdf:
        for _ in range(3):
            pdf.add_blank_page()
        pdf.save(out, **options)
    return out.getvalue()


def pages_of_tiff() -> bytes:
    out = io.BytesIO()
    frames = [Image.effect_noise((60, 40), 50).convert("1") for _ in range(3)]
    frames[0].save(out, "TIFF", save_all=True, append_images=frames[1:], compression="group4")
    return out.getvalue()


SCANS = {
    "pdf": document(object_stream_mode=pikepdf.ObjectStreamMode.disable),
    "pdf with object streams": document(object_stream_mode=pikepdf.ObjectStreamMode.generate),
    "linearised pdf": document(linearize=True),
    "jpeg": picture("JPEG"),
    "progressive jpeg": picture("JPEG", progressive=True),
    "png": picture("PNG"),
    "g4 tiff": picture("TIFF", compression="group4"),
    "lzw tiff": picture("TIFF", compression="tiff_lzw"),
    "three-page tiff": pages_of_tiff(),
    "bigtiff": picture("TIFF", big_tiff=True),
}


@pytest.mark.parametrize("name", SCANS)
def test_a_whole_scan_is_complete(name: str) -> None:
    assert whole(SCANS[name])


@pytest.mark.parametrize("name", SCANS)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_scan_cut_short_anywhere_is_incomplete(name: str, share: float) -> None:
    data = SCANS[name]
    cut = data[: int(share * len(data))]
    if cut.rstrip(b"\0\r\n\t ") != data.rstrip(b"\0\r\n\t "):
        assert not whole(cut, sniff(data))


@pytest.mark.parametrize("name", SCANS)
@pytest.mark.parametrize("padding", [b"\0" * 600, b"\r\n", b" " * 5000])
def test_padding_behind_the_end_does_no_harm(name: str, padding: bytes) -> None:
    assert whole(SCANS[name] + padding)


def test_a_thumbnail_does_not_pass_for_the_picture() -> None:
    small = picture("JPEG")
    head = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(small) + 2) + small
    assert not whole(head + SCANS["jpeg"][2:200], JPEG)


def test_the_kind_of_file_is_told_by_its_content() -> None:
    kinds = {name: sniff(data[:1024]) for name, data in SCANS.items()}
    assert set(kinds.values()) == {PDF, TIFF, JPEG, PNG}
    assert sniff(b"junk\n" * 100 + b"%PDF-1.4") == PDF
    assert sniff(b"PK\x03\x04") is None
    assert sniff(b"") is None


def test_a_pdf_behind_junk_is_complete() -> None:
    assert whole(b"X-Header: scanner\r\n\r\n" + SCANS["pdf"])


def test_a_circle_of_directories_is_incomplete() -> None:
    entry = struct.pack("<HHII", 256, 3, 1, 8)
    assert not whole(b"II*\0" + struct.pack("<I", 8) + struct.pack("<H", 1) + entry + struct.pack("<I", 8))


@given(st.binary(max_size=400), st.sampled_from([b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0", b"\xff\xd8\xff\xe0", b"%PDF-1.7\n", b"\x89PNG\r\n\x1a\n"]))
def test_no_bytes_whatever_make_it_fail(rest: bytes, head: bytes) -> None:
    data = head + rest
    assert whole(data) in (True, False)


@given(st.binary(max_size=60))
def test_hostile_files_cost_bounded_work(rest: bytes) -> None:
    asked = []

    def read(offset: int, length: int) -> bytes:
        asked.append(length)
        return (b"II*\0\x08\0\0\0\xff\x0f" + rest * 200)[offset : offset + length]

    completeness(TIFF, read, 2**40)
    assert len(asked) < 100_000 and max(asked) < 2**30

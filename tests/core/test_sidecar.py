"""Companion files of scanners: what is understood, and that nothing hostile or broken does harm."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanpipe.core.scans.sidecar import declared, names_for

PAPERCUT = b"""<?xml version="1.0" encoding="utf-8"?><scan xmlns="urn:x"><date>2025-04-01</date><device>MFP-3</device><user>hayashi</user><files><file>a.pdf</file></files></scan>"""
BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><x><title>&b;</title></x>'


def test_a_sidecar_has_the_name_of_its_scan() -> None:
    assert {"x.xml", "x.pdf.xml", "x.CSV", "x.pdf.json"} <= set(names_for("x.pdf"))


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            "x.json",
            json.dumps({"件名": "備品の購入", "枚数": 3, "user": "hayashi"}).encode(),
            {"title": "備品の購入", "sheets": "3", "sidecar.user": "hayashi"},
        ),
        ("x.csv", "件名,枚数,分類\n備品の購入,3,ACCOUNT\n".encode("cp932"), {"title": "備品の購入", "sheets": "3", "category": "ACCOUNT"}),
        ("x.json", json.dumps({"箱番号": "ｂ－１２"}).encode(), {"box": "B-12"}),
        ("x.json", json.dumps({"Box": "../../etc", "user": "x"}).encode(), {"sidecar.user": "x"}),
        ("x.csv", "\ufeffTitle,Minutes\nSheets,4\n".encode(), {"title": "Minutes", "sheets": "4"}),
        ("x.XML", PAPERCUT, {"sidecar.date": "2025-04-01", "sidecar.device": "MFP-3", "sidecar.user": "hayashi", "sidecar.file": "a.pdf"}),
    ],
)
def test_what_devices_and_offices_write_is_understood(name: str, data: bytes, said: dict[str, str]) -> None:
    assert declared(name, data) == said


@pytest.mark.parametrize("data", [b"", b"\xff\xfe\x00", BOMB, b"<x>", b"[1]", b"[" * 50_000, b"x" * 70_000])
@pytest.mark.parametrize("name", ["x.xml", "x.json", "x.csv"])
def test_what_is_broken_or_hostile_says_nothing_of_use(name: str, data: bytes) -> None:
    assert declared(name, data) == {}


@given(st.sampled_from(["x.xml", "x.json", "x.csv"]), st.binary(max_size=300) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_whatever_it_holds_the_answer_is_bounded(name: str, data: bytes) -> None:
    said = declared(name, data)
    assert len(said) <= 40
    assert all(len(key) <= 48 and len(value) <= 200 and value.isprintable() for key, value in said.items())
    assert not said.keys() & {"batch", "part"}

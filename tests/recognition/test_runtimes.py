"""The runtime is chosen by trying: what crashes, hangs or misreads is a "no"."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scanpipe.recognition import engines, selftest
from scanpipe.recognition.errors import EngineMissing


@pytest.fixture
def took(monkeypatch: pytest.MonkeyPatch) -> dict[str, float | None]:
    """What each installed runtime takes, None = it does not work; may be changed by the test."""
    answers: dict[str, float | None] = {"onnxruntime": 0.5, "openvino": 0.48, "openvino-bf16": None}
    monkeypatch.setattr(selftest, "candidates", lambda: tuple(answers))
    monkeypatch.setattr(selftest, "tried", lambda runtime: answers[runtime])
    selftest._measured.cache_clear()
    return answers


@pytest.fixture(autouse=True)
def forgotten() -> None:
    selftest._measured.cache_clear()


def test_the_fastest_runtime_that_reads_right_is_taken(took: dict[str, float | None]) -> None:
    took["openvino-bf16"] = 0.2
    assert selftest.chosen("auto", "auto") == ("auto", "openvino-bf16")


def test_a_runtime_that_is_hardly_faster_is_not_taken(took: dict[str, float | None]) -> None:
    assert selftest.chosen("ppocr", "auto") == ("ppocr", "onnxruntime")


def test_without_a_runtime_the_second_engine_reads_unless_the_first_is_asked_for(took: dict[str, float | None]) -> None:
    took.update(dict.fromkeys(took))
    assert selftest.chosen("auto", "auto") == ("tesseract", "none")
    assert selftest.chosen("ppocr", "auto") == ("ppocr", "none")
    with pytest.raises(EngineMissing):
        engines.engine("ppocr", "none")


def test_what_was_asked_for_is_not_tried(took: dict[str, float | None]) -> None:
    took.clear()
    assert selftest.chosen("auto", "openvino") == ("auto", "openvino")
    assert selftest.chosen("tesseract", "auto") == ("tesseract", "auto")


def test_the_choice_is_kept_until_the_machine_changes(took: dict[str, float | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / "runtime.json"
    selftest.chosen("auto", "auto", cache)
    took["onnxruntime"] = None
    selftest._measured.cache_clear()
    assert selftest.chosen("auto", "auto", cache) == ("auto", "onnxruntime")
    monkeypatch.setattr(selftest, "_cpu", lambda: ("an older one", frozenset()))
    assert selftest.chosen("auto", "auto", cache) == ("auto", "openvino")


@pytest.mark.parametrize("torn", [b"", b"[]", b'{"machine": 1}', b"\xff"])
def test_a_torn_cache_is_measured_again(took: dict[str, float | None], tmp_path: Path, torn: bytes) -> None:
    (tmp_path / "runtime.json").write_bytes(torn)
    assert selftest.chosen("auto", "auto", tmp_path / "runtime.json") == ("auto", "onnxruntime")


def test_bf16_and_int8_are_tried_only_where_the_processor_multiplies_in_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name)
    monkeypatch.setattr(selftest, "_cpu", lambda: ("", frozenset({"avx512f"})))
    assert selftest.candidates() == ("onnxruntime", "openvino")
    monkeypatch.setattr(selftest, "_cpu", lambda: ("", frozenset({"avx512f", "avx512_bf16", "avx512_vnni"})))
    assert selftest.candidates() == ("onnxruntime", "openvino", "openvino-int8")
    monkeypatch.setattr(selftest, "_cpu", lambda: ("", frozenset({"amx_bf16", "amx_int8"})))
    assert selftest.candidates() == selftest.RUNTIMES
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "openvino" else name)
    assert selftest.candidates() == ("onnxruntime",)


@pytest.mark.parametrize("child", ["import os; os.abort()", "print('words')", "import sys; sys.exit(70)"])
def test_a_child_that_crashes_or_answers_nonsense_is_a_no(monkeypatch: pytest.MonkeyPatch, child: str) -> None:
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda _, **options: run([sys.executable, "-c", child], **options))
    assert selftest.tried("onnxruntime") is None


def test_the_page_is_read_right_with_onnxruntime() -> None:
    assert selftest._read("onnxruntime")


def test_openvino_tells_nobody_that_it_is_used(tmp_path: Path) -> None:
    """Its Python package reports each import to its maker and keeps an identity in $HOME."""
    code = (
        "import sys; from scanpipe.recognition import runtimes, ppocr; runtimes.load(ppocr.detector_model(), 'openvino');"
        "sys.exit(any(name.startswith('openvino_telemetry.') for name in sys.modules))"
    )
    pytest.importorskip("openvino")
    child = subprocess.run([sys.executable, "-c", code], env={**os.environ, "HOME": str(tmp_path), "CI": ""}, timeout=120, check=False)
    assert child.returncode == 0
    assert list(tmp_path.iterdir()) == []

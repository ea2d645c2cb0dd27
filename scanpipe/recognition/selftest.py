"""Which runtime reads fastest on this machine, and right: each installed one reads a small page in a child process, since a native runtime may
crash, or answer wrongly, on a CPU it was not tried on. That is a "no", never a dead lane. `python -m scanpipe.recognition.selftest RUNTIME` is the child.
"""

import functools
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
import unicodedata
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from scanpipe import storage
from scanpipe.errors import PlaceError

RUNTIMES = ("onnxruntime", "openvino", "openvino-bf16", "openvino-int8")  # in doubt the earlier
NONE = "none"  # no runtime works here
WRITTEN = ("令和7年度庁舎管理規則の一部改正", "総務課電話0123-45-6789", "窓口で申請書を受け取り、保存期間5年で整理すること。", "12,345円カード・スロープ")
_PACKAGES = ("onnxruntime", "openvino", "rapidocr", "scanpipe")
_NEEDED = {"bf16": frozenset({"amx_bf16"}), "int8": frozenset({"avx512_vnni", "avx_vnni", "amx_int8"})}  # any one of these flags of a CPU
_SECONDS = 90  # for one child, loading included
_TIMES = 3
_WORTH = 0.85  # of the time of an earlier one: less is noise, and the earlier one needs less memory


def chosen(engine: str, runtime: str, cache: Path | None = None, *, keep: bool = True) -> tuple[str, str]:
    """(engine, runtime) as `engines.engine` takes them, for what `[ocr] engine` and `[ocr] runtime` say.

    "auto" means the fastest runtime that reads the page right; where none does, engine "auto" becomes "tesseract", and "ppocr" stays, with NONE.
    cache: file that keeps what was measured until CPU or versions change; written only with `keep`, and it does no harm if it cannot be.
    """
    if engine == "tesseract" or runtime != "auto":
        return engine, runtime
    measured = seconds(cache, keep=keep)
    best = fastest(measured)
    return ("tesseract" if best == NONE and engine == "auto" else engine), best


def fastest(measured: Mapping[str, float]) -> str:
    """The runtime to take; NONE if there is none. measured: CPU seconds by runtime."""
    best = NONE
    for runtime in RUNTIMES:
        if runtime in measured and (best == NONE or measured[runtime] < _WORTH * measured[best]):
            best = runtime
    return best


def precision(runtime: str) -> str:
    """In which numbers it computes: "bf16", "int8" or "f32"."""
    return runtime.partition("-")[2] or "f32"


def seconds(cache: Path | None = None, *, keep: bool = True) -> dict[str, float]:
    """CPU seconds of the page with each runtime that reads it right."""
    key = _machine()
    known = _recalled(cache, key) if cache else None
    if known is not None:
        return known
    measured = _measured(key)
    if cache and keep and measured:  # a "no" of all may be a passing want of memory
        _remember(cache, key, measured)
    return measured


def candidates() -> tuple[str, ...]:
    """What is installed and may work.

    bf16 pays only where the CPU multiplies matrices in it (AMX); elsewhere, AVX512_BF16 included, it is half as slow again as f32. int8 needs VNNI or
    AMX: older CPUs add pairs of products in 16 bits, which overflow.
    """
    if importlib.util.find_spec("rapidocr") is None or importlib.util.find_spec("onnxruntime") is None:
        return ()
    openvino = importlib.util.find_spec("openvino") is not None
    return tuple(name for name in RUNTIMES if name == "onnxruntime" or (openvino and _multiplies_in(precision(name))))


def _multiplies_in(numbers: str) -> bool:
    return numbers not in _NEEDED or bool(_NEEDED[numbers] & _cpu()[1])


@functools.cache
def _measured(key: str) -> dict[str, float]:
    """Once per process and machine, all side by side. key: only so that another machine is another answer."""
    names = candidates()
    with ThreadPoolExecutor(max(1, len(names))) as pool:
        return {name: took for name, took in zip(names, pool.map(tried, names), strict=True) if took is not None}


def tried(runtime: str) -> float | None:
    """CPU seconds for the page; None if the child crashed, hung or read something else."""
    command = [sys.executable, "-m", "scanpipe.recognition.selftest", runtime]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, env=environment)  # noqa: S603 - our own program
        return float(done.stdout) if done.returncode == 0 else None
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def _machine() -> str:
    name, flags = _cpu()
    facts = (name, sorted(flags), RUNTIMES, [_version(package) for package in _PACKAGES])
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@functools.cache
def _cpu() -> tuple[str, frozenset[str]]:
    """(model, flags); empty where the kernel does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return "", frozenset()
    said = {key.strip(): value for key, _, value in (line.partition(":") for line in lines)}
    return said.get("model name", "").strip(), frozenset(said.get("flags", said.get("Features", "")).split())


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _recalled(cache: Path, key: str) -> dict[str, float] | None:
    try:
        body = json.loads(cache.read_bytes())
        return {str(name): float(took) for name, took in body["seconds"].items()} if body["machine"] == key else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _remember(cache: Path, key: str, measured: Mapping[str, float]) -> None:
    body = {"machine": key, "cpu": _cpu()[0], "runtime": fastest(measured), "seconds": measured}
    try:
        with storage.place(cache):
            storage.replace(cache, json.dumps(body, indent=1).encode())
    except PlaceError:
        return  # it is measured again at the next start


def _read(runtime: str) -> float | None:
    """The child's work: CPU seconds of the best of a few readings; None if the page was not read right."""
    import numpy as np
    from PIL import Image

    from scanpipe.recognition.ppocr import PpOcr

    with resources.files("scanpipe.recognition").joinpath("selftest.png").open("rb") as file, Image.open(file) as image:
        grey = np.asarray(image.convert("L"), np.uint8)
    engine, spent = PpOcr(runtime), []
    for _ in range(_TIMES):
        before = time.process_time()
        lines = engine.read(grey)
        spent.append(time.process_time() - before)
    found = sorted(lines, key=lambda line: line.box[1])
    text = unicodedata.normalize("NFKC", "".join("".join(line.text.split()) for line in found))
    return min(spent) if all(words in text for words in WRITTEN) else None


def main(runtime: str) -> int:
    took = _read(runtime)
    if took is not None:
        sys.stdout.write(f"{took:.4f}\n")
    return os.EX_OK if took is not None else os.EX_SOFTWARE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

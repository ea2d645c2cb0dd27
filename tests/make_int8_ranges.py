"""Measures scanpipe/recognition/int8.json on the sample scans: `python tests/make_int8_ranges.py`, about two minutes; needs openvino.

Run it again when rapidocr brings other models. For each layer that int8 pays for, the numbers that come in are sampled while the sample pages are read
in f32; the range kept is the one whose 256 steps miss those samples by the least squared error, so that a rare spike is cut off rather than
coarsening everything. Afterwards tests/recognition/test_int8.py and the benchmark of accuracy tell whether it holds.
"""

import hashlib
import json
import random
from pathlib import Path

import numpy as np
import openvino
from numpy.typing import NDArray
from openvino import opset13

from scanpipe.core.scans.structure import HEAD, sniff
from scanpipe.errors import ScanError
from scanpipe.recognition import ppocr, quantised
from scanpipe.recognition.inspection import inspect_file
from scanpipe.recognition.orientation import read_upright
from scanpipe.recognition.rendering import render

ROOT = Path(__file__).parents[1]
PAGES, LINES = 20, 400  # pages for the detector, and lines of them for the recogniser
SAMPLES = 5000  # numbers kept of each layer and image
CUTS = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3)  # of the widest range seen
SMALL = 0.3  # a least number nearer to zero than this is the floor of an activation function (GELU's -0.17): never cut

Tensor = NDArray[np.float32]


class Layers:
    """Every layer's input, while a model runs in f32."""

    def __init__(self, model: bytes) -> None:
        core = openvino.Core()
        network = core.read_model(model, b"")
        nodes = list(quantised.layers(network))
        self.own = len(network.outputs)
        self.names = [node.get_friendly_name() for node in nodes]
        self.sources = [(node.input_value(0).get_node().get_name(), node.input_value(0).get_index()) for node in nodes]
        network.add_results([opset13.result(node.input_value(0)) for node in nodes])
        self.request = core.compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"}).create_infer_request()
        self.bounds: dict[str, list[float]] = {}
        self.samples: dict[str, list[Tensor]] = {}
        self.numbers = np.random.default_rng(1)

    def see(self, tensor: Tensor) -> None:
        answers = self.request.infer([tensor])
        for place, name in enumerate(self.names, start=self.own):
            incoming = answers[place]
            if incoming.shape[2:] == (1, 1):
                continue  # what weighs the channels (squeeze and excitation): next to no work, and sensitive
            least, most = self.bounds.setdefault(name, [0.0, 0.0])
            self.bounds[name] = [min(least, float(incoming.min())), max(most, float(incoming.max()))]
            self.samples.setdefault(name, []).append(self.numbers.choice(incoming.reshape(-1), SAMPLES))

    def ranges(self) -> dict[str, list[float]]:
        """By layer; layers with one input have one range."""
        known: dict[tuple[str, int], list[float]] = {}
        for name, source in zip(self.names, self.sources, strict=True):
            if name in self.bounds and source not in known:
                known[source] = best(np.concatenate(self.samples[name]), *self.bounds[name])
        return {name: known[source] for name, source in zip(self.names, self.sources, strict=True) if name in self.bounds}


def best(samples: Tensor, least: float, most: float) -> list[float]:
    tried = [steps(least * cut if least < -SMALL else least, most * cut) for cut in CUTS]
    return [float(f"{bound:.6g}") for bound in min(tried, key=lambda bounds: miss(samples, *bounds))]


def steps(least: float, most: float) -> tuple[float, float]:
    """The range moved so that zero is one of its 256 values: padding must stay exact."""
    step = (most - least) / 255
    zero = round(-least / step)
    return -zero * step, (255 - zero) * step


def miss(samples: Tensor, least: float, most: float) -> float:
    step = (most - least) / 255
    return float(np.square(np.clip(np.round((samples - least) / step), 0, 255) * step + least - samples).mean())


def images() -> tuple[list[Tensor], list[Tensor]]:
    """What the detector and the recogniser are given for pages drawn from all sample scans."""
    engine = ppocr.PpOcr("openvino")
    seen: dict[str, list[Tensor]] = {"detector": [], "recogniser": []}
    for part in seen:
        watch(getattr(engine, part), seen[part])
    for scan, number in random.Random(1).sample(list(pages()), PAGES):
        read_upright(engine, render(scan, kind(scan), number, dpi=300, max_pixels=10**8).grey, "auto")
    return seen["detector"], random.Random(1).sample(seen["recogniser"], LINES)


def watch(part: "ppocr.Detector | ppocr.Recogniser", seen: list[Tensor]) -> None:
    infer = part._infer

    def watched(tensor: Tensor) -> Tensor:
        seen.append(tensor)
        return infer(tensor)

    part._infer = watched


def pages() -> list[tuple[Path, int]]:
    found: list[tuple[Path, int]] = []
    for scan in sorted((ROOT / "sample_scans").glob("*.*")):
        try:
            inspection = inspect_file(scan, max_pages=100, max_pixels=10**8)
        except ScanError:
            continue
        found += [(scan, number) for number in range(1, inspection.pages + 1) if not (inspection.digital and inspection.digital[number - 1])]
    return found


def kind(scan: Path) -> str:
    return sniff(scan.read_bytes()[:HEAD]) or ""


def measured(name: str, model: bytes, tensors: list[Tensor]) -> dict[str, object]:
    layers = Layers(model)
    for tensor in tensors:
        layers.see(tensor)
    return {"sha256": hashlib.sha256(ppocr.model_file(name)).hexdigest(), "ranges": layers.ranges()}


def main() -> None:
    pages_seen, lines_seen = images()
    detector = measured(ppocr.DETECTOR, ppocr.detector_model(), pages_seen)
    recogniser = measured(ppocr.RECOGNISER, ppocr.recogniser_model()[0], lines_seen)
    text = json.dumps({ppocr.DETECTOR: detector, ppocr.RECOGNISER: recogniser}, indent=1)
    (ROOT / "scanpipe" / "recognition" / quantised.FILE).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

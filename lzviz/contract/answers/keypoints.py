"""The key point view: SIFT points of a picture and of a known view of it, and how well each output stride matches them."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from lzviz.contract.answers.cad import encode_levels
from lzviz.contract.answers.cad_masks import KEYPOINTS
from lzviz.contract.answers.networks import FULL_WIDTH, narrowed, precisely
from lzviz.contract.answers.working import FINE_WORKING, Working
from lzviz.contract.lent import device, on_gpu
from lzviz.contract.pictures import Picture, encode_png
from lzviz.contract.wire import Refusal
from lzviz.measure import timing
from lzviz.models import D2Net, d2net, weights
from lzviz.tasks import matching
from lzviz.tasks.matching import Pair, Trial
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

STRIDES = (8, 4, 2, 1)
# Shown on the picture, and the one whose controls stand beside it.
SHOWN = (0, 19, 35)
# The first and the last of the ten are the networks of output stride 8 and 1, which have their own curves.
TRIPLETS = tuple(each for each in matching.TRIPLETS[1:-1] if each != SHOWN)
# Random weights say nothing about good descriptors, and a quarter of the channels says it sixteen times as fast.
WIDTH = 16
# With published weights the network is as wide as it was, so the picture is smaller.
PUBLISHED_WORKING = (80, 160)
# A match is called correct within this many pixels of the working size.
CORRECT = 3.0


@dataclass(frozen=True)
class Descriptors:
    """The weights in use: their name, and how to make the network and its input for them."""

    name: Text
    width: int
    normalisation: str
    found: weights.Weights | None = None

    @property
    def cost(self) -> int:
        """Bytes that are held."""
        return 0 if self.found is None else sum(t.nbytes for t in self.found.state.values())

    def network(self, stride: int) -> D2Net:
        """The network at an output stride."""
        made = d2net(output_stride=stride, width=self.width).eval().requires_grad_(False)
        if self.found is not None:
            try:
                made.load_weights(self.found.state)
            except ValueError as error:
                said = {"file": str(self.found.file), "told": str(error)}
                raise Refusal(Text("refused.weights.file", said), 500) from None
        return made.to(device())


def descriptors(workshop: Workshop) -> Descriptors:
    """D2-Net's weights where the folder of weights has them, else VGG16's, else random ones."""
    return workshop.memory.keep("descriptors", "", _found, lambda made: made.cost)


def _found() -> Descriptors:
    for name, normalisation in (("d2net", "caffe"), ("vgg16", "imagenet")):
        if (found := weights.find(name)) is not None:
            return Descriptors(Text("weights.file", {"file": found.file}), FULL_WIDTH, normalisation, found)
    return Descriptors(narrowed(WIDTH), WIDTH, "imagenet")


def answer(workshop: Workshop, picture: Picture) -> dict[str, Any]:
    """Points, matches and accuracy against multiply-adds; it depends on the picture only."""
    chosen = descriptors(workshop)
    working = Working.of(picture, FINE_WORKING if chosen.found is None else PUBLISHED_WORKING)
    known = workshop.memory.get("key points", working.key)
    if known is None:
        with workshop.running:
            known = _make(working, chosen)
        # Numbers as Python objects: about a hundred bytes for each row of a list.
        workshop.memory.put(
            "key points",
            working.key,
            known,
            100 * sum(len(curve["pairs"]) for curve in known["curves"]) + len(known["warped"]),
        )
    return known


@on_gpu
def _make(working: Working, chosen: Descriptors) -> dict[str, Any]:
    with torch.inference_mode(), precisely():
        pair = Pair.of(working.image, matching.homography(working.size), KEYPOINTS)
        if min(len(pair.first_points), len(pair.second_points)) < 2:
            raise Refusal(Text("refused.keypoints"))
        trials = run_trials(pair, chosen)
    shown = trials[-1][1]
    h, w = working.size
    pixels = (pair.second[0].permute(1, 2, 0) * 255 + 0.5).to(torch.uint8).numpy()
    return {
        "image": {"h": h, "w": w},
        "grid": {"h": h, "w": w, "stride": 1, "depth": 3},
        "points": rounded(pair.first_points),
        "warpedPoints": rounded(pair.second_points),
        "homography": pair.matrix.tolist(),
        "warped": b64encode(encode_png(pixels)).decode(),
        "triplet": list(SHOWN),
        "levels": encode_levels(shown.levels[0]),
        "thresholds": list(matching.THRESHOLDS),
        "curves": [curve | as_json(trial) for curve, trial in trials],
        "matches": matches_of(pair, shown),
        "correct": CORRECT,
        "device": timing.device_name(device()),
        "weights": chosen.name,
        "sentence": sentence(trials, chosen.name),
    }


def run_trials(pair: Pair, chosen: Descriptors) -> list[tuple[dict[str, Any], Trial]]:
    """One trial an output stride, coarse to fine, then the paper's triplets, two controls, and the shown triplet."""
    pair = pair.to(device())
    trials = []
    for stride in STRIDES:
        trial = matching.trial(pair, chosen.network(stride), chosen.normalisation)
        trials.append(({"stride": stride, "triplet": None, "control": None}, trial))
    network = chosen.network(STRIDES[0])
    kinds = [(each, None) for each in TRIPLETS] + [(SHOWN, each) for each in (*matching.CONTROLS, None)]
    for triplet, control in kinds:
        trial = matching.trial(pair, network, chosen.normalisation, triplet, control)
        trials.append(({"stride": None, "triplet": list(triplet), "control": control}, trial))
    return trials


def as_json(trial: Trial) -> dict[str, Any]:
    """What a trial found; ``pairs`` are rows of the points, of the warped points, and the error in pixels."""
    pairs = zip(*trial.matches.T.tolist(), trial.errors.tolist(), strict=True)
    return {"macs": trial.macs, "mma": list(trial.mma), "pairs": [[i, j, round(error, 2)] for i, j, error in pairs]}


def matches_of(pair: Pair, trial: Trial) -> list[list[float]]:
    """[x0, y0, x1, y1, 1 or 0 for correct] of each match."""
    matches = trial.matches.cpu()
    ends = torch.cat([pair.first_points[matches[:, 0]], pair.second_points[matches[:, 1]]], dim=1)
    right = (trial.errors <= CORRECT).int().tolist()
    return [[*end, correct] for end, correct in zip(rounded(ends), right, strict=True)]


def rounded(points: torch.Tensor) -> list[list[float]]:
    """Pixels to a hundredth."""
    return [[round(value, 2) for value in point] for point in points.tolist()]


def sentence(trials: list[tuple[dict[str, Any], Trial]], named: Text) -> Text:
    """What the curves say, in words."""
    (_, coarse), (_, fine), (_, adaptive) = trials[0], trials[len(STRIDES) - 1], trials[-1]
    values = {"adaptive": adaptive.mma[0], "coarse": coarse.mma[0], "fine": fine.mma[0]}
    return Text("keypoints.says", values | {"work": adaptive.macs / fine.macs, "weights": named})

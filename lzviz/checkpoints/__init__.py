"""Checkpoints: a folder with ``model.safetensors``, the numbers, and ``card.json``, everything that there is to say about them.

    pipeline = lzviz.load("lds-camvid-96x128")     # a name that ships, a folder, or a Hub id such as "owner/name"
    pipeline.card.metrics["val"]["miou"]
    save(pipeline, "checkpoints/mine", Card("mine", "lds", blueprint=asdict(blueprint), classes=("road", "sky")))

Names are looked for in the folder that ``LZVIZ_CHECKPOINTS`` names, then among those that ship. Pickles (``.pt``,
``.pth``, ``.bin``, ``.ckpt``) can run code when they are opened, and are refused.

Convolutions and linear layers of some size are stored in 8 bits, with one scale for each output channel (``NAME.scale``), other
weights in half precision where that changes none of them by more than a thousandth of the largest in its tensor. Statistics,
biases, maps and coordinates keep their precision. A loaded pipeline computes in float32; what its card says was measured with the
weights as stored.
"""

from lzviz.checkpoints.cards import CARD, MODEL, VERSION, Card, read_card
from lzviz.checkpoints.hub import LARGEST_FETCHED, fetched
from lzviz.checkpoints.places import PICKLES, available, folders
from lzviz.checkpoints.storage import load, save

__all__ = [
    "CARD",
    "LARGEST_FETCHED",
    "MODEL",
    "PICKLES",
    "VERSION",
    "Card",
    "available",
    "fetched",
    "folders",
    "load",
    "read_card",
    "save",
]

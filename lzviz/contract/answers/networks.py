"""The networks of CAD's room: whose weights they have, and what they cost."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from lzviz import checkpoints
from lzviz.adaptive.inspect import Coefficients, Subject
from lzviz.contract.lent import device
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.models import weights
from lzviz.pipelines.pipeline import Pipeline
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


# Channels of VGG16's first stage while its weights are random: cost and guarantees have the same shape at any width.
VGG_WIDTH = {"1-8": 16, "8-16": 32, "8-32": 32}
FULL_WIDTH = 64
COMPACT_WIDTH = 16
# Checkpoints that lend the compact network their weights: the first that is there. Only the first one has a mask of its own.
LEARNED = "cad-learned-camvid-360x480"
TRAINED = (LEARNED, "dilated-camvid-360x480", "strided-camvid-360x480")
CLASSIFIER = "efficientnet-lite0-imagenet"
NORMALISATION = {"compact": "none", "efficientnet": "half"}
RANDOM = Text("weights.random")
# What a price list is said to cost.
PRICES_BYTES = 1024


def trained(workshop: Workshop) -> Pipeline | None:
    """The checkpoint whose weights the compact network has, if one is there."""
    known = {card.name for card in checkpoints.available()}
    name = next((name for name in TRAINED if name in known), None)
    if name is None:
        return None
    return workshop.memory.keep("street pipeline", name, lambda: checkpoints.load(name), held)


def classifier(workshop: Workshop) -> Pipeline:
    """The network that knows ImageNet, ready to run on the device; a 404 sentence where it does not lie here."""

    def make() -> Pipeline:
        try:
            return checkpoints.load(CLASSIFIER).requires_grad_(False).to(device())
        except ValueError:
            raise Refusal(Text("refused.recognition", {"name": CLASSIFIER}), 404) from None

    with workshop.loading:
        return workshop.memory.keep("classifier", CLASSIFIER, make, held)


def held(*modules: nn.Module) -> int:
    """Bytes of the weights of modules, those that they share once."""
    tensors = (t for module in modules for t in (*module.parameters(), *module.buffers()))
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors}
    return sum(storages.values())


def _weights(workshop: Workshop, network: str, levels: str) -> tuple[Mapping[str, Any] | None, int, Text]:
    """Of a network: its state dict, ``None`` for random weights, its channels, and what to call them."""
    if network == "compact":
        pipeline = trained(workshop)
        if pipeline is None or pipeline.card is None or pipeline.network is None:
            return None, COMPACT_WIDTH, RANDOM
        return pipeline.network.state_dict(), COMPACT_WIDTH, Text("weights.street", {"name": pipeline.card.name})
    if network == "efficientnet":
        made = classifier(workshop)
        assert made.card is not None and made.network is not None
        return made.network.state_dict(), FULL_WIDTH, Text("weights.imagenet", {"name": made.card.title})
    found = weights.find(network)
    if found:
        return found.state, FULL_WIDTH, Text("weights.file", {"file": found.file})
    width = VGG_WIDTH[levels] if network == "vgg16" else FULL_WIDTH
    return None, width, narrowed(width) if width < FULL_WIDTH else RANDOM


def narrowed(width: int) -> Text:
    """What random weights of fewer channels than the network has are called."""
    return Text("weights.narrow", {"width": width, "count": FULL_WIDTH})


def subject(workshop: Workshop, network: str, levels: str) -> Subject:
    """A network in its three forms, on the device; trained weights where a checkpoint or the folder of weights has them."""

    def make() -> Subject:
        fine, coarse = (int(stride) for stride in levels.split("-"))
        try:
            state, width, name = _weights(workshop, network, levels)
            made = Subject.make(network, fine, coarse, width=width, state=state, weights=name)
        except ValueError as error:
            raise Refusal(Text("refused.weights", {"network": network, "told": str(error)}), 500) from None
        for module in (made.strided, made.dilated):
            module.to(device())
        return made

    return workshop.memory.keep("networks", f"{network} {levels}", make, lambda made: 3 * held(made.strided))


def coefficients(workshop: Workshop, network: str, levels: str, size: Size) -> Coefficients:
    """The price list of a network on images of a size."""
    key = f"{network} {levels} {size}"
    return workshop.memory.keep(
        "prices", key, lambda: subject(workshop, network, levels).coefficients(size), lambda _: PRICES_BYTES
    )


def macs_of(prices: Coefficients, levels: Tensor, depth: int) -> dict[str, int]:
    """Multiply-adds of the strided, the adaptive and the dilated run."""
    everywhere = {"strided": torch.full_like(levels, depth), "adaptive": levels, "dilated": torch.zeros_like(levels)}
    return {name: prices.macs(some) for name, some in everywhere.items()}


def precisely() -> AbstractContextManager:
    """Full single precision on a GPU too: what is proven is the method, not the number format."""
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)

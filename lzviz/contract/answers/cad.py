"""Content-adaptive downsampling on the page: the mask with its price list, and the networks with their proof.

    state + picture --Session--> image at working size, levels --lzviz.adaptive--> JSON

Everything heavy is held in caches that are bounded in bytes: a brush stroke runs the adaptive network, and the others for their
times only, which are taken in turns.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from lzviz import checkpoints, models
from lzviz.adaptive import QuadTree, inspect, masks
from lzviz.adaptive.inspect import Badge, Coefficients, Colours, Subject
from lzviz.contract.answers.warp import TURNS, device, in_turn, on_gpu
from lzviz.contract.decoding import check_wanted
from lzviz.contract.pictures import Picture, shrink
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, encode_array
from lzviz.coords import Size
from lzviz.measure import timing
from lzviz.models import weights
from lzviz.pipelines.pipeline import Pipeline
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

# The largest working size of a picture, (h, w) of a wide one: number of pixels whatever the shape, and long side. It bounds
# the time of an answer; features as fine as pixels cost 64 times as much as those of output stride 8.
WORKING = {"resnet18": (256, 512), "resnet50": (192, 384), "vgg16": (256, 512), "compact": (360, 480)}
FINE_WORKING = (128, 256)
# A shorter side than this has not one feature of the stock network of output stride 8.
LEAST_SIDE = 8
# Channels of VGG16's first stage while its weights are random: cost and guarantees have the same shape at any width.
VGG_WIDTH = {"1-8": 16, "8-16": 32, "8-32": 32}
FULL_WIDTH = 64
COMPACT_WIDTH = 16
# Checkpoints that lend the compact network their weights: the first that is there. Only the first one has a mask of its own.
LEARNED = "cad-learned-camvid-360x480"
TRAINED = (LEARNED, "dilated-camvid-360x480", "strided-camvid-360x480")
NORMALISATION = {"compact": "none"}
RANDOM = Text("weights.random")
# What a price list is said to cost.
PRICES_BYTES = 1024
KEYPOINTS = 512
CLOCK = Text("clock.turns", {"count": TURNS})


@dataclass(frozen=True, eq=False)
class Working:
    """A picture at the size at which networks read it.

    Attributes:
        pixels: (H, W, 3) uint8; borders that fill no block are kept.
        key: what the pixels are called in caches.
    """

    pixels: np.ndarray
    key: str

    @classmethod
    def of(cls, picture: Picture, largest: Size) -> Working:
        """Area-averaged to at most the long side and the number of pixels of ``largest`` (h, w), which is wide.

        A narrow picture may be longer, so that its short side keeps a feature; never more pixels.
        """
        (short, long), pixels = sorted(picture.size), largest[0] * largest[1]
        side = min(largest[1], math.floor(math.sqrt(pixels * long / short)))
        side = max(side, min(math.ceil(LEAST_SIDE * long / short), pixels // LEAST_SIDE))
        return picture.remember(f"working {side}", lambda: cls._make(shrink(picture.pixels, side)))

    @classmethod
    def _make(cls, pixels: np.ndarray) -> Working:
        h, w = pixels.shape[:2]
        if min(h, w) < LEAST_SIDE:
            raise Refusal(
                f"The picture has {w} x {h} pixels at working size and a network needs at least {LEAST_SIDE} a side; choose "
                "a larger or less narrow picture."
            )
        return cls(pixels, hashlib.blake2b(pixels.tobytes() + repr(pixels.shape).encode()).hexdigest())

    @property
    def size(self) -> Size:
        """(H, W)."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def image(self) -> Tensor:
        """(1, 3, H, W) float32 in [0, 1]."""
        return torch.from_numpy(np.ascontiguousarray(self.pixels.transpose(2, 0, 1)))[None].float().div_(255)


@dataclass(frozen=True, eq=False)
class Session:
    """A state on a picture, at the size at which networks read it."""

    workshop: Workshop
    state: State
    picture: Picture

    @cached_property
    def strides(self) -> tuple[int, int]:
        """(fine, coarse) output stride."""
        fine, coarse = self.state.cad_levels.split("-")
        return int(fine), int(coarse)

    @property
    def stride(self) -> int:
        return self.strides[0]

    @property
    def depth(self) -> int:
        """The deepest level."""
        return (self.strides[1] // self.strides[0]).bit_length() - 1

    @cached_property
    def working(self) -> Working:
        """The picture as the network reads it."""
        return Working.of(self.picture, FINE_WORKING if self.stride == 1 else WORKING[self.network])

    @property
    def size(self) -> Size:
        """(H, W) at working size."""
        return self.working.size

    @property
    def cells(self) -> Size:
        """(h, w) of the fine grid."""
        return -(-self.size[0] // self.stride), -(-self.size[1] // self.stride)

    @property
    def network(self) -> str:
        """Only VGG16 is run at output stride 1, and a learned mask belongs to its network."""
        if self.stride == 1:
            return "vgg16"
        return "compact" if self.state.cad_mask == "learned" else self.state.cad_network

    @cached_property
    def subject(self) -> Subject:
        """One for all that this session asks: what is compared comes from the same weights."""
        return subject(self.workshop, self.network, self.state.cad_levels)

    @property
    def prices(self) -> Coefficients:
        """Multiply-adds by rows."""
        return coefficients(self.workshop, self.network, self.state.cad_levels, self.size)

    def strengths(self) -> Tensor:
        """(depth, h, w) float32; edge masks of any threshold follow from it."""
        key = f"{self.working.key} {self.state.cad_levels} {self.state.cad_dilation}"
        rings = self.workshop.memory.get("rings", key)
        if rings is None:
            rings = inspect.ring_strengths(self.working.image, self.state.cad_dilation, self.stride, self.depth)
            self.workshop.memory.put("rings", key, rings, rings.nbytes)
        return rings

    def mask(self) -> Tensor:
        """The mask before the brush: (1, 1, h, w) int64."""
        return MASKS[self.state.cad_mask](self)

    def levels(self) -> Tensor:
        """The mask as the brush leaves it, blocks completed: (1, 1, h, w) int64."""
        levels, paint = self.mask(), self.state.cad_paint
        if paint is not None:
            values = torch.tensor(paint.values)
            levels = masks.forced(levels, values, self.stride, self.depth, self.size)
        return QuadTree(levels, self.stride, self.size).levels

    def where(self) -> dict[str, Any]:
        """The part of an answer that says what the cells are cells of."""
        (h, w), (rows, columns) = self.size, self.cells
        return {
            "image": {"h": h, "w": w},
            "grid": {"h": rows, "w": columns, "stride": self.stride, "depth": self.depth},
        }


# Masks -------------------------------------------------------------------------------------------------------------


def _edges(session: Session) -> Tensor:
    return inspect.levels_of(session.strengths(), session.state.cad_threshold)


def _inverse(session: Session) -> Tensor:
    return masks.inverse(_edges(session), session.depth)


def _painted(session: Session) -> Tensor:
    """All coarse: what is fine is painted."""
    return torch.full((1, 1, *session.cells), session.depth)


def _keypoints(session: Session) -> Tensor:
    image = session.working.image
    rings = inspect.ring_sizes(session.state.cad_dilation, session.depth)
    return masks.keypoints(image, KEYPOINTS, rings, session.stride)


def _random(session: Session) -> Tensor:
    seed = torch.Generator().manual_seed(0)
    keep = session.state.cad_keep
    return masks.random(session.size, keep, session.depth, stride=session.stride, generator=seed)


def _learned(session: Session) -> Tensor:
    if session.stride != 8:
        raise Refusal("The learned mask was trained at output stride 8: choose the levels 8 → 16 or 8 → 32.")
    pipeline = trained(session.workshop)
    if pipeline is None or pipeline.card is None or pipeline.card.name != LEARNED:
        raise Refusal(f"There is no checkpoint {LEARNED}, which has the learned mask: choose another mask.", 404)
    return learned_levels(pipeline, session) * session.depth


def learned_levels(pipeline: Pipeline, session: Session) -> Tensor:
    """0 where a trained mask keeps a cell, else 1."""
    key = f"{session.working.key} learned"
    levels = session.workshop.memory.get("learned mask", key)
    if levels is None:
        with session.workshop.running, torch.no_grad():
            levels = pipeline.downsample(session.working.image).extras["levels"]
        session.workshop.memory.put("learned mask", key, levels, levels.nbytes)
    return levels


MASKS: dict[str, Callable[[Session], Tensor]] = {
    "edges": _edges,
    "learned": _learned,
    "inverse": _inverse,
    "paint": _painted,
    "keypoints": _keypoints,
    "random": _random,
}
THRESHOLDED = ("edges", "inverse")


# Networks ----------------------------------------------------------------------------------------------------------


def trained(workshop: Workshop) -> Pipeline | None:
    """The checkpoint whose weights the compact network has, if one is there."""
    known = {card.name for card in checkpoints.available()}
    name = next((name for name in TRAINED if name in known), None)
    if name is None:
        return None
    return workshop.memory.keep("street pipeline", name, lambda: checkpoints.load(name), held)


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
            raise Refusal(f"The weights of {network} cannot be used: {error}.", 500) from None
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


# The mask's answer -------------------------------------------------------------------------------------------------


def mask_answer(workshop: Workshop, state: State, picture: Picture) -> dict[str, Any]:
    """What the browser needs to move thresholds and brush by itself, to the last cell as Python would."""
    session = Session(workshop, state, picture)
    answer = session.where() | {"mask": state.cad_mask, "network": session.network}
    if state.cad_mask in THRESHOLDED:
        answer["strength"] = [encode_array(ring.numpy()) for ring in session.strengths()]
    else:
        answer["levels"] = encode_levels(session.mask())
    prices = session.prices
    total = macs_of(prices, session.mask(), session.depth)
    return answer | {
        "macs": {
            "fixed": prices.fixed,
            "perRow": list(prices.per_row),
            "dilated": total["dilated"],
            "strided": total["strided"],
        }
    }


def encode_levels(levels: Tensor) -> str:
    """Levels (1, 1, h, w) as base64 of bytes, row-major."""
    return encode_array(levels[0, 0].to(torch.uint8).cpu().numpy())


# The networks' answer ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Stock:
    """The features of the strided and of the dilated network, and the colours that follow."""

    strided: Tensor
    dilated: Tensor
    colours: Colours

    @property
    def cost(self) -> int:
        return self.strided.nbytes + self.dilated.nbytes


@dataclass(frozen=True, eq=False)
class Adaptive:
    """Adaptive features of a reading, both readings' badges, and milliseconds of the three networks.

    ``schedule``: where its convolutions ran, which are the ones that were timed.
    ``outside``: operations of the fixed reading that the guarantee does not cover, in words.
    """

    features: Tensor
    fixed: Badge
    published: Badge
    milliseconds: Mapping[str, float]
    schedule: str
    outside: tuple[str, ...] = ()


def answer(workshop: Workshop, state: State, picture: Picture) -> dict[str, Any]:
    """Features of the three networks in the same colours, what they cost and took, and the proof."""
    session = Session(workshop, state, picture)
    channels, levels = session.subject.channels, session.levels()
    if state.cad_channel >= channels:
        raise Refusal(f"cadChannel: {session.network} has channels 0 to {channels - 1}, got {state.cad_channel}.")
    with session.workshop.running:
        stock, adaptive = _run(session, levels)
    colours = stock.colours if state.cad_channel < 0 else Colours.fit(stock.dilated, state.cad_channel)
    strided = inspect.on_fine_grid(stock.strided, 2**session.depth, session.cells)
    maps = {"strided": strided, "adaptive": adaptive.features, "dilated": stock.dilated}
    tree = QuadTree(levels, session.stride, session.size)
    rows = torch.bincount(tree.leaves().level, minlength=session.depth + 1).tolist()
    kept, active = (count / (session.cells[0] * session.cells[1]) for count in (rows[0], sum(rows)))
    macs = macs_of(session.prices, levels, session.depth)
    return session.where() | {
        "network": session.network,
        "levels": encode_levels(levels),
        "rows": rows,
        "active": active,
        "macs": macs,
        "maps": {name: encode_array(colours(features).numpy()) for name, features in maps.items()},
        "channel": None if state.cad_channel < 0 else state.cad_channel,
        "channels": channels,
        "range": [colours.low.tolist(), colours.high.tolist()],
        "badge": {
            "max": adaptive.fixed.most,
            "relative": adaptive.fixed.relative,
            "published": adaptive.published.most,
            "publishedRelative": adaptive.published.relative,
            "exact": adaptive.fixed.exact,
            "outside": list(adaptive.outside),
        },
        "milliseconds": adaptive.milliseconds,
        "device": timing.device_name(device()),
        "clock": Text("clock.schedule", {"clock": CLOCK, "schedule": adaptive.schedule}),
        "weights": session.subject.weights,
        "sentence": sentence(kept, active, macs, adaptive, session.state.mode, session.subject.weights),
    }


def precisely() -> AbstractContextManager:
    """Full single precision on a GPU too: what is proven is the method, not the number format."""
    return torch.backends.cudnn.flags(enabled=True, allow_tf32=False)


@on_gpu
def _run(session: Session, levels: Tensor) -> tuple[Stock, Adaptive]:
    """Both from their caches, or run."""
    stock_key = f"{session.working.key} {session.network} {session.state.cad_levels} {session.subject.weights}"
    bytes_of_levels = levels.to(torch.uint8).numpy().tobytes()
    adaptive_key = f"{stock_key} {session.state.mode} {hashlib.blake2b(bytes_of_levels).hexdigest()}"
    memory = session.workshop.memory
    stock: Stock | None = memory.get("stock features", stock_key)
    adaptive: Adaptive | None = memory.get("adaptive features", adaptive_key)
    if stock is not None and adaptive is not None:
        return stock, adaptive
    with torch.inference_mode(), precisely():
        x = models.prepare(session.working.image, NORMALISATION.get(session.network, "imagenet")).to(device())
        if stock is None:
            stock = run_stock(session.subject, x)
            memory.put("stock features", stock_key, stock, stock.cost)
        if adaptive is None:
            adaptive = run_adaptive(session.subject, x, levels, stock.strided, session.state.mode)
            memory.put("adaptive features", adaptive_key, adaptive, adaptive.features.nbytes)
    return stock, adaptive


def run_stock(subject: Subject, x: Tensor) -> Stock:
    """The strided and the dilated network on a normalised image."""
    dilated = subject.dilated(x).cpu()
    return Stock(subject.strided(x).cpu(), dilated, Colours.fit(dilated))


def run_adaptive(subject: Subject, x: Tensor, levels: Tensor, strided: Tensor, mode: str) -> Adaptive:
    """The adaptive network in both readings; the features are those of ``mode``, timed beside the other two networks."""
    size = int(x.shape[-2]), int(x.shape[-1])
    readings = {"fixed": subject.fixed, "published": subject.published}
    plans = {name: adapted.plan(levels.to(x.device), size) for name, adapted in readings.items()}
    ran = {name: adapted.run(x, plan=plans[name]) for name, adapted in readings.items()}
    features = {name: output.cpu() for name, (output, _) in ran.items()}
    outside = tuple(map(str, ran["fixed"].report.outside))
    badges = {name: inspect.badge(made, strided, 2**subject.depth) for name, made in features.items()}
    works = {
        "strided": partial(subject.strided, x),
        "adaptive": partial(readings[mode], x, plan=plans[mode]),
        "dilated": partial(subject.dilated, x),
    }
    return Adaptive(features[mode], badges["fixed"], badges["published"], in_turn(works, x.device), ran[mode].report.path,
                    outside)  # fmt: skip


def sentence(
    kept: float, active: float, macs: Mapping[str, int], adaptive: Adaptive, mode: str, named: Text | str
) -> Text:
    """What an answer says, in words: the share of cells that stay fine, and of rows of the all-fine network."""
    shown = adaptive.published if mode == "published" else adaptive.fixed
    values = {
        "kept": kept,
        "rows": active,
        "work": macs["adaptive"] / macs["dilated"],
        "adaptive": macs["adaptive"],
        "dilated": macs["dilated"],
        "proof": Text("cad.answer.exact" if shown.exact else "cad.answer.differs"),
        "fixed": adaptive.fixed.relative,
        "published": adaptive.published.relative,
        "weights": named,
        "operations": list(adaptive.outside),
    }
    return Text("cad.answer.outside" if adaptive.outside else "cad.answer", values)


# What it costs over pictures ---------------------------------------------------------------------------------------


def cost_row(workshop: Workshop, state: State, picture: Picture) -> dict[str, float]:
    """The share of cells kept and the multiply-adds of one picture, without a brush."""
    check_wanted()
    session = Session(workshop, state, picture)
    levels = QuadTree(session.mask(), session.stride, session.size).levels
    macs = macs_of(session.prices, levels, session.depth)
    rows = inspect.grid_rows(levels, session.depth)
    return {
        "active": rows[-1] / rows[0],
        "macs": macs["adaptive"],
        "dilated": macs["dilated"],
        "strided": macs["strided"],
        "share": macs["adaptive"] / macs["dilated"],
    }


def cost_answer(workshop: Workshop, state: State, pictures: Mapping[str, tuple[str, Picture]]) -> dict[str, Any]:
    """Least, mean and most over pictures (id -> title, picture), each with its row."""
    if state.cad_mask == "paint":
        raise Refusal("A painted mask belongs to one picture; choose another mask to compare pictures.")
    rows = [
        {"id": id, "title": title, **cost_row(workshop, state, picture)} for id, (title, picture) in pictures.items()
    ]  # fmt: skip
    return {
        "rows": rows,
        "active": _spread(rows, "active"),
        "macs": _spread(rows, "macs"),
        "share": _spread(rows, "share"),
    }


def _spread(rows: list[dict[str, Any]], key: str) -> dict[str, float]:
    values = [row[key] for row in rows]
    return {"min": min(values), "mean": sum(values) / len(values), "max": max(values)}

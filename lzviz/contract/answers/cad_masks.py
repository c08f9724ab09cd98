"""What CAD's room is asked, at the size at which networks read the picture, and its masks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lzviz.adaptive import QuadTree, inspect, masks
from lzviz.adaptive.inspect import Coefficients, Subject
from lzviz.contract.answers.networks import LEARNED, TRAINED, coefficients, precisely, subject, trained
from lzviz.contract.answers.warp import map_tensor
from lzviz.contract.answers.working import FINE_WORKING, WORKING, Working
from lzviz.contract.lent import device
from lzviz.contract.maps import Map
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.truth import IGNORE, Truth
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.pipelines.adaptive import AdaptivePipeline
from lzviz.pipelines.pipeline import Pipeline
from lzviz.saliency import to_nodes
from lzviz.text import Text
from lzviz.trace.frames import on_zoomed

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


KEYPOINTS = 512
# Pixels around what only the fine network gets right (the paper's, on ResNet-50 and -101).
ORACLE_DILATION = 33


@dataclass(frozen=True, eq=False)
class Session:
    """A state on a picture, at the size at which networks read it.

    Attributes:
        file: the visitor's own mask, where the state wants one.
        given: true labels of the picture, in whatever classes they name.
    """

    workshop: Workshop
    state: State
    picture: Picture
    file: Map | None = None
    given: Truth | None = None

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
        """Only VGG16 is run at output stride 1, and some masks belong to the trained network."""
        if self.stride == 1:
            return "vgg16"
        return "compact" if self.state.cad_mask in TRAINED_MASKS else self.state.cad_network

    @cached_property
    def subject(self) -> Subject:
        """One for all that this session asks: what is compared comes from the same weights."""
        return subject(self.workshop, self.network, self.state.cad_levels)

    @cached_property
    def labels(self) -> Tensor | None:
        """(1, H, W) uint8 true labels at working size, as the trained network's classes; None where none are known."""
        pipeline = trained(self.workshop)
        if self.given is None or pipeline is None or pipeline.card is None:
            return None
        truth = self.given.named(pipeline.card.classes)
        return None if truth is None else torch.from_numpy(truth.within(self.size))[None]

    @property
    def prices(self) -> Coefficients:
        """Multiply-adds by rows."""
        return coefficients(self.workshop, self.network, self.state.cad_levels, self.size)

    def strengths(self) -> Tensor:
        """(depth, h, w) float32; edge masks of any threshold follow from it."""
        own, dilation, operator = self._own(), self.state.cad_dilation, self.state.cad_operator
        how = operator if own is None else hashlib.blake2b(own.data, digest_size=12).hexdigest() + f" {own.h}"
        key = f"{self.working.key} {self.state.cad_levels} {dilation} {how}"
        rings = self.workshop.memory.get("rings", key)
        if rings is None:
            if own is None:
                rings = inspect.ring_strengths(self.working.image, dilation, self.stride, self.depth, operator)
            else:
                change = to_nodes(map_tensor(own), self.size).float()
                rings = inspect.strengths_of(change, dilation, self.stride, self.depth)
            self.workshop.memory.put("rings", key, rings, rings.nbytes)
        return rings

    def _own(self) -> Map | None:
        """The edge mask that the visitor brought, where the state asks for it."""
        if self.state.cad_mask != "file":
            return None
        if self.file is None:
            raise Refusal(Text("refused.cad.noMask"))
        return self.file

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


def _oracle(session: Session) -> Tensor:
    """What only the fine network gets right."""
    if session.stride != 8:
        raise Refusal(Text("refused.cad.trainedStride"))
    if session.labels is None:
        raise Refusal(Text("refused.cad.labels"))
    pipeline, cells = segmenter(session.workshop), torch.zeros(1, 1, *session.cells, dtype=torch.int64)
    fine, coarse = (predicted(session, pipeline, cells + level).long() for level in (0, 1))
    return masks.oracle(fine, coarse, session.labels.long(), ORACLE_DILATION, session.stride, session.depth, IGNORE)


def predicted(session: Session, pipeline: AdaptivePipeline, levels: Tensor) -> Tensor:
    """Labels (1, H, W) at working size, of completed levels; those of the newest few are kept."""
    bytes_of_levels = levels.to(torch.uint8).numpy().tobytes()
    assert pipeline.card is not None
    key = f"{session.working.key} {pipeline.card.name} {hashlib.blake2b(bytes_of_levels).hexdigest()}"

    def run() -> Tensor:
        with session.workshop.running, torch.inference_mode(), precisely():
            image = session.working.image.to(device())
            scores = pipeline.through(image, levels.to(image.device), shown=False).scores
            return on_zoomed(scores, session.size).argmax(1).to(torch.uint8).cpu()

    return session.workshop.memory.keep("cad labels", key, run, lambda labels: labels.nbytes)


def segmenter(workshop: Workshop) -> AdaptivePipeline:
    """The trained network with its head, adaptive; a 404 sentence where no checkpoint has one."""
    pipeline = trained(workshop)
    if not isinstance(pipeline, AdaptivePipeline):
        raise Refusal(Text("refused.cad.untrained", {"names": list(TRAINED)}), 404)
    return pipeline


def _learned(session: Session) -> Tensor:
    if session.stride != 8:
        raise Refusal(Text("refused.cad.trainedStride"))
    pipeline = trained(session.workshop)
    if pipeline is None or pipeline.card is None or pipeline.card.name != LEARNED:
        raise Refusal(Text("refused.cad.learned", {"name": LEARNED}), 404)
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
    "file": _edges,
    "learned": _learned,
    "oracle": _oracle,
    "inverse": _inverse,
    "paint": _painted,
    "keypoints": _keypoints,
    "random": _random,
}
THRESHOLDED = ("edges", "inverse", "file")
# Masks that the trained network makes, or that are about its answers.
TRAINED_MASKS = ("learned", "oracle")
# Masks that belong to one picture.
OF_ONE_PICTURE = ("paint", "file", "oracle")

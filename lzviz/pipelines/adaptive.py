"""A segmentation network run adaptively: one of the pipelines, whose samples are the cells of a quadtree.

    pipeline = AdaptivePipeline(samplers.create("cad", stride=8, threshold="medium"), network)
    trace = pipeline.run(image)                     # trace.layout is the QuadTree

The network is given strided, as it is; :func:`lzviz.adapt` runs it, its head included, on the rows of the quadtree. With every
cell kept it is the dilated network (head included), with none the strided one. A halved cell's scores are those of its corner, so
what lies between the corners is read bilinearly, as for every other pipeline: nothing is repeated in blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack, nullcontext
from operator import is_
from typing import Any, Literal, NamedTuple, cast, get_args

import torch
from torch import Tensor, nn

from lzviz.adaptive import masks
from lzviz.adaptive.adapter import Adapted, Plan, adapt
from lzviz.adaptive.lattice import Tree
from lzviz.adaptive.learned import PAPER_WIDTHS, MaskNetwork
from lzviz.adaptive.quadtree import QuadTree
from lzviz.adaptive.report import Report
from lzviz.adaptive.resizing import midway
from lzviz.coords import Size
from lzviz.models.initialise import seeded
from lzviz.models.segmentation import Segmenter
from lzviz.pipelines.pipeline import Meter, Pass, Pipeline
from lzviz.samplers.base import Downsampled
from lzviz.samplers.cad import CAD
from lzviz.trace.frames import image_size, on_zoomed, restored

Mask = Literal["edges", "learned", "oracle", "fine", "coarse"]
Cells = Tensor | Callable[[Tensor], Tensor]
"""Levels (B, 1, h, w), or what makes them from the features before the first halving."""


class Stages(nn.Module):
    """A segmentation network that returns its scores at its own stride, and the stages of its backbone on the way."""

    def __init__(self, network: Segmenter):
        super().__init__()
        self.backbone, self.classifier = network.backbone, network.classifier

    def forward(self, image: Tensor, shown: bool = True) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(scores, stages); no stages unless they are ``shown``."""
        stages = self.backbone.stages(image)  # type: ignore[operator]
        scores = self.classifier(*[stages[level] for level in self.classifier.levels])  # type: ignore[union-attr]
        return scores, tuple(stages) if shown else ()


class Through(NamedTuple):
    """A pass of the network: its plan, the backbone's stages, scores (B, K, h, w) on the fine grid, and the report of this pass."""

    plan: Plan
    stages: tuple[Tensor, ...]
    scores: Tensor
    report: Report


class Unmetered:
    """The meter that measures nothing."""

    def stage(self, name: str) -> Any:
        return nullcontext()


class AdaptivePipeline(Pipeline):
    """Content-adaptive downsampling inside a network, on the picture as it is.

    Args:
        sampler: says the fine output stride (``stride``), how often cells may be halved (``depth``), which edges to keep, and the
            reading: in the mode "published" the network runs as in the public code.
        network: *strided*, of output stride ``stride * 2^depth``.
        mask: where levels come from: "edges" of the image; "learned", by ``look``; "oracle", where labels are given: right when
            fine, wrong when coarse, with ``sampler.dilation`` pixels around; "fine": all cells kept, the dilated network;
            "coarse": none, the strided one.
        look: the mask's network, for the features before the first halving.
    """

    sampler: CAD
    network: Segmenter

    def __init__(
        self,
        sampler: CAD,
        network: Segmenter,
        mask: Mask = "edges",
        look: MaskNetwork | None = None,
    ):
        if not isinstance(sampler, CAD) or sampler.stride is None:
            raise ValueError('expected the sampler "cad" with its fine output stride: samplers.create("cad", stride=8)')
        if not isinstance(network, Segmenter):
            raise TypeError(
                f"expected a lzviz.models.Segmenter, with a backbone and a head, got {type(network).__name__}"
            )
        if mask not in get_args(Mask):
            raise ValueError(f"mask must be one of {', '.join(get_args(Mask))}, got {mask!r}")
        if (mask == "learned") != (look is not None):
            raise ValueError('a mask network, look=, belongs to mask="learned" and to no other')
        super().__init__(sampler, network)
        self.mask: Mask = mask
        if look is not None:
            self.look = look
        published = {"offset": "center", "pool": "paper"} if sampler.mode == "published" else {}
        self.adapted: Adapted = adapt(Stages(network), (self.stride, self.stride << self.depth), **published)  # type: ignore[arg-type]
        self._compiled: tuple[Weights, Adapted] | None = None

    def ready(self, image: Tensor) -> Adapted:
        """What runs: in evaluation without gradients on a CPU the compiled form, remade when weights have changed."""
        if self.training or self.network.training or torch.is_grad_enabled() or image.device.type != "cpu":
            return self.adapted
        if self._compiled is None or not self._compiled[0].holds():
            self._compiled = (Weights(self.network), self.adapted.compile())
        return self._compiled[1]

    @property
    def stride(self) -> int:
        """The fine output stride."""
        return cast(int, self.sampler.stride)

    @property
    def depth(self) -> int:
        """How often a cell may be halved."""
        return self.sampler.depth

    def zoomed_size(self, image: Tensor) -> Size:
        """(h, w) of what the network reads: the picture's own."""
        return image_size(image)

    # -- levels ----------------------------------------------------------------------------------------------------------

    def levels(self, image: Tensor, saliency: Tensor | None = None, labels: Tensor | None = None) -> Cells:
        """Which cells to keep of pictures (B, 3, H, W).

        Args:
            saliency: (B, 1, h', w') a map that overrules the mask: cells are kept where it reaches the middle of its range.
            labels: (B, H, W), which the oracle needs.
        """
        if saliency is not None:
            cells = [-(-n // self.stride) for n in image_size(image)]
            return self.sampler.from_saliency(saliency, cells).expand(len(image), -1, -1, -1)
        if self.mask == "learned":
            return self.look  # type: ignore[return-value]
        if self.mask == "oracle":
            return self._oracle(image, labels)
        if self.mask == "edges":
            s = self.sampler
            return masks.edges(image, s.threshold, s.dilation, self.stride, self.depth, s.mode, s.operator)
        return self.everywhere(image, 0 if self.mask == "fine" else self.depth)

    def everywhere(self, image: Tensor, level: int) -> Tensor:
        """The same level for all cells: (B, 1, h, w)."""
        cells = [-(-n // self.stride) for n in image_size(image)]
        return torch.full((len(image), 1, *cells), level, device=image.device)

    @torch.no_grad()
    def _oracle(self, image: Tensor, labels: Tensor | None) -> Tensor:
        if labels is None:
            raise ValueError("the oracle's mask needs labels=(B, H, W): it knows where the fine network is right")
        fine, coarse = (
            on_zoomed(self.through(image, self.everywhere(image, level)).scores, image_size(image))
            for level in (0, self.depth)
        )
        return masks.oracle(fine, coarse, labels, self.sampler.dilation, self.stride, self.depth)

    # -- the stages ------------------------------------------------------------------------------------------------------

    def through(self, image: Tensor, levels: Cells, meter: Meter | None = None, shown: bool = True) -> Through:
        """The network in one pass.

        A mask that looks at features does so in the middle of the pass; the meter's stage "network" pauses for it.
        """
        meter = meter or Unmetered()
        plans: list[Plan] = []
        running = ExitStack()

        def planned(found: Tensor) -> Plan:
            with meter.stage("downsample"):
                plans.append(self.adapted.plan(found, image_size(image)))
            return plans[0]

        def look(features: Tensor) -> Tree:
            running.close()
            with meter.stage("look"):
                found = levels(features)  # type: ignore[operator]
            tree = planned(found).tree
            running.enter_context(meter.stage("network"))
            return tree

        cells: dict[str, Any] = {"levels": look} if callable(levels) else {"plan": planned(levels)}
        with running:
            running.enter_context(meter.stage("network"))
            (scores, stages), report = self.ready(image).run(image, shown=shown, **cells)
        return Through(plans[0], stages, between(scores, plans[0].levels, self.depth), report)

    def once(self, image: Tensor, meter: Meter, saliency: Tensor | None = None, truth: Tensor | None = None) -> Pass:
        with meter.stage("look"):
            levels = self.levels(image, saliency, truth)
        plan, stages, scores, report = self.through(image, levels, meter)
        out = self._downsampled(image, plan, saliency)
        with meter.stage("restore"):
            unzoomed = self.restore(scores, out, image_size(image))
        with meter.stage(self.task.output):
            labels = self.task.decide(unzoomed)
        macs = {"network": plan.macs}
        if self.mask == "oracle":
            macs["look"] = 0  # what it knows is given
        return Pass(out, _named(stages), scores, unzoomed, labels, macs, report)

    def downsample(self, image: Tensor, saliency: Tensor | None = None, labels: Tensor | None = None) -> Downsampled:
        """The picture as it is, and the cells. A learned mask needs features: the network runs, to its end."""
        levels = self.levels(image, saliency, labels)
        plan = self.through(image, levels).plan if callable(levels) else self.adapted.plan(levels, image_size(image))
        return self._downsampled(image, plan, saliency)

    def answer(self, out: Downsampled, image: Tensor | None = None) -> tuple[dict[str, Tensor], Tensor]:
        """The backbone's features by stage, each cell with its owner's, and scores (B, K, h, w) on the fine grid.

        Args:
            image: stands in for ``out.image``.
        """
        ran = self.through(out.image if image is None else image, out.extras["levels"])
        return _named(ran.stages), ran.scores

    def restore(self, scores: Tensor, out: Downsampled, size: Size) -> Tensor:
        """Scores on the fine grid brought to the source's lattice of ``size``: (B, K, H, W)."""
        return restored(scores, out, size, uniform=True)

    def forward(self, image: Tensor, saliency: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Scores (B, K, H, W) at the size of ``image``, in one pass of the network."""
        ran = self.through(image, self.levels(image, saliency, labels), shown=False)
        return on_zoomed(ran.scores, image_size(image))

    def _downsampled(self, image: Tensor, plan: Plan, saliency: Tensor | None) -> Downsampled:
        return Downsampled(
            image, QuadTree(plan.levels, self.stride, plan.image_size), saliency, {"levels": plan.levels}
        )


def between(scores: Tensor, levels: Tensor, depth: int) -> Tensor:
    """Scores of the fine grid whose halved cells are read between their corners, bilinearly, instead of repeated.

    Where every cell is as deep as can be, that is bilinear interpolation of the coarsest grid; cells that are kept keep theirs.

    Args:
        scores: (B, K, h, w), each cell with its owner's.
        levels: (B, 1, h, w) completed.
    """
    here = scores[..., :: 2**depth, :: 2**depth]
    for level in reversed(range(depth)):
        own = scores[..., :: 2**level, :: 2**level]
        middle = midway(here, (own.shape[-2], own.shape[-1]))
        here = torch.where(levels[..., :: 2**level, :: 2**level] <= level, own, middle)
    return here


@seeded
def mask_network(network: Segmenter, sampler: CAD, widths: Sequence[int] = PAPER_WIDTHS) -> MaskNetwork:
    """The mask's network for a ResNet's features at the fine output stride."""
    backbone = cast(Any, network.backbone)
    stage = (cast(int, sampler.stride) // backbone.stem_stride).bit_length() - 1
    return MaskNetwork(backbone.channels[stage], sampler.depth, widths)


class Weights:
    """The parameters, buffers and submodules of a network as they were; says cheaply whether they still are."""

    def __init__(self, network: nn.Module):
        self._homes: list[tuple[dict, tuple]] = []
        self._written: list[tuple[Tensor, int, int]] = []
        for module in network.modules():
            for home in (module._parameters, module._buffers, module._modules):
                if home:
                    self._homes.append((home, tuple(home.values())))
        for _, values in self._homes:
            self._written += [(value, *_version(value)) for value in values if isinstance(value, Tensor)]

    def holds(self) -> bool:
        """Nothing was replaced, written to, or given other memory."""
        for home, values in self._homes:
            if len(home) != len(values) or not all(map(is_, home.values(), values)):
                return False
        return all(_version(value) == (memory, version) for value, memory, version in self._written)


def _version(value: Tensor) -> tuple[int, int]:
    """What changes when a tensor is written to, or given other memory."""
    return value.data_ptr(), 0 if value.is_inference() else value._version


def _named(stages: Sequence[Tensor]) -> dict[str, Tensor]:
    return {f"stage {k}": stage for k, stage in enumerate(stages, 1)}

"""A segmentation network run adaptively: one of the pipelines, whose samples are the cells of a quadtree.

    pipeline = AdaptivePipeline(samplers.create("cad", stride=8, threshold="medium"), network)
    trace = pipeline.run(image)                     # trace.layout is the QuadTree

The network is given strided, as it is; :func:`lzviz.adapt` runs it, its head included, on the rows of the quadtree. With every
cell kept it is the dilated network (head included), with none the strided one. A halved cell's scores are those of its corner, so
what lies between the corners is read bilinearly, as for every other pipeline: nothing is repeated in blocks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, cast, get_args

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.adaptive import masks
from lzviz.adaptive.adapter import Adapted, Plan, adapt
from lzviz.adaptive.learned import PAPER_WIDTHS, MaskNetwork
from lzviz.adaptive.quadtree import QuadTree
from lzviz.adaptive.run import Levels
from lzviz.coords import Size
from lzviz.models.initialise import seeded
from lzviz.pipeline import Pipeline, stride_of
from lzviz.samplers.base import Downsampled
from lzviz.samplers.cad import CAD
from lzviz.warp import Warp

Mask = Literal["edges", "learned", "oracle", "fine", "coarse"]


class Stages(nn.Module):
    """A segmentation network that returns its scores at its own stride, and the stages of its backbone on the way."""

    def __init__(self, network: nn.Module):
        super().__init__()
        if not hasattr(network, "backbone") or not hasattr(network, "classifier"):
            given = type(network).__name__
            raise TypeError(
                f"adaptive pipelines need a network with backbone and classifier (lzviz.models), got {given}"
            )
        self.backbone, self.classifier = network.backbone, network.classifier

    def forward(self, image: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        """(scores, stages)."""
        stages = self.backbone.stages(image)  # type: ignore[operator]
        return self.classifier(*[stages[level] for level in self.classifier.levels]), tuple(stages)  # type: ignore[union-attr]


class AdaptivePipeline(Pipeline):
    """Content-adaptive downsampling inside a network, on the picture as it is.

    Args:
        sampler: says the fine output stride (``stride``), how often cells may be halved (``depth``), which edges to keep, and the
            reading: in the mode "published" the network runs as in the public code.
        network: *strided*, of output stride ``stride * 2^depth``; with a backbone and a classifier.
        mask: where levels come from: "edges" of the image; "learned", by ``look``; "oracle", where labels are given: right when
            fine, wrong when coarse, with ``sampler.dilation`` pixels around; "fine": all cells kept, the dilated network;
            "coarse": none, the strided one.
        look: the mask's network, for the features before the first halving.
        source: (H, W) to which the picture is area-averaged first; ``None``: as it is.
    """

    sampler: CAD
    network: nn.Module

    def __init__(
        self,
        sampler: CAD,
        network: nn.Module,
        mask: Mask = "edges",
        look: MaskNetwork | None = None,
        *,
        source: Size | None = None,
    ):
        if not isinstance(sampler, CAD) or sampler.stride is None:
            raise ValueError(
                'an adaptive pipeline needs the sampler "cad" with its fine output stride: create("cad", stride=8)'
            )
        if mask not in get_args(Mask):
            raise ValueError(f"mask must be one of {', '.join(get_args(Mask))}, got {mask!r}")
        if (mask == "learned") != (look is not None):
            raise ValueError('a mask network, look=, belongs to mask="learned" and to no other')
        super().__init__(sampler, network, source=source)
        self.mask: Mask = mask
        if look is not None:
            self.look = look
        published = {"offset": "center", "pool": "paper"} if sampler.mode == "published" else {}
        self.adapted: Adapted = adapt(Stages(network), (self.stride, self.stride << self.depth), **published)  # type: ignore[arg-type]

    @property
    def stride(self) -> int:
        """The fine output stride."""
        return cast(int, self.sampler.stride)

    @property
    def depth(self) -> int:
        """How often a cell may be halved."""
        return self.sampler.depth

    def zoomed_size(self, image: Tensor) -> Size:
        """(h, w) of what the network reads: the picture's own, or ``source``."""
        return self.source or (int(image.shape[-2]), int(image.shape[-1]))

    def cells(self, seen: Tensor) -> Size:
        """(h, w) of the fine grid of a picture as the network reads it."""
        return -(-seen.shape[-2] // self.stride), -(-seen.shape[-1] // self.stride)

    # -- levels ----------------------------------------------------------------------------------------------------------

    def levels(self, seen: Tensor, saliency: Tensor | None = None, labels: Tensor | None = None) -> Levels:
        """Levels (B, 1, h, w) of pictures as the network reads them, or, of a learned mask, what makes them from features.

        Args:
            saliency: (B, 1, h', w') a map that overrules the mask: cells are kept where it reaches the middle of its range.
            labels: (B, H, W), which the oracle needs.
        """
        if saliency is not None:
            levels = self.sampler.from_saliency(saliency, list(self.cells(seen)))
            return levels.expand(len(seen), -1, -1, -1)
        return getattr(self, f"_{self.mask}")(seen, labels)

    def _edges(self, seen: Tensor, labels: Tensor | None) -> Tensor:
        s = self.sampler
        return masks.edges(seen, s.threshold, s.dilation, self.stride, self.depth, s.mode)

    def _learned(self, seen: Tensor, labels: Tensor | None) -> Callable[[Tensor], Tensor]:
        return self.look  # type: ignore[return-value]

    def _oracle(self, seen: Tensor, labels: Tensor | None) -> Tensor:
        if labels is None:
            raise ValueError("the oracle's mask needs labels=(B, H, W): it knows where the fine network is right")
        size = self.zoomed_size(seen)
        with torch.no_grad():
            fine, coarse = (
                self.on_zoomed(self.network_at(seen, levels)[0], size)
                for levels in (self._fine(seen), self._coarse(seen))
            )
        truth = Warp.identity((2, 2)).zoom(labels, size, "nearest")
        return masks.oracle(fine, coarse, truth, self.sampler.dilation, self.stride, self.depth)

    def _fine(self, seen: Tensor, labels: Tensor | None = None) -> Tensor:
        return torch.zeros(len(seen), 1, *self.cells(seen), dtype=torch.int64, device=seen.device)

    def _coarse(self, seen: Tensor, labels: Tensor | None = None) -> Tensor:
        return self._fine(seen) + self.depth

    # -- the stages ------------------------------------------------------------------------------------------------------

    def network_at(self, seen: Tensor, levels: Levels) -> tuple[Tensor, tuple[Tensor, ...], QuadTree]:
        """The network in one pass: scores (B, K, h, w) on the fine grid, the backbone's stages, and the cells."""
        made: list[Tensor] = [levels] if isinstance(levels, Tensor) else []

        def look(features: Tensor) -> Tensor:
            made.append(levels(features))  # type: ignore[operator]
            return made[0]

        scores, stages = self.adapted(seen, levels=levels if made else look)
        tree = self._tree(made[0], seen)
        return between(scores, tree.levels, self.depth), stages, tree

    def downsample(self, image: Tensor, saliency: Tensor | None = None, labels: Tensor | None = None) -> Downsampled:
        """The picture as the network reads it, and the cells. A learned mask needs features: the network runs up to the end."""
        seen = self.seen(image)
        levels = self.levels(seen, saliency, labels)
        tree = self.network_at(seen, levels)[2] if callable(levels) else self._tree(levels, seen)
        return Downsampled(seen, tree, saliency, {"levels": tree.levels})

    def scores(self, out: Downsampled, image: Tensor | None = None) -> Tensor:
        """Class scores (B, K, h, w) on the fine grid, of the cells of ``out``."""
        return self.network_at(out.image if image is None else image, out.extras["levels"])[0]

    def restore(self, scores: Tensor, out: Downsampled, size: Size) -> Tensor:
        """Scores on the fine grid brought to the source's lattice of ``size``: (B, K, H, W)."""
        seen = out.layout.source_size
        return Warp.identity((2, 2)).unzoom(scores, size, seen, stride_of(seen, scores), fill=None)

    def forward(self, image: Tensor, saliency: Tensor | None = None, labels: Tensor | None = None) -> Tensor:
        """Scores (B, K, H, W) at the size of ``image``, in one pass of the network."""
        seen = self.seen(image)
        scores, _, tree = self.network_at(seen, self.levels(seen, saliency, labels))
        return self.restore(scores, Downsampled(seen, tree), (int(image.shape[-2]), int(image.shape[-1])))

    def plan(self, tree: QuadTree) -> Plan:
        """What the network costs on these cells: ``plan.macs``, ``plan.cost.without("classifier")``, ``plan.macs_dense``."""
        return self.adapted.plan(tree.levels, tree.source_size)

    def _tree(self, levels: Tensor, seen: Tensor) -> QuadTree:
        return QuadTree(levels, self.stride, self.zoomed_size(seen))


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
        twice = here.repeat_interleave(2, -2).repeat_interleave(2, -1)
        middle = F.avg_pool2d(F.pad(twice, (0, 1, 0, 1), mode="replicate"), 2, 1)
        middle = middle[..., : own.shape[-2], : own.shape[-1]]
        here = torch.where(levels[..., :: 2**level, :: 2**level] <= level, own, middle)
    return here


@seeded
def mask_network(network: nn.Module, sampler: CAD, widths: Sequence[int] = PAPER_WIDTHS) -> MaskNetwork:
    """The mask's network for a ResNet's features at the fine output stride."""
    backbone = network.backbone
    stage = (cast(int, sampler.stride) // backbone.stem_stride).bit_length() - 1  # type: ignore[union-attr, operator]
    return MaskNetwork(backbone.channels[stage], sampler.depth, widths)  # type: ignore[union-attr, index]

"""From an image to labels: look, downsample, segment, bring back.

    pipeline = Pipeline(lzviz.samplers.create("lzu"), network, size=(96, 128))
    trace = pipeline.run(image)                  # every stage's tensors, milliseconds and multiply-adds

A pipeline holds a sampler and a network and nothing else that computes; training (:mod:`lzviz.training`), evaluation, the app
and the checkpoints all run this one. What it says where scores lie: a network of stride s puts score i on zoomed pixel ``s i``
(see :mod:`lzviz.warp`), and scores come back bilinearly on the exact inverse, for every system alike, uniform included. A source
pixel outside the view of the warp takes the answer of the nearest border of the view.
"""

from __future__ import annotations

from typing import Literal, get_args

from torch import Tensor, nn

from lzviz import saliency as saliency_maps
from lzviz.coords import Size, check_size
from lzviz.samplers.base import Downsampled, Sampler
from lzviz.samplers.lzu import unzoom_pyramid
from lzviz.warp import Warp, WarpLayout

Unzoom = Literal["scores", "features"]


class Pipeline(nn.Module):
    """A sampler and a network.

    Args:
        sampler: from :mod:`lzviz.samplers`.
        network: images (B, 3, h, w) to class scores; ``None`` downsamples only. A network with ``logits`` gives them at its own
            stride; any other module is called, and may give scores of any size (torchvision's dictionaries too).
        size: (h, w) of the zoomed image; ``None``: a quarter of the image along each axis.
        source: (H, W) to which the image is area-averaged before the sampler sees it; ``None``: the sampler sees all of it.
        unzoom: what is brought back, "scores", or the "features" that the network's head reads, at each of its levels.
        boundary: previous labels are saliency (LZU's adaptive form): a boundary outweighs the rest so many times. ``None``: not.
    """

    def __init__(
        self,
        sampler: Sampler,
        network: nn.Module | None = None,
        size: Size | None = None,
        *,
        source: Size | None = None,
        unzoom: Unzoom = "scores",
        boundary: float | None = None,
    ):
        super().__init__()
        if unzoom not in get_args(Unzoom):
            raise ValueError(f"unzoom must be one of {', '.join(get_args(Unzoom))}, got {unzoom!r}")
        self.sampler, self.network = sampler, network
        self.size = None if size is None else check_size(size)
        self.source = None if source is None else check_size(source, "source")
        self.unzoom: Unzoom = unzoom
        self.boundary = boundary
        look = getattr(
            sampler, "saliency", None
        )  # samplers without weights are plain values: their map or network is ours
        if isinstance(look, nn.Module):
            self.look = look
        elif isinstance(look, Tensor):
            self.register_buffer("look", look)

    # -- the stages ------------------------------------------------------------------------------------------------------

    def seen(self, image: Tensor) -> Tensor:
        """What the sampler is given of an image (B, C, H, W)."""
        if self.source is None or tuple(image.shape[-2:]) == self.source:
            return image
        return nn.functional.adaptive_avg_pool2d(image, self.source)

    def zoomed_size(self, image: Tensor) -> Size:
        """(h, w) of the zoomed image."""
        return self.size or tuple(max(2, (n + 2) // 4) for n in image.shape[-2:])  # type: ignore[return-value]

    def downsample(self, image: Tensor, saliency: Tensor | None = None) -> Downsampled:
        """Look and zoom."""
        seen = self.seen(image)
        return self.sampler(seen, self.zoomed_size(image), saliency)

    def saliency_of(self, labels: Tensor, ignore_index: int = 255) -> Tensor:
        """Where the boundaries of labels (B, H, W) are, at the sampler's nodes: the saliency of the next frame."""
        assert self.boundary is not None
        nodes = self.sampler.nodes  # type: ignore[attr-defined]
        return saliency_maps.from_boundaries(labels, nodes, self.boundary, 1, ignore_index)

    def scores(self, out: Downsampled, image: Tensor | None = None) -> Tensor:
        """Class scores (B, K, h', w') of a zoomed image, at the network's own stride; with ``unzoom="features"`` they lie on a
        uniform lattice of the zoomed size already.

        Args:
            image: stands in for ``out.image`` (training changes its colours).
        """
        zoomed = out.image if image is None else image
        network = self.network
        if network is None:
            raise ValueError("this pipeline has no network: it downsamples only")
        if self.unzoom == "features":
            return self._head(zoomed, out)
        if hasattr(network, "logits"):
            return network.logits(zoomed)  # type: ignore[operator]
        scores = network(zoomed)
        return scores["out"] if isinstance(scores, dict) else scores

    def _head(self, zoomed: Tensor, out: Downsampled) -> Tensor:
        network, layout = self.network, _warped(out)
        if not hasattr(network, "backbone") or not hasattr(network, "classifier"):
            raise TypeError('unzoom="features" needs a network with a backbone and a classifier (lzviz.models)')
        stages = network.backbone.stages(zoomed)  # type: ignore[union-attr, operator]
        levels: tuple[int, ...] = network.classifier.levels  # type: ignore[union-attr, assignment]
        read = sorted(levels)
        size = layout.zoomed_size
        features = [stages[level] for level in read]
        strides = [stride_of(size, feature) for feature in features]
        back = dict(zip(read, unzoom_pyramid(layout.warp, [f.float() for f in features], size, strides), strict=True))
        return network.classifier(*[back[level].to(stages[level].dtype) for level in levels])  # type: ignore[union-attr, operator]

    def restore(self, scores: Tensor, out: Downsampled, size: Size) -> Tensor:
        """Scores of the zoomed image brought to the source's lattice of ``size``: (B, K, H, W)."""
        layout = _warped(out)
        warp = Warp.identity((2, 2)) if self.unzoom == "features" else layout.warp
        stride = stride_of(layout.zoomed_size, scores)
        return warp.unzoom(scores, size, layout.zoomed_size, stride, fill=None)

    def on_zoomed(self, scores: Tensor, size: Size) -> Tensor:
        """Scores at every pixel of the zoomed image of ``size``: (B, K, h, w)."""
        return Warp.identity((2, 2)).unzoom(scores, size, size, stride_of(size, scores), fill=None)

    def forward(self, image: Tensor, saliency: Tensor | None = None) -> Tensor:
        """Scores (B, K, H, W) at the size of ``image``."""
        if saliency is None and self.boundary is not None:
            saliency = self.saliency_of(self.forward(image, self._uniform(image)).argmax(1))
        out = self.downsample(image, saliency)
        return self.restore(self.scores(out), out, (int(image.shape[-2]), int(image.shape[-1])))

    def _uniform(self, image: Tensor) -> Tensor:
        nodes = self.sampler.nodes  # type: ignore[attr-defined]
        return image.new_ones(len(image), 1, *nodes)


def stride_of(size: Size, features: Tensor) -> int:
    """Zoomed pixels between neighbouring features: those of 3x3 convolutions of padding 1 count ``ceil(n / s)`` an axis."""
    h, w = size
    fits = [s for s in range(1, max(size) + 1) if (-(-h // s), -(-w // s)) == tuple(features.shape[-2:])]
    if not fits:
        raise ValueError(
            f"features {tuple(features.shape[-2:])} fit no stride of a zoomed image of {h} x {w}: "
            "choose a zoomed size that is a multiple of the network's stride"
        )
    return fits[0]


def _warped(out: Downsampled) -> WarpLayout:
    if not isinstance(out.layout, WarpLayout):
        raise TypeError(f"{type(out.layout).__name__} is no warp: its rows come back by layout.scatter")
    return out.layout

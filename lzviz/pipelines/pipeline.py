"""From an image to labels: look, downsample, segment, bring back.

    pipeline = Pipeline(lzviz.samplers.create("lzu"), network, size=(96, 128))
    trace = pipeline.run(image)                  # every stage's tensors, milliseconds and multiply-adds

A pipeline holds a sampler and a network and nothing else that computes; training (:mod:`lzviz.training`), evaluation, the app
and the checkpoints all run this one. What it says where scores lie: a network of stride s puts score i on zoomed pixel ``s i``
(see :mod:`lzviz.warp`), and scores come back bilinearly on the exact inverse, for every system alike, uniform included. A source
pixel outside the view of the warp takes the answer of the nearest border of the view.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import torch
from torch import Tensor, nn

from lzviz import resampling
from lzviz import saliency as saliency_maps
from lzviz.coords import Size, check_size, lattice, to_normalised
from lzviz.layout import Layout
from lzviz.measure import evaluation, timing
from lzviz.measure.cost import Tally
from lzviz.models.segmentation import Segmenter
from lzviz.samplers.base import Downsampled, Sampler, WarpSampler
from lzviz.samplers.lzu import unzoom_pyramid
from lzviz.warp import GridWarp, Warp, WarpLayout

if TYPE_CHECKING:
    from lzviz.checkpoints import Card

Unzoom = Literal["scores", "features"]
STAGES = ("look", "downsample", "network", "restore", "labels")
"""What a run consists of, in order: where to look; the small image; scores; scores at the image's size; the best class."""
IGNORE = 255


class Meter(Protocol):
    """A clock (:class:`lzviz.measure.timing.Clock`) or a counter (:class:`lzviz.measure.cost.Tally`) of stages."""

    def stage(self, name: str) -> Any: ...


@dataclass(frozen=True, eq=False)
class Pass:
    """An image's way through a pipeline.

    Attributes:
        out: of the sampler.
        features: of the backbone, by stage, on the zoomed image; empty where the network has none to show.
        scores: (B, K, h', w') at the network's own stride.
        unzoomed: (B, K, H, W) scores at the image's size.
        labels: (B, H, W) int64.
        macs: {stage: multiply-adds} where the pass itself knows them: those of adaptive networks depend on the image.
    """

    out: Downsampled
    features: dict[str, Tensor] = field(default_factory=dict)
    scores: Tensor | None = None
    unzoomed: Tensor | None = None
    labels: Tensor | None = None
    macs: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Trace:
    """Everything of one run; all maps are float32 unless said otherwise. Without a network there are no scores and no labels.

    Attributes:
        image: (B, 3, H, W) in [0, 1].
        out: the sampler's answer; ``saliency``, ``layout`` and ``zoomed`` are its parts.
        extras: whatever else the sampler shows, by name; "target": with labels, the map (B, 1, h, w) that the sampler's saliency
            was taught; "previous": labels (B, H, W) of the first look, where a pipeline looks twice.
        features: {stage: (B, C, h', w')} of the backbone, on the zoomed image.
        scores: (B, K, h', w') at the network's own stride.
        unzoomed: (B, K, H, W) scores at the image's size.
        labels: (B, H, W) int64 at the image's size.
        zoomed_labels: (B, h, w) int64 at the zoomed image's size.
        truth: (B, H, W) int64 labels that were given; 255 is not labelled.
        milliseconds, macs: {stage: milliseconds}, {stage: multiply-adds}, stages out of :data:`STAGES`. Both looks count where a
            pipeline looks twice.
        memory: bytes, of what ``memory_kind`` says.
        device: name of the device.
        classes: names of the classes, where the pipeline knows them.
    """

    image: Tensor
    out: Downsampled
    extras: Mapping[str, Tensor]
    features: Mapping[str, Tensor]
    scores: Tensor | None
    unzoomed: Tensor | None
    labels: Tensor | None
    zoomed_labels: Tensor | None
    truth: Tensor | None
    milliseconds: Mapping[str, float]
    macs: Mapping[str, int]
    memory: int
    memory_kind: str
    device: str
    classes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        shown = {
            "look": self.saliency,
            "downsample": self.zoomed,
            "network": self.scores,
            "restore": self.unzoomed,
            "labels": self.labels,
        }
        lines = [f"Trace of {_shape(self.image)}, {type(self.layout).__name__}, on {self.device}"]
        for stage in STAGES:
            if stage in self.milliseconds:
                cost = f"{self.milliseconds[stage]:8.1f} ms  {self.macs[stage] / 1e9:8.3f} G multiply-adds"
                lines.append(f"  {stage:<10} {cost}  -> {_shape(shown[stage])}")
        if self.features:
            lines.append("  features   " + ", ".join(f"{name} {_shape(f)}" for name, f in self.features.items()))
        if self.extras:
            lines.append("  extras     " + ", ".join(f"{name} {_shape(e)}" for name, e in self.extras.items()))
        if self.confusion is not None:
            lines.append(f"  mIoU       {self.miou:.3f}; sampling alone allows {self.intrinsic:.3f}")
        return "\n".join(lines)

    @property
    def saliency(self) -> Tensor | None:
        """(B or 1, 1, h, w) what drove the sampler."""
        return self.out.saliency

    @property
    def layout(self) -> Layout:
        """Where the samples lie, in pixels of the image."""
        return self.out.layout

    @property
    def zoomed(self) -> Tensor:
        """(B, 3, h, w) the low-resolution image."""
        return self.out.image

    @cached_property
    def unzoomed_features(self) -> dict[str, Tensor]:
        """The features on uniform lattices over the image, in the sizes they came in (element i at ``stride * i`` of the zoomed
        size); zero outside the view."""
        if not isinstance(self.layout, WarpLayout):
            return dict(self.features)
        size = self.layout.zoomed_size
        levels = [feature.float() for feature in self.features.values()]
        strides = [stride_of(size, feature) for feature in levels]
        each = [unzoom_pyramid(self.layout.warp, [f], size, [s])[0] for f, s in zip(levels, strides, strict=True)]
        return dict(zip(self.features, each, strict=True))

    @cached_property
    def zoomed_truth(self) -> Tensor | None:
        """(B, h, w) the true labels at the samples."""
        if self.truth is None:
            return None
        h, w = self.zoomed.shape[-2:]
        if isinstance(self.layout, WarpLayout):
            return self.layout.warp.zoom(self.truth, (h, w), "nearest")
        rows = evaluation.sampled_labels(self.layout, self.truth)
        return self.layout.scatter(rows[:, None].float(), (h, w))[0][:, 0].round().long()

    # -- with labels -----------------------------------------------------------------------------------------------------

    @cached_property
    def confusion(self) -> Tensor | None:
        """(K, K + 1) pixels by true and predicted class: :func:`lzviz.measure.evaluation.confusion`."""
        if self.truth is None or self.labels is None or self.scores is None:
            return None
        return evaluation.confusion(self.labels, self.truth, self.scores.shape[1])

    @property
    def miou(self) -> float:
        """Mean IoU in [0, 1]; NaN without labels."""
        return float("nan") if self.confusion is None else evaluation.miou(self.confusion)

    @property
    def per_class(self) -> Tensor | None:
        """(K,) IoU of each class; NaN for one that is neither true nor predicted."""
        return None if self.confusion is None else evaluation.iou(self.confusion)

    @cached_property
    def error(self) -> Tensor | None:
        """(B, H, W) bool: labelled pixels that are wrong."""
        if self.truth is None or self.labels is None:
            return None
        return (self.labels != self.truth) & (self.truth != IGNORE)

    @cached_property
    def intrinsic_confusion(self) -> Tensor | None:
        """The confusion matrix of a perfect network that saw these samples, brought back as this pipeline brings scores back."""
        if self.truth is None:
            return None
        known = self.truth[self.truth != IGNORE]
        classes = self.scores.shape[1] if self.scores is not None else int(known.max()) + 1 if len(known) else 1
        return evaluation.intrinsic_confusion(self.layout, self.truth, classes, border=True)

    @property
    def intrinsic(self) -> float:
        """mIoU that sampling alone allows, in [0, 1]; NaN without labels."""
        return float("nan") if self.intrinsic_confusion is None else evaluation.miou(self.intrinsic_confusion)


class Pipeline(nn.Module):
    """A sampler and a network.

    Args:
        sampler: from :mod:`lzviz.samplers`.
        network: images (B, 3, h, w) to class scores; ``None`` downsamples only. A :class:`lzviz.models.Segmenter` gives them at its
            own stride; any other module is called, and may give scores of any size (dictionaries with "out" or "logits" too).
        size: (h, w) of the zoomed image; ``None``: a quarter of the image along each axis.
        source: (H, W) to which the image is area-averaged before the sampler sees it; ``None``: the sampler sees all of it.
        unzoom: what is brought back, "scores", or the "features" that the network's head reads, at each of its levels.
        boundary: previous labels are saliency (LZU's adaptive form): a boundary outweighs the rest so many times. ``None``: not.

    Attributes:
        card: of the checkpoint that it came from, or ``None``.
    """

    card: Card | None = None

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
        if unzoom == "features" and not isinstance(network, Segmenter):
            raise TypeError('unzoom="features" needs a network with a backbone and a head (lzviz.models.Segmenter)')
        self.sampler = sampler
        self.network = network
        self.size = None if size is None else check_size(size)
        self.source = None if source is None else check_size(source, "source")
        self.unzoom: Unzoom = unzoom
        self.boundary = boundary
        self._macs: dict[object, dict[str, int]] = {}
        # The map or network of a sampler that has no other weights is ours, and saved once, under one name.
        look = getattr(sampler, "saliency", None)
        if isinstance(look, nn.Module):
            self.look = look
            if isinstance(sampler, nn.Module) and len(sampler.state_dict()) == len(look.state_dict()):
                del self.sampler
                object.__setattr__(self, "sampler", sampler)
        elif isinstance(look, Tensor):
            self.register_buffer("look", look)

    def __repr__(self) -> str:
        name = "" if self.card is None else f" {self.card.name}"
        size = "a quarter of the image" if self.size is None else f"{self.size[0]} x {self.size[1]}"
        lines = [f"{type(self).__name__}{name}: zoomed to {size}, brings back {self.unzoom}"]
        if self.source is not None:
            lines.append(f"  source   averaged to {self.source[0]} x {self.source[1]} first")
        for part, value in (
            ("sampler", self.sampler),
            ("look", getattr(self, "look", None)),
            ("network", self.network),
        ):
            if value is not None:
                lines.append(f"  {part:<8} {_what(value)}")
        if self.classes:
            lines.append(
                f"  classes  {len(self.classes)}: {', '.join(self.classes[:12])}{', ...' * (len(self.classes) > 12)}"
            )
        return "\n".join(lines)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; empty where no card says them."""
        return () if self.card is None else tuple(self.card.classes)

    # -- the stages ------------------------------------------------------------------------------------------------------

    def seen(self, image: Tensor) -> Tensor:
        """What the sampler is given of an image (B, C, H, W)."""
        if self.source is None or tuple(image.shape[-2:]) == self.source:
            return image
        return nn.functional.adaptive_avg_pool2d(image, self.source)

    def zoomed_size(self, image: Tensor) -> Size:
        """(h, w) of the zoomed image."""
        return self.size or tuple(max(2, (n + 2) // 4) for n in image.shape[-2:])  # type: ignore[return-value]

    def where(self, image: Tensor) -> Tensor | None:
        """The saliency (B or 1, 1, h, w) that the sampler finds in an image; ``None``: it has none, or finds its places as it
        samples (ES)."""
        look = getattr(self, "look", None)
        if isinstance(look, Tensor):
            return look
        return self.sampler.look(self.seen(image)) if isinstance(self.sampler, WarpSampler) else None

    def downsample(self, image: Tensor, saliency: Tensor | None = None) -> Downsampled:
        """Look and zoom; the layout is in pixels of ``image``."""
        seen = self.seen(image)
        out = self.sampler(seen, self.zoomed_size(image), self.where(image) if saliency is None else saliency)
        return out if seen is image else replace(out, layout=_over(_warped(out), image_size(image)))

    def saliency_of(self, labels: Tensor, ignore_index: int = IGNORE) -> Tensor:
        """Where the boundaries of labels (B, H, W) are, at the sampler's nodes: the saliency of the next frame."""
        if self.boundary is None:
            raise ValueError("this pipeline does not look at previous labels: build it with boundary=")
        nodes = self.sampler.nodes  # type: ignore[attr-defined]
        return saliency_maps.from_boundaries(labels, nodes, self.boundary, 1, ignore_index)

    def segment(self, out: Downsampled, image: Tensor | None = None) -> tuple[dict[str, Tensor], Tensor]:
        """The backbone's features by stage, and class scores (B, K, h', w') at the network's own stride; with
        ``unzoom="features"`` scores lie on a uniform lattice of the zoomed size already.

        Args:
            image: stands in for ``out.image`` (training changes its colours).
        """
        zoomed = out.image if image is None else image
        network = self.network
        if network is None:
            raise ValueError("this pipeline has no network: it downsamples only")
        if not isinstance(network, Segmenter):
            return _call(network, zoomed)
        stages = network.stages(zoomed)
        read = self._unzoomed(stages, out) if self.unzoom == "features" else stages
        return {f"stage {k}": stage for k, stage in enumerate(stages, 1)}, network.classify(read)

    def scores(self, out: Downsampled, image: Tensor | None = None) -> Tensor:
        """The scores of :meth:`segment`."""
        return self.segment(out, image)[1]

    def _unzoomed(self, stages: Sequence[Tensor], out: Downsampled) -> list[Tensor]:
        """The stages with those that the head reads brought back, each in its own size."""
        layout, back = _warped(out), list(stages)
        levels = sorted(self.network.classifier.levels)  # type: ignore[union-attr, arg-type]
        strides = [stride_of(layout.zoomed_size, stages[k]) for k in levels]
        features = [stages[k].float() for k in levels]
        for k, feature in zip(levels, unzoom_pyramid(layout.warp, features, layout.zoomed_size, strides), strict=True):
            back[k] = feature.to(stages[k].dtype)
        return back

    def restore(self, scores: Tensor, out: Downsampled, size: Size) -> Tensor:
        """Scores of the zoomed image brought to the source's lattice of ``size``: (B, K, H, W)."""
        zoomed: Size = (int(out.image.shape[-2]), int(out.image.shape[-1]))
        stride = stride_of(zoomed, scores)
        if isinstance(out.layout, WarpLayout):
            warp = identity(scores) if self.unzoom == "features" else out.layout.warp
            return warp.unzoom(scores, size, zoomed, stride, fill=None)
        # Each row has the scores of the zoomed image at its site, and gives them to all that it stands for.
        dense = identity(scores).unzoom(scores, zoomed, zoomed, stride, fill=None)
        points = to_normalised(out.layout.sites, out.layout.source_size)
        each = [points[out.layout.batch == k][None, None] for k in range(len(dense))]
        rows = [resampling.read(dense[k : k + 1], grid)[0, :, 0].T for k, grid in enumerate(each)]
        return out.layout.scatter(torch.cat(rows), size)[0]

    def on_zoomed(self, scores: Tensor, size: Size) -> Tensor:
        """Scores at every pixel of the zoomed image of ``size``: (B, K, h, w)."""
        return identity(scores).unzoom(scores, size, size, stride_of(size, scores), fill=None)

    def forward(self, image: Tensor, saliency: Tensor | None = None) -> Tensor:
        """Scores (B, K, H, W) at the size of ``image``."""
        if saliency is None and self.boundary is not None:
            saliency = self.saliency_of(best(self.forward(image, self._uniform(image))))
        out = self.downsample(image, saliency)
        return self.restore(self.scores(out), out, image_size(image))

    def _uniform(self, image: Tensor) -> Tensor:
        nodes = self.sampler.nodes  # type: ignore[attr-defined]
        return image.new_ones(len(image), 1, *nodes)

    # -- runs ------------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def run(
        self,
        image: Tensor,
        labels: Tensor | None = None,
        saliency: Tensor | None = None,
        previous: Tensor | None = None,
    ) -> Trace:
        """One image or a batch through all stages, in evaluation mode, on the pipeline's device, everything kept.

        The first run at a size is done twice: once to count multiply-adds and to warm up, once to be timed.

        Args:
            image: (B, 3, H, W) or (3, H, W) float in [0, 1], at least 2 x 2 pixels.
            labels: (B, H, W) or (H, W) integers, true classes at the image's size; 255 is not labelled.
            saliency: (B, 1, h, w) for this run; overrides what the sampler would look at.
            previous: (B, h, w) integers, labels of the frame before, for a pipeline that looks at them (``boundary``). Without, it
                looks uniformly first, and at the labels of that look then.

        Raises:
            TypeError: an image that is not of floats, labels that are not of integers.
            ValueError: wrong shapes, values outside [0, 1], labels that the network has no class for.
        """
        image = self._checked(image)
        truth = None if labels is None else _checked_labels(labels, image, "labels", same_size=True)
        if previous is not None:
            if self.boundary is None:
                raise ValueError("this pipeline does not look at previous labels: build it with boundary=")
            previous = _checked_labels(previous, image, "previous", same_size=False)
        saliency = None if saliency is None else saliency.to(image.device)
        with evaluating(self):
            key = (tuple(image.shape), image.device, saliency is None, previous is None, truth is None)
            if key not in self._macs:
                tally = Tally()
                self._looks(image, tally, saliency, previous, truth)
                self._macs[key] = tally.macs
            clock, cuda = timing.Clock(image.device), image.device.type == "cuda"
            if cuda:
                torch.cuda.reset_peak_memory_stats(image.device)
            done, before = self._looks(image, clock, saliency, previous, truth)
            out, scores, milliseconds = done.out, done.scores, clock.milliseconds()
            peak = torch.cuda.max_memory_allocated(image.device) if cuda else 0
            macs = {**self._macs[key], **done.macs}
            extras = dict(out.extras)
            if before is not None:
                extras["previous"] = before
            if truth is not None and out.saliency is not None and hasattr(self._looker, "target"):
                extras["target"] = self._looker.target(truth)  # type: ignore[operator]
            trace = Trace(
                image=image,
                out=out,
                extras=extras,
                features=done.features,
                scores=scores,
                unzoomed=done.unzoomed,
                labels=done.labels,
                zoomed_labels=None if scores is None else self._zoomed_labels(done),
                truth=truth,
                milliseconds={name: milliseconds[name] for name in STAGES if name in milliseconds},
                macs={name: macs.get(name, 0) for name in STAGES if name in milliseconds},
                memory=peak,
                memory_kind="the most that was allocated on the GPU, weights included",
                device=timing.device_name(image.device),
                classes=self.classes,
            )
        if cuda:
            return trace
        return replace(
            trace, memory=_held(trace), memory_kind="the tensors of this run that are kept, without workspace"
        )

    def once(self, image: Tensor, meter: Meter, saliency: Tensor | None = None, truth: Tensor | None = None) -> Pass:
        """One look: an image (B, 3, H, W) through all stages, each of them metered under its name.

        Args:
            truth: labels, for systems that show what an oracle would do.
        """
        with meter.stage("look"):
            saliency = self.where(image) if saliency is None else saliency
        with meter.stage("downsample"):
            out = self.downsample(image, saliency)
        if self.network is None:
            return Pass(out)
        with meter.stage("network"):
            features, scores = self.segment(out)
        with meter.stage("restore"):
            unzoomed = self.restore(scores, out, image_size(image))
        with meter.stage("labels"):
            labels = best(unzoomed)
        return Pass(out, features, scores, unzoomed, labels)

    def _looks(
        self, image: Tensor, meter: Meter, saliency: Tensor | None, previous: Tensor | None, truth: Tensor | None
    ) -> tuple[Pass, Tensor | None]:
        """The last look, and the labels that drove it where there were some."""
        if self.boundary is not None and saliency is None:
            if previous is None:
                previous = self.once(image, meter, self._uniform(image), truth).labels
                if previous is None:
                    raise ValueError("without a network only previous= can say where to look")
            with meter.stage("look"):
                saliency = self.saliency_of(previous).to(image)
        return self.once(image, meter, saliency, truth), previous

    def _zoomed_labels(self, done: Pass) -> Tensor:
        assert done.scores is not None and done.labels is not None
        size: Size = (int(done.out.image.shape[-2]), int(done.out.image.shape[-1]))
        if self.unzoom == "features" and isinstance(done.out.layout, WarpLayout):
            return done.out.layout.warp.zoom(done.labels, size, "nearest")
        return best(self.on_zoomed(done.scores, size))

    @property
    def _looker(self) -> object:
        """What finds saliency: a network of its own, or the sampler."""
        look = getattr(self, "look", None)
        return look if isinstance(look, nn.Module) else self.sampler

    def _checked(self, image: Tensor) -> Tensor:
        image = _checked_image(image)
        weights = next(self.parameters(), image)
        return image.to(weights.device, torch.float32)


def _shape(value: Tensor | None) -> str:
    return "none" if value is None else "x".join(str(n) for n in value.shape)


def _what(part: object) -> str:
    """A part in one line: its kind and its weights, or its size."""
    if isinstance(part, Tensor):
        return f"a map {_shape(part)}"
    weights = sum(p.numel() for p in part.parameters()) if isinstance(part, nn.Module) else 0
    return type(part).__name__ + (f", {weights:,} weights" if weights else "")


def identity(like: Tensor) -> GridWarp:
    """The warp that changes nothing, on the device of a tensor."""
    return Warp.identity((2, 2)).to(like.device)


def best(scores: Tensor) -> Tensor:
    """The class of the highest score: (B, K, H, W) to (B, H, W) int64. On CPUs ``argmax`` takes four times as long."""
    return scores.max(1).indices


def image_size(image: Tensor) -> Size:
    """(H, W)."""
    return int(image.shape[-2]), int(image.shape[-1])


def stride_of(size: Size, features: Tensor) -> int:
    """Zoomed pixels between neighbouring features: those of 3x3 convolutions of padding 1 count ``ceil(n / s)`` an axis. Where
    several strides would fit, as with few pixels, powers of two are what networks have."""
    h, w = size
    fits = [s for s in range(1, max(size) + 1) if (-(-h // s), -(-w // s)) == tuple(features.shape[-2:])]
    if not fits:
        raise ValueError(
            f"features {tuple(features.shape[-2:])} fit no stride of a zoomed image of {h} x {w}: "
            "choose a zoomed size that is a multiple of the network's stride"
        )
    return min(fits, key=lambda s: (s & (s - 1) != 0, s))


@contextmanager
def evaluating(module: nn.Module) -> Iterator[None]:
    """Evaluation mode for as long as the block lasts; then every part is as it was."""
    training = [part for part in module.modules() if part.training]
    try:
        for part in training:
            part.training = False
        yield
    finally:
        for part in training:
            part.training = True


def _warped(out: Downsampled) -> WarpLayout:
    if not isinstance(out.layout, WarpLayout):
        raise TypeError(
            f"{type(out.layout).__name__} is no warp: neither source= nor unzoom='features' can be had with it"
        )
    return out.layout


def _over(layout: WarpLayout, size: Size) -> WarpLayout:
    """The layout of an averaged picture in the picture of ``size`` itself, where mean k of n stands at (k + 1/2) N / n - 1/2."""
    warp, few = layout.warp, layout.source_size
    reach = [(n - n / k) / (n - 1) for n, k in zip(reversed(size), reversed(few), strict=True)]
    scale = warp.like.new_tensor(reach)
    if isinstance(warp, GridWarp):
        moved: Warp = GridWarp(warp.nodes * scale, warp.separable)
    else:
        moved = GridWarp(lattice((2, 2)).to(scale)[None] * scale, True) @ warp
    return replace(layout, warp=moved, source_size=size)


def _call(network: nn.Module, zoomed: Tensor) -> tuple[dict[str, Tensor], Tensor]:
    """Features and scores of anybody's network."""
    seen: list[object] = []
    backbone = getattr(network, "backbone", None)
    handle = None
    if isinstance(backbone, nn.Module):
        handle = backbone.register_forward_hook(lambda module, arguments, output: seen.append(output))
    try:
        answer = network(zoomed)
    finally:
        if handle is not None:
            handle.remove()
    if isinstance(answer, Mapping):
        answer = answer.get("out", answer.get("logits"))
    if not isinstance(answer, Tensor) or answer.ndim != 4 or not answer.is_floating_point():
        shape = f"{answer.dtype} {tuple(answer.shape)}" if isinstance(answer, Tensor) else type(answer).__name__
        raise TypeError(f'expected class scores (B, K, h, w) from the network, or a dictionary with "out", got {shape}')
    return _named(seen[-1]) if seen else {}, answer


def _named(features: object) -> dict[str, Tensor]:
    if isinstance(features, Tensor):
        features = {"backbone": features}
    if isinstance(features, Sequence):
        features = {f"stage {k}": feature for k, feature in enumerate(features, 1)}
    items = features.items() if isinstance(features, Mapping) else ()
    return {str(name): value for name, value in items if isinstance(value, Tensor) and value.ndim == 4}


def _checked_image(image: Tensor) -> Tensor:
    if not isinstance(image, Tensor) or not image.is_floating_point():
        kind = image.dtype if isinstance(image, Tensor) else type(image).__name__
        hint = "image / 255" if isinstance(image, Tensor) else "torch.from_numpy(array).permute(2, 0, 1) / 255"
        raise TypeError(f"expected an image as a float tensor (B, 3, H, W) in [0, 1], got {kind}: did you mean {hint}?")
    image = image[None] if image.ndim == 3 else image
    if image.ndim != 4 or image.shape[1] != 3 or not len(image):
        hint = ""
        if image.ndim == 4 and image.shape[-1] == 3:
            hint = "; did you mean image.permute(2, 0, 1)?"
        elif image.ndim == 4 and image.shape[1] in (1, 4):
            hint = "; did you mean " + ("image.expand(-1, 3, -1, -1)?" if image.shape[1] == 1 else "image[:, :3]?")
        raise ValueError(
            f"expected an image of three colours, (B, 3, H, W) or (3, H, W), got {tuple(image.shape)}{hint}"
        )
    if min(image.shape[-2:]) < 2:
        raise ValueError(f"expected an image of at least 2 x 2 pixels, got {tuple(image.shape[-2:])}")
    low, high = (float(value) for value in torch.aminmax(image))
    if low != low or high != high:
        raise ValueError(f"{int(image.isnan().sum())} of the image's values are NaN")
    if low < 0 or high > 1:
        hint = "image / 255" if high > 2 else "image.clamp(0, 1)"
        raise ValueError(f"expected an image in [0, 1], got [{low:.4g}, {high:.4g}]; did you mean {hint}?")
    return image


def _checked_labels(labels: Tensor, image: Tensor, name: str, same_size: bool) -> Tensor:
    if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.dtype == torch.bool:
        kind = labels.dtype if isinstance(labels, Tensor) else type(labels).__name__
        raise TypeError(f"expected {name} as a tensor of integers (B, H, W), got {kind}")
    labels = labels[None] if labels.ndim == 2 else labels
    wanted = (len(image), *image.shape[-2:])
    if labels.ndim != 3 or len(labels) != wanted[0] or (same_size and tuple(labels.shape) != wanted):
        raise ValueError(f"{name} {tuple(labels.shape)} do not fit images of {wanted}")
    return labels.to(image.device, torch.int64)


def _held(trace: Trace) -> int:
    """Bytes of the tensors of a trace, each storage once."""
    tensors = [
        trace.image,
        trace.zoomed,
        trace.saliency,
        trace.scores,
        trace.unzoomed,
        trace.labels,
        trace.zoomed_labels,
    ]
    tensors += [trace.truth, *trace.features.values(), *trace.extras.values()]
    storages = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors if t is not None}
    return sum(storages.values())

"""From an image to a task's result: look, downsample, answer, bring back, decide.

    pipeline = Pipeline(lzviz.samplers.create("lzu"), network, size=(96, 128))
    trace = pipeline.run(image)                  # every stage's tensors, milliseconds and multiply-adds

A pipeline holds a sampler, a network and a task (:mod:`lzviz.tasks`) and nothing else that computes; training
(:mod:`lzviz.training`), evaluation, the app and the checkpoints all run this one. It says where answers lie: a network of stride s
puts score i on zoomed pixel ``s i`` (see :mod:`lzviz.warp`), and they come back on the exact inverse, for every system alike,
uniform included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol, get_args

import torch
from torch import Tensor, nn

from lzviz.coords import Size, check_size
from lzviz.measure import timing
from lzviz.measure.cost import Tally
from lzviz.models.staged import Staged
from lzviz.nested import described
from lzviz.pipelines.foreign import call, evaluating
from lzviz.samplers.base import Downsampled, Sampler, WarpSampler
from lzviz.tasks.base import Task
from lzviz.tasks.segmentation import TASK as SEGMENTATION
from lzviz.trace import Trace
from lzviz.trace.checks import checked_image
from lzviz.trace.frames import image_size, over, unzoomed, warped
from lzviz.warp import WarpLayout

if TYPE_CHECKING:
    from lzviz.checkpoints import Card

Unzoom = Literal["scores", "features"]
STAGES = ("look", "downsample", "network", "restore")
"""What a run consists of, in order: where to look; the small image; the network's answer; the answer in the image's frame. The last
stage, what is decided, has the name of the task's output."""


class Meter(Protocol):
    """A clock (:class:`lzviz.measure.timing.Clock`) or a counter (:class:`lzviz.measure.cost.Tally`) of stages."""

    def stage(self, name: str) -> Any: ...


@dataclass(frozen=True, eq=False)
class Pass:
    """An image's way through a pipeline; see :class:`lzviz.Trace`.

    Attributes:
        macs: {stage: multiply-adds} where the pass itself knows them: those of adaptive networks depend on the image.
        report: what an adaptive network says about this pass.
    """

    out: Downsampled
    features: dict[str, Tensor] = field(default_factory=dict)
    answer: Any = None
    restored: Any = None
    output: Any = None
    macs: Mapping[str, int] = field(default_factory=dict)
    report: Any = None


class Pipeline(nn.Module):
    """A sampler and a network.

    Args:
        sampler: from :mod:`lzviz.samplers`.
        network: images (B, 3, h, w) to what the task takes as an answer, for segmentation class scores; ``None`` downsamples only.
            A :class:`lzviz.models.staged.Staged` network, such as :class:`lzviz.models.Segmenter`, answers at its own stride and
            shows its features; any other module is called.
        size: (h, w) of the zoomed image; ``None``: a quarter of the image along each axis.
        source: (H, W) to which the image is area-averaged before the sampler sees it; ``None``: the sampler sees all of it.
        unzoom: what is brought back, "scores" (the answer), or the "features" that the network's head reads, at each of its levels.
        boundary: the previous output is saliency (LZU's adaptive form): what the task attends to (boundaries of labels) outweighs
            the rest so many times. ``None``: not.
        learned: amplitude and width of the kernels of that saliency are learned (FOVEA's L-S); they start as the task has them.
        alpha: share of the previous output in that saliency; the rest is the sampler's own map (FOVEA's composite).
        task: what the network is for.

    Attributes:
        card: of the checkpoint that it came from, or ``None``.
        kernel: logarithms of amplitude and width against the task's own, (2,), where they are ``learned``; else ``None``.
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
        learned: bool = False,
        alpha: float = 1.0,
        task: Task = SEGMENTATION,
    ):
        super().__init__()
        if boundary is not None and not (isinstance(boundary, int | float) and 0 < boundary < float("inf")):
            raise ValueError(f"boundary must be a positive number, or None, got {boundary!r}")
        if not 0 < alpha <= 1:
            raise ValueError(f"alpha is a share above 0 and up to 1, got {alpha!r}")
        if unzoom not in get_args(Unzoom):
            raise ValueError(f"unzoom must be one of {', '.join(get_args(Unzoom))}, got {unzoom!r}")
        if unzoom == "features" and not isinstance(network, Staged):
            raise TypeError('unzoom="features" needs a network with a backbone and a head (lzviz.models.Segmenter)')
        self.sampler = sampler
        self.network = network
        self.size = None if size is None else check_size(size)
        self.source = None if source is None else check_size(source, "source")
        self.unzoom: Unzoom = unzoom
        self.boundary, self.alpha, self.task = boundary, alpha, task
        if learned and (boundary is None or not task.has_kernels):
            raise ValueError("only kernels of previous boxes can be learned: give boundary= and a task of boxes")
        self.kernel = nn.Parameter(torch.zeros(2)) if learned else None
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
        if alpha < 1 and not isinstance(getattr(self, "look", None), Tensor):
            raise ValueError("alpha below 1 blends the previous output with the sampler's map: give it saliency=")

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
                lines.append(f"  {part:<8} {described(value)}")
        if self.classes:
            lines.append(
                f"  classes  {len(self.classes)}: {', '.join(self.classes[:12])}{', ...' * (len(self.classes) > 12)}"
            )
        return "\n".join(lines)

    @property
    def classes(self) -> tuple[str, ...]:
        """Names of the classes; empty where no card says them."""
        return () if self.card is None else tuple(self.card.classes)

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages of a run, in order."""
        return (*STAGES, self.task.output)

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
        return out if seen is image else replace(out, layout=self._over(warped(out), image_size(image)))

    def _over(self, layout: WarpLayout, size: Size) -> WarpLayout:
        """The layout in the image itself, made once of a warp that was kept."""
        last = vars(self).get("_last_over")
        if last is None or last[0] is not layout.warp or last[1] != size or torch.is_grad_enabled():
            last = vars(self)["_last_over"] = (layout.warp, size, over(layout, size))
        return last[2]

    def saliency_of(self, output: Any, source_size: Size) -> Tensor:
        """What the task attends to in an output, at the sampler's nodes: the saliency of the next frame."""
        if self.boundary is None:
            raise ValueError("this pipeline does not look at previous outputs: build it with boundary=")
        nodes = self.sampler.nodes  # type: ignore[attr-defined]
        amplitude, width = (1.0, 1.0) if self.kernel is None else self.kernel.exp().unbind()
        seen = self.task.attention(output, nodes, self.boundary * amplitude, source_size, width)
        if self.alpha == 1:
            return seen
        own: Tensor = self.look  # type: ignore[assignment]
        seen, own = (each / each.sum((2, 3), keepdim=True).clamp(min=1e-12) for each in (seen, own.to(seen)))
        return self.alpha * seen + (1 - self.alpha) * own

    def answer(self, out: Downsampled, image: Tensor | None = None) -> tuple[dict[str, Tensor], Any]:
        """The backbone's features by stage, and the network's answer at its own stride; with ``unzoom="features"`` it lies on
        uniform lattices of the zoomed size already.

        Args:
            image: stands in for ``out.image`` (training changes its colours).
        """
        zoomed = out.image if image is None else image
        network = self.network
        if network is None:
            raise ValueError("this pipeline has no network: it downsamples only")
        if not isinstance(network, Staged):
            features, answer = call(network, zoomed)
            return features, self.task.checked_answer(answer)
        stages = network.stages(zoomed)
        read = unzoomed(stages, network.levels, out) if self.unzoom == "features" else stages
        return {f"stage {k}": stage for k, stage in enumerate(stages, 1)}, network.answer(read)

    def restore(self, answer: Any, out: Downsampled, size: Size) -> Any:
        """An answer over the zoomed image, in the frame of the source of ``size``."""
        return self.task.restore(answer, out, size, self.unzoom == "features")

    def forward(self, image: Tensor, saliency: Tensor | None = None) -> Any:
        """The answer in the frame of ``image``: for segmentation scores (B, K, H, W)."""
        if saliency is None and self.boundary is not None:
            saliency = self.attention(self.first(image), image)
        out = self.downsample(image, saliency)
        return self.restore(self.answer(out)[1], out, image_size(image))

    def first(self, image: Tensor) -> Any:
        """The output of a uniform look at ``image``, for a pipeline that looks at outputs (``boundary``)."""
        return self.task.decide(self.glance(image))

    def glance(self, image: Tensor) -> Any:
        """The answer of that look, in the frame of ``image``."""
        return self.forward(image, self._uniform(image))

    def attention(self, output: Any, image: Tensor) -> Tensor:
        """:meth:`saliency_of` an output at the size of ``image``, beside it."""
        return self.saliency_of(output, image_size(image)).to(image)

    def _uniform(self, image: Tensor) -> Tensor:
        nodes = self.sampler.nodes  # type: ignore[attr-defined]
        return image.new_ones(len(image), 1, *nodes)

    # -- runs ------------------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def run(
        self,
        image: Tensor,
        labels: Any = None,
        saliency: Tensor | None = None,
        previous: Any = None,
    ) -> Trace:
        """One image or a batch through all stages, in evaluation mode, on the pipeline's device, everything kept.

        The first run at a size is done twice: once to count multiply-adds and to warm up, once to be timed.

        Args:
            image: (B, 3, H, W) or (3, H, W) float in [0, 1], at least 2 x 2 pixels.
            labels: what is true, as the task takes it; for segmentation (B, H, W) or (H, W) integers, true classes at the image's
                size; 255 is not labelled.
            saliency: (B, 1, h, w) for this run; overrides what the sampler would look at.
            previous: the output for the frame before, for a pipeline that looks at it (``boundary``), of any size. Without, it
                looks uniformly first, and at the output of that look then.

        Raises:
            TypeError: an image that is not of floats, labels that are not of integers.
            ValueError: wrong shapes, values outside [0, 1], labels that the network has no class for.
        """
        image = self._checked(image)
        truth = None if labels is None else self.task.checked(labels, image)
        if previous is not None:
            if self.boundary is None:
                raise ValueError("this pipeline does not look at previous outputs: build it with boundary=")
            previous = self.task.checked(previous, image, "previous", same_size=False)
        saliency = None if saliency is None else saliency.to(image.device)
        with evaluating(self):
            counted = self._counted(image, saliency, previous, truth)
            clock, cuda = timing.Clock(image.device), image.device.type == "cuda"
            if cuda:
                torch.cuda.reset_peak_memory_stats(image.device)
            done, before = self.every_look(image, clock, saliency, previous, truth)
            milliseconds = clock.milliseconds()
            peak = torch.cuda.max_memory_allocated(image.device) if cuda else 0
            trace = self._traced(image, done, self._extras(done.out, before, truth), truth)
        macs, stages = {**counted, **done.macs}, [name for name in self.stages if name in milliseconds]
        if cuda:
            memory, kind = peak, "peak"
        else:
            memory, kind = trace.held(), "kept"
        return replace(
            trace,
            milliseconds={name: milliseconds[name] for name in stages},
            macs={name: macs.get(name, 0) for name in stages},
            memory=memory,
            memory_kind=kind,
        )

    @torch.no_grad()
    def cost(self, image: Tensor, saliency: Tensor | None = None) -> dict[str, int]:
        """Multiply-adds of each stage of :meth:`run` on such an image, as far as they do not depend on what is in it."""
        image = self._checked(image)
        with evaluating(self):
            return dict(self._counted(image, None if saliency is None else saliency.to(image.device), None, None))

    def _counted(self, image: Tensor, saliency: Tensor | None, previous: Any, truth: Any) -> dict[str, int]:
        key = (tuple(image.shape), image.device, saliency is None, previous is None, truth is None)
        if key not in self._macs:
            tally = Tally()
            self.every_look(image, tally, saliency, previous, truth)
            self._macs[key] = tally.macs
        return self._macs[key]

    def _extras(self, out: Downsampled, previous: Any, truth: Any) -> dict[str, Any]:
        """What a trace shows besides: of the sampler, of the first look, and what the sampler was taught."""
        extras: dict[str, Any] = dict(out.extras)
        if previous is not None:
            extras["previous"] = previous
        lesson = None if truth is None else self.task.lesson(truth)
        if lesson is not None and out.saliency is not None and hasattr(self._looker, "target"):
            extras["target"] = self._looker.target(lesson)  # type: ignore[attr-defined]
        return extras

    def _traced(self, image: Tensor, done: Pass, extras: Mapping[str, Any], truth: Any) -> Trace:
        return self.task.trace(
            image=image,
            out=done.out,
            extras=extras,
            features=done.features,
            answer=done.answer,
            restored=done.restored,
            output=done.output,
            truth=truth,
            milliseconds={},
            macs={},
            memory=0,
            memory_kind="",
            device=timing.device_name(image.device),
            classes=self.classes,
            uniform=self.unzoom == "features",
            report=done.report,
        )

    def once(self, image: Tensor, meter: Meter, saliency: Tensor | None = None, truth: Any = None) -> Pass:
        """One look: an image (B, 3, H, W) through all stages, each of them metered under its name.

        Args:
            truth: for systems that show what an oracle would do.
        """
        with meter.stage("look"):
            saliency = self.where(image) if saliency is None else saliency
        with meter.stage("downsample"):
            out = self.downsample(image, saliency)
        if self.network is None:
            return Pass(out)
        with meter.stage("network"):
            features, answer = self.answer(out)
        with meter.stage("restore"):
            restored = self.restore(answer, out, image_size(image))
        with meter.stage(self.task.output):
            output = self.task.decide(restored)
        return Pass(out, {**out.features, **features}, answer, restored, output)

    def every_look(
        self, image: Tensor, meter: Meter, saliency: Tensor | None, previous: Any = None, truth: Any = None
    ) -> tuple[Pass, Any]:
        """What :meth:`run` does of an image (B, 3, H, W), metered: a first look where nothing else says where to look, and the one
        that answers; with it the output that drove it, where there was one."""
        if self.boundary is not None and saliency is None:
            if previous is None:
                previous = self.once(image, meter, self._uniform(image), truth).output
                if previous is None:
                    raise ValueError("without a network only previous= can say where to look")
            with meter.stage("look"):
                saliency = self.saliency_of(previous, image_size(image)).to(image)
        return self.once(image, meter, saliency, truth), previous

    @property
    def _looker(self) -> object:
        """What finds saliency: a network of its own, or the sampler."""
        look = getattr(self, "look", None)
        return look if isinstance(look, nn.Module) else self.sampler

    def _checked(self, image: Tensor) -> Tensor:
        image = checked_image(image)
        weights = next(self.parameters(), image)
        return image.to(weights.device, torch.float32)

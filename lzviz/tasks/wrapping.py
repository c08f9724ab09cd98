"""LZU and FOVEA around somebody else's detector, which stays as it is.

LZU (Thavamani et al. 2023): the detector sees the zoomed picture, every level of its feature pyramid is unzoomed by the exact
inverse at the places where that level's features really sit, and its heads, which know of nothing, find boxes in a uniform frame.
FOVEA (Thavamani et al. 2021): the detector sees the zoomed picture, and its boxes go back through the warp.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Literal, get_args

import torch
from torch import Tensor, nn

from lzviz import resampling
from lzviz.coords import Size, check_size, to_normalised, to_pixels
from lzviz.samplers.base import Sampler
from lzviz.trace.frames import identity, image_size, stride_of, warped
from lzviz.warp import Warp, WarpLayout

Way = Literal["features", "boxes"]
Found = dict[str, Tensor]
"""{"boxes": (N, 4) pixel edges, "scores": (N,), "labels": (N,)} of one picture."""
SOFTMAX = ("detr", "table-transformer", "yolos")
"""Models of transformers whose last class is "nothing"; the others score each class by itself."""

BRIGHT = 16.0
"""What no image in [0, 1] reaches, normalised or not; one of 0 to 255 does."""


def wrap(
    detector: nn.Module | Callable[..., Any],
    sampler: Sampler,
    size: Size | None = None,
    *,
    way: Way | None = None,
    pyramid: str | None = None,
    strides: Sequence[float] | None = None,
    centred: bool = False,
    prepare: Callable[[Tensor], Any] | None = None,
    decode: Callable[[Any, Size], list[Found]] | None = None,
) -> Wrapped:
    """A detector that sees through a sampler.

    Args:
        detector: torchvision's, or any module or callable that takes images (B, 3, h, w).
        sampler: from :mod:`lzviz.samplers`, one whose samples a warp places.
        size: (h, w) of the zoomed picture; ``None``: that of the source.
        way: "features" is LZU, "boxes" FOVEA; ``None``: LZU where the detector has a pyramid.
        pyramid: the submodule that gives the pyramid (a mapping or sequence of feature maps), by its dotted name; ``None``: the
            module's ``backbone``, ``neck`` or ``fpn``, or its first submodule with "pyramid" or "fpn" in its class's name.
        strides: pixels between neighbouring features of each level, in the pyramid's order; ``None``: as the sizes say.
        centred: feature i sits in the middle of its patch, at ``s i + (s - 1) / 2`` (patch embeddings, ConvNeXt, Swin), and not
            at ``s i`` (3x3 convolutions of padding 1, ResNet).
        prepare: zoomed images (B, 3, h, w) in [0, 1] to what the detector takes; ``None``: a list of images for torchvision's
            detectors, else the tensor itself.
        decode: (what the detector answered, (h, w) of the zoomed picture) to a list of {"boxes", "scores", "labels"}; ``None``:
            torchvision's and transformers' answers are known.

    Raises:
        ValueError: no such way, "features" of a detector in which no pyramid is found, or strides that are not positive.
    """
    return Wrapped(detector, sampler, size, way, pyramid, strides, centred, prepare, decode)


class Wrapped(nn.Module):
    """See :func:`wrap`. ``wrapped(images, saliency=None)`` gives {"boxes", "scores", "labels"} of each image in the pixels of the
    source; in training mode ``wrapped(images, targets)`` gives the detector's losses."""

    def __init__(self, detector, sampler, size, way, pyramid, strides, centred, prepare, decode):
        super().__init__()
        if way is not None and way not in get_args(Way):
            raise ValueError(f"way must be one of {', '.join(get_args(Way))}, or None, got {way!r}")
        if not isinstance(sampler, Sampler):
            raise TypeError(f"expected a sampler, as lzviz.samplers.create makes them, got {type(sampler).__name__}")
        self.detector, self.sampler = detector, sampler
        self.size = None if size is None else check_size(size)
        self._pyramid = None if way == "boxes" else find_pyramid(detector, pyramid)
        if way == "features" and self._pyramid is None:
            raise ValueError(
                f"no feature pyramid was found in {type(detector).__name__}: name its submodule with pyramid=, "
                'or bring boxes back with way="boxes"'
            )
        self.way: Way = "boxes" if self._pyramid is None else "features"
        self.strides = None if strides is None else _checked_strides(strides)
        self.centred, self._prepare, self._decode = centred, prepare, decode

    def forward(self, images: Tensor | Sequence[Tensor], targets: Any = None, *, saliency: Tensor | None = None) -> Any:
        """Boxes of images (B, 3, H, W), or a list of (3, H, W), in [0, 1].

        Args:
            targets: in training mode, {"boxes", "labels"} of each image in the pixels of the source, for torchvision's detectors.
            saliency: (B or 1, 1, h, w), overrides what the sampler would look at.

        Raises:
            ValueError: images of 0 to 255; another number of targets, maps or answers than images; targets of several sizes.
            TypeError: a pyramid or an answer of the detector that cannot be read.
        """
        count = len(images)
        if saliency is not None and saliency.shape[0] not in (1, count):
            raise ValueError(f"expected saliency of 1 or {count} images, got {saliency.shape[0]}")
        if targets is not None:
            _check_targets(targets, count)
        if count == 0 and targets is None:
            return []
        if not isinstance(images, Tensor):
            if len({tuple(image.shape) for image in images}) > 1:
                if targets is not None:
                    raise ValueError(
                        "images with targets must have one size: give them one at a time, or cut them alike"
                    )
                maps = [saliency] * count if saliency is None or len(saliency) == 1 else list(saliency.split(1))
                return [self([image], saliency=one)[0] for image, one in zip(images, maps, strict=True)]
            images = torch.stack(list(images))
        if images.numel() and (most := float(images.detach().amax())) > BRIGHT:
            raise ValueError(f"expected images in [0, 1], got values up to {most:g}: did you mean image / 255?")
        out = self.sampler(images, self.size or image_size(images), saliency)
        layout = warped(out)
        given = self._given(out.image)
        with self._unzooming(layout, given):
            if targets is None:
                answer = self.detector(given)
            else:
                answer = self.detector(given, [self._seen(each, layout, k) for k, each in enumerate(targets)])
        if self.training and isinstance(answer, Mapping) and targets is not None:
            return answer
        found = (
            decoded(answer, layout.zoomed_size, self.detector)
            if self._decode is None
            else self._decode(answer, layout.zoomed_size)
        )
        if len(found) != count:
            raise ValueError(f"the detector was given {count} images and answered {len(found)}")
        return [self._back(_sound(each), layout, k) for k, each in enumerate(found)]

    # -- boxes ---------------------------------------------------------------------------------------------------------

    def _between(self, layout: WarpLayout, index: int) -> Warp:
        """The warp between the frame in which the detector's boxes lie and the source."""
        if self.way == "features":
            return identity(layout.warp.like)
        return layout.warp if layout.warp.batch == 1 else layout.warp[index]

    def _back(self, found: Found, layout: WarpLayout, index: int) -> Found:
        """In the source; what ends at a border of the zoomed picture ends at that of the source, half a sample further out."""
        boxes, warp = found["boxes"], self._between(layout, index)
        back = warp.unzoom_boxes(boxes, layout.zoomed_size, layout.source_size)
        (h, w), (height, width) = layout.zoomed_size, layout.source_size
        inside = (boxes >= 0) & (boxes <= boxes.new_tensor([w, h, w, h]))
        ends = back.new_tensor([width, height, width, height])
        return {**found, "boxes": torch.where(inside, back.clamp(min=0).minimum(ends), back)}

    def _seen(self, target: Mapping[str, Any], layout: WarpLayout, index: int) -> dict[str, Any]:
        warp = self._between(layout, index)
        return {**target, "boxes": warp.zoom_boxes(target["boxes"], layout.zoomed_size, layout.source_size)}

    # -- features ------------------------------------------------------------------------------------------------------

    def _given(self, zoomed: Tensor) -> Any:
        if self._prepare is not None:
            return self._prepare(zoomed)
        return list(zoomed) if isinstance(getattr(self.detector, "transform", None), nn.Module) else zoomed

    @contextmanager
    def _unzooming(self, layout: WarpLayout, given: Any) -> Iterator[None]:
        """While this lasts, the pyramid that leaves its module is unzoomed."""
        if self._pyramid is None:
            yield
            return
        frame: dict[str, Size] = {}
        if isinstance(given, Tensor):
            frame["shown"] = frame["padded"] = image_size(given)

        def resized(_module: nn.Module, _inputs: Any, answer: Any) -> None:
            images = answer[0]
            frame["shown"], frame["padded"] = tuple(images.image_sizes[0]), image_size(images.tensors)

        def unzoomed(_module: nn.Module, _inputs: Any, levels: Any) -> Any:
            if "shown" not in frame:
                raise ValueError(
                    "the size of what the detector sees is not known: let prepare= give a tensor (B, 3, h, w)"
                )
            return self._each(levels, layout, frame["shown"], frame["padded"])

        hooks = [self._pyramid.register_forward_hook(unzoomed)]
        transform = getattr(self.detector, "transform", None)
        if isinstance(transform, nn.Module):
            hooks.append(transform.register_forward_hook(resized))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _each(self, levels: Any, layout: WarpLayout, shown: Size, padded: Size) -> Any:
        """A pyramid of the kind it came in, each level unzoomed."""
        maps: list[Tensor] = []
        _mapped(levels, lambda level: maps.append(level) or level)
        strides = self.strides or [stride_of(padded, level) for level in maps]
        if len(strides) != len(maps):
            raise ValueError(f"expected a stride for each of the {len(maps)} levels, got {len(strides)}")
        shift = 0.5 if self.centred else 0.0
        rest = iter(strides)

        def back(level: Tensor) -> Tensor:
            stride = next(rest)
            return unzoom_level(layout.warp, level, stride, layout.zoomed_size, shown, shift * (stride - 1))

        return _mapped(levels, back)


def _mapped(levels: Any, change: Callable[[Tensor], Tensor]) -> Any:
    """What a pyramid's module answers, of the same kind, each of its maps changed; what is ``None`` stays so."""
    if levels is None:
        return None
    if isinstance(levels, Tensor) and levels.ndim == 4:
        return change(levels)
    if isinstance(levels, Mapping):
        answer: Any = copy.copy(levels)
        for name, level in levels.items():
            answer[name] = _mapped(level, change)
        return answer
    if isinstance(levels, tuple) and hasattr(levels, "_fields"):
        return type(levels)(*(_mapped(level, change) for level in levels))
    if isinstance(levels, list | tuple):
        return type(levels)(_mapped(level, change) for level in levels)
    got = f"a tensor of {levels.ndim} axes" if isinstance(levels, Tensor) else type(levels).__name__
    raise TypeError(
        f"expected feature maps (B, C, h, w), or a list, tuple or mapping of such, from the pyramid, got {got}: "
        'name the module that gives them with pyramid=, or bring boxes back with way="boxes"'
    )


def _checked_strides(strides: Any) -> list[float]:
    told = list(strides) if isinstance(strides, Iterable) else [strides]
    if not told or not all(isinstance(each, int | float) and 0 < each < float("inf") for each in told):
        raise ValueError(f"strides must be positive and finite, one for each level of the pyramid, got {strides!r}")
    return told


def _check_targets(targets: Any, count: int) -> None:
    if len(targets) != count:
        raise ValueError(f"expected targets of {count} images, got {len(targets)}")
    for k, each in enumerate(targets):
        if not isinstance(each, Mapping) or "boxes" not in each:
            raise ValueError(f'expected {{"boxes", "labels"}} as targets of image {k}, got {each!r:.80}')


def _sound(found: Mapping[str, Any]) -> Found:
    """A detector's answer of one image without boxes that are none: of numbers that are not finite, or from right to left."""
    read = {name: torch.as_tensor(value) for name, value in found.items() if name in ("boxes", "scores", "labels")}
    boxes = read["boxes"]
    if boxes.shape != (len(boxes), 4):
        raise TypeError(f"expected boxes (N, 4) from the detector, got {tuple(boxes.shape)}")
    sound = boxes.isfinite().all(-1) & (boxes[:, 2:] >= boxes[:, :2]).all(-1)
    if sound.all():
        return {**found, **read}
    return {
        k: v[sound] if isinstance(v, Tensor) and v.shape[:1] == sound.shape else v for k, v in {**found, **read}.items()
    }


def unzoom_level(
    warp: Warp, level: Tensor, stride: float, zoomed_size: Size, shown: Size, offset: float = 0.0
) -> Tensor:
    """A level (B, C, h', w') of a pyramid over the zoomed picture, on the same lattice over a uniform picture.

    Args:
        stride, offset: feature i sits at pixel ``stride * i + offset`` of what the network saw.
        zoomed_size: (h, w) of the zoomed picture.
        shown: (h, w) to which the network resized it (half-pixel), before it padded below and to the right. Features over the
            padding are continued, those that the view leaves out are 0.
    """
    size = image_size(level)
    like = warp.like
    scale = like.new_tensor([n / s for n, s in zip(reversed(zoomed_size), reversed(shown), strict=True)])
    axes = [torch.arange(n, dtype=like.dtype, device=like.device) * stride + offset for n in size]
    y, x = torch.meshgrid(*axes, indexing="ij")
    seen = to_normalised((torch.stack((x, y), -1) + 0.5) * scale - 0.5, zoomed_size).reshape(1, -1, 2)
    zoomed, valid = warp.inverse(seen.expand(warp.batch, -1, 2))
    pixels = (to_pixels(zoomed, zoomed_size) + 0.5) / scale - 0.5
    grid = to_normalised((pixels - offset) / stride, size).clamp(-1, 1).reshape(-1, *size, 2)
    padding = (seen.abs() > 1).any(-1)
    known = (valid | padding).reshape(-1, 1, *size)
    read = resampling.read(level, grid.to(level.device), "bilinear")
    return torch.where(known.to(level.device), read, read.new_zeros(()))


def find_pyramid(detector: Any, name: str | None = None) -> nn.Module | None:
    """The submodule that gives a detector's feature pyramid; ``None`` where there is none to be found."""
    if not isinstance(detector, nn.Module):
        return None
    if name is not None:
        try:
            return detector.get_submodule(name)
        except AttributeError:
            raise ValueError(f"{type(detector).__name__} has no submodule {name!r}") from None
    named = [part for _, part in detector.named_modules() if _is_pyramid(part)]
    for attribute in ("neck", "fpn", "backbone"):
        part = getattr(detector, attribute, None)
        if isinstance(part, nn.Module) and (attribute != "backbone" or any(_is_pyramid(p) for p in part.modules())):
            return part
    return named[0] if named else None


def _is_pyramid(module: nn.Module) -> bool:
    name = type(module).__name__.lower()
    return "pyramid" in name or name.endswith("fpn")


def decoded(answer: Any, size: Size, detector: Any) -> list[Found]:
    """A detector's answer over a picture (h, w) as a list of {"boxes", "scores", "labels"}."""
    if isinstance(answer, Sequence) and all(isinstance(each, Mapping) and "boxes" in each for each in answer):
        return [dict(each) for each in answer]
    logits, boxes = getattr(answer, "logits", None), getattr(answer, "pred_boxes", None)
    if logits is None or boxes is None:
        raise TypeError(
            'expected a list of {"boxes", "scores", "labels"}, or an answer with logits and pred_boxes, from the detector, got '
            f"{type(answer).__name__}: say with decode= how to read it"
        )
    if getattr(getattr(detector, "config", None), "model_type", "") in SOFTMAX:
        scores, labels = logits.softmax(-1)[..., :-1].max(-1)
    else:
        scores, labels = logits.sigmoid().max(-1)
    middle, half = boxes[..., :2], boxes[..., 2:] / 2
    edges = torch.cat((middle - half, middle + half), -1) * boxes.new_tensor([size[1], size[0]] * 2)
    return [{"boxes": b, "scores": s, "labels": k} for b, s, k in zip(edges, scores, labels, strict=True)]

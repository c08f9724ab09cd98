"""The state of the page, declared once: what it shows, what a link holds, what a question is about.

browser JSON --State.parse--> State          link --State.from_link--> State --to_link--> link
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Collection, Iterator
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from lzviz.contract import link
from lzviz.contract.composites import Boxes, Camera, Flags, GridSize, Methods, Names, Painted
from lzviz.contract.controls import Choice, Control, Identifier, Integer, Number, Registered, Toggle
from lzviz.contract.maps import Map
from lzviz.contract.options import Own, SamplerOptions
from lzviz.contract.rooms import LAYERS, ROOMS
from lzviz.contract.wire import Refusal, short, validated
from lzviz.text import Text

Size = tuple[int, int]
Box = tuple[float, float, float, float]
VERSION = 1
USES = ("auto", "grid", "flow", "remap", "deform", "attention", "saliency", "points")
"""What the doctor may take an array for; the library knows clips too, which a page cannot show."""
LARGEST_ZOOM = 1 << 21
"""Pixels of a zoomed image: the largest width on a picture twice as high as wide. The browser keeps to it too."""


def _samplers() -> Collection[str]:
    from lzviz import samplers

    return samplers.REGISTRY


def _sources() -> Collection[str]:
    from lzviz.saliency import sources

    return sources.REGISTRY


class State(BaseModel):
    """What the page shows, and nothing else; frozen. In JSON the keys are written in camel case."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    image: Annotated[str, Identifier("image")] = "street"
    frame: Annotated[int, Integer("frame", low=0, high=9999, history=False)] = 0
    room: Annotated[str, Choice("room", choices=ROOMS)] = "warp"
    sampler: Annotated[str, Registered("sampler", what="sampler", registry="samplers", known=_samplers)] = "lzu"
    mode: Annotated[str, Choice("mode", choices=("fixed", "published"))] = "fixed"
    saliency: Annotated[str, Registered("from", what="source", registry="sources", known=_sources)] = "paint"
    strength: Annotated[float, Number("strength", low=1, high=1000, scale="log", decimals=0, unit="×")] = 50.0
    fwhm: Annotated[float, Number("fwhm", low=0.5, high=40, scale="log", decimals=1, unit="cells")] = 10.0
    width: Annotated[int, Integer("width", low=8, high=1024, scale="log", unit="px")] = 192
    nodes: Annotated[Size, GridSize("nodes", low=2, high=128)] = (31, 51)
    separable: Annotated[bool, Toggle("separable")] = False
    anti_crop: Annotated[bool, Toggle("anticrop")] = True
    interpolation: Annotated[str, Choice("read", choices=("nearest", "bilinear", "antialias"))] = "antialias"
    source_scale: Annotated[float, Choice("source", choices=(1, 0.75, 0.5, 0.25))] = 1.0
    contrast: Annotated[float, Number("contrast", low=0.25, high=4, scale="log", decimals=2)] = 1.0
    floor: Annotated[float | None, Number("floor", low=0, high=1, decimals=3, nullable=True)] = None
    options: Annotated[Own, SamplerOptions("options")] = ()
    paint: Annotated[Map | None, Painted("paint", neutral=0)] = None
    edge_paint: Annotated[Map | None, Painted("edges", neutral=128)] = None
    boxes: Annotated[tuple[Box, ...], Boxes("boxes", low=-0.5, high=65536)] = ()
    layers: Annotated[
        frozenset[str],
        Flags("layers", choices=LAYERS, history=False),
    ] = frozenset({"points", "saliency"})
    compare: Annotated[str, Choice("compare", choices=("none", "uniform", "difference"), history=False)] = "none"
    panel: Annotated[str, Choice("panel", choices=("magnification", "recognition"), history=False)] = "magnification"
    tool: Annotated[str, Choice("tool", choices=("pick", "paint", "erase", "box", "pan"), history=False)] = "paint"
    brush_size: Annotated[float, Number("brush", low=0.01, high=0.5, scale="log", decimals=3, history=False)] = 0.08
    brush_softness: Annotated[float, Number("soft", low=0, high=1, decimals=2, history=False)] = 0.6
    cad_levels: Annotated[str, Choice("cadlevels", choices=("8-16", "8-32", "1-8"))] = "8-16"
    cad_mask: Annotated[
        str,
        Choice("cadmask", choices=("edges", "learned", "oracle", "file", "paint", "keypoints", "random", "inverse")),
    ] = "edges"
    cad_operator: Annotated[str, Choice("cadoperator", choices=("central", "sobel"))] = "central"
    cad_threshold: Annotated[float, Number("cadthreshold", low=0.005, high=2, scale="log", decimals=3)] = 0.3
    cad_dilation: Annotated[int, Integer("caddilation", low=1, high=63, unit="px")] = 3
    cad_keep: Annotated[float, Number("cadkeep", low=0, high=1, decimals=2)] = 0.3
    cad_paint: Annotated[Map | None, Painted("cadpaint", neutral=128)] = None
    cad_network: Annotated[
        str, Choice("cadnetwork", choices=("compact", "efficientnet", "resnet18", "resnet50", "vgg16"))
    ] = "compact"
    cad_channel: Annotated[int, Integer("cadchannel", low=-1, high=2047)] = -1
    cad_beside: Annotated[str, Choice("cadbeside", choices=("strided", "dilated"), history=False)] = "dilated"
    cad_view: Annotated[str, Choice("cadview", choices=("segmentation", "features", "keypoints"), history=False)] = (
        "segmentation"
    )
    cad_errors: Annotated[bool, Toggle("caderrors", history=False)] = False
    checkpoint: Annotated[str, Identifier("checkpoint", what="checkpoint")] = "auto"
    learned_from: Annotated[str, Choice("knows", choices=("network", "truth", "paint", "edges", "file"))] = "network"
    learned_lambda: Annotated[float, Number("lambda", low=0.01, high=100, scale="log", decimals=2)] = 1.0
    learned_stage: Annotated[str, Identifier("stage", what="stage")] = "auto"
    learned_channel: Annotated[int, Integer("channel", low=-1, high=2047)] = -1
    learned_left: Annotated[
        str, Choice("left", choices=("photo", "saliency", "labels", "error", "truth", "features"), history=False)
    ] = "labels"
    learned_right: Annotated[
        str,
        Choice(
            "right",
            choices=(
                "image",
                "labels",
                "error",
                "truth",
                "features",
                "weights",
                "correction",
                "target",
                "own",
                "space",
                "training",
            ),
            history=False,
        ),
    ] = "image"
    learned_opacity: Annotated[float, Number("opacity", low=0, high=1, decimals=2, history=False)] = 0.6
    found_score: Annotated[float, Number("least", low=0.05, high=0.95, decimals=2, history=False)] = 0.3
    learned_step: Annotated[int, Integer("step", low=-1, high=1000000, history=False)] = -1
    examined: Annotated[str, Identifier("examined", what="array", history=False)] = "auto"
    finding: Annotated[str, Identifier("finding", what="check", history=False)] = "auto"
    mended: Annotated[tuple[str, ...], Names("mended", history=False)] = ()
    examined_as: Annotated[str, Choice("as", choices=USES, history=False)] = "auto"
    examined_height: Annotated[
        int | None, Integer("fromheight", low=1, high=65536, unit="px", nullable=True, history=False)
    ] = None
    examined_width: Annotated[
        int | None, Integer("fromwidth", low=1, high=65536, unit="px", nullable=True, history=False)
    ] = None
    examined_stride: Annotated[
        float | None, Number("stride", low=1, high=256, decimals=3, unit="px", nullable=True, history=False)
    ] = None
    beside_labels: Annotated[str, Identifier("besidelabels", what="array", history=False)] = "auto"
    beside_boxes: Annotated[str, Identifier("besideboxes", what="array", history=False)] = "auto"
    beside_gradient: Annotated[str, Identifier("besidegradient", what="array", history=False)] = "auto"
    results_metric: Annotated[
        str, Choice("metric", choices=("miou", "boundary", "small", "intrinsic", "AP", "AP_S", "mAP"), history=False)
    ] = "miou"
    results_cost: Annotated[str, Choice("cost", choices=("macs", "pixels"), history=False)] = "macs"
    results_split: Annotated[str, Identifier("split", what="split", history=False)] = "auto"
    results_off: Annotated[tuple[str, ...], Names("off", history=False)] = ()
    camera: Annotated[tuple[float, float, float], Camera("camera", history=False)] = (0.5, 0.5, 1.0)
    compared: Annotated[tuple[str, ...], Methods("methods", least=2, most=4)] = ("uniform", "fovea", "lzu", "lz")
    compared_equal: Annotated[str, Choice("equal", choices=("pixels", "macs", "ms"))] = "pixels"
    compared_macs: Annotated[float, Number("macs", low=10, high=5000, scale="log", decimals=0, unit="M")] = 300.0
    compared_ms: Annotated[float, Number("ms", low=1, high=2000, scale="log", decimals=1, unit="ms")] = 20.0
    compared_view: Annotated[
        str, Choice("show", choices=("points", "deformed", "unzoomed", "labels", "errors", "difference"), history=False)
    ] = "points"
    lesson: Annotated[int, Integer("lesson", low=1, high=99, history=False)] = 1
    lesson_step: Annotated[str, Choice("at", choices=("start", "reveal", "check"), history=False)] = "start"

    @classmethod
    def parse(cls, given: object) -> State:
        """The state of a JSON object; keys left out have their default.

        Raises:
            Refusal: an unknown key, a wrong type or a value out of its range, named in the sentence.
        """
        if not isinstance(given, dict):
            raise Refusal(Text("refused.state", {"given": short(given)}), whole=True)
        known = [key for key, _, _ in declared()]
        if unknown := sorted(given.keys() - set(known)):
            raise Refusal(Text("refused.state.key", {"key": short(unknown[0]), "known": known}), whole=True)
        return validated(cls, given)

    def to_json(self) -> dict[str, Any]:
        """The JSON object that :meth:`parse` reads back to an equal state."""
        return self.model_dump(by_alias=True)

    @classmethod
    def from_link(cls, url: str) -> State:
        """The state that a link asks for: an address with ``#image=...``, or that part alone.

        It never fails, as the page never does: what makes no sense comes as near as possible or keeps its default, and one
        warning tells it.
        """
        values, problems = link.read(url, declared())
        if problems:
            warnings.warn(link.notice(problems), stacklevel=2)
        return cls(**{name: value for name, value in values.items()})

    def to_link(self, page: str = "") -> str:
        """``page`` with ``#image=...``: the image always, every other key only when it is not its default."""
        return f"{page.partition('#')[0]}#{link.write(self, declared())}"

    def zoomed_size(self, source: Size) -> Size:
        """(h, w) of the zoomed image: its width is chosen, its height follows from the aspect of the source.

        A width that makes more than :data:`LARGEST_ZOOM` pixels acts as the largest that does not.
        """
        aspect = source[0] / source[1]

        def height(width: int) -> int:
            return max(1, math.floor(width * source[0] / source[1] + 0.5))

        width = max(1, min(self.width, math.ceil(math.sqrt(LARGEST_ZOOM / aspect))))
        while width > 1 and height(width) * width > LARGEST_ZOOM:
            width -= 1
        return min(height(width), LARGEST_ZOOM), width


def declared() -> list[tuple[str, str, Control]]:
    """Every key of the state in order: (its name in JSON, its name in Python, its kind)."""
    return list(_declared())


def _declared() -> Iterator[tuple[str, str, Control]]:
    for name, field in State.model_fields.items():
        (control,) = (item for item in field.metadata if isinstance(item, Control))
        yield to_camel(name), name, control


def lines() -> dict[str, dict[str, Any]]:
    """The lines of the schema that a browser reads, by key."""
    return {key: control.line(key, State.model_fields[name].default) for key, name, control in _declared()}


def snake(key: str) -> str:
    """``antiCrop`` -> ``anti_crop``."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda match: f"_{match[1].lower()}", key)

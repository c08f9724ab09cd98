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
from lzviz.contract.controls import (
    Boxes,
    Choice,
    Control,
    Flags,
    GridSize,
    Identifier,
    Integer,
    Number,
    Painted,
    Registered,
    Toggle,
)  # fmt: skip
from lzviz.contract.maps import Map
from lzviz.contract.options import Own, SamplerOptions
from lzviz.contract.rooms import ROOMS
from lzviz.contract.wire import Refusal, short, validated

Size = tuple[int, int]
Box = tuple[float, float, float, float]
VERSION = 1
LARGEST_ZOOM = 1 << 22
"""Pixels of a zoomed image: the largest width on a picture four times as high as wide."""


def _samplers() -> Collection[str]:
    from lzviz import samplers

    return samplers.REGISTRY


def _sources() -> Collection[str]:
    from lzviz.saliency import sources

    return sources.REGISTRY


class State(BaseModel):
    """What the page shows, and nothing else; frozen. In JSON the keys are written in camel case."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    image: Annotated[
        str,
        Identifier(
            "image",
            "Image",
            'A picture that ships, or "own": a picture of the visitor, which a link cannot carry.',
        ),
    ] = "street"
    room: Annotated[
        str,
        Choice(
            "room",
            "Room",
            "What the page is about: a warp, content-adaptive cells, a trained pipeline, or all that was trained.",
            choices=tuple(ROOMS),
            labels=tuple(ROOMS.values()),
        ),
    ] = "warp"
    sampler: Annotated[
        str,
        Registered(
            "sampler",
            "Sampler",
            "The method that decides where the samples go.",
            what="a sampler",
            registry="samplers",
            known=_samplers,
        ),
    ] = "lzu"
    mode: Annotated[
        str,
        Choice(
            "mode",
            "Reading",
            "Fixed: one consistent convention. As published: with the deviations of the public code.",
            choices=(
                "fixed",
                "published",
            ),
            labels=(
                "Fixed",
                "As published",
            ),
        ),
    ] = "fixed"
    saliency: Annotated[
        str,
        Registered(
            "from",
            "Saliency from",
            "What says where to look.",
            what="a saliency source",
            registry="sources",
            known=_sources,
        ),
    ] = "paint"
    strength: Annotated[
        float,
        Number(
            "strength",
            "Strength",
            "How many times a painted cell outweighs an unpainted one.",
            low=1,
            high=1000,
            scale="log",
            decimals=0,
            unit="×",
        ),
    ] = 50.0
    fwhm: Annotated[
        float,
        Number(
            "fwhm",
            "Spread (fwhm)",
            "Full width at half maximum of the attraction kernel, in saliency cells.",
            low=0.5,
            high=40,
            scale="log",
            decimals=1,
            unit="cells",
        ),
    ] = 10.0
    width: Annotated[
        int,
        Integer(
            "width",
            "Output size",
            "Width of the zoomed image; its height follows from the aspect of the source.",
            low=8,
            high=1024,
            scale="log",
            unit="px",
        ),
    ] = 192
    nodes: Annotated[
        Size,
        GridSize(
            "nodes",
            "Control grid",
            "Rows x columns of control nodes. Between nodes the warp is bilinear.",
            low=2,
            high=128,
        ),
    ] = (31, 51)
    separable: Annotated[
        bool,
        Toggle(
            "separable",
            "Separable",
            "x depends on columns only and y on rows only: rectangles stay rectangles.",
        ),
    ] = False
    anti_crop: Annotated[
        bool,
        Toggle(
            "anticrop",
            "Anti-crop",
            "Mirrors the saliency at the border, so that the whole image stays in view.",
        ),
    ] = True
    interpolation: Annotated[
        str,
        Choice(
            "read",
            "Interpolation",
            "How a sample reads the source: one pixel, four, or its whole footprint.",
            choices=(
                "nearest",
                "bilinear",
                "antialias",
            ),
            labels=(
                "Nearest",
                "Bilinear",
                "Anti-alias",
            ),
        ),
    ] = "antialias"
    source_scale: Annotated[
        float,
        Choice(
            "source",
            "Source resolution",
            "Shrinks the source before it is read: shows that zooming helps even when no detail is left to keep.",
            choices=(
                1,
                0.75,
                0.5,
                0.25,
            ),
            labels=(
                "1",
                "¾",
                "½",
                "¼",
            ),
        ),
    ] = 1.0
    contrast: Annotated[
        float,
        Number("contrast", "Contrast", "Exponent of the saliency map.", low=0.25, high=4, scale="log", decimals=2),
    ] = 1.0
    floor: Annotated[
        float | None,
        Number(
            "floor",
            "Floor",
            "Least saliency of any cell, as a share of the mean. Automatic: 0.001, only where the map has zeros.",
            low=0,
            high=1,
            decimals=3,
            nullable=True,
        ),
    ] = None
    options: Annotated[
        Own,
        SamplerOptions(
            "options",
            "Options of one sampler",
            "What a sampler has of its own, by its name: the smoothness of ES, the form of LDS.",
        ),
    ] = ()
    paint: Annotated[
        Map | None,
        Painted(
            "paint",
            "Painted saliency",
            "Painted map, 0..255, corner-aligned on the image, 128 cells on the long side.",
            neutral=0,
        ),
    ] = None
    edge_paint: Annotated[
        Map | None,
        Painted(
            "edges",
            "Painted edges",
            "Painted on top of the edges of the image: above 128 adds, below removes.",
            neutral=128,
        ),
    ] = None
    boxes: Annotated[
        tuple[Box, ...],
        Boxes("boxes", "Boxes", "x0, y0, x1, y1 in source pixels: edges, corner-exclusive.", low=-0.5, high=65536),
    ] = ()
    layers: Annotated[
        frozenset[str],
        Flags(
            "layers",
            "Layers",
            "What is drawn over the source.",
            choices=(
                "points",
                "mesh",
                "saliency",
                "density",
                "jacobian",
                "folds",
                "approximation",
            ),
            history=False,
        ),
    ] = frozenset({"points", "saliency"})
    compare: Annotated[
        str,
        Choice(
            "compare",
            "Compare",
            "What uniform sampling with the same number of pixels shows, beside the warp.",
            choices=(
                "none",
                "uniform",
                "difference",
            ),
            labels=(
                "Off",
                "Uniform",
                "Difference",
            ),
            history=False,
        ),
    ] = "none"
    tool: Annotated[
        str,
        Choice(
            "tool",
            "Tool",
            "What the pointer does on the source.",
            choices=(
                "pick",
                "paint",
                "erase",
                "box",
                "pan",
            ),
            labels=(
                "Pick",
                "Paint",
                "Erase",
                "Box",
                "Pan",
            ),
            history=False,
        ),
    ] = "paint"
    brush_size: Annotated[
        float,
        Number(
            "brush",
            "Brush size",
            "Diameter of the brush as a fraction of the long side of the image.",
            low=0.01,
            high=0.5,
            scale="log",
            decimals=3,
            history=False,
        ),
    ] = 0.08
    brush_softness: Annotated[
        float,
        Number(
            "soft",
            "Softness",
            "How much of the brush fades out: 0 has a hard edge.",
            low=0,
            high=1,
            decimals=2,
            history=False,
        ),
    ] = 0.6
    cad_levels: Annotated[
        str,
        Choice(
            "cadlevels",
            "Levels",
            "Output strides of kept and of downsampled cells: source pixels between neighbouring features.",
            choices=(
                "8-16",
                "8-32",
                "1-8",
            ),
            labels=(
                "8 → 16",
                "8 → 32",
                "1 → 8",
            ),
        ),
    ] = "8-16"
    cad_mask: Annotated[
        str,
        Choice(
            "cadmask",
            "Mask from",
            "What says which cells stay fine; the brush overrules it anywhere.",
            choices=(
                "edges",
                "learned",
                "paint",
                "keypoints",
                "random",
                "inverse",
            ),
            labels=(
                "Edges",
                "Learned",
                "Paint",
                "Key points",
                "Random",
                "Inverse",
            ),
        ),
    ] = "edges"
    cad_threshold: Annotated[
        float,
        Number(
            "cadthreshold",
            "Edge threshold",
            "Least change of grey (0 to 1) between a pixel's two neighbours. The paper's three: 0.034, 0.079, 0.214.",
            low=0.005,
            high=0.5,
            scale="log",
            decimals=3,
        ),
    ] = 0.3
    cad_dilation: Annotated[
        int,
        Integer(
            "caddilation",
            "Dilation",
            "Pixels across around an edge or a key point that stay fine; an even number counts as the next odd one.",
            low=1,
            high=63,
            unit="px",
        ),
    ] = 3
    cad_keep: Annotated[
        float,
        Number(
            "cadkeep", "Kept at random", "Chance of a block to stay fine in a random mask.", low=0, high=1, decimals=2
        ),
    ] = 0.3
    cad_paint: Annotated[
        Map | None,
        Painted(
            "cadpaint",
            "Painted cells",
            "From 192 on cells are forced fine, up to 64 coarse; between, the mask decides.",
            neutral=128,
        ),
    ] = None
    cad_network: Annotated[
        str,
        Choice(
            "cadnetwork",
            "Network",
            "The network that runs on the cells. Compact is that of the checkpoints, trained on street scenes. "
            "Levels 1 → 8 always run VGG16 up to conv4_3.",
            choices=(
                "resnet18",
                "resnet50",
                "vgg16",
                "compact",
            ),
            labels=(
                "ResNet-18",
                "ResNet-50",
                "VGG16",
                "Compact",
            ),
        ),
    ] = "resnet18"
    cad_channel: Annotated[
        int,
        Integer(
            "cadchannel",
            "Channel",
            "The feature channel that is shown; -1 shows the three principal components of all as colours.",
            low=-1,
            high=2047,
        ),
    ] = -1
    cad_beside: Annotated[
        str,
        Choice(
            "cadbeside",
            "Beside",
            "Whose features stand beside the adaptive ones: the all-coarse or the all-fine network's.",
            choices=(
                "strided",
                "dilated",
            ),
            labels=(
                "Strided",
                "Dilated",
            ),
            history=False,
        ),
    ] = "dilated"
    cad_view: Annotated[
        str,
        Choice(
            "cadview",
            "Show",
            "Feature maps of the networks, or descriptors at key points and how well they match.",
            choices=(
                "features",
                "keypoints",
            ),
            labels=(
                "Features",
                "Key points",
            ),
            history=False,
        ),
    ] = "features"
    checkpoint: Annotated[
        str,
        Identifier(
            "checkpoint",
            "Checkpoint",
            "A trained sampler with its network, from picture to labels; auto is the first of the menu.",
            what="a checkpoint",
        ),
    ] = "auto"
    learned_from: Annotated[
        str,
        Choice(
            "knows",
            "Where to look, from",
            "The trained network says where to look, or a map does: what the sampler would do with an oracle.",
            choices=(
                "network",
                "truth",
                "paint",
                "edges",
                "file",
            ),
            labels=(
                "Network",
                "Labels",
                "Paint",
                "Edges",
                "File",
            ),
        ),
    ] = "network"
    learned_lambda: Annotated[
        float,
        Number(
            "lambda",
            "Smoothness (λ)",
            "How stiff the grid of ES is: small follows the boundaries, large stays uniform.",
            low=0.01,
            high=100,
            scale="log",
            decimals=2,
        ),
    ] = 1.0
    learned_stage: Annotated[
        str,
        Identifier(
            "stage",
            "Features of",
            "The stage of the network whose features are shown; auto is the deepest.",
            what="a stage",
        ),
    ] = "auto"
    learned_channel: Annotated[
        int,
        Integer(
            "channel",
            "Channel",
            "The feature channel that is shown; -1 shows the three principal components of all as colours.",
            low=-1,
            high=2047,
        ),
    ] = -1
    learned_left: Annotated[
        str,
        Choice(
            "left",
            "On the source",
            "What is laid over the source.",
            choices=(
                "photo",
                "saliency",
                "labels",
                "error",
                "truth",
                "features",
            ),
            labels=(
                "Photo",
                "Map",
                "Labels",
                "Errors",
                "Truth",
                "Features",
            ),
            history=False,
        ),
    ] = "labels"
    learned_right: Annotated[
        str,
        Choice(
            "right",
            "In the zoomed image",
            "What is shown of the zoomed image.",
            choices=(
                "image",
                "labels",
                "truth",
                "features",
                "weights",
                "correction",
                "target",
                "own",
                "training",
            ),
            labels=(
                "Image",
                "Labels",
                "Truth",
                "Features",
                "Weights",
                "Correction",
                "Target",
                "Learned",
                "Training",
            ),
            history=False,
        ),
    ] = "image"
    learned_opacity: Annotated[
        float,
        Number(
            "opacity", "Opacity", "How much the labels cover the picture.", low=0, high=1, decimals=2, history=False
        ),
    ] = 0.6
    learned_step: Annotated[
        int,
        Integer(
            "step",
            "Training step",
            "The moment of the training whose map is shown; -1 is its end.",
            low=-1,
            high=1000000,
            history=False,
        ),
    ] = -1

    @classmethod
    def parse(cls, given: object) -> State:
        """The state of a JSON object; keys left out have their default.

        Raises:
            Refusal: an unknown key, a wrong type or a value out of its range, named in the sentence.
        """
        if not isinstance(given, dict):
            raise Refusal(f"expected the state as an object, got {short(given)}; reload the page.", whole=True)
        known = [key for key, _, _ in declared()]
        if unknown := sorted(given.keys() - set(known)):
            raise Refusal(f"The state has no key {short(unknown[0])}; it has {', '.join(known)}.", whole=True)
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

        Raises:
            Refusal: more than :data:`LARGEST_ZOOM` pixels.
        """
        height = max(1, math.floor(self.width * source[0] / source[1] + 0.5))
        if height * self.width > LARGEST_ZOOM:
            raise Refusal(
                f"width: {self.width} makes a zoomed image of {height} x {self.width} pixels on this picture, more than "
                f"{LARGEST_ZOOM}; choose a smaller width or crop the picture.",
                413,
                whole=True,
            )
        return height, self.width


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

"""Which pipeline: frozen values that a recipe trains, a checkpoint's card carries as JSON, and a pipeline is built from.

Blueprint("lzu", {"nodes": (31, 41)}, looks="fixed", size=(96, 128)).build(classes=11)
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

import torch

from lzviz import samplers
from lzviz.adaptive.learned import PAPER_WIDTHS
from lzviz.coords import Size
from lzviz.pipelines.adaptive import AdaptivePipeline, mask_network
from lzviz.pipelines.pipeline import Pipeline, Unzoom
from lzviz.samplers.lds import SaliencyModule
from lzviz.samplers.lz import SaliencyNetwork
from lzviz.tasks import task_named

Looks = Literal["own", "fixed", "network", "module", "previous", "composite"]


@dataclass(frozen=True)
class Blueprint:
    """Which pipeline to build.

    Attributes:
        system: the sampler's name in the registry.
        options: the sampler's options, as :func:`lzviz.samplers.create` takes them.
        looks: where saliency comes from: "own" (what the sampler does by itself), "fixed" (one map, kept in the checkpoint),
            "network" (LZ's saliency network), "module" (a small module on a low-resolution view), "previous" (what the task
            attends to in the previous output, boundaries of labels or boxes, with the weight ``boundary``; kernels of boxes are
            learned with ``look_options={"learned": True}``), "composite" (of that the share ``look_options["alpha"]``, half by
            default, and the fixed map).
        network, network_options: see :func:`lzviz.models.create`; ``classes`` comes from the data.
        size, source, unzoom: see :class:`lzviz.Pipeline`.
        task: what the network is for, a name of :mod:`lzviz.tasks`.
        mask: of a network that runs adaptively (:class:`lzviz.pipelines.adaptive.AdaptivePipeline`): ``{"kind": "edges"}``,
            "oracle", "fine", "coarse", or ``{"kind": "learned", "widths": (32, 32, 32), "gamma": .5}`` (the share that it was
            trained to halve); ``None``: it runs as it is.
    """

    system: str
    options: Mapping[str, Any] = field(default_factory=dict)
    looks: Looks = "own"
    look_options: Mapping[str, Any] = field(default_factory=dict)
    network: str = "compact"
    network_options: Mapping[str, Any] = field(default_factory=dict)
    size: Size | None = None
    source: Size | None = None
    unzoom: Unzoom = "scores"
    boundary: float = 100.0
    mask: Mapping[str, Any] | None = None
    task: str = "segmentation"

    def build(self, classes: int, seed: int = 0) -> Pipeline:
        """The pipeline, untrained; the same seed gives the same weights."""
        options = dict(self.options)
        if "nodes" in options:
            options["nodes"] = tuple(options["nodes"])
        if self.looks in ("fixed", "composite"):
            options["saliency"] = torch.ones(1, 1, *options["nodes"])
        elif self.looks == "network":
            options["saliency"] = SaliencyNetwork(options["nodes"], seed=seed, **self.look_options)
        elif self.looks == "module":
            options["saliency"] = SaliencyModule(options["nodes"], seed=seed, **self.look_options)
        elif "seed" in inspect.signature(samplers.REGISTRY[self.system].make).parameters:
            options["seed"] = seed
        sampler = samplers.create(self.system, **options)
        task = task_named(self.task)
        network = task.network(self.network, classes, seed, **self.network_options)
        if self.mask is not None:
            if self.size is not None or self.source is not None:
                raise ValueError("an adaptive pipeline reads pictures as they are: size and source must be left out")
            kind, widths = self.mask["kind"], self.mask.get("widths", PAPER_WIDTHS)
            look = mask_network(network, sampler, widths, seed=seed) if kind == "learned" else None  # type: ignore[arg-type]
            return AdaptivePipeline(sampler, network, kind, look)  # type: ignore[arg-type]
        return Pipeline(
            sampler,
            network,
            None if self.size is None else tuple(self.size),  # type: ignore[arg-type]
            source=None if self.source is None else tuple(self.source),  # type: ignore[arg-type]
            unzoom=self.unzoom,
            boundary=self.boundary if self.looks in ("previous", "composite") else None,
            learned=self.looks == "previous" and bool(self.look_options.get("learned")),
            alpha=float(self.look_options.get("alpha", 0.5)) if self.looks == "composite" else 1.0,
            task=task,
        )


def blueprint_from(values: Mapping[str, Any]) -> Blueprint:
    """A blueprint as it was written into a card.

    Raises:
        ValueError: it holds fields that blueprints of this version do not have, or lacks the system.
    """
    unknown = set(values) - {each.name for each in fields(Blueprint)}
    if unknown or "system" not in values:
        what = f"unknown {', '.join(sorted(unknown))}" if unknown else "no system"
        raise ValueError(f"this is no blueprint of this version of lzviz: {what}")
    return Blueprint(**values)

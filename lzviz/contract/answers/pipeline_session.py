"""A state, a picture and a checkpoint: what the pipelines' room is asked, and the trace that answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from lzviz.contract.answers import checkpoints
from lzviz.contract.answers.given_boxes import Read, objects_of, previous_of
from lzviz.contract.answers.networks import precisely
from lzviz.contract.answers.warp import edited, found_in, map_tensor
from lzviz.contract.answers.working import WORKING as NETWORKS
from lzviz.contract.answers.working import Working
from lzviz.contract.boxed import TrueBoxes
from lzviz.contract.lent import device, on_gpu
from lzviz.contract.maps import Map
from lzviz.contract.messages.boxes import Before
from lzviz.contract.pictures import OWN_PREFIX, Picture
from lzviz.contract.state import State
from lzviz.contract.truth import Truth
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.pipelines.adaptive import AdaptivePipeline
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tasks.detection import Boxes, Detection, Objects
from lzviz.text import Text
from lzviz.trace import Trace

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop


# Long side of the picture that pipelines see: labels and errors are told at this size.
WORKING = 1024
# Of detectors: what is far away is small, and the samples decide how much of it is left.
BOXED = 2048
# How much more a true box attracts than what lies between, where truth says where to look.
AMPLITUDE = 1.0


@dataclass(frozen=True, eq=False)
class Session:
    """A state on a picture.

    Attributes:
        file: the visitor's own map, where the state wants one.
        given: true labels of the picture, in whatever classes they name.
        boxed: its true boxes, likewise.
        before: what was found in the frame before, where the picture is a film's.
    """

    workshop: Workshop
    state: State
    picture: Picture
    file: Map | None = None
    given: Truth | None = None
    boxed: TrueBoxes | None = None
    before: Before | None = None

    @cached_property
    def name(self) -> str:
        return checkpoints.chosen(self.workshop, self.state.checkpoint, self.state.image)

    @cached_property
    def trained(self) -> Pipeline:
        """The checkpoint as it is, on the device."""
        return checkpoints.pipeline(self.workshop, self.name)

    @cached_property
    def pipeline(self) -> Pipeline:
        """The checkpoint, its energy as stiff as the state says where a map drives it."""
        pipeline = self.trained
        if not self.told or "smoothness" not in pipeline.sampler.told:
            return pipeline
        sampler = pipeline.sampler.tuned(smoothness=self.state.learned_lambda)
        stiff = Pipeline(
            sampler, pipeline.network, pipeline.size, source=pipeline.source, unzoom=pipeline.unzoom, task=pipeline.task
        )
        stiff.card = pipeline.card
        return stiff

    @property
    def told(self) -> bool:
        """Whether a map says where to look, instead of the trained network."""
        return self.state.learned_from != "network"

    @cached_property
    def working(self) -> Working:
        """The picture as the pipeline reads it. An adaptive network reads it as it is: at the scale that it was trained on."""
        adaptive = isinstance(self.trained, AdaptivePipeline)
        side = BOXED if self.finds else WORKING
        return Working.of(self.picture, NETWORKS["compact"] if adaptive else (side, side))

    @property
    def finds(self) -> bool:
        """Whether the checkpoint finds boxes instead of labelling pixels."""
        return isinstance(self.trained.task, Detection)

    @property
    def size(self) -> Size:
        """(H, W) at working size."""
        return self.working.size

    @cached_property
    def truth(self) -> Truth | None:
        """The true labels as the checkpoint's classes; ``None`` where there are none, or none of its classes."""
        return None if self.given is None else self.given.named(self.trained.classes)

    @cached_property
    def objects(self) -> Objects | None:
        """The true boxes as the checkpoint's classes, in pixels of the working size; ``None`` where there are none."""
        return objects_of(self.boxed, self.trained.classes, self.size, self.picture.size)

    @property
    def read(self) -> Read:
        """The picture as a detector has read it."""
        return Read(self.trained, self.size, self.picture.size, self.objects)

    @cached_property
    def previous(self) -> list[Boxes] | None:
        """What was found in the frame before, in pixels of the working size; ``None`` where nothing is, or nobody looks at it."""
        if self.before is None or self.told or not self.finds or self.trained.boundary is None:
            return None
        return previous_of(self.before, len(self.trained.classes), self.size, self.picture.size)

    @property
    def looked(self) -> str:
        """What says where to look: "before", the frame before; "twice", a first look at this one; "own", neither."""
        if self.previous is not None:
            return "before"
        return "own" if self.told or self.trained.boundary is None else "twice"

    @property
    def truth_note(self) -> Text | None:
        """Why there is no truth although labels were given."""
        if self.given is None or self.truth is not None:
            return None
        return Text("truth.foreign", {"classes": list(self.given.classes[:3])})

    @cached_property
    def labels(self) -> Tensor | None:
        """(1, H, W) int64 true labels at working size."""
        if self.truth is None:
            return None
        return torch.from_numpy(self.truth.within(self.size).astype(np.int64))[None]

    def saliency(self) -> Tensor | None:
        """What the sampler is told, (1, 1, h, w) float32; ``None``: it looks by itself."""
        state, sampler = self.state, self.trained.sampler
        if not self.told:
            return None
        if "where" not in sampler.told:
            title = checkpoints.title(checkpoints.card(self.workshop, self.name))
            raise Refusal(Text("refused.look", {"title": title}))
        if state.learned_from == "truth":
            if self.finds and self.objects is not None:
                nodes = sampler.nodes  # type: ignore[attr-defined]
                return self.trained.task.attention([self.objects], nodes, AMPLITUDE, self.size)
            if self.labels is None or self.finds:
                raise Refusal(Text("refused.truth"))
            return sampler.oracle(self.labels, state.strength)
        return sampler.oracle_map(self._map(), state.strength)

    def _map(self) -> Tensor:
        """(1, 1, h, w) in [0, 1], what was painted, found or brought."""
        if self.state.learned_from == "paint":
            return torch.zeros(1, 1, 2, 2) if self.state.paint is None else map_tensor(self.state.paint)
        if self.state.learned_from == "edges":
            return edited(found_in(self.picture, "edges"), self.state.edge_paint)
        if self.file is None:
            raise Refusal(Text("refused.map.missing"))
        return map_tensor(self.file)

    def key(self, saliency: Tensor | None) -> str:
        """What this session's trace is called in caches."""
        told = "" if saliency is None else hashlib.blake2b(saliency.numpy().tobytes(), digest_size=12).hexdigest()
        stiff = self.state.learned_lambda if told and "smoothness" in self.trained.sampler.told else ""
        before = "" if self.previous is None or self.before is None else repr((self.before.boxes, self.before.scores))
        after = hashlib.blake2b(before.encode(), digest_size=12).hexdigest() if before else ""
        return f"{self.name} {self.working.key} {told} {stiff} {self._true_key} {after}"

    @property
    def _true_key(self) -> str:
        true = self.boxed if self.finds else self.truth
        return "" if true is None else true.key

    def run(self) -> Trace:
        """The trace, from its cache or run."""
        saliency = self.saliency()
        key = self.key(saliency)
        trace = self.workshop.memory.get("trace", key)
        if trace is None:
            with self.workshop.running:
                trace = self._ran(saliency)
            self.workshop.memory.put("trace", key, trace, trace.memory + trace.image.nbytes)
        return trace

    def _ran(self, saliency: Tensor | None) -> Trace:
        """The trace of a run of now.

        Raises:
            Refusal: 422, whatever goes wrong in a checkpoint that a visitor brought, in one sentence.
        """
        try:
            true = self.labels if not self.finds else None if self.objects is None else [self.objects]
            return _run(self.pipeline, self.working.image, true, saliency, self.previous)
        except Exception as error:
            if isinstance(error, Refusal) or not self.name.startswith(OWN_PREFIX):
                raise
            told = str(error).split("\n")[0][:160].rstrip(".") or type(error).__name__
            raise Refusal(Text("refused.checkpoint.fails", {"told": told}), 422) from None


@on_gpu
def _run(pipeline: Pipeline, image: Tensor, true: Any, saliency: Tensor | None, previous: Any) -> Trace:
    with torch.inference_mode(), precisely():
        return pipeline.to(device()).run(image, true, saliency, previous)

"""A recipe: everything that decides a training run, as frozen values. Those that ship are in :mod:`lzviz.training.recipes`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Literal

from lzviz.coords import Size
from lzviz.datasets import Dataset
from lzviz.pipelines.blueprint import Blueprint, blueprint_from


@dataclass(frozen=True)
class Recipe:
    """How a pipeline is trained.

    Attributes:
        name: of the run and of its checkpoint.
        blueprint: the pipeline.
        data: "camvid", "cityscapes", "coco", "scenes" or "clips"; ``data_options`` go to :func:`lzviz.datasets.open_data`.
        steps, batch, seed: the schedule: ``batch`` pictures a step over all processes.
        rate, decay: AdamW's learning rate at its peak and its weight decay; 5 % warm-up, cosine to 0.
        ema: decay of the average of weights and BatchNorm statistics that is kept, min(ema, (t + 1) / (t + 10)).
        window: (H, W) of the pictures; each step crops ``window / s``, s log-uniform in ``scale``, one s a step.
        train_size: zoomed size in training where it differs from the pipeline's (whole pictures are trained in parts).
        frame: where the loss stands: on the "zoomed" image, or on the "source" after scores, or boxes, came back.
        area_weighted: in the zoomed image each sample counts by the area it stands for.
        balance: a class of share p of the pixels weighs p^-balance; 0: all the same.
        focal: exponent of the focal loss; 0: cross-entropy.
        edge: weight of the loss that teaches the sampler where boundaries are; 0: none (LDS's single loss).
        edges: which one: "bce" or LDS's "mse" (:class:`lzviz.samplers.lds_loss.Loss`).
        colour: largest relative change of gain, bias and saturation of the small image.
        jitter: largest shift of what the previous frame said, as a share of the picture; of boxes also about so much of their size.
        own: share of the steps in which a pipeline that looks at the frame before is given what it says itself at a first look at
            the same picture; in the others what is true, ``jitter`` away.
        curriculum: share of the steps in which LDS's view is average-pooled at random (the paper's first epochs).
        objective: what is minimised, a name in :data:`lzviz.training.loop.OBJECTIVES`.
        previous: what a pipeline that looks at outputs is assessed by: "twice", a first look at the same picture, or "sequence",
            what it said of the frame before.
        start: names of checkpoints or runs whose weights the training starts from, see :mod:`lzviz.training.starts`.
        about: the recipe in a few words.
        notes: what a reader of the card should know of it.
    """

    name: str
    blueprint: Blueprint
    data: str = "camvid"
    data_options: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 3000
    batch: int = 16
    seed: int = 0
    rate: float = 3e-3
    decay: float = 1e-2
    ema: float = 0.99
    clip: float = 5.0
    window: Size = (360, 480)
    scale: tuple[float, float] = (1.0, 2.0)
    train_size: Size | None = None
    frame: Literal["zoomed", "source"] = "zoomed"
    area_weighted: bool = False
    balance: float = 0.5
    focal: float = 0.0
    edge: float = 0.0
    edges: Literal["bce", "mse"] = "bce"
    colour: float = 0.3
    jitter: float = 0.0
    own: float = 0.0
    curriculum: float = 0.0
    objective: str = "task"
    previous: Literal["twice", "sequence"] = "twice"
    start: tuple[str, ...] = ()
    about: str = ""
    notes: str = ""

    @property
    def run(self) -> str:
        """Name of the run: the recipe's, and the seed where it is not 0."""
        return self.name if self.seed == 0 else f"{self.name}@{self.seed}"

    def line(self) -> str:
        """What the recipe does, in a line."""
        start = f", from {' and '.join(self.start)}" if self.start else ""
        return f"{self.about}; {self.steps} steps of {self.batch}{start}"

    def on(self, data: Dataset) -> Recipe:
        """The recipe for other data: their name takes the place of its own, their first picture's size that of the window."""
        name = self.name.replace(f"-{self.data}-", f"-{data.name}-")
        window = (int(data[0].image.shape[-2]), int(data[0].image.shape[-1]))
        return replace(self, name=name, data=data.name, data_options={}, window=window)

    def as_json(self) -> dict[str, Any]:
        """For run.json and cards; :func:`recipe_from` is the way back."""
        return asdict(self)


def recipe_from(values: Mapping[str, Any]) -> Recipe:
    """A recipe as it was written as JSON, into a run's folder or a checkpoint's card."""
    unknown = set(values) - {each.name for each in fields(Recipe)}
    if unknown:
        raise ValueError(f"this is no recipe of this version of lzviz: unknown {', '.join(sorted(unknown))}")
    tuples = {name: tuple(values[name]) for name in ("window", "scale", "train_size") if values.get(name)}
    start = values.get("start") or ()
    tuples["start"] = (start,) if isinstance(start, str) else tuple(start)  # once there was one, or None
    return Recipe(**{**values, **tuples, "blueprint": blueprint_from(values["blueprint"])})

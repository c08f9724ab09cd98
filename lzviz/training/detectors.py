"""The recipes of detection on clips, flat and in space."""

from __future__ import annotations

from typing import Any

from lzviz.coords import Size
from lzviz.pipelines.blueprint import Blueprint
from lzviz.training.recipe import Recipe

CLIPS: dict[str, Any] = {"count": 100, "frames": 3, "every": 1.0, "size": (1024, 2048)}
CLIP_SCHEDULE: dict[str, Any] = dict(steps=800, batch=8, rate=2e-3, window=(1024, 2048), scale=(1.0, 1.5))


def detectors(size: Size, task: str = "detection", only: tuple[str, ...] = ()) -> dict[str, Recipe]:
    """The systems of detection on clips: only the sampler and what comes back differ."""
    lzu = {"nodes": (31, 51), "fwhm": 10.0, "separable": True, "interpolation": "antialias"}
    moving = dict(looks="previous", boundary=1.0)
    systems: dict[str, dict[str, Any]] = {
        "uniform": dict(about="uniform", blueprint=dict(system="uniform", options={"interpolation": "antialias"})),
        "fovea": dict(
            about="FOVEA, previous boxes, boxes brought back",
            frame="source",
            blueprint=dict(system="fovea", options=lzu | {"fwhm": 4.0}, **moving),
            jitter=0.05,
            previous="sequence",
        ),
        "fovea-learned": dict(
            about="FOVEA, previous boxes, kernels learned, boxes brought back",
            frame="source",
            blueprint=dict(system="fovea", options=lzu | {"fwhm": 4.0}, look_options={"learned": True}, **moving),
            jitter=0.05,
            previous="sequence",
        ),
        "lzu-fixed": dict(
            about="LZU, kernel density of all boxes",
            blueprint=dict(system="lzu", options=lzu, looks="fixed", boundary=1.0, unzoom="features"),
        ),
        "lzu-adaptive": dict(
            about="LZU, previous boxes",
            blueprint=dict(system="lzu", options=lzu, unzoom="features", **moving),
            jitter=0.05,
            previous="sequence",
        ),
        "lzu-cascaded": dict(
            about="LZU, boxes of a first look at the same frame",
            blueprint=dict(system="lzu", options=lzu, unzoom="features", **moving),
            jitter=0.02,
        ),
        "downsizenet": dict(
            about="DownsizeNet",
            notes="It reads the picture at twice the zoomed size, by area: of all pixels it would cost several times the detector.",
            blueprint=dict(system="downsizenet", source=(2 * size[0], 2 * size[1])),
        ),
        "lzu-composite": dict(
            about="LZU, half previous boxes, half the density of all",
            blueprint=dict(system="lzu", options=lzu, looks="composite", boundary=1.0, unzoom="features"),
            jitter=0.05,
            previous="sequence",
        ),
    }
    out = {}
    for system in only or systems:
        values = dict(systems[system])
        name = f"{system}-{'clips' if task == 'detection' else task}-{size[0]}x{size[1]}"
        built = values.pop("blueprint") | ({} if task == "detection" else {"unzoom": "features"})
        blueprint = Blueprint(size=size, network="compact-fcos", task=task, **built)
        plan = dict(CLIP_SCHEDULE)
        if task == "mono3d":  # from the flat detector, which has learned what a car looks like
            plan |= dict(steps=240, start=(f"{system}-clips-{size[0]}x{size[1]}",))
        out[name] = Recipe(name, blueprint, "clips", CLIPS | {"task": task}, **plan, **values)
    return out


DETECTORS: dict[str, Recipe] = {
    **detectors((128, 256)),
    **detectors((256, 512)),
    **detectors((128, 256), "mono3d", ("uniform", "lzu-fixed")),
}

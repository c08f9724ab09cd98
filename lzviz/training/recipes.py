"""Recipes: everything that decides a training run, as frozen values with names.

    recipe = RECIPES["lds-camvid-96x128"]
    replace(recipe, seed=1, steps=200)

A :class:`~lzviz.pipelines.blueprint.Blueprint` says which pipeline is built, a :class:`Recipe` how it is trained. Both go into the
checkpoint's card as JSON.
"""

from __future__ import annotations

import difflib
from dataclasses import replace
from typing import Any

from lzviz.coords import Size
from lzviz.pipelines.blueprint import Blueprint
from lzviz.samplers.lds import SHARP
from lzviz.training.detectors import DETECTORS
from lzviz.training.recipe import Recipe as Recipe
from lzviz.training.recipe import recipe_from as recipe_from


def recipe_named(name: str) -> Recipe:
    """A recipe that ships."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, 3, 0.5)
        raise ValueError(
            f"no recipe named {name!r}; " + (f"did you mean {' or '.join(near)}?" if near else "see --list")
        )
    return RECIPES[name]


# -- the recipes that ship -----------------------------------------------------------------------------------------------

EDGE_FWHM = 0.12  # of the map's height: widths .06 and .24 lose up to a point of intrinsic mIoU


def _systems() -> dict[str, dict[str, Any]]:
    """What differs between the zoomed systems; everything else is the same for all."""
    lzu = {"nodes": (31, 41), "fwhm": 9.3, "separable": True, "interpolation": "antialias"}
    lds = {
        "nodes": (48, 64),
        "form": "square",
        "fwhm": EDGE_FWHM * 48,
        "anti_crop": True,
        **SHARP,
        "interpolation": "antialias",
        "upsampling": "inverse",
    }
    lz = {"nodes": (31, 31), "interpolation": "antialias"}
    half, twice = (1, 1), "Reads the picture at twice the zoomed size."
    itself = "Its texture is of the picture itself, at full size."
    return {
        "uniform": dict(
            about="uniform, corners", blueprint=dict(system="uniform", options={"interpolation": "antialias"})
        ),
        "uniform-area": dict(
            about="uniform, area", blueprint=dict(system="uniform-area", options={"interpolation": "antialias"})
        ),
        "lz": dict(
            about="LZ, trained with the task",
            notes="The saliency network was trained with segmentation, not with the tasks of the paper.",
            blueprint=dict(
                system="lz", options=lz, looks="network", look_options={"width": 16, "view": (96, 96), "stem": 2}
            ),
            area_weighted=True,
        ),
        "lzu-fixed": dict(
            about="LZU, average boundaries", blueprint=dict(system="lzu", options=lzu, looks="fixed"), frame="source"
        ),
        "lzu-adaptive": dict(
            about="LZU, previous labels",
            notes="Looks where labels of the frame before, or of a first look, have boundaries: ours, for segmentation.",
            blueprint=dict(system="lzu", options=lzu, looks="previous"),
            frame="source",
            jitter=0.08,
        ),
        "lzu-learned": dict(
            about="LZU, learned through the inverse",
            notes="A module learns saliency through the inverse of the warp and by an edge loss: ours, for segmentation.",
            blueprint=dict(system="lzu", options=lzu, looks="module", look_options=SHARP),
            frame="source",
            edge=1.0,
        ),
        "lzu-features": dict(
            about="LZU, average boundaries, features unzoomed",
            blueprint=dict(system="lzu", options=lzu, looks="fixed", unzoom="features"),
            frame="source",
        ),
        "lds": dict(
            about="LDS, joint loss",
            notes="Ours: the square map, the binary edge loss, the area weights, and a first stage in which the module learns "
            "edges alone; a finer, deeper module, a narrower kernel under reflected borders, and scores brought back on the "
            "exact inverse. The paper has softmax, the mean square to filtered labels, the focal loss, three 3 x 3 convolutions, a "
            "kernel cut off at its sigma under repeated borders, and the nearest sample: the recipe lds-published.",
            blueprint=dict(system="lds", options=lds),
            area_weighted=True,
            edge=1.0,
        ),
        "lds-single": dict(
            about="LDS, segmentation loss only",
            notes="No edge loss: gamma = 0 in the paper's ablation.",
            blueprint=dict(system="lds", options=lds),
            area_weighted=True,
        ),
        "lds-published": dict(
            about="LDS, joint loss, the paper's forms",
            notes="As the paper has it: three 3 x 3 convolutions on a view of the map's size, softmax over cells, a kernel cut off "
            "at its sigma under repeated borders, the focal loss, the mean square to blurred and filtered labels, pooled views "
            "at first, the nearest sample for the way back. Only the schedule is that of the others here.",
            blueprint=dict(system="lds", options={"nodes": (48, 64), "interpolation": "antialias"}),
            balance=0.0,
            focal=2.0,
            edge=100.0,
            edges="mse",
            curriculum=0.3,
        ),
        "es": dict(
            about="ES, auxiliary network",
            notes="A network predicts the energy's minimiser; the segmentation network learned on what it predicts.",
            blueprint=dict(system="es", options={"nodes": (16, 16), "interpolation": "antialias"}),
            area_weighted=True,
            edge=10.0,
        ),
        "resizer": dict(about="learned resizer", notes=twice, blueprint=dict(system="resizer", source=half)),
        "downsizenet": dict(about="DownsizeNet", notes=itself, blueprint=dict(system="downsizenet")),
        "downsizenet-texture": dict(
            about="DownsizeNet, texture only",
            notes=itself,
            blueprint=dict(system="downsizenet", options={"texture_only": True}),
        ),
    }


def _edges(joint: Recipe, name: str, start: str, steps: int) -> Recipe:
    """A first stage for LDS's joint loss: its module learns boundaries by itself."""
    return replace(
        joint,
        name=name,
        start=start,
        objective="edges",
        steps=steps,
        rate=3e-3,
        about="LDS's module, edge loss only",
        notes="",
    )


def _zoomed(data: str, size: Size, stem: int, world: str = "", **schedule: Any) -> dict[str, Recipe]:
    """The systems on a data set; in a ``world`` of it, which names the recipes, those that LDS compares."""
    out = {}
    for system, values in _systems().items():
        if world and system not in ("uniform", "lds", "lds-single", "lzu-fixed", "es"):
            continue
        values = dict(values)
        blueprint = Blueprint(size=size, network_options={"stem": stem, "channels": 32}, **values.pop("blueprint"))
        if blueprint.source is not None:
            blueprint = replace(blueprint, source=(2 * size[0], 2 * size[1]))
        name = f"{system}-{world or data}-{size[0]}x{size[1]}"
        out[name] = Recipe(name, blueprint, data, **values, **schedule)
    return out


BASE = "base-camvid-96x128"
"""All zoomed systems start from the network of this uniform run: a network must be good before the choice of pixels matters, and
a common start takes most of the noise out of their differences."""

_base = _zoomed("camvid", (96, 128), 2)["uniform-camvid-96x128"]
_scenes: dict[str, Any] = dict(window=(512, 1024), data_options={"count": 120, "size": (512, 1024)})
WHOLE = "base-camvid-360x480"
"""The strided and the dilated network of whole pictures both start from this run, so that they have seen as many pictures."""

_whole = Recipe(
    WHOLE,
    Blueprint(
        "uniform",
        size=(360, 480),
        network_options={"stem": 4, "decoder": False, "channels": 32, "output_stride": 16},
    ),
    steps=2000,
    batch=8,
    window=(180, 240),
    scale=(0.7, 1.4),
    train_size=(180, 240),
)
_fine = dict(_whole.blueprint.network_options) | {"output_stride": 8, "head_dilation": 2}
_longer: dict[str, Any] = dict(start=WHOLE, steps=1000, rate=2e-3)
_system: dict[str, Any] = dict(steps=1000, batch=8, rate=1.5e-3, start=BASE)


def _learned(gamma: float, suffix: str) -> dict[str, Recipe]:
    """CAD's learned mask: trained on two dense streams of frozen weights, then kept while the weights are tuned on the rows."""
    mask = {"kind": "learned", "widths": (32, 32, 32), "gamma": gamma}
    blueprint = Blueprint("cad", {"stride": 8}, network_options=_whole.blueprint.network_options, mask=mask)
    first, second = (f"cad-{part}{suffix}-camvid-360x480" for part in ("mask", "learned"))
    same = replace(_whole, blueprint=blueprint)
    return {
        first: replace(
            same,
            name=first,
            start="dilated-camvid-360x480",
            objective="streams",
            steps=350,
            rate=1e-3,
            about=f"CAD's learned mask, gamma {gamma:g}, on two dense streams",
        ),
        second: replace(
            same,
            name=second,
            start=first,
            objective="adaptive",
            steps=150,
            rate=5e-4,
            about=f"CAD, learned mask, gamma {gamma:g}",
            notes="Multiply-adds depend on the picture: typical of the frames measured.",
        ),
    }


RECIPES: dict[str, Recipe] = {
    BASE: replace(_base, name=BASE, steps=2000),
    **_zoomed("camvid", (96, 128), 2, **_system),
    **_zoomed("camvid", (48, 64), 1, **dict(_system, steps=400)),
    **_zoomed("scenes", (64, 128), 2, **_scenes, **dict(_system, steps=300, start="base-scenes-64x128")),
    WHOLE: _whole,
    "strided-camvid-360x480": replace(
        _whole, name="strided-camvid-360x480", about="strided, output stride 16", **_longer
    ),
    "dilated-camvid-360x480": replace(
        _whole,
        name="dilated-camvid-360x480",
        about="dilated, output stride 8",
        blueprint=replace(_whole.blueprint, network_options=_fine),
        **_longer,
    ),
    **_learned(0.5, ""),
    **_learned(0.7, "7"),
}
RECIPES["base-scenes-64x128"] = replace(
    RECIPES["uniform-scenes-64x128"], name="base-scenes-64x128", start=BASE, steps=400
)
for _first, _base_of, _steps, _joint in (
    ("edges-camvid-96x128", BASE, 1500, ("lds-camvid-96x128", "lds-camvid-48x64")),
    ("edges-scenes-64x128", "base-scenes-64x128", 600, ("lds-scenes-64x128",)),
):
    RECIPES[_first] = _edges(RECIPES[_joint[0]], _first, _base_of, _steps)
    RECIPES.update({name: replace(RECIPES[name], start=_first) for name in _joint})


# Two other worlds, as LDS has them: a town from above, and slides of tissue. They start from nothing.
WORLDS: dict[str, tuple[Size, Size]] = {"aerial": ((1024, 1024), (64, 64)), "slide": ((512, 2560), (48, 240))}
for _world, (_drawn, _size) in WORLDS.items():
    _named = "-{}-{}x{}".format(_world, *_size)
    _plan: dict[str, Any] = dict(window=_drawn, data_options={"kind": _world, "count": 60, "size": _drawn}, batch=8)
    _made = _zoomed("scenes", _size, 2, _world, **_plan, rate=1.5e-3, start=f"base{_named}", steps=600)
    _start = replace(_made[f"uniform{_named}"], name=f"base{_named}", start=None, rate=3e-3)
    _edge = _edges(_made[f"lds{_named}"], f"edges{_named}", _start.name, 600)
    _made[f"lds{_named}"] = replace(_made[f"lds{_named}"], start=_edge.name)
    RECIPES.update({_start.name: _start, _edge.name: _edge, **_made})
RECIPES.update(DETECTORS)

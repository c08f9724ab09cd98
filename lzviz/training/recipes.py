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
from lzviz.training.detectors import DETECTORS
from lzviz.training.recipe import Recipe as Recipe
from lzviz.training.recipe import recipe_from as recipe_from
from lzviz.training.systems import SYSTEMS


def recipe_named(name: str) -> Recipe:
    """A recipe that ships."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, 3, 0.5)
        raise ValueError(
            f"no recipe named {name!r}; " + (f"did you mean {' or '.join(near)}?" if near else "see --list")
        )
    return RECIPES[name]


# -- the recipes that ship -----------------------------------------------------------------------------------------------


def _edges(joint: Recipe, name: str, start: str, steps: int) -> Recipe:
    """A first stage for LDS's joint loss: its module learns boundaries by itself."""
    return replace(
        joint,
        name=name,
        start=(start,),
        objective="edges",
        steps=steps,
        rate=3e-3,
        about="LDS's module, edge loss only",
        notes="",
    )


def _zoomed(data: str, size: Size, stem: int, world: str = "", **schedule: Any) -> dict[str, Recipe]:
    """The systems on a data set; in a ``world`` of it, which names the recipes, those that LDS compares."""
    out = {}
    for system, values in SYSTEMS.items():
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
_longer: dict[str, Any] = dict(start=(WHOLE,), steps=1000, rate=2e-3)
_system: dict[str, Any] = dict(steps=1000, batch=8, rate=1.5e-3, start=(BASE,))


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
            start=("dilated-camvid-360x480",),
            objective="streams",
            steps=350,
            rate=1e-3,
            about=f"CAD's learned mask, gamma {gamma:g}, on two dense streams",
        ),
        second: replace(
            same,
            name=second,
            start=(first,),
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
    **_zoomed("scenes", (64, 128), 2, **_scenes, **dict(_system, steps=300, start=("base-scenes-64x128",))),
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
    RECIPES["uniform-scenes-64x128"], name="base-scenes-64x128", start=(BASE,), steps=400
)
for _first, _base_of, _steps, _joint in (
    ("edges-camvid-96x128", BASE, 1500, ("lds-camvid-96x128", "lds-camvid-48x64")),
    ("edges-scenes-64x128", "base-scenes-64x128", 600, ("lds-scenes-64x128",)),
):
    RECIPES[_first] = _edges(RECIPES[_joint[0]], _first, _base_of, _steps)
    RECIPES.update({name: replace(RECIPES[name], start=(_first,)) for name in _joint})

# Long enough for the choice of pixels to show: half as often again as the base, with their own samples.
for _name in ("lds-published-camvid-96x128", "downsizenet-camvid-96x128"):
    RECIPES[_name] = replace(RECIPES[_name], steps=3000)
for _system_name in ("uniform", "lds", "lds-single", "lzu-adaptive", "es"):
    _short = RECIPES[f"{_system_name}-camvid-96x128"]
    _long = f"{_short.name}-long"
    RECIPES[_long] = replace(_short, name=_long, steps=3000, about=f"{_short.about}, trained longer")

# Two other worlds, as LDS has them: a town from above, and slides of tissue. They start from nothing.
WORLDS: dict[str, tuple[Size, Size]] = {"aerial": ((1024, 1024), (64, 64)), "slide": ((512, 2560), (48, 240))}
for _world, (_drawn, _size) in WORLDS.items():
    _named = "-{}-{}x{}".format(_world, *_size)
    _plan: dict[str, Any] = dict(window=_drawn, data_options={"kind": _world, "count": 60, "size": _drawn}, batch=8)
    _made = _zoomed("scenes", _size, 2, _world, **_plan, rate=1.5e-3, start=(f"base{_named}",), steps=600)
    _start = replace(_made[f"uniform{_named}"], name=f"base{_named}", start=(), rate=3e-3)
    _edge = _edges(_made[f"lds{_named}"], f"edges{_named}", _start.name, 600)
    _made[f"lds{_named}"] = replace(_made[f"lds{_named}"], start=(_edge.name,))
    RECIPES.update({_start.name: _start, _edge.name: _edge, **_made})
RECIPES.update(DETECTORS)

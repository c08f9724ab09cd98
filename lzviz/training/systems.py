"""What differs between the zoomed systems; everything else is the same for all of them (:mod:`lzviz.training.recipes`)."""

from __future__ import annotations

from typing import Any

from lzviz.samplers.lds import SHARP

EDGE_FWHM = 0.12  # of the map's height: widths .06 and .24 lose up to a point of intrinsic mIoU

_LZU: dict[str, Any] = {"nodes": (31, 41), "fwhm": 9.3, "separable": True, "interpolation": "antialias"}
_LDS: dict[str, Any] = {
    "nodes": (48, 64),
    "form": "square",
    "fwhm": EDGE_FWHM * 48,
    "anti_crop": True,
    **SHARP,
    "interpolation": "antialias",
    "upsampling": "inverse",
}
_LZ: dict[str, Any] = {"nodes": (31, 31), "interpolation": "antialias"}
_HALF, _TWICE = (1, 1), "Reads the picture at twice the zoomed size."
_ITSELF = "Its texture is of the picture itself, at full size."
SYSTEMS: dict[str, dict[str, Any]] = {
    "uniform": dict(about="uniform, corners", blueprint=dict(system="uniform", options={"interpolation": "antialias"})),
    "uniform-area": dict(
        about="uniform, area", blueprint=dict(system="uniform-area", options={"interpolation": "antialias"})
    ),
    "lz": dict(
        about="LZ, trained with the task",
        notes="The saliency network was trained with segmentation, not with the tasks of the paper.",
        blueprint=dict(
            system="lz", options=_LZ, looks="network", look_options={"width": 16, "view": (96, 96), "stem": 2}
        ),
        area_weighted=True,
    ),
    "lzu-fixed": dict(
        about="LZU, average boundaries", blueprint=dict(system="lzu", options=_LZU, looks="fixed"), frame="source"
    ),
    "lzu-adaptive": dict(
        about="LZU, previous labels",
        notes="Looks where labels of the frame before, or of a first look, have boundaries: ours, for segmentation.",
        blueprint=dict(system="lzu", options=_LZU, looks="previous"),
        frame="source",
        jitter=0.08,
    ),
    "lzu-learned": dict(
        about="LZU, learned through the inverse",
        notes="A module learns saliency through the inverse of the warp and by an edge loss: ours, for segmentation.",
        blueprint=dict(system="lzu", options=_LZU, looks="module", look_options=SHARP),
        frame="source",
        edge=1.0,
    ),
    "lzu-features": dict(
        about="LZU, average boundaries, features unzoomed",
        blueprint=dict(system="lzu", options=_LZU, looks="fixed", unzoom="features"),
        frame="source",
    ),
    "lds": dict(
        about="LDS, joint loss",
        notes="Ours: the square map, the binary edge loss, the area weights, and a first stage in which the module learns "
        "edges alone; a finer, deeper module, a narrower kernel under reflected borders, and scores brought back on the "
        "exact inverse. The paper has softmax, the mean square to filtered labels, the focal loss, three 3 x 3 convolutions, a "
        "kernel cut off at its sigma under repeated borders, and the nearest sample: the recipe lds-published.",
        blueprint=dict(system="lds", options=_LDS),
        area_weighted=True,
        edge=1.0,
    ),
    "lds-single": dict(
        about="LDS, segmentation loss only",
        notes="No edge loss: gamma = 0 in the paper's ablation.",
        blueprint=dict(system="lds", options=_LDS),
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
    "resizer": dict(about="learned resizer", notes=_TWICE, blueprint=dict(system="resizer", source=_HALF)),
    "downsizenet": dict(about="DownsizeNet", notes=_ITSELF, blueprint=dict(system="downsizenet")),
    "downsizenet-texture": dict(
        about="DownsizeNet, texture only",
        notes=_ITSELF,
        blueprint=dict(system="downsizenet", options={"texture_only": True}),
    ),
}

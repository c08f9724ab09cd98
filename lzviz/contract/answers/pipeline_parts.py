"""Tensors of a trace as a page reads them: maps, meshes, places, images."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from lzviz.adaptive import QuadTree
from lzviz.contract.pictures import encode_png, fit
from lzviz.coords import Size
from lzviz.inversion.tiles import border_tolerance
from lzviz.plain.packed import encode_array
from lzviz.text import Text
from lzviz.trace import Trace
from lzviz.trace.frames import stride_of
from lzviz.warp import GridWarp, Warp

# Long side of the confidence.
CONFIDENCE_SIDE = 512


def png(pixels: np.ndarray) -> str:
    """A PNG as base64."""
    return encode_array(np.frombuffer(encode_png(pixels), np.uint8))


def box(size: Size) -> dict[str, int]:
    return {"w": int(size[1]), "h": int(size[0])}


def number(value: float) -> float | None:
    """JSON has no NaN."""
    return value if value == value else None


def image_bytes(image: Tensor) -> np.ndarray:
    """(1, C, h, w) in [0, 1] as (h, w, C) uint8."""
    return (image[0].clamp(0, 1) * 255 + 0.5).byte().permute(1, 2, 0).contiguous().cpu().numpy()


def index_bytes(labels: Tensor | None) -> np.ndarray:
    """(1, h, w) class indices as (h, w) uint8."""
    assert labels is not None
    return labels[0].to(torch.uint8).cpu().numpy()


def confidence(unzoomed: Tensor) -> np.ndarray:
    """The best class's probability on a corner-aligned lattice of the picture: (h, w) uint8."""
    size = int(unzoomed.shape[-2]), int(unzoomed.shape[-1])
    rows, columns = (
        torch.linspace(0, n - 1, m, device=unzoomed.device).round().long()
        for n, m in zip(size, fit(size, CONFIDENCE_SIDE), strict=True)
    )
    best = unzoomed[0][:, rows[:, None], columns].float().softmax(0).amax(0)
    return (best * 255 + 0.5).byte().cpu().numpy()


def levels_of(layout: object) -> dict[str, Any] | None:
    if not isinstance(layout, QuadTree):
        return None
    levels = layout.levels[0, 0].to(torch.uint8).cpu().numpy()
    return {**box((levels.shape[0], levels.shape[1])), "stride": layout.stride, "data": encode_array(levels)}


def mesh(warp: Warp, zoomed: Size) -> dict[str, Any]:
    """Control nodes; a warp without any shows its samples."""
    control = isinstance(warp, GridWarp)
    nodes = warp.nodes if isinstance(warp, GridWarp) else warp.grid(zoomed)
    return {
        **box((nodes.shape[1], nodes.shape[2])),
        "nodes": encode_array(nodes[0].float().cpu().numpy()),
        "tolerance": border_tolerance(torch.float32),
        "folds": int(warp.foldovers().sum()) if isinstance(warp, GridWarp) else 0,
        "kind": "control" if control and tuple(nodes.shape[1:3]) != tuple(zoomed) else "dense",
    }


def map_of(values: Tensor | None, title: Text) -> dict[str, Any] | None:
    if values is None:
        return None
    shown = values[0, 0].float().cpu().numpy()
    return {
        **box((shown.shape[0], shown.shape[1])),
        "data": encode_array(shown),
        "low": float(shown.min()),
        "high": float(shown.max()),
        "title": title,
    }


def weights_of(weights: Tensor | None) -> dict[str, Any] | None:
    """DownsizeNet's four maps."""
    if weights is None:
        return None
    shown = (weights[0].clamp(0, 1) * 255 + 0.5).byte().cpu().numpy()
    return {
        **box((shown.shape[1], shown.shape[2])),
        "maps": [png(each) for each in shown],
        "titles": [Text(f"place.{name}") for name in ("topLeft", "topRight", "bottomLeft", "bottomRight")],
        "mean": weights[0].mean((1, 2)).tolist(),
    }


def correction_of(correction: Tensor | None) -> dict[str, Any] | None:
    """What the learned resizer adds, 0 in the middle of the bytes."""
    if correction is None:
        return None
    reach = max(float(correction.abs().max()), 1e-6)
    shown = (correction[0] / reach * 127 + 128.5).clamp(0, 255).byte().permute(1, 2, 0).contiguous().cpu().numpy()
    return {"image": png(shown), "range": reach, "rms": float(correction.square().mean().sqrt())}


def stages_of(trace: Trace, pyramid: bool = False) -> list[dict[str, Any]]:
    """The feature stages that a trace has, by the names that a state may hold; ``pyramid``: they are called P3, P4, ... by their
    stride."""
    return [
        {
            "name": slug(name),
            "title": _level(trace, f) if pyramid else name,
            "channels": int(f.shape[1]),
            "h": int(f.shape[-2]),
            "w": int(f.shape[-1]),
        }
        for name, f in trace.features.items()
    ]


def _level(trace: Trace, feature: Tensor) -> str:
    size = int(trace.zoomed.shape[-2]), int(trace.zoomed.shape[-1])
    return f"P{stride_of(size, feature).bit_length() - 1}"


def slug(name: str) -> str:
    return name.replace(" ", "-")

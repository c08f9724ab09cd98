"""lzviz: see, touch and debug learned, non-uniform downsampling.

The public names, in the order the data flow. Each is imported on first use, so that what needs no torch loads none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_NAMES = {  # public name -> the module that defines it
    "Warp": "lzviz.warp",
    "Layout": "lzviz.layout",
    "adapt": "lzviz.adaptive",
    "Pipeline": "lzviz.pipelines.pipeline",
    "Trace": "lzviz.trace",
    "State": "lzviz.contract.state",
    "load": "lzviz.checkpoints",
    "export_onnx": "lzviz.pipelines.onnx",
    "diagnose": "lzviz.doctor",
    "watch": "lzviz.watching",
    "compare": "lzviz.comparison",
    "show": "lzviz.notebook",
    "save_html": "lzviz.notebook",
}
_MODULES = (
    "coords",
    "saliency",
    "attraction",
    "warp",
    "inversion",
    "resampling",
    "layout",
    "samplers",
    "adaptive",
    "models",
    "scenes",
    "datasets",
    "tasks",
    "pipelines",
    "checkpoints",
    "measure",
    "assess",
    "training",
    "plain",
    "doctor",
    "watching",
    "comparison",
    "canvas",
    "notebook",
    "gallery",
    "site",
    "contract",
)

__all__ = [*_NAMES, *_MODULES]

if TYPE_CHECKING:
    from lzviz.adaptive import adapt as adapt
    from lzviz.checkpoints import load as load
    from lzviz.comparison import compare as compare
    from lzviz.contract.state import State as State
    from lzviz.doctor import diagnose as diagnose
    from lzviz.layout import Layout as Layout
    from lzviz.notebook import save_html as save_html
    from lzviz.notebook import show as show
    from lzviz.pipelines.onnx import export_onnx as export_onnx
    from lzviz.pipelines.pipeline import Pipeline as Pipeline
    from lzviz.trace import Trace as Trace
    from lzviz.warp import Warp as Warp
    from lzviz.watching import watch as watch


def __getattr__(name: str) -> object:
    if name in _NAMES:
        value = getattr(importlib.import_module(_NAMES[name]), name)
    elif name in _MODULES:
        value = importlib.import_module(f"lzviz.{name}")
    else:
        raise AttributeError(f"module 'lzviz' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])

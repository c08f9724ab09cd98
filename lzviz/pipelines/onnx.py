"""A pipeline as an ONNX file: look, zoom, answer and bring back, for pictures of one size.

What travels is plain ONNX (opset 18), adaptive warp and separable inverse included; the file needs neither torch nor lzviz. What
does not: the nonseparable inverse (LZ, LDS, ES), a search whose steps depend on values; ``torch.export`` takes it, where lzviz is at
hand. Adaptive networks (CAD) do not either, since how many rows they compute depends on the picture.
"""

from __future__ import annotations

import logging
import warnings
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from lzviz.coords import Size, check_size
from lzviz.pipelines.foreign import evaluating
from lzviz.pipelines.pipeline import Pipeline
from lzviz.warp import WarpLayout

OPSET = 18
TOLERANCE = 1e-4
"""The file's answer differs by no more than this from torch's, of the range of the answer or 1, whichever is more."""

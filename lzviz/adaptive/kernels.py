"""What the fast schedule runs on a CPU: convolutions and products with weights packed once, and gather + product in blocks.

oneDNN is reached through torch's own fused operations, which take packed weights and rectify in passing; where a build of
torch has none of them, ordinary convolutions and products stand in.
"""

from __future__ import annotations

import threading
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.adaptive.lattice import BLOCK, Block, Pair

_workspace = threading.local()


class Geometry(NamedTuple):
    """An ordinary convolution's stride, padding (y, x) before and after, and dilation."""

    stride: Pair
    before: Pair
    after: Pair
    dilation: Pair


def fused() -> bool:
    """This build of torch has oneDNN's fused operations."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


def pack_convolution(weight: Tensor, how: Geometry, size: list[int]) -> Tensor:
    """Weight (Cout, C, kh, kw) as convolutions of inputs of ``size`` want it; channels last without oneDNN."""
    plain = weight.detach().contiguous(memory_format=torch.channels_last)
    if not fused():
        return plain
    return torch.ops.mkldnn._reorder_convolution_weight(plain, _even(how), how.stride, how.dilation, 1, size)


def convolve_packed(x: Tensor, packed: Tensor, bias: Tensor | None, how: Geometry, relu: bool) -> Tensor:
    """An ordinary convolution of (B, C, h, w), channels last."""
    (top, left), (bottom, right) = how.before, how.after
    if how.before != how.after:
        x = F.pad(x, (left, right, top, bottom))
    x = x.contiguous(memory_format=torch.channels_last)
    if not packed.is_mkldnn:
        out = F.conv2d(x, packed, bias, how.stride, _even(how), how.dilation)
        return out.relu_() if relu else out
    attribute = "relu" if relu else "none"
    return torch.ops.mkldnn._convolution_pointwise(
        x, packed, bias, _even(how), how.stride, how.dilation, 1, attribute, [], ""
    )


def _even(how: Geometry) -> Pair:
    """The padding that both sides share; uneven padding is made before."""
    return how.before if how.before == how.after else (0, 0)


def pack_product(weight: Tensor) -> Tensor | None:
    """(Cout, K) packed for oneDNN's product, or None."""
    return torch.ops.mkldnn._reorder_linear_weight(weight.detach().contiguous(), BLOCK) if fused() else None


def multiply(columns: Tensor, matrix: Tensor, bias: Tensor | None, relu: bool, out: Tensor | None = None) -> Tensor:
    """``columns @ matrix + bias`` with torch's own product."""
    if out is None:
        out = columns.new_empty(columns.shape[0], matrix.shape[1])
    made = torch.mm(columns, matrix, out=out) if bias is None else torch.addmm(bias, columns, matrix, out=out)
    return made.relu_() if relu else made


def multiply_packed(columns: Tensor, packed: Tensor, bias: Tensor | None, relu: bool) -> Tensor:
    """The same with oneDNN and a packed weight."""
    return torch.ops.mkldnn._linear_pointwise(columns, packed, bias, "relu" if relu else "none", [], "")


def gather(rows: Tensor, block: Block) -> Tensor:
    """The rows (N, C) that a block reads, tap after tap, as (its rows, K C); gone with the next block."""
    count = block.index.numel() * rows.shape[1]
    columns = _room(count)[:count].view(block.index.numel(), rows.shape[1])
    torch.index_select(rows, 0, block.index, out=columns)
    if block.outside is not None:
        columns.index_fill_(0, block.outside, 0)
    return columns.view(block.stop - block.start, -1)


def _room(count: int) -> Tensor:
    """Memory of this thread that is used again and again: fresh pages would cost as much as the gather itself."""
    found = getattr(_workspace, "columns", None)
    if found is None or found.numel() < count:
        with torch.inference_mode(False):
            found = _workspace.columns = torch.empty(count)
    return found

"""Row convolution on GPUs: one implicit matrix product that gathers its rows while it multiplies.

    out[m, o] = act(bias[o] + sum over taps k and channels c of features[table[m, k], c] * weight[o, c, k])

The gathered matrix (M, K C) is never written to memory: each program owns BLOCK_M outputs and BLOCK_N channels, walks
over (tap, channels) in steps of BLOCK_K and accumulates in float32. Half precision is multiplied as it is, float32 in
tf32 where `torch.backends.cudnn.allow_tf32` says so (as convolutions do), else exactly.

Weights are read tap by tap, channels last. A network in `channels_last` memory format has them so already; otherwise
each call makes a copy of them.

The kernel is checked against the plain form under Triton's interpreter (bfloat16 is widened there before it is
multiplied, which the interpreter cannot do) and compiled for compute capabilities 8.0 and 9.0, where it uses the matrix
units. It has not been run or timed on a GPU: the block sizes in `blocks` are reasoned, not measured.
"""

from __future__ import annotations

from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor
from triton import knobs  # type: ignore[attr-defined]

DTYPES = (torch.float32, torch.bfloat16, torch.float16)


@triton.jit
def rows_kernel(
    features,  # (ROWS, CIN), row stride `feature_stride`
    table,  # (M, TAPS), contiguous; ROWS means outside
    weight,  # (COUT, TAPS, CIN), contiguous
    bias,  # (COUT,) or anything if not HAS_BIAS
    out,  # (M, COUT), contiguous
    outputs,  # M
    rows,  # ROWS
    channels_in,
    channels_out,
    feature_stride,
    TAPS: tl.constexpr,
    HAS_BIAS: tl.constexpr,
    RELU: tl.constexpr,
    PRECISION: tl.constexpr,
    WIDEN: tl.constexpr,
    BLOCK_M: tl.constexpr,
    BLOCK_N: tl.constexpr,
    BLOCK_K: tl.constexpr,
    BAND: tl.constexpr,
):
    # Programs run in bands of BAND row blocks, all channel blocks of a band together, so that gathered rows stay in L2.
    blocks_m, blocks_n = tl.cdiv(outputs, BLOCK_M), tl.cdiv(channels_out, BLOCK_N)
    program = tl.program_id(0)
    first = program // (BAND * blocks_n) * BAND
    height = min(blocks_m - first, BAND)
    inside = program % (BAND * blocks_n)
    m = (first + inside % height) * BLOCK_M + tl.arange(0, BLOCK_M)
    n = (inside // height) * BLOCK_N + tl.arange(0, BLOCK_N)
    k = tl.arange(0, BLOCK_K)

    accumulator = tl.zeros((BLOCK_M, BLOCK_N), dtype=tl.float32)
    steps_per_tap = tl.cdiv(channels_in, BLOCK_K)
    for step in range(TAPS * steps_per_tap):
        tap = step // steps_per_tap
        channel = step % steps_per_tap * BLOCK_K + k
        row = tl.load(table + m.to(tl.int64) * TAPS + tap, mask=m < outputs, other=rows).to(tl.int64)
        gathered = tl.load(
            features + row[:, None] * feature_stride + channel[None, :],
            mask=(row < rows)[:, None] & (channel < channels_in)[None, :],
            other=0.0,
        )
        factors = tl.load(
            weight + n[None, :].to(tl.int64) * (TAPS * channels_in) + tap * channels_in + channel[:, None],
            mask=(n < channels_out)[None, :] & (channel < channels_in)[:, None],
            other=0.0,
        )
        if WIDEN:
            gathered, factors = gathered.to(tl.float32), factors.to(tl.float32)
        accumulator = tl.dot(gathered, factors, accumulator, input_precision=PRECISION)

    if HAS_BIAS:
        accumulator += tl.load(bias + n, mask=n < channels_out, other=0.0).to(tl.float32)[None, :]
    if RELU:
        # Not tl.maximum: a NaN must stay one.
        accumulator = tl.where(accumulator < 0, 0.0, accumulator)
    tl.store(
        out + m[:, None].to(tl.int64) * channels_out + n[None, :],
        accumulator.to(out.dtype.element_ty),
        mask=(m < outputs)[:, None] & (n < channels_out)[None, :],
    )


def blocks(outputs: int, channels_out: int, dtype: torch.dtype) -> dict[str, int]:
    """Block sizes for one launch: at most 66 KiB of shared memory, tall blocks only where there are rows for them."""
    wide = 128 if channels_out > 64 else max(16, triton.next_power_of_2(channels_out))
    tall = 128 if outputs >= 4096 else 64
    return {
        "BLOCK_M": tall,
        "BLOCK_N": wide,
        "BLOCK_K": 32 if dtype == torch.float32 else 64,
        "BAND": 8,
        "num_warps": 8 if tall * wide >= 128 * 128 else 4,
        "num_stages": 3,
    }


def launch(features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, relu: bool) -> Tensor:
    """The forward product; `weight` is (Cout, K, C). Nothing is recorded for gradients."""
    (m, taps), (cout, _, cin) = table.shape, weight.shape
    out = features.new_empty(m, cout)
    if out.numel() == 0:
        return out
    features = features if features.stride(1) == 1 else features.contiguous()
    exact = features.dtype == torch.float32 and not torch.backends.cudnn.allow_tf32
    chosen = blocks(m, cout, features.dtype)
    grid = (triton.cdiv(m, chosen["BLOCK_M"]) * triton.cdiv(cout, chosen["BLOCK_N"]),)
    launch: Any = rows_kernel[grid]  # type: ignore[index]  # Triton's decorator has no types
    launch(
        features,
        table.contiguous(),
        weight.contiguous(),
        weight if bias is None else bias,
        out,
        m,
        features.shape[0],
        cin,
        cout,
        features.stride(0),
        TAPS=taps,
        HAS_BIAS=bias is not None,
        RELU=relu,
        PRECISION="ieee" if exact else "tf32",
        WIDEN=knobs.runtime.interpret and features.dtype == torch.bfloat16,  # it multiplies bfloat16 by its bits
        **chosen,
    )
    return out


class RowConvolution(torch.autograd.Function):
    """`launch` with its gradients, tap by tap, accumulated in float32:

        d features[table[m, k]] += d out[m] weight[:, k],    d weight[:, k] = d out^T features[table[:, k]]

    The sum over rows uses `index_add_`, whose order, and last bit, differ from run to run on a GPU.
    """

    @staticmethod
    def forward(ctx: Any, features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, relu: bool) -> Tensor:
        out = launch(features, table, weight, bias, relu)
        ctx.save_for_backward(features, table, weight, out if relu else None)
        ctx.bias_dtype = None if bias is None else bias.dtype
        return out

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        features, table, weight, out = ctx.saved_tensors
        gradient = gradients[0] if out is None else torch.where(out > 0, gradients[0], 0)
        d_features = d_weight = d_bias = None
        if ctx.needs_input_grad[0]:
            wide = torch.zeros(features.shape[0] + 1, features.shape[1], dtype=torch.float32, device=features.device)
            for tap in range(table.shape[1]):
                wide.index_add_(0, table[:, tap], (gradient @ weight[:, tap]).float())
            d_features = wide[:-1].to(features.dtype)
        if ctx.needs_input_grad[2]:
            padded = torch.nn.functional.pad(features, (0, 0, 0, 1))
            taps = [gradient.T @ padded[table[:, tap]] for tap in range(table.shape[1])]
            d_weight = torch.stack(taps, 1)
        if ctx.needs_input_grad[3]:
            d_bias = gradient.sum(0, dtype=torch.float32).to(ctx.bias_dtype)
        return d_features, None, d_weight, d_bias, None


def convolve_rows(
    features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None = None, relu: bool = False
) -> Tensor:
    """Convolve rows: (M, Cout), differentiable in features, weight and bias.

    features  (N, C) float32, bfloat16 or float16
    table     (M, K) integers: the row that output m reads at tap k; N means outside the map, zero
    weight    (Cout, C, kh, kw) with K = kh kw, of the dtype of the features
    bias      (Cout,) or None
    relu      fuse max(0, .) into the product

    Raises ValueError or TypeError for shapes or dtypes that do not fit.
    """
    if features.dtype not in DTYPES or weight.dtype != features.dtype:
        raise TypeError(
            f"features {features.dtype} and weight {weight.dtype}: expected one of {DTYPES}, the same for both"
        )
    taps = weight.shape[2] * weight.shape[3] if weight.ndim == 4 else 0
    if features.ndim != 2 or table.ndim != 2 or table.shape[1] != taps or weight.shape[1] != features.shape[1]:
        shapes = ", ".join(str(tuple(t.shape)) for t in (features, table, weight))
        raise ValueError(
            f"expected features (N, C), table (M, K), weight (Cout, C, kh, kw) with kh kw = K, got {shapes}"
        )
    packed = weight.permute(0, 2, 3, 1).reshape(weight.shape[0], taps, weight.shape[1])
    return RowConvolution.apply(features, table, packed, bias, relu)  # type: ignore[return-value]

"""The GPU kernel without a GPU: run by test_triton.py in a process of its own.

With TRITON_INTERPRET=1 it is run under Triton's interpreter, without it is compiled for GPUs that need not be there.
Prints the names of the checks that passed.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable

import torch
from torch import Tensor

from lzviz.adaptive import triton_kernels
from lzviz.adaptive.convolution import differentiable_rows
from lzviz.adaptive.triton_kernels import convolve_rows

TOLERANCE = {torch.float32: 1e-6, torch.bfloat16: 6e-3, torch.float16: 1e-3}


def problem(rows: int, outputs: int, cin: int, cout: int, kernel=(3, 3), dtype=torch.float32, seed=0):
    """Features, table (a sixth of it outside), weight, bias."""
    rng = torch.Generator().manual_seed(seed)
    taps = kernel[0] * kernel[1]
    features = torch.randn(rows, cin, generator=rng)
    table = torch.randint(0, rows + 1, (outputs, taps), generator=rng)
    table[torch.rand(outputs, taps, generator=rng) < 1 / 6] = rows
    weight = torch.randn(cout, cin, *kernel, generator=rng) / (cin * taps) ** 0.5
    bias = torch.randn(cout, generator=rng)
    return features.to(dtype), table, weight.to(dtype), bias.to(dtype)


def twin(features: Tensor, table: Tensor, weight: Tensor, bias: Tensor | None, relu: bool = False) -> Tensor:
    """The definition, in float64, without any of the library's code."""
    padded = torch.cat([features.double(), torch.zeros(1, features.shape[1], dtype=torch.float64)])
    out = torch.einsum("mkc,ock->mo", padded[table.long()], weight.double().flatten(2))
    out = out if bias is None else out + bias.double()
    return out.clamp(min=0) if relu else out


def close(actual: Tensor, expected: Tensor, dtype: torch.dtype) -> None:
    assert actual.shape == expected.shape and actual.isfinite().all()
    error = ((actual.double() - expected.double()).norm() / expected.double().norm()).item()
    assert error < TOLERANCE[dtype], f"relative error {error}"


def sizes_around_the_blocks() -> None:
    for outputs, cin, cout in itertools.product((1, 64, 65), (3, 32, 70), (1, 16, 130)):
        arguments = problem(20, outputs, cin, cout, seed=outputs + cin + cout)
        close(convolve_rows(*arguments), twin(*arguments), torch.float32)


def kernels_of_other_sizes() -> None:
    for kernel in ((1, 1), (2, 2), (1, 5), (5, 3)):
        arguments = problem(30, 40, 8, 12, kernel)
        close(convolve_rows(*arguments), twin(*arguments), torch.float32)


def half_precision() -> None:
    for dtype in (torch.bfloat16, torch.float16):
        arguments = problem(50, 70, 40, 24, dtype=dtype)
        out = convolve_rows(*arguments)
        assert out.dtype == dtype
        close(out, twin(*arguments), dtype)


def bias_and_relu() -> None:
    features, table, weight, bias = problem(50, 70, 16, 24)
    for chosen, relu in itertools.product((None, bias), (False, True)):
        out = convolve_rows(features, table, weight, chosen, relu)
        close(out, twin(features, table, weight, chosen, relu), torch.float32)


def many_blocks_in_bands() -> None:
    arguments = problem(900, 64 * 21 + 5, 8, 140, (1, 2))
    close(convolve_rows(*arguments), twin(*arguments), torch.float32)


def tall_blocks() -> None:
    assert triton_kernels.blocks(5000, 128, torch.float32)["BLOCK_M"] == 128
    arguments = problem(900, 5000, 8, 16, (1, 2))
    close(convolve_rows(*arguments), twin(*arguments), torch.float32)


def every_kind_of_table_and_memory() -> None:
    features, table, weight, bias = problem(50, 70, 16, 24)
    expected = twin(features, table, weight, bias)
    wide = torch.full((50, 20), torch.nan)
    wide[:, :16] = features
    for rows in (wide[:, :16], features.T.contiguous().T):
        close(convolve_rows(rows, table, weight, bias), expected, torch.float32)
    close(convolve_rows(features, table.int(), weight, bias), expected, torch.float32)
    close(convolve_rows(features, table.T.contiguous().T, weight, bias), expected, torch.float32)
    last = weight.contiguous(memory_format=torch.channels_last)
    close(convolve_rows(features, table, last, bias), expected, torch.float32)


def every_output_is_written() -> None:
    """`launch` takes memory that holds anything: here NaN."""
    arguments = problem(50, 70, 16, 24)
    plain = Tensor.new_empty

    def poisoned(self: Tensor, *size: int, **options: object) -> Tensor:
        memory = plain(self, *size, **options)  # type: ignore[arg-type]
        return memory.fill_(torch.nan) if memory.is_floating_point() else memory

    Tensor.new_empty = poisoned  # type: ignore[method-assign]
    try:
        assert Tensor.new_empty(arguments[0], 1).isnan().all()
        close(convolve_rows(*arguments), twin(*arguments), torch.float32)
    finally:
        Tensor.new_empty = plain  # type: ignore[method-assign]


def nothing_in_nothing_out() -> None:
    features, table, weight, bias = problem(50, 70, 16, 24)
    assert convolve_rows(features, table[:0], weight, bias).shape == (0, 24)
    outside = torch.zeros(5, 9, dtype=torch.int64)
    assert torch.equal(convolve_rows(features[:0], outside, weight, bias), bias.expand(5, 24))


def a_nan_stays_a_nan() -> None:
    features, table, weight, _ = problem(5, 3, 4, 4)
    table[0, 0] = 2
    features[2, 1] = torch.nan
    assert convolve_rows(features, table, weight, relu=True)[0].isnan().all()


def gradients() -> None:
    for dtype, relu in itertools.product((torch.float32, torch.float16), (False, True)):
        features, table, weight, bias = problem(20, 50, 10, 6, dtype=dtype)
        leaves = [t.requires_grad_() for t in (features, weight, bias)]
        out = convolve_rows(features, table, weight, bias, relu)
        upstream = torch.randn(50, 6, generator=torch.Generator().manual_seed(1))
        actual = torch.autograd.grad(out, leaves, upstream.to(dtype))
        exact = [t.detach().double().requires_grad_() for t in leaves]
        reference = differentiable_rows(exact[0], table, exact[1], exact[2])
        reference = torch.where(out.detach() > 0, reference, 0) if relu else reference
        for gradient, leaf, expected in zip(
            actual, leaves, torch.autograd.grad(reference, exact, upstream.to(dtype).double()), strict=True
        ):
            assert gradient.dtype == leaf.dtype
            close(gradient, expected, dtype)


def gradients_of_some_inputs_only() -> None:
    features, table, weight, bias = problem(20, 50, 10, 6)
    weight.requires_grad_()
    convolve_rows(features, table, weight, bias).sum().backward()
    assert weight.grad is not None and features.grad is None and bias.grad is None


def the_backend_reaches_the_kernel() -> None:
    """As on a GPU: the backend answers for plain rows, and hands groups and float64 back."""
    from lzviz.adaptive import gpu

    class OnGpu(Tensor):
        is_cuda = True  # type: ignore[assignment]

    features, table, weight, bias = problem(20, 30, 8, 6)
    rows = features.as_subclass(OnGpu)
    out = gpu.triton_rows(rows, table, weight, bias, 1)
    assert out is not None
    close(out.as_subclass(Tensor), twin(features, table, weight, bias), torch.float32)
    assert gpu.triton_rows(features, table, weight, bias, 1) is None
    assert gpu.triton_rows(rows, table, weight[:, :4], bias, 2) is None
    assert gpu.triton_rows(rows.double(), table, weight.double(), None, 1) is None
    assert gpu.triton_rows(rows, table, weight.half(), None, 1) is None


def bad_input_is_named() -> None:
    features, table, weight, bias = problem(20, 30, 8, 6)
    for arguments, error, words in (
        ((features.double(), table, weight.double(), bias), TypeError, "float64"),
        ((features, table, weight.half(), bias), TypeError, "float16"),
        ((features, table[:, :4], weight, bias), ValueError, "(30, 4)"),
        ((features[:, :4], table, weight, bias), ValueError, "(20, 4)"),
    ):
        try:
            convolve_rows(*arguments)
        except error as caught:
            assert words in str(caught), caught
        else:
            raise AssertionError(f"no {error.__name__} about {words}")


def compiles(capability: int, dtype: torch.dtype, precision: str) -> str:
    """The machine's assembly (PTX) of the kernel for a large problem."""
    import triton  # type: ignore[import-not-found]
    from triton.backends.compiler import GPUTarget  # type: ignore[import-not-found]
    from triton.compiler import ASTSource  # type: ignore[import-not-found]

    sizes = triton_kernels.blocks(50_000, 512, dtype)
    options = {name: sizes.pop(name) for name in ("num_warps", "num_stages")}
    fixed = {"TAPS": 9, "HAS_BIAS": True, "RELU": True, "PRECISION": precision, "WIDEN": False, **sizes}
    floats = {torch.float32: "*fp32", torch.bfloat16: "*bf16", torch.float16: "*fp16"}[dtype]
    names = triton_kernels.rows_kernel.arg_names
    kinds = {"table": "*i64", **dict.fromkeys(("features", "weight", "bias", "out"), floats)}
    signature = {name: "constexpr" if name in fixed else kinds.get(name, "i32") for name in names}
    aligned = {(index,): [["tt.divisibility", 16]] for index, name in enumerate(names) if name in kinds}
    source = ASTSource(triton_kernels.rows_kernel, signature, fixed, aligned)
    return triton.compile(source, target=GPUTarget("cuda", capability, 32), options=options).asm["ptx"]


def compiles_for_ampere_and_hopper() -> None:
    assert "mma.sync" in compiles(80, torch.float16, "tf32")
    for dtype in (torch.float32, torch.bfloat16):
        assert "wgmma.mma_async" in compiles(90, dtype, "tf32")
    exact = compiles(90, torch.float32, "ieee")
    assert "mma" not in exact and "fma.rn.f32" in exact


INTERPRETED: tuple[Callable[[], None], ...] = (
    sizes_around_the_blocks,
    kernels_of_other_sizes,
    half_precision,
    bias_and_relu,
    many_blocks_in_bands,
    tall_blocks,
    every_kind_of_table_and_memory,
    every_output_is_written,
    nothing_in_nothing_out,
    a_nan_stays_a_nan,
    gradients,
    gradients_of_some_inputs_only,
    the_backend_reaches_the_kernel,
    bad_input_is_named,
)

COMPILED = (compiles_for_ampere_and_hopper,)

if __name__ == "__main__":
    torch.set_num_threads(1)
    for check in INTERPRETED if os.environ.get("TRITON_INTERPRET") == "1" else COMPILED:
        try:
            check()
        except Exception as error:  # one failure does not hide the others
            print(f"failed {check.__name__}: {type(error).__name__}: {error}")
        else:
            print(f"passed {check.__name__}")

"""Multiply-adds, exactly and layer by layer: what a network would do, counted from the shapes that it multiplies.

Counted are convolutions (transposed and deformable ones too) and matrix products, in whatever module or function they
happen; one multiply-add is one multiplication and one addition. A convolution counts every tap of its kernel, also
those that fall on padding: a dense convolution computes them. Not counted, as is the custom: BatchNorm (it folds into
the convolution), activations, pooling, resizing, softmax, and the four-point reading of a deformable convolution.

    cost = lzviz.measure.cost.count(models.resnet50(), (1, 3, 224, 224))
    cost.total                                   # 4089184256
    cost.without("fc").total                     # the head excluded
    print(cost.table(depth=1))

Adaptive runs count themselves, in the same form: `lzviz.adapt(...).plan(levels, size).cost`, `.cost_dense`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.utils._python_dispatch import TorchDispatchMode

from lzviz.footprints import READING


@dataclass(frozen=True)
class Layer:
    """One product: the module in which it happened, its kind, its multiply-adds, the shape of its result."""

    module: str
    operation: str
    macs: int
    output: tuple[int, ...]


@dataclass(frozen=True)
class Cost:
    """The products of one forward pass, in the order of execution."""

    layers: tuple[Layer, ...]

    @property
    def total(self) -> int:
        """Multiply-adds of all layers."""
        return sum(layer.macs for layer in self.layers)

    def only(self, *modules: str) -> Cost:
        """The part inside these modules, e.g. `only("backbone")`."""
        return Cost(tuple(layer for layer in self.layers if any(_inside(layer.module, name) for name in modules)))

    def without(self, *modules: str) -> Cost:
        """The rest, e.g. `without("classifier")`: the head excluded."""
        return Cost(tuple(layer for layer in self.layers if not any(_inside(layer.module, name) for name in modules)))

    def by_module(self, depth: int | None = None) -> dict[str, int]:
        """{module: multiply-adds}; `depth=1` sums up to the children of the network, None keeps every module."""
        sums: dict[str, int] = {}
        for layer in self.layers:
            name = layer.module if depth is None else ".".join(layer.module.split(".")[:depth])
            sums[name] = sums.get(name, 0) + layer.macs
        return sums

    def table(self, depth: int | None = None) -> str:
        """Aligned text: module, multiply-adds, share of the total in percent; the total last."""
        rows = [*self.by_module(depth).items(), ("total", self.total)]
        width = max(len(name) for name, _ in rows)
        total = max(self.total, 1)
        return "\n".join(f"{name:<{width}}  {macs:>16,}  {100 * macs / total:5.1f} %" for name, macs in rows)

    def __add__(self, other: Cost) -> Cost:
        """One after the other, e.g. a sampler and the network behind it."""
        return Cost(self.layers + other.layers)

    def under(self, name: str) -> Cost:
        """The same layers as parts of a module `name`."""
        return Cost(tuple(replace(layer, module=f"{name}.{layer.module}".rstrip(".")) for layer in self.layers))


def _inside(module: str, parent: str) -> bool:
    return module == parent or module.startswith(parent + ".")


def count(network: Callable[..., object], *inputs: Tensor | Sequence[int], **options: object) -> Cost:
    """The cost of `network(*inputs, **options)` in evaluation mode, without gradients.

    inputs  tensors: the network runs on them. Shapes, e.g. (1, 3, 224, 224): nothing is computed and no memory used
            (the weights are replaced by shapes for the call; the network itself is not changed); `network` must then
            be an `nn.Module`.
    """
    if not inputs:
        raise TypeError("count needs the network's inputs: tensors, or shapes such as (1, 3, 224, 224)")
    shapes = not any(isinstance(value, Tensor) for value in inputs)
    path = [""]
    with torch.no_grad(), _following(network, path), _Counter(path) as counter:
        if shapes:
            _run_on_shapes(network, [_meta(value) for value in inputs], options)
        else:
            network(*inputs, **options)
    return Cost(tuple(counter.layers))


@contextmanager
def _following(network: Callable[..., object], path: list[str]) -> Iterator[None]:
    """For as long as the block lasts: evaluation mode, and the names of the modules being run in `path`."""
    modules = list(network.named_modules()) if isinstance(network, nn.Module) else []
    training = [module.training for _, module in modules]
    handles = []
    try:
        for name, module in modules:
            module.training = False
            handles.append(module.register_forward_pre_hook(lambda *_, name=name: path.append(name)))
            handles.append(module.register_forward_hook(lambda *_: path.__delitem__(-1)))
        with _unfused():
            yield
    finally:
        for handle in handles:
            handle.remove()
        for (_, module), was_training in zip(modules, training, strict=True):
            module.training = was_training


@contextmanager
def _unfused() -> Iterator[None]:
    """Attention layer by layer, so that its products can be seen."""
    fused = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fused)


class Tally:
    """Multiply-adds of the named stages of one run: it goes around where a :class:`lzviz.measure.timing.Clock` would.

    Attributes:
        macs: {stage: multiply-adds}, in the order of first use; a name used twice adds up.
    """

    def __init__(self) -> None:
        self.macs: dict[str, int] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what the block computes."""
        with _unfused(), _Counter([""]) as counter:
            yield
        self.macs[name] = self.macs.get(name, 0) + sum(layer.macs for layer in counter.layers)


def _meta(shape: object) -> Tensor:
    if not isinstance(shape, Sequence) or not all(isinstance(n, int) and n > 0 for n in shape):
        raise TypeError(f"expected a tensor or a shape such as (1, 3, 224, 224), got {shape!r}")
    return torch.empty(tuple(shape), device="meta")


def _run_on_shapes(network: Callable[..., object], inputs: list[Tensor], options: dict[str, object]) -> None:
    if not isinstance(network, nn.Module):
        raise TypeError(f"counting from shapes needs an nn.Module, got {type(network).__name__}: pass tensors instead")
    tensors = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    floating = next((t.dtype for t in tensors.values() if t.is_floating_point()), torch.float32)
    ghosts = {name: torch.empty_like(tensor, device="meta") for name, tensor in tensors.items()}
    functional_call(network, ghosts, tuple(x.to(floating) for x in inputs), options)


def rows_convolution(
    rows: int | Tensor, kernel: Sequence[int], channels_in: int, channels_out: int, groups: int = 1
) -> int:
    """Multiply-adds of a convolution that computes only `rows` outputs: rows x taps x channels_in / groups x channels_out.

    rows    number of outputs computed, or the table (M, K) of input rows that each output reads: M is used
    kernel  (kh, kw); its taps count also where they fall outside the map, as in a dense convolution, so that a
            quadtree that keeps everything costs exactly what the dense network costs
    """
    outputs = rows.shape[0] if isinstance(rows, Tensor) else rows
    return outputs * math.prod(kernel) * (channels_in // groups) * channels_out


# Rules: the shapes of one operation -> its multiply-adds.


def _convolution(arguments: tuple, out: Tensor) -> int:
    x, weight, transposed = arguments[0], arguments[1], arguments[6]
    return (x if transposed else out).numel() * math.prod(weight.shape[1:])


def _plain_convolution(arguments: tuple, out: Tensor) -> int:
    return out.numel() * math.prod(arguments[1].shape[1:])


def _product(left: int) -> Callable[[tuple, Tensor], int]:
    """A matrix product whose left factor is argument number `left`: its last axis is summed over."""
    return lambda arguments, out: out.numel() * arguments[left].shape[-1]


def _attention(arguments: tuple, out: Tensor | tuple) -> int:
    """softmax(q k^T) v: queries (..., L, d), keys (..., S, d), values (..., S, e)."""
    query, key, value = arguments[:3]
    return query[..., 0].numel() * key.shape[-2] * (query.shape[-1] + value.shape[-1])


RULES: dict[str, Callable[[tuple, Tensor], int]] = {
    "aten::convolution": _convolution,
    "aten::_convolution": _convolution,
    "aten::mkldnn_convolution": _plain_convolution,
    "mkldnn::_convolution_pointwise": _plain_convolution,
    "torchvision::deform_conv2d": _plain_convolution,
    "aten::mm": _product(0),
    "aten::mv": _product(0),
    "aten::dot": lambda arguments, out: arguments[0].numel(),
    "aten::bmm": _product(0),
    "aten::addmm": _product(1),
    "aten::addmv": _product(1),
    "aten::_addmm_activation": _product(1),
    "aten::baddbmm": _product(1),
    "aten::mkldnn_linear": _product(0),
    "mkldnn::_linear_pointwise": _product(0),
    "aten::_scaled_dot_product_flash_attention_for_cpu": _attention,
    "aten::_scaled_dot_product_flash_attention": _attention,
    "aten::_scaled_dot_product_efficient_attention": _attention,
    "aten::_scaled_dot_product_cudnn_attention": _attention,
}

# Whole layers in one operation, whose products cannot be seen: better no number than a wrong one.
OPAQUE = {
    "aten::mkldnn_rnn_layer",
    "aten::_cudnn_rnn",
    "aten::_thnn_fused_lstm_cell",
    "aten::_thnn_fused_gru_cell",
}


class _Counter(TorchDispatchMode):
    """Sees every operation below autograd; the last entry of `path` says in which module it happens."""

    def __init__(self, path: list[str]):
        super().__init__()
        self.layers: list[Layer] = []
        self._path = path

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func._schema.name
        if READING.now:
            return func(*args, **(kwargs or {}))
        if name in OPAQUE:
            raise ValueError(
                f"cannot count {name} in module {self._path[-1]!r}: it hides its products in one operation"
            )
        if name not in RULES:
            with self:  # under inference mode, composite operations arrive whole
                parts = func.decompose(*args, **(kwargs or {}))
            return func(*args, **(kwargs or {})) if parts is NotImplemented else parts
        out = func(*args, **(kwargs or {}))
        macs = RULES[name](args, out)
        first = out[0] if isinstance(out, tuple) else out  # attention also gives its statistics
        self.layers.append(Layer(self._path[-1], name.split("::")[1], macs, tuple(first.shape)))
        return out

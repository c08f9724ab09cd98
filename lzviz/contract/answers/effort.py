"""What a network of a sampler may take while a page waits: counted on shapes before it runs, and again before each layer."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from lzviz.contract.decoding import check_wanted
from lzviz.contract.wire import Refusal
from lzviz.coords import Size
from lzviz.text import Text

LARGEST_WORK = 10**11
"""Multiply-adds of all convolutions together."""
LARGEST_TENSOR = 1 << 29
"""Bytes of what one layer gives."""


@contextmanager
def bounded(made: object, name: str) -> Iterator[None]:
    """Inside, a sampler that is a network stops before the layer that would take too much, and when nobody waits any more.

    Args:
        made: the sampler; one that is no module is left alone.
        name: of it, for the sentence.

    Raises:
        Refusal: 413 with what to change; 499 where the page went away.
    """
    work = 0

    def check(layer: nn.Module, given: tuple[Any, ...]) -> None:
        nonlocal work
        assert isinstance(layer, nn.Conv2d)
        check_wanted()
        places = _places(layer, given[0])
        work += places * layer.weight.numel()
        held = places * layer.out_channels * given[0].element_size()
        if work > LARGEST_WORK or held > LARGEST_TENSOR:
            most = {"mostWork": LARGEST_WORK // 10**9, "mostHeld": LARGEST_TENSOR >> 20}
            asked = {"title": name, "work": work / 1e9, "held": held >> 20}
            raise Refusal(Text("refused.sampler.work", {**asked, **most}), 413)

    layers = made.modules() if isinstance(made, nn.Module) else ()
    hooks = [layer.register_forward_pre_hook(check) for layer in layers if isinstance(layer, nn.Conv2d)]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def foresee(made: object, name: str, image: Tensor, size: Size) -> None:
    """Refuse a sampler that is a network before anything is computed: it runs on shapes, which take no time and no memory.

    One that looks at values is followed as far as shapes lead; what comes after is counted when it runs (:func:`bounded`).

    Args:
        made, name: as of :func:`bounded`.
        image: (B, C, H, W); only its shape counts.
        size: (h, w) of the zoomed image.

    Raises:
        Refusal: as of :func:`bounded`.
    """
    if not isinstance(made, nn.Module):
        return
    tensors = {**dict(made.named_parameters()), **dict(made.named_buffers())}
    ghosts = {key: torch.empty_like(tensor, device="meta") for key, tensor in tensors.items()}
    shape = torch.empty_like(image, device="meta")
    with bounded(made, name), torch.no_grad():
        try:
            functional_call(made, ghosts, (shape, size))
        except Refusal:
            raise
        except Exception:
            return


def _places(layer: nn.Conv2d, given: Tensor) -> int:
    """Where a convolution is taken: a bound, for a padding in words too."""
    sides = []
    for k, n in enumerate(given.shape[-2:]):
        padded = n if isinstance(layer.padding, str) else n + 2 * int(layer.padding[k])
        sides.append(max(padded - layer.dilation[k] * (layer.kernel_size[k] - 1), 1) if layer.padding != "same" else n)
    h, w = (-(-n // int(stride)) for n, stride in zip(sides, layer.stride, strict=True))
    return given.shape[0] * h * w

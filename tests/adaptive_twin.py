"""A slow, obvious twin of content-adaptive downsampling: one cell, one tap, one number at a time.

Written from the description only; shares nothing with the library. A map is kept on the whole fine grid, each cell holding
its owner's value, beside the number of times that the cell has been halved so far.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor, nn


class Twin:
    """An image's map (C, h, w) as numpy float64, the levels wanted (h, w), and halvings done so far."""

    def __init__(self, values: np.ndarray, levels: np.ndarray, offset: str, pool: str):
        self.values, self.levels, self.offset, self.pool, self.halvings = values, levels, offset, pool, 0

    def side(self, y: int, x: int) -> int:
        return 2 ** min(int(self.levels[y, x]), self.halvings)

    def read(self, y: int, x: int, outside: float) -> np.ndarray:
        """The value at (y, x): that of the block's owner."""
        height, width = self.levels.shape
        if not (0 <= y < height and 0 <= x < width):
            return np.full(self.values.shape[0], outside)
        side = self.side(y, x)
        return self.values[:, y - y % side, x - x % side]

    def slide(self, kernel: int, stride: int, padding: int, dilation: int, outside: float, combine) -> np.ndarray:
        """``combine`` the taps (kernel * kernel, C) at every cell that is its block's corner before this window."""
        height, width = self.levels.shape
        cell = 2**self.halvings
        out = np.zeros((0, height, width))
        for y in range(height):
            for x in range(width):
                side = self.side(y, x)
                if y % side or x % side:
                    continue
                shift = side // 2 if self.offset == "center" else 0
                taps = [
                    self.read(
                        y + shift + (i * dilation - padding) * cell,
                        x + shift + (j * dilation - padding) * cell,
                        outside,
                    )
                    for i in range(kernel)
                    for j in range(kernel)
                ]
                value = combine(np.stack(taps), self.values[:, y, x], y, x)
                out = out if len(out) else np.zeros((len(value), height, width))
                out[:, y, x] = value
        self.values = out
        self.halvings += stride.bit_length() - 1
        return self.filled()

    def filled(self) -> np.ndarray:
        height, width = self.levels.shape
        return np.stack([[self.read(y, x, 0.0) for x in range(width)] for y in range(height)]).transpose(2, 0, 1)

    def layer(self, module: Any) -> None:
        kind = type(module)
        if kind is nn.Conv2d:
            weight, bias = module.weight.detach().numpy(), module.bias
            constant = np.zeros(len(weight)) if bias is None else bias.detach().numpy()
            flat = weight.reshape(len(weight), -1)
            self.slide(
                module.kernel_size[0], module.stride[0], module.padding[0], module.dilation[0], 0.0,
                lambda taps, own, y, x: flat @ taps.T.reshape(-1) + constant,
            )  # fmt: skip
        elif kind is nn.MaxPool2d:
            after = self.halvings + module.stride.bit_length() - 1

            def largest(taps: np.ndarray, own: np.ndarray, y: int, x: int) -> np.ndarray:
                halved = min(int(self.levels[y, x]), after) > min(int(self.levels[y, x]), self.halvings)
                return taps.max(0) if self.pool == "exact" or halved or module.stride == 1 else own

            self.slide(module.kernel_size, module.stride, module.padding, module.dilation, -np.inf, largest)
        elif kind is nn.ReLU:
            self.values = np.maximum(self.values, 0)
        elif kind is nn.BatchNorm2d:
            scale = (module.weight / (module.running_var + module.eps).sqrt()).detach().numpy()
            shift = (module.bias - module.running_mean * torch.from_numpy(scale)).detach().numpy()
            self.values = self.values * scale[:, None, None] + shift[:, None, None]
        elif hasattr(module, "short"):
            other = Twin(self.values, self.levels, self.offset, self.pool)
            other.halvings = self.halvings
            other.layer(module.short)
            for part in (module.first, module.norm, module.relu, module.second):
                self.layer(part)
            self.values = np.maximum(self.values + other.values, 0)
        else:
            raise TypeError(f"the twin does not know {type(module).__name__}")


def twin(network: nn.Sequential, image: Tensor, levels: Tensor, offset: str, pool: str) -> Tensor:
    """A sequence of same-size-padded layers whose first one is an adaptive step: (B, C, h, w) on the fine grid."""
    maps = []
    for values, level in zip(image.numpy(), levels[:, 0].numpy(), strict=True):
        state = Twin(values, level, offset, pool)
        for module in network:
            state.layer(module)
        maps.append(torch.from_numpy(state.filled()))
    return torch.stack(maps)

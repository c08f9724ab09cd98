"""Networks of samplers stop before the layer that would take too much, and when nobody waits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from lzviz.contract.answers import effort
from lzviz.contract.answers.warp import Setting
from lzviz.contract.decoding import GONE
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal


def resized(side: int, **options: int) -> Setting:
    state = State.parse({"sampler": "resizer", "width": 1024, "options": {"resizer": options}})
    return Setting.of(state, Picture(np.full((side, side, 3), 90, np.uint8)))


def test_a_wide_resizer_at_a_large_width_is_refused_before_it_runs():
    with pytest.raises(Refusal, match="billion multiply-adds") as refused:
        resized(64, width=64, blocks=8)
    assert refused.value.status == 413


def test_a_resizer_on_a_large_picture_is_refused_before_it_fills_the_memory(monkeypatch):
    monkeypatch.setattr(effort, "LARGEST_TENSOR", 1 << 20, raising=False)
    with pytest.raises(Refusal, match="MB for one layer") as refused:
        resized(512, width=16, blocks=0)
    assert refused.value.status == 413


def test_a_network_stops_when_nobody_waits():
    left = GONE.set(lambda: True)
    try:
        with pytest.raises(Refusal, match="no longer waits"):
            resized(64, width=1, blocks=0)
    finally:
        GONE.reset(left)


@pytest.mark.parametrize("kind", [
    {"padding": 3}, {"stride": 2, "padding": 1}, {"dilation": 3}, {"padding": "same", "dilation": 2}, {"padding": "valid"},
    {"groups": 2, "stride": (2, 3)},
])  # fmt: skip
def test_what_is_counted_is_what_a_convolution_takes(monkeypatch, kind):
    layer, given = nn.Conv2d(4, 6, 3, **kind), torch.zeros(2, 4, 17, 22)
    taken = layer(given)[:, 0].numel() * layer.weight.numel()
    for limit, passes in ((taken, True), (taken - 1, False)):
        monkeypatch.setattr(effort, "LARGEST_WORK", limit)
        with effort.bounded(layer, "x"):
            if passes:
                layer(given)
            else:
                with pytest.raises(Refusal):
                    layer(given)
    assert not layer._forward_pre_hooks


@pytest.mark.parametrize("side, options", [(64, {"width": 64, "blocks": 8}), (512, {"width": 64, "blocks": 0})])
def test_a_resizer_is_refused_before_a_single_layer_has_run(monkeypatch, side, options):
    """Counted as it ran, eight seconds of processor were gone before the layer that was too much."""
    monkeypatch.setattr(effort, "LARGEST_WORK", 10**9)
    ran, convolve = [], nn.Conv2d._conv_forward
    monkeypatch.setattr(
        nn.Conv2d, "_conv_forward", lambda self, x, *rest: ran.append(x.device.type) or convolve(self, x, *rest)
    )
    with pytest.raises(Refusal, match="billion multiply-adds"):
        resized(side, **options)
    assert set(ran) <= {"meta"}


def test_a_sampler_that_looks_at_values_is_counted_when_it_runs():
    class Looks(nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = nn.Conv2d(3, 8, 3)

        def forward(self, image, size):
            return self.layer(image) if float(image.sum()) > 0 else image

    effort.foresee(Looks(), "x", torch.ones(1, 3, 8, 8), (4, 4))
    effort.foresee(object(), "x", torch.ones(1, 3, 8, 8), (4, 4))

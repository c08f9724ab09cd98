"""Any non-negative map can say where to look: a detector's heat map, attention, a mask painted by hand. Here a mask."""

import torch

import lzviz

mask = torch.zeros(1, 1, 60, 80)
mask[..., 10:20, 50:65] = 1  # "look here": painted cells outweigh the others 50 times
saliency = lzviz.saliency.from_mask(mask, nodes=(31, 41), strength=50.0)

for name in ("lz", "fovea", "lzu"):
    sampler = lzviz.samplers.create(name)
    out = sampler(torch.rand(1, 3, 240, 320), (60, 80), saliency)
    most = out.layout.magnification().max() / out.layout.magnification().median()
    print(
        f"{name:6s} {tuple(out.image.shape)}, its densest place is sampled {float(most):.1f} times as densely as its middle one"
    )

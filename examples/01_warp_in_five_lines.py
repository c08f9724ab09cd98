"""Downsample a picture so that a small thing stays readable, and bring the result back exactly."""

import torch

import lzviz

image = torch.rand(1, 3, 256, 512)
saliency = lzviz.saliency.from_boxes(torch.tensor([[300.0, 80.0, 340.0, 120.0]]), (256, 512))
warp = lzviz.Warp.from_saliency(saliency.float(), nodes=(31, 51), fwhm=10)
small = warp.zoom(image, (64, 128), interpolation="antialias")
back = warp.unzoom(small, (256, 512))

print(f"{tuple(image.shape)} -> {tuple(small.shape)} -> {tuple(back.shape)}, folds: {int(warp.foldovers().sum())}")

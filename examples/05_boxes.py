"""Boxes go through a warp both ways, in pixel edges: a detector may run on the zoomed image."""

import torch

import lzviz

source, zoomed = (256, 512), (64, 128)
boxes = torch.tensor([[40.0, 30.0, 90.0, 70.0], [300.0, 80.0, 340.0, 120.0]])
saliency = lzviz.saliency.from_boxes(boxes, source).float()
warp = lzviz.Warp.from_saliency(saliency, nodes=(31, 51), fwhm=10)

there = warp.zoom_boxes(boxes, zoomed, source)
back = warp.unzoom_boxes(there, zoomed, source)
for box, small in zip(boxes.tolist(), there.tolist(), strict=True):
    print(f"{box} -> {[round(edge, 1) for edge in small]}")
kept = bool((back[:, :2] <= boxes[:, :2] + 0.1).all() and (back[:, 2:] >= boxes[:, 2:] - 0.1).all())
print(f"there and back, no box loses anything: {kept}")

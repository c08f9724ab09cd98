"""Content-adaptive downsampling inside of a torchvision network, as it is: fine where there are edges, coarse elsewhere."""

import torch
import torchvision

import lzviz
from lzviz.adaptive import masks

network = torchvision.models.resnet18(weights=None).eval()
backbone = torch.nn.Sequential(*list(network.children())[:-2])  # no pooling over the whole picture, no classifier
image = torch.from_numpy(lzviz.scenes.street((128, 256)).image.copy()).permute(2, 0, 1)[None] / 255

adapted = lzviz.adapt(backbone, output_stride=(16, 32))
levels = masks.edges(image, threshold="medium", stride=16)
with torch.inference_mode():
    features = adapted(image, levels=levels)
plan = adapted.plan(levels, image.shape[-2:])

print(
    f"{tuple(features.shape)}: {plan.row_fraction:.0%} of the fine grid's rows, {plan.macs / plan.macs_dense:.0%} of its cost"
)

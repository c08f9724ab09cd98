"""Features of the zoomed image back on the source's lattice, at the stride of the network that made them."""

import torch

import lzviz

image = torch.rand(1, 3, 256, 512)
warp = lzviz.Warp.from_saliency(lzviz.saliency.from_edges(image), nodes=(31, 51), fwhm=10)
zoomed = warp.zoom(image, (128, 256))

network = torch.nn.Conv2d(3, 8, 3, stride=4, padding=1)  # its feature i sits on zoomed pixel 4 i
features = network(zoomed)
back = warp.unzoom(features, (64, 128), zoomed_size=(128, 256), stride=4)
grid, valid = warp.inverse_grid((64, 128))

print(
    f"features {tuple(features.shape)} -> {tuple(back.shape)}; {float(valid.float().mean()):.0%} of the source is in view"
)

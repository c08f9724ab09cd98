"""A picture file, its edges as saliency, and the zoomed picture as a file.

python examples/02_your_own_picture.py [PICTURE [ZOOMED]]
"""

import sys

import numpy as np
import torch
from PIL import Image

import lzviz

own = len(sys.argv) > 1
pixels = np.asarray(Image.open(sys.argv[1]).convert("RGB")) if own else lzviz.scenes.street((192, 384)).image
image = torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None] / 255

saliency = lzviz.saliency.from_edges(image, nodes=(31, 51))
warp = lzviz.Warp.from_saliency(saliency, nodes=(31, 51), fwhm=10)
size = (image.shape[-2] // 4, image.shape[-1] // 4)
zoomed = warp.zoom(image, size, interpolation="antialias")

target = sys.argv[2] if len(sys.argv) > 2 else "zoomed.png"
Image.fromarray((zoomed[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()).save(target)
print(f"{target}: {size[1]} x {size[0]} samples of {image.shape[-1]} x {image.shape[-2]} pixels")

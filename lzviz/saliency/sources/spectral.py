"""Spectral residual: what the amplitude spectrum of a picture has beyond its own smooth course (Hou and Zhang 2007).

With ``A`` and ``P`` the log amplitude and phase of the Fourier transform of a small grey picture,

    R = A - mean3x3(A),   S = gauss(|F^-1[exp(R + iP)]|^2)

which is large at what is unlike its surroundings, and small on textures, however strong their edges.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.coords import Size
from lzviz.options import Option
from lzviz.saliency import maps
from lzviz.saliency.sources import Source, add
from lzviz.text import t

SIDE = 64
"""The longer side of the picture that is transformed: the paper's scale, at which objects and not textures stand out."""


def spectral(image: Tensor, size: Size, sigma: float = 2.5) -> Tensor:
    """The spectral residual of images (B, C, H, W): (B, 1, *size), 0 at the weakest place and 1 at the
    strongest; zeros for a flat picture.

    Args:
        sigma: of the last smoothing, pixels of the small picture.
    """
    h, w = image.shape[-2:]
    scale = SIDE / max(h, w)
    small = maps.grey(F.adaptive_avg_pool2d(image, (max(2, round(h * scale)), max(2, round(w * scale)))))
    # Beyond its borders the picture goes on mirrored, so that they are no edges.
    small = torch.cat((small, small.flip(2)), 2)
    spectrum = torch.fft.fft2(torch.cat((small, small.flip(3)), 3).double())
    amplitude = spectrum.abs()
    # A line of the spectrum that is empty has no logarithm: it counts as a thousandth of the average one.
    log = (amplitude + 1e-3 * amplitude.mean((2, 3), keepdim=True) + 1e-12).log()
    smooth = F.avg_pool2d(F.pad(log, (1, 1, 1, 1), mode="circular"), 3, 1)
    residual = (log - smooth).exp() * spectrum / amplitude.clamp(min=1e-12)
    rows, columns = small.shape[2] // 2, small.shape[3]
    energy = torch.fft.ifft2(residual)[..., :rows, :columns].abs().square()
    radius = max(1, round(3 * sigma))
    weight = torch.exp(
        -0.5 * (torch.arange(-radius, radius + 1, dtype=torch.float64, device=image.device) / sigma) ** 2
    )
    weight = weight / weight.sum()
    padded = F.pad(energy, (radius,) * 4, mode="replicate")
    blurred = F.conv2d(F.conv2d(padded, weight.reshape(1, 1, -1, 1)), weight.reshape(1, 1, 1, -1))
    found = maps.to_nodes(blurred, size)
    low, high = found.amin((2, 3), keepdim=True), found.amax((2, 3), keepdim=True)
    # Averaging rounds: a picture whose grey values differ by no more than that has nothing that stands out.
    flat = small.amax((2, 3), keepdim=True) - small.amin((2, 3), keepdim=True) <= 1e-5
    return torch.where(flat, 0, (found - low) / (high - low).clamp(min=1e-300)).clamp(0, 1).to(image.dtype)


add(
    Source(
        "spectral",
        t("source.spectral"),
        t("source.spectral.help"),
        found=spectral,
        options=(Option("sigma", "number", 2.5, 0.5, 10, "log", "px"),),
        paper="Hou and Zhang 2007",
    )
)

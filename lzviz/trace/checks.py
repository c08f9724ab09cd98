"""What a pipeline is given, looked at before anything runs."""

from __future__ import annotations

import torch
from torch import Tensor


def checked_image(image: Tensor) -> Tensor:
    """An image (B, 3, H, W) or (3, H, W), floats in [0, 1], as a batch; TypeError or ValueError for anything else."""
    if not isinstance(image, Tensor) or not image.is_floating_point():
        kind = image.dtype if isinstance(image, Tensor) else type(image).__name__
        hint = "image / 255" if isinstance(image, Tensor) else "torch.from_numpy(array).permute(2, 0, 1) / 255"
        raise TypeError(f"expected an image as a float tensor (B, 3, H, W) in [0, 1], got {kind}: did you mean {hint}?")
    image = image[None] if image.ndim == 3 else image
    if image.ndim != 4 or image.shape[1] != 3 or not len(image):
        hint = ""
        if image.ndim == 4 and image.shape[-1] == 3:
            hint = "; did you mean image.permute(2, 0, 1)?"
        elif image.ndim == 4 and image.shape[1] in (1, 4):
            hint = "; did you mean " + ("image.expand(-1, 3, -1, -1)?" if image.shape[1] == 1 else "image[:, :3]?")
        raise ValueError(
            f"expected an image of three colours, (B, 3, H, W) or (3, H, W), got {tuple(image.shape)}{hint}"
        )
    if min(image.shape[-2:]) < 2:
        raise ValueError(f"expected an image of at least 2 x 2 pixels, got {tuple(image.shape[-2:])}")
    low, high = (float(value) for value in torch.aminmax(image))
    if low != low or high != high:
        raise ValueError(f"{int(image.isnan().sum())} of the image's values are NaN")
    if low < 0 or high > 1:
        hint = "image / 255" if high > 2 else "image.clamp(0, 1)"
        raise ValueError(f"expected an image in [0, 1], got [{low:.4g}, {high:.4g}]; did you mean {hint}?")
    return image


def checked_labels(labels: Tensor, image: Tensor, name: str, same_size: bool) -> Tensor:
    """Labels (B, H, W) or (H, W), integers, as an int64 batch on the device of their images."""
    if not isinstance(labels, Tensor) or labels.is_floating_point() or labels.dtype == torch.bool:
        kind = labels.dtype if isinstance(labels, Tensor) else type(labels).__name__
        raise TypeError(f"expected {name} as a tensor of integers (B, H, W), got {kind}")
    labels = labels[None] if labels.ndim == 2 else labels
    wanted = (len(image), *image.shape[-2:])
    if labels.ndim != 3 or len(labels) != wanted[0] or (same_size and tuple(labels.shape) != wanted):
        raise ValueError(f"{name} {tuple(labels.shape)} do not fit images of {wanted}")
    return labels.to(image.device, torch.int64)

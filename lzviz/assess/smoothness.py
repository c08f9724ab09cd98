"""How stiff a grid should be, class by class: LDS's study of ES's lambda (Jin et al. 2022, section 2) on labels of one's own.

    labels --boundary--> nodes of ES at each lambda --sampled, brought back--> IoU of each class

No network takes part: the labels of a perfect one are sampled and reconstructed, so that what is lost is lost by sampling.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lzviz.coords import Size
from lzviz.measure import evaluation
from lzviz.samplers.es import boundary_pixels, minimise, nearest_boundary
from lzviz.warp import Warp

IGNORE = 255


def per_class(
    labels: Tensor, size: Size, smoothness: Sequence[float], classes: int, *, nodes: Size | None = None
) -> Tensor:
    """Intrinsic IoU of each class at each lambda.

    Args:
        labels: (B, H, W) integers; 255 is not labelled.
        size: (h, w) of the sampled image.
        smoothness: lambdas of eq. 3 of ES, each finite and >= 0; small ones follow boundaries, large ones stay uniform.
        classes: K, more than the largest label.
        nodes: (h, w) of the control grid; by default those of the sampled image.

    Returns:
        (L, K) float64 in [0, 1]; NaN for a class that does not occur.

    Raises:
        ValueError: no lambda, or one that is negative or not finite; labels beyond ``classes``.
    """
    if not len(smoothness):
        raise ValueError("expected one lambda or more, got none")
    targets = nearest_boundary(boundary_pixels(labels, IGNORE), nodes or size)
    source: Size = (int(labels.shape[-2]), int(labels.shape[-1]))
    rows = []
    for stiffness in smoothness:
        layout = Warp.from_grid(minimise(targets, stiffness).float()).at(size, source)
        perfect = evaluation.reconstructed_labels(layout, labels, classes, IGNORE, border=True)
        rows.append(evaluation.iou(evaluation.confusion(perfect, labels, classes, IGNORE)))
    return torch.stack(rows)

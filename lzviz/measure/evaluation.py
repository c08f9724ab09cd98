"""How good a result is: confusion and mIoU, what sampling alone loses, and how well key points match.

Everything is counted first and divided last: confusion matrices of several pictures add up, and only their sum is
turned into a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import cv2
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lzviz.layout import Layout
from lzviz.saliency import from_boundaries
from lzviz.warp import WarpLayout

# Labels


def confusion(prediction: Tensor, truth: Tensor, classes: int, ignore_index: int = 255) -> Tensor:
    """Pixels by true class (row) and predicted class (column): (classes, classes + 1), float64.

    prediction, truth  integer labels of one shape, e.g. (B, H, W). Where the truth is `ignore_index`, the pixel does not
                       count. Where a prediction is no class (`ignore_index` or any number outside 0 .. classes - 1: a
                       pixel that a sampler could not reconstruct), it falls in the last column and counts as wrong.
    """
    for name, labels in (("prediction", prediction), ("truth", truth)):
        if labels.is_floating_point() or labels.dtype == torch.bool:
            raise TypeError(f"{name} must be integer labels, got {labels.dtype}: did you forget argmax(1)?")
    if prediction.shape != truth.shape:
        raise ValueError(f"prediction {tuple(prediction.shape)} and truth {tuple(truth.shape)} differ in shape")
    counted = truth != ignore_index
    rows, columns = truth[counted].long(), prediction[counted].long()
    if rows.numel() and not 0 <= int(rows.min()) <= int(rows.max()) < classes:
        odd = rows[(rows < 0) | (rows >= classes)][0].item()
        raise ValueError(f"truth holds label {odd}, but classes={classes} and ignore_index={ignore_index}")
    known = (columns >= 0) & (columns < classes) & (columns != ignore_index)
    columns = torch.where(known, columns, classes)
    cells = torch.bincount(rows * (classes + 1) + columns, minlength=classes * (classes + 1))
    return cells.view(classes, classes + 1).double()


def iou(matrix: Tensor) -> Tensor:
    """Intersection over union of each class, (..., classes) of matrices (..., classes, classes + 1); NaN for a class that is
    neither true nor predicted anywhere."""
    known = matrix[..., : matrix.shape[-2]]
    both = known.diagonal(dim1=-2, dim2=-1)
    return both / (matrix.sum(-1) + known.sum(-2) - both)


def miou(matrix: Tensor) -> float:
    """Mean IoU over the classes that are true or predicted somewhere, in [0, 1]; NaN if there is none."""
    return iou(matrix).nanmean().item()


def accuracy(matrix: Tensor) -> float:
    """Share of the counted pixels that are right, in [0, 1]; NaN if none is counted."""
    return (matrix.diagonal().sum() / matrix.sum()).item()


# Where it is hard


def boundary_band(labels: Tensor, distance: int = 4, ignore_index: int = 255) -> Tensor:
    """Pixels at most `distance` pixels from a label boundary, along rows and columns (Chebyshev): (B, H, W) bool.

    A boundary is a pair of neighbours (of 8) of different classes; both are at distance 0. `ignore_index` makes none.
    """
    if distance < 0:
        raise ValueError(f"distance must be a number of pixels >= 0, got {distance!r}")
    edge = from_boundaries(labels, (int(labels.shape[-2]), int(labels.shape[-1])), 1, 0, ignore_index)
    return _grown(edge[:, 0] > 0, distance)


def boundary_confusion(
    prediction: Tensor, truth: Tensor, classes: int, distance: int = 4, ignore_index: int = 255
) -> Tensor:
    """The confusion matrix within `boundary_band` of the truth; its mIoU is the *boundary mIoU* (a trimap's).

    Not the boundary IoU of Cheng et al. 2021, which compares the inner contours of two masks. 4 pixels at 360 x 480.
    """
    band = boundary_band(truth, distance, ignore_index)
    return confusion(prediction, torch.where(band, truth, ignore_index), classes, ignore_index)


def small_objects(labels: Tensor, share: float = 0.001, ignore_index: int = 255) -> Tensor:
    """Pixels of the connected components (8 neighbours, one class) that are smaller than `share` of the picture: (B, H, W) bool."""
    if not 0 < share <= 1:
        raise ValueError(f"share must be a part of the picture in (0, 1], got {share!r}")
    limit = share * labels.shape[-2] * labels.shape[-1]
    out = np.zeros(tuple(labels.shape), dtype=bool)
    for small, picture in zip(out, labels.cpu().numpy(), strict=True):
        for label in np.flatnonzero(np.bincount(picture.ravel())):
            if label != ignore_index:
                mask = (picture == label).astype(np.uint8)
                _, component, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
                few = stats[:, cv2.CC_STAT_AREA] < limit
                few[0] = False  # the rest of the picture
                small |= few[component]
    return torch.from_numpy(out).to(labels.device)


def small_counts(
    prediction: Tensor,
    truth: Tensor,
    classes: int,
    share: float = 0.001,
    distance: int = 4,
    ignore_index: int = 255,
) -> Tensor:
    """What became of small objects, to be added up over pictures: (classes, 3) float64, pixels of each class that are

    * hit: on one of its `small_objects` and predicted as the class;
    * missed: on one of its small objects and predicted as another;
    * false: of another true class, predicted as this one, and at most `distance` pixels (Chebyshev) from one of its small objects.

    A false pixel farther off cannot be said to belong to an object of any size and does not count; nor do void, and pixels
    of the same class on larger objects.
    """
    small = small_objects(truth, share, ignore_index)
    out = torch.zeros(classes, 3, dtype=torch.float64, device=truth.device)
    for label in truth[small].unique().tolist():
        objects, predicted = small & (truth == label), prediction == label
        false = _grown(objects, distance) & predicted & (truth != label) & (truth != ignore_index)
        out[label] = torch.stack([(objects & predicted).sum(), (objects & ~predicted).sum(), false.sum()])
    return out


def small_iou(counts: Tensor) -> Tensor:
    """hit / (hit + missed + false) of counts (..., classes, 3): (..., classes); NaN for a class without small objects."""
    return counts[..., 0] / counts.sum(-1)


def small_recall(counts: Tensor) -> Tensor:
    """hit / (hit + missed) of counts (..., classes, 3): (..., classes); NaN for a class without small objects."""
    return counts[..., 0] / counts[..., :2].sum(-1)


def _grown(mask: Tensor, distance: int) -> Tensor:
    """Pixels within `distance` of a marked one along rows and columns: (B, H, W) bool to the same."""
    square = np.ones((2 * distance + 1, 2 * distance + 1), np.uint8)
    grown = [cv2.dilate(image, square) for image in mask.cpu().numpy().astype(np.uint8)]
    return torch.from_numpy(np.stack(grown)).to(mask.device) > 0


# What sampling alone loses


def sampled_labels(layout: Layout, labels: Tensor) -> Tensor:
    """Labels (B, H, W) read at the sites of `layout` by nearest neighbour: (N,); a layout of one image serves all labels."""
    height, width = labels.shape[-2:]
    if (height, width) != tuple(layout.source_size):
        raise ValueError(f"labels are {height} x {width}, the layout's source is {tuple(layout.source_size)}")
    column = (layout.sites[:, 0] + 0.5).floor().long().clamp(0, width - 1)
    row = (layout.sites[:, 1] + 0.5).floor().long().clamp(0, height - 1)
    if layout.count.numel() == 1:
        return labels[:, row, column].flatten()
    return labels[layout.batch, row, column]


def reconstructed_labels(
    layout: Layout, labels: Tensor, classes: int, ignore_index: int = 255, border: bool = False
) -> Tensor:
    """Y' = upsample(sample(Y)): labels (B, H, W) after a perfect network that saw only the samples of `layout`.

    Each class (and "ignored") is spread over the source by `layout.scatter`, and the strongest wins at each pixel.
    `ignore_index` where ignored wins, or where the layout reconstructs nothing. A layout of one image serves all labels.

    border  what lies outside the view of a warp takes the answer of the view's border, as `lzviz.Pipeline` has it
    """
    if layout.count.numel() == 1 and len(labels) > 1:
        return torch.cat([reconstructed_labels(layout, one[None], classes, ignore_index, border) for one in labels])
    rows = sampled_labels(layout, labels).long()
    rows = torch.where((rows >= 0) & (rows < classes), rows, classes)
    votes = F.one_hot(rows, classes + 1).to(layout.sites.dtype)
    if border and isinstance(layout, WarpLayout):
        zoomed = votes.reshape(-1, *layout.zoomed_size, classes + 1).permute(0, 3, 1, 2)
        winner = layout.warp.unzoom(zoomed, layout.source_size, fill=None).argmax(1)
        return torch.where(winner < classes, winner, ignore_index)
    dense, valid = layout.scatter(votes, layout.source_size)
    winner = dense.argmax(1)
    return torch.where(valid & (winner < classes), winner, ignore_index)


def intrinsic_confusion(
    layout: Layout, labels: Tensor, classes: int, ignore_index: int = 255, border: bool = False
) -> Tensor:
    """The confusion matrix of `reconstructed_labels` against `labels`, to be summed over a data set."""
    rebuilt = reconstructed_labels(layout, labels, classes, ignore_index, border)
    return confusion(rebuilt, labels, classes, ignore_index)


def intrinsic_upsampling_error(
    layout: Layout, labels: Tensor, classes: int, ignore_index: int = 255, border: bool = False
) -> float:
    """1 - mIoU(Y', Y): what sampling and reconstruction lose without any network (Jin et al. 2022), in [0, 1]."""
    return 1 - miou(intrinsic_confusion(layout, labels, classes, ignore_index, border))


# Key points


def project(points: Tensor, homography: Tensor) -> Tensor:
    """Points (N, 2), x before y, in pixels, through a 3x3 homography: (N, 2)."""
    lifted = torch.cat([points, torch.ones_like(points[:, :1])], 1) @ homography.to(points.dtype).T
    return lifted[:, :2] / lifted[:, 2:]


def mutual_matches(first: Tensor, second: Tensor) -> Tensor:
    """Pairs (M, 2) of rows of (N, C) and (L, C) that are each other's nearest neighbours (Euclidean), by first index."""
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(f"expected descriptors (N, C) and (L, C), got {tuple(first.shape)} and {tuple(second.shape)}")
    if not len(first) or not len(second):
        return torch.empty(0, 2, dtype=torch.int64, device=first.device)
    distance = torch.cdist(first, second)
    forth, back = distance.argmin(1), distance.argmin(0)
    index = torch.arange(len(first), device=first.device)
    mutual = back[forth] == index
    return torch.stack([index[mutual], forth[mutual]], 1)


def mma(
    first_points: Tensor,
    first_descriptors: Tensor,
    second_points: Tensor,
    second_descriptors: Tensor,
    homography: Tensor,
    thresholds: Sequence[float] = tuple(range(1, 11)),
    per: Literal["match", "possible"] = "match",
) -> Tensor:
    """Mean matching accuracy of one image pair at each threshold: (T,) float64 in [0, 1].

    A mutual nearest-neighbour match is correct at t if `|H p - q| <= t` pixels.

    points       (N, 2) and (L, 2), x before y, in pixels of their images
    homography   3x3, takes pixels of the first image to the second
    per          "match": correct / matches found, as usual; "possible": correct / points of the first image that have
                 a partner within t in the second, as for content-adaptive downsampling. 0 where nothing is to be found.
    """
    if per not in ("match", "possible"):
        raise ValueError(f'per must be "match" or "possible", got {per!r}')
    for points, descriptors in ((first_points, first_descriptors), (second_points, second_descriptors)):
        if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(descriptors):
            raise ValueError(
                f"expected (N, 2) points and N descriptors, got {tuple(points.shape)} and {len(descriptors)}"
            )
    limits = torch.as_tensor(thresholds, dtype=torch.float64, device=first_points.device)
    pairs = mutual_matches(first_descriptors, second_descriptors)
    expected = project(first_points.double(), homography)
    error = (expected[pairs[:, 0]] - second_points[pairs[:, 1]].double()).norm(dim=1)
    correct = (error[:, None] <= limits).sum(0).double()
    if per == "match":
        return correct / max(len(pairs), 1)
    if not len(second_points):
        return torch.zeros_like(limits)
    nearest = torch.cdist(expected, second_points.double(), compute_mode="donot_use_mm_for_euclid_dist").amin(1)
    return correct / (nearest[:, None] <= limits).sum(0).clamp(min=1)

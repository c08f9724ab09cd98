"""Many small shapes at once, in unit coordinates: what the flat scenes (aerial, slide) are drawn with."""

import numpy as np

from lzviz.scenes.paint import Painting, tag


def rotate(points: np.ndarray, angle) -> np.ndarray:
    """(..., k, 2) points turned by `angle` (...) radians about the origin."""
    c, s = np.cos(angle)[..., None], np.sin(angle)[..., None]
    x, y = points[..., 0], points[..., 1]
    return np.stack([c * x - s * y, s * x + c * y], -1)


def rectangles(centres, halves, angle) -> np.ndarray:
    """(n, 4, 2) corners; centres and halves: (n, 2); angle: a number or (n,)."""
    centres, halves = np.broadcast_arrays(np.asarray(centres, float), halves)
    corners = halves[:, None] * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1.0)])
    return rotate(corners, np.broadcast_to(angle, len(centres))) + centres[:, None]


def ellipses(centres, halves, angle, corners: int = 16, rough=None) -> np.ndarray:
    """(n, corners, 2) outlines; rough: (n, corners) factors on the radius."""
    centres, halves = np.broadcast_arrays(np.asarray(centres, float), halves)
    turn = np.arange(corners) * 2 * np.pi / corners
    ring = np.stack([np.cos(turn), np.sin(turn)], 1) * halves[:, None]
    ring = ring if rough is None else ring * rough[..., None]
    return rotate(ring, np.broadcast_to(angle, len(centres))) + centres[:, None]


def ribbons(points: np.ndarray, half) -> np.ndarray:
    """(n, 2m, 2) outlines of n polylines (n, m, 2) of half width `half`, a number or (n, m), tapering included."""
    along = np.gradient(points, axis=1)
    along /= np.maximum(np.linalg.norm(along, axis=-1, keepdims=True), 1e-12)
    across = along[..., ::-1] * [-1, 1] * np.broadcast_to(half, points.shape[:2])[..., None]
    return np.concatenate([points + across, (points - across)[:, ::-1]], 1)


def paint(painting: Painting, points, colours, owners, material: int = 0) -> None:
    """Append n polygons (n, k, 2) of colours (3,) or (n, 3)."""
    points = np.asarray(points, float)
    n, k = points.shape[:2]
    if n == 0:
        return
    colours = np.broadcast_to(np.asarray(colours, float), (n, 3))
    tags = np.broadcast_to(tag(owners, material), (n,))
    painting.polygons(points.reshape(-1, 2), np.full(n, k), colours, tags)

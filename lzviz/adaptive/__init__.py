"""Content-adaptive downsampling: masks, quadtrees and networks that run on them."""

from lzviz.adaptive import dispatch as _dispatch  # noqa: F401 (lets multi-resolution tensors answer torch)
from lzviz.adaptive import gpu, masks
from lzviz.adaptive.adapter import Adapted, Plan, adapt
from lzviz.adaptive.extensions import DeformableConv2d, SoftPool2d
from lzviz.adaptive.quadtree import Leaves, QuadTree
from lzviz.adaptive.report import Report

__all__ = ["Adapted", "DeformableConv2d", "Leaves", "Plan", "QuadTree", "Report", "SoftPool2d", "adapt", "gpu", "masks"]

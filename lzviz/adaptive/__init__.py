"""Content-adaptive downsampling: masks, quadtrees and networks that run on them."""

from lzviz.adaptive import gpu, masks
from lzviz.adaptive.adapter import Adapted, Plan, Report, adapt
from lzviz.adaptive.quadtree import Leaves, QuadTree

__all__ = ["Adapted", "Leaves", "Plan", "QuadTree", "Report", "adapt", "gpu", "masks"]

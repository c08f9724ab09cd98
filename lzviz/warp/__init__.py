"""A warp is a value: a frozen map from points of the zoomed image to points of the source.

``warp.forward(points)`` goes zoomed -> source, ``warp.inverse(points)`` source -> zoomed, ``outer @ inner`` composes.
Reading pixels comes after: ``zoom`` reads the source on the forward grid, ``unzoom`` reads features on the inverse grid.
Coordinates: :mod:`lzviz.coords`.
"""

from lzviz.warp.base import Warp as Warp
from lzviz.warp.composed import Composed as Composed
from lzviz.warp.grid import GridWarp as GridWarp
from lzviz.warp.layout import WarpLayout as WarpLayout

"""Watching a running model: every warped read that it makes, kept on disk, diagnosed, drawn.

    watched = lzviz.watch(model, "runs/stn/watch")      # a look every 100 forward passes
    ... train ...                                       # what was seen is on disk also where the run crashes
    watched.close()

``lzviz watch runs/stn/watch`` makes one page of it with a time line. A look sees ``F.grid_sample`` (``torch.grid_sampler``),
``torchvision.ops.deform_conv2d`` and the zoom of every :class:`lzviz.Warp`.
"""

from lzviz.watching.looks import Look, Looks
from lzviz.watching.watch import Watch, watch

__all__ = ["Look", "Looks", "Watch", "watch"]

"""How good a pipeline is on a set of labelled pictures, what it costs, and whether another one is better.

    report = assess(pipeline, dataset)
    report.miou, report.boundary_miou, report.small_iou, report.intrinsic_miou
    paired(report, other)                        # difference of mIoU, 95 % interval

A report keeps what was counted for each picture, so that two of them can be compared picture by picture: pictures that are hard are
hard for both, and most of what scatters cancels. Neighbouring frames of a film are not independent; they are resampled in blocks.
"""

from lzviz.assess.cards import equal_cost_size, with_reports
from lzviz.assess.frames import frame_of
from lzviz.assess.paired import Difference, block_length, blocks_of, paired
from lzviz.assess.report import Report
from lzviz.assess.run import assess

__all__ = [
    "Difference",
    "Report",
    "assess",
    "block_length",
    "blocks_of",
    "equal_cost_size",
    "frame_of",
    "paired",
    "with_reports",
]

"""torchvision where its compiled operators may be missing: suppression and pooling in plain tensors then."""

from __future__ import annotations

import sys
from types import ModuleType

from lzviz.models.suppression import _compiled, plain_nms
from tests.test_adaptive_extras import torchvision


def detectors() -> ModuleType:
    """``torchvision.models.detection``, in working order."""
    torchvision()
    import torchvision.models.detection as found

    if _compiled() is None:
        boxes, pooling = sys.modules["torchvision.ops.boxes"], sys.modules["torchvision.ops.roi_align"]
        boxes.nms = plain_nms  # type: ignore[attr-defined]
        pooling._roi_align = getattr(pooling._roi_align, "__wrapped__", pooling._roi_align)  # type: ignore[attr-defined]
    return found

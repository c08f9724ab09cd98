"""The Explore tab: one picture, one warp, live."""

from __future__ import annotations

from app.canvas import WarpCanvas


def explore() -> WarpCanvas:
    """Put the canvas into the tab that is open now."""
    return WarpCanvas(elem_id="explore-canvas")

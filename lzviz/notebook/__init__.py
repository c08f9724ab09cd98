"""The live canvas without a server: in a cell of a notebook (:func:`show`), and as one file (:func:`save_html`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lzviz.contract.state import State
    from lzviz.notebook.widget import Canvas

__all__ = ["save_html", "show"]

EXTRA = "pip install 'lzviz[notebook]'"


def show(
    what: Any = None, *, image: Any = None, height: int = 720, state: State | None = None, language: str = "en"
) -> Canvas:
    """The live canvas in a notebook: Jupyter, and whatever else shows anywidgets.

        canvas = lzviz.show(image)  # paint in the cell ...
        canvas.saliency             # ... and have the tensor in the next

    Args:
        what: a picture (a path, (H, W, 3) uint8, or one of (1, 3, H, W) or (3, H, W) floats in [0, 1]); a :class:`lzviz.Warp`; the
            :class:`lzviz.Trace` of a run, whose warp is shown; or a :class:`~lzviz.comparison.Comparison`, whose warps join the
            menu of samplers.
        image: the picture under a warp; by default a test card.
        height: of the cell in pixels.
        state: what is shown first, but for picture and warp; by default the defaults.
        language: of its words, as a BCP 47 tag.

    Raises:
        ModuleNotFoundError: anywidget is missing; the message names the extra that has it.
        TypeError: ``what`` is nothing that can be shown.
        ValueError: a picture or a height that makes no sense.
    """
    from lzviz.notebook.behind import Behind

    try:
        from lzviz.notebook.widget import Canvas
    except ModuleNotFoundError as missing:
        if missing.name not in ("anywidget", "traitlets", "ipywidgets"):
            raise
        told = f"lzviz.show needs {missing.name}, which is not installed: {EXTRA}"
        file = "lzviz.save_html(what, path) makes a file of the same page without it"
        raise ModuleNotFoundError(f"{told}; {file}", name=missing.name) from None
    if not isinstance(height, int) or not 200 <= height <= 4000:
        raise ValueError(f"height: expected 200 to 4000 pixels, got {height!r}")
    return Canvas(Behind.of(what, image, state, language), height=height)


def save_html(
    what: Any, path: str | Path, *, image: Any = None, state: State | None = None, language: str = "en"
) -> Path:
    """The live canvas as one file, which needs neither Python nor a network nor, to be made, a notebook.

        lzviz.save_html(image, "picture.html")
        warp.save_html("warp.html", image)  # the same as a method of Warp, Trace, Comparison and of the canvas of a cell

    It is live for every sampler that a browser computes; what only Python computes stands there with the answer for the state
    that is saved.

    Args:
        what, image, state, language: as :func:`show` takes them.
        path: of the file; what is there is replaced.

    Returns:
        ``path``.

    Raises:
        TypeError, ValueError: ``what`` is nothing that can be shown.
        OSError: the file cannot be written.
    """
    from lzviz import samplers
    from lzviz.notebook.behind import Behind
    from lzviz.notebook.saved import written

    behind = Behind.of(what, image, state, language)
    try:
        return written(behind, path)
    finally:  # what came along is in the file; the script's own menu is as it was
        for name in behind.brought:
            del samplers.REGISTRY[name]

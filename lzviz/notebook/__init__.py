"""The live canvas in a cell of a notebook: :func:`show`."""

from lzviz.notebook.subject import show

__all__ = ["show"]

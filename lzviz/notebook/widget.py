"""The canvas as an anywidget: its state is a link, its questions are messages, and the kernel answers them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import anywidget
import torch
import traitlets
from torch import Tensor

from lzviz import __version__
from lzviz.canvas.page import given, page
from lzviz.contract.answers import warp
from lzviz.contract.exchange import Reply
from lzviz.contract.maps import Map
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.notebook.behind import Behind
from lzviz.notebook.saved import written
from lzviz.warp import Warp

START = (
    "window.lzvizOpen = (model, around) => open(element, model, around).catch((error) => {"
    " element.textContent = `The canvas could not start: ${error.message}`; });"
)


class Canvas(anywidget.AnyWidget):
    """What :func:`lzviz.show` gives: a live page in a cell, and what it holds.

    Attributes:
        state: the whole state (:class:`lzviz.State`); set it, and the page follows; observe it, and every stroke is told.
        link: the same as the text of a link.
        saliency: (1, 1, h, w) float32, what attracts the samples, before its contrast. Set any (h, w) or (1, 1, h, w) tensor
            that is not negative, and the page looks there: it is kept in 256 steps on at most 128 cells a side. Observe it too.
        warp: the :class:`lzviz.Warp` of the state, float32.
        map: the map that was brought along as text (:meth:`lzviz.contract.maps.Map.to_text`), or "".
        shown: the id of the picture that is shown; ``picture`` is that itself.
        height: of the cell in pixels.
    """

    _esm = Path(__file__).with_name("widget.js")
    _page = traitlets.Unicode().tag(sync=True)
    _given = traitlets.Dict().tag(sync=True)
    map = traitlets.Unicode().tag(sync=True)
    shown = traitlets.Unicode().tag(sync=True)
    link = traitlets.Unicode().tag(sync=True)
    height = traitlets.Int(720, min=200, max=4000).tag(sync=True)
    state = traitlets.Instance(State)

    def __init__(self, behind: Behind, *, height: int = 720):
        self._first = behind
        super().__init__(
            _page=page("notebook.js", START, title=f"lzviz {__version__}"),
            _given=given(behind.catalogue(), behind.language),
            shown=behind.shown,
            link=behind.state.to_link(),
            state=behind.state,
            height=height,
        )
        self.on_msg(self._asked)

    def __repr__(self) -> str:
        h, w = self.picture.size
        return f"lzviz canvas of {h} x {w} pixels at {self.link[:80]}"

    # The page asks --------------------------------------------------------------------------------------------------

    def _asked(self, _: object, content: Any, buffers: list[Any]) -> None:
        if not isinstance(content, dict) or not isinstance(content.get("ask"), str):
            return
        reply = self.reply(str(content.get("method")), str(content.get("path")), bytes(buffers[0]) if buffers else b"")
        headers = {**reply.headers, "content-type": reply.media_type}
        self.send({"answer": content["ask"], "status": reply.status, "headers": headers}, [reply.body])

    def reply(self, method: str, address: str, body: bytes = b"") -> Reply:
        """What a question of the page is answered; every failure is a sentence."""
        return self._behind().reply(method, address, body)

    def _behind(self) -> Behind:
        """What stands behind the page as it is now."""
        return replace(self._first, state=self.state, shown=self.shown, map=self.map)

    # What it holds --------------------------------------------------------------------------------------------------

    @traitlets.observe("link")
    def _linked(self, change: Any) -> None:
        state = State.from_link(change["new"])
        if state != self.state:
            self.state = state
        self._tell_saliency()

    @traitlets.observe("state")
    def _stated(self, change: Any) -> None:
        if State.from_link(self.link) != change["new"]:
            self.link = change["new"].to_link()

    @traitlets.observe("map")
    def _mapped(self, _: Any) -> None:
        if self.state.saliency == "file":
            self._tell_saliency()

    def _tell_saliency(self) -> None:
        """Whoever observes ``saliency`` has it; nobody else pays for it."""
        if self._trait_notifiers.get("saliency"):
            self.notify_change(traitlets.Bunch(name="saliency", old=None, new=self.saliency, owner=self, type="change"))

    @property
    def picture(self) -> Picture:
        """The picture that is shown: the one that was given, or what was opened in the page meanwhile."""
        return self._behind().picture

    def _file(self) -> Map | None:
        return Map.from_text(self.map) if self.map else None

    @property
    def saliency(self) -> Tensor:
        state = self.state
        if state.saliency == "file" and not self.map:
            return torch.ones(1, 1, *state.nodes)
        return warp.saliency_of(state, self.picture, self._file()).float()

    @saliency.setter
    def saliency(self, value: Any) -> None:
        values = torch.as_tensor(value).detach().cpu().float()
        if not values.numel() or not bool(values.isfinite().all()) or float(values.min()) < 0:
            raise ValueError("saliency: expected finite numbers, 0 or more; did you mean saliency.relu()?")
        try:
            text = warp.map_of_values((values / values.max().clamp(min=1e-30)).numpy()).to_text()
        except Refusal:
            raise ValueError(f"saliency: expected (h, w) or (1, 1, h, w), got {tuple(values.shape)}") from None
        with self.hold_sync():
            self.map = text
            self.state = self.state.model_copy(update={"saliency": "file"})

    @property
    def warp(self) -> Warp:
        return warp.Setting.of(self.state, self.picture, self._file()).warp_float32.to(torch.float32)

    def save_html(self, path: str | Path) -> Path:
        """The page as it is, as one file that needs no Python; see :func:`lzviz.save_html`.

        Returns:
            ``path``.
        """
        return written(self._behind(), path)

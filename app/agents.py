"""What agents (over the Model Context Protocol) and scripts (over Gradio's API) may ask: typed tools, sentences and pictures.

Annotations are real types here and no texts: Gradio reads them.
"""

import base64
import importlib.util
import io
import json
import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, Literal

import gradio as gr
import numpy as np
from gradio import processing_utils
from gradio.data_classes import FileData
from gradio.utils import get_upload_folder

from app.server import Server
from lzviz.contract.messages.base import File
from lzviz.contract.messages.doctor import AddWarp, AskDiagnosis, Diagnosed
from lzviz.contract.messages.pictures import AddPicture
from lzviz.contract.messages.warp import Compute, Export
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, decode_bytes, validated
from lzviz.plain import mesh

Use = Literal["", "grid", "flow", "remap", "deform", "attention", "saliency", "points"]
View = Literal["zoomed", "source", "unzoomed", "difference"]


def has_mcp() -> bool:
    """Whether the package that serves agents is installed."""
    return importlib.util.find_spec("mcp") is not None


class Tools:
    """The tools, which share the workshop and the benches of the page; each is named as its method."""

    def __init__(self, server: Server):
        self._server = server

    def all(self) -> list[Callable[..., Any]]:
        """For Gradio's ``api``."""
        return [spoken(tool) for tool in (self.diagnose, self.describe_warp, self.render_warp)]

    async def _held(self, image: str) -> str | None:
        return (await self._server.answer(AddPicture(data=decode_bytes(image, "image")))).id if image else None

    async def _given(self, array: str, name: str) -> str:
        if not array:
            raise Refusal("Expected an array as base64, or the name of a specimen.")
        return (await self._server.answer(AddWarp(name=name, data=decode_bytes(array, "array")))).id

    async def diagnose(
        self,
        array: str = "",
        name: str = "grid.npy",
        specimen: str = "",
        height: int = 1024,
        width: int = 2048,
        use: Use = "",
        mend: bool = False,
    ) -> tuple[str, dict, dict]:
        """What is wrong with a sampling grid, flow, offsets, OpenCV maps or saliency map, where, and what mends it.

        Args:
            array: the bytes of a file (.npy .npz .pt .safetensors .json .flo) as base64; pickles are refused.
            name: the file's name; its suffix says how it is read.
            specimen: instead of an array, a shipped fault such as folds, axis-order, units, displacement or convention.
            height: of the source picture in pixels.
            width: of the source picture in pixels.
            use: what the array shall be taken for; empty: the doctor decides and says how sure it is.
            mend: apply every fix, worst first, and diagnose what that gives.

        Returns:
            One sentence with the worst finding and its fix; the findings; a picture of the grid on the source.
        """
        about: dict[str, Any] = {"specimen": specimen} if specimen else {"given": await self._given(array, name)}
        told = await self._server.answer(
            validated(AskDiagnosis, {**about, "source": (height, width), "use": use or None, "mend": mend})
        )
        return str(told.sentence), findings_of(told), png(drawn(told, (height, width)), "grid.png")

    async def describe_warp(self, link: str = "", image: str = "") -> str:
        """Describe in one sentence the warp that a link to the page or its settings mean: where samples go, folds, zoom.

        Args:
            link: a link to the page, or its part after #, such as sampler=lzu&from=edges&width=128; empty: the defaults.
            image: a picture (PNG, JPEG) as base64; empty: the one that the link names.

        Returns:
            The sentence.
        """
        said = await self._server.answer(Compute(state=state_of(link), image=await self._held(image)))
        return str(said.sentence)

    async def render_warp(self, link: str = "", view: View = "zoomed", image: str = "") -> tuple[str, dict]:
        """Render what a warp makes of a picture: the zoomed picture, the source with its samples, or what comes back.

        Args:
            link: a link to the page, or its part after #, such as sampler=lzu&from=edges&width=128; empty: the defaults.
            view: zoomed, source (with the samples on it), unzoomed, or difference to the source.
            image: a picture (PNG, JPEG) as base64; empty: the one that the link names.

        Returns:
            The sentence about the warp, and the picture.
        """
        state, own = state_of(link), await self._held(image)
        file: File = await self._server.answer(Export(state=state, image=own, what=view, format="png"))
        said = await self._server.answer(Compute(state=state, image=own))
        return str(said.sentence), stored(file.body, f"{view}.png")


def spoken(tool: Callable[..., Any]) -> Callable[..., Any]:
    """A refusal is the sentence that whoever asked gets to read."""

    @wraps(tool)
    async def told(*values: Any, **named: Any) -> Any:
        try:
            return await tool(*values, **named)
        except Refusal as refusal:
            raise gr.Error(str(refusal), print_exception=False) from None

    return told


def state_of(link: str) -> State:
    """The state of a link; what cannot be read is refused here, so that an agent learns of it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        state = State.from_link(f"#{link.split('#')[-1]}")
    if caught:
        raise Refusal(str(caught[0].message)[:280])
    return state


def findings_of(told: Diagnosed) -> dict[str, Any]:
    """The findings as plain values, each sentence in English; checks that found nothing by their names alone."""
    found = [finding.plain() for finding in told.findings if finding.verdict != "ok"]
    fine = [finding.check for finding in told.findings if finding.verdict == "ok"]
    said = {"well": told.well, "taken": told.taken, "findings": found, "fine": fine, "applied": told.applied}
    return json.loads(json.dumps(said, default=str))


def drawn(told: Diagnosed, source: tuple[int, int]) -> np.ndarray:
    """The mesh of a grid in the outline of its source, (h, w, 3) bytes; what is no grid is an empty outline."""
    from PIL import Image, ImageDraw

    share = 640 / max(source)
    h, w = (max(64, round(n * share)) for n in source)
    canvas = Image.new("RGB", (w, h), "white")
    pen = ImageDraw.Draw(canvas)
    if told.grid is not None:
        grid = np.frombuffer(base64.b64decode(told.grid.nodes)).reshape(*told.grid.nodes_size, 2).clip(-4, 4)
        for line in mesh.lines(grid, (h, w)):
            pen.line([(float(x), float(y)) for x, y in line], fill=(53, 87, 214), width=1)
        for finding in told.findings:
            for edges in mesh.hulls(grid, (h, w), finding.place if finding.verdict != "ok" else ()):
                pen.rectangle(edges, outline=(192, 38, 45), width=3)
    return np.asarray(canvas)


def png(pixels: np.ndarray, name: str) -> dict[str, Any]:
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return stored(buffer.getvalue(), name)


def stored(body: bytes, name: str) -> dict[str, Any]:
    """A picture in Gradio's cache, from where a client fetches it and which an agent gets as an image."""
    path = processing_utils.save_bytes_to_cache(body, name, get_upload_folder())
    return FileData(path=path, orig_name=name, mime_type="image/png").model_dump()

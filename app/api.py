"""What scripts may ask over Gradio's API. Inputs are data, never paths; the same checks and limits as for the page."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable

import gradio as gr

from app.server import Server
from lzviz.contract.messages.base import File
from lzviz.contract.messages.pictures import AddPicture
from lzviz.contract.messages.warp import Compute, Computed, Export
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, decode_bytes

Endpoint = Callable[[str, dict], Awaitable[dict]]
KEPT = ("nodes", "nodes_size", "folds", "coverage", "share", "area", "zoom_range", "round_trip")


def downsample_endpoint(server: Server) -> Endpoint:
    """The endpoint ``/downsample``, which shares the workshop and the benches of the page."""

    async def downsample(image: str = "", options: dict = {}) -> dict:  # noqa: B006  # Gradio shows this default
        """Downsample an image with one of lzviz's samplers.

        image: an encoded image (PNG, JPEG, ...) as base64; empty for the picture that options["image"] names.
        options: any keys of the state of the page (sampler, saliency, width, nodes, fwhm, boxes ...); the others have
            their defaults, but the saliency is "edges" unless said otherwise.

        Returns the zoomed image as base64 PNG, the control nodes (base64 float64, rows x columns x 2, x before y,
        normalised with -1 and 1 at the centres of the border pixels) and one sentence with the numbers.
        """
        try:
            state = State.parse({"saliency": "edges", **options})
            own = (await server.answer(AddPicture(data=decode_bytes(image, "image")))).id if image else None
            numbers: Computed = await server.answer(Compute(state=state, image=own))
            zoomed: File = await server.answer(Export(state=state, image=own, what="zoomed", format="png"))
        except Refusal as refusal:
            raise gr.Error(str(refusal), print_exception=False) from None
        told = numbers.model_dump(by_alias=True, include=set(KEPT))
        return {"image": base64.b64encode(zoomed.body).decode(), **told, "sentence": str(numbers.sentence)}

    return downsample

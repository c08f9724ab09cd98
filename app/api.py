"""What scripts may ask over Gradio's API. Inputs are data, never paths; the same checks and limits as for the page."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from app.server import Server
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal, decode_bytes

Endpoint = Callable[[str, dict], Awaitable[dict]]


def downsample_endpoint(server: Server) -> Endpoint:
    """The endpoint ``/downsample``, which shares the gallery and the benches of the page."""

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
            picture = await _picture(server, image, state)
            return await server.benches["numbers"].run(_downsample, state, picture)
        except Refusal as refusal:
            raise gr.Error(str(refusal), print_exception=False) from None

    return downsample


async def _picture(server: Server, image: str, state: State) -> Picture:
    if image:
        return await server.benches["files"].run(server.workshop.decoder.picture, decode_bytes(image, "image"))
    return await server.benches["menu"].run(server.workshop.picture, state.image)


def _downsample(state: State, picture: Picture) -> dict[str, Any]:
    from lzviz.contract.answers.files import export
    from lzviz.contract.answers.warp import answer

    numbers = answer(state, picture)
    zoomed = export(state, picture, None, "zoomed", "png").body
    kept = ("nodes", "nodesSize", "folds", "coverage", "share", "area", "zoomRange", "roundTrip")
    return {
        "image": base64.b64encode(zoomed).decode(),
        **{key: numbers[key] for key in kept},
        "sentence": str(numbers["sentence"]),
    }

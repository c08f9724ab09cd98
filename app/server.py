"""The routes of the page, all below ``lzviz/``. The server keeps no visitor's state: the browser sends all of it.

Bodies were bounded by :mod:`app.middleware` before they arrive here. No path and no URL from a client is ever opened:
names are looked up in dictionaries made at start-up.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.from_thread
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import lzviz
from app import gallery, middleware
from app.bench import Bench
from app.models import Models, plotly_js
from lzviz.contract import pictures
from lzviz.contract.maps import Map
from lzviz.contract.pictures import OWN_PREFIX, Picture, Uploads
from lzviz.contract.state import State
from lzviz.contract.truth import Truth, Truths
from lzviz.contract.wire import Refusal, encode_array, parse_json

if TYPE_CHECKING:
    from lzviz.contract.answers.files import Export

log = logging.getLogger(__name__)
CANVAS = Path(lzviz.__file__).parent / "canvas"
CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml"}
FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><g fill="#6b7279">'
    + "".join(
        f'<circle cx="{12 + 9.5 * x}" cy="{12 + 9.5 * y}" r="1.6"/>' for x in (-1, 0, 1) for y in (-1, 0, 1) if x or y
    )
    + '</g><g fill="#3557d6">'
    + "".join(f'<circle cx="{12 + 4 * x}" cy="{12 + 4 * y}" r="2"/>' for x in (-1, 0, 1) for y in (-1, 0, 1))
    + "</g></svg>"
)

LIMITS = {
    f"{name}Bytes": middleware.body_limit(f"/lzviz/{path}")
    for name, path in (("upload", "picture"), ("map", "map"), ("truth", "truth"), ("checkpoint", "checkpoint"))
}
Handler = Callable[[Request], Awaitable[Response]]


def modules() -> dict[str, Path]:
    """Every file of the canvas by its name below ``static/``; nothing else can be asked for."""
    files = (path for path in sorted(CANVAS.rglob("*")) if path.suffix in CONTENT_TYPES and path.is_file())
    return {path.relative_to(CANVAS).as_posix(): path for path in files}


def spoken(handler: Handler) -> Handler:
    """Turn every failure of a handler into one sentence with the right status; nothing of the inside is shown."""

    async def answered(request: Request) -> Response:
        try:
            return await handler(request)
        except Refusal as refusal:
            return failure(str(refusal), refusal.status)
        except MemoryError:
            return failure("The server has no memory left for this; choose a smaller picture or output.", 503)
        except Exception:
            log.exception("%s failed", request.url.path)
            return failure("Something went wrong inside the server; reload the page and try again.", 500)

    return answered


def failure(sentence: str, status: int) -> Response:
    """The JSON of every error: ``{"ok": false, "error": sentence}``."""
    return JSONResponse({"ok": False, "error": sentence}, status)


def fresh(request: Request, body: bytes, media_type: str, headers: dict[str, str] | None = None) -> Response:
    """``body`` with an ETag to be revalidated on every use; 304 without it when the browser still has it."""
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
    headers = {"etag": tag, "cache-control": "no-cache", **(headers or {})}
    # A compressing proxy weakens the tag: W/"..."
    known = {item.strip().removeprefix("W/") for item in request.headers.get("if-none-match", "").split(",")}
    if tag in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)


class Server:
    """The routes and what they share: the gallery, the visitors' pictures, the workbench."""

    def __init__(self) -> None:
        self.modules = modules()
        self.gallery = gallery.shipped()
        self.uploads = Uploads()
        self.truths = Truths()
        self.bench = Bench()
        # Seconds each, one at a time: warps and pictures never wait behind them.
        self.networks = Bench(slots=1, waiting=8)
        self.models = Models(self.bench)
        self.gallery["street"].prepare()

    def routes(self) -> list[Route]:
        """Starlette routes for ``launch(app_kwargs={"routes": ...})``; they stay right behind a path prefix."""

        def route(path: str, handler: Handler, method: str = "GET") -> Route:
            return Route(path, spoken(handler), methods=[method])

        return [
            route("/favicon.ico", self.favicon),
            route("/lzviz/static/{name:path}", self.static),
            route("/lzviz/catalogue", self.catalogue),
            route("/lzviz/picture/{id}", self.picture),
            route("/lzviz/picture", self.upload, "POST"),
            route("/lzviz/saliency", self.saliency, "POST"),
            route("/lzviz/map", self.map, "POST"),
            route("/lzviz/compute", self.compute, "POST"),
            route("/lzviz/export", self.export, "POST"),
            route("/lzviz/cad-mask", self.adaptive(_mask, self.bench), "POST"),
            route("/lzviz/cad", self.adaptive(_features, self.networks), "POST"),
            route("/lzviz/keypoints", self.adaptive(_keypoints, self.networks), "POST"),
            route("/lzviz/cad-cost", self.adaptive_cost, "POST"),
            route("/lzviz/learned", self.learned, "POST"),
            route("/lzviz/learned-features", self.learned_part("features_answer"), "POST"),
            route("/lzviz/learned-time", self.learned_part("time_answer"), "POST"),
            route("/lzviz/learned-pixel", self.learned_part("pixel_answer", "x", "y"), "POST"),
            route("/lzviz/learned-training", self.learned_training, "POST"),
            route("/lzviz/truth", self.truth, "POST"),
            route("/lzviz/checkpoint", self.checkpoint, "POST"),
            route("/lzviz/checkpoint-hub", self.checkpoint_hub, "POST"),
            route("/lzviz/models", self.models.models),
            route("/lzviz/results", self.models.results),
            route("/lzviz/results.csv", self.models.table),
            route("/lzviz/plotly.js", self.plotly),
            route("/lzviz/checkpoint-folder", self.models.folder, "POST"),
        ]

    # Files and pictures ---------------------------------------------------------------------------------------------

    async def favicon(self, request: Request) -> Response:
        """The mark of lzviz."""
        return fresh(request, FAVICON.encode(), "image/svg+xml")

    async def static(self, request: Request) -> Response:
        """A module, style or schema of the canvas."""
        path = self.modules.get(request.path_params["name"])
        if path is None:
            raise Refusal("There is no such file of the canvas; reload the page.", 404)
        return fresh(request, await anyio.to_thread.run_sync(path.read_bytes), CONTENT_TYPES[path.suffix])

    async def plotly(self, request: Request) -> Response:
        """The library that draws the results."""
        return fresh(request, await anyio.to_thread.run_sync(plotly_js), "text/javascript")

    async def catalogue(self, request: Request) -> Response:
        """What there is to choose from, and within which limits."""
        return fresh(request, await self.bench.run(self._catalogue), "application/json")

    def _catalogue(self) -> bytes:
        from lzviz.contract.answers.catalogue import catalogue

        return json.dumps(catalogue(self.gallery.values(), LIMITS)).encode()

    async def find(self, identifier: object) -> Picture:
        """The picture of an id: shipped, or brought by a visitor."""
        if not isinstance(identifier, str):
            raise Refusal("expected the id of a picture as text; reload the page.", 400)
        if identifier.startswith(OWN_PREFIX):
            return self.uploads.get(identifier)
        if identifier not in self.gallery:
            raise Refusal("There is no picture of that name; choose one of the gallery.", 404)
        future = self.gallery[identifier].prepare()
        return await anyio.to_thread.run_sync(future.result)

    async def picture(self, request: Request) -> Response:
        """PNG of the level that the browser shows, or with ``?thumb=1`` a thumbnail; headers tell the true size."""
        identifier = request.path_params["id"]
        picture = await self.find(identifier)
        thumb = request.query_params.get("thumb") == "1"
        body = await self.bench.run(lambda: picture.thumb if thumb else picture.display)
        h, w = picture.size
        headers = {"x-lzviz-width": str(w), "x-lzviz-height": str(h)}
        if identifier.startswith(OWN_PREFIX):
            return Response(body, media_type="image/png", headers={**headers, "cache-control": "private, no-store"})
        return fresh(request, body, "image/png", headers)

    async def upload(self, request: Request) -> Response:
        """Decode and hold the image in the body; its id, true size and shown size come back."""
        identifier, picture = await self.bench.run(self.uploads.add, await request.body())
        (h, w), (dh, dw) = picture.size, pictures.fit(picture.size, pictures.DISPLAY_SIDE)
        notes = list(picture.notes)
        if (dh, dw) != (h, w):
            notes.append(f"Shown at {dw} x {dh}; computed on the full {w} x {h}.")
        return JSONResponse(
            {"ok": True, "id": identifier, "width": w, "height": h, "displayWidth": dw, "displayHeight": dh,
             "notes": notes}
        )  # fmt: skip

    # What Python computes -------------------------------------------------------------------------------------------

    async def saliency(self, request: Request) -> Response:
        """Edges of a picture on the lattice of painted maps: {image, kind: "edges"} -> {ok, h, w, data}."""
        asked = parse_json(await request.body())
        if asked.get("kind") != "edges":
            raise Refusal('The only saliency computed here is "edges"; the page computes the others itself.')
        picture = await self.find(asked.get("image"))
        return _map_answer(await self.bench.run(_edges, picture))

    async def map(self, request: Request) -> Response:
        """An uploaded image as a saliency map, bright = look here: {ok, h, w, data}."""
        return _map_answer(await self.bench.run(_map, await request.body()))

    async def compute(self, request: Request) -> Response:
        """The exact answer to a state: {seq, state, image, file} -> see ``answers.warp.answer``."""
        asked = parse_json(await request.body())
        state, picture, file = await self._question(asked)
        answer = await self.bench.run(_answer, state, picture, file)
        return JSONResponse({"ok": True, "seq": _sequence(asked), **answer})

    def adaptive(self, answer: Callable[[State, Picture], dict[str, Any]], bench: Bench) -> Handler:
        """The route of one answer of ``answers.cad`` or ``answers.keypoints``: {seq, state, image}."""

        async def answered(request: Request) -> Response:
            asked = parse_json(await request.body())
            sequence, (state, picture, _) = _sequence(asked), await self._question(asked)
            return JSONResponse({"ok": True, "seq": sequence, **await bench.run(answer, state, picture)})

        return answered

    async def adaptive_cost(self, request: Request) -> Response:
        """What the mask of a state costs over the gallery: {state} -> see ``answers.cad.cost_answer``."""
        asked = parse_json(await request.body())
        state = State.parse(asked.get("state"))
        shown = {key: (picture.title, await self.find(key)) for key, picture in self.gallery.items()}
        answer = await self.bench.run(_cost, state, shown)
        return JSONResponse({"ok": True, "seq": _sequence(asked), **answer})

    # Trained checkpoints --------------------------------------------------------------------------------------------

    async def learned(self, request: Request) -> Response:
        """A checkpoint on a picture: {seq, state, image, file, truth, only} -> see ``answers.pipeline.answer``."""
        asked = parse_json(await request.body())
        # Without the network it takes milliseconds: a map that is being drawn does not wait for another visitor's network.
        bench = self.bench if asked.get("only") else self.networks
        return await self._learned(request, asked, "answer", bench, asked.get("only"))

    def learned_part(self, name: str, *fields: str) -> Handler:
        """The route of another answer of ``answers.pipeline``: {seq, state, image, file, truth} and ``fields`` of its own."""

        async def answered(request: Request) -> Response:
            asked = parse_json(await request.body())
            return await self._learned(request, asked, name, self.networks, *(asked.get(field) for field in fields))

        return answered

    async def _learned(
        self, request: Request, asked: dict[str, Any], name: str, bench: Bench, *arguments: object
    ) -> Response:
        sequence, (state, picture, file) = _sequence(asked), await self._question(asked)
        truth = self._truth_of(asked, state)

        def work() -> dict[str, Any]:
            if anyio.from_thread.run(request.is_disconnected):
                raise Refusal("The page no longer waits for this answer.", 499)
            return _learned(name, state, picture, file, truth, *arguments)

        return JSONResponse({"ok": True, "seq": sequence, **await bench.run(work)})

    def _truth_of(self, asked: dict[str, Any], state: State) -> Truth | None:
        """The labels that a request names: an upload's, those that the picture brings (null), or none ("")."""
        identifier = asked.get("truth")
        if identifier is None:
            shipped = self.gallery.get(asked.get("image") or state.image)
            return shipped.truth() if shipped is not None and shipped.truth is not None else None
        if not isinstance(identifier, str):
            raise Refusal("truth: expected the id of a label map as text; reload the page.")
        return self.truths.get(identifier) if identifier else None

    async def learned_training(self, request: Request) -> Response:
        """How a checkpoint's places moved while it was trained: {state} -> see ``answers.pipeline.training_answer``."""
        asked = parse_json(await request.body())
        state = State.parse(asked.get("state"))
        return JSONResponse({"ok": True, "seq": _sequence(asked), **await self.bench.run(_training, state)})

    async def truth(self, request: Request) -> Response:
        """Hold the label map in the body, of the picture ``?image=`` and in the classes of ``?checkpoint=``."""
        picture = await self.find(request.query_params.get("image"))
        checkpoint, data = request.query_params.get("checkpoint", ""), await request.body()
        identifier, truth = await self.bench.run(lambda: self.truths.add(data, picture.size, _classes(checkpoint)))
        h, w = truth.size
        return JSONResponse(
            {"ok": True, "id": identifier, "width": w, "height": h, "kind": truth.kind, "classes": truth.found,
             "labelled": truth.labelled, "note": truth.note}
        )  # fmt: skip

    async def checkpoint(self, request: Request) -> Response:
        """Hold the checkpoint in the body: length of the card, card, weights (see ``answers.checkpoints.add``)."""
        return JSONResponse({"ok": True, "checkpoint": await self.bench.run(_brought, await request.body())})

    async def checkpoint_hub(self, request: Request) -> Response:
        """Hold a checkpoint of the Hugging Face Hub: {id}."""
        asked = parse_json(await request.body())
        return JSONResponse({"ok": True, "checkpoint": await self.bench.run(_fetched, asked.get("id"))})

    async def export(self, request: Request) -> Response:
        """A file to keep: {state, image, file, truth, what, format} -> an attachment."""
        asked = parse_json(await request.body())
        state, picture, file = await self._question(asked)
        if state.room == "pipeline":
            work, truth = _export_learned, self._truth_of(asked, state)
            made = await self.networks.run(work, state, picture, file, truth, asked.get("what"), asked.get("format"))
        else:
            made = await self.bench.run(_export, state, picture, file, asked.get("what"), asked.get("format"))
        headers = {"content-disposition": f'attachment; filename="{made.name}"', "cache-control": "no-store"}
        return Response(made.body, media_type=made.media_type, headers=headers)

    async def _question(self, asked: dict[str, Any]) -> tuple[State, Picture, Map | None]:
        state, file = State.parse(asked.get("state")), asked.get("file")
        picture = await self.find(asked.get("image") or state.image)
        return state, picture, None if file is None else _map_of(file)


# In a thread of the bench; torch is imported on first use, so that the page does not wait for it.


def _answer(state: State, picture: Picture, file: Map | None) -> dict[str, Any]:
    from lzviz.contract.answers.warp import answer

    return answer(state, picture, file)


def _mask(state: State, picture: Picture) -> dict[str, Any]:
    from lzviz.contract.answers.cad import mask_answer

    return mask_answer(state, picture)


def _features(state: State, picture: Picture) -> dict[str, Any]:
    from lzviz.contract.answers.cad import answer

    return answer(state, picture)


def _keypoints(state: State, picture: Picture) -> dict[str, Any]:
    from lzviz.contract.answers.keypoints import answer

    return answer(picture)


def _cost(state: State, shown: dict[str, tuple[str, Picture]]) -> dict[str, Any]:
    from lzviz.contract.answers.cad import cost_answer

    return cost_answer(state, shown)


def _edges(picture: Picture) -> Map:
    from lzviz.contract.answers.warp import edge_map

    return edge_map(picture)


def _map(data: bytes) -> Map:
    from lzviz.contract.answers.warp import map_of

    return map_of(pictures.decode(data))


def _export(state: State, picture: Picture, file: Map | None, what: object, form: object) -> Export:
    from lzviz.contract.answers.files import export

    return export(state, picture, file, what, form)


def _learned(
    name: str, state: State, picture: Picture, file: Map | None, truth: Truth | None, *arguments: object
) -> dict[str, Any]:
    from lzviz.contract.answers import pipeline as learned

    return getattr(learned, name)(learned.Question(state, picture, file, truth), *arguments)


def _training(state: State) -> dict[str, Any]:
    from lzviz.contract.answers.pipeline import training_answer

    return training_answer(state)


def _export_learned(
    state: State, picture: Picture, file: Map | None, truth: Truth | None, what: object, form: object
) -> Export:
    from lzviz.contract.answers.pipeline import Question
    from lzviz.contract.answers.pipeline_files import export

    return export(Question(state, picture, file, truth), what, form)


def _classes(checkpoint: str) -> tuple[str, ...]:
    from lzviz.contract.answers import checkpoints

    return tuple(checkpoints.card(checkpoints.chosen(checkpoint)).classes)


def _brought(data: bytes) -> dict[str, Any]:
    from lzviz.contract.answers import checkpoints

    return checkpoints.entry(checkpoints.add(data))


def _fetched(identifier: object) -> dict[str, Any]:
    from lzviz.contract.answers import checkpoints

    return checkpoints.entry(checkpoints.add_from_hub(identifier))


def _map_of(text: object) -> Map:
    try:
        return Map.from_text(text)
    except Refusal as refusal:
        raise Refusal(f"file: {refusal}") from None


def _sequence(asked: dict[str, Any]) -> int:
    sequence = asked.get("seq", 0)
    if isinstance(sequence, bool) or not isinstance(sequence, int):
        raise Refusal("seq: expected a whole number; reload the page.")
    return sequence


def _map_answer(values: Map) -> Response:
    return JSONResponse({"ok": True, "h": values.h, "w": values.w, "data": encode_array(values.values)})

"""The page as a folder without Python: the canvas, the gallery, and the answers that were made beforehand.

    Workshop.answer --exchange--> *.pack --canvas/folder.js--> the same page

Everything but pictures is packed (gzip), so that the folder is as small on a server that packs nothing.
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any, cast

from lzviz import gallery, lessons, text
from lzviz.canvas.bundle import FOLDER, bundle, style
from lzviz.contract.answers import checkpoints as known
from lzviz.contract.answers import marks
from lzviz.contract.answers.pipeline_parts import png
from lzviz.contract.exchange import asked, found
from lzviz.contract.messages.compare import AskCompared
from lzviz.contract.messages.pictures import AskCatalogue
from lzviz.contract.routes import named
from lzviz.contract.state import State
from lzviz.contract.workshop import Workshop
from lzviz.doctor.specimens import SPECIMENS
from lzviz.site.folder import Folder, Journal
from lzviz.site.light import lighter, lighter_grid, lighter_mask, lighter_row

STUDIED = 96
"""Width of the labels that a lesson samples."""
PROVED = ("cadMask", "cadThreshold", "cadLevels", "cadNetwork", "cadDilation", "cadOperator", "cadKeep", "cadChannel", "cadView",
          "mode")  # fmt: skip
"""What features follow from beside the picture."""
Progress = Callable[[int, int, str], None]
# The script that unpacks the canvas: a server that packs nothing would send three times as much.
LOADER = """
const unpacked = async (name) => new Response((await fetch(new URL(name, document.baseURI))).body
  .pipeThrough(new DecompressionStream("gzip"))).text();
const say = (error) => { document.body.textContent = `The canvas could not start: ${error.message}`; };
(async () => {
  const script = new Blob([await unpacked("canvas.pack")], { type: "text/javascript" });
  const { open } = await import(URL.createObjectURL(script));
  const mounted = await open(document.querySelector("[data-lzviz]"), DATA);
  window.lzvizMounted = mounted;
})().catch(say);
"""
ROOM = ":root{color-scheme:light}:root:has(body.dark){color-scheme:dark}body{margin:0;overscroll-behavior:none}"


@dataclass(frozen=True)
class Size:
    """Bytes of a folder: of all ``files``, and of those that are there before the first stroke."""

    files: int
    total: int
    first: int


def build(
    out: Path,
    pictures: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    progress: Progress | None = None,
) -> Size:
    """Write the folder. One that was interrupted goes on where it stopped, if it is asked the same of the same lzviz.

    Args:
        out: new, empty, or such a part of a folder.
        pictures: of the gallery; the first one opens.
        names: of the checkpoints whose answers go along.
        progress: told (number, count, name) after each answer.

    Raises:
        ValueError: the folder has something else in it, or a name is not known.
    """
    workshop = Workshop(_chosen(gallery.shipped(), pictures, "picture"))
    cards = {
        name: card
        for name, card in known.cards(workshop).items()
        if known.is_trained(card) and card.task == "segmentation"
    }
    cards = _chosen(cards, names, "checkpoint")
    journal = Journal(out, [*workshop.gallery, *cards])
    folder = Folder(out, workshop)
    first = _page(folder, list(cards))
    jobs = [*_pictures(folder), *_models(folder), *_terms(folder), *_lessons(folder), *_masks(folder),
            *_runs(folder, list(cards)),
            *_compared(folder, list(cards)), *_specimens(folder)]  # fmt: skip
    for number, (name, job) in enumerate(jobs, 1):
        journal.done(folder, number, job)
        if progress:
            progress(number, len(jobs), name)
    folder.pack("index", json.dumps({"routes": folder.routes, "kept": folder.kept}, separators=(",", ":")).encode())
    journal.end()
    files = [path for path in out.rglob("*") if path.is_file()]
    opened = folder.kept[f"lzviz/picture/{next(iter(workshop.gallery))}"][-1]["file"]
    thumbs = [path for path in files if path.parent.name == "thumbs"]
    first_files = [*(out / name for name in (*first, "index.pack", opened)), *thumbs]
    return Size(
        len(files), sum(path.stat().st_size for path in files), sum(path.stat().st_size for path in first_files)
    )


def _chosen(all_of: Mapping[str, Any], wanted: Sequence[str] | None, what: str) -> dict[str, Any]:
    if unknown := [name for name in wanted or () if name not in all_of]:
        raise ValueError(f"there is no {what} {unknown[0]!r}; expected some of {', '.join(all_of)}")
    return {name: all_of[name] for name in (all_of if wanted is None else wanted)}


def _page(folder: Folder, names: list[str]) -> list[str]:
    """The document, the canvas, its words and its menus; the files that the first look needs."""
    catalogue = folder.workshop.answer(AskCatalogue()).plain()
    catalogue["checkpoints"] = [line for line in catalogue["checkpoints"] if line["name"] in names]
    catalogue["checkpointDefault"] = _opening(folder.workshop, names)
    for line in catalogue["pictures"]:
        line["checkpoint"] = _opening(folder.workshop, names, line["id"])
    folder.pack("catalogue", json.dumps(catalogue, ensure_ascii=False, separators=(",", ":")).encode())
    folder.pack("schema", (FOLDER / "schema.json").read_bytes())
    for language in text.languages():
        lines = {**text.words(), **text.words(language)}
        folder.pack(f"text/{language}", json.dumps(lines, ensure_ascii=False, separators=(",", ":")).encode())
    folder.pack("canvas", bundle("folder.js", inline=True).script.encode())
    data = json.dumps({"languages": text.languages()})
    folder.write(
        "index.html",
        (
            '<!doctype html><html lang="en"><head><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width, initial-scale=1"><title>lzviz</title>'
            f'<meta name="description" content="{html.escape(TOLD)}"><link rel="icon" href="data:,">'
            f'<style>{style()}{ROOM}</style></head><body><div class="lz" data-lzviz></div>'
            f"<noscript>{html.escape(TOLD)} It needs JavaScript.</noscript>"
            f'<script type="module">{LOADER.replace("DATA", data)}</script></body></html>\n'
        ).encode(),
    )
    # A server that makes sites of folders leaves out what begins with an underscore, unless it finds this.
    folder.write(".nojekyll", b"")
    return ["index.html", "canvas.pack", "catalogue.pack", "schema.pack", "text/en.pack"]


def _opening(workshop: Workshop, names: Sequence[str], image: str = "") -> str:
    """The checkpoint that a picture opens with, of those whose answers go along; "" where there are none."""
    wanted = (known.default(workshop, image), known.default(workshop), *names[:1])
    return next((name for name in wanted if name in names), "")


TOLD = "See, touch and debug learned, non-uniform downsampling: a page that computes in your browser."


def _terms(folder: Folder) -> Iterator[tuple[str, Callable[[], object]]]:
    path = named("terms").path
    for language in text.languages():

        def job(language: str = language) -> None:
            folder.keep("terms", path.replace("{language}", language), f"terms/{language}", [{}])

        yield f"terms {language}", job


def _pictures(folder: Folder) -> Iterator[tuple[str, Callable[[], object]]]:
    for name in folder.workshop.gallery:
        address = f"lzviz/picture/{name}"

        def both(address: str = address, name: str = name) -> None:
            folder.keep("picture", f"{address}?thumb=1", f"thumbs/{name}", [{"thumb": "1"}])
            folder.keep("picture", address, f"pictures/{name}", [{}])

        yield name, both


def _models(folder: Folder) -> Iterator[tuple[str, Callable[[], object]]]:
    yield "cards", lambda: folder.keep("cards", "lzviz/models?own=", "answers/models", [{}])
    yield "table", lambda: folder.keep("resultsTable", "lzviz/results.csv?own=", "answers/results-table", [{}])

    def results() -> None:
        plain = {"data": "", "systems": "", "sizes": ""}
        first = json.loads(folder.keep("results", "lzviz/results", "answers/results", []).body)
        splits = [line["value"] for line in first["splits"]]
        for split, metric, cost in product(["", *splits], marks.METRICS, ("macs", "pixels")):
            query = f"split={split}&metric={metric}&cost={cost}"
            when = {"split": split, "metric": metric, "cost": cost, **plain}
            folder.keep(
                "results", f"lzviz/results?{query}", f"answers/results-{split or 'any'}-{metric}-{cost}", [when]
            )

    yield "results", results


def _lessons(folder: Folder) -> Iterator[tuple[str, Callable[[], object]]]:
    """The lessons of each language, and the study of one of them on the first picture."""
    path = named("lessons").path
    for language in lessons.languages():

        def job(language: str = language) -> None:
            folder.keep("lessons", path.replace("{language}", language), f"lessons/{language}", [{}])

        yield f"lessons {language}", job
    opened = next(iter(folder.workshop.gallery))
    state = State(image=opened, room="pipeline", width=STUDIED)

    def study() -> None:
        when = {"image": opened, "state.width": STUDIED}
        folder.keep(
            "smoothness",
            named("smoothness").path,
            "answers/smoothness",
            [when],
            {"state": state.to_json(), "image": opened},
        )

    yield "smoothness", study
    cells = next(lesson for lesson in json.loads(lessons.built("en")) if lesson["name"] == "cad")
    for name, link in cells["states"].items():
        state = State.from_link(f"#{cells['states']['start']}&{link}")
        if state.image in folder.workshop.gallery:
            yield f"cells {name}", partial(_proof, folder, name, state)


def _proof(folder: Folder, name: str, state: State) -> None:
    """The features that a lesson holds against the dilated network's."""
    said = state.to_json()
    when = {"image": state.image, **{f"state.{key}": said[key] for key in PROVED}}
    body = {"state": said, "image": state.image}
    folder.keep("cadFeatures", named("cadFeatures").path, f"answers/cells-{name}", [when], body, rare=True)


def _masks(folder: Folder) -> Iterator[tuple[str, Callable[[], object]]]:
    """Where adaptive networks look: the strength of edges, which the browser thresholds, and masks for a brush."""
    levels = ("8-16", "8-32", "1-8")
    for image, steps in product(folder.workshop.gallery, levels):
        for mask in ("edges", "paint"):
            state = State(image=image, room="cad", cad_mask=mask, cad_levels=steps)

            def job(state: State = state) -> None:
                keys = ("cadMask", "cadLevels", "cadNetwork", "mode", "cadDilation", "cadOperator")
                said = state.to_json()
                when = {"image": state.image, **{f"state.{key}": said[key] for key in keys}}
                every = [when, {**when, "state.cadMask": "inverse"}] if state.cad_mask == "edges" else [when]
                name = f"answers/mask-{state.image}-{state.cad_levels}-{state.cad_mask}"
                folder.keep(
                    "cadMask", named("cadMask").path, name, every, {"state": said, "image": state.image}, lighter_mask
                )

            yield f"{image} {mask}", job


def _runs(folder: Folder, names: list[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every trained pipeline on every picture, looking by itself."""
    for image, name in product(folder.workshop.gallery, names):
        state = State(image=image, room="pipeline", checkpoint=name)

        def job(state: State = state) -> None:
            when = {
                "image": state.image, "state.checkpoint": state.checkpoint, "state.learnedFrom": "network", "truth": None,
                "only": None,
            }  # fmt: skip
            said = {"state": state.to_json(), "image": state.image}
            own = [when]
            if _opening(folder.workshop, names, state.image) == state.checkpoint:
                own.append({**when, "state.checkpoint": "auto"})
            file = f"answers/{state.image}-{state.checkpoint}"
            folder.keep("pipeline", named("pipeline").path, file, own, said, partial(lighter, share=folder.share))

        yield f"{image} {name}", job


ROWS = "lzviz/compared-rows"
"""Under which the page finds the numbers of a picture's comparisons: no route of the server's."""
DRAWN = ("levels", "nodes", "nodesSize")
"""What a row draws, which the page takes from the pipeline's own answer."""


def _compared(folder: Folder, names: list[str]) -> Iterator[tuple[str, Callable[[], object]]]:
    """What every trained pipeline does with the width to begin with on every picture."""
    route, path, query = found(named("compared").method, named("compared").path)
    for image, name in product(folder.workshop.gallery, names):

        def job(image: str = image, name: str = name) -> None:
            state = State(image=image, room="compare", compared=(name, "uniform"))
            said = json.dumps({"state": state.to_json(), "image": image}).encode()
            question = cast(AskCompared, asked(route, said, query, path))
            told = folder.workshop.answer(question).plain()
            row = {key: value for key, value in told["rows"][0].items() if key not in DRAWN}
            truth = folder.workshop.truth_of(question)
            named = truth and truth.named([line["name"] for line in row["lines"]])
            row = lighter_row(row, png(named.within(told["size"])) if named else None, folder.share)
            file = f"answers/compared-{image}-{name}"
            folder.pack(file, json.dumps(row, separators=(",", ":")).encode())
            when = {"image": image, "name": name, "width": str(state.width)}
            folder.index(ROWS, [{"when": when, "file": f"{file}.pack"}])

        yield f"compare {image} {name}", job


def _unheld(answer: dict[str, Any]) -> dict[str, Any]:
    """Nobody holds its grid for Explore."""
    return lighter_grid(answer) | {"keep": None}


def _specimens(folder: Folder) -> Iterator[tuple[str, Callable[[], object]]]:
    """The doctor's specimens on every picture's size, as they are and with each of their fixes."""
    sizes = dict.fromkeys(line.size for line in folder.workshop.gallery.values())

    def shelf() -> None:
        folder.keep("specimens", named("specimens").path, "answers/specimens", [{}])

    yield "specimens", shelf
    for name, size in product(SPECIMENS, sizes):

        def job(name: str = name, size: tuple[int, int] = size) -> None:
            asks = {"specimen": name, "source": list(size), "use": None, "stride": None}
            none = {"labels": None, "boxed": None, "gradient": None}
            at = f"answers/doctor-{name}-{size[1]}x{size[0]}"

            def look(applied: list[str], file: str, mended: bool = False) -> dict[str, Any]:
                when = [{**asks, **none, "applied": applied, "mend": False}]
                if mended:
                    when.append({**asks, **none, "applied": [], "mend": True})
                said = {**asks, "applied": applied, "mend": False}
                reply = folder.keep("diagnose", named("diagnose").path, file, when, said, _unheld)
                return json.loads(reply.body)

            fixes = [line["check"] for line in look([], at)["findings"] if line["mends"]]
            for check in fixes:
                look([check], f"{at}-{check}", mended=check == fixes[0])

        yield f"{name} {size[1]}x{size[0]}", job

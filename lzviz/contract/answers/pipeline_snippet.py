"""The Python script that runs a checkpoint as the page did: the same pixels at the same size, told the same, held against the same
labels."""

from __future__ import annotations

from lzviz.contract.answers import checkpoints
from lzviz.contract.answers.pipeline_parts import index_bytes
from lzviz.contract.answers.pipeline_session import AMPLITUDE, Session
from lzviz.contract.answers.snippet import PAINTED, found_lines, headline, literal, needs, picture_imports, picture_of
from lzviz.contract.answers.warp import found_in
from lzviz.contract.maps import Map
from lzviz.contract.pictures import OWN_PREFIX
from lzviz.contract.wire import Refusal
from lzviz.tasks.detection import SURE
from lzviz.text import Text


def snippet(session: Session) -> str:
    """A script whose ``trace`` has the places, the labels and the scores of the page."""
    title = checkpoints.title(checkpoints.card(session.workshop, session.name))
    source, reduced = session.picture.source, session.size != session.picture.size
    frame, picture, labels = _picture_lines(session)
    told, before = _told_lines(session), _before_lines(session)
    parts = {"labels": labels, "saliency": told, "previous": before}
    given = [f"{name}={name}" for name, lines in parts.items() if lines]
    output = session.trained.task.output
    lines = [
        headline(f"{title} on one picture, from pixels to {output}."),
        *needs(source),
        "",
        *(("import base64", "import zlib", "") if _reads_maps(told + labels) else ()),
        *picture_imports(source),
        "import torch",
        "",
        "import lzviz",
        *(("import lzviz.training.recipes",) if session.name.startswith(checkpoints.UNTRAINED) else ()),
        *(("from lzviz.contract.pictures import shrink",) if reduced else ()),
        *(PAINTED.splitlines() if _reads_maps(told + labels) else ()),
        "",
        *_pipeline_lines(session),
        *frame,
        f"picture = {picture}",
        *((f"picture = shrink(picture, {max(session.size)})  # as the page reads it",) if reduced else ()),
        "image = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 255",
        *labels,
        *told,
        *before,
        f"trace = pipeline.run({', '.join(['image', *given])})",
        "",
        f"print(trace)  # trace.{output}, trace.zoomed, trace.saliency, trace.milliseconds: see help(trace)",
        *(_shown_lines(session) if session.finds else ()),
    ]
    return "\n".join(lines) + "\n"


def _reads_maps(lines: list[str]) -> bool:
    return any("painted(" in line for line in lines)


def _pipeline_lines(session: Session) -> list[str]:
    name, state = session.name, session.state
    if name.startswith(checkpoints.UNTRAINED):
        seed = checkpoints.card(session.workshop, name).seed
        recipe, classes = checkpoints.recipe_of(name), len(session.trained.classes)
        made = f"lzviz.training.recipes.RECIPES[{recipe!r}].blueprint.build({classes}, {seed})"
        lines = [f"pipeline = {made}  # random weights"]
    elif name.startswith(OWN_PREFIX):
        lines = ['pipeline = lzviz.load("checkpoint")  # the folder of your model.safetensors and card.json']
    else:
        lines = [f"pipeline = lzviz.load({name!r})"]
    if session.pipeline is not session.trained:
        kept = "pipeline.network, pipeline.size, source=pipeline.source, unzoom=pipeline.unzoom"
        lines += [
            f"sampler = pipeline.sampler.tuned(smoothness={state.learned_lambda!r})  # lambda",
            f"pipeline = lzviz.Pipeline(sampler, {kept})",
        ]
    return lines


def _picture_lines(session: Session) -> tuple[list[str], str, list[str]]:
    """What draws a frame of a film, once for both; the picture; the lines of what is true of it."""
    source, labels = session.picture.source, _label_lines(session)
    drawn = source.removesuffix(".image")
    if drawn == source or not labels or drawn not in labels[0]:
        return [], picture_of(source), labels
    return [f"frame = {drawn}"], "frame.image", [labels[0].replace(drawn, "frame")]


def _label_lines(session: Session) -> list[str]:
    """What is true of the picture, as indices of the checkpoint's classes at the size at which it is read."""
    if session.finds:
        return _box_lines(session)
    if session.labels is None:
        return []
    values = literal(Map.of(index_bytes(session.labels)))
    return [f"labels = painted({values}, unit=1)[0].long()  # true classes; 255: not labelled"]


def _box_lines(session: Session) -> list[str]:
    """The true boxes that come with a picture, where they are the checkpoint's own classes at the size at which it is read."""
    boxed = session.boxed
    if boxed is None or session.objects is None or session.size != session.picture.size:
        return []
    return [f"labels = [{boxed.source}]"] if boxed.classes == tuple(session.trained.classes) else []


def _before_lines(session: Session) -> list[str]:
    """The boxes of the frame before, where they say where to look: those that are sure enough to."""
    if session.previous is None:
        return []
    found = session.previous[0]
    sure = found[found.scores >= SURE]
    rows = [f"    {[round(side, 2) for side in box]}," for box in sure.boxes.tolist()]
    return [
        f"before = torch.tensor([  # found in the frame before with a score of {SURE:g} or more: x0, y0, x1, y1",
        *rows,
        "]).reshape(-1, 4)",
        f"previous = [lzviz.tasks.detection.Objects.flat(before, torch.tensor({sure.classes.tolist()}))]",
    ]


def _shown_lines(session: Session) -> list[str]:
    least = session.state.found_score
    return [
        "found = trace.boxes[0]",
        f"found = found[found.scores >= {least!r}]  # what the page shows",
        "for box, score, kind in zip(found.boxes.tolist(), found.scores.tolist(), found.classes.tolist()):",
        "    print(trace.classes[kind], round(score, 2), [round(side, 1) for side in box])  # x0, y0, x1, y1 in pixels of `image`",
    ]


def _told_lines(session: Session) -> list[str]:
    """What the sampler is told instead of what it would find."""
    state = session.state
    if not session.told:
        return []
    session.saliency()  # a refusal where that cannot be told
    if state.learned_from == "truth":
        if session.finds:
            size = ", ".join(map(str, session.size))
            return [f"saliency = pipeline.task.attention(labels, pipeline.sampler.nodes, {AMPLITUDE!r}, ({size}))"]
        return [f"saliency = pipeline.sampler.oracle(labels, {state.strength!r})"]
    made = f"saliency = pipeline.sampler.oracle_map(mask, {state.strength!r})"
    if state.learned_from == "edges":
        return [*found_lines(found_in(session.picture, "edges"), state.edge_paint), made]
    given = state.paint if state.learned_from == "paint" else session.file
    if given is None and state.learned_from != "paint":
        raise Refusal(Text("refused.map.missing"))
    mask = "torch.zeros(1, 1, 2, 2)" if given is None else f"painted({literal(given)})"
    return [f"mask = {mask}", made]

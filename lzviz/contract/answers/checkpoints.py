"""The checkpoints that a page may choose from: those that ship, one untrained stand-in for each system that has none, and the
visitors' own.

Pipelines are loaded when they are asked for and held in a cache that is bounded in bytes.
"""

from __future__ import annotations

import hashlib
import math
import re
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load_file

from lzviz import checkpoints, samplers, tasks
from lzviz.checkpoints import Card, hub, places
from lzviz.checkpoints.storage import skeleton
from lzviz.contract.lent import device
from lzviz.contract.pictures import OWN_PREFIX
from lzviz.contract.wire import Refusal, parse_json
from lzviz.coords import check_size
from lzviz.datasets import CAMVID
from lzviz.measure.cost import count
from lzviz.models import weights
from lzviz.pipelines import official
from lzviz.pipelines.blueprint import Blueprint
from lzviz.pipelines.pipeline import Pipeline
from lzviz.samplers.es import VIEW
from lzviz.text import Text
from lzviz.training.recipes import RECIPES

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

# What the pipelines' room shows.
TASKS = ("segmentation", "detection", "mono3d")
UNTRAINED = "untrained-"
# Whose recipes the untrained stand-ins follow, and the checkpoint that is chosen first.
STAND_INS = "-camvid-96x128"
FIRST = "lds-camvid-96x128"
# An uploaded checkpoint starts with the length of its card, in this many bytes.
LENGTH_BYTES = 4
# Of a visitor's checkpoint: numbers in its blueprint, and pixels of its zoomed image.
LARGEST_NUMBER, LARGEST_SIZE = 4096, 1 << 20
# Nodes of its sampler, multiply-adds of an image, bytes of a layer's result.
LARGEST_NODES, LARGEST_WORK, LARGEST_TENSOR = 128 * 128, 2 * 10**11, 1 << 30
# Of the zoomed image that an official network gets to begin with.
OFFICIAL_SIZE = (128, 256)
# What a blueprint that names no size is counted on.
UNKNOWN_SIZE = (512, 1024)
HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)
SNAPSHOTS = "snapshots.safetensors"
# What a card is said to cost.
CARD_BYTES = 4096


def cards(workshop: Workshop) -> dict[str, Card]:
    """What can be chosen without bringing anything, of :data:`TASKS`: trained ones first."""
    return workshop.memory.keep("cards", "", _all_cards, lambda found: CARD_BYTES * len(found))


def _all_cards() -> dict[str, Card]:
    trained = {card.name: card for card in checkpoints.available() if card.task in TASKS}
    systems = {name.removesuffix(STAND_INS) for name in trained}
    bare = [name.removesuffix(STAND_INS) for name in RECIPES if name.endswith(STAND_INS)]
    stand_ins = {
        UNTRAINED + system: _untrained(system) for system in bare if system != "base" and system not in systems
    }
    return {**trained, **stand_ins}


def _untrained(system: str) -> Card:
    recipe = RECIPES[system + STAND_INS]
    sampler = samplers.REGISTRY[recipe.blueprint.system]
    variant = system.removeprefix(recipe.blueprint.system).strip("-")
    title = f"{sampler.title}{f' {variant}' if variant else ''} (untrained)"
    return Card(
        name=UNTRAINED + system,
        system=recipe.blueprint.system,
        title=title,
        mode="fixed",
        blueprint=asdict(recipe.blueprint),
        recipe={},
        data="nothing",
        split="",
        classes=CAMVID,
        seed=0,
        steps=0,
        notes="Random weights: shows what the sampler does before it has learned anything.",
    )


def is_trained(card: Card) -> bool:
    """Whether its weights have seen a single picture."""
    return card.steps > 0


def default(workshop: Workshop, image: str = "") -> str:
    """The checkpoint that is chosen first: on a picture of the gallery the best of those that learned from its kind."""
    known = cards(workshop)
    shown = workshop.gallery.get(image)
    fitting = [name for name, each in known.items() if shown and shown.dataset == each.data and is_trained(each)]
    if fitting and FIRST not in fitting:
        return max(fitting, key=lambda name: (-TASKS.index(known[name].task), _score(known[name])))
    return FIRST if FIRST in known else next(iter(known))


def fits(workshop: Workshop, card: Card, image: str) -> bool:
    """Whether a checkpoint learned from pictures of the kind of one of the gallery; of a visitor's own nobody knows."""
    shown = workshop.gallery.get(image)
    return shown is None or (shown.dataset == card.data and is_trained(card))


def _score(card: Card) -> float:
    """Its task's first metric, on the first split that has it."""
    metric = tasks.task_named(card.task).metrics[0].attribute
    return next((values[metric] for values in card.metrics.values() if values.get(metric) is not None), 0.0)


def chosen(workshop: Workshop, name: str, image: str) -> str:
    """The checkpoint that a state means, which may leave it to the picture; a 404 sentence when there is none of that name."""
    if name in ("", "auto"):
        return default(workshop, image)
    card(workshop, name)
    return name


def card(workshop: Workshop, name: str) -> Card:
    """The card of a checkpoint."""
    if name.startswith(OWN_PREFIX):
        made = _brought(workshop, name).card
        assert made is not None
        return made
    known = cards(workshop)
    if name not in known:
        raise Refusal(Text("refused.checkpoint.unknown", {"name": repr(name[:60])}), 404)
    return known[name]


def pipeline(workshop: Workshop, name: str) -> Pipeline:
    """A checkpoint, ready to run on the device."""
    if name.startswith(OWN_PREFIX):
        return _brought(workshop, name)
    known = card(workshop, name)
    with workshop.loading:
        found = workshop.memory.get("pipeline", name)
        if found is None:
            found = _build(known) if name.startswith(UNTRAINED) else checkpoints.load(name)
            found = found.eval().requires_grad_(False).to(device())
            workshop.memory.put("pipeline", name, found, _weight(found))
    return found


def recipe_of(name: str) -> str:
    """The recipe that an untrained stand-in would be trained by."""
    return name.removeprefix(UNTRAINED) + STAND_INS


def _build(card: Card) -> Pipeline:
    made = RECIPES[recipe_of(card.name)].blueprint.build(len(card.classes), card.seed)
    made.card = card
    return made


def _weight(pipeline: Pipeline) -> int:
    return sum(t.nbytes for t in (*pipeline.parameters(), *pipeline.buffers()))


def snapshots(workshop: Workshop, name: str) -> dict[str, np.ndarray] | None:
    """What :mod:`lzviz.training.snapshots` kept of the training beside the weights: "steps" (T,) and "saliency" (T, h, w) or
    "nodes" (T, h, w, 2)."""
    path = _snapshots(workshop, name)
    return None if path is None else load_file(path)


def _snapshots(workshop: Workshop, name: str) -> Path | None:
    if name.startswith((OWN_PREFIX, UNTRAINED)) or name not in cards(workshop):
        return None
    paths = (folder / name / SNAPSHOTS for folder in places.folders())
    return next((path for path in paths if path.is_file()), None)


# A visitor's own ---------------------------------------------------------------------------------------------------


def add(workshop: Workshop, data: bytes) -> str:
    """Hold a checkpoint that came as bytes (length of the card, card, weights) and return its name."""
    length = int.from_bytes(data[:LENGTH_BYTES], "little")
    card, model = data[LENGTH_BYTES : LENGTH_BYTES + length], data[LENGTH_BYTES + length :]
    if not card or not model:
        raise Refusal(Text("refused.checkpoint.files", {"card": checkpoints.CARD, "model": checkpoints.MODEL}))
    _check_modest(parse_json(card).get("blueprint"))
    with _written(card, model) as folder:
        return _hold(workshop, _loaded(folder), data)


@contextmanager
def _written(card: bytes, model: bytes) -> Iterator[Path]:
    """A folder with a visitor's checkpoint, for as long as the block lasts."""
    with ExitStack() as stack:
        try:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            (folder / checkpoints.CARD).write_bytes(card)
            (folder / checkpoints.MODEL).write_bytes(model)
        except OSError:
            raise Refusal(Text("refused.checkpoint.room"), 503) from None
        yield folder


def add_from_hub(workshop: Workshop, identifier: object) -> str:
    """Hold a checkpoint of the Hugging Face Hub and return its name."""
    if not isinstance(identifier, str) or not HUB_ID.fullmatch(identifier):
        raise Refusal(Text("refused.checkpoint.hub"))
    try:
        folder = hub.fetched(identifier, token=False)
        _check_modest(checkpoints.read_card(folder).blueprint)
        return _hold(workshop, _loaded(folder), identifier.encode())
    except (ValueError, OSError) as error:
        raise _refused(error) from None


def add_from_folder(workshop: Workshop, folder: Path) -> str:
    """Hold a checkpoint of a folder of this machine and return its name; who may ask for that is the caller's business."""
    try:
        _check_modest(checkpoints.read_card(folder).blueprint)
        return _hold(workshop, _loaded(folder), str(folder.resolve()).encode())
    except (ValueError, OSError) as error:
        raise _refused(error) from None


def add_official(workshop: Workshop, path: Path) -> str:
    """Hold the network of a paper's own weight file, behind uniform sampling; only tensors are read of it, never code."""
    try:
        fit = official.identify(weights.read(path))
        if not fit.network:
            raise ValueError(
                f"{fit.sentence} It is no whole pipeline: put it into a sampler with lzviz.samplers.create"
            )
        blueprint = Blueprint("uniform", network=fit.network, network_options=fit.options, size=OFFICIAL_SIZE)
        card = Card(
            re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-")[:60] or "official", "uniform", asdict(blueprint),
            [f"class {k}" for k in range(fit.classes)], title=fit.title, notes=fit.sentence,
        )  # fmt: skip
        check_work(card)
        made = blueprint.build(fit.classes)
        weights.load(made.network, fit.state)  # type: ignore[arg-type]
        made.card = card
        return _hold(workshop, made, str(path.resolve()).encode())
    except (ValueError, OSError) as error:
        raise _refused(error) from None


def _loaded(folder: Path) -> Pipeline:
    try:
        check_work(checkpoints.read_card(folder))
        return checkpoints.load(folder)
    except (ValueError, OSError) as error:
        raise _refused(error) from None


def _refused(error: Exception) -> Refusal:
    """The library's own sentence, without the places where files lie on this machine."""
    if isinstance(error, Refusal):
        return error
    text = re.sub(r"(?:/[^\s/:]+)+/", "", str(error)).strip().rstrip(".")
    return Refusal(Text("refused.checkpoint.told", {"told": text[:240]}), 422)


def _check_modest(blueprint: object) -> None:
    """Refuse blueprints whose numbers alone would exhaust the server, before anything is built."""
    stack: list[Any] = [blueprint]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack.extend(value.values())
        elif isinstance(value, list | tuple):
            stack.extend(value)
        elif isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
            # As a text: it may be infinite, which JSON has no word for.
            said = {"value": f"{value:g}", "most": LARGEST_NUMBER}
            raise Refusal(Text("refused.checkpoint.blueprint", said), 413)
    for name in ("size", "source"):
        size = blueprint.get(name) if isinstance(blueprint, dict) else None
        try:
            large = size is not None and math.prod(check_size(size, name)) > LARGEST_SIZE
        except ValueError as error:
            raise _refused(error) from None
        if large:
            raise Refusal(Text("refused.checkpoint.large", {"what": name}), 413)


def check_work(card: Card) -> None:
    """Refuse a card whose pipeline would keep the server busy or fill its memory, counted on shapes before it is built.

    The network is counted exactly, on the size that it sees; samplers by a bound: all their weights on all pixels that they see.
    """
    made, blueprint = skeleton(card), card.blueprint
    options = blueprint.get("options", {})
    if not isinstance(options, dict):
        raise Refusal(Text("refused.checkpoint.options"), 422)
    nodes = check_size(options.get("nodes") or (2, 2), "nodes")
    if math.prod(nodes) > LARGEST_NODES:
        said = {"rows": nodes[0], "columns": nodes[1], "most": LARGEST_NODES}
        raise Refusal(Text("refused.checkpoint.nodes", said), 413)
    size, source = (check_size(blueprint.get(name) or UNKNOWN_SIZE, name) for name in ("size", "source"))
    try:
        layers = () if made.network is None else count(made.network, (1, 3, *size)).layers
    except (RuntimeError, TypeError, ValueError, IndexError):
        raise Refusal(Text("refused.checkpoint.network"), 422) from None
    seen = VIEW**2 * math.prod(nodes) if "nodes" in options else max(map(math.prod, (size, source)))
    kernels = [p for name, p in made.named_parameters() if p.ndim == 4 and not name.startswith("network.")]
    work = sum(layer.macs for layer in layers) + seen * sum(p.numel() for p in kernels)
    held = 4 * max([*(math.prod(layer.output) for layer in layers), *(seen * p.shape[0] for p in kernels)], default=0)
    if work > LARGEST_WORK or held > LARGEST_TENSOR:
        most = {"mostWork": LARGEST_WORK / 1e9, "mostHeld": LARGEST_TENSOR >> 20}
        raise Refusal(Text("refused.checkpoint.work", {"work": work / 1e9, "held": held / 2**20, **most}), 413)


def _hold(workshop: Workshop, made: Pipeline, secret: bytes) -> str:
    name = OWN_PREFIX + hashlib.blake2b(secret, key=workshop.secret, digest_size=16).hexdigest()
    workshop.memory.put("pipeline", name, made.requires_grad_(False).to(device()), _weight(made), "")
    return name


def _brought(workshop: Workshop, name: str) -> Pipeline:
    if found := workshop.memory.get("pipeline", name):
        return found
    raise Refusal(Text("refused.checkpoint.gone"), 404, missing="checkpoint")


def title(card: Card) -> str:
    """What a checkpoint is called in a menu."""
    return card.title or f"{samplers.REGISTRY[card.system].title} · {card.name}"


_TOLD: dict[str, tuple[samplers.System, frozenset[str]]] = {}


def _told(system: str) -> frozenset[str]:
    """What samplers of a system can be told; one is made once, because a menu asks for every checkpoint."""
    line = samplers.REGISTRY[system]
    if system not in _TOLD or _TOLD[system][0] is not line:
        _TOLD[system] = line, frozenset(line.make().told)
    return _TOLD[system][1]


# For the page ------------------------------------------------------------------------------------------------------


def entry(workshop: Workshop, name: str) -> dict[str, Any]:
    """A line of the menu, as plain JSON values."""
    told = card(workshop, name)
    return {
        "name": name,
        "title": title(told),
        "system": told.system,
        "task": told.task,
        "systemTitle": samplers.REGISTRY[told.system].title,
        "mode": told.mode,
        "trained": is_trained(told),
        "size": list(told.blueprint["size"]) if told.blueprint.get("size") else None,
        "data": told.data,
        "licence": told.licence,
        "classes": list(told.classes),
        "metrics": told.metrics,
        "seeds": list(told.seeds),
        "seed": told.seed,
        "steps": told.steps,
        "date": told.date,
        "macs": told.macs,
        "parameters": told.parameters,
        "notes": told.notes,
        "adjusts": ["truth", "paint", "edges", "file"] if "where" in _told(told.system) else [],
        "lambda": "smoothness" in _told(told.system),
        "snapshots": _snapshots(workshop, name) is not None,
    }

"""Content-adaptive downsampling on the page: the mask with its price list, and the networks with their proof.

    state + picture --Session--> image at working size, levels --lzviz.adaptive--> JSON

Everything heavy is held in caches that are bounded in bytes: a brush stroke runs the adaptive network alone. What the networks
take is a question of its own, for when the page rests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from lzviz import models
from lzviz.adaptive import QuadTree, inspect
from lzviz.adaptive.inspect import Badge, Colours, Subject
from lzviz.contract.answers.cad_masks import OF_ONE_PICTURE, THRESHOLDED, Session
from lzviz.contract.answers.networks import NORMALISATION, classifier, macs_of, precisely
from lzviz.contract.answers.warp import TURNS, in_turn
from lzviz.contract.decoding import check_wanted
from lzviz.contract.lent import device
from lzviz.contract.maps import Map
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.truth import Truth
from lzviz.contract.wire import Refusal
from lzviz.measure import timing
from lzviz.plain.packed import encode_array
from lzviz.tasks.classification import top
from lzviz.text import Text

if TYPE_CHECKING:
    from lzviz.contract.workshop import Workshop

CLOCK = Text("clock.turns", {"count": TURNS})


# The mask's answer -------------------------------------------------------------------------------------------------


def mask_answer(
    workshop: Workshop, state: State, picture: Picture, file: Map | None = None, given: Truth | None = None
) -> dict[str, Any]:
    """What the browser needs to move thresholds and brush by itself, to the last cell as Python would."""
    session = Session(workshop, state, picture, file, given)
    answer = session.where() | {"mask": state.cad_mask, "network": session.network}
    if state.cad_mask in THRESHOLDED:
        answer["strength"] = [encode_array(ring.numpy()) for ring in session.strengths()]
    else:
        answer["levels"] = encode_levels(session.mask())
    prices = session.prices
    total = macs_of(prices, session.mask(), session.depth)
    return answer | {
        "macs": {
            "fixed": prices.fixed,
            "perRow": list(prices.per_row),
            "dilated": total["dilated"],
            "strided": total["strided"],
        }
    }


def encode_levels(levels: Tensor) -> str:
    """Levels (1, 1, h, w) as base64 of bytes, row-major."""
    return encode_array(levels[0, 0].to(torch.uint8).cpu().numpy())


# The networks' answer ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Stock:
    """The features of the strided and of the dilated network, and the colours that follow."""

    strided: Tensor
    dilated: Tensor
    colours: Colours

    @property
    def cost(self) -> int:
        return self.strided.nbytes + self.dilated.nbytes


@dataclass(frozen=True, eq=False)
class Adaptive:
    """Adaptive features of a reading, and both readings' badges.

    ``outside``: operations of the fixed reading that the guarantee does not cover, in words.
    """

    features: Tensor
    fixed: Badge
    published: Badge
    outside: tuple[str, ...] = ()


def answer(
    workshop: Workshop, state: State, picture: Picture, file: Map | None = None, given: Truth | None = None
) -> dict[str, Any]:
    """Features of the three networks in the same colours, what they cost, and the proof."""
    session = Session(workshop, state, picture, file, given)
    channels, levels = session.subject.channels, session.levels()
    if state.cad_channel >= channels:
        said = {"field": "cadChannel", "what": session.network, "last": channels - 1, "given": state.cad_channel}
        raise Refusal(Text("refused.channel", said))
    with session.workshop.running:
        stock, adaptive = _run(session, levels)
    colours = stock.colours if state.cad_channel < 0 else Colours.fit(stock.dilated, state.cad_channel)
    strided = inspect.on_fine_grid(stock.strided, 2**session.depth, session.cells)
    maps = {"strided": strided, "adaptive": adaptive.features, "dilated": stock.dilated}
    tree = QuadTree(levels, session.stride, session.size)
    rows = torch.bincount(tree.leaves().level, minlength=session.depth + 1).tolist()
    kept, active = (count / (session.cells[0] * session.cells[1]) for count in (rows[0], sum(rows)))
    macs = macs_of(session.prices, levels, session.depth)
    return session.where() | {
        "network": session.network,
        "levels": encode_levels(levels),
        "rows": rows,
        "active": active,
        "macs": macs,
        "maps": {name: encode_array(colours(features).numpy()) for name, features in maps.items()},
        "channel": None if state.cad_channel < 0 else state.cad_channel,
        "channels": channels,
        "range": [colours.low.tolist(), colours.high.tolist()],
        "badge": {
            "max": adaptive.fixed.most,
            "relative": adaptive.fixed.relative,
            "published": adaptive.published.most,
            "publishedRelative": adaptive.published.relative,
            "exact": adaptive.fixed.exact,
            "outside": list(adaptive.outside),
        },
        "likely": _likely(session, {"strided": stock.strided, "adaptive": adaptive.features, "dilated": stock.dilated}),
        "weights": session.subject.weights,
        "sentence": sentence(kept, active, macs, adaptive, session.state.mode, session.subject.weights),
    }


def _likely(session: Session, features: Mapping[str, Tensor]) -> dict[str, Any] | None:
    """What a network that knows classes calls the picture in each of its forms; coarse cells count by their area."""
    if session.network != "efficientnet":
        return None
    made = classifier(session.workshop)
    assert made.card is not None and made.network is not None
    found = {}
    with torch.inference_mode():
        for name, maps in features.items():
            best, shares = top(made.network.classifier(maps.mean((2, 3)).to(device())))  # type: ignore[operator]
            named = zip(best[0].tolist(), shares[0].tolist(), strict=True)
            found[name] = [{"name": made.card.classes[k], "share": share} for k, share in named]
    return found


def _run(session: Session, levels: Tensor) -> tuple[Stock, Adaptive]:
    """Both from their caches, or run."""
    stock_key = f"{session.working.key} {session.network} {session.state.cad_levels} {session.subject.weights}"
    bytes_of_levels = levels.to(torch.uint8).numpy().tobytes()
    adaptive_key = f"{stock_key} {session.state.mode} {hashlib.blake2b(bytes_of_levels).hexdigest()}"
    memory = session.workshop.memory
    stock: Stock | None = memory.get("stock features", stock_key)
    adaptive: Adaptive | None = memory.get("adaptive features", adaptive_key)
    if stock is not None and adaptive is not None:
        return stock, adaptive
    with torch.inference_mode(), precisely():
        x = _seen(session)
        if stock is None:
            stock = run_stock(session.subject, x)
            memory.put("stock features", stock_key, stock, stock.cost)
        if adaptive is None:
            adaptive = run_adaptive(session.subject, x, levels, stock.strided, session.state.mode)
            memory.put("adaptive features", adaptive_key, adaptive, adaptive.features.nbytes)
    return stock, adaptive


def _seen(session: Session) -> Tensor:
    """The picture as its network reads it, on the device."""
    return models.prepare(session.working.image, NORMALISATION.get(session.network, "imagenet")).to(device())


def run_stock(subject: Subject, x: Tensor) -> Stock:
    """The strided and the dilated network on a normalised image."""
    dilated = subject.dilated(x).cpu()
    return Stock(subject.strided(x).cpu(), dilated, Colours.fit(dilated))


def run_adaptive(subject: Subject, x: Tensor, levels: Tensor, strided: Tensor, mode: str) -> Adaptive:
    """The adaptive network in both readings; the features are those of ``mode``."""
    size = int(x.shape[-2]), int(x.shape[-1])
    readings = {"fixed": subject.fixed, "published": subject.published}
    plans = {name: adapted.plan(levels.to(x.device), size) for name, adapted in readings.items()}
    ran = {name: adapted.run(x, plan=plans[name]) for name, adapted in readings.items()}
    features = {name: output.cpu() for name, (output, _) in ran.items()}
    outside = tuple(map(str, ran["fixed"].report.outside))
    badges = {name: inspect.badge(made, strided, 2**subject.depth) for name, made in features.items()}
    return Adaptive(features[mode], badges["fixed"], badges["published"], outside)


# What the networks take --------------------------------------------------------------------------------------------


def times_answer(
    workshop: Workshop, state: State, picture: Picture, file: Map | None = None, given: Truth | None = None
) -> dict[str, Any]:
    """Milliseconds of the three networks: no other network runs beside one that is timed, and others may between two."""
    session = Session(workshop, state, picture, file, given)
    subject, levels, running = session.subject, session.levels(), workshop.running
    adapted = subject.fixed if session.state.mode == "fixed" else subject.published
    with torch.inference_mode(), precisely():
        x = _seen(session)
        plan = adapted.plan(levels.to(x.device), session.size)
        works = {
            "strided": partial(subject.strided, x),
            "adaptive": partial(adapted, x, plan=plan),
            "dilated": partial(subject.dilated, x),
        }
        for name in ("strided", "dilated"):
            with running:
                works[name]()
        with running:
            schedule = adapted.run(x, plan=plan).report.path
        milliseconds = in_turn(works, x.device, running)
    clock = Text("clock.schedule", {"clock": CLOCK, "schedule": schedule})
    return {"milliseconds": milliseconds, "device": timing.device_name(device()), "clock": clock}


def sentence(
    kept: float, active: float, macs: Mapping[str, int], adaptive: Adaptive, mode: str, named: Text | str
) -> Text:
    """What an answer says, in words: the share of cells that stay fine, and of rows of the all-fine network."""
    shown = adaptive.published if mode == "published" else adaptive.fixed
    values = {
        "kept": kept,
        "rows": active,
        "work": macs["adaptive"] / macs["dilated"],
        "adaptive": macs["adaptive"],
        "dilated": macs["dilated"],
        "proof": Text("cad.answer.exact" if shown.exact else "cad.answer.differs"),
        "fixed": adaptive.fixed.relative,
        "published": adaptive.published.relative,
        "weights": named,
        "operations": list(adaptive.outside),
    }
    return Text("cad.answer.outside" if adaptive.outside else "cad.answer", values)


# What it costs over pictures ---------------------------------------------------------------------------------------


def cost_row(workshop: Workshop, state: State, picture: Picture) -> dict[str, float]:
    """The share of cells kept and the multiply-adds of one picture, without a brush."""
    check_wanted()
    session = Session(workshop, state, picture)
    levels = QuadTree(session.mask(), session.stride, session.size).levels
    macs = macs_of(session.prices, levels, session.depth)
    rows = inspect.grid_rows(levels, session.depth)
    return {
        "active": rows[-1] / rows[0],
        "macs": macs["adaptive"],
        "dilated": macs["dilated"],
        "strided": macs["strided"],
        "share": macs["adaptive"] / macs["dilated"],
    }


def cost_answer(workshop: Workshop, state: State, pictures: Mapping[str, tuple[str, Picture]]) -> dict[str, Any]:
    """Least, mean and most over pictures (id -> title, picture), each with its row."""
    if state.cad_mask in OF_ONE_PICTURE:
        raise Refusal(Text("refused.cad.onePicture"))
    rows = [
        {"id": id, "title": title, **cost_row(workshop, state, picture)} for id, (title, picture) in pictures.items()
    ]  # fmt: skip
    return {
        "rows": rows,
        "active": _spread(rows, "active"),
        "macs": _spread(rows, "macs"),
        "share": _spread(rows, "share"),
    }


def _spread(rows: list[dict[str, Any]], key: str) -> dict[str, float]:
    values = [row[key] for row in rows]
    return {"min": min(values), "mean": sum(values) / len(values), "max": max(values)}

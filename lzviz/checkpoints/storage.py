"""Writing and reading the numbers of a checkpoint."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from itertools import chain
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialised
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lzviz.checkpoints.cards import CARD, MODEL, Card, read_card
from lzviz.checkpoints.places import PICKLES, found, pickled
from lzviz.pipelines.blueprint import blueprint_from
from lzviz.pipelines.pipeline import Pipeline

HALF_TOLERANCE = 1e-3
MANY = 4096
"""Layers with fewer weights stay in half precision: they are what 8 bits would spare least and cost most."""
SCALE = ".scale"


def save(pipeline: Pipeline, folder: str | Path, card: Card) -> Path:
    """Write a checkpoint; readers see the old files or the new ones, never half a file.

    Args:
        pipeline: as the card's blueprint builds it.
        folder: made where it does not exist.
        card: its ``parameters`` are counted here.

    Raises:
        ValueError: the blueprint builds another pipeline, so that nobody could load this one.
    """
    folder = Path(folder)
    card = replace(card, parameters=sum(p.numel() for p in pipeline.parameters()))
    own = _own(pipeline)
    _compare({name: tuple(t.shape) for name, t in own.items()}, _own(skeleton(card)), "the pipeline", card)
    folder.mkdir(parents=True, exist_ok=True)
    temporary = [folder / f".{name}.new" for name in (MODEL, CARD)]
    state: dict[str, Tensor] = {}
    for name, tensor in own.items():
        state |= _stored(name, tensor.detach(), isinstance(tensor, nn.Parameter))
    state = {key: tensor.cpu().contiguous() for key, tensor in state.items()}
    temporary[0].write_bytes(serialised(state, {"format": "pt", "name": card.name}))
    temporary[1].write_text(card.to_json(), encoding="utf-8")
    for new, name in zip(temporary, (MODEL, CARD), strict=True):
        os.replace(new, folder / name)
    return folder


def _stored(name: str, tensor: Tensor, weight: bool) -> dict[str, Tensor]:
    """What the file has of a tensor: a weight in 8 bits and its scales, or in half precision; anything else as it is."""
    if not weight or tensor.ndim < 2 or tensor.dtype != torch.float32:
        return {name: tensor}
    if tensor.ndim in (2, 4) and tensor.numel() >= MANY:
        rows = tensor.flatten(1)
        scale = rows.abs().amax(1).clamp(min=torch.finfo(torch.float32).tiny) / 127
        return {name: (rows / scale[:, None]).round().to(torch.int8).view_as(tensor), name + SCALE: scale}
    half = tensor.half()
    change = (half.float() - tensor).abs().max() if tensor.numel() else 0.0
    return {name: half if change <= HALF_TOLERANCE * tensor.abs().max() else tensor}


def load(name: str | Path) -> Pipeline:
    """A trained pipeline, in evaluation mode on the CPU.

    Args:
        name: of a checkpoint (see :func:`available`), a folder, or an id on the Hugging Face Hub.

    Raises:
        ValueError: no such checkpoint; a pickle; a corrupt file; a card of another version or architecture.
        FileNotFoundError: a folder that is no checkpoint.
        ConnectionError: the Hub cannot be reached.
    """
    folder = found(name)
    card = read_card(folder)
    path = folder / MODEL
    if not path.is_file():
        pickles = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICKLES)
        raise pickled(pickles[0]) if pickles else FileNotFoundError(f"no {MODEL} in {folder}, only its {CARD}")
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
            scales = {key + SCALE for key in shapes if shapes.get(key + SCALE) == shapes[key][:1]}
            weights = {key: shape for key, shape in shapes.items() if key not in scales}
            _compare(weights, _own(skeleton(card)), MODEL, card)
            pipeline = _build(card)
            with torch.no_grad():
                for key, tensor in _own(pipeline).items():
                    tensor.copy_(_sound(file.get_tensor(key), key, path))
                    if key + SCALE in scales:
                        scale = _sound(file.get_tensor(key + SCALE), key + SCALE, path)
                        tensor *= scale.reshape(-1, *[1] * (tensor.ndim - 1))
                        _sound(tensor, key, path)
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged, or no safetensors file: {error}") from None
    pipeline.card = card
    return pipeline.eval()


def _sound(tensor: Tensor, key: str, path: Path) -> Tensor:
    """A tensor of a file, which must hold finite real numbers."""
    if tensor.is_complex():
        raise ValueError(f"{path}: {key} holds complex numbers; weights are real")
    if tensor.is_floating_point() and not bool(tensor.float().isfinite().all()):
        raise ValueError(f"{path}: {key} holds NaN or infinity; weights are finite")
    if key.endswith("running_var") and bool((tensor < 0).any()):
        raise ValueError(f"{path}: {key} holds numbers below zero; a variance has none")
    return tensor


class _ShapesOnly(TorchFunctionMode):
    """Skips the filling of new tensors: a second, at first, for those that have no content."""

    FILLS = frozenset({Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_})

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in self.FILLS or getattr(func, "__module__", None) == nn.init.__name__:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def skeleton(card: Card) -> Pipeline:
    """The card's pipeline without its numbers: shapes that take no memory."""
    with torch.device("meta"), _ShapesOnly():
        return _build(card)


def _build(card: Card) -> Pipeline:
    try:
        blueprint = blueprint_from(card.blueprint)
        made = blueprint.build(len(card.classes), card.seed)
        if card.system != blueprint.system:
            raise ValueError(f"its system is {card.system!r} and its blueprint's {blueprint.system!r}")
        return made
    except (TypeError, ValueError, KeyError, AttributeError, RuntimeError, ArithmeticError, IndexError) as error:
        raise ValueError(
            f"the card of {card.name!r} describes no pipeline of this version of lzviz: {error}"
        ) from error


def _own(module: nn.Module) -> dict[str, Tensor]:
    """The tensors of a state dict, each once."""
    kept = set(module.state_dict())
    return {name: t for name, t in chain(module.named_parameters(), module.named_buffers()) if name in kept}


def _compare(shapes: Mapping[str, tuple[int, ...]], own: Mapping[str, Tensor], what: str, card: Card) -> None:
    """Refuse tensors that are not those of the card's pipeline, naming the first of each kind."""
    problems = []
    for title, names in (
        ("missing", [name for name in own if name not in shapes]),
        ("unexpected", [name for name in shapes if name not in own]),
        ("of another shape", [name for name in own if name in shapes and shapes[name] != tuple(own[name].shape)]),
    ):
        if names:
            shown = [_shapes(name, shapes.get(name), own.get(name)) for name in names[:3]]
            problems.append(f"{len(names)} {title}: {', '.join(shown)}{', ...' if len(names) > 3 else ''}")
    if problems:
        raise ValueError(f"{what} is not the {card.system} pipeline of the card {card.name!r}; {'; '.join(problems)}")


def _shapes(name: str, found: tuple[int, ...] | None, wanted: Tensor | None) -> str:
    if found is None or wanted is None:
        return name
    return f"{name} {found} instead of {tuple(wanted.shape)}"

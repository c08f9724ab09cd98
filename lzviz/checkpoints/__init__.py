"""Checkpoints: a folder with ``model.safetensors``, the numbers, and ``card.json``, everything that there is to say about them.

    pipeline = lzviz.load("lds-camvid-96x128")     # a name in checkpoints/, a folder, or a Hub id such as "owner/name"
    pipeline.card.metrics["val"]["miou"]
    save(pipeline, "checkpoints/mine", Card("mine", "lds", blueprint=asdict(blueprint), classes=("road", "sky")))

Names are looked for in the folder that ``LZVIZ_CHECKPOINTS`` names, then in ``checkpoints/`` of this repository. Pickles (``.pt``,
``.pth``, ``.bin``, ``.ckpt``) can run code when they are opened, and are refused.

Convolutions of some size are stored in 8 bits, with one scale for each output channel (``NAME.scale``), other weights in half
precision where that changes none of them by more than a thousandth of the largest in its tensor. Statistics, biases, maps and
coordinates keep their precision. A loaded pipeline computes in float32; what its card says was measured with the weights as stored.
"""

from __future__ import annotations

import json
import math
import os
import re
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as serialised
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from lzviz.pipelines.blueprint import blueprint_from
from lzviz.pipelines.pipeline import Pipeline

MODEL, CARD = "model.safetensors", "card.json"
PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
VERSION = 1
HALF_TOLERANCE = 1e-3
MANY = 4096
"""Convolutions with fewer weights stay in half precision: they are what 8 bits would spare least and cost most."""
SCALE = ".scale"
LARGEST_CARD = 1 << 20
LARGEST_FETCHED = 1 << 29
"""Bytes of a model that is taken from the Hub: about twice the largest network of this library in float32."""
NAME = re.compile(r"[\w.-]+")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Card:
    """What there is to say about a checkpoint; ``card.json`` has the same fields.

    Attributes:
        name: of the checkpoint, as in ``lds-camvid-96x128``.
        system, title, mode: the sampler's name in the registry, a title for menus, "fixed" or "published".
        blueprint: :class:`lzviz.pipelines.blueprint.Blueprint` as a dictionary.
        classes: their names, by index.
        recipe: how it was trained, as a dictionary.
        data, split, licence: what it was trained on, and what may be done with it.
        seed, steps, date: of this run; the date as YYYY-MM-DD.
        metrics: {split: {"miou", "boundary", "small", "intrinsic", ...}}, mIoU in [0, 1].
        seeds: the same for every seed that was trained.
        macs, parameters: multiply-adds of an image, trained numbers.
        notes: whatever a reader should know.
        version: of this format.
    """

    name: str
    system: str
    blueprint: Mapping[str, Any]
    classes: Sequence[str]
    title: str = ""
    mode: str = "fixed"
    recipe: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""
    split: str = ""
    licence: str = ""
    seed: int = 0
    steps: int = 0
    date: str = ""
    metrics: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    seeds: Sequence[Mapping[str, Any]] = ()
    macs: int = 0
    parameters: int = 0
    notes: str = ""
    version: int = VERSION

    def to_json(self) -> str:
        """The text of ``card.json``; numbers that are none (NaN) become null."""
        return json.dumps(_finite(asdict(self)), indent=2, ensure_ascii=False, allow_nan=False) + "\n"

    @staticmethod
    def from_json(text: str) -> Card:
        """Read the text of ``card.json``.

        Raises:
            ValueError: no JSON, another version, or fields that are missing, unknown or of the wrong kind.
        """
        try:
            values = json.loads(text)
        except ValueError as error:
            raise ValueError(f"{CARD} is not JSON: {error}") from None
        if not isinstance(values, dict):
            raise ValueError(f"{CARD} holds a {type(values).__name__}, expected an object with the fields of a card")
        version = values.get("version", VERSION)
        if version != VERSION:
            raise ValueError(f"{CARD} has version {version!r}, this lzviz reads version {VERSION}: update lzviz")
        known = {each.name: each for each in fields(Card)}
        needed = [name for name, each in known.items() if each.default is each.default_factory is MISSING]
        for problem, names in (("lacks", set(needed) - set(values)), ("has unknown fields", set(values) - set(known))):
            if names:
                raise ValueError(f"{CARD} {problem} {', '.join(sorted(names))}")
        for name, value in values.items():
            kind = _KINDS[str(known[name].type).partition("[")[0]]
            if not isinstance(value, kind) or isinstance(value, bool):
                raise ValueError(f"{CARD}: {name} is a {type(value).__name__}, expected {kind.__name__}")
        if not values["classes"] or not all(isinstance(name, str) for name in values["classes"]):
            raise ValueError(f"{CARD}: classes must be a list of names, got {values['classes']!r}")
        lists = {name: tuple(values[name]) for name in ("classes", "seeds") if name in values}
        return Card(**{**values, **lists})


_KINDS = {"str": str, "int": int, "Mapping": dict, "Sequence": list}


# -- writing -------------------------------------------------------------------------------------------------------------


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
    _compare({name: tuple(t.shape) for name, t in own.items()}, _own(_skeleton(card)), "the pipeline", card)
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
    if tensor.ndim == 4 and tensor.numel() >= MANY:
        scale = tensor.abs().amax((1, 2, 3)).clamp(min=torch.finfo(torch.float32).tiny) / 127
        return {name: (tensor / scale[:, None, None, None]).round().to(torch.int8), name + SCALE: scale}
    half = tensor.half()
    change = (half.float() - tensor).abs().max() if tensor.numel() else 0.0
    return {name: half if change <= HALF_TOLERANCE * tensor.abs().max() else tensor}


# -- reading -------------------------------------------------------------------------------------------------------------


def folders() -> list[Path]:
    """Where names are looked for."""
    named = os.environ.get("LZVIZ_CHECKPOINTS")
    return [*([Path(named)] if named else []), Path(__file__).resolve().parent.parent.parent / "checkpoints"]


def available() -> list[Card]:
    """The cards of all checkpoints that load by name, under the names of their folders, sorted; one that cannot be read is left
    out with a warning."""
    cards: dict[str, Card] = {}
    for path in sorted(path for folder in folders() if folder.is_dir() for path in folder.glob(f"*/{CARD}")):
        if path.parent.name not in cards:
            try:
                cards[path.parent.name] = replace(read_card(path.parent), name=path.parent.name)
            except (ValueError, OSError) as error:
                warnings.warn(f"{path.parent}: {error}", stacklevel=2)
    return [cards[name] for name in sorted(cards)]


def read_card(folder: str | Path) -> Card:
    """The card of a checkpoint's folder."""
    path = Path(folder) / CARD
    if not path.is_file():
        raise FileNotFoundError(f"no {CARD} in {folder}: a checkpoint is a folder with {MODEL} and {CARD}")
    if path.stat().st_size > LARGEST_CARD:
        raise ValueError(f"{path} has {path.stat().st_size:,} bytes: that is no card")
    return Card.from_json(path.read_text(encoding="utf-8"))


def load(name: str | Path) -> Pipeline:
    """A trained pipeline, in evaluation mode on the CPU.

    Args:
        name: of a checkpoint (see :func:`available`), a folder, or an id on the Hugging Face Hub.

    Raises:
        ValueError: no such checkpoint; a pickle; a corrupt file; a card of another version or architecture.
        FileNotFoundError: a folder that is no checkpoint.
        ConnectionError: the Hub cannot be reached.
    """
    folder = _found(name)
    card = read_card(folder)
    path = folder / MODEL
    if not path.is_file():
        pickles = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICKLES)
        raise _pickled(pickles[0]) if pickles else FileNotFoundError(f"no {MODEL} in {folder}, only its {CARD}")
    try:
        with safe_open(path, framework="pt") as file:
            shapes = {key: tuple(file.get_slice(key).get_shape()) for key in file.keys()}  # noqa: SIM118
            scales = {key + SCALE for key in shapes if shapes.get(key + SCALE) == shapes[key][:1]}
            weights = {key: shape for key, shape in shapes.items() if key not in scales}
            _compare(weights, _own(_skeleton(card)), MODEL, card)
            pipeline = _build(card)
            with torch.no_grad():
                for key, tensor in _own(pipeline).items():
                    tensor.copy_(file.get_tensor(key))
                    if key + SCALE in scales:
                        tensor *= file.get_tensor(key + SCALE).reshape(-1, *[1] * (tensor.ndim - 1))
    except SafetensorError as error:
        raise ValueError(f"{path} is damaged, or no safetensors file: {error}") from None
    pipeline.card = card
    return pipeline.eval()


def _found(name: str | Path) -> Path:
    text = str(name)
    if Path(text).suffix.lower() in PICKLES:
        raise _pickled(text)
    if NAME.fullmatch(text):
        for folder in folders():
            if (folder / text / CARD).is_file():
                return folder / text
    path = Path(text).expanduser()
    if path.is_dir():
        return path
    if path.is_file():
        raise ValueError(f"{text} is a file: a checkpoint is the folder with {MODEL} and {CARD}")
    if HUB_ID.fullmatch(text):
        return fetched(text)
    names = ", ".join(card.name for card in available()) or "none"
    raise ValueError(f"no checkpoint named {text!r}, and no such folder; there are: {names}")


def fetched(name: str) -> Path:
    """A checkpoint of the Hub, in the Hub's own cache; one that is there already needs no network.

    Raises:
        ValueError: no such repository, no checkpoint in it, or one above :data:`LARGEST_FETCHED` bytes, which is not downloaded.
        ConnectionError: the Hub did not answer, and nothing was kept.
    """
    try:
        import huggingface_hub
        from huggingface_hub.errors import RepositoryNotFoundError
    except ImportError:
        raise ValueError(f"no folder {name!r} here; to load it from the Hub: pip install huggingface_hub") from None
    try:
        listed = huggingface_hub.model_info(name, files_metadata=True).siblings or []
        sizes, silent = {file.rfilename: file.size or 0 for file in listed}, None
    except RepositoryNotFoundError:
        raise ValueError(f"no folder {name!r} here, and no public repository of that name on the Hub") from None
    except Exception as error:
        sizes, silent = {}, error
    if silent is None:
        for file in (MODEL, CARD):
            if file not in sizes:
                raise ValueError(f"{name!r} on the Hub has no {file}: a checkpoint is a {MODEL} and a {CARD}")
        if sizes[MODEL] > LARGEST_FETCHED:
            raise ValueError(
                f"the {MODEL} of {name!r} has {sizes[MODEL] / 2**20:,.0f} MB, above the {LARGEST_FETCHED >> 20} MB that are "
                "fetched from the Hub: download it yourself and load its folder"
            )
    try:
        files = [MODEL, CARD]
        return Path(huggingface_hub.snapshot_download(name, allow_patterns=files, local_files_only=silent is not None))
    except Exception as error:
        cause = silent or error
        reason = str(cause).strip().partition("\n")[0]
        raise ConnectionError(
            f"no folder {name!r} here, and the Hugging Face Hub did not answer ({type(cause).__name__}: {reason}): "
            f"are you offline? Download its {MODEL} and {CARD} and load their folder"
        ) from cause


def _pickled(name: str) -> ValueError:
    return ValueError(
        f"{name} is a pickle, which can run code when it is opened: refused. Save the tensors with safetensors "
        f"(safetensors.torch.save_file) as {MODEL}, beside a {CARD}"
    )


class _ShapesOnly(TorchFunctionMode):
    """Skips the filling of new tensors: a second, at first, for those that have no content."""

    FILLS = frozenset({Tensor.normal_, Tensor.uniform_, Tensor.fill_, Tensor.zero_})

    def __torch_function__(self, func, types, args=(), kwargs=None):
        if func in self.FILLS or getattr(func, "__module__", None) == nn.init.__name__:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


def _skeleton(card: Card) -> Pipeline:
    """The card's pipeline without its numbers: shapes that take no memory."""
    with torch.device("meta"), _ShapesOnly():
        return _build(card)


def _build(card: Card) -> Pipeline:
    try:
        return blueprint_from(card.blueprint).build(len(card.classes), card.seed)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
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


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value

"""Where checkpoints are: a name, a folder or a Hub id, each in one place."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import replace
from pathlib import Path

from lzviz.checkpoints import hub
from lzviz.checkpoints.cards import CARD, MODEL, Card, read_card

PICKLES = (".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle")
NAME = re.compile(r"[\w.-]+")
HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")


def shipped() -> Path:
    """The folder of the checkpoints that ship: inside of an installed package, beside a source checkout's."""
    installed = Path(__file__).resolve().with_name("shipped")
    return installed if installed.is_dir() else installed.parents[2] / "checkpoints"


def folders() -> list[Path]:
    """Where names are looked for: the folder that ``LZVIZ_CHECKPOINTS`` names, then :func:`shipped`."""
    named = os.environ.get("LZVIZ_CHECKPOINTS")
    return [*([Path(named)] if named else []), shipped()]


def available(task: str | None = None) -> list[Card]:
    """The cards of all checkpoints that load by name, under the names of their folders, sorted; one that cannot be read is left
    out with a warning.

    Args:
        task: only those that are for it, a name of :mod:`lzviz.tasks`.
    """
    cards: dict[str, Card] = {}
    for path in sorted(path for folder in folders() if folder.is_dir() for path in folder.glob(f"*/{CARD}")):
        if path.parent.name not in cards:
            try:
                cards[path.parent.name] = replace(read_card(path.parent), name=path.parent.name)
            except (ValueError, OSError) as error:
                warnings.warn(f"{path.parent}: {error}", stacklevel=2)
    return [cards[name] for name in sorted(cards) if task in (None, cards[name].task)]


def found(name: str | Path) -> Path:
    text = str(name)
    if Path(text).suffix.lower() in PICKLES:
        raise pickled(text)
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
        return hub.fetched(text)
    names = ", ".join(card.name for card in available()) or "none"
    raise ValueError(
        f"no checkpoint named {text!r}, and no such folder; there are: {names}. Give one of these names, a folder, or a Hub id, "
        "owner/name; names are looked for in the folder that LZVIZ_CHECKPOINTS names, too"
    )


def pickled(name: str) -> ValueError:
    return ValueError(
        f"{name} is a pickle, which can run code when it is opened: refused. Save the tensors with safetensors "
        f"(safetensors.torch.save_file) as {MODEL}, beside a {CARD}"
    )

"""Checkpoints that visitors bring."""

from __future__ import annotations

from typing import Any

from lzviz.contract.messages.base import Answer, Bench, Question
from lzviz.contract.messages.pictures import CheckpointLine


class Loaded(Answer):
    """A checkpoint that is held now."""

    checkpoint: CheckpointLine


class AddCheckpoint(Question):
    """Hold the checkpoint in the body: length of the card in four bytes, card, weights."""

    answer = Loaded
    data: bytes

    @property
    def bench(self) -> Bench:
        return "files"


class FetchCheckpoint(Question):
    """Hold a checkpoint of the Hugging Face Hub."""

    answer = Loaded
    id: Any

    @property
    def bench(self) -> Bench:
        return "files"


class OpenCheckpoint(Question):
    """Hold a checkpoint from a folder of this machine."""

    answer = Loaded
    folder: Any

    @property
    def bench(self) -> Bench:
        return "files"

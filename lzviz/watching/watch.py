"""The watch: when it looks, what becomes of a look."""

from __future__ import annotations

import contextlib
import re
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import nn

from lzviz.doctor import diagnose
from lzviz.doctor.finding import VERDICTS, Diagnosis, Finding
from lzviz.plain import convert
from lzviz.watching.looks import Look, Looks
from lzviz.watching.pictures import density
from lzviz.watching.seeing import Read, Seeing

if TYPE_CHECKING:
    import os

    from torch.utils.tensorboard import SummaryWriter

READS = 32
"""Most reads of one look."""


class Watch:
    """Made by :func:`watch`. ``looks``: the folder; ``count``: forward passes so far; ``seconds``: what watching took."""

    def __init__(self, model: nn.Module, looks: Looks, every: int, share: float, writer: SummaryWriter | None):
        self.model, self.looks, self.every, self.share, self.writer = model, looks, every, share, writer
        self.count, self.seconds = 0, 0.0
        self._began, self._stack, self._seeing = time.perf_counter(), None, None
        self._reads: list[Read] = []
        self._step = 0
        self._mark: float | None = None  # seconds before the look that is on its way
        self._cost = 0.0  # of the last look
        self._handles = [
            model.register_forward_pre_hook(self._before),
            model.register_forward_hook(self._after, always_call=True),
        ]

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop watching; the hooks go."""
        late, self._reads = [read for read in self._reads if read.gradient is not None], []
        for handle in self._handles:
            handle.remove()
        self._write(late)
        if self.writer is not None:
            self.writer.flush()

    def _before(self, model: nn.Module, args: Any) -> None:
        step, self.count = self.count, self.count + 1
        if self._stack is not None or torch.compiler.is_compiling():
            return
        began = time.perf_counter()
        self._write([read for read in self._reads if read.gradient is not None])  # the backward pass is through by now
        self._reads = []
        if self._mark is not None:
            spent = self.seconds + time.perf_counter() - began
            self._cost, self._mark = spent - self._mark, None
        late = self.seconds + self._cost > self.share * (began - self._began + self._cost)
        if step % self.every or (late and step):
            self.seconds += time.perf_counter() - began
            return
        self._step, self._stack, self._mark = step, contextlib.ExitStack(), self.seconds
        modules = {id(module): name for name, module in model.named_modules()}
        self._seeing = Seeing(modules, self._reads.append, READS)
        if hasattr(torch.compiler, "set_stance"):  # a compiled graph cannot be looked into: this pass runs without it
            self._stack.enter_context(torch.compiler.set_stance("force_eager"))
        self._stack.enter_context(self._seeing)
        self.seconds += time.perf_counter() - began

    def _after(self, model: nn.Module, args: Any, output: Any) -> None:
        if self._stack is None or self._seeing is None:
            return
        began = time.perf_counter()
        self._stack.close()
        self.seconds += self._seeing.seconds
        self._stack = self._seeing = None
        self._write(self._reads)
        self.seconds += time.perf_counter() - began

    def _write(self, reads: list[Read]) -> None:
        """Keep and diagnose. A disk that is full ends the watching, never the run."""
        try:
            for read in reads:
                self._keep(read)
        except OSError as problem:
            warnings.warn(f"watching stopped, {self.looks.folder} cannot be written: {problem}", stacklevel=2)
            self.close()

    def _keep(self, read: Read) -> None:
        values = read.values.numpy()
        gradient = None if read.gradient is None else read.gradient.numpy()
        found = read.found = self._diagnosed(read, values, gradient)
        told = [finding.as_dict() for finding in found.findings if finding.verdict != "ok"]
        numbers = {f.check: float(f.value) for f in found.findings if isinstance(f.value, int | float)}
        worst = max((finding.verdict for finding in found.findings), key=VERDICTS.index, default="ok")
        name = f"{self._step:09d}-{read.number:02d}-{re.sub(r'[^A-Za-z0-9]+', '-', read.site)[:60]}.npz"
        look = Look(self._step, read.site, read.use, read.source_size, worst, told, numbers, name)
        self.looks.write(look, values, gradient)
        if self.writer is not None:
            self._log(look, found)

    def _diagnosed(self, read: Read, values: np.ndarray, gradient: np.ndarray | None) -> Diagnosis:
        """After the backward pass only the gradient is new: what was found before stands."""
        before = read.found
        try:
            if before is None or before.look is None:
                told = {"use": read.use, "align_corners": read.align_corners, "gradient": gradient}
                return diagnose(values, read.source_size, **told)
            after = before.look(gradient=gradient, checks=("gradient",))
        except (TypeError, ValueError) as problem:
            seen = Finding("layout", "note", "", "", str(problem))
            return Diagnosis((seen,))
        findings = sorted((*before.findings, *after.findings), key=lambda f: -VERDICTS.index(f.verdict))
        return replace(before, findings=tuple(findings), gradient=after.gradient)

    def _log(self, look: Look, found: Diagnosis) -> None:
        tag = f"watch/{look.site}"
        assert self.writer is not None
        self.writer.add_scalar(f"{tag}/worst", VERDICTS.index(look.verdict), look.step)
        for check, value in look.numbers.items():
            self.writer.add_scalar(f"{tag}/{check}", value, look.step)
        if found.warp is not None:
            places = convert.to_pixels(found.warp[0], look.source_size)
            self.writer.add_image(f"{tag}/samples", density(places, look.source_size)[None], look.step)


def watch(
    model: nn.Module,
    folder: str | os.PathLike[str],
    every: int = 100,
    *,
    keep: int = 64,
    share: float = 0.04,
    tensorboard: bool | SummaryWriter = False,
) -> Watch:
    """Look at every warped read of a model from time to time, keep and diagnose it (see the head of :mod:`lzviz.watching`).

    A look is taken in the thread of the forward pass, on the first pass and then on every ``every``-th, but never so often that
    watching takes more than ``share`` of the time. Between looks two hooks run, which count. A compiled model runs eagerly while it
    is looked at. Reads of other threads, and a model's own calls of itself, are not seen.

    Args:
        model: any module; :meth:`Watch.close` takes the hooks off again.
        folder: where looks are written, each before the run goes on.
        every: forward passes between looks, >= 1.
        keep: arrays kept on disk for each place in the code, >= 2.
        share: most of the running time that watching may take, in (0, 1].
        tensorboard: log scalars and pictures too, into ``folder`` or to the writer given; needs the extra ``train``.

    Raises:
        ValueError: an option out of range. TypeError: ``model`` is no module.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"expected a torch.nn.Module to watch, got {type(model).__name__}")
    if every < 1:
        raise ValueError(f"every is {every}: expected at least 1 forward pass")
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}: expected a part of the running time, in (0, 1]")
    looks = Looks(Path(folder), keep)
    looks.folder.mkdir(parents=True, exist_ok=True)
    writer = None if isinstance(tensorboard, bool) else tensorboard
    if tensorboard is True:
        from torch.utils.tensorboard import SummaryWriter

        writer = SummaryWriter(str(looks.folder))
    return Watch(model, looks, every, share, writer)

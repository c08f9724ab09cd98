"""What watching a model costs: ``python -m benchmarks.watching`` prints Markdown. One thread, fixed seed.

A spatial transformer before a ResNet-like network, training steps; alone, with a watch that only counts, and with one that looks as
often as its share of the time allows. Processor time; the models take turns, and each turn's time is set against that of the model
alone: the mean of these, and how far chance moves it (one standard error). What the two hooks of an idle watch take is far below
that, so it is timed by itself.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.harness import processor, show, single_thread, table
from lzviz import models
from lzviz.watching import Looks, watch

STEPS, REPEATS, PASSES = 5, 24, 20_000
SHARE = 0.04
"""Of the time of a run, as by default; the subjects take turns, so that of each the time is a third of what passes."""


class Model(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([[[0.9, 0.0, 0.0], [0.0, 0.9, 0.0]]]))
        self.network = models.create("compact", classes=11)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        grid = F.affine_grid(self.theta.expand(len(image), -1, -1), list(image.shape), align_corners=True)
        return self.network(F.grid_sample(image, grid, align_corners=True))


def main() -> None:
    single_thread()
    print(f"{STEPS} training steps, batch 4 of 96x128, one thread. {processor()}\n")
    image = torch.rand(4, 3, 96, 128)
    warm, *subjects = [Model() for _ in range(4)]

    def steps(model: Model):
        def work() -> None:
            for _ in range(STEPS):
                model(image).square().mean().backward()

        return work

    with tempfile.TemporaryDirectory() as folder:
        with watch(warm, f"{folder}/first"):  # imports and first calls are nobody's steps
            steps(warm)()
        idle = watch(subjects[1], f"{folder}/idle", every=10**9)
        seen = watch(subjects[2], f"{folder}/seen", every=1, share=SHARE / len(subjects))
        times = turns([steps(model) for model in subjects])
        looks = len({look.step for look in Looks(f"{folder}/seen").read()})
        idle.close()
        seen.close()
        bare, watched = hooks(folder)
    step = 1e3 * statistics.fmean(times[0]) / STEPS
    names = ("alone", "watched, idle", f"watched, {looks} looks in {seen.count} steps")
    show(table(("", "ms a step", "more than alone"), [(n, f"{1e3 * statistics.fmean(t) / STEPS:.1f}", more(t, times[0]))
                                                       for n, t in zip(names, times, strict=True)]))  # fmt: skip
    print(
        f"The hooks of an idle watch: {1e6 * (watched - bare):.1f} us a pass, {(watched - bare) / (1e-3 * step):.4%} of a step."
    )
    print(f"What a watch says of itself: {seen.seconds:.2f} s in looks and hooks.")


def turns(works: list[Callable[[], None]]) -> list[list[float]]:
    """Processor seconds of each of ``works``, in turns that begin with another one each."""
    times: list[list[float]] = [[] for _ in works]
    for turn in range(-1, REPEATS):
        for k in range(len(works)):
            which = (turn + k) % len(works)
            began = time.process_time()
            works[which]()
            if turn >= 0:
                times[which].append(time.process_time() - began)
    return times


def more(times: list[float], alone: list[float]) -> str:
    """By how much a model takes more time than alone, and one standard error of it."""
    ratios = [each / base - 1 for each, base in zip(times, alone, strict=True)]
    return f"{statistics.fmean(ratios):+.1%} ± {statistics.stdev(ratios) / len(ratios) ** 0.5:.1%}"


def hooks(folder: str) -> tuple[float, float]:
    """Processor seconds a pass of a model that does nothing: bare, and watched without looks."""
    model, image = nn.Identity(), torch.zeros(1)

    def one() -> float:
        began = time.process_time()
        for _ in range(PASSES):
            model(image)
        return (time.process_time() - began) / PASSES

    bare = min(one() for _ in range(3))
    with watch(model, f"{folder}/hooks", every=10**9):
        return bare, min(one() for _ in range(3))


if __name__ == "__main__":
    main()

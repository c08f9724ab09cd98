"""What watching a model costs: ``python -m benchmarks.watching`` prints Markdown. One thread, fixed seed.

A spatial transformer before a ResNet-like network, training steps; alone, with a watch that only counts, and with one that looks as
often as its share of the time allows. Processor time, in turns.
"""

from __future__ import annotations

import statistics
import tempfile

import torch
import torch.nn.functional as F
from torch import nn

from benchmarks.harness import processor, show, single_thread, table, together
from lzviz import models
from lzviz.watching import Looks, watch

STEPS, REPEATS = 5, 24
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
        times = together([steps(model) for model in subjects], repeats=REPEATS, warm_up=1, reduce=statistics.fmean)
        looks = len(Looks(f"{folder}/seen").read())
        idle.close()
        seen.close()
    names = ("alone", "watched, idle", f"watched, {looks} looks in {seen.count} steps")
    rows = [(n, t / STEPS, t / times[0]) for n, t in zip(names, times, strict=True)]
    show(table(("", "ms a step", "against alone"), rows))


if __name__ == "__main__":
    main()

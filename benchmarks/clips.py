"""What a frame of a clip costs: ``python -m benchmarks.clips`` prints Markdown. One thread."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from benchmarks.harness import processor, show, single_thread, table
from lzviz import scenes

SIZES = ((256, 512), (512, 1024), (1024, 2048))
SEEDS, FRAMES = range(3), (2, 5, 8)


def main() -> None:
    single_thread()
    print(f"Frames of clips, median of {len(SEEDS) * len(FRAMES)}, one thread. {processor()}\n")
    show(table(("size", "s a frame", "worst", "objects"), rows()))


def rows() -> Iterator[tuple[object, ...]]:
    for size in SIZES:
        spent, objects = [], []
        for seed in SEEDS:
            film = scenes.clip(size, seed, max(FRAMES) + 1)
            film[0]  # facades and tiles of noise are made once
            for k in FRAMES:
                begun = time.process_time()
                objects.append(len(film[k].objects))
                spent.append(time.process_time() - begun)
        yield f"{size[0]}x{size[1]}", f"{np.median(spent):.3f}", f"{max(spent):.3f}", f"{np.median(objects):.0f}"


if __name__ == "__main__":
    main()

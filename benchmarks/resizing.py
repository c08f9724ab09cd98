"""What resizing a picture takes: DownsizeNet by its number of layers (its table 9), beside what needs no network.

python -m benchmarks.resizing
"""

from __future__ import annotations

from collections.abc import Callable

import torch

from benchmarks.harness import processor, show, single_thread, table, together
from lzviz import samplers
from lzviz.measure import cost

SIZES = (((360, 480), (96, 128)), ((512, 1024), (256, 512)), ((512, 1024), (1024, 2048)))
DEPTHS = (2, 3, 4)
REPEATS = 5


def methods() -> dict[str, Callable[[], object]]:
    """How each is made, by what it is called."""
    made: dict[str, Callable[[], object]] = {
        "bilinear": lambda: samplers.create("uniform", interpolation="bilinear"),
        "cubic": lambda: samplers.create("uniform-cubic"),
        "area": lambda: samplers.create("uniform-area"),
        "learned resizer": lambda: samplers.create("resizer"),
    }
    return made | {
        f"DownsizeNet, {depth} layers": lambda depth=depth: samplers.create("downsizenet", depth=depth)
        for depth in DEPTHS
    }


@torch.inference_mode()
def main() -> None:
    single_thread()
    print(f"Milliseconds of processor time, in turns, one thread. {processor()}\n")
    head = ["method", *(f"{a[0]} x {a[1]} to {b[0]} x {b[1]}" for a, b in SIZES), "M multiply-adds, first"]
    found = {name: make() for name, make in methods().items()}
    columns = []
    for source, size in SIZES:
        image = torch.rand(1, 3, *source)
        works = [lambda one=one, image=image, size=size: one(image, size) for one in found.values()]  # type: ignore[operator]
        columns.append(together(works, REPEATS, 1))
    image, size = torch.rand(1, 3, *SIZES[0][0]), SIZES[0][1]
    work = [cost.count(one, image, size).total / 1e6 for one in found.values()]  # type: ignore[arg-type]
    show(table(head, ([name, *times, macs] for name, *times, macs in zip(found, *columns, work, strict=True))))


if __name__ == "__main__":
    main()

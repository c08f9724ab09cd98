"""Key point matching against multiply-adds: the fixed output strides, the paper's ten triplets, and two controls.

    python -m benchmarks.keypoints [--pictures 6] [--views 3] [--width 16] [--markdown]

For each gallery picture and known view of it: mean matching accuracy (right over possible matches) within 1, 3 and 5 pixels
and the multiply-adds as a share of output stride 1's; means over all pairs, with the range of the share that the content
makes. Weights: D2-Net's or VGG16's where the folder of weights has them, else random ones of ``--width`` channels.
"""

from __future__ import annotations

import argparse
import math
from statistics import fmean

import torch

from lzviz.contract.answers.keypoints import STRIDES, descriptors
from lzviz.contract.answers.working import FINE_WORKING, Working
from lzviz.contract.workshop import Workshop
from lzviz.gallery import shipped
from lzviz.tasks import matching

WITHIN = (1, 3, 5)


def kinds() -> list[tuple[str, int | None, tuple[float, ...] | None, matching.Control | None]]:
    """(name, output stride, triplet, control) of each row."""
    rows: list = [(f"output stride {stride}", stride, None, None) for stride in STRIDES]
    rows += [(_named(each), None, each, None) for each in matching.TRIPLETS]
    shown = (0, 19, 35)
    return rows + [(f"{_named(shown)}, {control}", None, shown, control) for control in matching.CONTROLS]


def _named(triplet: tuple[float, ...]) -> str:
    return "(" + ", ".join("inf" if math.isinf(value) else str(value) for value in triplet) + ")"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--pictures", type=int, default=6)
    parser.add_argument("--views", type=int, default=3)
    parser.add_argument("--markdown", action="store_true")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    shop = Workshop()
    weights = descriptors(shop)
    found: dict[str, list[tuple[tuple[float, ...], float]]] = {}
    with torch.inference_mode():
        for shown in list(shipped().values())[: chosen.pictures]:
            working = Working.of(shown.prepare().result(), FINE_WORKING)
            for seed in range(chosen.views):
                pair = matching.Pair.of(working.image, matching.homography(working.size, seed))
                if min(len(pair.first_points), len(pair.second_points)) < 20:
                    continue
                made = {}
                for name, stride, triplet, control in kinds():
                    network = weights.network(stride or STRIDES[0])
                    made[name] = matching.trial(pair, network, weights.normalisation, triplet, control)
                whole = made["output stride 1"].macs
                for name, trial in made.items():
                    found.setdefault(name, []).append((trial.mma, trial.macs / whole))
    report(found, str(weights.name), chosen.markdown)


def report(found: dict[str, list[tuple[tuple[float, ...], float]]], weights: str, markdown: bool) -> None:
    """Print the table."""
    pairs = len(next(iter(found.values())))
    print(f"{pairs} pairs at most {FINE_WORKING[0]}x{FINE_WORKING[1]} pixels; weights: {weights}\n")
    head = ["descriptors", *(f"MMA@{t}" for t in WITHIN), "multiply-adds", "least .. most"]
    rows = []
    for name, trials in found.items():
        scores = [f"{100 * fmean(mma[t - 1] for mma, _ in trials):.1f}" for t in WITHIN]
        shares = [share for _, share in trials]
        rows.append([name, *scores, f"{fmean(shares):.3f}", f"{min(shares):.3f} .. {max(shares):.3f}"])
    if markdown:
        print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
        print("\n".join("| " + " | ".join(row) + " |" for row in rows))
        return
    for row in [head, *rows]:
        print(f"{row[0]:24}" + "".join(f"{value:>16}" for value in row[1:]))


if __name__ == "__main__":
    main()

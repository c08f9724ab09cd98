"""What only a GPU can tell, in minutes and one file: parity, the row kernel, whole pipelines, then trainings while time is left.

    sh benchmarks/gpu.sh --out gpu.json
    python -m benchmarks.gpu --dry --out gpu.json      # the same steps, small, on a CPU

The file is JSON: {"about", "parity", "kernel", "pipelines", "training", "failed"}. Every part is written when it is done, so that
what was measured stays when time runs out; a part that fails is named with its error, and the others run all the same.
"""

from __future__ import annotations

import argparse
import json
import math
import platform
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

import lzviz
from lzviz import checkpoints, models, samplers, scenes
from lzviz.adaptive import masks
from lzviz.adaptive.convolution import row_convolution
from lzviz.measure import timing
from lzviz.samplers.base import WarpSampler

MINUTES = 9.0
# Part of the time that trainings may take, and what is left for writing at the end, seconds.
MARGIN = 20.0
RECIPES = ("lds-scenes-64x128", "uniform-scenes-64x128", "lzu-fixed-scenes-64x128")
PIPELINES = (
    "uniform-camvid-96x128", "lds-camvid-96x128", "lzu-fixed-camvid-96x128", "es-camvid-96x128",
    "strided-camvid-360x480", "dilated-camvid-360x480", "cad-edges-camvid-360x480", "cad-learned-camvid-360x480",
)  # fmt: skip


@dataclass(frozen=True)
class Size:
    """How large things are.

    Attributes:
        image: (H, W) of pictures; batches of pipelines; repeats of what is timed.
        rows, channels: of the row kernel.
        recipes: what is trained.
        steps: of a training; None: as many as its recipe says, on its own data, and not on two small pictures.
    """

    image: tuple[int, int]
    batches: tuple[int, ...]
    repeats: int
    rows: tuple[int, ...]
    channels: tuple[int, ...]
    pipelines: tuple[str, ...]
    recipes: tuple[str, ...] = RECIPES
    steps: int | None = None


FULL = Size((1024, 2048), (1, 4), 30, (2048, 8192, 32768), (256, 512), PIPELINES)
DRY = Size((64, 96), (1,), 2, (64,), (8,), ("uniform-camvid-96x128", "cad-edges-camvid-360x480"),
           ("lds-camvid-48x64",), 1)  # fmt: skip


# Parity ---------------------------------------------------------------------------------------------------------------


def parity(device: torch.device, size: Size) -> dict[str, float]:
    """Largest difference between the device and the CPU, by what was computed; places in source pixels, float32 both."""
    generator = torch.Generator().manual_seed(0)
    image, saliency = (torch.rand(2, c, *s, generator=generator) for c, s in ((3, size.image), (1, (31, 51))))
    found: dict[str, float] = {}
    for separable in (True, False):
        here = lzviz.Warp.from_saliency(saliency + 0.05, separable=separable)
        there = here.to(device)
        name = "separable" if separable else "full"
        small = size.image[0] // 4, size.image[1] // 4
        scale = torch.tensor([n - 1 for n in reversed(size.image)]) / 2
        found[f"{name}: nodes"] = _far(
            lzviz.Warp.from_saliency(saliency.to(device) + 0.05, separable=separable).nodes, here.nodes, scale
        )
        found[f"{name}: grid"] = _far(there.grid(small), here.grid(small), scale)
        a, b = there.inverse_grid(size.image), here.inverse_grid(size.image)
        both = a[1].cpu() & b[1]
        found[f"{name}: inverse"] = _far(a[0].cpu()[both], b[0][both], torch.tensor(small[::-1]) / 2)
        found[f"{name}: pixels known on one side"] = float((a[1].cpu() != b[1]).sum())
        for how in ("nearest", "bilinear", "antialias"):
            ours, theirs = there.zoom(image.to(device), small, how), here.zoom(image, small, how)
            found[f"{name}: zoom, {how}"] = _far(ours, theirs)
    for name, line in samplers.REGISTRY.items():
        sampler = line.make()
        if isinstance(sampler, WarpSampler):
            moved = sampler.to(device) if isinstance(sampler, torch.nn.Module) else sampler
            there_image = moved(image.to(device), (32, 64)).image
            back = sampler.to("cpu") if isinstance(sampler, torch.nn.Module) else sampler
            found[f"sampler {name}"] = _far(there_image, back(image, (32, 64)).image)
    return found | _guarantee(device)


def _guarantee(device: torch.device) -> dict[str, float]:
    """The adaptive network's coarse locations against the strided network, relative, on the device."""
    found = {}
    for name, options in (("resnet18", {"width": 16}), ("efficientnet_lite0", {})):
        network = models.create(name, classes=None, output_stride=16, **options).eval().to(device)
        x = torch.rand(1, 3, 128, 192, device=device)
        levels = masks.random((128, 192), 0.4, 1, stride=8, generator=torch.Generator().manual_seed(1)).to(device)
        with torch.inference_mode(), torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            there, adaptive = network(x), lzviz.adapt(network, (8, 16))(x, levels=levels)
        found[f"guarantee 2, {name}"] = float((adaptive[..., ::2, ::2] - there).abs().max() / there.abs().max())
    return found


def _far(a: Tensor, b: Tensor, scale: Tensor | None = None) -> float:
    difference = (a.detach().cpu().double() - b.detach().cpu().double()).abs()
    return float((difference if scale is None else difference * scale).max()) if difference.numel() else 0.0


# The row kernel -------------------------------------------------------------------------------------------------------


def kernel(device: torch.device, size: Size) -> list[dict[str, Any]]:
    """A 3x3 convolution on rows against the ordinary one of as many pixels: milliseconds."""
    lines = []
    kinds = (torch.float32, torch.bfloat16) if device.type == "cuda" else (torch.float32,)
    for rows in size.rows:
        for channels in size.channels:
            for dtype in kinds:
                side = math.isqrt(rows)
                features = torch.randn(rows, channels, device=device, dtype=dtype)
                weight = torch.randn(channels, channels, 3, 3, device=device, dtype=dtype) / (3 * channels**0.5)
                table = torch.randint(0, rows + 1, (rows, 9), device=device)
                image = torch.randn(1, channels, side, side, device=device, dtype=dtype).contiguous(
                    memory_format=torch.channels_last
                )
                packed = weight.contiguous(memory_format=torch.channels_last)
                with torch.inference_mode():
                    ours = _milliseconds(
                        lambda f=features, t=table, w=packed: row_convolution(f, t, w, None), device, size
                    )
                    dense = _milliseconds(lambda i=image, w=packed: F.conv2d(i, w, padding=1), device, size)
                lines.append({
                    "rows": rows, "channels": channels, "dtype": str(dtype).removeprefix("torch."), "rows_ms": ours,
                    "dense_ms": dense * rows / side**2, "dense_pixels": side**2,
                })  # fmt: skip
    return lines


def _milliseconds(work: Callable[[], object], device: torch.device, size: Size) -> float:
    return timing.measure(work, device=device, repeats=size.repeats).median


# Whole pipelines ------------------------------------------------------------------------------------------------------


def pipelines(device: torch.device, size: Size) -> Iterator[dict[str, Any]]:
    """Each shipped pipeline on batches of pictures: median milliseconds of every stage by the device's own events, the share of
    pixels that get the label that they get on the CPU, and the largest memory."""
    known = {card.name for card in checkpoints.available()}
    for name in size.pipelines:
        if name not in known:
            continue
        image = torch.rand(1, 3, *size.image, generator=torch.Generator().manual_seed(3))
        reference = lzviz.load(name).run(image).output
        pipeline = lzviz.load(name).to(device)
        for batch in size.batches:
            many = image.expand(batch, -1, -1, -1).contiguous().to(device)
            runs = [pipeline.run(many) for _ in range(max(2, size.repeats // 3))][1:]
            stages = {s: _median([r.milliseconds[s] for r in runs]) for s in runs[0].milliseconds}
            same = float((runs[-1].output[:1].cpu() == reference).float().mean())
            yield {
                "name": name, "batch": batch, "ms": stages, "total_ms": sum(stages.values()), "same_labels": same,
                "memory_mb": runs[-1].memory / 2**20,
            }  # fmt: skip


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


# Trainings ------------------------------------------------------------------------------------------------------------


def training(size: Size, folder: Path, left: Callable[[], float]) -> Iterator[dict[str, Any]]:
    """Recipes on the drawn scenes, one after the other, each resumed where it was stopped, as far as the time goes."""
    small = [] if size.steps is None else ["--steps", str(size.steps), *_two_pictures(folder / "pictures", size.image)]
    for recipe in size.recipes:
        seconds = left()
        if seconds < MARGIN:
            return
        command = [
            sys.executable, "-m", "lzviz", "train", recipe, "--runs", str(folder), "--log", "none", "--start", "none", *small,
        ]  # fmt: skip
        began = time.monotonic()
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=seconds)
            said = done.stderr.strip().splitlines()[-1:] if done.returncode else []
        except subprocess.TimeoutExpired:
            said = ["stopped when time was up; run it again to go on"]
        yield {
            "recipe": recipe,
            "seconds": time.monotonic() - began,
            "finished": not said,
            "said": said,
            "runs": str(folder),
        }


def _two_pictures(folder: Path, size: tuple[int, int]) -> list[str]:
    """Two drawn streets in a folder, as the options that train on them."""
    streets = [scenes.street(size, seed=seed) for seed in range(2)]
    for seed, scene in enumerate(streets):
        for kind, values in (("images", scene.image), ("labels", scene.labels)):
            (folder / kind).mkdir(parents=True, exist_ok=True)
            Image.fromarray(values).save(folder / kind / f"{seed}.png")
    classes = ",".join(streets[0].classes)
    return ["--data", str(folder / "images"), "--labels", str(folder / "labels"), "--classes", classes]


# All of it ------------------------------------------------------------------------------------------------------------


def main() -> int:
    """Write the file; 1 where a part failed."""
    parser = argparse.ArgumentParser(description="Everything that wants a GPU, with one file of results.")
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="where trainings are kept and resumed")
    parser.add_argument("--dry", action="store_true", help="small, on a CPU")
    options = parser.parse_args()
    if not options.dry and not torch.cuda.is_available():
        parser.error("there is no CUDA device; --dry runs the same steps, small, on a CPU")
    device, size = (torch.device("cpu"), DRY) if options.dry else (torch.device("cuda"), FULL)
    end = time.monotonic() + 60 * options.minutes
    results: dict[str, Any] = {"about": about(device), "failed": {}}
    parts: dict[str, Callable[[], Any]] = {
        "parity": lambda: parity(device, size),
        "kernel": lambda: kernel(device, size),
        "pipelines": lambda: list(pipelines(device, size)),
        "training": lambda: list(training(size, options.runs, lambda: end - MARGIN - time.monotonic())),
    }
    for name, part in parts.items():
        began = time.monotonic()
        try:
            results[name] = part()
        except Exception as error:
            results["failed"][name] = f"{type(error).__name__}: {error}"
            traceback.print_exc()
        results["about"][f"{name}_seconds"] = round(time.monotonic() - began, 1)
        options.out.write_text(json.dumps(results, indent=1) + "\n")
        print(f"{name}: {results['about'][f'{name}_seconds']} s", flush=True)
    print(options.out)
    return 1 if results["failed"] else 0


def about(device: torch.device) -> dict[str, Any]:
    """What computed."""
    return {"device": timing.device_name(device), "torch": torch.__version__, "python": platform.python_version()}


if __name__ == "__main__":
    sys.exit(main())

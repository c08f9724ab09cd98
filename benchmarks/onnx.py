"""How near ONNX files come to torch: ``python -m benchmarks.onnx [NAME ...]`` prints Markdown, of every shipped zoom checkpoint.

One row each, as it is done: the greatest difference between onnxruntime and torch on a made-up picture and what is allowed, the
size of the file and the processor time that making and checking it took. Minutes for all: writing a file takes most.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import lzviz
from benchmarks.harness import processor, single_thread
from lzviz import checkpoints
from lzviz.pipelines.onnx import written


def zooms() -> list[str]:
    """The checkpoints that zoom: not at the pictures' own size, as adaptive networks and those that they are compared with."""
    return [card.name for card in checkpoints.available("segmentation") if "360x480" not in card.name]


def main(names: list[str]) -> None:
    single_thread()
    print(f"Checkpoints as ONNX files, one thread. {processor()}\n")
    print(
        "| checkpoint | greatest difference | allowed | MB | processor seconds |\n| --- | ---: | ---: | ---: | ---: |"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in names or zooms():
            path, start = Path(folder, "file.onnx"), time.process_time()
            found = written(lzviz.load(name), path)
            spent = time.process_time() - start
            megabytes = path.stat().st_size / 1e6
            print(
                f"| {name} | {found.difference:.1e} | {found.allowed:.1e} | {megabytes:.1f} | {spent:.0f} |", flush=True
            )
            if found.first_agreeing is not None:
                told = f"{found.first_difference:.1e}"
                print(f"| its first look: {found.first_agreeing:.3%} of the labels equal | {told} | | | |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

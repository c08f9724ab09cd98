"""What was seen, on disk: a line of JSON a read, its array beside it, written before the run goes on.

FOLDER/looks.jsonl        one line a read: step, site, worst verdict, findings, name of the array
FOLDER/arrays/*.npz       "values" and, where there was a backward pass, "gradient"
"""

from __future__ import annotations

import json
import os
import zipfile
from collections import defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

SITES, VALUES = 32, 1 << 19
"""Most sites that are kept, and most numbers of one array on disk: larger ones are thinned for it, not for the diagnosis."""


@dataclass(frozen=True)
class Look:
    """One read at one step. ``verdict``: the worst one; ``findings``: those that are not "ok", as JSON has them."""

    step: int
    site: str
    use: str
    source_size: tuple[int, int]
    verdict: str
    findings: list[dict[str, Any]]
    numbers: dict[str, float]
    array: str


class Looks:
    """A folder of looks: written by :class:`lzviz.watching.Watch`, read by anybody, also while the run goes on.

    Args:
        folder: made where it is missing; looks that are there stay.
        keep: arrays kept of each site: beyond that every second one goes, so that the whole run stays covered.
    """

    def __init__(self, folder: str | os.PathLike[str], keep: int = 64):
        if keep < 2:
            raise ValueError(f"keep is {keep}: expected at least 2 arrays of each site")
        self.folder, self.keep = Path(folder), keep
        self.arrays: dict[str, list[Path]] = defaultdict(list)

    def write(self, look: Look, values: np.ndarray, gradient: np.ndarray | None) -> None:
        """Append a look. The array is whole on disk before its line is."""
        if look.site not in self.arrays and len(self.arrays) >= SITES:
            return
        path = self.folder / "arrays" / look.array
        path.parent.mkdir(parents=True, exist_ok=True)
        parts = {"values": values} | ({} if gradient is None else {"gradient": gradient})
        unfinished = path.with_suffix(".tmp")
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:  # the run waits for it
            for name, part in parts.items():
                with packed.open(f"{name}.npy", "w") as file:
                    np.lib.format.write_array(file, np.ascontiguousarray(_thinned(part, look.use)), allow_pickle=False)
        unfinished.replace(path)
        with (self.folder / "looks.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(look), default=str) + "\n")
        kept = self.arrays[look.site]
        if path not in kept:
            kept.append(path)
        if len(kept) > self.keep:
            for old in kept[1:-1:2]:
                old.unlink(missing_ok=True)
            self.arrays[look.site] = [kept[0], *kept[2:-1:2], kept[-1]]

    def read(self) -> list[Look]:
        """All looks, in the order in which they were taken; of two lines of one look the later one holds, which knows the gradient.
        A line that a crash cut off is left out."""
        path = self.folder / "looks.jsonl"
        if not path.is_file():
            raise ValueError(
                f"{self.folder} holds no looks.jsonl: give the folder that lzviz.watch(model, folder) wrote"
            )
        out: dict[str, Look] = {}
        for line in path.read_text(encoding="utf-8").splitlines():
            try:
                values = json.loads(line)
                look = Look(**{**values, "source_size": tuple(values["source_size"])})
            except (json.JSONDecodeError, TypeError, KeyError):
                continue
            out[look.array] = look
        return list(out.values())

    def array(self, look: Look) -> dict[str, np.ndarray]:
        """ "values" and, where there is one, "gradient" of a look; empty where its array was thinned out."""
        path = self.folder / "arrays" / Path(look.array).name
        if not path.is_file():
            return {}
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}


def _thinned(values: np.ndarray, use: str) -> np.ndarray:
    if values.size <= VALUES or values.ndim < 3:
        return values
    step = int(np.ceil((values.size / VALUES) ** 0.5))
    return values[:, ::step, ::step] if use != "deform" else values[..., ::step, ::step]

"""A folder of pictures: the same table over all of them, and a run that goes on where it was stopped.

OUT/pictures.jsonl     one line a picture: its shape, and for each method its row and the counts that are summed over pictures
OUT/table.* pareto.png sheet.*
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from lzviz.comparison.budget import Budget
from lzviz.comparison.compare import Comparison, fixed_note, median, picture_of
from lzviz.comparison.fits import Fit, fits
from lzviz.comparison.measured import measured, scored_row, timed
from lzviz.comparison.methods import Given, Method, methods_of
from lzviz.comparison.table import Row, Table
from lzviz.coords import Size
from lzviz.datasets import Dataset
from lzviz.measure import evaluation, timing
from lzviz.trace.frames import image_size

TIMED = 3
"""Runs of each method that are timed, for every picture."""
MEANS = ("region", "folds", "out_of_range", "unseen", "step", "macs", "p50", "samples")


def compare_folder(
    data: Dataset | Sequence[Path],
    samplers: Sequence[Given] | Mapping[str, Given],
    budget: str | Budget,
    out: str | Path,
    progress: Callable[[int, int, str], None] | None = None,
) -> Table:
    """Compare on many pictures: scores and errors of one confusion matrix summed over them, means of the rest, medians of times.

    What is in ``out`` already is not computed again; it must be of the same methods and budget.

    Args:
        data: pictures with labels, or paths of pictures.
        progress: told (pictures done, of how many, name) before each picture.

    Raises:
        ValueError: no picture, or ``out`` holds another comparison.
    """
    if not len(data):
        raise ValueError("no picture to compare on")
    folder, spend = Path(out), Budget.of(budget)
    folder.mkdir(parents=True, exist_ok=True)
    name, image, truth = next(_pictures(data))
    methods = methods_of(samplers, image_size(image))
    lines = _Lines(folder / "pictures.jsonl", {"budget": str(spend), "methods": [method.name for method in methods]})

    def fitting(image: Tensor) -> list[Fit]:
        shape = image_size(image)
        if shape not in lines.fits:
            lines.fits[shape] = lines.again(shape, methods) or fits(methods, image, spend)
        return lines.fits[shape]

    for number, (name, image, truth) in enumerate(_pictures(data)):
        if progress is not None:
            progress(number, len(data), name)
        if name not in lines.done:
            lines.add(name, image_size(image), [_line(fit, image, truth, spend) for fit in fitting(image)])
    table = summed(lines.read())
    _, image, truth = next(_pictures(data))
    traces = {f.method.name: measured(f.method, image, truth).trace for f in fitting(image) if not f.note}
    Comparison(image, truth, spend, table, traces, timing.device_name(image.device)).save(folder)
    return table


def _line(fit: Fit, image: Tensor, truth: Tensor | None, budget: Budget) -> dict[str, Any]:
    method = fit.method
    if fit.note:
        return {"row": asdict(Row(method.name, method.title, note=fit.note))}
    made = measured(method, image, truth)
    taken = timing.measure(lambda: method.once(image), device=image.device, warm_up=1, repeats=TIMED)
    row = replace(timed(made.row, taken, budget), note=fixed_note(method, budget))
    out: dict[str, Any] = {"row": asdict(row)}
    if made.intrinsic is not None:
        out["intrinsic"] = made.intrinsic.tolist()
    if made.scored is not None:
        out |= {"score": made.scored.tolist(), "names": list(method.pipeline.classes)}
    return out


def summed(pictures: Sequence[Sequence[Mapping[str, Any]]]) -> Table:
    """One row a method of the lines of many pictures."""
    table = Table()
    for lines in zip(*pictures, strict=True):
        rows = [each["row"] for each in lines]
        first = Row(**{**rows[0], "size": tuple(rows[0]["size"]) if rows[0]["size"] else None})
        values: dict[str, Any] = {name: _mean([row[name] for row in rows]) for name in MEANS}
        for name in ("samples", "macs"):
            values[name] = None if values[name] is None else round(values[name])
        values["p50"] = median([row["p50"] for row in rows])
        values["p95"] = max((row["p95"] for row in rows if row["p95"] is not None), default=None)
        values["round_trip"] = max((row["round_trip"] for row in rows if row["round_trip"] is not None), default=None)
        values["noisy"] = any(row["noisy"] for row in rows)
        if matrix := _sum([each["intrinsic"] for each in lines if "intrinsic" in each]):
            values["intrinsic"] = 1 - evaluation.miou(matrix[0])
        names = {name for row in rows for name in row["classes"]}
        values["classes"] = {name: _mean([row["classes"].get(name, 0.0) for row in rows]) for name in sorted(names)}
        row = replace(first, **values)
        if matrix := _sum([each["score"] for each in lines if "score" in each]):
            row = scored_row(row, matrix[0], tuple(next(each["names"] for each in lines if "names" in each)))
        table.append(row)
    return table


def _sum(given: Sequence[list[list[float]]]) -> tuple[Tensor] | None:
    """Of confusion matrices (K, K + 1), the last column for "no answer", where later classes may be missing."""
    if not given:
        return None
    matrices = [torch.tensor(each, dtype=torch.float64) for each in given]
    most = max(len(matrix) for matrix in matrices)
    total = torch.zeros(most, most + 1, dtype=torch.float64)
    for matrix in matrices:
        k = len(matrix)
        total[:k, :k] += matrix[:, :k]
        total[:k, -1] += matrix[:, k]
    return (total,)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _pictures(data: Dataset | Sequence[Path]) -> Iterator[tuple[str, Tensor, Tensor | None]]:
    for k in range(len(data)):
        each = data[k]
        if isinstance(each, Path):
            yield each.name, picture_of(each), None
        else:
            image = torch.as_tensor(each.image)
            image = image.float() / 255 if image.dtype == torch.uint8 else image.float()
            yield each.name, picture_of(image), torch.as_tensor(each.labels)[None].long()


class _Lines:
    """The file of what is done: a head that says what of, then a line a picture, each whole or left out."""

    def __init__(self, path: Path, head: dict[str, Any]):
        self.path = path
        lines = self._lines()
        if lines and lines[0] != head:
            raise ValueError(
                f"{path} holds another comparison, of {', '.join(lines[0].get('methods', []))} at {lines[0].get('budget')}: "
                "choose another folder, or remove it"
            )
        # A line that was cut off is written anew.
        path.write_text("".join(json.dumps(line) + "\n" for line in lines or [head]), encoding="utf-8")
        self.done = {line["picture"] for line in lines[1:]}
        self.fits: dict[Size, list[Fit]] = {}

    def add(self, picture: str, shape: Size, methods: list[dict[str, Any]]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"picture": picture, "shape": shape, "methods": methods}) + "\n")

    def again(self, shape: Size, methods: Sequence[Method]) -> list[Fit]:
        """The sizes at which pictures of a shape were compared before the run was stopped; none if there was none."""
        line = next((line for line in self._lines()[1:] if tuple(line["shape"]) == shape), None)
        if line is None:
            return []
        rows = [each["row"] for each in line["methods"]]
        return [
            Fit(method, row["note"]) if row["size"] is None else Fit(method.at(tuple(row["size"])))
            for method, row in zip(methods, rows, strict=True)
        ]

    def read(self) -> list[list[dict[str, Any]]]:
        return [line["methods"] for line in self._lines()[1:]]

    def _lines(self) -> list[dict[str, Any]]:
        out = []
        if self.path.is_file():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                try:
                    out.append(json.loads(line))
                except json.JSONDecodeError:
                    break
        return out

"""A folder of pictures: the same table over all of them, and a run that goes on where it was stopped.

OUT/pictures.jsonl     one line a picture and method: its row, and counts that are summed over pictures
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
from lzviz.comparison.compare import classes_of, compare, fitted, median, picture_of, row_of, timed
from lzviz.comparison.methods import Given, Method, methods_of
from lzviz.comparison.table import Row, Table
from lzviz.datasets import Dataset
from lzviz.measure import evaluation, timing

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
    methods = methods_of(samplers)
    lines = _Lines(folder / "pictures.jsonl", {"budget": str(spend), "methods": [method.name for method in methods]})
    sized: dict[tuple[int, ...], list[tuple[Method, str]]] = {}
    for number, (name, image, truth) in enumerate(_pictures(data)):
        if progress is not None:
            progress(number, len(data), name)
        if name in lines.done:
            continue
        shape = tuple(image.shape[-2:])
        if shape not in sized:
            sized[shape] = [fitted(method, image, spend) for method in methods]
        lines.add(name, [_measured(method, note, image, truth) for method, note in sized[shape]])
    table = summed(lines.read())
    first = next(_pictures(data))
    comparison = compare(first[1], samplers, spend, labels=first[2], repeats=0)
    replace(comparison, table=Table(table)).save(folder)
    return table


def _measured(method: Method, note: str, image: Tensor, truth: Tensor | None) -> dict[str, Any]:
    if note:
        return {"row": asdict(Row(method.name, method.title, note=note))}
    row, trace = row_of(method, image, truth)
    taken = timing.measure(lambda: method.once(image), device=image.device, warm_up=1, repeats=TIMED)
    out: dict[str, Any] = {"row": asdict(timed(row, taken))}
    if truth is not None:
        count = classes_of(method, truth)
        out["intrinsic"] = evaluation.intrinsic_confusion(trace.layout, truth, count, border=True).tolist()
        if row.score is not None:
            out["score"] = evaluation.confusion(trace.output, truth, count).tolist()
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
        for name in ("intrinsic", "score"):
            matrices = [torch.tensor(each[name], dtype=torch.float64) for each in lines if name in each]
            if matrices:
                miou = evaluation.miou(_sum(matrices))
                values[name] = 1 - miou if name == "intrinsic" else miou
        names = {name for row in rows for name in row["classes"]}
        values["classes"] = {name: _mean([row["classes"].get(name, 0.0) for row in rows]) for name in sorted(names)}
        table.append(replace(first, **values))
    return table


def _sum(matrices: Sequence[Tensor]) -> Tensor:
    """Of confusion matrices (K, K + 1), the last column for "no answer", where later classes may be missing."""
    most = max(len(matrix) for matrix in matrices)
    total = torch.zeros(most, most + 1, dtype=torch.float64)
    for matrix in matrices:
        k = len(matrix)
        total[:k, :k] += matrix[:, :k]
        total[:k, -1] += matrix[:, k]
    return total


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

    def add(self, picture: str, methods: list[dict[str, Any]]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"picture": picture, "methods": methods}) + "\n")

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

"""What the input was taken for, and the steps that lead from it to a grid: layout, order, turn, units, displacement."""

from __future__ import annotations

from functools import partial

import numpy as np

from lzviz.doctor.case import Case, ok
from lzviz.doctor.finding import Finding

DECLARED = {"flow": "displacement", "remap": "units"}
"""A declared use in which a step is right, not a fault."""


def taken_for(case: Case) -> Finding:
    """What the input was taken for, and how sure that is."""
    seen = f"an array {case.array.shape} of {case.array.dtype}"
    if case.reading is None:
        return ok("input", case.kind, sentence=f"Taken for {case.kind}: {seen}.")
    steps = ", ".join(step.sentence for step in case.reading.steps) or "places in [-1, 1], x before y"
    sentence = f"Taken for a sampling grid: {seen}, {steps}; {case.reading.sureness:.0%} sure."
    if case.reading.sureness < 0.75 and case.reading.other:
        other = f" Or {case.reading.other}: the image decides; say use= or look at both."
        return Finding("input", "note", case.reading.sureness, 0.75, sentence + other)
    return ok("input", case.reading.sureness, 0.75, sentence)


def layout(case: Case) -> Finding | None:
    if case.kind != "grid" or case.use not in (None, "grid", "clip") or case.levels:
        return None
    shape = case.array.shape
    if shape == case.plain.shape or case.array.ndim > 4 or (len(shape) == 4 and shape[1] != 2):
        return ok("layout", "B, H, W, 2")
    if len(shape) == 4 and shape[-1] == 2:
        return ok("layout", "B, H, W, 2")
    first = shape[-1] != 2
    told = "the channels stand first" if first else "the batch axis is missing"
    if case.reading is not None and any(step.check == "displacement" for step in case.reading.steps) and first:
        return ok("layout", str(shape), "", "Channels first, as flows have them.")
    code = "grid = grid[None]" if len(shape) == 3 else ""
    if first:
        code = "grid = grid[None].permute(0, 2, 3, 1)" if code else "grid = grid.permute(0, 2, 3, 1)"
    sentence = f"The shape is {shape}, so {told}: grid_sample wants (B, H, W, 2)."
    return Finding("layout", "fault", str(shape), "(B, H, W, 2)", sentence, (), code, case.mended())


def stepped(check: str, case: Case) -> Finding | None:
    """A check whose answer is a step of the reading."""
    if case.reading is None:
        return None
    steps = case.reading.steps
    at = [k for k, step in enumerate(steps) if step.check == check]
    wanted = DECLARED.get(case.use or "")
    if wanted == check:
        if at or (check == "displacement" and not np.ptp(case.plain)):
            return ok(check, "as declared")
        sentence = (
            f"Declared as {case.use}, but the values are places in [-1, 1]: {check} is not what {case.use} wants."
        )
        return Finding(check, "fault", _range(case), case.use or "", sentence, (), _back(case), _undo(case))
    if not at:
        return ok(check, _range(case) if check == "units" else "no")
    if check == "units" and case.reading.steps[at[0]].sentence.endswith("[0, 1]"):
        doubt = " Or it is zoomed into the lower right quarter: the image decides."
    elif check in ("axis-order", "transposed") and case.plain.shape[1] == case.plain.shape[2]:
        doubt = " On a square lattice, axis-order and transposed look alike: the image decides."
    elif check == "flipped":
        doubt = " A mirror on purpose looks the same: the image decides."
    else:
        doubt = ""
    said = " and ".join(steps[k].sentence for k in at)
    code = "\n".join(steps[k].fix for k in at)
    sentence = f"These are {said}." if check in ("units", "displacement") else f"{said[0].upper()}{said[1:]}."
    sentence += f" Values run {_range(case)}. Read as they stand, they show another picture.{doubt}"
    return Finding(check, "fault", _range(case), "[-1, 1]", sentence, (), code, case.mended())


def _back(case: Case) -> str:
    h, w = case.source
    scale = f"torch.tensor([{w - 1}, {h - 1}])"
    if case.use == "remap":
        return f"pixels = (grid + 1) / 2 * {scale}\nmap_x, map_y = pixels[..., 0], pixels[..., 1]"
    return (
        "flow = (grid - F.affine_grid(torch.eye(2, 3)[None], (1, 1, *grid.shape[1:3]), align_corners=True))"
        f" / 2 * {scale}"
    )


def _undo(case: Case):
    from lzviz.plain import convert

    def mend(array: np.ndarray) -> np.ndarray:
        grid = case.mended()(array)
        if case.use == "remap":
            return convert.to_pixels(grid, case.source).astype(grid.dtype)
        return ((grid - convert.identity(grid.shape[1:3])) / 2 * convert.span(case.source)).astype(grid.dtype)

    return mend


def _range(case: Case) -> str:
    low, high = case.plain.min((0, 1, 2)), case.plain.max((0, 1, 2))
    return f"x {low[0]:.4g} to {high[0]:.4g}, y {low[1]:.4g} to {high[1]:.4g}"


CHECKS = {"input": taken_for, "layout": layout} | {
    name: partial(stepped, name) for name in ("axis-order", "transposed", "flipped", "units", "displacement")
}

"""What the input was taken for, and the steps that lead from it to a grid: layout, order, turn, units, displacement."""

from __future__ import annotations

from functools import partial

import numpy as np

from lzviz.doctor.case import Case, ok
from lzviz.doctor.finding import Finding
from lzviz.plain import convert
from lzviz.text import Text

DECLARED = {"flow": "displacement", "remap": "units"}
"""A declared use in which a step is right, not a fault."""


def taken_for(case: Case) -> Finding:
    """What the input was taken for, and how sure that is."""
    seen = {"shape": shaped(case.array.shape), "dtype": str(case.array.dtype)}
    if case.reading is None:
        return ok("input", case.kind, said=Text(f"doctor.says.input.{case.kind}", seen))
    steps = [step.said for step in case.reading.steps] or [Text("doctor.step.none")]
    said = Text("doctor.says.input.grid", seen | {"steps": steps, "share": case.reading.sureness})
    if case.reading.sureness < 0.75 and case.reading.other is not None:
        other = list(case.reading.other) or [Text("doctor.step.asIs")]
        said = Text("doctor.says.input.doubt", {"said": said, "other": other})
        return Finding("input", "note", case.reading.sureness, 0.75, said)
    return ok("input", case.reading.sureness, 0.75, said)


def shaped(shape: tuple[int, ...]) -> str:
    """``1, 24, 48, 2``."""
    return ", ".join(map(str, shape))


def layout(case: Case) -> Finding | None:
    if case.kind != "grid" or case.use not in (None, "grid", "clip") or case.levels:
        return None
    steps = case.reading.steps if case.reading else ()
    for step in steps:
        if step.check == "layout":
            said = Text("doctor.says.layout.viewed", {"step": step.said})
            return Finding("layout", "fault", str(case.array.shape), "(B, H, W, 2)", said, (), step.fix, case.mended())
    shape = case.array.shape
    if shape == case.plain.shape or case.array.ndim > 4 or (len(shape) == 4 and shape[1] != 2):
        return ok("layout", "B, H, W, 2")
    if len(shape) == 4 and shape[-1] == 2:
        return ok("layout", "B, H, W, 2")
    first = shape[-1] != 2
    if any(step.check == "displacement" for step in steps) and first:
        return ok("layout", str(shape))
    code = "grid = grid[None]" if len(shape) == 3 else ""
    if first:
        code = "grid = grid[None].permute(0, 2, 3, 1)" if code else "grid = grid.permute(0, 2, 3, 1)"
    said = Text(f"doctor.says.layout.{'first' if first else 'batch'}", {"shape": shaped(shape)})
    return Finding("layout", "fault", str(shape), "(B, H, W, 2)", said, (), code, case.mended())


def stepped(check: str, case: Case) -> Finding | None:
    """A check whose answer is a step of the reading."""
    if case.reading is None:
        return located(case) if check == "units" else None
    if check == "displacement" and case.use == "deform":
        return absolute(case)
    steps = case.reading.steps
    at = [k for k, step in enumerate(steps) if step.check == check]
    wanted = DECLARED.get(case.use or "")
    if wanted == check:
        return _declared(check, case, bool(at))
    if not at or (check == "units" and wanted):
        return ok(check, _range(case) if check == "units" else "no")
    code = "\n".join(steps[k].fix for k in at)
    if check == "displacement" and case.use is None and case.channels_first and steps[at[0]].unit == "pixels":
        said = Text("doctor.says.flow", {"range": _range(case)})
        return Finding(check, "note", _range(case), "", said, (), code, case.mended())
    read = "these" if check in ("units", "displacement") else "step"
    said = Text(f"doctor.says.{read}", {"steps": [steps[k].said for k in at], "range": _range(case)})
    if doubt := _doubt(check, case, steps[at[-1]].said):
        said = Text(f"doctor.says.doubt.{doubt}", {"said": said})
    return Finding(check, "fault", _range(case), "[-1, 1]", said, (), code, case.mended())


def _doubt(check: str, case: Case, step: Text) -> str:
    """What else it may be, which only the image decides."""
    if step.key == "doctor.step.unit":
        return "quarter"
    if check in ("axis-order", "transposed") and case.plain.shape[1] == case.plain.shape[2]:
        return "square"
    if check == "flipped":
        return "mirror"
    return ""


def _declared(check: str, case: Case, taken: bool) -> Finding:
    """Of a declared flow or remap: whether it is what it is declared to be."""
    assert case.reading is not None
    if taken or (check == "displacement" and not np.ptp(case.plain)):
        return ok(check, "as declared")
    pixels = any(step.check == "units" for step in case.reading.steps)
    h, w = case.source
    scale = f"torch.tensor([{w - 1}, {h - 1}])"
    if case.use == "remap":
        code = f"pixels = (grid + 1) / 2 * {scale}\nmap_x, map_y = pixels[..., 0], pixels[..., 1]"
    elif pixels:
        code = "y, x = torch.meshgrid(*(torch.arange(n) for n in flow.shape[-2:]), indexing='ij')\n"
        code += "flow = flow - torch.stack((x, y))"
    else:
        code = (
            "flow = (grid - F.affine_grid(torch.eye(2, 3)[None], (1, 1, *grid.shape[1:3]), align_corners=True))"
            f" / 2 * {scale}"
        )
    seen = Text(f"doctor.seen.{'pixels' if pixels else 'grid'}")
    values = {"use": case.use or "", "seen": seen, "range": _range(case), "check": check}
    said = Text("doctor.says.declared", values)
    return Finding(check, "fault", _range(case), case.use or "", said, (), code, case.mended())


def absolute(case: Case) -> Finding:
    """Offsets of a deformable convolution that grow with the place itself, a pixel a pixel: they are places."""
    h, w = case.plain.shape[1:3]
    mean = (case.plain - convert.identity((h, w))) / 2 * convert.span((h, w))
    at = convert.to_pixels(convert.identity((h, w)), (h, w))
    slopes = []
    for k in (0, 1):
        place = at[..., k] - at[..., k].mean()
        slopes.append(float((mean[..., k].mean(0) * place).sum() / (place**2).sum()))
    value = min(slopes)
    if abs(value - 1) > 0.2 or abs(max(slopes) - 1) > 0.2:
        return ok("displacement", value, 0.2)
    said = Text("doctor.says.absolute", {"slope": value})
    code = (
        "y, x = torch.meshgrid(*(torch.arange(n) for n in offsets.shape[-2:]), indexing='ij')\n"
        "offsets = offsets - torch.stack((y, x)).repeat(offsets.shape[1] // 2, 1, 1)  # and each tap's own place"
    )

    def mend(array: np.ndarray) -> np.ndarray:
        place = np.moveaxis(at[..., ::-1], -1, 0)
        left = array - np.tile(place, (array.shape[1] // 2, 1, 1))
        side = int(np.sqrt(array.shape[1] // 2))
        taps = np.stack(np.meshgrid(*[np.arange(side) - (side - 1) / 2] * 2, indexing="ij"), -1).reshape(-1)
        if len(taps) == array.shape[1]:
            own = left.mean((0, 2, 3)) - np.tile(left.reshape(len(left), -1, 2, h * w).mean((0, 1, 3)), side * side)
            left = left - taps[:, None, None] if np.abs(own - taps).max() < 0.3 else left
        return left.astype(array.dtype if array.dtype.kind == "f" else np.float32)

    return Finding("displacement", "fault", value, 0.2, said, (), code, mend)


def located(case: Case) -> Finding | None:
    """Sampling locations of deformable attention are in [0, 1]; a few may lie a little outside."""
    if case.use != "attention":
        return None
    values = case.plain / convert.span(case.source)
    share = float(((values < -0.25) | (values > 1.25)).any(-1).mean())
    told = f"[{values.min():.4g}, {values.max():.4g}]"
    if share <= 0.05:
        return ok("units", told, "[0, 1]")
    h, w = case.source
    if np.abs(values).max() > 2:
        unit, code, mend = "pixels", f"locations = locations / torch.tensor([{w}, {h}])", lambda a: a / np.array([w, h])
    else:
        unit, code, mend = "grid", "locations = (locations + 1) / 2", lambda a: (a + 1) / 2
    said = Text(f"doctor.says.located.{unit}", {"range": told})
    return Finding("units", "fault", told, "[0, 1]", said, (), code, mend)


def _range(case: Case) -> str:
    low, high = case.plain.min((0, 1, 2)), case.plain.max((0, 1, 2))
    return f"x [{low[0]:.4g}, {high[0]:.4g}], y [{low[1]:.4g}, {high[1]:.4g}]"


CHECKS = {"input": taken_for, "layout": layout} | {
    name: partial(stepped, name) for name in ("axis-order", "transposed", "flipped", "units", "displacement")
}

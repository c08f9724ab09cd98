"""A pipeline as an ONNX file: look, zoom, answer and bring back, for pictures of one size.

What travels is plain ONNX (opset 18), adaptive warp and its exact inverse included, nonseparable and folded ones too; the file
needs neither torch nor lzviz. What does not: adaptive networks (CAD), since how many rows they compute depends on the picture.

Of a pipeline that looks twice (LZU's adaptive form), a label that hangs on a rounding may fall the other way, and the second look
moves with it. Its file also answers what the first look saw, its scores and labels. These are held to torch's, the labels on all
but one pixel of a thousand; and the answer to what torch answers to the file's labels.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lzviz.coords import Size, check_size
from lzviz.pipelines.foreign import evaluating
from lzviz.pipelines.pipeline import Pipeline
from lzviz.trace.frames import image_size
from lzviz.tracing import in_plain_operators
from lzviz.warp import WarpLayout

OPSET = 18
TOLERANCE = 1e-4
"""An answer of the file differs from torch's by no more than this part of the range of torch's (greatest less least number), or of
1 where the range is smaller."""
AGREEING = 0.999
"""The part of the pixels of a first look whose label must be torch's."""


class Checked(NamedTuple):
    """How near a file is to torch on a made-up picture.

    Attributes:
        difference: the greatest, in units of the answer.
        allowed: the greatest that would have been let pass.
        first_difference: of the scores of the first look, where a pipeline looks twice.
        first_agreeing: the part of its pixels with torch's label.
    """

    difference: float
    allowed: float
    first_difference: float | None = None
    first_agreeing: float | None = None

    def __str__(self) -> str:
        said = f"onnxruntime and torch differ by {self.difference:.2g} at most ({self.allowed:.2g} is allowed: "
        said += f"{TOLERANCE:g} of the answer's range, or of 1 where that is more)"
        if self.first_agreeing is None:
            return said
        return f"{said}; in the first look by {self.first_difference:.2g}, and {self.first_agreeing:.2%} of its labels are equal"


class _Whole(nn.Module):
    """A pipeline as one module: the answer in the picture's frame, or without a network the zoomed picture; and what a pipeline
    that looks twice saw first, as labels and as scores."""

    def __init__(self, pipeline: Pipeline):
        super().__init__()
        self.pipeline = pipeline
        twice = pipeline.boundary is not None and pipeline.network is not None
        self.outputs = ["zoomed" if pipeline.network is None else "restored", *["first", "first_scores"] * twice]

    def forward(self, image: Tensor, first: Tensor | None = None) -> tuple[Any, ...]:
        pipeline = self.pipeline
        if pipeline.network is None:
            return (pipeline.downsample(image).image,)
        if pipeline.boundary is None:
            return (pipeline(image),)
        scores = pipeline.glance(image)
        first = pipeline.task.decide(scores) if first is None else first
        return pipeline(image, pipeline.attention(first, image)), first, scores


def export_onnx(pipeline: Pipeline, path: str | PathLike[str], size: Size | None = None) -> float:
    """Write a pipeline as an ONNX file, and see with onnxruntime that it answers what torch does.

    Its input is "image" (1, 3, H, W) float32 in [0, 1]; its output "restored", the answer in the frame of the picture (for
    segmentation scores (1, K, H, W)), or of a pipeline without a network "zoomed". A pipeline that looks twice has "first" and
    "first_scores" too, labels (1, H, W) and scores of its first look.

    Args:
        path: of the file; the weights are in it.
        size: (H, W) of the pictures; ``None``: what the checkpoint was trained on.

    Returns:
        The greatest difference between onnxruntime and torch on a made-up picture, in units of the answer.

    Raises:
        ModuleNotFoundError: onnx, onnxscript or onnxruntime is missing: ``pip install 'lzviz[onnx]'``.
        TypeError: a pipeline whose network ONNX cannot say; the message says what can be done.
        ValueError: no size is known, or the file answers something else: by more than :data:`TOLERANCE`, or with other labels
            at the first look than :data:`AGREEING` allows.
    """
    return written(pipeline, path, size).difference


def written(pipeline: Pipeline, path: str | PathLike[str], size: Size | None = None) -> Checked:
    """As :func:`export_onnx`; all that was compared."""
    import onnx
    import onnxruntime
    import onnxscript  # noqa: F401  # what torch writes the file with

    size = check_size(size or _trained_on(pipeline), "size")
    image, whole = _picture(size), _Whole(pipeline).eval()
    with evaluating(pipeline), torch.no_grad():
        device = next((p.device for p in pipeline.parameters()), image.device)
        image = image.to(device)
        _check(pipeline, image)
        wanted = [each.cpu() for each in whole(image)]  # every table of numbers is at hand now
        with warnings.catch_warnings(), in_plain_operators():
            warnings.simplefilter("ignore")
            made = torch.onnx.export(
                whole,
                (image,),
                input_names=["image"],
                output_names=whole.outputs,
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
                optimize=False,
            )
        assert made is not None
        _tidy(made.model)
        onnx.save(made.model_proto, str(path))
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        got = [torch.from_numpy(each) for each in session.run(whole.outputs, {"image": image.cpu().numpy()})]
        if len(got) > 1:
            wanted[0] = whole(image, got[1].to(device))[0].cpu()
    return _held(got, wanted, Path(path))


def _tidy(model: Any) -> None:
    """Constants folded, what is equal or unused taken out. The exporter's own optimiser tries every rewriting rule at every node,
    two thirds of the time of a file; onnxruntime rewrites as it loads."""
    from onnx_ir import passes
    from onnx_ir.passes import common
    from onnxscript import optimizer

    optimizer.fold_constants(model)
    passes.Sequential(
        common.IdentityEliminationPass(),
        common.RemoveUnusedNodesPass(),
        common.LiftConstantsToInitializersPass(lift_all_constants=True, size_limit=0),
        common.LiftSubgraphInitializersToMainGraphPass(),
        common.DeduplicateInitializersPass(),
        common.CommonSubexpressionEliminationPass(),
        common.OutputFixPass(),
        common.NameFixPass(),
    )(model)


def _held(got: Sequence[Tensor], wanted: Sequence[Tensor], path: Path) -> Checked:
    """What the file answers beside what torch does; ValueError where they are too far apart."""
    answers = [("", got[0], wanted[0]), *[(" at its first look", got[-1], wanted[-1])] * (len(got) > 1)]
    differences = []
    for where, found, true in answers:
        difference = float((found - true).abs().max())
        allowed = TOLERANCE * max(1.0, float(true.max() - true.min()))
        if not difference <= allowed:
            raise ValueError(
                f"{path} answers up to {difference:.3g} apart from torch{where}, more than {allowed:.3g}: do not use it"
            )
        differences += [difference, allowed]
    if len(got) == 1:
        return Checked(differences[0], differences[1])
    agreeing = float((got[1] == wanted[1]).float().mean())
    if agreeing < AGREEING:
        raise ValueError(
            f"{path} has torch's labels on {agreeing:.2%} of the pixels of its first look, less than {AGREEING:.1%}: do not use it"
        )
    return Checked(differences[0], differences[1], differences[2], agreeing)


def _check(pipeline: Pipeline, image: Tensor) -> None:
    """TypeError where ONNX has no words for a pipeline."""
    out = pipeline.downsample(image)
    layout = out.layout
    if not isinstance(layout, WarpLayout):
        raise TypeError(
            f"{type(layout).__name__} computes as many rows as a picture asks for, which an ONNX file of fixed shapes cannot: "
            "export the dense network instead, torch.onnx.export(pipeline.network, ...)"
        )
    if pipeline.network is None:
        return
    restored = pipeline.restore(pipeline.answer(out)[1], out, image_size(image))
    if not isinstance(restored, Tensor):
        raise TypeError(
            f"{pipeline.task.name} answers as many {pipeline.task.output} as there are, which an ONNX file of fixed shapes cannot: "
            "export what the network sees and says instead, torch.onnx.export(pipeline.network, ...)"
        )


def _trained_on(pipeline: Pipeline) -> Size:
    """The size of the pictures that a checkpoint's card was counted on."""
    recipe = {} if pipeline.card is None else pipeline.card.recipe
    size = recipe.get("data_options", {}).get("size")
    if size is None and recipe.get("data") == "camvid":
        size = (360, 480)
    if size is None:
        raise ValueError("the size of the pictures is not known: export_onnx(pipeline, path, size=(height, width))")
    return check_size(size, "size")


def _picture(size: Size) -> Tensor:
    """Blobs of every width, (1, 3, *size) in [0, 1]: the same each time."""
    numbers = torch.Generator().manual_seed(0)
    total = torch.zeros(1, 3, *size)
    for n in (3, 9, 27, 81):
        coarse = torch.rand(1, 3, n, n, generator=numbers)
        total += nn.functional.interpolate(coarse, size=size, mode="bilinear", align_corners=True)
    return ((total / 4 - 0.5) * 2 + 0.5).clamp(0, 1)

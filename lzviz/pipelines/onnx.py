"""A pipeline as an ONNX file: look, zoom, answer and bring back, for pictures of one size.

What travels is plain ONNX (opset 18), adaptive warp and its exact inverse included, nonseparable and folded ones too; the file
needs neither torch nor lzviz. What does not: adaptive networks (CAD), since how many rows they compute depends on the picture.

Of a pipeline that looks twice (LZU's adaptive form), a label that hangs on a rounding may fall the other way, and the second look
moves with it. Its file has the labels of the first look as a second output, "first", and is held to what torch answers to these.
"""

from __future__ import annotations

import warnings
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor, nn

from lzviz.coords import Size, check_size
from lzviz.pipelines.foreign import evaluating
from lzviz.pipelines.pipeline import Pipeline
from lzviz.tracing import in_plain_operators
from lzviz.warp import WarpLayout

OPSET = 18
TOLERANCE = 1e-4
"""The file's answer differs by no more than this from torch's, of the range of the answer or 1, whichever is more."""


class _Whole(nn.Module):
    """A pipeline as one module: the answer in the picture's frame, or without a network the zoomed picture; and what a pipeline
    that looks twice saw first."""

    def __init__(self, pipeline: Pipeline):
        super().__init__()
        self.pipeline = pipeline
        twice = pipeline.boundary is not None and pipeline.network is not None
        self.outputs = ["zoomed" if pipeline.network is None else "restored", *["first"] * twice]

    def forward(self, image: Tensor, first: Tensor | None = None) -> tuple[Tensor, ...]:
        pipeline = self.pipeline
        if pipeline.network is None:
            return (pipeline.downsample(image).image,)
        if pipeline.boundary is None:
            return (pipeline(image),)
        first = pipeline.first(image) if first is None else first
        return pipeline(image, pipeline.attention(first, image)), first


def export_onnx(pipeline: Pipeline, path: str | PathLike[str], size: Size | None = None) -> float:
    """Write a pipeline as an ONNX file, and see with onnxruntime that it answers what torch does.

    Its input is "image" (1, 3, H, W) float32 in [0, 1]; its output "restored", the answer in the frame of the picture (for
    segmentation scores (1, K, H, W)), or of a pipeline without a network "zoomed". A pipeline that looks twice has "first" too,
    the output of its first look.

    Args:
        path: of the file; the weights are in it.
        size: (H, W) of the pictures; ``None``: what the checkpoint was trained on.

    Returns:
        The greatest difference between onnxruntime and torch on a made-up picture, in units of the answer.

    Raises:
        ModuleNotFoundError: onnx, onnxscript or onnxruntime is missing: ``pip install 'lzviz[onnx]'``.
        TypeError: a pipeline whose network ONNX cannot say; the message says what can be done.
        ValueError: no size is known, or the file answers something else.
    """
    import onnx
    import onnxruntime
    import onnxscript  # noqa: F401  # what torch writes the file with

    size = check_size(size or _trained_on(pipeline), "size")
    image, whole = _picture(size), _Whole(pipeline).eval()
    with evaluating(pipeline), torch.no_grad():
        device = next((p.device for p in pipeline.parameters()), image.device)
        _check(pipeline, image.to(device))
        whole(image.to(device))  # every table of numbers is at hand now
        with warnings.catch_warnings(), in_plain_operators():
            warnings.simplefilter("ignore")
            written = torch.onnx.export(
                whole,
                (image.to(device),),
                input_names=["image"],
                output_names=whole.outputs,
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
        assert written is not None
        onnx.save(written.model_proto, str(path))
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        got, *first = (torch.from_numpy(each) for each in session.run(whole.outputs, {"image": image.numpy()}))
        wanted = whole(image.to(device), *(each.to(device) for each in first))[0].cpu()
    error = float((got - wanted).abs().max())
    allowed = TOLERANCE * max(1.0, float(wanted.abs().max()))
    if not error <= allowed:
        raise ValueError(
            f"{Path(path)} answers up to {error:.3g} apart from torch, more than {allowed:.3g}: do not use it"
        )
    return error


def _check(pipeline: Pipeline, image: Tensor) -> None:
    """TypeError where ONNX has no words for a pipeline."""
    layout = pipeline.downsample(image).layout
    if not isinstance(layout, WarpLayout):
        raise TypeError(
            f"{type(layout).__name__} computes as many rows as a picture asks for, which an ONNX file of fixed shapes cannot: "
            "export the dense network instead, torch.onnx.export(pipeline.network, ...)"
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

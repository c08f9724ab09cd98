"""The Python script that makes the warp of the page again, node for node."""

from __future__ import annotations

import textwrap

from lzviz import samplers
from lzviz.contract.answers.warp import UNIT_STRENGTH, Setting, edge_map, options_of, takes_saliency
from lzviz.contract.maps import Map

_PAINTED = '''
def painted(text, neutral=0, unit=255):
    """WxH.base64url(deflate): a map of bytes as a tensor (1, 1, h, w)."""
    size, data = text.split(".")
    w, h = map(int, size.split("x"))
    values = zlib.decompress(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)), -15)
    values = torch.frombuffer(bytearray(values), dtype=torch.uint8).reshape(1, 1, h, w)
    return (values.double() - neutral) / unit

'''


def headline(text: str) -> str:
    """The docstring of a script. What cards and registry lines say cannot leave it: it is escaped."""
    return '"""' + text.encode("unicode_escape").decode().replace('"', '\\"') + '"""'


def snippet(setting: Setting) -> str:
    """A script whose ``warp.nodes`` equal those of the page bit for bit; it needs lzviz and, for a picture, Pillow."""
    state, picture = setting.state, setting.picture
    saliency, needs_painted = _saliency_lines(setting)
    options = ", ".join(f"{name}={value!r}" for name, value in options_of(state).items())
    size = f"{setting.zoomed[1]} x {setting.zoomed[0]} samples of {picture.size[1]} x {picture.size[0]} pixels"
    lines = [
        headline(f"{samplers.REGISTRY[state.sampler].title}: {size}."),
        "",
        *(("import base64", "import zlib", "") if needs_painted else ()),
        *_imports(setting),
        "import torch",
        "",
        "import lzviz",
        *(_PAINTED.splitlines() if needs_painted else ()),
        "",
        *saliency,
        f"sampler = lzviz.samplers.create({state.sampler!r}{', ' * bool(options)}{options})",
        f"warp = sampler.warp(saliency, {setting.zoomed}, {picture.size})  # zoomed size, source size: (height, width)",
        "",
        *_picture_lines(setting),
    ]
    return "\n".join(lines) + "\n"


def _saliency_lines(setting: Setting) -> tuple[list[str], bool]:
    """The lines that make ``saliency``, step for step as ``warp.saliency_of``; whether they read a map."""
    state = setting.state
    if not takes_saliency(state):
        return ["saliency = None"], False
    nodes = f"nodes={state.nodes}"
    if state.saliency == "centre":
        return [f"saliency = lzviz.saliency.centre({nodes}).double()"], False
    if state.saliency == "fixed":
        return ["saliency = lzviz.saliency.fixed().double()"], False
    if state.saliency == "boxes":
        boxes = f"torch.tensor({[list(box) for box in state.boxes]}, dtype=torch.float64).reshape(-1, 4)"
        size, amplitude = setting.picture.size, state.strength / UNIT_STRENGTH
        return [
            f"boxes = {boxes}",
            f"saliency = lzviz.saliency.from_boxes(boxes, {size}, {nodes}, amplitude={amplitude!r})",
        ], False
    if state.saliency == "paint" and state.paint is None:
        return [
            "mask = torch.zeros(1, 1, 2, 2, dtype=torch.float64)",
            f"saliency = lzviz.saliency.from_mask(mask, {nodes}, strength={state.strength!r})",
        ], False
    return _map_lines(setting, nodes), True


def _map_lines(setting: Setting, nodes: str) -> list[str]:
    state = setting.state
    if state.saliency == "paint" and state.paint is not None:
        made = f"saliency = lzviz.saliency.from_mask(mask, {nodes}, strength={state.strength!r})"
        return [f"mask = painted({_literal(state.paint)})", made]
    if state.saliency == "file" and setting.file is not None:
        return [f"mask = painted({_literal(setting.file)})", f"saliency = lzviz.saliency.to_nodes(mask, {nodes})"]
    lines = [f"mask = painted({_literal(edge_map(setting.picture))})"]
    if state.edge_paint is not None:
        lines.append(f"change = painted({_literal(state.edge_paint)}, neutral=128, unit=127)")
        lines.append("mask = (mask + change).clamp(0, 1)")
    return [*lines, f"saliency = lzviz.saliency.to_nodes(mask, {nodes})"]


def _literal(values: Map) -> str:
    """The text of a map as adjacent string literals of readable length."""
    pieces = textwrap.wrap(values.to_text(), 110, break_on_hyphens=False)
    return "\n" + "\n".join(f'    "{piece}"' for piece in pieces) + "\n"


def _imports(setting: Setting) -> list[str]:
    """What the picture needs to be read."""
    source = setting.picture.source
    if not source:
        return ["import numpy", "import PIL.Image"]
    return ["import skimage.data"] if source.startswith("skimage") else []


def _picture_lines(setting: Setting) -> list[str]:
    """The lines that zoom and unzoom the picture itself; for a visitor's own, with a file name to fill in."""
    state, source = setting.state, setting.picture.source
    lines = [
        f"picture = {source}" if source else 'picture = numpy.asarray(PIL.Image.open("picture.png").convert("RGB"))',
        "image = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 255",
    ]
    if state.source_scale != 1:
        lines.append(f"image = lzviz.resampling.reduce(image, {state.source_scale})")
    return [
        *lines,
        f"zoomed = warp.zoom(image, {setting.zoomed}, {state.interpolation!r})",
        f"unzoomed = warp.unzoom(zoomed, {setting.picture.size})",
    ]

"""The Python script that makes the warp of the page again, node for node."""

from __future__ import annotations

import base64
import json
import textwrap
import zlib

from torch import Tensor

from lzviz import samplers
from lzviz.contract.answers.warp import Setting, found_in, given_to, sampler_of, source_of, takes_saliency
from lzviz.contract.maps import Map
from lzviz.contract.options import source_values, values_of

PAINTED = '''
def painted(text, neutral=0, unit=255):
    """WxH.base64url(deflate): a map of bytes as a tensor (1, 1, h, w)."""
    size, data = text.split(".")
    w, h = map(int, size.split("x"))
    values = zlib.decompress(base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)), -15)
    values = torch.frombuffer(bytearray(values), dtype=torch.uint8).reshape(1, 1, h, w)
    return (values.double() - neutral) / unit

'''


CARRIED = '''
def carried(text, shape):
    """Deflated little-endian float64 values as base64: a tensor of that shape."""
    values = zlib.decompress(base64.b64decode(text))
    return torch.frombuffer(bytearray(values), dtype=torch.float64).reshape(shape)

'''


def headline(text: str) -> str:
    """The docstring of a script. What cards and registry lines say cannot leave it: it is escaped."""
    return '"""' + text.encode("unicode_escape").decode().replace('"', '\\"') + '"""'


def snippet(setting: Setting) -> str:
    """A script whose ``warp.nodes`` equal those of the page bit for bit; it needs lzviz and, for a picture, Pillow."""
    state, picture = setting.state, setting.picture
    saliency, needs_painted = ([], False) if setting.read else _saliency_lines(setting)
    carried = sampler_of(state).spelled()
    options = ", ".join(f"{name}={name if name in carried else repr(value)}" for name, value in values_of(state))
    size = f"{setting.zoomed[1]} x {setting.zoomed[0]} samples of {picture.size[1]} x {picture.size[0]} pixels"
    lines = [
        headline(f"{samplers.REGISTRY[state.sampler].title}: {size}."),
        *needs(picture.source),
        "",
        *(("import base64", "import zlib", "") if needs_painted or carried else ()),
        *picture_imports(picture.source),
        "import torch",
        "",
        "import lzviz",
        *_plugin_lines(state.sampler),
        *(PAINTED.splitlines() if needs_painted else ()),
        *(CARRIED.splitlines() if carried else ()),
        "",
        *saliency,
        *(line for name, values in carried.items() for line in _carried_lines(name, values)),
        f"sampler = lzviz.samplers.create({state.sampler!r}{', ' * bool(options)}{options})",
        *_warp_lines(setting),
    ]
    return "\n".join(lines) + "\n"


def _carried_lines(name: str, values: Tensor) -> list[str]:
    packed = base64.b64encode(zlib.compress(values.double().contiguous().numpy().astype("<f8").tobytes(), 9)).decode()
    pieces = "\n".join(f'    "{piece}"' for piece in textwrap.wrap(packed, 110))
    return [f"{name} = carried(", *pieces.splitlines(), f"    , {tuple(values.shape)})"]


def _plugin_lines(sampler: str) -> list[str]:
    """What has to be run before, where a sampler is none of those that ship."""
    return (
        []
        if sampler in samplers.SHIPPED
        else ["", f'# Load the file that registers {sampler!r} first: lzviz.plugins.load("FILE.py")']
    )


def _saliency_lines(setting: Setting) -> tuple[list[str], bool]:
    """The lines that make ``saliency``, step for step as ``warp.saliency_of``; whether they read a map."""
    state = setting.state
    if not takes_saliency(state):
        return ["saliency = None"], False
    source, given = source_of(state), given_to(state, setting.picture, setting.file)
    lines, painted = _given_lines(setting, source.takes)
    return [*lines, f"saliency = {source.code(given)}"], painted


def _given_lines(setting: Setting, taken: str) -> tuple[list[str], bool]:
    """The lines that make what a source takes, ``mask`` or ``boxes``; whether they read a map."""
    state = setting.state
    if taken == "picture":
        return found_lines(found_in(setting.picture, state.saliency, source_values(state)), state.edge_paint), True
    if taken == "boxes":
        return [
            f"boxes = torch.tensor({[list(box) for box in state.boxes]}, dtype=torch.float64).reshape(-1, 4)"
        ], False
    values = {"paint": state.paint, "file": setting.file}.get(taken)
    if values is not None:
        return [f"mask = painted({literal(values)})"], True
    return (["mask = torch.zeros(1, 1, 2, 2, dtype=torch.float64)"] if taken == "paint" else []), False


def found_lines(found: Map, painted: Map | None) -> list[str]:
    """The lines that make ``mask``: what was found in a picture and what was painted on it."""
    lines = [f"mask = painted({literal(found)})"]
    if painted is not None:
        lines.append(f"change = painted({literal(painted)}, neutral=128, unit=127)")
        lines.append("mask = (mask + change).clamp(0, 1)")
    return lines


def literal(values: Map) -> str:
    """The text of a map, as ``painted`` reads it: adjacent string literals of readable length."""
    pieces = textwrap.wrap(values.to_text(), 110, break_on_hyphens=False)
    return "\n" + "\n".join(f'    "{piece}"' for piece in pieces) + "\n"


def needs(source: str) -> tuple[str, ...]:
    """How to install what a script wants, as its reader and as tools that run scripts (PEP 723) read it."""
    packages = ["lzviz", *(["scikit-image"] if source.startswith("skimage") else [])]
    return (
        "",
        f"# python -m pip install {' '.join(packages)}    (or, for lzviz, `python -m pip install .` in a copy of its repository)",
        "#",
        "# /// script",
        '# requires-python = ">=3.11"',
        f"# dependencies = {json.dumps(packages)}",
        "# ///",
    )


def picture_of(source: str) -> str:
    """The expression that reads the picture, (H, W, 3) bytes; a visitor's own is a file to put beside the script."""
    return source or 'numpy.asarray(PIL.Image.open("picture.png").convert("RGB"))'


def picture_imports(source: str) -> list[str]:
    """What the picture needs to be read."""
    if not source:
        return ["import numpy", "import PIL.Image"]
    return ["import skimage.data"] if source.startswith("skimage") else []


def _warp_lines(setting: Setting) -> list[str]:
    """The lines that make ``warp``, and zoom and unzoom the picture; a visitor's own has a file name to fill in."""
    state, source = setting.state, setting.picture.source
    lines = [
        f"picture = {picture_of(source)}",
        "image = torch.from_numpy(picture.copy()).permute(2, 0, 1)[None] / 255",
    ]
    if state.source_scale != 1:
        lines.append(f"image = lzviz.resampling.reduce(image, {state.source_scale})")
    sizes = "zoomed size, source size: (height, width)"
    unzoomed = f"unzoomed = warp.unzoom(zoomed, {setting.picture.size})"
    if setting.read is not None:
        return [
            *lines,
            "with torch.inference_mode():",
            f"    sampled = sampler(image, {setting.zoomed})  # zoomed size: (height, width)",
            "warp, zoomed = sampled.layout.warp, sampled.image.clamp(0, 1)",
            unzoomed,
        ]
    return [
        f"warp = sampler.warp(saliency, {setting.zoomed}, {setting.picture.size})  # {sizes}",
        "",
        *lines,
        f"zoomed = sampler.read(warp, image, {setting.zoomed})",
        unzoomed,
    ]

"""What a look sees: the calls of one thread that read an image at places, and who made them."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.overrides import TorchFunctionMode

import lzviz
from lzviz.warp import Warp

if TYPE_CHECKING:
    from lzviz.doctor import Diagnosis

GRID_READS = (F.grid_sample, torch.grid_sampler, torch.grid_sampler_2d)
FRAMES = 60
"""How many callers are asked whether they are a module of the model."""
ELEMENTS = 2
"""Of a batch, how many are kept."""


@dataclass
class Read:
    """One read. ``values``: the grid (B, H, W, 2), or offsets of a deformable convolution, or sampling locations, float32 on the
    CPU; ``use`` says which (:func:`lzviz.diagnose`); ``source_size``: (H, W) of what was read; ``gradient``: of the loss by them,
    once the backward pass came by; ``number``: which read of its look; ``found``: what was wrong with it before that."""

    site: str
    values: Tensor
    use: str
    source_size: tuple[int, int]
    align_corners: bool
    number: int = 0
    gradient: Tensor | None = None
    found: Diagnosis | None = None


class Seeing(TorchFunctionMode):
    """While entered, hands each read of this thread to ``keep``, at most ``most``. ``seconds``: what that took."""

    def __init__(self, modules: Mapping[int, str], keep: Callable[[Read], None], most: int):
        super().__init__()
        self.modules, self.keep, self.most, self.count = modules, keep, most, 0
        self.seconds = 0.0
        self._thread, self._zooms, self._plain = threading.get_ident(), 0, Warp.zoom

    def __enter__(self) -> Seeing:
        def zoom(warp: Warp, image: Any, size: Any, *args: Any, **options: Any) -> Any:
            if threading.get_ident() != self._thread:
                return self._plain(warp, image, size, *args, **options)
            self._zooms += 1
            try:
                out = self._plain(warp, image, size, *args, **options)
            finally:
                self._zooms -= 1
            if hasattr(image, "shape"):
                self._see(warp.grid(size), "grid", tuple(image.shape[-2:]), True)
            return out

        Warp.zoom = zoom  # type: ignore[method-assign]
        return super().__enter__()

    def __exit__(self, *problem: Any) -> None:
        Warp.zoom = self._plain  # type: ignore[method-assign]
        super().__exit__(*problem)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        out = func(*args, **kwargs)
        if func in GRID_READS and not self._zooms:
            named = dict(zip(("input", "grid", "mode", "padding_mode", "align_corners"), args, strict=False)) | kwargs
            image = named.get("input", named.get("input_"))
            if isinstance(image, Tensor) and image.ndim == 4:
                self._see(named["grid"], "grid", tuple(image.shape[-2:]), bool(named.get("align_corners")))
        elif getattr(func, "__name__", "") == "deform_conv2d" and len(args) > 2:
            self._see(args[2], "deform", tuple(args[0].shape[-2:]), True)
        return out

    def _see(self, given: Tensor, use: str, source_size: tuple[int, ...], align_corners: bool) -> None:
        if self.count >= self.most:
            return
        began = time.perf_counter()
        site, kind = self._site()
        if use == "grid" and "attention" in kind.lower():
            use = "attention"  # samples of queries, not a lattice: locations in [0, 1]
        change = (lambda values: (values + 1) / 2) if use == "attention" else (lambda values: values)
        values = change(given.detach()[:ELEMENTS]).float().cpu()
        read = Read(site, values, use, (int(source_size[0]), int(source_size[1])), align_corners, self.count)
        self.count += 1
        if given.requires_grad and torch.is_grad_enabled():

            def hook(gradient: Tensor) -> None:
                read.gradient = gradient.detach()[:ELEMENTS].float().cpu()

            given.register_hook(hook)
        self.keep(read)
        self.seconds += time.perf_counter() - began

    def _site(self) -> tuple[str, str]:
        """Where a read was made: the module's name in the model and the line of code; and the module's class."""
        line, frame = "", sys._getframe(2)
        for _ in range(FRAMES):
            file = frame.f_code.co_filename
            if not line and not file.startswith(INSIDE):
                line = f"{Path(file).name}:{frame.f_lineno}"
            owner = frame.f_locals.get("self")
            if id(owner) in self.modules and isinstance(owner, torch.nn.Module):
                return f"{self.modules[id(owner)] or 'model'} {line}".strip(), type(owner).__name__
            if frame.f_back is None:
                break
            frame = frame.f_back
        return f"model {line}".strip(), ""


INSIDE = tuple(str(Path(str(module.__file__)).parent) for module in (torch, lzviz))

"""HRNetV2 (Wang et al. 2020, https://arxiv.org/abs/1908.07919): parallel branches at strides 4, 8, 16 and 32, fused.

Compact by default; widths, blocks and modules are arguments. With widths (18, 36, 72, 144), blocks 4 and modules
(1, 4, 3) it has the proportions of the paper's W18.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.models.heads import resize_to
from lzviz.models.initialise import seeded
from lzviz.models.resnet import BasicBlock, Bottleneck, check_image, conv3x3, stage


def halving(channels_in: int, channels_out: int, relu: bool = True, stride: int = 2) -> list[nn.Module]:
    """3x3 stride 2, BatchNorm and, unless it is the last of a fusion path, ReLU."""
    parts: list[nn.Module] = [conv3x3(channels_in, channels_out, stride), nn.BatchNorm2d(channels_out)]
    return [*parts, nn.ReLU()] if relu else parts


class Path(nn.Sequential):
    """From branch `source` to branch `target`: identity, 1x1 (upsampled by the caller) or 3x3 stride-2 convolutions."""

    def __init__(self, widths: Sequence[int], source: int, target: int):
        if source == target:
            parts: list[nn.Module] = []
        elif source > target:
            parts = [nn.Conv2d(widths[source], widths[target], 1, bias=False), nn.BatchNorm2d(widths[target])]
        else:
            parts = []
            for _ in range(target - source - 1):
                parts += halving(widths[source], widths[source])
            parts += halving(widths[source], widths[target], relu=False)
        super().__init__(*parts)


class FusionModule(nn.Module):
    """`blocks` basic blocks in each branch, then each branch receives the sum of all of them.

    y_t = ReLU(sum over s of path_{s -> t}(x_s)), resized to branch t.
    """

    def __init__(self, widths: Sequence[int], blocks: int):
        super().__init__()
        self.branches = nn.ModuleList(stage(BasicBlock, width, width, blocks, 1, (1, 1)) for width in widths)
        indices = range(len(widths))
        self.paths = nn.ModuleList(nn.ModuleList(Path(widths, s, t) for s in indices) for t in indices)

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        maps = [branch(x) for branch, x in zip(self.branches, maps, strict=True)]
        return [self._fuse(paths, maps, maps[target].shape[-2:]) for target, paths in enumerate(self.paths)]  # type: ignore[arg-type]

    @staticmethod
    def _fuse(paths: nn.ModuleList, maps: Sequence[Tensor], size: Sequence[int]) -> Tensor:
        total = None
        for path, x in zip(paths, maps, strict=True):
            y = path(x)
            y = y if y.shape[-2:] == size else resize_to(y, size)
            total = y if total is None else total + y
        return F.relu(total)  # type: ignore[arg-type]


class HRNetV2(nn.Module):
    """Images (B, in_channels, H, W) to four maps at strides 4, 8, 16, 32 with `widths` channels.

    blocks         basic blocks a branch and module
    modules        fusion modules with two, three and four branches
    stem           channels of the two convolutions in front and of the bottlenecks after them
    output_stride  of the finest map: 4, or 1, where those two keep the size (LDS's form, for small images)
    """

    def __init__(
        self,
        *,
        widths: Sequence[int] = (16, 32, 64, 128),
        blocks: int = 2,
        modules: tuple[int, int, int] = (1, 1, 1),
        stem: int = 32,
        in_channels: int = 3,
        output_stride: int = 4,
    ):
        super().__init__()
        if len(widths) != 4:
            raise ValueError(f"widths must be four numbers, one a branch, got {tuple(widths)}")
        if output_stride not in (1, 4):
            raise ValueError(f"output_stride of HRNetV2 must be 1 or 4, got {output_stride!r}")
        self.output_stride, step = output_stride, 2 if output_stride == 4 else 1
        self.in_channels, self.channels = in_channels, tuple(widths)
        self.stem = nn.Sequential(*halving(in_channels, stem, stride=step), *halving(stem, stem, stride=step))
        self.layer1 = stage(Bottleneck, stem, stem, blocks, 1, (1, 1))
        wide = stem * Bottleneck.expansion
        self.first = nn.Sequential(conv3x3(wide, widths[0]), nn.BatchNorm2d(widths[0]), nn.ReLU())
        sources = [wide, widths[1], widths[2]]
        self.transitions = nn.ModuleList(nn.Sequential(*halving(sources[i], widths[i + 1])) for i in range(3))
        self.fusions = nn.ModuleList(
            nn.ModuleList(FusionModule(widths[: i + 2], blocks) for _ in range(modules[i])) for i in range(3)
        )

    def stages(self, x: Tensor) -> list[Tensor]:
        """The four branches, finest first."""
        check_image(x, self.in_channels)
        source = self.layer1(self.stem(x))
        maps = [self.first(source)]
        for transition, fusions in zip(self.transitions, self.fusions, strict=True):
            maps = [*maps, transition(source)]
            for fusion in fusions:  # type: ignore[union-attr]
                maps = fusion(maps)
            source = maps[-1]
        return maps

    def forward(self, x: Tensor) -> list[Tensor]:
        return self.stages(x)


@seeded
def hrnetv2(**options) -> HRNetV2:
    """The backbone alone; `lzviz.models.hrnet_segmenter` adds the head."""
    return HRNetV2(**options)

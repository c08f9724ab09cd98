"""Dense descriptors at key points: VGG16 up to conv4_3, as D2-Net uses it (Dusmanu et al. 2019,
https://arxiv.org/abs/1905.03561).

Every output stride 8, 4, 2, 1 is the same network with its last pools made dense, so all of them share weights, and
`lzviz.adapt(D2Net(), (1, 8))` mixes them within one image. Published D2-Net and VGG16 weights load.

Convention: each 2x2 pool moves a feature by half of its own stride, so that feature i of stride s stands at input pixel
`s i + 3.5`, whatever s is: three pools, 0.5 + 1 + 2. `sample_descriptors` reads there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch.nn.functional as F
from torch import Tensor, nn

from lzviz.coords import to_normalised
from lzviz.models.initialise import seeded
from lzviz.models.resnet import check_image
from lzviz.models.vgg import vgg_features

NORMALISATIONS = ("caffe", "imagenet", "half", "none")


class D2Net(nn.Module):
    """Images (B, in_channels, H, W) to features (B, 8 width, ceil(H / s), ceil(W / s)), not negative.

    output_stride  s = 8, 4, 2 or 1: how many of the three pools keep their stride
    mode           "fixed": dense pools take the maximum at the stride that they replace. "published": D2-Net's own form
                   of stride 4: the third pool is a 2x2 mean of stride 1, odd rows and columns are dropped, and features
                   are said to stand at `4 i + 1.5`
    """

    def __init__(
        self,
        *,
        output_stride: int | None = None,
        mode: Literal["fixed", "published"] = "fixed",
        width: int = 64,
        in_channels: int = 3,
    ):
        super().__init__()
        if mode not in ("fixed", "published"):
            raise ValueError(f'mode must be "fixed" or "published", got {mode!r}')
        default = 4 if mode == "published" else 8
        stride = default if output_stride is None else output_stride
        if mode == "published" and stride != 4:
            raise ValueError(f"D2-Net was published with output stride 4 only, got {stride}: use mode='fixed'")
        layers = vgg_features(
            width=width, in_channels=in_channels, last="conv4_3", output_stride=stride, ceil_mode=mode == "fixed"
        )
        if mode == "published":
            layers[16] = nn.AvgPool2d(2, stride=1)
        self.dense_feature_extraction = nn.Module()
        self.dense_feature_extraction.model = layers
        self.in_channels, self.channels, self.output_stride = in_channels, 8 * width, stride
        self.offset = 1.5 if mode == "published" else 3.5

    def forward(self, image: Tensor) -> Tensor:
        check_image(image, self.in_channels)
        return F.relu(self.dense_feature_extraction.model(image))  # type: ignore[operator]

    def describe(self, image: Tensor, points: Tensor, normalisation: str = "caffe") -> Tensor:
        """Descriptors (B, N, C) of length 1 at points (B, N, 2), pixels x, y, of RGB images (B, 3, H, W) in [0, 1]."""
        return sample_descriptors(self(prepare(image, normalisation)), points, self.output_stride, self.offset)

    def load_weights(self, checkpoint: Mapping[str, object]) -> None:
        """Take published weights: a D2-Net checkpoint or its state dict, or the state dict of a VGG16.

        Raises ValueError if it is neither.
        """
        state = checkpoint.get("model", checkpoint)
        own = self.state_dict()
        if isinstance(state, Mapping) and "features.0.weight" in state:
            prefix = "dense_feature_extraction.model."
            state = {key: state.get(key.replace(prefix, "features.")) for key in own}
        wrong = [
            key
            for key, tensor in own.items()
            if not isinstance(state, Mapping)
            or not isinstance(given := state.get(key), Tensor)
            or given.shape != tensor.shape
        ]
        if wrong:
            raise ValueError(
                f"expected weights of D2-Net (dense_feature_extraction.model.0.weight, ...) or VGG16 (features.0.weight, "
                f"...); {len(wrong)} of {len(own)} tensors are missing or have another shape, the first is {wrong[0]}"
            )
        self.load_state_dict({key: state[key] for key in own})  # type: ignore[index]


@seeded
def d2net(**options) -> D2Net:
    """7.6 M weights at width 64."""
    return D2Net(**options)


def prepare(image: Tensor, normalisation: str = "caffe") -> Tensor:
    """RGB in [0, 1], (B, 3, H, W), as the weights expect it.

    "caffe"     BGR, 0 to 255, ImageNet's mean subtracted: D2-Net's published weights
    "imagenet"  ImageNet's mean and deviation: torchvision's VGG16
    "half"      mean and deviation 1/2: EfficientNet-Lite
    "none"      as it is
    """
    if normalisation not in NORMALISATIONS:
        raise ValueError(f"normalisation must be one of {', '.join(NORMALISATIONS)}, got {normalisation!r}")
    if normalisation == "none":
        return image
    check_image(image, 3)
    if normalisation == "caffe":
        return 255 * image.flip(1) - image.new_tensor([103.939, 116.779, 123.68])[:, None, None]
    if normalisation == "half":
        return 2 * image - 1
    mean, deviation = image.new_tensor([[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]])
    return (image - mean[:, None, None]) / deviation[:, None, None]


def sample_descriptors(features: Tensor, points: Tensor, stride: float, offset: float = 3.5) -> Tensor:
    """Read features (B, C, h, w) at points (B, N, 2), pixels x, y of the image: (B, N, C), each of length 1.

    Feature i stands at pixel `stride * i + offset`; between features bilinear, beyond the outermost ones their value.
    Points (N, 2) are those of every image. A descriptor that is zero stays zero.
    """
    if points.ndim not in (2, 3) or points.shape[-1] != 2:
        raise ValueError(f"expected points (N, 2) or (B, N, 2), x before y, got {tuple(points.shape)}")
    points = points.expand(features.shape[0], -1, -1).to(features.dtype)
    grid = to_normalised((points - offset) / stride, (features.shape[-2], features.shape[-1]))
    read = F.grid_sample(features, grid[:, None], align_corners=True, padding_mode="border")
    return F.normalize(read[:, :, 0].transpose(1, 2), dim=2)

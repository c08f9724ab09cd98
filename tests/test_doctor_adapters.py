"""The doctor on what other packages hand out, straight from them: healthy where they are right, named where conventions differ."""

from __future__ import annotations

import importlib
import importlib.util
import os

import cv2
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.transform import PiecewiseAffineTransform, ThinPlateSplineTransform, warp_coords

import lzviz
from lzviz.watching import Looks
from tests import test_adaptive_extras as extras

HERE = np.array([[x, y] for y in (0, 40, 79) for x in (0, 60, 119)], float)
THERE = HERE + np.where(np.arange(9)[:, None] == 4, (6, -4), 0)


def needed(package):
    if importlib.util.find_spec(package) is None and os.environ.get("LZVIZ_EXTRAS") != "required":
        pytest.skip(f"{package} is not installed here")
    return importlib.import_module(package)


def checks(diagnosis):
    return {f.check for f in diagnosis.findings if f.verdict in ("warning", "fault")}


@pytest.mark.parametrize("kind", [ThinPlateSplineTransform, PiecewiseAffineTransform])
def test_scikit_image_gives_rows_first_and_the_doctor_brings_them_over(kind):
    rows, columns = coordinates = warp_coords(kind.from_estimate(HERE, THERE), (80, 120))
    raw = lzviz.diagnose(coordinates, source_size=(80, 120))
    assert checks(raw) == {"layout", "axis-order", "units"}
    fixed = lzviz.diagnose((columns, rows), source_size=(80, 120))
    assert fixed.ok
    np.testing.assert_allclose(raw.warp, fixed.warp, atol=1e-6)


def test_opencvs_maps_are_pixels_of_the_source_by_their_nature():
    camera = np.array([[500.0, 0, 320], [0, 500, 240], [0, 0, 1]])
    maps = cv2.initUndistortRectifyMap(camera, np.array([-0.2, 0.05, 0, 0, 0]), None, camera, (640, 480), cv2.CV_32FC1)  # type: ignore[call-overload]
    found = lzviz.diagnose(maps, source_size=(480, 640))
    assert found.ok
    np.testing.assert_allclose(
        (found.warp[0, 100, 200] + 1) * [319.5, 239.5], [maps[0][100, 200], maps[1][100, 200]], atol=1e-3
    )


def test_kornias_mesh_is_healthy_normalised_and_named_in_pixels():
    geometry = needed("kornia").geometry
    assert lzviz.diagnose(geometry.create_meshgrid(40, 60), source_size=(40, 60)).ok
    pixels = geometry.create_meshgrid(40, 60, normalized_coordinates=False)
    found = lzviz.diagnose(pixels, source_size=(40, 60))
    assert checks(found) == {"units"}
    np.testing.assert_allclose(found.named("units").apply(pixels.numpy()), geometry.create_meshgrid(40, 60), atol=1e-6)


def test_the_deformable_attention_of_transformers_is_seen_by_the_watch(tmp_path):
    if not extras.PRESENT["transformers"]:
        pytest.skip("transformers is not installed here")
    extras.torchvision()
    module = importlib.import_module("transformers.models.deformable_detr.modeling_deformable_detr")
    from transformers import DeformableDetrConfig

    config = DeformableDetrConfig(d_model=32, num_feature_levels=2)
    layer = module.DeformableDetrMultiscaleDeformableAttention(config, num_heads=4, n_points=2).eval()
    shapes = torch.tensor([[12, 16], [6, 8]])
    tokens = int(shapes.prod(1).sum())
    starts = torch.tensor([0, 12 * 16])
    given = {
        "hidden_states": torch.rand(1, 5, 32), "encoder_hidden_states": torch.rand(1, tokens, 32),
        "reference_points": torch.rand(1, 5, 2, 2), "spatial_shapes": shapes, "level_start_index": starts,
        "spatial_shapes_list": [(12, 16), (6, 8)],
    }  # fmt: skip
    with torch.no_grad(), lzviz.watch(layer, tmp_path, every=1, share=1.0):
        layer(**given)
    looks = Looks(tmp_path).read()
    assert [look.source_size for look in looks] == [(12, 16), (6, 8)] and {look.use for look in looks} == {"attention"}


def test_a_spatial_transformers_output_is_healthy_in_both_conventions():
    theta = torch.tensor([[[0.9, -0.1, 0.05], [0.1, 0.9, 0.0]]])
    for corners in (True, False):
        grid = F.affine_grid(theta, [1, 3, 60, 80], align_corners=corners)
        assert lzviz.diagnose(grid, source_size=(120, 160), align_corners=corners).ok

"""What a pipeline refuses, in sentences."""

import pytest
import torch

from lzviz import samplers
from lzviz.pipelines.pipeline import Pipeline
from tests.test_pipeline import SIZE, SOURCE, Colours, adaptive, compact, scene


@pytest.fixture(scope="module")
def network():
    return compact()


@pytest.mark.parametrize(
    ("image", "error", "words"),
    [
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), TypeError, r"image / 255"),
        ([[0.0]], TypeError, "float tensor"),
        (torch.rand(1, 3, 8, 8) * 255, ValueError, r"did you mean image / 255"),
        (torch.rand(1, 3, 8, 8) * 1.1 - 0.1, ValueError, "clamp"),
        (torch.full((1, 3, 8, 8), float("nan")), ValueError, "192 .* NaN"),
        (torch.rand(8, 8, 3), ValueError, r"permute\(2, 0, 1\)"),
        (torch.rand(1, 1, 8, 8), ValueError, "expand"),
        (torch.rand(4, 8, 8), ValueError, r"\[:, :3\]"),
        (torch.rand(8, 8), ValueError, "three colours"),
        (torch.rand(1, 3, 1, 8), ValueError, "at least 2 x 2"),
        (torch.rand(0, 3, 8, 8), ValueError, "three colours"),
    ],
)
def test_images_that_are_none(image, error, words, network):
    with pytest.raises(error, match=words):
        Pipeline(samplers.create("uniform"), network, SIZE).run(image)


@pytest.mark.parametrize(
    ("labels", "error", "words"),
    [
        (torch.zeros(1, *SOURCE), TypeError, "integers"),
        (torch.zeros(1, 8, 8, dtype=torch.int64), ValueError, "do not fit"),
        (torch.zeros(2, *SOURCE, dtype=torch.int64), ValueError, "do not fit"),
    ],
)
def test_labels_that_do_not_fit(labels, error, words, network):
    with pytest.raises(error, match=words):
        Pipeline(samplers.create("uniform"), network, SIZE).run(scene()[0], labels)


def test_a_label_without_a_class_of_the_network(network):
    trace = Pipeline(samplers.create("uniform"), network, SIZE).run(scene()[0], torch.full((1, *SOURCE), 7))
    with pytest.raises(ValueError, match="holds label 7, but classes=3"):
        trace.confusion  # noqa: B018


def test_options_that_do_not_go_together(network):
    with pytest.raises(ValueError, match="build it with boundary="):
        Pipeline(samplers.create("lzu"), network, SIZE).run(scene()[0], previous=scene()[1])
    with pytest.raises(ValueError, match="only previous="):
        adaptive(None).run(scene()[0])
    with pytest.raises(TypeError, match="backbone and a head"):
        Pipeline(samplers.create("lzu"), Colours(), SIZE, unzoom="features")
    with pytest.raises(ValueError, match="unzoom must be"):
        Pipeline(samplers.create("lzu"), network, SIZE, unzoom="labels")
    with pytest.raises(TypeError, match="QuadTree is no warp"):
        Pipeline(samplers.create("cad"), network, SIZE, source=(20, 30)).run(scene()[0])

"""Small checkpoints of every system, a picture with its labels, and how the page asks about them."""

import base64
import io
from dataclasses import asdict

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import save_file

from lzviz import checkpoints
from lzviz.checkpoints import Card
from lzviz.contract.maps import Map
from lzviz.contract.pictures import encode_png
from lzviz.coords import to_pixels
from lzviz.datasets import CAMVID
from lzviz.pipelines.blueprint import Blueprint
from lzviz.warp import Warp
from tests.app_server import client, encoded, post, server

SIZE = (48, 64)
ZOOMED = (16, 24)
NETWORK = {"stem": 1, "width": 16, "channels": 16}
BLUEPRINTS = {
    "uniform": Blueprint("uniform"),
    "lds": Blueprint("lds", {"nodes": (12, 16), "widths": (8, 8), "form": "square", "upsampling": "inverse"}),
    "lzu": Blueprint("lzu", {"nodes": (9, 12)}, looks="module", look_options={"widths": (8,)}),
    "es": Blueprint("es", {"nodes": (6, 8), "width": 8}),
    "resizer": Blueprint("resizer", {"width": 4}),
    "downsizenet": Blueprint("downsizenet", {"texture": 4}),
}
ADAPTIVE = Blueprint(
    "cad", {"stride": 8}, network_options=NETWORK | {"stem": 4, "output_stride": 16, "decoder": False},
    mask={"kind": "edges"},
)  # fmt: skip


def sites_of(told):
    """(n, 2) source pixels of the samples of an answer, as the page reads them from its mesh."""
    mesh, size = told["mesh"], (told["picture"]["h"], told["picture"]["w"])
    values = np.frombuffer(base64.b64decode(mesh["nodes"]), "<f4").reshape(1, mesh["h"], mesh["w"], 2)
    grid = Warp.from_grid(torch.tensor(values)).grid((told["zoomed"]["h"], told["zoomed"]["w"]))
    return to_pixels(grid, size).reshape(-1, 2).numpy()


def blueprint_of(system):
    if system == "cad":
        return ADAPTIVE
    made = BLUEPRINTS[system]
    return Blueprint(**{**asdict(made), "network_options": NETWORK, "size": ZOOMED})


@pytest.fixture(scope="module", autouse=True)
def shipped(tmp_path_factory):
    """Small checkpoints of every system, as if they had been trained."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for seed, system in enumerate([*BLUEPRINTS, "cad"]):
        blueprint = blueprint_of(system)
        card = Card(
            f"{system}-camvid-96x128", system, asdict(blueprint), CAMVID, title=f"{system} tiny", data="camvid",
            seed=seed, steps=7, metrics={"val": {"miou": 0.5}}, licence="for tests",
        )  # fmt: skip
        torch.manual_seed(seed)
        pipeline = blueprint.build(len(CAMVID), seed)
        for parameter in pipeline.sampler.parameters() if isinstance(pipeline.sampler, torch.nn.Module) else ():
            parameter.data += 0.05 * torch.randn_like(parameter)  # an untrained sampler hardly deforms
        checkpoints.save(pipeline, folder / card.name, card)
    steps = {"steps": np.array([0, 5], np.int32), "saliency": np.random.default_rng(0).random((2, 12, 16), np.float32)}
    save_file(steps, folder / "lds-camvid-96x128" / "snapshots.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lzviz.checkpoints.places.folders", lambda: [folder])  # and none of those that ship
        server().workshop.memory.clear()
        yield folder
    server().workshop.memory.clear()


@pytest.fixture(scope="module")
def picture():
    """(id, pixels) of an uploaded picture."""
    small = np.random.default_rng(3).integers(0, 256, (6, 8, 3), np.uint8)
    image = Image.fromarray(small).resize(SIZE[::-1], Image.Resampling.BICUBIC)
    return client().post("lzviz/picture", content=encoded(image)).json()["id"], np.asarray(image)


@pytest.fixture(scope="module")
def labels():
    """(H, W) class indices with a rim that is not labelled."""
    y, x = np.mgrid[: SIZE[0], : SIZE[1]]
    numbers = np.where(x + y < 50, 3, np.where(x > 40, 8, 0)).astype(np.uint8)
    numbers[:2] = 255
    return numbers


@pytest.fixture(scope="module")
def known(picture, labels):
    """The id of the uploaded labels."""
    told = give(picture, encode_png(labels)).json()
    assert told["ok"], told
    return told["id"]


def give(picture, body, checkpoint="lds-camvid-96x128"):
    return client().post(f"lzviz/truth?image={picture[0]}&checkpoint={checkpoint}", content=body)


def asked(picture, system="lds", path="lzviz/learned", state=None, **more):
    state = {"room": "pipeline", "checkpoint": f"{system}-camvid-96x128", "image": "own", **(state or {})}
    return post(path, {"seq": 5, "state": state, "image": picture[0], **more})


def answered(*arguments, **more):
    told = asked(*arguments, **more).json()
    assert told["ok"], told
    assert told["seq"] == 5
    return told


def traced(picture, system="lds", **more):
    image = torch.from_numpy(picture[1].transpose(2, 0, 1).copy())[None].float() / 255
    return checkpoints.load(f"{system}-camvid-96x128").run(image, **more)


def opened(text):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))))


def floats(text, *shape):
    return np.frombuffer(base64.b64decode(text), "<f4").reshape(shape)


def painted():
    y, x = np.mgrid[:30, :40]
    return Map.of((255 * ((x - 28) ** 2 + (y - 9) ** 2 < 40)).astype(np.uint8))

"""Files to keep: pictures that show the right pixels, arrays that are the app's, and a script that gives the same nodes."""

import ast
import io
import runpy

import numpy as np
import pytest
from PIL import Image

from lzviz.contract.answers import drawing as figures
from lzviz.contract.answers.files import WRITERS, export
from lzviz.contract.answers.snippet import headline
from lzviz.contract.answers.warp import Setting, answer
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from lzviz.coords import to_pixels
from lzviz.gallery import shipped
from tests.app_server import blob, nodes_of

ALL_LAYERS = dict.fromkeys(("points", "mesh", "saliency", "density", "jacobian", "folds"), True)


@pytest.fixture(scope="module")
def coffee() -> Picture:
    return shipped()["coffee"].prepare().result()


def state_of(**given) -> State:
    return State.parse({"image": "coffee", "width": 60, "paint": blob(85, 128).to_text(), **given})


def sites(setting: Setting, size: tuple[int, int]) -> np.ndarray:
    """Where the samples lie, (N, 2) source pixels."""
    return to_pixels(setting.warp.grid(setting.zoomed), size).reshape(-1, 2).numpy()


def picture_of(body: bytes) -> Image.Image:
    return Image.open(io.BytesIO(body))


# The script


@pytest.mark.parametrize("sampler", ["uniform", "uniform-area", "lz", "fovea", "lzu"])
@pytest.mark.parametrize("kind", ["paint", "edges", "boxes", "centre", "fixed", "file"])
def test_the_nodes_of_the_script_are_those_of_the_app_bit_for_bit(coffee, tmp_path, sampler, kind):
    state = state_of(
        sampler=sampler, saliency=kind, mode="published", strength=37.7, fwhm=6.1, contrast=1.3, nodes=[17, 23],
        boxes=[[300.25, 50, 420, 150], [10, 10, 40, 90.5]], edgePaint=blob(85, 128, (0.6, 0.2)).to_text(),
    )  # fmt: skip
    file = blob(85, 128, (0.8, 0.8))
    script = tmp_path / "warp.py"
    script.write_bytes(export(state, coffee, file, "snippet", "py").body)
    made = runpy.run_path(str(script))
    assert np.array_equal(made["warp"].nodes[0].double().numpy(), nodes_of(answer(state, coffee, file)))
    assert made["zoomed"].shape == (1, 3, 40, 60)
    assert made["unzoomed"].shape == (1, 3, *coffee.size)


def test_the_script_for_an_own_picture_reads_a_file_to_fill_in(coffee, tmp_path, monkeypatch):
    state = state_of(image="own", saliency="edges", sourceScale=0.5, interpolation="nearest")
    script = tmp_path / "warp.py"
    script.write_bytes(export(state, coffee, None, "snippet", "py").body)
    Image.fromarray(coffee.pixels).save(tmp_path / "picture.png")
    monkeypatch.chdir(tmp_path)
    made = runpy.run_path(str(script))
    assert np.array_equal(made["warp"].nodes[0].numpy(), nodes_of(answer(state, coffee)))
    assert made["image"].shape == (1, 3, 200, 300)


def test_the_script_without_paint_and_without_boxes(coffee, tmp_path):
    for kind in ("paint", "boxes"):
        state = state_of(saliency=kind, paint=None)
        script = tmp_path / f"{kind}.py"
        script.write_bytes(export(state, coffee, None, "snippet", "py").body)
        assert np.array_equal(runpy.run_path(str(script))["warp"].nodes[0].numpy(), nodes_of(answer(state, coffee)))


def test_a_script_is_made_of_checked_values_only(coffee):
    text = export(state_of(image="own"), coffee, None, "snippet", "py").body.decode()
    compile(text, "warp.py", "exec")
    assert text.startswith('"""LZU: 60 x 40 samples of 600 x 400 pixels."""')


# Pictures


def test_the_zoomed_image_is_the_samples_pixel_by_pixel(coffee):
    state = state_of(interpolation="nearest")
    pixels = np.asarray(picture_of(export(state, coffee, None, "zoomed", "png").body))
    assert pixels.shape == (40, 60, 3)
    setting = Setting.of(state, coffee)
    where = (sites(setting, coffee.size) + 0.5).astype(int)
    expected = coffee.pixels[where[:, 1].clip(0, 399), where[:, 0].clip(0, 599)].reshape(40, 60, 3)
    # float32 and float64 may disagree on a site that lies exactly between two pixels.
    assert (pixels == expected).all(-1).mean() > 0.99


def test_the_uniform_zoom_at_full_size_is_the_picture_and_so_is_its_return():
    small = Picture(shipped()["chelsea"].prepare().result().pixels[:60, :90])
    state = State.parse({"image": "own", "sampler": "uniform", "width": 90, "interpolation": "bilinear"})
    zoomed = np.asarray(picture_of(export(state, small, None, "zoomed", "png").body))
    back = np.asarray(picture_of(export(state, small, None, "unzoomed", "png").body))
    assert np.abs(zoomed.astype(int) - small.pixels).max() <= 1
    assert np.abs(back[..., :3].astype(int) - small.pixels).max() <= 1 and (back[..., 3] == 255).all()
    difference = np.asarray(picture_of(export(state, small, None, "difference", "png").body))
    assert difference[..., 1].max() < 30


def test_what_the_zoom_has_not_seen_is_transparent(coffee):
    state = state_of(sampler="lz", antiCrop=False, saliency="centre", fwhm=25)
    alpha = np.asarray(picture_of(export(state, coffee, None, "unzoomed", "png").body))[..., 3]
    assert alpha[200, 300] == 255 and alpha[0, 0] == 0
    assert (alpha > 0).mean() == pytest.approx(answer(state, coffee)["coverage"], abs=0.002)


def test_pictures_carry_their_sentence(coffee):
    sentence = str(answer(state_of(), coffee)["sentence"])
    assert picture_of(export(state_of(), coffee, None, "source", "png").body).info["Description"] == sentence


def test_the_source_shows_each_sample_as_a_dot_whatever_the_layers(coffee):
    drawn = [
        np.asarray(picture_of(export(state_of(width=24, layers=on), coffee, None, "source", "png").body))
        for on in ({}, ALL_LAYERS)
    ]
    assert np.array_equal(*drawn)
    where = (sites(Setting.of(state_of(width=24), coffee), coffee.size) + 0.5).astype(int)
    bright = drawn[0][where[:, 1].clip(0, 399), where[:, 0].clip(0, 599)].mean(-1)
    assert len(where) == 24 * 16 and (bright > 200).mean() > 0.95


def test_a_huge_source_is_drawn_smaller():
    assert figures.bounded((1024, 2048)) == (1024, 2048)
    h, w = figures.bounded((10_000, 10_000))
    assert h == w and 2800 < h <= 2829
    assert figures.bounded((1, 1_000)) == (1, 1_000)


def test_heat_rises_in_lightness():
    colours = figures.heat(np.linspace(0, 1, 64)).astype(int)
    assert (np.diff(colours @ [2, 7, 1]) > 0).all()


# Arrays


def test_the_grids_undo_each_other(coffee):
    with np.load(io.BytesIO(export(state_of(), coffee, None, "grid", "npz").body)) as file:
        arrays = dict(file)
    assert arrays["nodes"].shape == (31, 51, 2) and arrays["grid"].shape == (40, 60, 2)
    assert arrays["inverse_grid"].shape == (400, 600, 2) and arrays["valid"].all()
    assert np.array_equal(arrays["nodes"], nodes_of(answer(state_of(), coffee)))
    # The zoomed place of the source pixel under zoomed pixel (10, 20) is that pixel again.
    x, y = (arrays["grid"][10, 20] + 1) / 2 * [599, 399]
    back = (arrays["inverse_grid"][round(y), round(x)] + 1) / 2 * [59, 39]
    assert back == pytest.approx([20, 10], abs=0.6)


def test_the_saliency_is_what_is_used(coffee):
    with np.load(io.BytesIO(export(state_of(contrast=2), coffee, None, "saliency", "npz").body)) as file:
        assert np.array_equal(file["used"], file["saliency"] ** 2)
        assert file["saliency"].min() == pytest.approx(1) and 1 < file["saliency"].max() <= 50
        assert file["emphasis"].max() <= 1
    with pytest.raises(Refusal, match="no saliency"):
        export(state_of(sampler="uniform"), coffee, None, "saliency", "npz")


@pytest.mark.parametrize(("what", "form"), list(WRITERS))
def test_every_file_can_be_made_with_every_layer_on(coffee, what, form):
    made = export(state_of(layers=ALL_LAYERS), coffee, None, what, form)
    assert made.name == f"lzviz-coffee-lzu-{what}.{form}"
    assert len(made.body) > 300


@pytest.mark.parametrize(
    ("what", "form"), [("zoomed", "npz"), ("zoomed", "svg"), ("grid", "png"), (None, None), ("x", "png"), ({}, [])]
)
def test_there_is_no_other_file(coffee, what, form):
    with pytest.raises(Refusal, match="no such export"):
        export(state_of(), coffee, None, what, form)


@pytest.mark.parametrize("title", ['LZ"""\nimport os', 'ends with a quote"', "ends with \\", 'a\\"""; x', "naïve 中"])
def test_a_title_cannot_leave_the_docstring_of_a_script(title):
    parsed = ast.parse(headline(title) + "\n")
    assert len(parsed.body) == 1 and ast.get_docstring(parsed, clean=False) == title

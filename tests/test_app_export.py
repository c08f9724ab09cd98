"""Files to keep: pictures that show the right pixels, arrays that are the app's, and a script that gives the same nodes."""

import ast
import base64
import io
import runpy
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image

from app.gallery import shipped
from lzviz.contract.answers import drawing as figures
from lzviz.contract.answers.files import WRITERS, export
from lzviz.contract.answers.snippet import headline
from lzviz.contract.answers.warp import Setting, answer
from lzviz.contract.pictures import Picture
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from tests.app_server import blob, nodes_of

ALL_LAYERS = dict.fromkeys(("points", "mesh", "saliency", "density", "jacobian", "folds"), True)
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def coffee() -> Picture:
    return shipped()["coffee"].prepare().result()


def state_of(**given) -> State:
    return State.parse({"image": "coffee", "width": 60, "paint": blob(85, 128).to_text(), **given})


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
    where = (figures.sites(setting, coffee.size) + 0.5).astype(int)
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
    # The answer looks at a lattice of at most 64 points a side, whose cells at a border count whole.
    assert (alpha > 0).mean() == pytest.approx(answer(state, coffee)["coverage"], abs=0.01)


def test_pictures_carry_their_sentence(coffee):
    sentence = str(answer(state_of(), coffee)["sentence"])
    assert picture_of(export(state_of(), coffee, None, "source", "png").body).info["Description"] == sentence
    root = ET.fromstring(export(state_of(), coffee, None, "zoomed", "svg").body)
    assert root.findtext(f"{SVG}title") == sentence


def test_without_layers_the_source_is_the_photograph_itself(coffee):
    state = state_of(layers={})
    assert np.array_equal(np.asarray(picture_of(export(state, coffee, None, "source", "png").body)), coffee.pixels)


@pytest.mark.parametrize("layer", sorted(ALL_LAYERS))
def test_every_layer_is_drawn(coffee, layer):
    # A hand-made map that folds would need other nodes; here folds draw nothing, the photograph only recedes.
    plain = figures.recede(coffee.pixels).round().clip(0, 255).astype(np.uint8)
    drawn = np.asarray(picture_of(export(state_of(layers={layer: True}), coffee, None, "source", "png").body))
    changed = (np.abs(drawn.astype(int) - plain) > 1).any(-1).mean()
    assert (changed == 0) if layer == "folds" else (changed > 0.005)


def test_folded_tiles_are_hatched(coffee):
    from dataclasses import replace

    from lzviz import Warp

    setting = Setting.of(state_of(layers={"folds": True}), coffee)
    nodes = Warp.identity((5, 5)).nodes.double().clone()
    nodes[0, 2, 2] = 0.9
    warp = Warp.from_grid(nodes)
    assert int(warp.foldovers().sum()) > 0
    folding = replace(setting, warp=warp)
    plain = figures.source_view(folding)
    assert (figures.draw_marks(plain, folding) != plain).any()
    assert len(figures.svg_marks(folding, plain.shape)) == 1


def test_the_points_of_the_svg_lie_where_the_samples_are(coffee):
    root = ET.fromstring(export(state_of(layers={"points": True}), coffee, None, "source", "svg").body)
    data = [path.get("d") or "" for path in root.iter(f"{SVG}path")][-1]
    points = np.array([list(map(float, dot.split())) for dot in data[1:].replace("h0", "").split("M")])
    setting = Setting.of(state_of(), coffee)
    assert np.abs(points - figures.sites(setting, coffee.size)).max() < 0.006
    shift = next(root.iter(f"{SVG}g")).get("transform")
    assert shift == "translate(.5 .5)"


def test_the_pixels_of_an_svg_are_those_of_the_png(coffee):
    root = ET.fromstring(export(state_of(), coffee, None, "zoomed", "svg").body)
    image = next(root.iter(f"{SVG}image"))
    inside = base64.b64decode((image.get("href") or "").split(",")[1])
    assert np.array_equal(
        np.asarray(picture_of(inside)), np.asarray(picture_of(export(state_of(), coffee, None, "zoomed", "png").body))
    )
    assert "pixelated" in (image.get("style") or "")


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


@pytest.mark.parametrize(("what", "form"), [("zoomed", "npz"), ("grid", "png"), (None, None), ("x", "png"), ({}, [])])
def test_there_is_no_other_file(coffee, what, form):
    with pytest.raises(Refusal, match="no such export"):
        export(state_of(), coffee, None, what, form)


@pytest.mark.parametrize("title", ['LZ"""\nimport os', 'ends with a quote"', "ends with \\", 'a\\"""; x', "naïve 中"])
def test_a_title_cannot_leave_the_docstring_of_a_script(title):
    parsed = ast.parse(headline(title) + "\n")
    assert len(parsed.body) == 1 and ast.get_docstring(parsed, clean=False) == title

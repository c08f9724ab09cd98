"""Methods at one budget: what is equal is equal, what the table says is what the parts say, files are what papers want."""

from __future__ import annotations

import csv
import io
import json
import math

import numpy as np
import pytest
import torch
from PIL import Image

import lzviz
from lzviz import samplers, scenes
from lzviz.cli import main
from lzviz.comparison import Budget, Row, Table, compare_folder, fits
from lzviz.comparison.budget import solved
from lzviz.comparison.folder import summed
from lzviz.comparison.measured import timed
from lzviz.comparison.methods import methods_of
from lzviz.measure import evaluation, timing

NAME = "uniform-camvid-48x64"


@pytest.fixture(scope="module")
def scene():
    drawn = scenes.street(size=(120, 160), seed=3)
    image = torch.from_numpy(drawn.image).permute(2, 0, 1)[None].float() / 255
    return image, torch.from_numpy(drawn.labels)[None].long()


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [("96x128", "pixels", (96, 128)), ("96×128", "pixels", (96, 128)), ("0.3G", "macs", 3e8), ("300M", "macs", 3e8),
     ("0.3 GMACs", "macs", 3e8), ("20ms", "ms", 20.0), ("1.5 ms", "ms", 1.5)],
)  # fmt: skip
def test_a_budget_is_read(text, kind, value):
    budget = Budget.of(text)
    assert budget.kind == kind and (budget.size if kind == "pixels" else budget.amount) == value
    assert Budget.of(str(budget)) == budget


@pytest.mark.parametrize("text", ["", "96", "0x10", "96x", "-3ms", "0ms", "10s", "99999x99999", "=1+1", "nan"])
def test_a_budget_that_is_none_says_what_is_one(text):
    with pytest.raises(ValueError, match=r"96x128 .*0\.3G or 300M, or time as 20ms"):
        Budget.of(text)


def test_pixels_are_equal_and_the_table_says_what_the_parts_say(scene):
    image, labels = scene
    look = samplers.create("lzu").default_saliency(image)
    region = torch.zeros(30, 40)
    region[10:20, 15:30] = 1
    found = lzviz.compare(
        image, ["uniform", "lzu", "cad"], "32x48", labels=labels, saliency=look, region=region, repeats=1
    )
    uniform, lzu, cad = found.table
    assert uniform.size == lzu.size == (32, 48) and uniform.samples == lzu.samples == 32 * 48
    layout = samplers.create("lzu")(image, (32, 48), look).layout
    classes = int(labels[labels != 255].max()) + 1
    assert lzu.intrinsic == pytest.approx(evaluation.intrinsic_upsampling_error(layout, labels, classes, border=True))
    assert lzu.folds == 0 and lzu.round_trip < 0.01 and lzu.unseen < 0.05
    assert sum(lzu.classes.values()) <= 1 and lzu.classes.keys() == uniform.classes.keys()
    assert cad.folds is None and cad.samples < 32 * 48, "a quadtree has no warp that could fold"
    assert 0 < uniform.region < 1 and cad.region is not None
    assert all(row.p50 > 0 and row.p95 >= row.p50 for row in found.table)


def test_a_trained_network_is_scored_and_another_size_is_its_own_weights(scene):
    image, labels = scene
    labels = labels.clamp(max=10)
    found = lzviz.compare(image, [NAME, "uniform"], "40x56", labels=labels, repeats=0)
    trained, bare = found.table
    pipeline = lzviz.load(NAME)
    pipeline.size = (40, 56)
    trace = pipeline.run(image, labels)
    matrix = evaluation.confusion(trace.labels, labels, len(pipeline.classes))
    assert trained.size == (40, 56) and trained.metric == "mIoU"
    assert trained.score == pytest.approx(evaluation.miou(matrix))
    assert trained.macs == sum(trace.macs.values())
    assert bare.score is None and trained.p50 is None, "no times were asked for"


def test_multiply_adds_are_solved_for_each_method(scene):
    image, _ = scene
    found = lzviz.compare(image, [NAME, "lzu-fixed-camvid-48x64", "uniform"], "60M", repeats=0)
    for row in found.table[:2]:
        assert row.macs == pytest.approx(60e6, rel=0.2) and row.size[0] % 8 == row.size[1] % 8 == 0
    assert found.table[2].size is None and "no network" in found.table[2].note
    small = lzviz.compare(image, [NAME], "1k".replace("1k", "0.001M"), repeats=0).table[0]
    assert small.size is None and "even 8x" in small.note


def test_the_solver_finds_the_nearest_size_or_says_that_there_is_none():
    budget = Budget.of("1G")
    size, price, note = solved(budget, 2.0, 8, lambda s: 1e5 * s[0] * s[1] + 3e7)
    assert note == "" and abs(price - 1e9) == min(abs(1e5 * 128 * k * k + 3e7 - 1e9) for k in range(1, 40))
    assert size == (8 * round(size[0] / 8), 2 * size[0])
    none, _, note = solved(budget, 1.0, 1, lambda s: 2e9)
    assert none is None and note == "even 1x1 costs 2 G multiply-adds"
    none, _, note = solved(budget, 1.0, 8, lambda s: 10.0)
    assert none is None and "no more than" in note


class Clock:
    """Times that methods would have: so much whatever the size, and so much for a thousand pixels."""

    def __init__(self, **costs):
        self.costs = costs
        self.turns = []

    def __call__(self, functions, *, device, warm_up, repeats):
        self.turns.append(list(functions))
        out = {}
        for name, function in functions.items():
            (method,) = function.__defaults__
            floor, each = self.costs[method.name]
            h, w = method.pipeline.size
            out[name] = timing.Timing((floor + each * h * w / 1000,) * repeats, "a clock")
        return out


def test_milliseconds_are_solved_in_turns_and_say_what_goes_whatever_the_size(scene, monkeypatch):
    image, _ = scene
    clock = Clock(uniform=(1.0, 0.5), lzu=(6.0, 0.5), lz=(300.0, 0.5))
    monkeypatch.setattr(fits.timing, "compare", clock)
    found = fits.fits(methods_of(["uniform", "lzu", "lz"], (120, 160)), image, Budget.of("20ms"))
    assert clock.turns[0] == ["0", "1", "2"], "all methods in one turn"
    for fit, (floor, each) in zip(found[:2], [(1.0, 0.5), (6.0, 0.5)], strict=True):
        h, w = fit.method.pipeline.size
        assert floor + each * h * w / 1000 == pytest.approx(20, rel=0.05) and fit.floor == pytest.approx(floor, abs=0.2)
        assert w / h == pytest.approx(160 / 120, rel=0.05)
    assert found[2].note.startswith("even 8x11 costs 300") and found[2].price == pytest.approx(300, rel=0.01)
    endless = fits.fits(methods_of(["uniform"], (120, 160)), image, Budget.of("100000ms"))[0]
    assert "costs no more than" in endless.note


def test_equal_milliseconds_give_one_size_only_to_what_costs_the_same(scene, monkeypatch):
    """Uniform and LZU once got the same size: nearly all of their time goes into reading a large picture, whatever the size."""
    image, _ = scene
    monkeypatch.setattr(fits.timing, "compare", Clock(uniform=(18.0, 0.1), lzu=(18.5, 0.1)))
    one, other = fits.fits(methods_of(["uniform", "lzu"], (120, 160)), image, Budget.of("20ms"))
    assert one.method.pipeline.size[0] > other.method.pipeline.size[0]
    assert one.floor > 17 and other.floor > 17, "what explains it is told"


def test_times_far_from_the_milliseconds_that_were_asked_for_are_noisy():
    row, taken = Row("m", "M", (4, 4)), timing.Timing((33.0,) * 5, "a clock")
    assert timed(row, taken, Budget.of("20ms")).noisy and not timed(row, taken, Budget.of("30ms")).noisy
    assert not timed(row, taken, Budget.of("4x4")).noisy


def test_noisy_times_still_grow_with_the_size():
    assert fits.grown({8: 5.0, 16: 4.0, 32: 6.0}) == [4.5, 4.5, 6.0]
    assert fits.grown({1: 9.0, 2: 1.0, 3: 2.0}) == [4.0, 4.0, 4.0]


def test_names_carry_settings_and_files_are_grids(scene, tmp_path):
    image, _ = scene
    grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, 9, 9], align_corners=True) * 0.5
    np.save(tmp_path / "mine.npy", grid.numpy())
    given = ["lz", "lz:fwhm=4:nodes=9x9", "lz:published", "cad:threshold=high:depth=2", str(tmp_path / "mine.npy")]
    found = lzviz.compare(image, given, "24x32", repeats=0)
    assert [row.name for row in found.table] == [*given[:4], "mine"] and not any(row.note for row in found.table)
    assert found.traces["lz:fwhm=4:nodes=9x9"].layout.warp.nodes.shape[1:3] == (9, 9)
    assert found.table[4].unseen > 0.5, "the grid sees the middle half"
    with pytest.raises(ValueError, match=r"lz has no option 'zoom=2': expected .*mode=fixed\|published"):
        lzviz.compare(image, ["lz:zoom=2"])
    with pytest.raises(ValueError, match=r"'1000' is no value of fwhm: expected a number from 0\.5 to 40"):
        lzviz.compare(image, ["lz:fwhm=1000"])
    np.save(tmp_path / "flat.npy", np.zeros((4,)))
    with pytest.raises(ValueError, match="flat"):
        lzviz.compare(image, [str(tmp_path / "flat.npy")])


def test_anybodys_callable_and_pipelines_join(scene):
    image, _ = scene

    def pinch(picture):
        grid = torch.nn.functional.affine_grid(torch.eye(2, 3)[None], [1, 1, 20, 30], align_corners=True)
        return grid * grid.norm(dim=-1, keepdim=True).clamp(max=1)

    found = lzviz.compare(image, {"mine": pinch, "theirs": lzviz.Pipeline(samplers.create("lz"))}, "24x32", repeats=0)
    assert [row.name for row in found.table] == ["mine", "theirs"] and found.table[0].size == (24, 32)


def test_what_stands_twice_or_nowhere_is_told(scene):
    image, labels = scene
    for given, message in (
        ([], "nothing to compare"),
        (["uniform", "uniform"], "uniform stands there twice"),
        (["nonsense"], "no sampler, checkpoint or file of a grid named 'nonsense': samplers are uniform"),
    ):
        with pytest.raises(ValueError, match=message):
            lzviz.compare(image, given)
    with pytest.raises(ValueError, match=r"labels are .*the picture is"):
        lzviz.compare(image, ["uniform"], labels=labels[:, :50])
    with pytest.raises(ValueError, match=r"one picture \(1, 3, H, W\) of floats"):
        lzviz.compare(torch.zeros(2, 3, 8, 8), ["uniform"])
    with pytest.raises(TypeError, match="a picture as tensor, array or path"):
        lzviz.compare(3, ["uniform"])


ROWS = Table(
    [
        Row("a|b & c", "A", (4, 8), 32, score=0.5, metric="mIoU", macs=10**9, folds=0.0, p50=math.inf),
        Row("=HYPERLINK(1)", "B", (4, 8), 32, score=0.7004, metric="mIoU", macs=2 * 10**9, folds=0.0, note="=1+1"),
        Row("c_1", "C", None, note="too dear", classes={"sky": 0.25}),
    ]
)


def test_the_table_is_written_as_papers_and_spreadsheets_want_it():
    rows = list(csv.reader(io.StringIO(ROWS.to_csv())))
    assert rows[0][0] == "method" and rows[0][-2:] == ["% on sky", "note"] and rows[3][-2] == "25.0"
    assert rows[2][0] == "'=HYPERLINK(1)" and rows[2][-1] == "'=1+1"
    for text in ("  =1+1", "\uff1d1+1", "+1+cmd|' /C calc'!A0"):
        assert list(csv.reader(io.StringIO(Table([Row(text, "T")]).to_csv())))[1][0] == f"'{text}"
    tex = ROWS.to_latex()
    assert r"a|b \& c" in tex and r"c\_1" in tex and r"\textbf{70.0}" in tex and tex.count(r"\\") == 4
    assert r"\toprule" in tex and tex.index(r"\midrule") < tex.index(r"\bottomrule")
    markdown = ROWS.to_markdown()
    assert "a\\|b & c" in markdown and "**70.0**" in markdown and "c_1: too dear." in markdown and "mIoU, %" in markdown
    assert "<td>a|b &amp; c</td>" in ROWS.to_html()
    assert json.loads(ROWS.to_json())[0]["p50"] is None
    assert list(ROWS.sorted_by("score")) == [ROWS[1], ROWS[0], ROWS[2]]
    assert ROWS.best(next(c for c in ROWS.columns() if c.name == "folds")) == {0, 1}, "a tie has two bests"
    times = next(c for c in Table([Row("a", "A", p50=1.0)]).columns() if c.name == "p50")
    quiet = [Row("a", "A", p50=1.0), Row("b", "B", p50=2.0)]
    assert Table(quiet).best(times) == {0} and Table([*quiet, Row("c", "C", p50=0.5, noisy=True)]).best(times) == set()
    with pytest.raises(ValueError, match="no column 'beauty'"):
        ROWS.sorted_by("beauty")


def test_the_files_of_a_comparison_are_what_they_are_called(scene, tmp_path):
    image, labels = scene
    found = lzviz.compare(image, ["uniform", "lzu"], "24x32", labels=labels, repeats=1)
    folder = found.save(tmp_path / "out")
    assert sorted(path.name for path in folder.iterdir()) == [
        "pareto.png", "sheet.png", "sheet.svg", "table.csv", "table.json", "table.tex",
    ]  # fmt: skip
    with Image.open(folder / "sheet.png") as sheet:
        assert sheet.width == pytest.approx(6.9 * 300, abs=2)
    svg = (folder / "sheet.svg").read_text()
    assert ">zoomed, 24 × 32</text>" in svg, "fonts are text"
    assert "lzu" in found._repr_html_() and "24x32" in str(found)


def test_a_folder_goes_on_where_it_was_stopped(tmp_path, monkeypatch):
    draw = np.random.default_rng(0)
    for k in range(3):
        Image.fromarray(draw.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(tmp_path / f"{k}.png")
    paths, out = sorted(tmp_path.glob("*.png")), tmp_path / "out"
    told = []

    def stop(number, count, name):
        told.append(name)
        if number == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_folder(paths, ["uniform", "lzu"], "8x12", out, stop)
    assert told == ["0.png", "1.png", "2.png"]
    with (out / "pictures.jsonl").open("a") as file:
        file.write('{"picture": "2.png", "meth')  # killed while it wrote
    from lzviz.comparison import folder

    seen = []
    monkeypatch.setattr(folder, "_line", lambda *a, f=folder._line: (seen.append(a[0].method.name), f(*a))[1])
    table = compare_folder(paths, ["uniform", "lzu"], "8x12", out)
    assert seen == ["uniform", "lzu"], "only the third picture was left"
    assert [row.name for row in table] == ["uniform", "lzu"] and (out / "table.tex").is_file()
    with pytest.raises(ValueError, match="another comparison, of uniform, lzu at 8x12"):
        compare_folder(paths, ["uniform"], "8x12", out)


def test_a_folder_that_goes_on_keeps_the_sizes_that_it_began_with(tmp_path, monkeypatch):
    """Milliseconds solved anew would give the pictures after a kill other sizes than those before it."""
    from lzviz.comparison import folder

    draw = np.random.default_rng(0)
    for k in range(2):
        Image.fromarray(draw.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(tmp_path / f"{k}.png")
    monkeypatch.setattr(fits.timing, "compare", Clock(uniform=(1.0, 0.5), lzu=(3.0, 0.5)))
    monkeypatch.setattr(folder.timing, "measure", lambda *a, **k: timing.Timing((9.0, 9.0, 9.0), "a clock"))

    def stop(number, count, name):
        if number == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compare_folder(sorted(tmp_path.glob("*.png")), ["uniform", "lzu"], "9ms", tmp_path / "out", stop)
    monkeypatch.setattr(folder, "fits", None)
    table = compare_folder(sorted(tmp_path.glob("*.png")), ["uniform", "lzu"], "9ms", tmp_path / "out")
    lines = [json.loads(line) for line in (tmp_path / "out/pictures.jsonl").read_text().splitlines()[1:]]
    sizes = [[each["row"]["size"] for each in line["methods"]] for line in lines]
    assert sizes[0] == sizes[1] and sizes[0][0] != sizes[0][1] and list(table[0].size) == sizes[0][0]


def test_scores_of_a_folder_are_of_one_confusion_matrix():
    row = Row("m", "M", (4, 4), 16, score=0.0, metric="mIoU", p50=1.0, p95=2.0)

    def line(matrix, share, p50):
        each = {**json.loads(Table([row]).to_json())[0], "region": share, "p50": p50, "size": [4, 4]}
        return [{"row": each, "score": matrix, "names": ["a", "b"]}]

    table = summed([line([[2, 0, 0], [0, 0, 0]], 0.2, 1.0), line([[0, 1, 0], [0, 1, 0]], 0.4, 3.0)])
    assert table[0].score == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert table[0].region == pytest.approx(0.3) and table[0].p50 == 2.0


def test_the_command_compares_a_picture_and_a_folder(tmp_path, capsys):
    draw = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    for k in range(2):
        Image.fromarray(draw.integers(0, 255, (40, 60, 3), dtype=np.uint8)).save(tmp_path / "images" / f"{k}.png")
        Image.fromarray(draw.integers(0, 3, (40, 60), dtype=np.uint8)).save(tmp_path / "labels" / f"{k}.png")
    picture, out = tmp_path / "images" / "0.png", tmp_path / "a"
    common = ["--samplers", "uniform", "lzu", "--budget", "8x12"]
    assert main(["compare", str(picture), *common, "--labels", str(tmp_path / "labels/0.png"), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert "intrinsic error" in said.out and (out / "sheet.svg").is_file()
    assert said.err.splitlines()[:2] == ["uniform (1 of 2)", "lzu (2 of 2)"] and "times: " in said.err.splitlines()[2]
    assert main(["compare", str(tmp_path), *common, "--out", str(tmp_path / "b")]) == 0
    assert "2 pictures at 8x12" in capsys.readouterr().out
    (tmp_path / "mine.py").write_text(
        "import torch\nfrom lzviz import samplers\n\n\ndef half(image):\n    middle = 0.5 * torch.eye(2, 3)[None]\n"
        "    return torch.nn.functional.affine_grid(middle, [1, 1, 8, 12], True)\n\n\nsamplers.register('half', half)\n"
    )
    own = ["--plugin", str(tmp_path / "mine.py"), "--samplers", "uniform", "half", "--budget", "8x12"]
    try:
        assert main(["compare", str(picture), *own, "--out", str(tmp_path / "c")]) == 0
        assert "| half |" in capsys.readouterr().out
    finally:
        samplers.REGISTRY.pop("half", None)
    with pytest.raises(SystemExit) as stopped:
        main(["compare", str(tmp_path / "none.png"), *common])
    assert stopped.value.code == 2 and "there is no picture or folder" in capsys.readouterr().err


@pytest.mark.parametrize("form", ["grey", "RGBA", "Pillow", "bytes", "tensor of bytes"])
def test_a_picture_comes_in_any_usual_form(form):
    pixels = np.random.default_rng(0).integers(0, 256, (24, 36, 3), np.uint8)
    given = {
        "grey": pixels[..., 0],
        "RGBA": np.dstack([pixels, np.full((24, 36), 255, np.uint8)]),
        "Pillow": Image.fromarray(pixels),
        "bytes": pixels,
        "tensor of bytes": torch.from_numpy(pixels).permute(2, 0, 1),
    }[form]
    expected = pixels if form != "grey" else pixels[..., :1].repeat(3, 2)
    made = lzviz.compare(given, "lzu", "8x12", repeats=0)
    assert [row.name for row in made.table] == ["lzu"]
    assert torch.allclose(made.image, torch.from_numpy(expected / 255.0).permute(2, 0, 1)[None].float(), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"budget": 24}, "budget is 24: expected a text such as 96x128"),
        ({"samplers": ["lzu:fwhm=x"]}, "'x' is no value of fwhm: expected"),
        ({"image": torch.full((3, 8, 8), 200.0)}, "did you mean image / 255"),
        ({"image": np.zeros((8, 8, 5), np.uint8)}, r"expected one picture \(1, 3, H, W\)"),
        ({"labels": torch.full((24, 36), 255)}, "label no pixel"),
    ],
)
def test_what_is_wrong_is_named(change, said):
    given = {"image": torch.rand(1, 3, 24, 36), "samplers": ["uniform"], "budget": "8x12", "repeats": 0, **change}
    with pytest.raises((TypeError, ValueError), match=said):
        lzviz.compare(given.pop("image"), given.pop("samplers"), given.pop("budget"), **given)


def test_a_picture_that_is_not_there_says_what_to_give(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"no file 'street\.jpg' in .*: give the path of a picture .* or the picture"
    ):
        lzviz.compare("street.jpg", "uniform", repeats=0)
    (tmp_path / "notes.png").write_text("no picture")
    for path, what in ((tmp_path, "is a folder"), (tmp_path / "notes.png", "is no picture that Pillow can read")):
        with pytest.raises(ValueError, match=f"{what}: give the path"):
            lzviz.compare(path, "uniform", repeats=0)


def test_one_method_is_one():
    made = lzviz.compare(torch.rand(3, 24, 36), "uniform", "8x12", repeats=0)
    assert str(made).startswith("1 method at 8x12, 24x36, on ")

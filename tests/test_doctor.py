"""The doctor on the zoo: faults are named and mended, healthy grids pass; files are hostile; reports stand alone."""

from __future__ import annotations

import itertools
import json
import pickle
import subprocess
import sys
import tracemalloc
from importlib import resources

import numpy as np
import pytest

from lzviz import doctor
from lzviz.cli import main
from lzviz.doctor import diagnose, specimens
from lzviz.doctor.checks import geometry
from lzviz.plain import convert, tiles
from tests.zoo import drawn, second
from tests.zoo.faulty import SOURCE, faulty
from tests.zoo.healthy import healthy
from tests.zoo.measure import report

ZOOS = {"first": (faulty, healthy), "second": (second.faulty, second.healthy)}


@pytest.mark.parametrize("zoo", ZOOS)
def test_the_zoo_is_named_and_mended(zoo, capsys):
    rows, fit = (list(make()) for make in ZOOS[zoo])
    with capsys.disabled():
        print()
        told = report(f"{zoo} zoo", rows, fit)
    marks, alarms = told
    assert len(marks) >= 40 and len(fit) >= {"first": 150, "second": 100}[zoo]
    assert np.mean([row[1:] for row in marks], 0).min() >= 0.95
    assert len(alarms) <= 0.02 * len(fit)


def test_most_of_what_is_drawn_at_random_is_named_too():
    rows, alarms = report("drawn", list(drawn.faulty(32, 7)), list(drawn.healthy(32, 8)))
    assert np.mean([row[1:] for row in rows], 0).min() >= 0.9
    assert len(alarms) <= 2


def test_import_loads_no_torch():
    code = "import sys, lzviz.doctor; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_hostile_files_are_refused(tmp_path):
    pickled = tmp_path / "a.npy"
    np.save(pickled, np.array([{"a": 1}], object), allow_pickle=True)
    lying = tmp_path / "b.npy"
    with lying.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"shape": (1, 10**6, 10**6, 2), "fortran_order": False, "descr": "<f4"}
        )
    torch_file = tmp_path / "c.pt"
    torch_file.write_bytes(pickle.dumps({"grid": object}))
    flo = tmp_path / "d.flo"
    flo.write_bytes(b"PIEH" + np.array([1 << 30, 1 << 30], "<i4").tobytes())
    tensors = tmp_path / "e.safetensors"
    tensors.write_bytes(np.array([1 << 60], "<u8").tobytes())
    text = tmp_path / "f.json"
    text.write_text('{"grid": [[["a"]]]}')
    for place in (pickled, lying, torch_file, flo, tensors, text, tmp_path / "missing.npy", tmp_path / "g.exe"):
        with pytest.raises(ValueError, match=place.name):
            doctor.diagnose(place, SOURCE)


def test_files_of_every_kind_read_the_same(tmp_path):
    import torch

    grid = convert.identity((8, 12))[None].astype(np.float32)
    np.save(tmp_path / "a.npy", grid)
    np.savez_compressed(tmp_path / "a.npz", grid=grid)
    torch.save({"grid": torch.tensor(grid)}, tmp_path / "a.pt")
    (tmp_path / "a.json").write_text(json.dumps({"grid": grid.tolist()}))
    header = json.dumps(
        {"grid": {"dtype": "F32", "shape": list(grid.shape), "data_offsets": [0, grid.nbytes]}}
    ).encode()
    (tmp_path / "a.safetensors").write_bytes(np.array([len(header)], "<u8").tobytes() + header + grid.tobytes())
    for place in tmp_path.iterdir():
        found = doctor.diagnose(place, (64, 96))
        assert found.ok and np.array_equal(found.warp.astype(np.float32), grid), place.name


def test_the_command_gives_codes_and_reports(tmp_path, capsys):
    grid = convert.identity((16, 32))[None]
    np.save(tmp_path / "good.npy", grid)
    np.save(tmp_path / "bad.npy", (grid + 1) / 2)
    out = ["--source", "64x128", "--html", str(tmp_path / "r.html"), "--junit", str(tmp_path / "r.xml"), "--json"]
    assert main(["doctor", str(tmp_path), *out]) == 1
    assert set(json.loads(capsys.readouterr().out)) == {str(tmp_path / name) for name in ("good.npy", "bad.npy")}
    assert main(["doctor", str(tmp_path), *out, "--fail-on", "folds"]) == 0
    page = (tmp_path / "r.html").read_text()
    assert "lzviz-data" in page and "<script src" not in page and "<link" not in page and "url(" not in page
    assert "<testcase" in (tmp_path / "r.xml").read_text()


def test_maps_of_opencv_and_callables_and_warps_are_taken():
    from lzviz.warp import Warp

    grid = convert.identity((16, 32))[None]
    pixels = convert.to_pixels(grid, (64, 128))[0]
    assert doctor.diagnose((pixels[..., 0], pixels[..., 1]), (64, 128)).ok
    assert doctor.diagnose(lambda image: grid, (64, 128), image=np.zeros((64, 128))).ok
    assert doctor.diagnose(Warp.identity(), (64, 128)).ok
    assert doctor.diagnose(np.zeros((1, 2, 16, 32)), (64, 128), use="flow").ok


@pytest.mark.parametrize("given", [np.zeros((3, 5, 7, 9, 2, 4)), np.array(["a"]), np.zeros((0, 2))])
def test_what_is_no_warp_is_answered_with_what_was_seen(given):
    with pytest.raises((ValueError, TypeError), match=r"expected|neither"):
        doctor.diagnose(given, SOURCE)


def test_json_is_what_its_schema_says():
    schema = json.loads((resources.files("lzviz.doctor") / "schema.json").read_text("utf-8"))
    finding = schema["$defs"]["finding"]["properties"]
    kinds = {"boolean": bool, "number": (int, float), "string": str, "null": type(None)}
    for case in itertools.islice(faulty(), 12):
        written = json.loads(doctor.diagnose(case.given, **case.told).to_json())
        assert set(written) == set(schema["properties"]) and isinstance(written["ok"], bool)
        for each in written["findings"]:
            assert set(each) == set(finding) and each["verdict"] in finding["verdict"]["enum"]
            assert each["check"] in (*doctor.CHECKS, "input")
            for name in ("value", "tolerance"):
                assert isinstance(each[name], tuple(itertools.chain.from_iterable(
                    kind if isinstance(kind, tuple) else (kind,) for kind in map(kinds.get, finding[name]["type"])
                )))  # fmt: skip
            assert all(len(box) == 4 and all(isinstance(n, int) for n in box) for box in each["place"])


@pytest.mark.parametrize("source", [(1 << 16, 1 << 16), (1, 1 << 16), (1 << 16, 3), (1, 1)])
def test_points_on_a_source_of_any_claimed_size_take_little_memory(source):
    points = np.random.default_rng(0).uniform(0, 1, (400, 2)) * source[::-1]
    tracemalloc.start()
    try:
        found = diagnose(points, source, use="points").named("holes")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found is not None and found.verdict in ("ok", "warning")
    assert peak < 32 << 20


def test_blocks_of_a_density_are_sums_of_its_pixels():
    points = np.random.default_rng(0).uniform(-2, 40, (300, 2))
    pixels = tiles.density(points, (31, 37))
    expected = pixels[:30, :35].reshape(6, 5, 7, 5).sum((1, 3))
    np.testing.assert_allclose(tiles.density(points, (31, 37), 5), expected, atol=1e-12)


def test_mending_folds_relaxes_no_more_nodes_than_it_may(monkeypatch):
    relaxed = []
    pad = np.pad

    def counted(array, width, *rest):
        relaxed.append(array[..., 0].size if array.ndim == 3 else 0)
        return pad(array, width, *rest)

    monkeypatch.setattr(geometry, "UPDATES", 1 << 20, raising=False)
    monkeypatch.setattr(np, "pad", counted)
    mended = geometry.unfold(np.random.default_rng(0).uniform(-1, 1, (2, 48, 48, 2)))
    assert mended.shape == (2, 48, 48, 2) and np.isfinite(mended).all()
    assert 0 < sum(relaxed) <= 1 << 20


@pytest.mark.parametrize("shape", [(1, 8, 1, 2), (1, 2, 4, 1), (1, 2, 1, 1), (1, 2, 4, 2), (1, 4, 8, 2)])
def test_offsets_of_a_single_row_or_column_are_told(shape):
    offsets = np.zeros(shape, np.float32)
    if min(shape[2:]) < 2:
        with pytest.raises(ValueError, match="at least 2 rows and 2 columns"):
            diagnose(offsets, (7, 11), use="deform")
    else:
        assert diagnose(offsets, (7, 11), use="deform").findings


def test_a_gradient_becomes_arrows_downhill_in_source_pixels_and_one_by_a_map_stays_a_map():
    from lzviz.doctor import downhill

    grid = specimens.healthy((9, 17))
    size = (100, 200)
    slope = np.zeros_like(grid)
    slope[..., 0] = -1  # the loss falls to the right
    found = diagnose(grid, size, gradient=slope)
    moves = downhill.arrows(found.warp[0], found.gradient, size)
    assert (moves[:, 1, 0] > moves[:, 0, 0]).all() and np.allclose(moves[:, 1, 1], moves[:, 0, 1])
    assert "downhill" in found._repr_html_()
    flow = np.moveaxis(grid - convert.identity((9, 17)), -1, 1) * 50
    assert diagnose(flow, size, use="flow", gradient=np.moveaxis(slope, -1, 1)).gradient.shape == (9, 17, 2)
    by_map = diagnose(grid, size, gradient=np.full((1, 1, 5, 7), np.nan))
    assert by_map.gradient.shape == (5, 7) and by_map.named("gradient").verdict == "fault"
    with pytest.raises(ValueError, match=r"gradient of shape \(1, 4, 4, 2\): expected \(1, 9, 17, 2\)"):
        diagnose(grid, size, gradient=np.zeros((1, 4, 4, 2)))
    with pytest.raises(ValueError, match=r"boxes of shape \(3,\): expected \(N, 4\)"):
        diagnose(grid, size, boxes=[1, 2, 3])


def test_what_lies_beside_a_warp_in_its_file_is_looked_at_with_it(tmp_path):
    grid = specimens.healthy((9, 17))
    np.savez(tmp_path / "a.npz", gradient=grid * 0, boxes=np.array([[0.5, 0.5, 0.6, 0.7]]), mine=grid)
    found = diagnose(tmp_path / "a.npz", (100, 200))
    assert found.warp.shape == grid.shape and found.named("gradient").verdict == "warning"
    assert (
        found.named("boxes").verdict == "fault"
        and diagnose(tmp_path / "a.npz", (100, 200), gradient=grid).named("gradient").verdict == "ok"
    )


def test_a_cell_of_a_notebook_shows_the_findings_beside_the_drawing():
    shown = diagnose(specimens.SPECIMENS["folds"].make((100, 200)), (100, 200))._repr_html_()
    assert "<table>" in shown and "<svg" in shown and 'class="place"' in shown and "<b>folds</b>" in shown

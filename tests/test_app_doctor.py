"""The doctor over the contract: files of strangers, specimens, the warp of a page; and the mended warp as a sampler."""

from __future__ import annotations

import base64
import io
import json
import pickle

import numpy as np
import pytest
import torch

import lzviz
from lzviz import gallery
from lzviz.contract.decoding import GONE
from lzviz.contract.memory import Memory
from lzviz.contract.messages.doctor import AddWarp, AskDiagnosis, AskElements, AskSpecimens
from lzviz.contract.messages.warp import Compute, Export
from lzviz.contract.wire import Refusal, validated
from lzviz.contract.workshop import Workshop
from lzviz.doctor.specimens import SPECIMENS, healthy, lattice_of
from lzviz.held import held_in
from lzviz.plain import convert
from lzviz.plain.packed import encode_array
from lzviz.samplers import given

SOURCE = (512, 1024)


@pytest.fixture(scope="module")
def workshop():
    return Workshop(gallery.shipped())


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=True)
    return file.getvalue()


def ask(workshop, **told):
    return workshop.answer(validated(AskDiagnosis, {"source": SOURCE, **told}))


def nodes_of(lattice) -> np.ndarray:
    import base64

    return np.frombuffer(base64.b64decode(lattice.nodes)).reshape(*lattice.nodes_size, 2)


@pytest.mark.parametrize("specimen", SPECIMENS.values(), ids=lambda each: each.name)
@pytest.mark.parametrize("source", [SOURCE, (600, 400), (481, 640)])
def test_a_specimen_is_named_and_its_fix_leaves_nothing_and_gives_the_healthy_warp(workshop, specimen, source):
    told = ask(workshop, specimen=specimen.name, source=source)
    worst = told.findings[0]
    assert (worst.check, worst.mends, told.well) == (specimen.check, True, False)
    assert f"First {specimen.check}" in str(told.sentence)
    after = ask(workshop, given=told.id, source=source, applied=[specimen.check])
    assert after.well and after.applied == [specimen.check] and str(after.sentence).startswith("Nothing to mend")
    if specimen.name not in ("out-of-range",):
        true = healthy(lattice_of(source))[0]
        assert np.abs(nodes_of(after.grid) - true).max() < 0.03


def test_all_fixes_are_applied_worst_first_and_undone_by_asking_without_them(workshop):
    grid = healthy((24, 48))
    spoilt = SPECIMENS["folds"].spoil(grid, SOURCE)[..., ::-1].astype(np.float32)
    held = workshop.answer(AddWarp(name="mine.npy", data=npy(spoilt)))
    before = ask(workshop, given=held.id)
    mended = ask(workshop, given=held.id, mend=True)
    assert not before.well and mended.well and set(mended.applied) == {"axis-order", "folds"}
    assert np.abs(nodes_of(mended.grid) - grid[0]).max() < 0.03
    assert ask(workshop, given=held.id, applied=mended.applied[:1]).findings[0].check == mended.applied[1]
    with pytest.raises(Refusal, match="no fix of 'folds'"):
        ask(workshop, given=held.id, applied=["axis-order", "folds", "folds"])


def test_what_is_declared_stays_what_it_is_declared_when_it_is_mended(workshop):
    flow = np.random.default_rng(0).normal(0, 2, (1, 2, 24, 40)).astype(np.float32)
    held = workshop.answer(validated(AddWarp, {"data": npy(flow), "name": "rough.npy"}))
    after = ask(workshop, given=held.id, source=(24, 40), use="flow", mend=True)
    assert after.applied == ["folds"] and after.well and after.shape == [1, 2, 24, 40]


def test_boxes_and_a_direction_are_mended_for_all_that_follows(workshop):
    boxes = [(500.0, 100.0, 240.0, 260.0), (20.0, 300.0, 300.0, 180.0)]
    told = ask(workshop, specimen="flipped", boxes=boxes, direction="inverse", mend=True)
    assert {"boxes", "direction"} < set(told.applied) and told.well


def test_the_warp_of_a_page_is_healthy_and_its_numbers_are_checked(workshop):
    nodes = healthy((31, 51))[0]
    said = {"nodes": encode_array(nodes), "nodesSize": nodes.shape[:2], "name": "lzu", "zoomed": (96, 192)}
    told = ask(workshop, **said)
    assert told.well and np.array_equal(nodes_of(told.grid), nodes) and told.zoomed == (96, 192)
    for broken in ({"nodes": "AAAA"}, {"nodesSize": None}, {"nodes": encode_array(nodes[:-1])}, {"specimen": "folds"}):
        with pytest.raises(Refusal):
            ask(workshop, **{**said, **broken})


@pytest.mark.parametrize(
    "wrong",
    [{"source": (0, 5)}, {"source": (1 << 20, 5)}, {"use": "magic"}, {"applied": ["folds"] * 40}, {"stride": 0},
     {"specimen": "unicorn"}, {"given": "0" * 32}, {"nodesSize": (10**6, 10**6)}, {"boxes": [[0, 0, 1]]}],
)  # fmt: skip
def test_a_question_beyond_its_limits_is_one_sentence(workshop, wrong):
    with pytest.raises(Refusal) as refused:
        ask(workshop, **{"specimen": "" if {"given"} & wrong.keys() else "folds", **wrong})
    assert 20 < len(str(refused.value)) < 300 and "\n" not in str(refused.value)


def test_hostile_files_are_refused_with_their_names_in_a_process_of_their_own(workshop):
    lying = io.BytesIO()
    np.lib.format.write_array_header_1_0(lying, {"shape": (1, 10**6, 10**6, 2), "fortran_order": False, "descr": "<f4"})
    bomb = io.BytesIO()
    np.savez_compressed(bomb, grid=np.zeros((1, 5000, 5000, 2)))
    cases = {
        "a.npy": npy(np.array([{"a": 1}], object)),
        "b.npy": lying.getvalue(),
        "c.pt": pickle.dumps({"grid": Refusal}),
        "d.flo": b"PIEH" + np.array([1 << 30, 1 << 30], "<i4").tobytes(),
        "e.safetensors": np.array([1 << 60], "<u8").tobytes(),
        "f.json": b"[" * 100000,
        "g.exe": b"MZ",
        "h.npz": bomb.getvalue(),
        "../../etc/passwd": b"x",
        "i.npy": npy(np.zeros((0, 2))),
        "j.npy": npy(np.array(["text"])),
    }
    for name, data in cases.items():
        with pytest.raises(Refusal) as refused:
            workshop.answer(AddWarp(name=name, data=data))
        assert name[-5:] in str(refused.value) and "Traceback" not in str(refused.value), name


def test_files_of_every_kind_are_held(workshop):
    grid = healthy((24, 48)).astype(np.float32)
    tensor, packed = io.BytesIO(), io.BytesIO()
    torch.save({"grid": torch.tensor(grid)}, tensor)
    np.savez_compressed(
        packed, map_x=convert.to_pixels(grid, SOURCE)[0, ..., 0], map_y=convert.to_pixels(grid, SOURCE)[0, ..., 1]
    )
    files = {
        "a.npy": npy(grid),
        "a.pt": tensor.getvalue(),
        "a.json": json.dumps(grid.tolist()).encode(),
        "a.npz": packed.getvalue(),
    }
    for name, data in files.items():
        held = workshop.answer(AddWarp(name=name, data=data))
        told = ask(workshop, given=held.id)
        assert told.well and told.name == name, (name, told.sentence)
        assert np.abs(nodes_of(told.grid) - grid[0]).max() < 1e-5


def test_a_fine_grid_is_thinned_for_the_page_and_its_places_with_it(workshop):
    grid = SPECIMENS["folds"].spoil(healthy((300, 600)), SOURCE)
    held = workshop.answer(AddWarp(name="fine.npy", data=npy(grid.astype(np.float32))))
    told = ask(workshop, given=held.id)
    h, w = told.grid.nodes_size
    assert told.grid.whole == (300, 600) and h * w <= 1 << 14
    x0, y0, x1, y1 = told.findings[0].place[0]
    assert (
        abs(x0 / w - 0.5) < 0.02
        and abs(y0 / h - 0.5) < 0.02
        and abs(x1 / w - 0.625) < 0.02
        and abs(y1 / h - 0.75) < 0.02
    )


def test_the_shelf_shows_every_specimen(workshop):
    lines = workshop.answer(AskSpecimens()).specimens
    assert [line.name for line in lines] == list(SPECIMENS) and len(lines) >= 12
    assert all(line.mesh_size[0] >= 2 and line.sentence for line in lines)


def test_the_mended_warp_goes_to_explore_as_a_sampler_with_its_source_in_the_link(workshop):
    told = ask(workshop, specimen="folds", mend=True)
    state = lzviz.State.parse(
        {"sampler": "given", "options": {"given": {"grid": told.keep}}, "width": 64, "image": "street"}
    )
    link = state.to_link()
    assert "sampler=given" in link and ".folds" in link and lzviz.State.from_link(link) == state
    computed = workshop.answer(Compute(state=state))
    nodes = np.frombuffer(__import__("base64").b64decode(computed.nodes)).reshape(*computed.nodes_size, 2)
    assert np.array_equal(nodes, nodes_of(told.grid)) and computed.folds == 0
    script = workshop.answer(Export(state=state, what="snippet", format="py")).body.decode()
    lines: dict = {}
    exec(script, lines)
    assert np.array_equal(lines["warp"].nodes[0].double().numpy(), nodes)
    grid = np.load(io.BytesIO(workshop.answer(Export(state=state, what="grid", format="npz")).body))
    assert np.array_equal(grid["nodes"], nodes)


def test_a_grid_that_is_held_elsewhere_is_told_with_its_source(workshop):
    state = lzviz.State.parse({"sampler": "given", "options": {"given": {"grid": f"{'0' * 32}.street-warp-npy"}}})
    with pytest.raises(Refusal, match="the grid street-warp-npy is not held here: open its file in the doctor"):
        workshop.answer(Compute(state=state))
    for wrong in ("x", "0" * 31, f"{'0' * 32}.a b", 5):
        with pytest.raises(Refusal):
            lzviz.State.parse({"sampler": "given", "options": {"given": {"grid": wrong}}})


def test_held_grids_go_by_content_and_the_shelf_decides_for_how_long():
    grids, shelf = [torch.tensor(healthy((4, 6), at=(0.1 * k, 0.0))) for k in range(5)], {}
    with held_in(shelf):
        names = [given.hold(grid, "my file (1).npy") for grid in grids]
        assert names[4].endswith(".my-file-1-npy") and given.hold(grids[4], "b") == names[4].split(".")[0] + ".b"
        assert torch.equal(given.find(names[4]), grids[4]) and len(shelf) == 5
        del shelf[names[0].split(".")[0]]
        with pytest.raises(ValueError, match="not held here"):
            given.find(names[0])
        with pytest.raises(ValueError, match="a batch of 2"):
            given.hold(torch.cat(grids[:2]))
    with pytest.raises(ValueError, match="not held here"):
        given.find(names[4])


def test_a_crowd_of_grids_of_one_visitor_leaves_anothers_in_use():
    workshop = Workshop(gallery.shipped(), memory=Memory(1 << 20))

    def handed(page: str, k: int) -> str:
        array = npy(healthy((40, 60), at=(0.01 * k, 0.0)))
        held = workshop.answer(AddWarp(name=f"{k}.npy", data=array, page=page))
        return workshop.answer(AskDiagnosis(given=held.id, source=SOURCE, page=page)).keep

    mine = handed("a", 0)
    for k in range(1, 40):
        handed("b", k)
    assert workshop.memory.bytes_held <= 1 << 20
    state = lzviz.State.parse({"sampler": "given", "options": {"given": {"grid": mine}}})
    assert list(workshop.answer(Compute(state=state, image="coffee")).nodes_size) == [40, 60]


def test_a_diagnosis_holds_up_no_stroke():
    from app.server import Server

    asked = validated(AskDiagnosis, {"source": SOURCE, "specimen": "folds"}).bench
    stroke = validated(Compute, {"state": {}}).bench
    benches = Server().benches
    assert benches[asked] is not benches[stroke]


def test_mending_ends_when_it_takes_too_long_or_nobody_waits(workshop):
    from lzviz.contract.answers import doctor

    with pytest.MonkeyPatch.context() as hasty:
        hasty.setattr(doctor, "SECONDS", -1.0)
        with pytest.raises(Refusal, match="take too long to mend") as refused:
            ask(workshop, specimen="folds", mend=True)
    assert refused.value.status == 413
    left = GONE.set(lambda: True)
    try:
        with pytest.raises(Refusal, match="no longer waits"):
            ask(workshop, specimen="folds", mend=True)
    finally:
        GONE.reset(left)


def test_numbers_of_findings_are_told_as_they_are_counted():
    from lzviz.doctor.telling import value_told

    said = [str(value_told(value)) for value in (35, 0.0, 0.01, 97.4242, 1234.5678, 3.2e-7, float("inf"), "every line")]
    assert said == ["35", "0", "0.01", "97.42", "1,235", "3.2e-7", "inf", "every line"]
    assert [str(value_told(0.1617, unit)) for unit in ("share", "px")] == ["16 %", "0.162 px"]
    assert str(value_told(float("inf"), "px")) == "inf"


def test_an_empty_file_is_refused_as_empty_not_as_too_large(workshop):
    with pytest.raises(Refusal, match="holds no value") as refused:
        workshop.answer(AddWarp(name="empty.npy", data=npy(np.zeros((0, 4, 5, 2)))))
    assert refused.value.status == 422


def test_labels_boxes_and_a_gradient_are_looked_at_with_it_from_its_file_or_from_others(workshop):
    grid = healthy((24, 48)).astype(np.float32)
    packed = io.BytesIO()
    np.savez(packed, grid=grid, gradient=np.ones_like(grid), boxes=np.array([[0.1, 0.1, 0.5, 0.6]]))
    held = workshop.answer(AddWarp(name="run.npz", data=packed.getvalue()))
    told = ask(workshop, given=held.id)
    assert told.beside == ["boxes", "gradient"] and told.downhill.values is None
    arrows = np.frombuffer(base64.b64decode(told.downhill.arrows), "<f4").reshape(-1, 4)
    assert (arrows[:, 2:] < arrows[:, :2]).all()
    mended = ask(workshop, given=held.id, applied=["boxes"])
    assert mended.well and mended.beside == ["boxes", "gradient"]

    def add(name: str, values: np.ndarray) -> str:
        return workshop.answer(AddWarp(name=name, data=npy(values))).id

    labels, by_map = add("labels.npy", np.full((400, 800), 1.5)), add("slope.npy", np.ones((8, 16), np.float32))
    told = ask(workshop, specimen="folds", labels=labels, gradient=by_map, stride=8)
    assert {"labels", "lattice", "gradient"} <= {f.check for f in told.findings} and told.downhill.size == (8, 16)
    after = ask(workshop, specimen="folds", labels=labels, gradient=by_map, applied=["labels"])
    assert next(f for f in after.findings if f.check == "labels").verdict == "ok"
    with pytest.raises(Refusal, match=r"boxes of shape"):
        ask(workshop, specimen="folds", boxed=labels)


def test_an_array_without_a_known_shape_is_told_in_words_of_the_page(workshop):
    held = workshop.answer(AddWarp(name="features.npy", data=npy(np.ones((1, 7, 9, 5), np.float32))))
    with pytest.raises(Refusal) as refused:
        ask(workshop, given=held.id)
    assert str(refused.value).startswith(
        "features.npy is an array of shape 1 × 7 × 9 × 5 that begins [1. 1. 1. 1.]: neither"
    )
    assert "use=" not in str(refused.value)
    with pytest.raises(ValueError, match=r"say use= for offsets"):
        lzviz.diagnose(np.ones((1, 7, 9, 5), np.float32), SOURCE)


def test_each_element_of_a_batch_is_told_and_one_is_looked_at_by_itself(workshop):
    grids = np.stack([healthy((24, 48))[0] * scale for scale in (1, 0.98, 0.96, 0.94)])
    grids[2] = SPECIMENS["folds"].spoil(grids[2:3], SOURCE)[0]
    held = workshop.answer(AddWarp(name="batch.npy", data=npy(grids.astype(np.float32))))
    about = {"source": SOURCE, "given": held.id}
    told = workshop.answer(validated(AskElements, about))
    assert told.count == 4 and told.elements[0].element == 2
    assert [(line.verdict, line.check) for line in told.elements] == [("fault", "folds")] + 3 * [("ok", "")]
    whole, ill, well = (ask(workshop, given=held.id, element=element) for element in (None, 2, 3))
    assert [each.elements for each in (whole, ill, well)] == [4, 4, 4] and {whole.id, ill.id, well.id} == {held.id}
    assert ill.findings[0].check == "folds" and ill.shape == [1, 24, 48, 2] and well.well
    assert np.allclose(nodes_of(well.grid), grids[3], atol=1e-6)
    assert ask(workshop, given=held.id, element=2, applied=["folds"]).well
    with pytest.raises(Refusal, match="no element 4: its 4 elements are counted from 0"):
        ask(workshop, given=held.id, element=4)
    alone = ask(workshop, specimen="folds")
    assert alone.elements == 1

"""A visitor's own list of boxes beside an own film and an own picture: verdicts, precision, what is left out, wrong files."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from lzviz import datasets, scenes
from tests.browser.conftest import Visit

SIZE, FRAMES = (192, 384), 3
NETWORK = 180_000
ROOM = "rooms.pipeline.answers.get().room"


@pytest.fixture(scope="module")
def own(tmp_path_factory) -> Path:
    """Frames of a drive as files, and their boxes as COCO has them, with three of a dog."""
    folder = tmp_path_factory.mktemp("own")
    film = scenes.clip(SIZE, 5, FRAMES)
    images, annotations = [], []
    for k in range(FRAMES):
        Image.fromarray(film[k].image).save(folder / f"street_{k:03d}.png")
        images.append({"id": k, "file_name": f"train/street_{k:03d}.jpg", "height": SIZE[0], "width": SIZE[1]})
        true = datasets.objects_of(film[k])
        rows = [*zip(true.boxes.tolist(), true.classes.tolist(), strict=True), *[([1, 1, 9, 9], 3)] * (3 * (k == 0))]
        annotations += [
            {"id": 100 * k + n, "image_id": k, "category_id": kind, "bbox": [x0, y0, x1 - x0, y1 - y0]}
            for n, ((x0, y0, x1, y1), kind) in enumerate(rows)
        ]
    categories = [{"id": k, "name": name} for k, name in enumerate([*scenes.Clip.classes, "dog"])]
    told = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "boxes.json").write_text(json.dumps(told))
    nowhere = {"id": 1, "image_id": 7, "category_id": 0, "bbox": [0, 0, 9, 9]}
    (folder / "wrong.json").write_text(json.dumps({**told, "annotations": [nowhere]}))
    return folder


def choose(visit: Visit, button: str, *paths: Path) -> None:
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name=button).first.click()
    chooser.value.set_files(paths)


def open_own(visit: Visit, *paths: Path) -> None:
    visit.page.set_default_timeout(NETWORK)
    visit.open("#image=drive&room=pipeline&checkpoint=uniform-clips-128x256")
    visit.wait(f"{ROOM}?.found")
    choose(visit, "Open a picture", *paths)
    visit.wait(f"store.get().image === 'own' && {ROOM}?.picture === live.get().image && {ROOM}.found")


def test_an_own_film_gets_its_boxes_and_a_wrong_file_takes_nothing(visit: Visit, own: Path) -> None:
    page = visit.page
    open_own(visit, *sorted(own.glob("*.png")))
    section = page.get_by_role("region", name="True boxes")
    expect(section).to_contain_text("None: no verdicts and no AP.")
    choose(visit, "Add true boxes", own / "boxes.json")
    visit.wait(f"{ROOM}?.found?.true?.length > 3 && !rooms.pipeline.answers.get().asking")
    expect(section).to_contain_text("boxes.json")
    expect(section).to_contain_text("dog: not known to this detector, 3 boxes left out")
    page.get_by_role("button", name="One frame on").click()
    expect(page.locator(".lz-film-precision")).to_contain_text(
        re.compile(r"AP .+%.* \(\d frames are few\)"), timeout=NETWORK
    )
    visit.wait(f"{ROOM}.picture === live.get().image && {ROOM}.found.boxes.every((each) => each.verdict)")

    visit.expected.append("status of 415")
    choose(visit, "Choose others", own / "wrong.json")
    visit.wait("live.get().error")
    said = visit.run("live.get().error.text")
    assert "wrong.json was not taken" in said and "there is no image with the id 7" in said
    assert visit.run(f"{ROOM}.found.true.length") > 3
    expect(section).to_contain_text("boxes.json")

    section.get_by_role("button", name="Remove").click()
    visit.wait(f"{ROOM}?.found && {ROOM}.found.true === null")
    expect(page.locator(".lz-film-precision")).to_have_text("No AP: add true boxes in the options.")


def test_an_own_picture_gets_boxes_by_its_name_and_another_picture_none_of_them(visit: Visit, own: Path) -> None:
    page = visit.page
    open_own(visit, own / "street_001.png")
    transfer = page.evaluate_handle(
        "(text) => { const data = new DataTransfer(); data.items.add(new File([text], 'boxes.json')); return data; }",
        (own / "boxes.json").read_text(),
    )
    for kind in ("dragover", "drop"):
        page.locator("canvas").first.dispatch_event(kind, {"dataTransfer": transfer})
    visit.wait(f"{ROOM}?.found?.true?.length > 3")
    expect(page.get_by_role("region", name="True boxes")).to_contain_text("boxes.json")
    choose(visit, "Open a picture", own / "street_002.png")
    visit.wait(f"{ROOM}?.picture === live.get().image && {ROOM}.found?.true === null")
    expect(page.get_by_role("region", name="True boxes")).to_contain_text("None: no verdicts and no AP.")
    assert visit.complaints == []

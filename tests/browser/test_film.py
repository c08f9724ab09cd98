"""Films in the page: decoded by the browser, played, scrubbed, answered frame by frame; the warp's way between frames."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.conftest import Visit

FRAMES, SIZE = 6, (120, 160)
CODECS = {"webm": "VP80", "mp4": "vp09"}
FILM = ".lz-film"


def frames() -> list[np.ndarray]:
    """A bright square that moves to the right over a grey gradient."""
    made = []
    for k in range(FRAMES):
        frame = np.tile(np.linspace(60, 110, SIZE[1]).astype(np.uint8), (SIZE[0], 1))
        frame[40:70, 10 + 20 * k : 40 + 20 * k] = 240
        made.append(np.dstack([frame] * 3))
    return made


def film(kind: str, folder: Path) -> list[Path]:
    if kind == "gif":
        pictures = [Image.fromarray(frame) for frame in frames()]
        pictures[0].save(folder / "film.gif", save_all=True, append_images=pictures[1:], duration=100)
        return [folder / "film.gif"]
    if kind in CODECS:
        path = folder / f"film.{kind}"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*CODECS[kind]), 10, SIZE[::-1])
        assert writer.isOpened()
        for frame in frames():
            writer.write(frame)
        writer.release()
        return [path]
    paths = [folder / f"frame{k + 7}.png" for k in range(FRAMES)]  # 7, 8, 9, 10: in the order of numbers
    for path, frame in zip(paths, frames(), strict=True):
        Image.fromarray(frame).save(path)
    return paths[::-1]


def open_film(visit: Visit, paths: list[Path]) -> None:
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(paths)
    expect(visit.page.locator(".lz-film-count")).to_have_text(f"1 / {FRAMES}")
    visit.wait("store.get().image === 'own' && live.get().image?.width === 160")


# The x of the brightest pixels: where the square of the frame that is shown stands.
MIDDLE = """((image) => { let sum = 0, count = 0; for (let x = 0; x < image.displayWidth; x++)
  if (image.data[4 * (55 * image.displayWidth + x)] > 200) { sum += x; count++; } return sum / count; })(live.get().image)"""


@pytest.mark.parametrize("kind", ["gif", "webm", "mp4", "frames"])
def test_a_film_is_opened_scrubbed_and_closed(visit: Visit, tmp_path: Path, kind: str) -> None:
    visit.open("#image=coffee&width=64&strength=33")
    visit.stroke((0.2, 0.3), (0.3, 0.35))
    visit.wait("store.get().paint !== null && !live.get().painting")
    open_film(visit, film(kind, tmp_path))
    assert visit.run("store.get().paint") is None  # that belongs to the coffee
    visit.wait(f"Math.abs({MIDDLE} - 25) < 2")
    visit.page.get_by_role("slider", name="Frame").press("End")
    expect(visit.page.locator(".lz-film-count")).to_have_text(f"{FRAMES} / {FRAMES}")
    visit.wait(f"Math.abs({MIDDLE} - 125) < 2")
    visit.answered()
    assert visit.run("store.get().strength") == 33
    visit.page.get_by_role("button", name="Close the film").click()
    expect(visit.page.locator(FILM)).to_be_hidden()
    assert visit.run("live.get().painting") is False


def test_a_film_plays_and_every_frame_is_answered(visit: Visit, tmp_path: Path) -> None:
    visit.expected = ["Failed to load resource"]  # a frame that the server has let go of for newer ones is given again
    visit.open("#image=coffee&width=64&from=edges&sampler=lz")
    open_film(visit, film("frames", tmp_path))
    visit.page.get_by_role("button", name="Play").click()
    visit.wait(f"Math.abs({MIDDLE} - 25) > 15 && live.get().painting")
    visit.page.get_by_role("button", name="Pause").click()
    visit.answered()
    visit.page.get_by_role("button", name="Answer every frame").click()
    expect(visit.page.locator(".lz-film-said")).to_contain_text("px", timeout=120_000)
    expect(visit.page.get_by_role("button", name="Answer every frame")).to_be_visible(timeout=120_000)
    points = visit.page.locator(".lz-film-chart path").get_attribute("d") or ""
    assert points.count("L") == FRAMES - 2
    # The saliency of the frame before is another one than the frame's own.
    visit.page.get_by_role("slider", name="Frame").press("End")
    expect(visit.page.locator(".lz-film-count")).to_have_text(f"{FRAMES} / {FRAMES}")
    visit.answered()
    own = visit.nodes()
    visit.page.get_by_role("checkbox", name="Saliency of the frame before").check()
    visit.page.wait_for_function(
        "(own) => document.querySelector('[data-lzviz]').lzviz.rooms.warp.scene.frame.warp.nodes"
        ".some((value, k) => Math.abs(value - own[k]) > 1e-3)",
        arg=own,
    )


def test_a_single_picture_stays_a_picture_and_no_film_is_told(visit: Visit, tmp_path: Path) -> None:
    visit.open("#image=coffee")
    Image.fromarray(frames()[0]).save(tmp_path / "one.gif")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(tmp_path / "one.gif")
    visit.wait("store.get().image === 'own' && live.get().image?.width === 160")
    expect(visit.page.locator(FILM)).to_be_hidden()
    (tmp_path / "bad.mp4").write_bytes(b"no film at all")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(tmp_path / "bad.mp4")
    expect(visit.page.locator(".lz-trouble")).to_contain_text("does not read it")


def test_a_film_of_a_codec_that_the_browser_lacks_says_which_are_read(visit: Visit, tmp_path: Path) -> None:
    writer = cv2.VideoWriter(str(tmp_path / "old.mp4"), cv2.VideoWriter.fourcc(*"mp4v"), 10, SIZE[::-1])
    for frame in frames():
        writer.write(frame)
    writer.release()
    visit.open("#image=coffee")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(tmp_path / "old.mp4")
    told = visit.page.locator(".lz-trouble")
    read = r"mp4 \((H\.264, )?VP9, AV1\), webm, gif or a folder of frames"
    expect(told).to_have_text(re.compile(rf"^The film old\.mp4: this browser does not read it; try {read}\.\s*$"))
    expect(visit.page.locator(FILM)).to_be_hidden()
    assert visit.run("store.get().image") == "coffee"


def test_a_folder_of_frames_is_dropped(visit: Visit, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    film("frames", folder)
    (folder / "notes.txt").write_text("no frame")
    visit.open("#image=coffee&width=64")
    x, y = visit.place(0.5, 0.5)
    session = visit.page.context.new_cdp_session(visit.page)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": x, "y": y, "data": data})
    expect(visit.page.locator(".lz-film-count")).to_have_text(f"1 / {FRAMES}")
    visit.wait("store.get().image === 'own' && live.get().image?.width === 160")
    assert visit.run(MIDDLE) == pytest.approx(25, abs=2), "the frames are in the order of their numbers"


def test_frames_that_pass_ask_nothing_and_a_film_says_how_it_is_read(visit: Visit, tmp_path: Path) -> None:
    """Python was asked about frames that it did not hold; what was said of a file before stayed; lost frames were told nowhere."""
    visit.open("#image=coffee&width=64&from=edges")
    (tmp_path / "bad.mp4").write_bytes(b"no film at all")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(tmp_path / "bad.mp4")
    expect(visit.page.locator(".lz-trouble")).to_contain_text("bad.mp4")
    open_film(visit, film("webm", tmp_path))
    expect(visit.page.locator(".lz-trouble")).to_be_hidden()
    expect(visit.page.locator(".lz-film-note")).to_have_text(f"{FRAMES} frames, 10.0 a second")
    visit.answered()
    lost: list[str] = []
    visit.page.on("response", lambda answer: answer.status == 404 and lost.append(answer.url))
    visit.run("""[3, 0, 2, 1].map((frame) => { const range = document.querySelector('.lz-film .lz-range');
      range.value = String(frame); range.dispatchEvent(new Event('input', { bubbles: true })); })""")
    visit.wait("live.get().film?.passing && live.get().image.id === 'own'")
    visit.page.get_by_role("tab", name="Compare").or_(visit.page.get_by_role("link", name="Compare")).first.click()
    visit.wait("store.get().room === 'compare' && !live.get().film.passing && live.get().image.id !== 'own'")
    visit.wait("rooms.compare.answers.get().table !== null", "")
    assert lost == [] and visit.run("live.get().error") is None


def test_a_film_of_many_frames_says_that_it_is_thinned(visit: Visit, tmp_path: Path) -> None:
    pictures = [Image.new("P", (4, 4), k % 200) for k in range(303)]
    for k, picture in enumerate(pictures):
        picture.putpalette(list(range(256)) * 3)
        picture.putpixel((0, 0), k % 250)
    pictures[0].save(tmp_path / "long.gif", save_all=True, append_images=pictures[1:], duration=40)
    visit.open("#image=coffee")
    with visit.page.expect_file_chooser() as chooser:
        visit.page.get_by_role("button", name="Open a picture").first.click()
    chooser.value.set_files(tmp_path / "long.gif")
    expect(visit.page.locator(".lz-film-count")).to_have_text("1 / 300")
    expect(visit.page.locator(".lz-film-note")).to_have_text("300 of 303 frames")

"""A folder that was interrupted goes on; what a whole one takes is never said to be less than it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from lzviz import gallery
from lzviz.contract.workshop import Workshop
from lzviz.site import build
from lzviz.site.folder import JOURNAL, Folder, Journal
from tests.folder import FILE, Bytes, kept, whole

NAMES = ["street"]


class Cut(Exception):
    """The power."""


def jobs(folder: Folder, done: list[int], cut: int = 9) -> list[Callable[[], None]]:
    def job(number: int) -> None:
        if number == cut:
            folder.pack(f"answers/{number}", b"half")
            raise Cut
        done.append(number)
        folder.pack(f"answers/{number}", json.dumps(folder.share("the same")).encode())
        folder.index("lzviz/it", [{"when": {"n": number}, "file": f"answers/{number}.pack"}], "lzviz/it")

    return [lambda number=number: job(number) for number in range(5)]


def run(out: Path, cut: int = 9, names: list[str] = NAMES) -> tuple[list[int], Folder]:
    journal, done = Journal(out, names), []
    folder = Folder(out, Workshop({"street": gallery.shipped()["street"]}))
    for number, job in enumerate(jobs(folder, done, cut)):
        journal.done(folder, number, job)
    journal.end()
    return done, folder


def test_an_interrupted_folder_goes_on_where_it_stopped(tmp_path: Path) -> None:
    straight, want = run(tmp_path / "straight")
    assert straight == [0, 1, 2, 3, 4] and not (tmp_path / "straight" / JOURNAL).exists()
    out = tmp_path / "cut"
    for cut in (2, 4):
        with pytest.raises(Cut):
            run(out, cut)
    done, found = run(out)
    assert done == [4], "only what was not done is done"
    assert (found.kept, found.routes) == (want.kept, want.routes)
    files = [
        {str(path.relative_to(each)): path.read_bytes() for path in each.rglob("*") if path.is_file()}
        for each in (out, tmp_path / "straight")
    ]
    assert files[0] == files[1]


def test_a_job_whose_files_are_gone_or_cut_is_done_again(tmp_path: Path) -> None:
    with pytest.raises(Cut):
        run(tmp_path, 4)
    (tmp_path / "answers" / "1.pack").unlink()
    (tmp_path / "answers" / "3.pack").write_bytes(b"")
    assert run(tmp_path)[0] == [1, 3, 4]


def test_a_journal_that_was_cut_off_in_a_line_keeps_the_lines_before(tmp_path: Path) -> None:
    with pytest.raises(Cut):
        run(tmp_path, 4)
    text = (tmp_path / JOURNAL).read_text()
    (tmp_path / JOURNAL).write_text(text[: text.rindex("{") - 40])
    assert 4 in run(tmp_path)[0] and not (tmp_path / JOURNAL).exists()


def test_another_folder_is_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(Cut):
        run(tmp_path / "a", 3)
    with pytest.raises(ValueError, match="part of another folder"):
        run(tmp_path / "a", names=["coffee"])
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="not empty"):
        build(tmp_path / "b", ["street"], [])
    (tmp_path / "b" / JOURNAL).write_text("")
    with pytest.raises(ValueError, match="part of another folder"):
        build(tmp_path / "b", ["street"], [])


def test_what_a_whole_folder_takes_is_never_said_to_be_less() -> None:
    known = Bytes({"a": 9, "b": 2}, {"x": {"a": 5, "b": 1}, "y": {"a": 3, "b": 2}}, 7, 4, 30, 10)
    there = 9 + 2 + 5 + 1 + 3 + 2 + 7 + 10
    assert whole(known, known, "ab", "xy") == there + 30
    assert whole(known, known, "ab", "xyz") == there + 30 + 5 + 2 + 4
    assert whole(known, known, "ab", ["x", "y", "y-longer"]) == whole(known, known, "ab", "xy") + 3 + 2 + 4
    assert whole(known, known, "abc", "xy") == there + 30 + 9 + 5 + 3 + 4
    small = Bytes({"a": 9}, {"x": {"a": 5}, "z": {"a": 1}}, 3, 3, 31, 2)
    assert whole(known, small, "ab", "xy") == there + 31, "the page is today's"
    large = Bytes({"a": 9}, {"x": {"a": 10}}, 7, 4, 30, 10)
    assert whole(known, large, "ab", "xy") == 2 * there + 30, "one answer has grown twice as large"


def test_a_whole_folder_was_measured_of_what_there_is() -> None:
    found = kept()
    assert FILE.stat().st_size < 40_000 and {*found.pictures} == {*gallery.shipped()}
    assert all({*row} == {*found.pictures} and min(row.values()) > 1000 for row in found.answers.values())

"""What a diagnosis says of warps that once were told wrongly: each here is named after what was said of it."""

from __future__ import annotations

import numpy as np
import pytest

from lzviz import diagnose
from lzviz.doctor.finding import Diagnosis
from lzviz.doctor.telling import sentence
from lzviz.plain import convert

SOURCE, SIZE = (360, 640), (45, 80)


def bump(x: float = 0.2, y: float = -0.3, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Drawn together about a place; the border stays."""
    grid = convert.identity(size)[None]
    away = grid - [x, y]
    near = np.exp(-(away**2).sum(-1, keepdims=True) / 0.245) * (1 - grid**2).prod(-1, keepdims=True)
    return (grid - 0.5 * near * away).astype(np.float32)


def bad(found: Diagnosis) -> list[str]:
    return [f.check for f in found.findings if f.verdict in ("warning", "fault")]


@pytest.mark.parametrize("first", [False, True])
def test_folds_apart_from_what_is_not_finite_do_not_follow_from_it(first: bool) -> None:
    grid = bump()
    grid[0, 10:14, 20:30] = np.nan
    assert bad(diagnose(grid, SOURCE)) == ["not-finite"]
    grid[0, 20:24, 40:46] = grid[0, 20:24, 45:39:-1]
    found = diagnose(np.moveaxis(grid, -1, 1) if first else grid, SOURCE, use="grid")
    assert {"not-finite", "folds"} <= set(bad(found))
    spot = found.named("not-finite")
    assert spot is not None and spot.place == ((20, 10, 30, 14),)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30])
def test_of_an_array_without_numbers_only_that_is_said(value: float) -> None:
    for shape in ((1, *SIZE, 2), (1, 2, *SIZE), (1, 1, *SIZE)):
        found = diagnose(np.full(shape, value, np.float32), SOURCE)
        assert bad(found) == ["not-finite"]
        finding = found.findings[0]
        assert finding.mend is None and not finding.fix and "infinite" in finding.sentence


def test_a_map_that_stands_still_is_told_though_rounding_folds_a_few_cells() -> None:
    found = diagnose(bump().clip(-0.3, 0.9), SOURCE)
    still = found.named("round-trip")
    assert still is not None and still.verdict == "warning" and "no area" in still.sentence


@pytest.mark.parametrize("turns", [1.0, 0.7])
def test_polar_coordinates_are_places_not_offsets(turns: float) -> None:
    angle, radius = np.meshgrid(np.linspace(0, 2 * np.pi * turns, 90), np.linspace(0.05, 0.98, 40), indexing="ij")
    grid = np.stack((radius * np.cos(angle), radius * np.sin(angle)), -1)[None].astype(np.float32)
    for source in ((256, 256), (300, 500)):
        assert bad(diagnose(grid, source)) == []


def test_a_frame_out_of_place_is_told_where_it_is_less_than_a_cut() -> None:
    clip = np.concatenate([bump(-0.5 + 0.08 * t, 0.1) for t in range(12)])
    assert "temporal" not in bad(diagnose(clip, SOURCE, use="clip"))
    clip[6] = bump(0.8, -0.8)[0]
    found = diagnose(clip, SOURCE, use="clip").named("temporal")
    assert found is not None and found.verdict == "warning" and "frames 6, 7" in found.sentence
    assert "temporal" not in bad(diagnose(found.apply(clip), SOURCE, use="clip"))


def test_a_flicker_of_a_few_pixels_is_told() -> None:
    clip = np.concatenate([bump((-0.5, 0.5)[t % 2], 0.1) for t in range(10)])
    found = diagnose(clip, SOURCE, use="clip").named("temporal")
    assert found is not None and found.verdict == "warning" and "to and fro" in found.sentence


def test_labels_of_another_shape_than_the_source_are_told() -> None:
    for size in (SOURCE, (180, 320), (181, 320), (720, 1280)):
        assert bad(diagnose(bump(), SOURCE, labels=np.zeros(size, np.uint8))) == []
    for size in ((640, 360), (180, 200)):
        found = diagnose(bump(), SOURCE, labels=np.zeros(size, np.uint8)).named("labels")
        assert found is not None and found.verdict == "warning" and f"{size[0]}×{size[1]}" in found.sentence


def test_pixels_name_the_source_that_they_would_fill() -> None:
    maps = tuple(np.moveaxis(convert.to_pixels(bump()[0], SOURCE), -1, 0))
    for wrong in ((640, 360), (1024, 2048)):
        found = diagnose(maps, wrong)
        assert not found.ok and "fill a source of 360×640" in found.findings[0].sentence
    assert "fill a source" not in str(diagnose(maps, SOURCE)) and "fill a source" not in str(diagnose(maps, (360, 700)))


def test_numbers_carry_their_unit() -> None:
    said = str(diagnose(bump() * 0.9, SOURCE))
    assert "19 % · allowed 0 %" in said
    assert "px · allowed" in str(diagnose(bump().astype(np.float16), (1080, 1920)))


def test_a_note_on_what_the_input_was_taken_for_is_not_counted_among_what_is_wrong() -> None:
    found = diagnose(bump()[..., ::-1], SOURCE)
    assert [f.check for f in found.findings if f.verdict == "note"] == ["input"]
    counts = sentence(found).values["counts"]
    assert [count.key for count in counts] == ["doctor.count.fault"]

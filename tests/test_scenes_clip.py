"""Clips: what their boxes promise, at any size and length."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lzviz import scenes
from lzviz.scenes.clips import DRAWING, SMALLEST, box_corners
from lzviz.scenes.drive import Painter

SIZE = (128, 256)


@pytest.fixture(scope="module")
def film():
    return scenes.clip(SIZE, seed=5, length=12)


@pytest.fixture(scope="module")
def frames(film):
    return list(film)


def projected(points: np.ndarray, frame) -> np.ndarray:
    """Camera points (..., 3) in pixel edges."""
    flat = points @ frame.intrinsics.T
    return flat[..., :2] / flat[..., 2:] + 0.5


def holds(outer: np.ndarray, inner: np.ndarray, slack: float) -> bool:
    return bool((outer[:, :2] <= inner[:, :2] + slack).all() and (outer[:, 2:] >= inner[:, 2:] - slack).all())


def test_a_frame_has_pictures_and_objects_of_every_class(frames):
    assert frames[0].image.shape == (*SIZE, 3) and frames[0].image.dtype == np.uint8
    seen = np.concatenate([scenes.clip((256, 512), seed, 1)[0].objects.classes for seed in range(3)])
    assert set(seen) == {0, 1, 2} and scenes.Clip.classes == ("car", "cyclist", "pedestrian")


def test_amodal_boxes_hold_the_visible_ones(frames):
    for frame in frames:
        assert holds(frame.objects.amodal, frame.objects.visible, 0.0)


@pytest.mark.parametrize("size", [(128, 256), (200, 130), (61, 333)])
def test_projected_3d_boxes_hold_the_visible_ones(size):
    for seed in (1, 2):
        frame = scenes.clip(size, seed, 3)[2]
        corners = projected(frame.objects.corners(), frame)
        hulls = np.concatenate([corners.min(1), corners.max(1)], 1)
        assert len(hulls) and holds(hulls, frame.objects.visible, 0.7)  # half a pixel, and the rounding of its samples


def test_visible_boxes_are_inside_the_picture_and_large_enough(frames):
    for objects in (frame.objects for frame in frames):
        x0, y0, x1, y1 = objects.visible.T
        assert (x0 >= 0).all() and (y0 >= 0).all() and (x1 <= SIZE[1]).all() and (y1 <= SIZE[0]).all()
        assert (np.maximum(x1 - x0, y1 - y0) >= SMALLEST).all()
        for share in (objects.occlusion, objects.truncation):
            assert (share >= 0).all() and (share < 1).all()


def test_tracks_go_on(frames):
    """The same number is the same thing: class and size stay, and it goes where its velocity says."""
    followed = 0
    for before, after in pairwise(frames):
        ours, theirs = before.objects, after.objects
        assert len(set(ours.tracks)) == len(ours)
        _, i, j = np.intersect1d(ours.tracks, theirs.tracks, return_indices=True)
        followed += len(i)
        assert (ours.classes[i] == theirs.classes[j]).all() and (ours.size[i] == theirs.size[j]).all()
        step = world(theirs, after)[j] - world(ours, before)[i]
        speed = np.linalg.norm(ours.velocity[i], axis=1)
        assert np.abs(np.linalg.norm(step, axis=1) - speed / 10).max() < 1e-6
        turned = np.abs(np.sin((theirs.yaw[j] + after.pose[2]) - (ours.yaw[i] + before.pose[2])))
        assert turned.max() < 1e-9
    assert followed > 40


def world(objects, frame) -> np.ndarray:
    x, z, yaw = frame.pose
    cos, sin = np.cos(yaw), np.sin(yaw)
    across, ahead = objects.centre[:, 0], objects.centre[:, 2]
    return np.stack([x + across * cos + ahead * sin, z + ahead * cos - across * sin], 1)


def test_boxes_move_little_from_frame_to_frame(frames):
    moved = []
    for before, after in pairwise(frames):
        _, i, j = np.intersect1d(before.objects.tracks, after.objects.tracks, return_indices=True)
        centres = [(o.amodal[k, :2] + o.amodal[k, 2:]) / 2 for o, k in ((before.objects, i), (after.objects, j))]
        far = before.objects.centre[i, 2] > 15
        moved.append(np.abs(centres[0] - centres[1])[far])
    assert np.concatenate(moved).max() < 0.05 * SIZE[1]


def test_the_same_seed_is_the_same_film_and_a_longer_one_goes_on(frames):
    again, longer = scenes.clip(SIZE, 5, 12), scenes.clip(SIZE, 5, 40)
    for k in (0, 7):
        assert (again[k].image == frames[k].image).all() and (longer[k].image == frames[k].image).all()
        assert (longer[k].objects.visible == frames[k].objects.visible).all()
        assert (longer[k].objects.tracks == frames[k].objects.tracks).all()
    assert (scenes.clip(SIZE, 6, 1)[0].image != frames[0].image).any()


def test_the_same_seed_is_the_same_street_at_any_size(frames):
    large = scenes.clip((256, 512), 5, 12)[7].objects
    small = frames[7].objects
    _, i, j = np.intersect1d(large.tracks, small.tracks, return_indices=True)
    assert len(i) == len(small) and len(large) > len(small)
    assert np.abs(large.centre[i] - small.centre[j]).max() < 1e-9
    assert np.median(np.abs(large.visible[i] / 2 - small.visible[j])) < 0.6


@pytest.mark.parametrize("size", [(16, 16), (17, 400), (300, 40)])
def test_any_size(size):
    frame = scenes.clip(size, 0, 1)[0]
    assert frame.image.shape == (*size, 3) and frame.objects.corners().shape == (len(frame.objects), 8, 3)


def test_far_objects_are_small_and_near_ones_hide_them():
    objects = scenes.clip((512, 1024), 3, 1)[0].objects
    sides = (objects.visible[:, 2:] - objects.visible[:, :2]).max(1)
    assert sides.min() < 8 and sides.max() > 60
    assert objects.centre[:, 2].max() > 150
    assert (objects.occlusion > 0.3).any() and (objects.occlusion == 0).any()


def test_a_long_film_is_still_drawn_frame_by_frame():
    """Ten minutes: the last frame is as full as the first, and nobody is in the camera's way."""
    film = scenes.clip((64, 128), 4, 6000)
    for k in (0, 3000, 5999):
        objects = film[k].objects
        assert len(objects) > 3 and objects.centre[:, 2].min() > 1
        assert film[k].pose[1] == pytest.approx(film._traffic.speed * k / 10)


def test_frames_are_kept_within_memory():
    film = scenes.clip((64, 64), 0, 6, memory=3 * 64 * 64 * 3)
    for k in range(6):
        assert film[k] is film[k]
    assert len(film._kept) == 3
    assert film[-1].time == 0.5


def test_corners_of_a_box():
    corners = box_corners(np.array([[1.0, 2.0, 10.0]]), np.array([[4.0, 2.0, 1.0]]), np.array([0.0]))[0]
    assert corners.min(0).tolist() == [0, 1.5, 8] and corners.max(0).tolist() == [2, 2.5, 12]
    turned = box_corners(np.array([[0.0, 0, 10]]), np.array([[4.0, 2, 1]]), np.array([np.pi / 2]))[0]
    assert np.allclose(np.ptp(turned, axis=0), [4, 1, 2])


@pytest.mark.parametrize(
    "wrong", [{"length": 0}, {"length": 2.5}, {"fps": 0.0}, {"fps": float("nan")}, {"size": (4, 64)}, {"seed": -1}]
)
def test_what_is_no_clip_is_refused(wrong):
    with pytest.raises((ValueError, TypeError), match="expected"):
        scenes.clip(**{"size": (64, 64), "length": 2, **wrong})


def test_a_frame_that_is_not_there():
    film = scenes.clip((32, 32), 0, 2)
    with pytest.raises(IndexError, match="0 to 1"):
        film[2]


@pytest.mark.parametrize("values", [{"fps": "10"}, {"fps": None}, {"fps": True}, {"memory": None}, {"memory": -1}])
def test_what_is_no_rate_and_no_memory_is_told(values):
    with pytest.raises(ValueError, match=next(iter(values))):
        scenes.clip((32, 64), **values)


@pytest.mark.parametrize("index", [0.5, 1.0, True, "1"])
def test_frames_between_frames_are_refused(index):
    with pytest.raises(TypeError, match="whole numbers, 0 to 2"):
        scenes.clip((32, 64), length=3)[index]


DRAWN = Path(__file__).parent / "data"
PINNED = ((5, 0), (9003, 7))
"""Seeds and frames that are kept as they were drawn."""


def drawn(pinned=PINNED) -> dict[str, np.ndarray]:
    """Pixels and boxes of each pinned frame."""
    made = {}
    for seed, k in pinned:
        frame = scenes.clip((48, 96), seed, k + 1)[k]
        made |= {f"image {seed} {k}": frame.image, f"boxes {seed} {k}": frame.objects.visible}
        made[f"solid {seed} {k}"] = np.column_stack([frame.objects.centre, frame.objects.size, frame.objects.yaw])
    return made


def write() -> None:
    """Keeps the pinned frames under the drawing of now."""
    np.savez_compressed(DRAWN / f"clips-{DRAWING}.npz", **drawn())  # pyright: ignore[reportArgumentType]


def test_another_picture_of_a_seed_is_another_drawing():
    """Frames that were kept by an older painter went on to be read: what changes them has to raise DRAWING."""
    path = DRAWN / f"clips-{DRAWING}.npz"
    assert path.is_file(), 'keep the new drawing: python -c "from tests.test_scenes_clip import write; write()"'
    with np.load(path) as kept:
        for name, now in drawn().items():
            before = kept[name]
            told = f"{name} is drawn otherwise: raise lzviz.scenes.clips.DRAWING, so that kept frames are drawn again"
            assert now.shape == before.shape, told
            # Processors round a level or two apart; what is drawn otherwise differs by more.
            off = np.abs(now.astype(float) - before) > (3 if name.startswith("image") else 0.51)
            assert off.mean() < 0.002, told


def test_a_change_of_the_painter_is_seen(monkeypatch):
    """A little larger, a little darker: the pinned frames tell."""
    before = drawn(PINNED[:1])
    monkeypatch.setattr("lzviz.scenes.clips.SMALLEST", 9)
    assert any(before[name].shape != now.shape for name, now in drawn(PINNED[:1]).items() if name.startswith("boxes"))
    monkeypatch.undo()
    shadow = Painter.shadow
    monkeypatch.setattr(Painter, "shadow", lambda self, points: shadow(self, points * 1.02))
    apart = [
        np.abs(now.astype(float) - before[name]) > 3
        for name, now in drawn(PINNED[:1]).items()
        if name.startswith("image")
    ]
    assert max(off.mean() for off in apart) >= 0.002

"""Reports and their differences: numbers worked out by hand, and what must hold whatever the numbers."""

import json
from dataclasses import replace

import pytest
import torch
from torch import nn

from benchmarks import results
from lzviz import Pipeline, samplers
from lzviz.assess import (
    Report,
    assess,
    block_length,
    blocks_of,
    equal_cost_size,
    frame_of,
    paired,
    with_reports,
)
from lzviz.checkpoints import Card
from lzviz.datasets import Dataset, Example
from lzviz.samplers.base import Downsampled
from lzviz.tasks.segmentation import TASK as SEGMENTATION
from lzviz.tasks.segmentation import SegmentationTrace

CLASSES = ("wall", "door", "knob")


class ByColour(nn.Module):
    """Class k where the picture's red is k / 4: right wherever it sees a pixel as it is; ``always``: one class everywhere."""

    def __init__(self, always=None):
        super().__init__()
        self.always = always
        self.red = nn.Conv2d(3, 1, 1, bias=False)
        nn.init.zeros_(self.red.weight)
        self.red.weight.data[0, 0] = 4

    def forward(self, image):
        k = self.red(image).round() if self.always is None else torch.full_like(image[:, :1], self.always)
        return -(k - torch.arange(3).view(1, 3, 1, 1)).abs()


def example(name, labels):
    labels = torch.as_tensor(labels, dtype=torch.uint8)
    image = torch.zeros(3, *labels.shape, dtype=torch.uint8)
    image[0] = labels.clamp(max=2).float().mul(255 / 4).round().byte()
    return Example(name, image, labels)


def rooms(count=5, film="room", seed=0, size=(24, 32)):
    """Walls with a door and a small knob, somewhere; a strip that nobody labelled."""
    draw = torch.Generator().manual_seed(seed)
    out = []
    for k in range(count):
        labels = torch.zeros(size, dtype=torch.uint8)
        top, left = (int(torch.randint(2, 10, (), generator=draw)) for _ in range(2))
        labels[top : top + 11, left : left + 13] = 1
        labels[top + 4 : top + 6, left + 9 : left + 11] = 2
        labels[:, -2:] = 255
        out.append(example(f"{film}_{10 * k:04d}", labels))
    return data_of(out)


def data_of(examples, name="rooms"):
    return Dataset(name, CLASSES, [lambda e=e: e for e in examples], split="val")


def pipeline(size=(24, 32), always=None):
    return Pipeline(samplers.create("uniform"), ByColour(always), size).eval()


# -- one report ----------------------------------------------------------------------------------------------------------


def test_what_sees_every_pixel_and_is_right_scores_one_everywhere():
    report = assess(pipeline(), rooms(), timing=False, share=0.01)
    assert [report.miou, report.boundary_miou, report.small_iou, report.intrinsic_miou] == [1, 1, 1, 1]
    assert report.per_class.tolist() == [1, 1, 1]
    assert report.pictures == tuple(f"room_{10 * k:04d}" for k in range(5)) and report.classes == CLASSES


def test_numbers_by_hand():
    labels = torch.zeros(20, 40)
    labels[:, 30:] = 1  # 200 of 800
    labels[5:7, 5:7] = 2  # a knob of 4 pixels in the wall
    report = assess(pipeline((20, 40), always=0), data_of([example("a", labels)]), distance=1, share=0.01)
    assert report.per_class.tolist() == [596 / 800, 0, 0] and report.miou == pytest.approx(596 / 2400)
    assert report.columns["share"].tolist() == [596 / 800, 200 / 800, 4 / 800]
    # within a pixel: columns 28 .. 31 along the door, and 6 x 6 around the knob
    assert sum(report.counted["boundary"])[:, :3].tolist() == [[40 + 32, 0, 0], [40, 0, 0], [4, 0, 0]]
    assert sum(report.counted["small"]).tolist() == [[0, 0, 0], [0, 0, 0], [0, 4, 0]] and report.small_iou == 0
    assert report.macs == (3 * 20 * 40,) or report.macs == (
        0,
    )  # the network that answers without looking costs nothing
    assert report.parameters == 3


def test_multiply_adds_and_times_are_those_of_the_pipeline():
    report = assess(pipeline((12, 16)), rooms(3))
    assert report.macs == (3 * 12 * 16,) * 3
    assert len(report.milliseconds) == 3 and min(report.milliseconds) > 0 and report.timing.median > 0
    assert report.device and report.device in str(report)
    untimed = assess(pipeline((12, 16)), rooms(3), timing=False)
    assert untimed.timing is None and "not timed" in str(untimed) and "milliseconds" not in untimed.metrics()


def test_times_of_a_busy_machine_are_not_for_cards():
    report = replace(assess(pipeline((12, 16)), rooms(3)), processor=0.97)
    assert "milliseconds" in report.metrics() and "busy" not in str(report)
    slowed = replace(report, processor=0.31)
    assert "milliseconds" not in slowed.metrics() and "busy machine: this process had a processor for 31 %" in str(
        slowed
    )
    older = json.loads(report.to_json())
    del older["processor"]
    assert not Report.from_json(json.dumps(older)).busy


def test_fewer_samples_are_worse_by_every_metric():
    sizes = [(24, 32), (12, 16), (8, 11)]
    reports = [assess(pipeline(size), rooms(), timing=False, share=0.01) for size in sizes]
    for metric in ("miou", "boundary", "small", "intrinsic"):
        scores = [report.score(metric) for report in reports]
        assert scores == sorted(scores, reverse=True) and scores[0] > scores[-1], metric


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_order_and_batches_change_nothing(batch):
    straight = assess(pipeline((9, 13)), rooms(), timing=False)
    shuffled = data_of([rooms()[k] for k in (3, 0, 4, 2, 1)])
    other = assess(pipeline((9, 13)), shuffled, batch=batch, timing=False)
    assert straight.pictures == other.pictures and straight.macs == other.macs
    for name in ("everywhere", "boundary", "intrinsic", "small"):
        assert torch.equal(*(torch.stack(list(r.counted[name])) for r in (straight, other))), name


def test_pictures_of_several_sizes():
    mixed = data_of([rooms(1)[0], rooms(1, "hall", size=(30, 30))[0], rooms(1, "loft", size=(30, 30))[0]])
    report = assess(pipeline((12, 12)), mixed, batch=3, timing=False)
    assert [int(one.sum()) for one in report.counted["everywhere"]] == [
        30 * 28,
        30 * 28,
        24 * 30,
    ]  # by name: hall, loft, room


def test_a_reduced_source_has_no_detail_left():
    stripes = torch.arange(32).remainder(2).expand(24, 32)
    data = data_of([example("a", stripes)])
    assert assess(pipeline(), data, timing=False).miou == 1
    blurred = assess(pipeline(), data, timing=False, source_scale=0.5)
    assert blurred.miou < 0.5 and blurred.source_scale == 0.5 and "0.5 of its size" in str(blurred)


class Follower:
    """Stands for a pipeline that looks at previous labels: answers the picture's number, and remembers what it was shown."""

    boundary, card, task = 100.0, None, SEGMENTATION

    def __init__(self, layout):
        self.layout, self.shown = layout, []

    def parameters(self):
        return iter(())

    def run(self, image, labels=None, saliency=None, previous=None):
        number = image[0, 0, 0, 0].mul(4).round().long()
        self.shown.append(None if previous is None else int(previous[0, 0, 0]))
        answer = number.expand(1, *image.shape[-2:])
        return SegmentationTrace(
            image=image, out=Downsampled(image, self.layout), extras={}, features={}, answer=None, restored=None,
            output=answer, truth=labels, milliseconds={"look": 1.0}, macs={}, memory=0, memory_kind="", device="none",
        )  # fmt: skip


def test_along_a_film_the_last_answer_is_the_next_saliency():
    layout = samplers.create("uniform")(torch.zeros(1, 3, 4, 4), (4, 4)).layout
    films = [("a_01", 0), ("a_02", 1), ("a_03", 2), ("b_07", 1), ("b_09", 0)]
    data = data_of([example(name, torch.full((4, 4), k)) for name, k in films])
    follower = Follower(layout)
    report = assess(follower, data, timing=False, previous="sequence")
    assert follower.shown == [None, 0, 1, None, 1] and report.previous == "sequence"
    follower = Follower(layout)
    assess(follower, data, timing=False)
    assert follower.shown == [None] * 5
    with pytest.raises(ValueError, match="a_01 comes after a later frame"):
        assess(Follower(layout), data_of([data[1], data[0]]), timing=False, previous="sequence")
    with pytest.raises(ValueError, match="batch must be"):
        assess(Follower(layout), data, batch=2, previous="sequence")


def test_a_report_survives_json():
    report = assess(pipeline((8, 11)), rooms(2), name="x", seed=3)
    back = Report.from_json(report.to_json())
    assert back.to_json() == report.to_json() and str(back) == str(report)
    assert paired(report, back).mean == 0
    assert report.slug == "x@3.val" and replace(report, seed=0, source_scale=0.5).slug == "x.val.source-0.5"
    for text in ("[]", "{}", json.dumps(json.loads(report.to_json()) | {"extra": 1})):
        with pytest.raises(ValueError, match="no report"):
            Report.from_json(text)


def test_there_must_be_something_to_assess():
    with pytest.raises(ValueError, match="no network"):
        assess(Pipeline(samplers.create("uniform")), rooms(1))
    with pytest.raises(ValueError, match="no pictures"):
        assess(pipeline(), data_of([]))
    with pytest.raises(ValueError, match="previous must be one of"):
        assess(pipeline(), rooms(1), previous="yesterday")  # type: ignore[arg-type]


def test_metrics_are_plain_numbers_and_what_was_not_seen_is_none():
    metrics = assess(pipeline(), data_of([example("a", torch.zeros(24, 32))]), timing=False).metrics()
    assert metrics == {"miou": 1, "boundary": None, "small": None, "intrinsic": 1, "macs": 2304, "pictures": 1}
    json.dumps(metrics, allow_nan=False)


def test_the_table_goes_by_frequency():
    lines = str(assess(pipeline((8, 11)), rooms(), timing=False, name="x")).splitlines()
    assert lines[0] == "x on rooms val: 5 pictures"
    assert [line.split()[0] for line in lines[-3:]] == ["wall", "door", "knob"]


# -- two reports ---------------------------------------------------------------------------------------------------------


def made(right, pixels=100, names=None, seed=0, data="film"):
    """A report of two classes of ``pixels`` a picture each, of which ``right`` (n,) are right; the rest is given to no class."""
    right = torch.as_tensor(right).round().long()
    counts = torch.zeros(len(right), 2, 3, dtype=torch.int64)
    for k in range(2):
        counts[:, k, k], counts[:, k, 2] = right, pixels - right
    names = names or tuple(f"film_{k:04d}" for k in range(len(right)))
    return Report(
        name=f"run {seed}", data=data, split="val", classes=("a", "b"), pictures=names,
        counted={"everywhere": counts, "boundary": counts, "intrinsic": counts, "small": torch.zeros_like(counts)},
        macs=(1,) * len(right), milliseconds=(), device="", parameters=1, settings={"distance": 4, "share": 0.001}, seed=seed,
    )  # fmt: skip


def noise(n, seed, spread=10.0, block=1):
    """A film in which ``block`` pictures in a row share their luck."""
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(-(-n // block), generator=draw).repeat_interleave(block)[:n] * spread


@pytest.mark.parametrize("reports", [1, 3])
def test_identical_reports_do_not_differ(reports):
    some = [made(50 + noise(90, k), seed=k) for k in range(reports)]
    difference = paired(some, some)
    assert (difference.mean, difference.low, difference.high) == (0, 0, 0) and difference.pairs == (0,) * reports


def test_a_known_shift_is_found():
    luck = noise(60, 0)
    better, worse = (
        made(right + luck, data="made scenes") for right in (60 + noise(60, 1, 2.0), 50 + noise(60, 2, 2.0))
    )
    difference = paired(better, worse)
    assert difference.low < 0.1 < difference.high
    assert difference.high - difference.low < 0.03  # pictures are hard for both: most of the luck cancels
    back = paired(worse, better)
    assert (back.mean, back.low, back.high) == pytest.approx((-difference.mean, -difference.high, -difference.low))


def test_the_interval_holds_zero_about_as_often_as_it_says():
    held = 0
    for trial in range(100):
        a, b = (
            made(50 + noise(60, 2 * trial), data="made scenes"),
            made(50 + noise(60, 2 * trial + 1), data="made scenes"),
        )
        difference = paired(a, b, resamples=400)
        held += difference.low <= 0 <= difference.high
    assert 86 <= held <= 99


def test_frames_that_share_their_luck_count_as_one_block():
    width = {}
    a, b = made(50 + noise(120, 0, block=10)), made(50 + noise(120, 1, block=10))
    for block in (1, 10):
        difference = paired(a, b, block=block)
        width[block] = difference.high - difference.low
        assert difference.blocks == 120 // block
    assert width[10] > 2 * width[1]


def test_seeds_are_pairs_and_their_spread_widens_the_interval():
    luck = noise(60, 0)
    base = [made(50 + luck, seed=k) for k in range(3)]
    alike, apart = ([made(50 + luck + gain, seed=k) for k, gain in enumerate(gains)] for gains in ([4] * 3, [0, 4, 8]))
    steady, loose = paired(alike, base), paired(apart, base)
    assert steady.mean == pytest.approx(loose.mean) == pytest.approx(0.04)
    assert loose.pairs == pytest.approx((0, 0.04, 0.08), abs=1e-3)
    assert loose.high - loose.low > 5 * (steady.high - steady.low)


def test_one_block_gives_no_interval():
    names = ("f_000", "f_001", "f_002")
    difference = paired(made([50, 60, 70], names=names), made([40, 50, 60], names=names))
    assert difference.mean == pytest.approx(0.1) and difference.blocks == 1
    assert difference.low != difference.low and str(difference) == "+10.0 (no interval: the pictures are one block)"


def test_a_metric_without_any_objects_has_no_difference():
    with pytest.raises(ValueError, match="nothing to compare"):
        paired(made([50, 60, 70]), made([50, 60, 70]), "small")


def test_only_like_is_compared_with_like():
    a = made([50, 60, 70])
    with pytest.raises(ValueError, match="other pictures"):
        paired(a, made([50, 60]))
    with pytest.raises(ValueError, match="as many reports"):
        paired([a, a], a)
    with pytest.raises(ValueError, match="defined differently"):
        paired(a, replace(a, settings={"distance": 2, "share": 0.001}))
    with pytest.raises(ValueError, match="metric must be one of"):
        paired(a, a, "iou")  # type: ignore[arg-type]


def test_films_and_blocks():
    assert frame_of("0016E5_07959") == ("0016E5", 7959) and frame_of("0006R0_f00930") == ("0006R0", 930)
    assert frame_of("frankfurt_000001_002512") == ("frankfurt_000001", 2512) and frame_of("kitchen") == ("kitchen", 0)
    names = [f"a_{k}" for k in range(7)] + ["b_1", "b_2"] + ["alone", "apart"]
    assert [part.tolist() for part in blocks_of(names, 3)] == [[0, 1, 2, 3], [4, 5, 6], [7, 8], [9], [10]]
    film = tuple(f"film_{2 * k:04d}" for k in range(90))
    assert block_length(made([50] * 90, names=film)) == 15  # a second of every other frame
    assert block_length(made([50] * 3, names=("f_000", "f_030", "f_060"))) == 3  # one a second: three in a row
    assert block_length(made([50] * 3, names=("x", "y", "z"))) == 1
    assert block_length(made([50] * 90, data="street scenes")) == 1


# -- cards and tables ----------------------------------------------------------------------------------------------------


def card(name, seed=0, **more):
    return Card(name, name.partition("-")[0], {}, ("a", "b"), data="film", seed=seed, **more)


def test_a_card_gets_its_own_seed_s_metrics_and_those_of_all():
    runs = [replace(made([50 + k] * 4, seed=k), name="lds-film-8x8") for k in (2, 0, 1)]
    others = [made([90] * 4), replace(runs[0], source_scale=0.5), replace(runs[1], data="street scenes")]
    told = with_reports(card("lds-film-8x8", seed=1), runs + others)
    assert told.metrics == {"val": runs[2].metrics()} and [run["seed"] for run in told.seeds] == [0, 1, 2]
    assert told.seeds[0]["val"]["miou"] == pytest.approx(0.5) and "street scenes val" in told.seeds[0]
    with pytest.raises(ValueError, match="no report of 'lds-film-8x8' with its own seed, 7"):
        with_reports(card("lds-film-8x8", seed=7), runs)


def test_tables_of_cards_pair_the_seeds():
    uniform = with_reports(
        card("uniform-film-8x8"), [replace(made([50 + k] * 4, seed=k), name="uniform-film-8x8") for k in range(2)]
    )
    lds = with_reports(
        card("lds-film-8x8"), [replace(made([55, 57] * 2, seed=k), name="lds-film-8x8") for k in range(3)]
    )
    ((place, cards),) = results.groups([lds, uniform]).items()
    assert place == ("film", "8x8") and [c.name for c in cards] == ["uniform-film-8x8", "lds-film-8x8"]
    first, second = results.trained(cards, "val")
    assert first[:3] == ["`uniform-film-8x8`", "50.5 (50.0, 51.0)", ""]
    assert second[:3] == ["`lds-film-8x8`", "56.0 (56.0, 56.0, 56.0)", "+5.5 (+6.0, +5.0)"]


def test_tables_of_reports_pair_names_and_seeds(tmp_path, capsys):
    for name, right in (("uniform", 50), ("lds", 60), ("lzu-fixed", 45)):
        for seed in range(2):
            report = replace(made(right + noise(90, seed), seed=seed), name=f"{name}-film-8x8")
            (tmp_path / f"{name}@{seed}.json").write_text(report.to_json())
    results.differences(results.read_reports(tmp_path), "uniform")
    rows = {line.split("|")[1].strip(): line for line in capsys.readouterr().out.splitlines() if line.startswith("|")}
    assert "+10.0 (+10.0 .. +10.0, 2 pairs, 3 blocks)" in rows["`lds-film-8x8`"]
    assert "| -5.0 (" in rows["`lzu-fixed-film-8x8`"]
    assert rows["a"].split("|")[-3:-1] == [" +10.0 ", " -5.0 "]  # the gain of each class


# -- cost ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("budget", "expected"), [(1, (8, 16)), (27 * 48 * 96, (48, 96)), (28 * 48 * 96, (48, 96)), (10**7, (432, 864))]
)
def test_the_uniform_size_of_equal_cost(budget, expected):
    network = nn.Conv2d(3, 1, 3, padding=1)  # 27 multiply-adds a pixel
    assert equal_cost_size(network, budget, (64, 128)) == expected

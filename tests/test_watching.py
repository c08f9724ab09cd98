"""Watching a running model: what is seen, what is kept, and that the run itself never notices."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

import lzviz
from lzviz import samplers
from lzviz.cli import main
from lzviz.watching import Looks, watch


class Spatial(nn.Module):
    """A spatial transformer: a learned affine warp, then a convolution."""

    def __init__(self):
        super().__init__()
        self.theta = nn.Parameter(torch.tensor([[[0.8, 0.0, 0.05], [0.0, 0.8, 0.0]]]))
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, image):
        grid = F.affine_grid(self.theta.expand(len(image), -1, -1), [len(image), 3, 12, 16], align_corners=True)
        return self.conv(F.grid_sample(image, grid, align_corners=True))


class Whole(nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.backbone, self.stn = nn.Conv2d(3, 3, 3, padding=1), inner

    def forward(self, image):
        return self.stn(self.backbone(image))


IMAGE = torch.rand(2, 3, 24, 32)


def test_a_read_is_named_by_its_module_and_line_and_has_its_gradient(tmp_path):
    model = Whole(Spatial())
    with lzviz.watch(model, tmp_path, every=1, share=1.0):
        for _ in range(3):
            model(IMAGE).square().mean().backward()
    looks = Looks(tmp_path).read()
    assert [look.step for look in looks] == [0, 1, 2]
    assert looks[0].site.startswith("stn test_watching.py:") and looks[0].source_size == (24, 32)
    kept = Looks(tmp_path).array(looks[1])
    assert kept["values"].shape == (2, 12, 16, 2) and kept["gradient"].shape == (2, 12, 16, 2)
    assert looks[1].numbers["gradient"] > 0 and "crop" in looks[1].numbers
    torch.testing.assert_close(torch.tensor(kept["values"][0, 0, 0]), torch.tensor([-0.75, -0.8]))


def test_the_answers_and_gradients_of_the_run_are_the_same(tmp_path):
    torch.manual_seed(0)
    model = Whole(Spatial())
    alone = model(IMAGE)
    alone.sum().backward()
    wanted = [p.grad.clone() for p in model.parameters()]
    model.zero_grad()
    with watch(model, tmp_path, every=1, share=1.0):
        seen = model(IMAGE)
        seen.sum().backward()
    assert torch.equal(alone, seen)
    assert all(torch.equal(a, p.grad) for a, p in zip(wanted, model.parameters(), strict=True))


def test_a_look_is_taken_every_n_passes_and_none_when_watching_would_take_too_long(tmp_path):
    model = Whole(Spatial()).eval()
    with torch.no_grad(), watch(model, tmp_path / "a", every=4, share=1.0):
        for _ in range(9):
            model(IMAGE)
    assert [look.step for look in Looks(tmp_path / "a").read()] == [0, 4, 8]
    with torch.no_grad(), watch(model, tmp_path / "b", every=1, share=1e-9):
        for _ in range(9):
            model(IMAGE)
    assert [look.step for look in Looks(tmp_path / "b").read()] == [0], "the first pass is always looked at"


def test_warps_of_lzviz_and_deformable_convolutions_are_seen_once_each(tmp_path):
    # An operator of that name and those first three arguments, as torchvision has it.
    @torch.library.custom_op("lzviz_tests::deform_conv2d", mutates_args=())
    def deform_conv2d(image: torch.Tensor, weight: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
        return F.conv2d(image, weight, padding=1) + offset[:, :3]

    deform_conv2d.register_autograd(lambda ctx, grad: (grad, None, torch.cat([grad] * 6, 1)))

    class Both(nn.Module):
        def __init__(self):
            super().__init__()
            self.sampler = samplers.create("lzu")
            self.offset, self.weight = nn.Conv2d(3, 18, 3, padding=1), nn.Parameter(torch.rand(3, 3, 3, 3))

        def forward(self, image):
            small = self.sampler(image, (12, 16)).image
            return torch.ops.lzviz_tests.deform_conv2d(small, self.weight, self.offset(small))

    model = Both()
    with watch(model, tmp_path, every=1, share=1.0):
        model(IMAGE).sum().backward()
    warp, deform = Looks(tmp_path).read()
    assert warp.use == "grid" and warp.source_size == (24, 32)
    assert deform.use == "deform" and deform.source_size == (12, 16)
    assert "gradient" in Looks(tmp_path).array(deform)


def test_a_fault_is_found_while_it_happens(tmp_path):
    class Pixels(nn.Module):
        def forward(self, image):
            y, x = torch.meshgrid(torch.arange(24.0), torch.arange(32.0), indexing="ij")
            return F.grid_sample(
                image, torch.stack((x, y), -1)[None].expand(len(image), -1, -1, -1), align_corners=True
            )

    model = Pixels()
    with watch(model, tmp_path):
        model(IMAGE)
    look = Looks(tmp_path).read()[0]
    assert look.verdict == "fault" and look.findings[0]["check"] == "units"


def test_what_was_seen_is_on_disk_when_the_run_is_killed(tmp_path):
    script = f"""
    import os, signal, torch
    from tests.test_watching import Spatial, IMAGE
    import lzviz
    model = Spatial()
    lzviz.watch(model, {str(tmp_path)!r}, every=1, share=1.0)
    model(IMAGE).sum().backward()
    model(IMAGE)
    os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert done.returncode == -signal.SIGKILL
    looks = Looks(tmp_path)
    assert [look.step for look in looks.read()] == [0, 1]
    assert "gradient" in looks.array(looks.read()[0]) and looks.array(looks.read()[1])["values"].shape == (2, 12, 16, 2)
    with (tmp_path / "looks.jsonl").open("a") as file:
        file.write('{"step": 2, "site"')  # a line that was being written
    assert len(looks.read()) == 2


def test_a_model_that_raises_is_left_as_it_was(tmp_path):
    model = Whole(Spatial())
    plain = lzviz.Warp.zoom
    with watch(model, tmp_path, every=1, share=1.0):
        with pytest.raises(RuntimeError):
            model(torch.rand(2, 5, 24, 32))
        assert lzviz.Warp.zoom is plain
        model(IMAGE)
    assert [look.step for look in Looks(tmp_path).read()] == [1]
    assert not model._forward_hooks and not model._forward_pre_hooks


def test_a_full_disk_ends_the_watching_not_the_run(tmp_path, monkeypatch):
    def full(*args, **options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    model = Whole(Spatial())
    watch(model, tmp_path, every=1, share=1.0)
    with pytest.warns(UserWarning, match="watching stopped, .* cannot be written: .*No space left"):
        assert model(IMAGE).shape == (2, 4, 10, 14)
    assert not model._forward_hooks


def test_arrays_are_bounded_and_cover_the_whole_run(tmp_path):
    model = Spatial().eval()
    with torch.no_grad(), watch(model, tmp_path, every=1, keep=6, share=1.0):
        for _ in range(40):
            model(IMAGE)
    looks = Looks(tmp_path)
    kept = [look.step for look in looks.read() if looks.array(look)]
    assert len(looks.read()) == 40 and len(kept) <= 6 and kept[0] == 0 and kept[-1] == 39
    assert len(os.listdir(tmp_path / "arrays")) == len(kept)


def test_a_compiled_model_is_looked_at_too(tmp_path):
    model = Whole(Spatial()).eval()
    compiled = torch.compile(model, backend="eager")
    with torch.no_grad():
        wanted = compiled(IMAGE)
        with watch(compiled, tmp_path, every=2, share=1.0):
            out = [compiled(IMAGE) for _ in range(3)]
    assert [look.step for look in Looks(tmp_path).read()] == [0, 2]
    assert all(torch.allclose(each, wanted) for each in out)


def test_tensorboard_gets_numbers_and_pictures(tmp_path):
    model = Spatial()
    with watch(model, tmp_path, tensorboard=True):
        model(IMAGE)
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert any(tag.endswith("/worst") for tag in events.Tags()["scalars"])
    assert any(tag.endswith("/samples") for tag in events.Tags()["images"])


def test_the_page_holds_every_look_and_nothing_that_its_names_could_break(tmp_path, capsys):
    class Evil(Spatial):
        pass

    model = nn.Sequential()
    model.add_module("</script><b>x", Evil())
    with watch(model, tmp_path / "run", every=1, share=1.0):
        for _ in range(2):
            model(IMAGE).sum().backward()
    assert main(["watch", str(tmp_path / "run"), "--html", str(tmp_path / "out.html")]) == 0
    text = (tmp_path / "out.html").read_text()
    assert text.count("</script>") == 2 and "src=" not in text and "href=" not in text
    data = json.loads(text.split('type="application/json">')[1].split("</script>")[0].replace("\\u003c", "<"))
    assert [look["step"] for look in data[0]["looks"]] == [0, 1] and data[0]["looks"][0]["mesh"]
    assert "2 looks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda p: watch("model", p), TypeError, "a torch.nn.Module to watch, got str"),
        (lambda p: watch(Spatial(), p, every=0), ValueError, "every is 0: expected at least 1"),
        (lambda p: watch(Spatial(), p, keep=1), ValueError, "at least 2 arrays"),
        (lambda p: watch(Spatial(), p, share=0), ValueError, "a part of the running time"),
        (lambda p: Looks(p).read(), ValueError, "holds no looks.jsonl"),
    ],
)
def test_wrong_input_says_what_to_do(tmp_path, call, error, message):
    with pytest.raises(error, match=message):
        call(tmp_path)


def test_the_diagnosis_after_the_backward_pass_asks_the_other_checks_only_once(tmp_path, monkeypatch):
    from lzviz.doctor import CHECKS

    asked = []
    plain = CHECKS["folds"]
    monkeypatch.setitem(CHECKS, "folds", lambda case: asked.append(case) or plain(case))
    model = Whole(Spatial())
    with lzviz.watch(model, tmp_path, every=1, share=1.0):
        for _ in range(3):
            model(IMAGE).square().mean().backward()
    assert len(asked) == 3
    looks = Looks(tmp_path).read()
    assert all("gradient" in look.numbers and "crop" in look.numbers for look in looks)
    with pytest.raises(ValueError, match="checks holds 'fold': expected names of"):
        lzviz.diagnose(np.zeros((1, 4, 4, 2)), (8, 8), checks=["fold"])

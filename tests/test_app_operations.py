"""What whoever runs a server relies on: names that several processes share, clocks, the audit of what is installed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest

from app.main import build, launch_options
from app.server import Server, shared_secret
from lzviz.contract.answers import checkpoints
from lzviz.contract.messages.models import AddCheckpoint
from lzviz.contract.messages.pictures import AddPicture, AskPicture
from lzviz.contract.wire import Refusal
from lzviz.contract.workshop import Workshop
from tests.app_server import client, encoded, free_port, post
from tests.test_app_pictures import RAMP, rgb

ROOT = Path(__file__).parents[1]
SECRET = b"a secret of several processes"


# Several processes


def packed(name: str = "lds-camvid-96x128") -> bytes:
    """A checkpoint as the page sends it."""
    card, model = ((ROOT / "checkpoints" / name / file).read_bytes() for file in ("card.json", "model.safetensors"))
    return len(card).to_bytes(4, "little") + card + model


def test_processes_that_share_a_secret_call_a_file_the_same_and_others_do_not():
    from PIL import Image

    one, same, other = Workshop(secret=SECRET), Workshop(secret=SECRET), Workshop()
    for question in (AddPicture(data=encoded(Image.fromarray(rgb(RAMP)))), AddCheckpoint(data=packed())):
        told = [workshop.answer(question).plain() for workshop in (one, same, other)]
        names = [each["checkpoint"]["name"] if "checkpoint" in each else each["id"] for each in told]
        assert names[0] == names[1] != names[2]
        assert names[0].startswith("own-") and len(names[0]) == 36


def test_a_process_that_never_saw_a_file_says_what_it_lacks():
    workshop = Workshop(secret=SECRET)
    with pytest.raises(Refusal) as picture:
        workshop.answer(AskPicture(id="own-00"))
    with pytest.raises(Refusal) as labels:
        workshop.truths.get("own-00")
    with pytest.raises(Refusal) as checkpoint:
        checkpoints.pipeline(workshop, "own-00")
    assert [(each.value.status, each.value.missing) for each in (picture, labels, checkpoint)] == [
        (404, "picture"), (404, "truth"), (404, "checkpoint")]  # fmt: skip
    answer = post("lzviz/compute", {"state": {"image": "own"}, "image": "own-00"})
    assert (answer.status_code, answer.json()["missing"]) == (404, "picture")
    assert "missing" not in client().get("lzviz/picture/nobody").json()


def test_a_list_says_which_of_a_visitors_checkpoints_are_not_held_here():
    for path in ("models", "results"):
        assert client().get(f"lzviz/{path}?own=own-00,own-11").json()["forgotten"] == ["own-00", "own-11"]
        assert client().get(f"lzviz/{path}").json()["forgotten"] == []


def test_a_secret_that_can_be_guessed_is_refused():
    assert shared_secret({}) is None
    assert shared_secret({"LZVIZ_SECRET": "x" * 16}) == b"x" * 16
    with pytest.raises(ValueError, match="16 or more characters, got 5"):
        shared_secret({"LZVIZ_SECRET": "short"})


# Clocks


def test_no_deadline_looks_at_a_clock_that_can_be_set_back():
    """What reads the wall clock may only write it down."""
    wall = re.compile(r"\btime\.time\(|\bdatetime\.(?:now|utcnow|today)\(|\bDate\.now\(|new Date\(\)")
    files = [
        path for folder in ("app", "lzviz/contract", "lzviz/canvas") for path in (ROOT / folder).rglob("*.[pj][ys]")
    ]
    assert len(files) > 80
    assert [str(path.relative_to(ROOT)) for path in files if wall.search(path.read_text("utf-8"))] == []


def test_a_clock_that_is_set_back_stops_nothing(monkeypatch):
    before = time.time()
    monkeypatch.setattr(time, "time", lambda: before - 365 * 86_400)
    assert post("lzviz/compute", {"state": {"image": "coffee"}, "image": "coffee"}).json()["ok"]
    assert client().get("lzviz/catalogue").status_code == 200


# What is installed


def test_server_side_rendering_stays_off_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("GRADIO_SSR_MODE", "True")
    server = Server()
    demo = build(server)
    demo.launch(
        server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, quiet=True, **launch_options(server)
    )
    try:
        assert demo.ssr_mode is False and demo.node_process is None
    finally:
        demo.close(verbose=False)


AUDIT = {
    "reached": ("[{'name': 'torch', 'version': '2.13.0', 'vulns': []}]", 0, "1 packages audited, 0 known holes"),
    "hole": (
        "[{'name': 'pillow', 'version': '1.0', 'vulns': [{'id': 'CVE-1', 'fix_versions': ['2.0']}]}]",
        1,
        "pillow 1.0: CVE-1, mended in 2.0",
    ),
    "away": (None, 0, "cannot be reached"),
}


@pytest.mark.parametrize("case", AUDIT)
def test_the_audit_fails_on_a_hole_and_says_where_nobody_could_be_asked(case, tmp_path):
    pins, code, said = AUDIT[case]
    write = "" if pins is None else f"open(a[a.index('--output')+1], 'w').write(json.dumps({{'dependencies': {pins}}}))"
    (tmp_path / "pip_audit.py").write_text(f"import json, sys\na = sys.argv\n{write}\nsys.exit(1)\n")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, said in done.stdout) == (code, True), done.stdout + done.stderr


FLOORS = {"torch": (2, 10), "pillow": (12, 1, 1), "opencv-python-headless": (4, 12), "gradio": (6, 31), "tqdm": (4, 66, 3),
          "starlette": (0, 49, 1), "h11": (0, 16)}  # fmt: skip


def test_floors_are_above_known_advisories():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"], *(line for group in project["optional-dependencies"].values() for line in group)]
    found = {}
    for line in lines:
        name, _, rest = line.partition(">=")
        if name in FLOORS:
            found[name] = tuple(int(part) for part in re.split(r"[,<]", rest)[0].split("."))
            assert found[name] >= FLOORS[name], line
    assert found.keys() == FLOORS.keys()


def test_the_audit_is_a_step_of_every_change():
    assert ".ci/audit" in (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    assert "CVE-2026-134825" in (ROOT / ".ci/audit").read_text("utf-8")

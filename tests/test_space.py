"""What would be pushed to a Space: laid out, checked, and started from where it lies."""

from __future__ import annotations

import urllib.request

import pytest

from app import space
from benchmarks.served import App


@pytest.fixture(scope="module")
def laid(tmp_path_factory):
    out = tmp_path_factory.mktemp("space") / "space"
    space.main([str(out)])
    return out


def test_it_has_what_it_needs_and_nothing_else(laid):
    assert {path.name for path in laid.iterdir()} == set(space.PARTS)
    files = space.checked(laid)
    assert {each.path for each in files if each.path.endswith((".png", ".jpg", ".npy", ".npz", ".safetensors"))} == {
        each.path for each in files if each.large
    }
    assert sum(each.size for each in files) < 100e6


@pytest.mark.parametrize(
    ("name", "old", "new", "why"),
    [
        (".gitattributes", "*.jpg filter=lfs", "#", "jpg is binary"),
        ("README.md", "sdk_version: ", "sdk_version: 1", "sdk_version"),
        ("README.md", "short_description: ", f"short_description: {'x' * 60}", "characters"),
        ("README.md", 'python_version: "3.11"', "python_version: 3", "python_version"),
        ("README.md", "---\n", "", "between lines"),
    ],
)
def test_what_a_space_would_refuse_is_told_before(laid, name, old, new, why):
    path = laid / name
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    try:
        with pytest.raises(ValueError, match=why):
            space.checked(laid)
    finally:
        path.write_text(text)


def test_a_folder_with_something_in_it_is_left_alone(laid):
    with pytest.raises(ValueError, match="not empty"):
        space.lay_out(laid)


def test_it_starts_from_where_it_lies(laid, monkeypatch):
    monkeypatch.delenv("PYTHONPATH", raising=False)
    with App() as app:
        app.kill()
        app.folder = laid
        app.start().wait()
        answer = urllib.request.urlopen(f"{app.address}lzviz/static/bundle.js", timeout=60)
        assert len(answer.read()) > 300_000

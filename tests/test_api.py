"""Public names change on purpose: with docs/api.txt and a line in CHANGELOG.md."""

from __future__ import annotations

from tests import api


def test_public_names_are_those_of_the_list():
    found = [line for line in api.changes() if not line.startswith("@@")]
    assert not found, "python -m tests.api --write keeps these changes:\n" + "\n".join(found)


def test_the_list_has_names_arguments_and_defaults():
    lines = api.surface()
    assert "lzviz.Warp.zoom(self, image, size, interpolation='bilinear')" in lines
    assert any(line.startswith("lzviz.samplers.register(name, grid_of, *, title=None") for line in lines)
    assert not [line for line in lines if " at 0x" in line or "/" in line.replace("(self, /", "")]


def test_a_change_is_seen(tmp_path, monkeypatch):
    lines = api.surface()
    kept = tmp_path / "api.txt"
    kept.write_text("\n".join([*lines[1:], "lzviz.zzz()"]))
    monkeypatch.setattr(api, "KEPT", kept)
    assert [line for line in api.changes() if not line.startswith("@@")] == [f"+{lines[0]}", "-lzviz.zzz()"]

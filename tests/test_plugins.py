"""A file of somebody's own is run when it is named, and what goes wrong is one sentence."""

import pytest

from lzviz import plugins, samplers
from lzviz.contract.answers.catalogue import sampler_entry
from lzviz.contract.state import State

FILE = """
from lzviz import samplers
from lzviz.coords import lattice

samplers.register("plugged", lambda image: lattice((5, 7))[None] * 0.8, title="Plugged")
"""


def test_what_a_plugin_registers_is_in_the_menu_and_in_a_link(tmp_path, monkeypatch):
    monkeypatch.setattr(samplers, "REGISTRY", dict(samplers.REGISTRY))
    (tmp_path / "plugged.py").write_text(FILE)
    plugins.load(tmp_path / "plugged.py")
    plugins.load(tmp_path / "plugged.py")
    entry = sampler_entry(samplers.REGISTRY["plugged"])
    assert (entry["title"], entry["twin"], entry["controls"][0]) == ("Plugged", False, "interpolation")
    assert State.from_link("#sampler=plugged").sampler == "plugged"


@pytest.mark.parametrize(("text", "said"), [("1 / 0", "ZeroDivisionError"), ("def", "SyntaxError")])
def test_a_plugin_that_fails_is_told_and_can_be_loaded_again(tmp_path, text, said):
    (tmp_path / "faulty.py").write_text(text)
    for _ in range(2):
        with pytest.raises(ValueError, match=rf"the plugin .*faulty\.py failed: {said}"):
            plugins.load(tmp_path / "faulty.py")


def test_only_a_python_file_is_a_plugin(tmp_path):
    for name in ("missing.py", "mine.txt"):
        with pytest.raises(ValueError, match="is no Python file"):
            plugins.load(tmp_path / name)

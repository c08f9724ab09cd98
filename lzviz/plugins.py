"""Files of your own that register samplers, saliency sources or whatever else has a registry: ``lzviz.plugins.load("mine.py")``.

A plugin is Python and does what it likes: load only what you would run. A page loads those that its command line names, and
never one that a link, a picture or a visitor brings.
"""

from __future__ import annotations

import sys
from importlib import util
from pathlib import Path


def load(path: str | Path) -> None:
    """Run a Python file, once, as the module ``lzviz_plugin_<name>``.

    Raises:
        ValueError: there is no such file, or it fails; the sentence says where and why.
    """
    path = Path(path).expanduser().resolve()
    if path.suffix != ".py" or not path.is_file():
        raise ValueError(f"{path} is no Python file; give the path of a .py file that registers something")
    name = f"lzviz_plugin_{path.stem}"
    if name in sys.modules:
        if sys.modules[name].__file__ == str(path):
            return
        raise ValueError(f"{path} has the name of another plugin, {sys.modules[name].__file__}; rename one of them")
    spec = util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None  # of a .py file there always is
    module = util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise ValueError(f"the plugin {path} failed: {type(error).__name__}: {error}") from error

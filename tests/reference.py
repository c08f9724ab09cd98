"""The API reference, made from the docstrings; what a docstring names and nobody can find is an error.

python -m tests.reference [FOLDER]    writes HTML, build/api unless told otherwise
"""

from __future__ import annotations

import importlib
import pkgutil
import pydoc
import re
import sys
import warnings
from pathlib import Path

import pdoc
import pdoc.docstrings

import lzviz

LEFT_OUT = ("lzviz.__main__", "lzviz.cli", "lzviz.contract", "lzviz.canvas")
"""Commands and messages are described by their own help and schema."""
ROLE = re.compile(r":(mod|class|func|meth|data|attr|obj):`~?([^`<>]*)`")


def modules() -> list[str]:
    """The modules that are described."""
    found = [m.name for m in pkgutil.walk_packages(lzviz.__path__, "lzviz.")]
    return ["lzviz", *(name for name in found if not name.startswith(LEFT_OUT))]


def lost(names: list[str]) -> list[str]:
    """References with a whole path, in the files of modules, that lead nowhere."""
    found = []
    for name in names:
        text = Path(importlib.import_module(name).__file__ or "").read_text(encoding="utf-8")
        for _, target in ROLE.findall(text):
            if target.startswith("lzviz") and pydoc.locate(target) is None and not _attribute(target):
                found.append(f"{name}: {target}")
    return found


def _attribute(target: str) -> bool:
    """Whether it is a field that a class declares or sets, and which only its instances have."""
    owner, _, name = target.rpartition(".")
    made = pydoc.locate(owner)
    return name in getattr(made, "__annotations__", {}) or f"{name}:" in (getattr(made, "__doc__", None) or "")


def write(folder: Path) -> list[str]:
    """The pages, and what was wrong on the way."""
    plain = pdoc.docstrings.google
    pdoc.docstrings.google = lambda text: plain(ROLE.sub(r"`\2`", text))
    pdoc.render.configure(docformat="google", search=True, show_source=False)
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        # A type that pdoc cannot look up is shown as it is written.
        warnings.filterwarnings("ignore", "Error parsing type annotation")
        pdoc.pdoc("lzviz", *(f"!{name}" for name in LEFT_OUT), output_directory=folder)
    return [str(each.message) for each in found]


def main() -> int:
    names = modules()
    wrong = [f"nothing is called so: {line}" for line in lost(names)]
    wrong += write(Path(sys.argv[1] if len(sys.argv) > 1 else "build/api"))
    print("\n".join(wrong) or f"{len(names)} modules described")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())

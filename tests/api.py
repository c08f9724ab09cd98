"""The public names of lzviz with what they take: one line each, so that a change of any is seen.

python -m tests.api            what changed since docs/api.txt
python -m tests.api --write    keep today's
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import lzviz

KEPT = Path(__file__).resolve().parent.parent / "docs/api.txt"
LEFT_OUT = {"canvas", "contract"}
"""JavaScript; and messages, which lzviz/canvas/schema.json lists."""


def surface() -> list[str]:
    """All lines, sorted."""
    lines = {line for name in lzviz._NAMES for line in _lines(f"lzviz.{name}", getattr(lzviz, name))}
    for name in set(lzviz._MODULES) - LEFT_OUT:
        module = importlib.import_module(f"lzviz.{name}")
        lines |= {line for each in _public(module) for line in _lines(f"lzviz.{name}.{each}", getattr(module, each))}
    return sorted(lines)


def _public(module: ModuleType) -> list[str]:
    """What a module says is public, or what it defines without a leading underscore."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    own = (name for name in vars(module) if not name.startswith("_"))
    return [name for name in own if getattr(vars(module)[name], "__module__", "").startswith(module.__name__)]


def _lines(name: str, value: object) -> Iterator[str]:
    if isinstance(value, ModuleType):
        yield name
    elif inspect.isclass(value):
        yield f"class {name}{_arguments(value)}"
        for each, member in inspect.getmembers_static(value):
            home = getattr(getattr(member, "__func__", member), "__module__", None) or ""
            if each.startswith("_") or not (home.startswith("lzviz") or isinstance(member, property)):
                continue
            yield f"{name}.{each}" + ("" if isinstance(member, property) else _arguments(getattr(value, each)))
    elif callable(value):
        yield f"{name}{_arguments(value)}"
    else:
        yield name


def _arguments(value: object) -> str:
    """``(size, fill=0.0)``: names and defaults; types are the reference's business."""
    try:
        signature = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return ""
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in signature.parameters.values()]
    text = str(signature.replace(parameters=bare, return_annotation=inspect.Signature.empty))
    text = re.sub(r"\{([^{}:]*)\}", lambda found: "{" + ", ".join(sorted(found[1].split(", "))) + "}", text)  # sets
    return re.sub(r" at 0x[0-9a-f]+", "", re.sub(r"<([\w.]+) object[^>]*>", r"\1()", text))


def changes() -> list[str]:
    """What is no more, with "-", and what is new, with "+"."""
    before = KEPT.read_text(encoding="utf-8").splitlines() if KEPT.is_file() else []
    return [
        line for line in difflib.unified_diff(before, surface(), n=0, lineterm="") if line[:3] not in ("---", "+++")
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="keep today's names in docs/api.txt")
    found = [line for line in changes() if not line.startswith("@@")]
    if parser.parse_args().write:
        KEPT.write_text("\n".join(surface()) + "\n", encoding="utf-8")
    print("\n".join(found) or "nothing changed")
    return 0


if __name__ == "__main__":
    sys.exit(main())

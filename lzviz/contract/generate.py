"""What JavaScript reads of the contract, as texts of files."""

from __future__ import annotations

import json
from pathlib import Path

from lzviz.contract.controls import BOXES
from lzviz.contract.link import RENAMED
from lzviz.contract.maps import LATTICE
from lzviz.contract.state import VERSION, lines

CANVAS = Path(__file__).parents[1] / "canvas"
ABOUT = (
    "The whole state of the page: made by python -m lzviz.contract from lzviz/contract/state.py, where it is declared. A link "
    "holds `url=value` for every key whose value is not its default. `history: false` keys are never undone; `scale: log` "
    "sliders move in equal ratios; `of` names the registry in which an id is looked up; `renamed` are parts of older links."
)


def files() -> dict[Path, str]:
    """Every generated file with its text."""
    return {CANVAS / "schema.json": schema()}


def schema() -> str:
    """The declaration of the state, a line a key."""
    head = {"version": VERSION, "about": ABOUT, "limits": {"lattice": LATTICE, "boxes": BOXES}, "renamed": RENAMED}
    top = ",\n".join(f"  {json.dumps(key)}: {_json(value)}" for key, value in head.items())
    state = ",\n".join(f"    {_json(line)}" for line in lines().values())
    return f'{{\n{top},\n  "state": [\n{state}\n  ]\n}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

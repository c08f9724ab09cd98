"""What JavaScript reads of the contract, as texts of files."""

from __future__ import annotations

import json
from pathlib import Path

from lzviz.contract.composites import BOXES
from lzviz.contract.link import RENAMED
from lzviz.contract.maps import LATTICE
from lzviz.contract.rooms import CANVAS, LAYERS, ROOMS
from lzviz.contract.routes import ROUTES
from lzviz.contract.state import LARGEST_ZOOM, VERSION, lines
from lzviz.contract.typescript import declarations

MADE = "Made by python -m lzviz.contract; edit lzviz/contract instead."
ABOUT = (
    "The whole state of the page: made by python -m lzviz.contract from lzviz/contract/state.py, where it is declared. A link "
    "holds `url=value` for every key whose value is not its default. `history: false` keys are never undone; `scale: log` "
    "sliders move in equal ratios; `of` names the registry in which an id is looked up; `renamed` are parts of older links."
)


def files() -> dict[Path, str]:
    """Every generated file with its text."""
    made = CANVAS / "schema"
    return {
        CANVAS / "schema.json": schema(),
        made / "routes.js": routes(),
        made / "limits.js": limits(),
        made / "contract.d.ts": f"// {MADE}\n\n{declarations()}",
        CANVAS / "rooms" / "list.js": rooms(),
        CANVAS / "viewer" / "layers" / "list.js": layers(),
    }


def rooms() -> str:
    """The rooms, in the order of tabs and menus; each module exports its room by its name."""
    imported = "\n".join(f'import {{ {name} }} from "./{name}/room.js";' for name in sorted(ROOMS))
    return (
        f'// @ts-check\n// {MADE}\n\nimport {{ createRooms }} from "../core/rooms.js";\n{imported}\n\n'
        f"export const ROOMS = createRooms([{', '.join(ROOMS)}]);\n"
    )


def layers() -> str:
    """Every layer of the folder; each module exports its ``layer``."""
    imported = "\n".join(f'import {{ layer as {name} }} from "./{name}.js";' for name in LAYERS)
    return f"// @ts-check\n// {MADE}\n\n{imported}\n\nexport const ALL = [{', '.join(LAYERS)}];\n"


def schema() -> str:
    """The declaration of the state, a line a key."""
    head = {"version": VERSION, "about": ABOUT, "limits": {"lattice": LATTICE, "boxes": BOXES}, "renamed": RENAMED}
    top = ",\n".join(f"  {json.dumps(key)}: {_json(value)}" for key, value in head.items())
    state = ",\n".join(f"    {_json(line)}" for line in lines().values())
    return f'{{\n{top},\n  "state": [\n{state}\n  ]\n}}\n'


def limits() -> str:
    """Numbers that the browser keeps to by itself."""
    return f"// @ts-check\n// {MADE}\n\n/** Pixels of a zoomed image. */\nexport const LARGEST_ZOOM = {LARGEST_ZOOM};\n"


def routes() -> str:
    """The table of questions: where each is asked, how, and the largest body in bytes."""
    lines = "\n".join(
        f"  {route.name}: {{ path: {_json(route.path)}, method: {_json(route.method)}, limit: {route.limit} }},"
        for route in ROUTES
    )
    return (
        f"// @ts-check\n// {MADE}\n\nexport const ROUTES = Object.freeze(/** @type {{const}} */ ({{\n{lines}\n}}));\n"
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

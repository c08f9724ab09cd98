"""What the page is made of, by name: its rooms, and the layers over its pictures.

Both are JavaScript, a file each (``canvas/rooms/<room>/room.js``, ``canvas/viewer/layers/<layer>.js``). A room needs its line here,
which is its place among the tabs; a layer only its file. ``python -m lzviz.contract`` writes the lists that the page imports.
"""

from pathlib import Path

CANVAS = Path(__file__).parents[1] / "canvas"
ROOMS = ("warp", "cad", "pipeline", "compare", "doctor", "learn", "models")
LAYERS = tuple(sorted(path.stem for path in (CANVAS / "viewer" / "layers").glob("*.js") if path.stem != "list"))

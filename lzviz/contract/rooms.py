"""The rooms of the page: what it can be about, and their names."""

ROOMS = {"warp": "Warp", "cad": "Cells", "pipeline": "Pipeline", "models": "Models"}

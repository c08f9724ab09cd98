"""The rooms of the page: what it can be about."""

ROOMS = ("warp", "cad", "pipeline", "doctor", "models")

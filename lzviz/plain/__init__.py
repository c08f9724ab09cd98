"""The specification in numpy: slow, obvious, and what everything faster is tested against. Imports no torch."""

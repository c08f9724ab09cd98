"""The page in JavaScript. :mod:`lzviz.canvas.bundle` makes one script and one style of its files."""

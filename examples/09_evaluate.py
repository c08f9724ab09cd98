"""How good a pipeline is on pictures with labels, here drawn streets; docs/training.md has CamVid and your own."""

import lzviz
from lzviz.assess import assess

pictures = lzviz.datasets.open_data("scenes", split="val", count=2, size=(64, 128))
pipeline = lzviz.load("uniform-scenes-64x128")
report = assess(pipeline, pictures, timing=False)
print(report)

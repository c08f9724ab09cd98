"""How good a detector is on boxes of your own, in COCO's layout. Without a folder, on three frames of a drawn film.

python examples/10_your_own_boxes.py [FOLDER [CHECKPOINT]]
"""

import json
import sys
from pathlib import Path

from PIL import Image

import lzviz
from lzviz.assess import assess

folder = Path(sys.argv[1] if len(sys.argv) > 1 else "boxes")
if len(sys.argv) < 2:
    film = lzviz.scenes.clip(size=(256, 512), seed=3, length=3, fps=10)
    lists = {"images": [], "annotations": [], "categories": [{"id": k, "name": n} for k, n in enumerate(film.classes)]}
    (folder / "val").mkdir(parents=True, exist_ok=True)
    (folder / "annotations").mkdir(exist_ok=True)
    for k, frame in enumerate(film[n] for n in range(len(film))):
        name = f"film_{k:04d}.png"  # which frame follows which: names say it
        Image.fromarray(frame.image).save(folder / "val" / name)
        lists["images"].append({"id": k, "file_name": name, "width": 512, "height": 256})
        for (x0, y0, x1, y1), kind in zip(frame.objects.visible.tolist(), frame.objects.classes.tolist(), strict=True):
            entry = {"id": len(lists["annotations"]), "image_id": k, "category_id": kind, "iscrowd": 0}
            lists["annotations"].append(entry | {"bbox": [x0, y0, x1 - x0, y1 - y0], "area": (x1 - x0) * (y1 - y0)})
    (folder / "annotations" / "val.json").write_text(json.dumps(lists))

pictures = lzviz.datasets.open_data("coco", folder, "val")
detector = lzviz.load(sys.argv[2] if len(sys.argv) > 2 else "uniform-clips-128x256")
print(assess(detector, pictures, timing=False))

"""A trained pipeline by name: where it looks, what it keeps, what it says, what that cost."""

import torch

import lzviz

print(f"{len(lzviz.checkpoints.available())} checkpoints load by name")
pipeline = lzviz.load("lds-camvid-48x64")
scene = lzviz.scenes.street((180, 240))
image = torch.from_numpy(scene.image.copy()).permute(2, 0, 1)[None] / 255
print(pipeline.run(image))  # every stage's tensors, milliseconds and multiply-adds

"""What pyproject.toml cannot say: the shipped checkpoints stand beside the library here and inside of it where it is installed."""

from setuptools import find_packages, setup

SHIPPED = "lzviz.checkpoints.shipped"

setup(
    packages=[*find_packages(include=["lzviz*"]), SHIPPED],
    package_dir={SHIPPED: "checkpoints"},
    package_data={
        "lzviz": [
            "canvas/**/*",
            "notebook/*.js",
            "gallery/*.png",
            "gallery/*.jpg",
            "data/*",
            "text/*",
            "lessons/*.json",
            "terms/*.json",
        ],
        SHIPPED: ["*/*.json", "*/*.safetensors"],
    },
)

"""What a Hugging Face Space is made of, laid out in a folder and checked: ``python -m app.space OUT``.

It is pushed as it lies there: ``hf upload OWNER/NAME OUT . --repo-type space``. Nothing is sent from here.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What the page runs on and what its front page shows.
PARTS = (
    "README.md",
    "LICENSE",
    "app.py",
    "app",
    "lzviz",
    "checkpoints",
    "assets",
    "requirements.txt",
    ".gitattributes",
)
# A file that git itself may hold there; larger ones, and all binary ones, go through LFS.
GIT_LIMIT = 10_000_000
DESCRIPTION = 60


@dataclass(frozen=True)
class Laid:
    """A file of the Space: its path, bytes, and whether LFS holds it."""

    path: str
    size: int
    large: bool


def lay_out(out: Path) -> list[Laid]:
    """Copy what would be pushed into a folder that is new or empty.

    Raises:
        ValueError: the folder is not empty, or a Space would refuse the push; the message says why.
    """
    if out.exists() and any(out.iterdir()):
        raise ValueError(f"{out} is not empty: name a new folder")
    told = subprocess.run(
        ["git", "ls-files", "-z", *PARTS], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    for name in filter(None, told.split("\0")):
        to = out / name
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, to)
    return checked(out)


def checked(folder: Path) -> list[Laid]:
    """The files of a folder that a Space would take; :class:`ValueError` where it would not."""
    patterns = [
        line.split()[0] for line in (folder / ".gitattributes").read_text("utf-8").splitlines() if "filter=lfs" in line
    ]
    laid = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        large = any(fnmatch(path.name, pattern) for pattern in patterns)
        laid.append(Laid(name, path.stat().st_size, large))
        if not large and (b"\0" in path.read_bytes()[:8000] or path.stat().st_size > GIT_LIMIT):
            raise ValueError(f"{name} is binary or large and not in .gitattributes: add its kind there")
    _check_front(front_matter(folder / "README.md"), folder)
    return laid


def front_matter(readme: Path) -> dict[str, str]:
    """The lines between the first two ``---``."""
    match = re.match(r"---\n(.*?)\n---\n", readme.read_text("utf-8"), re.DOTALL)
    if match is None:
        raise ValueError(f"{readme.name} does not begin with a block between lines of ---")
    pairs = (line.partition(":") for line in match[1].splitlines())
    return {key.strip(): value.strip().strip('"') for key, _, value in pairs}


def _check_front(front: dict[str, str], folder: Path) -> None:
    pinned = dict(re.findall(r"^([\w-]+)==(\S+)", (folder / "requirements.txt").read_text("utf-8"), re.MULTILINE))
    wanted = {"sdk": "gradio", "sdk_version": pinned["gradio"], "app_file": "app.py", "license": "mit"}
    for key, value in wanted.items():
        if front.get(key) != value:
            raise ValueError(f"README.md: {key} is {front.get(key)!r}, expected {value!r}")
    if not re.fullmatch(r"3\.\d+", front.get("python_version", "")):
        raise ValueError(
            f"README.md: python_version is {front.get('python_version')!r}, expected one like 3.11, in quotes"
        )
    if len(front.get("short_description", "")) > DESCRIPTION:
        raise ValueError(f"README.md: short_description has more than {DESCRIPTION} characters")


def main(arguments: Sequence[str] | None = None) -> None:
    """Lay the Space out and say what is in it."""
    parser = argparse.ArgumentParser(prog="python -m app.space", description="Lay out what a Space is made of.")
    parser.add_argument("out", type=Path, help="a folder that is new or empty")
    out = parser.parse_args(arguments).out
    try:
        laid = lay_out(out)
    except (ValueError, OSError) as problem:
        parser.exit(2, f"{parser.prog}: {problem}\n")
    for title, large in (("git", False), ("LFS", True)):
        part = [each for each in laid if each.large == large]
        print(f"{title}: {len(part)} files, {sum(each.size for each in part) / 1e6:.1f} MB")
    for each in sorted(laid, key=lambda each: -each.size)[:5]:
        print(f"  {each.size / 1e6:6.2f} MB {'LFS' if each.large else 'git'}  {each.path}")
    print(f"push it: hf upload OWNER/NAME {out} . --repo-type space")


if __name__ == "__main__":
    main()

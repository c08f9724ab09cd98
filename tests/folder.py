"""The bytes of a whole folder of ``lzviz build-static``, by what they are for; building one takes a quarter of an hour.

    python -m tests.folder OUT     read a whole folder, and keep its bytes in tests/folder.json

A test builds a part, holds it against those, and says from them what the whole takes with today's pictures and checkpoints.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("folder.json")
Found = Mapping[str, Any]


@dataclass(frozen=True)
class Bytes:
    """Of a folder.

    Attributes:
        pictures: by picture: its file, its thumbnail and its masks.
        answers: by checkpoint and picture: the pipeline's answer and its row of comparisons.
        shared: what many answers have.
        largest: of those files.
        page: what opens, its words, lessons and menus.
        rest: specimens of the doctor, results.
    """

    pictures: dict[str, int]
    answers: dict[str, dict[str, int]]
    shared: int
    largest: int
    page: int
    rest: int


def _packed(file: Path) -> Any:
    return json.loads(gzip.decompress(file.read_bytes()))


def bytes_of(out: Path) -> Bytes:
    """Every file of a folder is counted once."""
    left = {str(path.relative_to(out)): path.stat().st_size for path in out.rglob("*") if path.is_file()}
    catalogue = _packed(out / "catalogue.pack")
    ids, names = ([line[key] for line in catalogue[of]] for of, key in (("pictures", "id"), ("checkpoints", "name")))

    def taken(*starts: str) -> int:
        found = [name for name in left if name.startswith(starts)]
        return sum(left.pop(name) for name in found)

    pictures = {id: taken(f"pictures/{id}.", f"thumbs/{id}.", f"answers/mask-{id}-") for id in ids}
    answers = {
        name: {id: taken(f"answers/{id}-{name}.pack", f"answers/compared-{id}-{name}.pack") for id in ids}
        for name in names
    }
    largest = max((size for name, size in left.items() if name.startswith("shared/")), default=0)
    shared, rest = taken("shared/"), taken("answers/")
    return Bytes(pictures, answers, shared, largest, sum(left.values()), rest)


def kept() -> Bytes:
    return Bytes(**json.loads(FILE.read_text()))


def whole(known: Bytes, part: Bytes, pictures: Collection[str], checkpoints: Collection[str]) -> int:
    """What a folder of those takes. What was not measured counts as the largest that was, of its system where one was; where
    something in ``part``, built today, has grown since, everything has."""
    # Of a picture that was not measured a checkpoint has as large an answer as of the picture that takes most.
    heavy = max(known.pictures, key=lambda id: sum(row[id] for row in known.answers.values()))

    def answer(name: str, id: str) -> int:
        like = [name] if name in known.answers else [each for each in known.answers if _system(each) == _system(name)]
        return max(known.answers[each][id if id in known.pictures else heavy] for each in like or known.answers)

    answers = sum(answer(name, id) for name in checkpoints for id in pictures)
    shown = sum(known.pictures.get(id, max(known.pictures.values())) for id in pictures)
    new = len(set(checkpoints) - known.answers.keys()) + len(set(pictures) - known.pictures.keys())
    measured = shown + answers + known.shared + new * known.largest + known.rest
    return round(grown(known, part) * measured) + part.page


def _system(checkpoint: str) -> str:
    return checkpoint.partition("-")[0]


def grown(known: Bytes, part: Bytes) -> float:
    """How many times as large as it was is what has grown most, at least once."""
    now, then = _flat(part), _flat(known)
    return max(1.0, *(size / then[name] for name, size in now.items() if then.get(name)))


def _flat(given: Bytes) -> dict[str, int]:
    answers = {f"{name} {id}": size for name, row in given.answers.items() for id, size in row.items()}
    return {**given.pictures, **answers, "shared": given.shared, "rest": given.rest}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("out", type=Path)
    found = bytes_of(parser.parse_args().out)
    FILE.write_text(json.dumps(asdict(found), indent=1) + "\n")
    total = whole(found, found, found.pictures, found.answers)
    print(f"{total / 1e6:.2f} MB: {len(found.answers)} checkpoints on {len(found.pictures)} pictures")


if __name__ == "__main__":
    main()

"""A folder while it is written: its files, under which questions each is found, and what of it is done.

job -> files, then a line of the journal; the same journal read again -> that job has nothing to do
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lzviz
from lzviz.contract.exchange import Reply, asked, found, told
from lzviz.contract.routes import named
from lzviz.contract.workshop import Workshop
from lzviz.site.light import picture

JOURNAL = ".unfinished"


@dataclass
class Folder:
    """What is written."""

    out: Path
    workshop: Workshop
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """By path: under which questions each is found."""
    routes: list[str] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)
    """What was done of late, as :meth:`again` takes it."""

    def pack(self, name: str, body: bytes) -> None:
        self.write(f"{name}.pack", gzip.compress(body, 9, mtime=0))

    def write(self, name: str, body: bytes) -> None:
        path = self.out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        # Whole or not at all, wherever this is interrupted.
        part = path.with_name(f"{path.name}.part")
        part.write_bytes(body)
        part.replace(path)
        self.told.append({"file": name, "bytes": len(body)})

    def share(self, text: str) -> dict[str, str]:
        """What many answers have, in a file of its own."""
        body = json.dumps(text).encode()
        name = f"shared/{hashlib.blake2b(body, digest_size=12).hexdigest()}"
        if not (self.out / f"{name}.pack").exists():
            self.pack(name, body)
        return {"shared": f"{name}.pack"}

    def keep(
        self, line: str, address: str, name: str, when: Sequence[Mapping[str, Any]], said: Any = None,
        change: Callable[[dict[str, Any]], dict[str, Any]] | None = None, rare: bool = False,
    ) -> Reply:  # fmt: skip
        """Ask, and keep the answer, perhaps changed, for every question that says what one of ``when`` says; ``rare``: the
        page asks of each question whether it is answered, and takes the route for one that is not."""
        route, path, query = found(named(line).method, address)
        question = asked(route, b"" if said is None else json.dumps(said).encode(), query, path)
        reply = told(question, self.workshop.answer(question))
        headers = {**reply.headers, "content-type": reply.media_type}
        packed = reply.media_type.startswith("application/json") or reply.media_type.startswith("text/")
        if packed:
            body = (
                reply.body
                if change is None
                else json.dumps(change(json.loads(reply.body)), separators=(",", ":")).encode()
            )
            self.pack(name, body)
            name += ".pack"
        else:
            body = picture(reply.body)
            kind = reply.media_type if body is reply.body else "image/webp"
            name += "." + kind.partition("/")[2]
            self.write(name, body)
            headers["content-type"] = kind
        more = {} if packed else {"headers": headers}
        lines = [{"when": dict(each), "file": name, **more} for each in when]
        self.index(address.partition("?")[0], lines, None if rare else route.path)
        return reply

    def index(self, path: str, lines: Sequence[dict[str, Any]], route: str | None = None) -> None:
        """Name what is found under ``path``; ``route``: of the server's, which has answers now."""
        self.kept.setdefault(path, []).extend(lines)
        if route is not None and route not in self.routes:
            self.routes.append(route)
        self.told.append({"path": path, "lines": [*lines], "route": route})

    def again(self, lines: Sequence[dict[str, Any]]) -> bool:
        """Take what was told once as done; False: its files are not there any more."""
        files = {line["file"]: line["bytes"] for line in lines if "file" in line}
        if any(not (path := self.out / name).is_file() or path.stat().st_size != size for name, size in files.items()):
            return False
        for line in lines:
            if "path" in line:
                self.index(**line)
        return True


class Journal:
    """Which jobs of a folder are done, in a file that it has until it is whole.

    Args:
        out: new, empty, or with the journal of the same names and the same lzviz.
        names: of what goes along.

    Raises:
        ValueError: ``out`` has something else in it.
    """

    def __init__(self, out: Path, names: Sequence[str]) -> None:
        self.file = out / JOURNAL
        self.known: dict[int, list[dict[str, Any]]] = {}
        key = {"of": _made_of(names)}
        if out.exists() and (not out.is_dir() or any(out.iterdir())):
            if not self.file.is_file():
                raise ValueError(f"{out} is not empty: name a new folder")
            of, *lines = _lines(self.file) or [None]
            if of != key:
                raise ValueError(f"{out} is a part of another folder: remove it or name a new one")
            self.known = {line["job"]: line["told"] for line in lines}
        out.mkdir(parents=True, exist_ok=True)
        self.file.write_text("".join(f"{json.dumps(line)}\n" for line in (key, *map(_line, self.known.items()))))

    def done(self, folder: Folder, number: int, job: Callable[[], object]) -> None:
        """Do a job, unless it is."""
        if number in self.known and folder.again(self.known[number]):
            return
        folder.told.clear()
        job()
        with self.file.open("a") as file:
            file.write(f"{json.dumps(_line((number, folder.told)))}\n")

    def end(self) -> None:
        self.file.unlink()


def _line(job: tuple[int, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"job": job[0], "told": job[1]}


def _lines(file: Path) -> list[Any]:
    """All but one that was cut off."""
    lines = []
    for line in file.read_text().splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            break
    return lines


def _made_of(names: Sequence[str]) -> str:
    """What answers follow from: every file of lzviz, checkpoints among them, and what was asked."""
    digest = hashlib.blake2b(json.dumps([*names]).encode(), digest_size=16)
    package = Path(lzviz.__file__).parent
    for path in sorted(package.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(json.dumps([str(path.relative_to(package)), path.stat().st_size]).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()

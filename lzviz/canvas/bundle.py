"""The modules of the canvas as one script and its styles as one, for a page that shall ask for few files or for none.

main.js --imports--> modules in the order of their needs --> one script; what is imported late --> a script each
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
ENTRY = "main.js"
# In this order: later ones refine earlier ones.
STYLES = tuple(
    f"style/{name}.css"
    for name in ("tokens", "page", "stage", "seen", "cad", "learned", "models", "doctor", "compare", "learn", "terms")
)
# Where a script finds those that are imported late, relative to itself.
LATE = "bundle/"

_COMMENTS = re.compile(r"^[ \t]*(?:/\*(?:(?!\*/)[\s\S])*\*/|//[^\n]*)[ \t]*\n", re.MULTILINE)
_STYLE_COMMENTS = re.compile(r"/\*.*?\*/\n?", re.DOTALL)
_IMPORT = re.compile(r'^import\s+(\{[^}]*\}|\* as \w+)\s+from\s+"(\.[^"]+)";', re.MULTILINE)
_LATE = re.compile(r'\bimport\("(\.[^"]+)"\)')
_PASSED_ON = re.compile(r'^export\s+\{([^}]*)\}\s+from\s+"(\.[^"]+)";', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function\*?|const|class) (\w+)", re.MULTILINE)
_LEFT = re.compile(r"^(?:import|export)\b[^\n(]*", re.MULTILINE)


@dataclass(frozen=True)
class Bundle:
    """A script that is an ECMAScript module with the exports of its entry, and the scripts that it imports late."""

    script: str
    late: dict[str, str]


@dataclass(frozen=True)
class _Module:
    needs: tuple[str, ...]
    late: tuple[str, ...]
    exports: tuple[str, ...]
    body: str


def bundle(entry: str = ENTRY, *, folder: Path = FOLDER, inline: bool = False) -> Bundle:
    """One script with ``entry`` and all that it imports.

    Args:
        entry: a module, relative to ``folder``.
        folder: where the modules are.
        inline: what is imported late is part of the script too (not run before it is wanted), which may then stand
            inside an HTML ``<script type="module">``: no file is asked for.

    Returns:
        The script; and by their names the late ones, to be served below :data:`LATE` beside it (none when inline).

    Raises:
        ValueError: a module is missing, imports itself in a circle, or is written in a form that is not understood.
    """
    reader = _Reader(folder)
    order = reader.order(entry)
    chunks: dict[str, str] = {}
    waiting = [late for name in order for late in reader.read(name).late]
    while waiting:
        name = waiting.pop()
        if name in order or name in chunks:
            continue
        own = [each for each in reader.order(name) if each not in order]
        chunks[name] = "".join(map(reader.written, own))
        waiting += [late for each in own for late in reader.read(each).late]
    if inline:
        known = ",\n".join(f'"{name}": () => {{\n{text}}}' for name, text in chunks.items())
        load = f"const $late = {{{known}}};\n"
        load += "const $import = async (name) => (name in $ || $late[name](), $[name]);\n"
    else:
        load = (
            f"const $import = async (name) => (name in $ || (await import(new URL(`{LATE}${{name}}`, import.meta.url).href))"
            ".default($, $import), $[name]);\n"
        )
    names = ", ".join(reader.read(entry).exports)
    script = f'const $ = {{}};\n{load}{"".join(map(reader.written, order))}export const {{ {names} }} = $["{entry}"];\n'
    if inline:
        return Bundle(re.sub(r"</(?=script)", r"<\\/", script, flags=re.IGNORECASE), {})
    late = {name: f"export default ($, $import) => {{\n{text}}};\n" for name, text in chunks.items()}
    return Bundle(script, late)


def style(folder: Path = FOLDER, names: Sequence[str] = STYLES) -> str:
    """Styles of the canvas, by default all of the page, as one sheet."""
    return "".join(_STYLE_COMMENTS.sub("", (folder / name).read_text("utf-8")) for name in names)


class _Reader:
    """Modules of a folder by name, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: dict[str, _Module] = {}

    def read(self, name: str) -> _Module:
        if name not in self.modules:
            try:
                text = (self.folder / name).read_text("utf-8")
            except OSError:
                raise ValueError(f"there is no module {name!r} in {self.folder.name}; correct the import") from None
            self.modules[name] = _parsed(name, text)
        return self.modules[name]

    def order(self, entry: str) -> list[str]:
        """``entry`` and what it needs, each after what it needs itself."""
        done: dict[str, None] = {}

        def visit(name: str, way: tuple[str, ...]) -> None:
            if name in way:
                circle = " -> ".join((*way[way.index(name) :], name))
                raise ValueError(f"modules import each other in a circle: {circle}; move what they share into another")
            if name in done:
                return
            for need in self.read(name).needs:
                visit(need, (*way, name))
            done[name] = None

        visit(entry, ())
        return list(done)

    def written(self, name: str) -> str:
        module = self.read(name)
        return f'$["{name}"] = (() => {{\n{module.body}return {{ {", ".join(module.exports)} }};\n}})();\n'


def _parsed(name: str, text: str) -> _Module:
    """What a module needs and gives, and its body as that of a function."""
    needs: list[str] = []
    late: list[str] = []
    exports: list[str] = []

    def near(path: str) -> str:
        return posixpath.normpath(posixpath.join(posixpath.dirname(name), path))

    def take(what: str, path: str) -> str:
        needs.append(near(path))
        what = what.removeprefix("* as ") if what.startswith("*") else re.sub(r"\b(\w+) as (\w+)", r"\1: \2", what)
        return f'const {what} = $["{near(path)}"];'

    def imported(found: re.Match[str]) -> str:
        return take(found[1], found[2])

    def passed_on(found: re.Match[str]) -> str:
        exports.extend(part.strip().split(" as ")[-1] for part in found[1].split(",") if part.strip())
        return take(f"{{{found[1]}}}", found[2])

    def exported(found: re.Match[str]) -> str:
        exports.append(found[2])
        return f"{found[1]} {found[2]}"

    def lately(found: re.Match[str]) -> str:
        late.append(near(found[1]))
        return f'$import("{near(found[1])}")'

    body = _COMMENTS.sub("", text if text.endswith("\n") else f"{text}\n")
    for pattern, change in ((_IMPORT, imported), (_PASSED_ON, passed_on), (_EXPORT, exported), (_LATE, lately)):
        body = pattern.sub(change, body)
    if left := _LEFT.search(body):
        raise ValueError(f"{name}: {left[0]!r} is not understood; import and export names, as the other modules do")
    return _Module(
        tuple(needs), tuple(late), tuple(exports),
        body.replace("import.meta.url", f'new URL("{name}", import.meta.url).href'),
    )  # fmt: skip

"""The house, read from its files: who imports whom, how long things are, what touches what.

    python -m tests.house                          what is wrong, one line each, and the exceptions that still stand
    python -m tests.house --svg docs/house.svg     the picture of docs/architecture.md

Nothing is imported, the modules are parsed. An import inside a function counts as much as one at the top; one under
``TYPE_CHECKING`` names a type and loads nothing, and does not.
"""

from __future__ import annotations

import argparse
import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOREIGN = ("app", "gradio", "plotly")
FILE, FUNCTION = 400, 60
PAGE = re.compile(r"\b(document|window|HTML\w+|localStorage|requestAnimationFrame)\b[.(]")

TABLES = {
    "lzviz/adaptive/triton_kernels.py:rows_kernel": "a kernel is compiled as one function",
}
"""What may be long, and why."""

EXCEPTIONS: set[str] = set()
"""What is wrong today. This list only becomes shorter: an entry that is mended must go, a new one is a fault."""


def sources(*folders: str, suffix: str = ".py") -> list[Path]:
    """The files of folders, sorted."""
    found = (path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))
    return sorted(path for path in found if not {"__pycache__", "node_modules"} & set(path.parts))


def module(path: Path) -> str:
    """The dotted name of a file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path) -> set[str]:
    """The dotted names that a file imports: of ``from a import b`` both ``a`` and ``a.b``."""
    here, found = module(path).split("."), set()
    package = here if path.name == "__init__.py" else here[:-1]
    for node in _running(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            found |= {f"{name}.{alias.name}" for alias in node.names} | {name}
    return found


def _running(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those that only a type checker reads."""
    yield tree
    for child in ast.iter_child_nodes(tree):
        if not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from _running(child)


def graph(package: str = "lzviz") -> dict[str, set[str]]:
    """Module -> the modules of the package that it needs: of ``from a import b`` that is ``a.b`` where there is one, else ``a``."""
    files = {module(path): path for path in sources(package)}
    needs: dict[str, set[str]] = {}
    for name, path in files.items():
        names = imported(path)
        direct = {n for n in names & set(files) if not any(m.rpartition(".")[0] == n for m in names & set(files))}
        through = {n.rpartition(".")[0] for n in names - set(files)} & set(files) & names
        needs[name] = (direct | through) - {name, package}
    return needs


def rooms(needs: Mapping[str, Iterable[str]]) -> dict[str, set[str]]:
    """The same between rooms: the packages and modules that stand directly in ``lzviz``."""
    found: dict[str, set[str]] = {}
    for name, others in needs.items():
        if name.count("."):  # the package itself gives everybody's names, lazily
            found.setdefault(_room(name), set()).update(_room(n) for n in others if _room(n) != _room(name))
    return found


def _room(name: str) -> str:
    return name.split(".")[1]


def cycles(needs: Mapping[str, Iterable[str]]) -> list[tuple[str, ...]]:
    """The sets of nodes that all reach each other (Tarjan), each sorted."""
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[tuple[str, ...]] = []

    def visit(node: str) -> None:
        number[node] = lowest[node] = len(number)
        stack.append(node)
        for other in sorted(needs.get(node, ())):
            if other not in number:
                visit(other)
                lowest[node] = min(lowest[node], lowest[other])
            elif other in stack:
                lowest[node] = min(lowest[node], number[other])
        if lowest[node] == number[node]:
            group = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(group) > 1:
                found.append(tuple(sorted(group)))

    for node in sorted(needs):
        if node not in number:
            visit(node)
    return sorted(found)


def floors(needs: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """Rooms by height: each stands on lower floors only. Those of a cycle stand together."""
    groups = {name: group for group in cycles(needs) for name in group}
    height: dict[str, int] = {}

    def of(name: str) -> int:
        if name not in height:
            group = groups.get(name, (name,))
            below = {n for member in group for n in needs.get(member, ())} - set(group)
            height.update(dict.fromkeys(group, 1 + max((of(n) for n in below), default=-1)))
        return height[name]

    top = max((of(name) for name in needs), default=-1)
    return [sorted(name for name in needs if of(name) == k) for k in range(top + 1)]


# -- what is wrong -------------------------------------------------------------------------------------------------------


def faults() -> set[str]:
    """Everything that breaks a rule of the house, a line each."""
    needs = graph()
    circles = {*cycles(needs), *cycles(rooms(needs))}
    return (
        {f"cycle: {', '.join(group)}" for group in circles} | _foreign() | _page() | _long_files() | _long_functions()
    )


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _foreign() -> set[str]:
    each = ((path, name) for path in sources("lzviz") for name in imported(path))
    return {f"foreign import: {_name(path)} needs {name}" for path, name in each if name.split(".")[0] in FOREIGN}


def _page() -> set[str]:
    """The engine computes: it neither sees a document nor waits for a frame."""
    found = set()
    for path in sources("lzviz/canvas/engine", suffix=".js"):
        code = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        found |= {f"page in the engine: {_name(path)} touches {match[1]}" for match in PAGE.finditer(code)}
    return found


def _long_files() -> set[str]:
    files = sources("lzviz", "app", "tests", "benchmarks", "examples")
    files += sources("lzviz/canvas", "tests", suffix=".js")
    return {f"long file: {_name(path)}" for path in files if len(path.read_text("utf-8").splitlines()) > FILE}


def _long_functions() -> set[str]:
    found = set()
    for path in sources("lzviz", "app", "tests", "benchmarks", "examples"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name, lines = f"{_name(path)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1
                if lines > FUNCTION and name not in TABLES:
                    found.add(f"long function: {name}")
    return found


# -- the picture ---------------------------------------------------------------------------------------------------------

WIDE, STEP, BOX = 880, 62, (112, 34)


def svg() -> str:
    """The rooms of ``lzviz``, each above what it needs; lines only where no path over other rooms says the same."""
    needs = rooms(graph())
    needs["app"] = {"contract", "canvas"}
    needs.setdefault("canvas", set())
    levels = floors(needs)
    rows = [(level, row[k : k + 7]) for level, row in enumerate(levels) for k in range(0, len(row), 7)]
    centre: dict[str, tuple[float, float]] = {}
    for k, (_, row) in enumerate(rows):
        for n, name in enumerate(row):
            centre[name] = (WIDE * (n + 0.5) / len(row), STEP * (len(rows) - k - 0.5))
    lines = [
        f'<path d="M{centre[a][0]:.0f} {centre[a][1] + BOX[1] / 2:.0f}L{centre[b][0]:.0f} {centre[b][1] - BOX[1] / 2:.0f}"/>'
        for a in sorted(needs)
        for b in sorted(_direct(needs, a))
    ]
    boxes = [
        f'<rect x="{x - BOX[0] / 2:.0f}" y="{y - BOX[1] / 2:.0f}" width="{BOX[0]}" height="{BOX[1]}" rx="6"/>'
        f'<text x="{x:.0f}" y="{y + 4.5:.0f}">{name}</text>'
        for name, (x, y) in sorted(centre.items())
    ]
    style = (
        "svg{color:#1b2733;background:#fff}path{stroke:#9aa7b4;fill:none}rect{fill:#eef3f7;stroke:#5b7083}"
        "text{font:13px system-ui,sans-serif;text-anchor:middle;fill:#1b2733}"
    )
    title = "<title>The rooms of lzviz: each needs only what stands below it</title>"
    size = f'viewBox="0 0 {WIDE} {STEP * len(rows)}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img">', title, f"<style>{style}</style>"]
    return "\n".join([*parts, *lines, *boxes, "</svg>"]) + "\n"


def _direct(needs: Mapping[str, set[str]], name: str) -> set[str]:
    """What a room needs, without what that needs anyhow."""
    reached: set[str] = set()
    waiting = [m for n in needs[name] for m in needs.get(n, ())]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += needs.get(node, ())
    return needs[name] - reached


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--svg", type=Path, help="draw the rooms into this file")
    given = parser.parse_args()
    if given.svg is not None:
        given.svg.write_text(svg(), encoding="utf-8")
        return 0
    found = faults()
    for line in sorted(found - EXCEPTIONS):
        print(line)
    for line in sorted(EXCEPTIONS - found):
        print(f"no exception any more: {line}")
    print(f"{len(found - EXCEPTIONS)} faults, {len(found & EXCEPTIONS)} exceptions that still stand")
    return int(found != EXCEPTIONS)


if __name__ == "__main__":
    raise SystemExit(main())

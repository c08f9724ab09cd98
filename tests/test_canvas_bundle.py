"""The canvas as one script: everything is in it, in the order of its needs, and what is not understood is refused."""

import json
import subprocess
from pathlib import Path

import pytest

from lzviz.canvas.bundle import FOLDER, STYLES, bundle, style
from lzviz.doctor import report


def folder(tmp_path: Path, **modules: str) -> Path:
    for name, text in modules.items():
        (tmp_path / f"{name}.js").write_text(text)
    return tmp_path


def run(script: str) -> object:
    """What ``answer`` of a script is, in node."""
    program = f"{script}\nconsole.log(JSON.stringify(answer));"
    done = subprocess.run(["node", "--input-type=module", "-e", program], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


MODULES = {
    "main": '// @ts-check\n/** A. */\nimport * as b from "./b.js";\nimport { c as d,\n  e } from "./c.js";\n'
    'export { e as again } from "./c.js";\nexport const answer = [b.two(), d, e, await0()];\n'
    'function await0() { return 0; }\nexport const late = () => import("./late.js");\n',
    "b": 'import { c } from "./c.js";\n/** @type {number} */\nconst one = /** @type {any} */ (c);\n'
    "/** X */\nexport function two() {\n  return 2 * one;\n}\n",
    "c": 'export const c = 1;\nexport class Own {}\nexport async function e2() {}\nexport const e = "// no comment";\n',
    "late": 'import { c } from "./c.js";\nexport const f = "</script>" + c;\n',
}


def test_a_bundle_computes_what_its_modules_do(tmp_path: Path) -> None:
    made = bundle(folder=folder(tmp_path, **MODULES))
    assert run(made.script) == [2, 1, "// no comment", 0]
    assert list(made.late) == ["late.js"] and "</script>" not in made.script


def test_an_inline_bundle_asks_for_no_file_and_may_stand_in_html(tmp_path: Path) -> None:
    made = bundle(folder=folder(tmp_path, **MODULES), inline=True)
    assert not made.late and "</script" not in made.script
    script = made.script + "answer.push((await late()).f);"
    assert run(script) == [2, 1, "// no comment", 0, "</script>1"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('import { a } from "./none.js";', "there is no module 'none.js'"),
        ('import a from "./c.js";', "'import a from .* is not understood"),
        ("export let a = 1;", "'export let a = 1;' is not understood"),
        ("export default 1;", "is not understood"),
        ('import { a } from "./circle.js";', "main.js -> circle.js -> main.js"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, text: str, said: str) -> None:
    made = folder(tmp_path, main=text, c="export const c = 1;", circle='import { x } from "./main.js";')
    with pytest.raises(ValueError, match=said):
        bundle(folder=made)


def test_every_module_and_style_of_the_canvas_is_in_a_bundle() -> None:
    entries = [path.name for path in FOLDER.glob("*.js")]
    assert sorted(entries) == ["folder.js", "main.js", "notebook.js", "report.js", "saved.js"]
    whole = "".join(bundle(entry, inline=True).script for entry in entries)
    names = [path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*.js")]
    assert [name for name in names if f'$["{name}"] =' not in whole] == []
    assert {f"style/{path.name}" for path in (FOLDER / "style").glob("*.css")} == {*STYLES, *report.STYLES}
    assert style().count("{") == style().count("}") > 100
    assert sorted(bundle().late) == [
        "core/listed.js", "rooms/compare/watched.js", "rooms/doctor/doctor.js", "rooms/learn/learn.js", "rooms/learn/sheet.js",
        "rooms/models/models.js", "rooms/pipeline/filmstrip.js", "rooms/pipeline/found.js", "rooms/pipeline/found_dock.js",
        "rooms/pipeline/watched.js", "shell/film.js", "shell/glossary.js",
    ]  # fmt: skip

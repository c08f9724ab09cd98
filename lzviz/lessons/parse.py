"""One lesson: a Markdown file -> plain data.

    ---
    title: Uniform spends equally        goal: what the reader can say afterwards
    figure: warp                         one of lzviz.lessons.expression.NAMES, or "warp" where nothing is said
    controls: width                      sliders over the picture: keys of the state
    region: 0.49 0.40 0.55 0.46          a box in fractions of the picture, which `region...` numbers are about
    ---
    Paragraphs, and fenced blocks:
      state NAME    keys of a link; `start` and `reveal` have to be there, every other one changes `start`
      formula       LaTeX, and under it what it says
      predict       the question, then `number: LOW..HIGH step STEP start START`, `unit:`, `truth:`, `format:`, `hold: warp`
      check         the question, then `- [ ] answer | why not` and one `- [x] answer | why`
      claims        `STATE NAME: EXPRESSION = EXPRESSION ± TOLERANCE`, or with < <= >= >

What stands before `predict` is read before it, what stands after it once the answer is shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from lzviz.lessons.expression import CLAIM, NAMES, READER, names_in
from lzviz.lessons.formula import mathml
from lzviz.lessons.prose import inline, texts
from lzviz.text import FORMATS

FILE = re.compile(r"(\d\d)-([a-z-]+)\.md")
WORDS = 450
"""A lesson takes three minutes."""
_FENCE = re.compile(r"^```(\w+)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_RANGE = re.compile(r"(-?[\d.]+)\.\.(-?[\d.]+) step ([\d.]+) start (-?[\d.]+)")
_OPTION = re.compile(r"- \[([ x])\] (.+?) \| (.+)")
_HEAD = ("title", "goal", "figure", "controls", "region")
_PREDICT = ("number", "unit", "truth", "format", "hold")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")


def lesson(path: Path) -> dict[str, Any]:
    """The lesson of a file.

    Raises:
        ValueError: the file is not a lesson; the sentence names it, what was expected and where.
    """
    named = FILE.fullmatch(path.name)
    if not named:
        raise ValueError(f"{path.name}: expected a name such as 03-springs.md")
    try:
        head, body = _parts(path.read_text("utf-8"))
        return {"number": int(named[1]), "name": named[2], **_read(head, body)}
    except ValueError as problem:
        raise ValueError(f"{path.parent.name}/{path.name}: {problem}") from None


def words(lesson: dict[str, Any]) -> int:
    """What a reader reads, in words; three Chinese characters count as two."""
    parts = [lesson["title"], lesson["predict"]["says"], lesson["check"]["says"]]
    parts += [block.get("p") or block.get("says", []) for block in (*lesson["before"], *lesson["after"])]
    parts += [part for option in lesson["check"]["options"] for part in (option["text"], option["why"])]
    said = " ".join(part if isinstance(part, str) else texts(part) for part in parts)
    chinese = len(_CHINESE.findall(said))
    return round(2 * chinese / 3) if chinese else len(said.split())


def _parts(text: str) -> tuple[dict[str, str], str]:
    found = re.match(r"---\n(.*?)\n---\n(.*)", text, re.DOTALL)
    if not found:
        raise ValueError("expected it to begin with --- and lines such as `title: ...`, and ---")
    return _lines(found[1], _HEAD), found[2]


def _lines(text: str, known: tuple[str, ...]) -> dict[str, str]:
    lines: dict[str, str] = {}
    for line in text.splitlines():
        key, colon, value = line.partition(":")
        if not colon or key not in known or not value.strip():
            raise ValueError(f"{line!r} is not understood; expected `KEY: VALUE` with a KEY of {', '.join(known)}")
        lines[key] = value.strip()
    return lines


def _read(head: dict[str, str], body: str) -> dict[str, Any]:
    for key in ("title", "goal"):
        if key not in head:
            raise ValueError(f"has no {key}")
    figure = head.get("figure", "warp")
    if figure not in NAMES:
        raise ValueError(f"there is no figure {figure!r}; expected one of {', '.join(NAMES)}")
    told = _body(body)
    told |= {"title": head["title"], "goal": head["goal"], "figure": figure}
    told["controls"] = [key.strip() for key in head.get("controls", "").split(",") if key.strip()]
    told["region"] = [float(edge) for edge in head["region"].split()] if "region" in head else None
    if told["region"] and not (len(told["region"]) == 4 and all(0 <= edge <= 1 for edge in told["region"])):
        raise ValueError(f"region: expected x0 y0 x1 y1 as fractions, got {head['region']!r}")
    _known(told, set(NAMES[figure]) | set(READER))
    return told


def _body(body: str) -> dict[str, Any]:
    told: dict[str, Any] = {"states": {}, "before": [], "after": [], "claims": []}
    at, blocks = 0, told["before"]
    for found in _FENCE.finditer(body):
        blocks += _paragraphs(body[at : found.start()])
        at = found.end()
        kind, name, text = found[1], found[2], found[3].strip()
        if kind == "state":
            told["states"][name] = "&".join(text.split())
        elif kind == "formula":
            blocks.append(_formula(text))
        elif kind == "claims":
            told["claims"] += [_claim(line) for line in text.splitlines() if line.strip()]
        elif kind in ("predict", "check"):
            if kind in told:
                raise ValueError(f"has two blocks {kind}")
            told[kind] = _predict(text) if kind == "predict" else _check(text)
            blocks = told["after"]
        else:
            raise ValueError(f"there is no block {kind!r}; expected state, formula, predict, check or claims")
    blocks += _paragraphs(body[at:])
    for kind in ("predict", "check"):
        if kind not in told:
            raise ValueError(f"has no block {kind}")
    if not {"start", "reveal"} <= told["states"].keys():
        raise ValueError("expected a block `state start` and a block `state reveal`")
    if not told["claims"]:
        raise ValueError("claims nothing: say in a block `claims` what its numbers are")
    return told


def _paragraphs(text: str) -> list[dict[str, Any]]:
    if "```" in text:
        raise ValueError("a block does not end: expected ``` alone on a line")
    return [{"p": inline(" ".join(part.split("\n")))} for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]


def _formula(text: str) -> dict[str, Any]:
    latex, _, says = text.partition("\n")
    return {"formula": mathml(latex, display=True), "latex": latex, **({"says": inline(says)} if says else {})}


def _predict(text: str) -> dict[str, Any]:
    question, _, rest = text.partition("\n")
    lines = _lines(rest, _PREDICT)
    for key in ("number", "truth"):
        if key not in lines:
            raise ValueError(f"predict has no line {key}")
    found = _RANGE.fullmatch(lines["number"])
    if not found:
        raise ValueError(f"expected `number: LOW..HIGH step STEP start START`, got {lines['number']!r}")
    low, high, step, start = map(float, found.groups())
    if not (low < high and step > 0 and low <= start <= high):
        raise ValueError(f"predict: {lines['number']!r} is no range")
    style = lines.get("format", "whole")
    if style not in FORMATS:
        raise ValueError(f"predict: there is no format {style!r}")
    names_in(lines["truth"])
    return {
        "says": inline(question), "low": low, "high": high, "step": step, "start": start, "unit": lines.get("unit", ""),
        "truth": lines["truth"], "format": style, "hold": lines.get("hold") == "warp",
    }  # fmt: skip


def _check(text: str) -> dict[str, Any]:
    question, _, rest = text.partition("\n")
    options = []
    for line in rest.splitlines():
        found = _OPTION.fullmatch(line.strip())
        if not found:
            raise ValueError(f"check: {line!r} is not understood; expected `- [ ] answer | why not` or `- [x] ...`")
        options.append({"right": found[1] == "x", "text": inline(found[2]), "why": inline(found[3])})
    if len(options) < 2 or sum(option["right"] for option in options) != 1:
        raise ValueError("check: expected two answers or more, and one of them with [x]")
    return {"says": inline(question), "options": options}


def _claim(line: str) -> dict[str, Any]:
    found = CLAIM.fullmatch(line.strip())
    if not found or (found[4] == "=") == (found[6] is None):
        raise ValueError(
            f"claims: {line!r} is not understood; expected `STATE NAME: EXPRESSION = EXPRESSION ± TOLERANCE`, or < <= >= >"
        )
    for side in (found[3], found[5]):
        names_in(side)
    return {
        "state": found[1], "name": found[2], "left": found[3], "is": found[4], "right": found[5],
        "tolerance": float(found[6] or 0),
    }  # fmt: skip


def _known(told: dict[str, Any], names: set[str]) -> None:
    """Every number and every state that is spoken of is one of the lesson's."""
    for part in _walk([told["before"], told["after"], told["predict"]["says"], told["check"]]):
        if "number" in part:
            _own(part["number"], names)
        state = part.get("set") or ("number" in part and part.get("at"))
        if state and state not in told["states"]:
            raise ValueError(f"there is no state {state!r}; expected one of {', '.join(told['states'])}")
    _own(told["predict"]["truth"], names - set(READER))
    for claim in told["claims"]:
        if claim["state"] not in told["states"]:
            raise ValueError(f"claims: there is no state {claim['state']!r}")
        for side in ("left", "right"):
            _own(claim[side], names)


def _own(expression: str, names: set[str]) -> None:
    if unknown := names_in(expression) - names:
        raise ValueError(
            f"there is no number {min(unknown)!r} in {expression!r}; this figure gives {', '.join(sorted(names))}"
        )


def _walk(value: Any) -> Any:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from _walk(each)

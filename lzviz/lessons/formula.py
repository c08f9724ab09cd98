"""LaTeX -> MathML as plain data ``[tag, attributes, child, ...]``, with symbols that know their names.

``\\sym{saliency}{S(q)}`` in a formula is ``S(q)`` in a row with ``data-symbol="saliency"``: what is hovered there lights up
wherever the page shows it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

MATHML = "{http://www.w3.org/1998/Math/MathML}"
_SYMBOL = re.compile(r"\\sym\{([a-z]+)\}\{")
# A colour that no lesson uses carries the number of a symbol through the renderer.
_CARRIER = "#0000"
# Presentation only; what can link or run has no place in a lesson.
_TAGS = (
    "math mrow mi mn mo mtext mspace mfrac msqrt mroot msub msup msubsup munder mover munderover mtable mtr mtd mstyle"
)
TAGS = frozenset(_TAGS.split())
KEPT = frozenset(("display", "mathvariant", "stretchy", "width", "displaystyle", "columnalign", "fence", "accent"))


def mathml(latex: str, *, display: bool = False) -> list[Any]:
    """The formula as nested lists.

    Raises:
        ValueError: it cannot be read, or needs what MathML of a lesson must not hold.
    """
    from latex2mathml.converter import convert

    names: list[str] = []
    plain = "".join(_carried(latex, names))
    try:
        tree = ElementTree.fromstring(convert(plain, display="block" if display else "inline"))
    except Exception as problem:
        raise ValueError(f"the formula {latex!r} cannot be read: {problem or type(problem).__name__}") from None
    if re.search(r"\\[a-z]", "".join(tree.itertext())):
        raise ValueError(f"the formula {latex!r} has a command that is not known")
    return _plain(tree, names)


def symbols(latex: str) -> set[str]:
    """Names of the symbols in a formula."""
    return set(_SYMBOL.findall(latex))


def _carried(latex: str, names: list[str]) -> Iterator[str]:
    at = 0
    for found in _SYMBOL.finditer(latex):
        if found.start() < at:
            raise ValueError(f"a symbol inside of another one in {latex!r}: name the inner or the outer one")
        end = _closing(latex, found.end())
        yield latex[at : found.start()]
        names.append(found[1])
        yield f"{{\\color{{{_CARRIER}{len(names) - 1:02x}}} {latex[found.end() : end]}}}"
        at = end + 1
    yield latex[at:]


def _closing(latex: str, start: int) -> int:
    """Where the brace that is open at ``start`` closes."""
    depth = 1
    for at in range(start, len(latex)):
        depth += {"{": 1, "}": -1}.get(latex[at], 0)
        if depth == 0:
            return at
    raise ValueError(f"a brace is not closed in {latex!r}")


def _plain(node: ElementTree.Element, names: list[str]) -> list[Any]:
    tag = node.tag.removeprefix(MATHML)
    if tag not in TAGS:
        raise ValueError(f"<{tag}> has no place in a formula of a lesson; write it another way")
    attributes = {key: value for key, value in node.attrib.items() if key in KEPT}
    colour = node.attrib.get("mathcolor", "")
    if colour.startswith(_CARRIER):
        tag, attributes = "mrow", {"data-symbol": names[int(colour.removeprefix(_CARRIER), 16)]}
    children: list[Any] = [_plain(child, names) for child in node]
    if node.text and node.text.strip():
        children.insert(0, node.text.strip())
    return [tag, attributes, *children]

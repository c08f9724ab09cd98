"""Numbers as a browser writes and reads them: a link has to mean the same on both sides."""

from __future__ import annotations

import math
import re

_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_OTHER_BASE = re.compile(r"0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+", re.ASCII)


def written(value: float) -> str:
    """JavaScript's ``String(value)`` of a finite number."""
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(float(value))
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    power = int(exponent)
    if -7 < power < 0:
        digits = mantissa.replace(".", "").lstrip("-")
        return ("-" if value < 0 else "") + "0." + "0" * (-power - 1) + digits
    if 0 <= power < 21:
        return str(int(value))
    return f"{mantissa.removesuffix('.0')}e{power:+d}"


def read(text: str) -> float:
    """JavaScript's ``Number(text)``: nothing but blanks is 0, what is no number is NaN."""
    text = text.strip(" \t\n\r\v\f\u00a0\ufeff\u2028\u2029")
    if not text:
        return 0.0
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _OTHER_BASE.fullmatch(text):
        return float(int(text, 0))
    return -math.inf if text == "-Infinity" else math.inf if text in ("Infinity", "+Infinity") else math.nan


def rounded(value: float) -> int:
    """JavaScript's ``Math.round``: halves go up."""
    return math.floor(value + 0.5)

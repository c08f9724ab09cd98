"""A small stroke alphabet: letters as polylines, turned into quadrilaterals that perspective can bend.

Glyphs live in a box 4 wide and 6 high, y up; a stroke that begins with ~ is rounded. No font file is read.
"""

import numpy as np

_GLYPHS = {
    "A": ["00 26 40", "12 32"],
    "B": ["26 06 00 30", "~26 36 45 34 23", "03 23", "~23 33 42 41 40 30"],
    "C": ["~45 36 16 05 01 10 30 41"],
    "D": ["20 00 06 26", "~26 36 45 44 42 41 30 20"],
    "E": ["40 00 06 46", "03 33"],
    "F": ["00 06 46", "03 33"],
    "G": ["~45 36 16 05 01 10 30 41 43", "43 23"],
    "H": ["00 06", "40 46", "03 43"],
    "I": ["20 26"],
    "J": ["~01 10 30 41 46"],
    "K": ["00 06", "46 03 40"],
    "L": ["06 00 40"],
    "M": ["00 06 23 46 40"],
    "N": ["00 06 40 46"],
    "O": ["~10 01 05 16 36 45 41 30 10"],
    "P": ["00 06 26", "~26 36 45 44 33 23", "23 03"],
    "Q": ["~10 01 05 16 36 45 41 30 10", "22 40"],
    "R": ["00 06 26", "~26 36 45 44 33 23", "23 03", "23 40"],
    "S": ["~45 36 16 05 04 13 33 42 41 30 10 01"],
    "T": ["06 46", "26 20"],
    "U": ["~06 01 10 30 41 46"],
    "V": ["06 20 46"],
    "W": ["06 10 24 30 46"],
    "X": ["00 46", "06 40"],
    "Y": ["06 23 46", "23 20"],
    "Z": ["06 46 00 40"],
    "0": ["~10 01 05 16 36 45 41 30 10"],
    "1": ["05 26 20", "10 30"],
    "2": ["~05 16 36 45 44 00", "00 40"],
    "3": ["~05 16 36 45 44 33 13", "~13 33 42 41 30 10 01"],
    "4": ["30 36 02 42"],
    "5": ["46 06 03", "~03 33 42 41 30 10 01"],
    "6": ["~45 36 16 05 01 10 30 41 42 33 03"],
    "7": ["06 46 10"],
    "8": ["~23 13 04 05 16 36 45 44 33 23", "~23 13 02 01 10 30 41 42 33 23"],
    "9": ["~43 13 04 05 16 36 45 41 30 10 01"],
    "-": ["13 33"],
    ".": ["20 20"],
    "&": ["~40 04 05 16 25 24 02 01 10 20 42"],
    "^": ["20 26", "04 26 44"],
    "<": ["03 43", "25 03 21"],
    ">": ["03 43", "25 43 21"],
    "/": ["00 46"],
}
_ADVANCE = 5.4


def text_width(text: str, height: float) -> float:
    """The width of a line of text of cap height `height`, in the same unit."""
    return (len(text) * _ADVANCE - 1.4) * height / 6


def text_quads(text: str, height: float, weight: float = 0.16) -> np.ndarray:
    """(n, 4, 2) quadrilaterals x, y (y up) of a line of capitals; its baseline starts at (0, 0).

    height: cap height; weight: stroke width as a share of the height. Unknown characters are blank.
    """
    quads = [np.zeros((0, 4, 2))]
    half = weight * 6 / 2
    for place, letter in enumerate(text.upper()):
        for stroke in _GLYPHS.get(letter, []):
            points = np.array([[int(c) for c in pair] for pair in stroke.strip("~").split()], float)
            points = _rounded(points) if stroke[0] == "~" else points
            quads.append(_stroke(points, half) + np.array([place * _ADVANCE, 0]))
    return np.concatenate(quads) * (height / 6)


def _rounded(points: np.ndarray) -> np.ndarray:
    """Corners cut off twice (Chaikin), the ends or the closed shape kept."""
    for _ in range(2):
        closed = np.array_equal(points[0], points[-1])
        a, b = points[:-1], points[1:]
        cut = np.stack([0.75 * a + 0.25 * b, 0.25 * a + 0.75 * b], 1).reshape(-1, 2)
        points = np.concatenate([cut, cut[:1]] if closed else [points[:1], cut[1:-1], points[-1:]])
    return points


def _stroke(points: np.ndarray, half: float) -> np.ndarray:
    """(n, 4, 2) quads of a polyline of half width `half`, each segment a little longer so that corners close."""
    start, end = points[:-1], points[1:]
    along = end - start
    length = np.linalg.norm(along, axis=1, keepdims=True)
    along = np.where(length > 0, along / np.maximum(length, 1e-9), [1.0, 0.0]) * half
    across = along[:, ::-1] * [-1, 1]
    reach = along * 0.72
    return np.stack([start - reach - across, end + reach - across, end + reach + across, start - reach + across], 1)

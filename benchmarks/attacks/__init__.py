"""What has been tried against the page, tried again: a table of counts.

    python -m benchmarks.attacks               against two app.py of its own, one of which wants a token
    python -m benchmarks.attacks --every 20    one attempt in twenty
    python -m benchmarks.attacks --only pictures tokens

An attack is a series of attempts and a rule that every answer must keep: no 500, no file of the machine, no traceback; and after it
the server answers as before. All of it stays on this machine.
"""

from __future__ import annotations

import random
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from benchmarks.attacks import arrays, pictures, questions, requests, strangers
from benchmarks.attacks.target import Attempt, Target
from benchmarks.served import Use

Series = Callable[[Target], Iterator[Attempt]]

ATTACKS: dict[str, Series] = {
    "route and method pairs": requests.routes,
    "traversal attempts": requests.traversal,
    "scripts in texts": requests.scripts,
    "foreign origins and names": requests.foreign,
    "malformed requests": requests.malformed,
    "half-open requests": requests.halves,
    "hostile checkpoints": arrays.checkpoints,
    "hostile pictures": pictures.pictures,
    "hostile label maps": pictures.labels,
    "hostile arrays": arrays.arrays,
    "states at their ends": questions.states,
    "exports, results and queries": questions.keeping,
    "strangers to a token": strangers.tokens,
    "two visitors": strangers.visitors,
    "slow clients": strangers.slow,
}
# The one series whose server wants :data:`benchmarks.attacks.strangers.TOKEN`.
GUARDED = "strangers to a token"


@dataclass(frozen=True)
class Told:
    """Of a series: how many attempts, which did not hold, seconds, and megabytes of the server after it (0: not known)."""

    attempts: int
    broken: list[str]
    seconds: float
    megabytes: float


def attack(
    port: int, guarded: int, every: int = 1, only: Collection[str] = (), pid: int | None = None
) -> Iterator[tuple[str, Told]]:
    """Each attack, or those in whose names a word of ``only`` is; of its attempts one in ``every`` is made.

    ``port`` is of a server on this machine, ``guarded`` of one that wants the token, ``pid`` the first one's process.
    """
    random.seed(0)
    for name, made in ATTACKS.items():
        if only and not any(word in name for word in only):
            continue
        target, started, count = Target(guarded if name == GUARDED else port), time.monotonic(), 0
        for attempt in islice(made(target), every // 2, None, every):
            attempt()
            count += 1
        status, _, _ = Target(port).send("GET", "/lzviz/catalogue")
        target.expect("the server no longer answers", status == 200)
        held = Use.of(pid, Path(tempfile.gettempdir())).megabytes if pid else 0.0
        yield name, Told(count, target.broken, time.monotonic() - started, held)

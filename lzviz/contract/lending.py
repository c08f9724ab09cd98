"""The one function that a host which lends GPUs by the call gets to see: it is there from the first import on."""

from __future__ import annotations

from collections.abc import Callable

import spaces  # type: ignore[import-not-found]

from lzviz.contract.lent import SECONDS, work

LENT: Callable[[bytes], bytes] = spaces.GPU(duration=SECONDS)(work)

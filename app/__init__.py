"""The page around :mod:`lzviz`: tabs, routes, pictures and exports. No mathematics lives here.

Importing it does what has to come before gradio: nothing is reported to anyone, and torch loads in a thread while
gradio loads in this one (each takes seconds, and the first page needs only the latter).
"""

import importlib
import os
import sys
import threading

# A grammar of web addresses that jsonschema would compile for a second and a half; nothing here is checked against it.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def _preload() -> None:
    if os.environ.get("SPACES_ZERO_GPU"):
        importlib.import_module("spaces")  # has to see torch first, where GPUs are lent by the call
    importlib.import_module("torch")


threading.Thread(target=_preload, daemon=True, name="import-torch").start()

"""The canvas as a Gradio component: an empty element in which our own modules build the page."""

from __future__ import annotations

from typing import Any

import gradio as gr
from gradio import component_meta

from lzviz.contract.routes import named
from lzviz.contract.wire import MAX_MAGNITUDE

# Constant: Gradio compiles templates as code, so nothing from outside may ever enter one.
TEMPLATE = '<div class="lz" data-lzviz></div>'

# The body of a plain function(element, trigger, props, server, upload, watch) that runs once a mount. There is no
# unmount event: whatever was mounted in an element that has left the page is disposed by the next mount.
JS_ON_LOAD = (
    """
const mounted = window.lzvizMounted ??= new Map();
for (const [old, handle] of mounted) if (!old.isConnected) { mounted.delete(old); handle?.dispose?.(); }
const room = element.querySelector("[data-lzviz]") ?? element;
const address = (path) => new URL(path, document.baseURI);
const catalogue = fetch(address('"""
    + named("catalogue").path
    + """')).then((answer) => answer.json());
Promise.all([import(address("lzviz/static/bundle.js")), catalogue])
  .then(([{ mount, browserPage, overHttp }, catalogue]) =>
    mount(room, { transport: overHttp(document.baseURI), catalogue, styled: true, ...browserPage() }))
  .then((handle) => { mounted.set(room, handle); element.lzviz = handle; })
  .catch((error) => {
    const line = document.createElement("p");
    Object.assign(line, { role: "alert", className: "lz-failure" });
    line.textContent = `The canvas could not start: ${error.message}. Reload the page, or try a newer browser.`;
    room.replaceChildren(line);
  });
"""
)

# Gradio writes a stub (.pyi) beside the source of every component class; nothing may write into the program's folder.
component_meta.create_or_modify_pyi = lambda component_class, class_name, events: None


class WarpCanvas(gr.HTML):
    """The page with all its rooms as one component; its value is a small JSON object or None.

    Never target it with ``gr.update``: Gradio would rebuild it from its arguments and drop what the browser holds.
    """

    def __init__(self, value: dict[str, Any] | None = None, *, elem_id: str | None = None):
        super().__init__(
            value,
            html_template=TEMPLATE,
            js_on_load=JS_ON_LOAD,
            apply_default_css=False,
            container=False,
            padding=False,
            elem_id=elem_id,
        )

    def preprocess(self, payload: Any) -> dict[str, Any] | None:
        """A flat object of plain values from the browser; anything else is nothing at all."""
        return payload if _is_plain(payload) else None

    def postprocess(self, value: Any) -> dict[str, Any] | None:  # type: ignore[override]
        """The value as it is sent to the browser; :class:`TypeError` when it is not a flat object of plain values."""
        if value is not None and not _is_plain(value):
            raise TypeError(f"expected a flat dict of numbers, texts and booleans, got {value!r}")
        return value

    def api_info(self) -> dict[str, Any]:
        """The JSON schema of the value, for the API page."""
        # Gradio reads anyOf but fails on a list of types, and then no page is served at all.
        plain = {"anyOf": [{"type": name} for name in ("number", "string", "boolean", "null")]}
        shown = {"type": "object", "additionalProperties": plain, "description": "What the canvas shows"}
        return {"anyOf": [shown, {"type": "null"}]}

    def example_payload(self) -> None:
        """No example: the canvas is driven by its own page."""

    def example_value(self) -> None:
        """No example: the canvas is driven by its own page."""


def _is_plain(value: Any) -> bool:
    """A dict of at most 64 short names to finite numbers, short texts, booleans or None."""
    return (
        isinstance(value, dict)
        and len(value) <= 64
        and all(isinstance(key, str) and len(key) <= 64 and _is_scalar(item) for key, item in value.items())
    )


def _is_scalar(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) <= 4096
    # The comparison is false for NaN and infinities.
    return value is None or (isinstance(value, int | float) and abs(value) <= MAX_MAGNITUDE)

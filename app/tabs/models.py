"""The Models tab: what was trained, how well it does at what cost, and loading one's own."""

from __future__ import annotations

import gradio as gr

from app.canvas import TABS

# Constant, as that of the canvas is: text from cards only ever enters through text nodes.
TEMPLATE = '<div class="lz" data-lzviz-models></div>'

# Gradio runs this when the tab is opened first; until then nothing of it is loaded.
JS_ON_LOAD = (
    TABS
    + """
const room = element.querySelector("[data-lzviz-models]") ?? element;
import(new URL("lzviz/static/rooms/models/models.js", document.baseURI))
  .then(({ mount }) => mount(room, { base: document.baseURI, tabs: tabs() }))
  .catch((error) => {
    const line = document.createElement("p");
    Object.assign(line, { role: "alert", className: "lz-failure" });
    line.textContent = `The models could not be shown: ${error.message}. Reload the page, or try a newer browser.`;
    room.replaceChildren(line);
  });
"""
)


def models() -> gr.HTML:
    """Put the page of the models into the tab that is open now."""
    return gr.HTML(
        html_template=TEMPLATE,
        js_on_load=JS_ON_LOAD,
        apply_default_css=False,
        container=False,
        padding=False,
        elem_id="models-page",
    )

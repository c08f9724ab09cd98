"""The tools as agents and scripts meet them: the official client of the protocol, and Gradio's own."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from PIL import Image

from tests.agent import DOCS, MARK, ask, spoilt, transcript
from tests.app_server import app_url


def pictures(answer) -> list[Image.Image]:
    return [Image.open(io.BytesIO(base64.b64decode(part.data))) for part in answer.content if part.type == "image"]


def test_an_agent_sees_typed_tools_and_gets_sentences_and_pictures():
    array = {"array": spoilt(), "name": "grid.npy"}
    link = "image=coffee&from=edges&width=48"
    tools, answers = ask(
        ("diagnose", array),
        ("diagnose", {**array, "mend": True}),
        ("describe_warp", {"link": link}),
        ("render_warp", {"link": link, "view": "zoomed"}),
        ("diagnose", {"array": "AAAA", "name": "grid.exe"}),
        ("describe_warp", {"link": "sampler=nothing"}),
        ("diagnose", {"specimen": "folds", "height": -3}),
    )
    assert {"diagnose", "describe_warp", "render_warp"} <= tools.keys()
    asked = tools["diagnose"].inputSchema["properties"]
    assert asked["height"]["type"] in ("integer", "number") and asked["mend"]["type"] == "boolean"
    sick, well, described, rendered, *refused = answers
    assert not sick.isError and "First" in sick.content[0].text and "'well': False" in sick.content[1].text
    assert well.content[0].text.startswith("Nothing to mend") and "'axis-order'" in well.content[1].text
    assert pictures(sick)[0].size == (640, 320)
    assert "samples" in described.content[0].text and described.content[0].text == rendered.content[0].text
    assert pictures(rendered)[0].size == (48, 32)
    for answer in refused:
        assert answer.isError and "Traceback" not in answer.content[0].text and len(answer.content[0].text) < 400


def test_a_script_asks_the_same_tools_over_gradios_api(tmp_path: Path):
    client = Client(app_url(), verbose=False, download_files=str(tmp_path))
    sentence, findings, picture = client.predict(specimen="folds", api_name="/diagnose")
    assert sentence.startswith("1 fault") and findings["findings"][0]["check"] == "folds"
    assert Image.open(picture if isinstance(picture, str) else picture["path"]).size == (640, 320)
    said = client.predict(link="image=coffee&from=edges", api_name="/describe_warp")
    assert "samples" in said
    with pytest.raises(AppError, match="no specimen 'unicorn'"):
        client.predict(specimen="unicorn", api_name="/diagnose")


def test_the_dialogue_of_the_docs_is_what_is_answered_today():
    assert DOCS.read_text("utf-8").split(MARK)[1].strip() == transcript().strip()

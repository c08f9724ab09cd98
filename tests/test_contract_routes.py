"""One table of questions: each is declared, answered without a server, limited, and told to the browser."""

import ast
import inspect
import io
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lzviz
from app import middleware
from lzviz import gallery
from lzviz.contract.memory import BUDGET, Memory
from lzviz.contract.messages.base import Answer, File, Question
from lzviz.contract.messages.cad import AskMask, MaskAnswer
from lzviz.contract.messages.pictures import AddMap, AddPicture, AskCatalogue, AskPicture, AskSaliency
from lzviz.contract.messages.warp import Compute, Computed, Export
from lzviz.contract.routes import ROUTES, route_of
from lzviz.contract.typescript import declarations
from lzviz.contract.wire import Refusal, validated
from lzviz.contract.workshop import Workshop
from tests.app_server import blob, encoded

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def workshop():
    return Workshop(gallery.shipped())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_every_question_has_its_answer_its_words_and_its_limit(route):
    workshop, question = inspect.signature(route.function()).parameters.values()
    assert (workshop.name, question.name) == ("workshop", "question")
    assert question.annotation.rsplit(".", 1)[-1] == route.question.__name__
    assert issubclass(route.question.answer, Answer | File) and route.question.__doc__
    assert middleware.body_limit(f"/{route.path}") == route.limit
    assert f"  {route.name}: {{ question: {route.question.__name__};" in declarations()
    assert route_of(route.question) is route


def test_names_and_addresses_are_given_once():
    assert len({route.name for route in ROUTES}) == len({route.path for route in ROUTES}) == len(ROUTES)


def test_no_address_is_written_a_second_time():
    """Neither in Python nor in JavaScript: both read the table."""
    paths = sorted((route.path.removesuffix("/{id}") for route in ROUTES), key=len, reverse=True)
    written = re.compile(rf"""["`/](?:{"|".join(map(re.escape, paths))})["`/?]""")
    generated = {ROOT / "lzviz/contract/routes.py", ROOT / "lzviz/canvas/schema/routes.js"}
    found = {*ROOT.glob("app/**/*.py"), *ROOT.glob("lzviz/contract/**/*.py"), *ROOT.glob("lzviz/canvas/**/*.js")}
    for path in sorted(found - generated):
        match = written.search(path.read_text("utf-8"))
        assert match is None, f"{path.relative_to(ROOT)} writes {match and match[0]}"


def test_a_question_of_no_table_is_an_error(workshop):
    class Riddle(Question):
        answer = Answer

    with pytest.raises(TypeError, match="Riddle is no question of the table"):
        workshop.answer(Riddle())


def test_a_workshop_answers_without_a_server(workshop):
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8))
    held = workshop.answer(AddPicture(data=encoded(image)))
    assert (held.width, held.height, held.notes) == (60, 40, [])
    shown = workshop.answer(AskPicture(id=held.id))
    assert Image.open(io.BytesIO(shown.body)).size == (60, 40) and shown.kept == "private"
    state = lzviz.State.from_link("#sampler=lzu&width=24").model_copy(update={"paint": blob(85, 128)})
    told = workshop.answer(Compute(state=state, image=held.id))
    assert isinstance(told, Computed) and told.samples == 24 * 16 and told.folds == 0
    assert workshop.answer(Export(state=state, image=held.id, what="grid", format="npz")).name.endswith("-grid.npz")
    mask = workshop.answer(AskMask(state=state, image="coffee"))
    assert isinstance(mask, MaskAnswer) and mask.grid.stride == 8
    edges = workshop.answer(AskSaliency(image="chelsea", kind="edges"))
    assert (edges.w, edges.h) == (128, 85)
    assert workshop.answer(AddMap(data=encoded(image))).w == 128


def test_the_menus_name_what_a_state_can_hold(workshop):
    told = workshop.answer(AskCatalogue())
    for line in told.samplers:
        own = {option.name: option.default for option in line.options if option.own}
        assert lzviz.State.parse({"sampler": line.name, "options": {line.name: own}}).options == ()
    assert told.limits.upload_bytes == 64 << 20 and told.pictures[0].id == "street"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"image": "coffee"}, "state: nothing was given"),
        ({"state": 5}, "expected the state as an object"),
        ({"state": {"width": 5}}, "width: expected a number from 8 to 1024, got 5"),
        ({"state": {}, "file": "4x4.AA"}, "file: the data does not fill its 16 cells"),
        ({"state": {}, "seq": True}, "seq: expected a valid integer"),
        ({"state": {}, "image": 3}, "image: expected an id as text"),
        ({"state": {}, "path": "/etc/passwd"}, "There is no field 'path' in this question"),
    ],
)
def test_a_page_a_script_and_an_agent_hear_the_same_no(given, said):
    with pytest.raises(Refusal) as refused:
        validated(Compute, given)
    assert str(refused.value).startswith(said)


def test_everything_that_is_kept_shares_one_budget():
    memory = Memory(100)
    memory.put("trace", "a", "A", 60)
    memory.put("picture", "a", "P", 30)
    assert memory.get("trace", "a") == "A"
    memory.put("mask", "b", "B", 20)
    assert (memory.get("trace", "a"), memory.get("picture", "a"), memory.get("mask", "b")) == ("A", None, "B")
    assert memory.keep("mask", "b", lambda: pytest.fail("it is held"), len) == "B"
    memory.clear("trace")
    assert memory.bytes_held == 20
    assert Memory().budget == BUDGET == 1 << 30


def test_many_threads_leave_the_budget_right():
    memory = Memory(1000)
    work = [
        threading.Thread(target=lambda k=k: [memory.put("x", str((k * i) % 37), i, i % 50) for i in range(400)])
        for k in range(1, 7)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert memory.bytes_held == sum(held.size for held in memory._held.values()) <= 1000


def test_no_module_keeps_anything_by_itself():
    """Every cache and every lock belongs to a workshop."""
    for path in [*ROOT.glob("app/**/*.py"), *ROOT.glob("lzviz/contract/**/*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            for decorator in getattr(node, "decorator_list", ()):
                assert "cache" not in ast.unparse(decorator).replace("cached_property", ""), f"{path.name}: {node.name}"
        for node in tree.body:
            made = ast.unparse(node.value) if isinstance(node, ast.Assign | ast.AnnAssign) and node.value else ""
            assert not made.startswith(("Memory(", "threading.", "OrderedDict(", "Workshop(")), f"{path.name}: {made}"

"""Many visitors at once: who waits for whom, who is answered next, and what is left behind by work that failed."""

import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import anyio
import httpx
import numpy as np
import pytest
import torch

from app.bench import Bench
from app.main import build, launch_options
from app.server import Server
from lzviz.contract.answers import checkpoints, warp
from lzviz.contract.answers.cad import cost_answer
from lzviz.contract.decoding import GONE
from lzviz.contract.memory import Memory
from lzviz.contract.messages.pictures import AskCatalogue
from lzviz.contract.state import State
from lzviz.contract.wire import Refusal
from tests.app_server import blob, launch


def threaded(work, *arguments):
    """In a thread of its own: a browser that was started in this process keeps an event loop in the main one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, work, *arguments).result()


def held(bench: Bench, release: threading.Event, count: int, group) -> None:
    """Keep so many slots of a bench until the event."""
    for _ in range(count):
        group.start_soon(bench.run, release.wait)


def in_turns(*asked: tuple[str | None, str], slots: int = 1, waiting: int = 16) -> list[str]:
    """What happens to (name, text) that come while the bench is held, in the order of events."""
    told = list[str]()

    async def run() -> None:
        bench, release = Bench(slots, waiting), threading.Event()

        async def one(name: str | None, text: str) -> None:
            try:
                await bench.run(told.append, text, name=name)
            except Refusal as refusal:
                told.append(f"{text}: {refusal.status}")

        async with anyio.create_task_group() as group:
            held(bench, release, slots, group)
            await anyio.sleep(0.02)
            for name, text in asked:
                group.start_soon(one, name, text)
                await anyio.sleep(0.005)
            release.set()

    threaded(run)
    return told


def test_a_newer_stroke_has_the_place_of_the_one_that_waits():
    told = in_turns(("a", "a1"), ("b", "b1"), ("a", "a2"), ("a", "a3"), ("c", "c1"))
    assert told == ["a1: 409", "a2: 409", "a3", "b1", "c1"]


def test_a_busy_page_waits_once_and_leaves_room_for_the_others():
    told = in_turns(*(("a", f"a{n}") for n in range(9)), ("b", "b1"), waiting=2)
    assert told[-2:] == ["a8", "b1"] and not any("503" in each for each in told)


def test_scripts_without_a_name_replace_nobody():
    assert in_turns((None, "1"), (None, "2")) == ["1", "2"]


def test_a_crowd_is_told_when_to_come_again():
    assert in_turns(("a", "a"), ("b", "b"), ("c", "c"), waiting=2) == ["c: 503", "a", "b"]


def test_who_leaves_gives_the_place_in_the_line_and_the_slot_on():
    async def run() -> list[str]:
        bench, release, told = Bench(1), threading.Event(), list[str]()
        async with anyio.create_task_group() as group:
            held(bench, release, 1, group)
            await anyio.sleep(0.02)
            with anyio.move_on_after(0.02):
                await bench.run(told.append, "left")
            group.start_soon(bench.run, told.append, "stayed")
            await anyio.sleep(0.01)
            release.set()
        await bench.run(told.append, "later")
        return told

    assert threaded(run) == ["stayed", "later"]


def test_a_bench_that_nobody_waits_for_any_more_keeps_its_slot_until_the_thread_ends():
    async def run() -> float:
        bench = Bench(1, seconds=0.1)
        with pytest.raises(Refusal, match="too long"):
            await bench.run(time.sleep, 0.4)
        bench._seconds = 5
        return await bench.run(time.perf_counter)

    start = time.perf_counter()
    assert threaded(run) - start > 0.35


def test_failed_work_keeps_no_arrays_in_a_cycle_of_its_error():
    kept = list[weakref.ref]()

    def fail() -> None:
        large = np.zeros(1000)
        kept.append(weakref.ref(large))
        try:
            raise KeyError(large.size)
        except KeyError as error:
            cycle = [error]
            raise ValueError("no") from (cycle.append(cycle) or error)  # type: ignore[func-returns-value]

    async def run() -> None:
        try:
            await Bench().run(fail)
        except ValueError as error:
            ring = [error]
            ring.append(ring)  # type: ignore[arg-type]

    gc.disable()
    try:
        threaded(run)
        assert kept[0]() is None
    finally:
        gc.enable()


def test_small_work_has_one_processor_and_networks_have_all(monkeypatch):
    """Two threads of torch took nine times the processor for one stroke."""
    monkeypatch.setattr("app.bench.PROCESSORS", 3)

    async def run() -> list[int]:
        benches = [Bench(), Bench(wide=True), Bench()]
        return [await bench.run(torch.get_num_threads) for bench in benches]

    assert threaded(run) == [1, 3, 1]


def test_a_menu_makes_no_sampler_twice():
    server = Server()
    server.workshop.answer(AskCatalogue())
    assert checkpoints._told("lds") is checkpoints._told("lds")


def test_pictures_of_one_visitor_and_what_is_made_of_them_do_not_evict_anothers():
    memory = Memory(100)
    memory.put("picture", "hers", "hers", 40, "her page")
    for n in range(3):
        memory.put("picture", f"his{n}", n, 20, "his page")
        memory.put("features", f"his{n}", n, 60)
    assert memory.get("picture", "hers") == "hers" and memory.bytes_held <= 100
    for n in range(3, 9):
        memory.put("picture", f"his{n}", n, 20, "his page")
    assert memory.get("picture", "hers") == "hers", "who holds most gives up the oldest"
    assert memory.get("picture", "his0") is None and memory.get("picture", "his8") == 8


def test_what_a_visitor_does_not_use_any_more_goes_before_what_another_uses(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("lzviz.contract.memory.time.monotonic", lambda: now[0])
    memory = Memory(100)
    memory.put("picture", "small", 1, 10, "left")
    memory.put("picture", "large", 2, 80, "here")
    now[0] = 1000.0
    assert memory.get("picture", "large") == 2
    memory.put("picture", "new", 3, 20, "newcomer")
    assert memory.get("picture", "small") is None and memory.get("picture", "large") == 2


def test_work_of_many_steps_stops_when_its_page_has_left():
    steps = list[str]()
    token = GONE.set(lambda: len(steps) >= 2)
    try:
        with pytest.raises(Refusal) as refused:
            warp.in_turn({"step": lambda: steps.append("")}, warp.device())
        with pytest.raises(Refusal):
            cost_answer(None, State(), {"street": ("Street", None)})  # type: ignore[arg-type]
    finally:
        GONE.reset(token)
    assert refused.value.status == 499 and len(steps) == 2


# Against a server


@pytest.fixture(scope="module")
def own():
    """A server of its own with its address."""
    server = Server()
    return server, launch(build(server), **launch_options(server))


@pytest.fixture
def busy(own):
    """The same, where everything but menus waits for an event: (server, address, event)."""
    server, address = own
    release, answer = threading.Event(), server.workshop.answer

    def stuck(question):
        if question.bench != "menu":
            release.wait(20)
        return answer(question)

    server.workshop.answer = stuck
    yield server, address, release
    release.set()
    server.workshop.answer = answer


def stroke(page: str, seq: int, at: float = 0.5) -> dict:
    state = {"image": "chelsea", "paint": blob(85, 128, (at, 0.5)).to_text(), "width": 60}
    return {"page": page, "seq": seq, "state": state, "image": "chelsea"}


def test_menus_pictures_and_files_never_wait_for_computing(busy):
    _, address, release = busy

    async def run() -> list[int]:
        limits = httpx.Limits(max_connections=200)
        async with (
            httpx.AsyncClient(base_url=address, timeout=20, limits=limits) as visitor,
            anyio.create_task_group() as group,
        ):
            for n in range(24):
                group.start_soon(lambda n=n: visitor.post("lzviz/compute", json=stroke(f"p{n}", 1)))
            for n in range(3):
                group.start_soon(lambda n=n: visitor.post("lzviz/warp-time", json=stroke(f"p{n}", 1)))
            await anyio.sleep(0.5)
            paths = (
                "lzviz/catalogue",
                "lzviz/picture/chelsea",
                "lzviz/static/bundle.js",
                "lzviz/picture/rocket?thumb=1",
            )
            with anyio.fail_after(10):
                told = [(await visitor.get(path)).status_code for path in paths]
            release.set()
        return told

    assert threaded(run) == [200] * 4


def test_the_newest_stroke_of_a_page_is_answered_and_the_older_ones_are_told_so(busy):
    _, address, release = busy

    async def run() -> dict[str, int]:
        told = dict[str, int]()
        async with httpx.AsyncClient(base_url=address, timeout=30) as visitor:

            async def ask(page: str, seq: int) -> None:
                answer = await visitor.post("lzviz/compute", json=stroke(page, seq))
                told[f"{page}{seq}"] = answer.status_code
                assert answer.status_code != 200 or answer.json()["seq"] == seq

            async with anyio.create_task_group() as group:
                for page, seq in (("x", 1), ("y", 1), ("a", 1), ("a", 2), ("b", 1), ("a", 3)):
                    group.start_soon(ask, page, seq)
                    await anyio.sleep(0.15)
                release.set()
        return told

    assert threaded(run) == {"x1": 200, "y1": 200, "a1": 409, "a2": 409, "a3": 200, "b1": 200}


def test_a_page_that_left_is_not_computed_for(busy):
    server, address, release = busy
    asked, answer = list[str](), server.workshop.answer
    server.workshop.answer = lambda question: asked.append(question.page) or answer(question)

    async def run() -> None:
        async with httpx.AsyncClient(base_url=address, timeout=30) as visitor, anyio.create_task_group() as group:
            for page in ("x", "y"):
                group.start_soon(lambda page=page: visitor.post("lzviz/compute", json=stroke(page, 1)))
            await anyio.sleep(0.3)
            with anyio.move_on_after(0.3):
                await visitor.post("lzviz/compute", json=stroke("gone", 1))
            await anyio.sleep(0.3)
            release.set()
            group.start_soon(lambda: visitor.post("lzviz/compute", json=stroke("z", 1)))

    threaded(run)
    assert sorted(asked) == ["x", "y", "z"]


def test_busy_is_said_with_the_time_to_come_again(own):
    server, address = own
    line, server.benches["numbers"] = server.benches["numbers"], Bench(slots=0, waiting=0)
    try:
        answer = httpx.post(f"{address}lzviz/compute", json=stroke("a", 1), timeout=20)
    finally:
        server.benches["numbers"] = line
    assert answer.status_code == 503 and int(answer.headers["retry-after"]) >= 1

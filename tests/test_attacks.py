"""The series of benchmarks/attacks, one attempt in many."""

from functools import lru_cache
from urllib.parse import urlsplit

from app.access import Access
from app.main import build, launch_options
from app.server import Server
from benchmarks.attacks import ATTACKS, Target, attack
from benchmarks.attacks.strangers import TOKEN
from tests.app_server import app_url, launch


def port_of(address: str) -> int:
    return urlsplit(address).port or 0


@lru_cache(maxsize=1)
def guarded() -> int:
    """The port of the app, started with a token."""
    server = Server()
    return port_of(launch(build(server), **launch_options(server, Access(token=TOKEN))))


def test_attacks_are_held_off():
    told = dict(attack(port_of(app_url()), guarded(), every=60))
    assert told.keys() == ATTACKS.keys()
    assert [(name, line.broken[:3]) for name, line in told.items() if line.broken] == []
    assert sum(line.attempts for line in told.values()) > 200


def test_an_attack_that_succeeds_is_told():
    target = Target(port_of(app_url()))
    target.expect("a file of the machine", False)
    target.expect("nothing", True)
    target.fair("a page instead of a sentence", "GET", "/")
    target.fair("nothing at this address", "GET", "/nowhere")
    assert target.broken == ["a file of the machine"]

"""The attacks of benchmarks/attacks.py, one attempt in many."""

from urllib.parse import urlsplit

from benchmarks.attacks import ATTACKS, Target, attack
from tests.app_server import app_url


def test_attacks_are_held_off():
    told = attack(urlsplit(app_url()).port or 0, every=60)
    assert told.keys() == ATTACKS.keys()
    assert [(name, broken[:3]) for name, (_, broken, _) in told.items() if broken] == []
    assert sum(count for count, _, _ in told.values()) > 100


def test_an_attack_that_succeeds_is_told():
    target = Target(urlsplit(app_url()).port or 0)
    target.expect("a file of the machine", False)
    target.expect("nothing", True)
    assert target.broken == ["a file of the machine"]

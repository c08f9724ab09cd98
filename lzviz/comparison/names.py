"""How a method is called: a sampler with options of its own, ``lzu``, ``lzu:published``, ``cad:threshold=high:depth=2``.

A value without its name is a choice of one option: ``lzu:published`` is ``lzu:mode=published``.
"""

from __future__ import annotations

from typing import Any

from lzviz import samplers
from lzviz.options import Option


def base(name: str) -> str:
    """The sampler, or the checkpoint, that a name begins with."""
    return name.partition(":")[0]


def settings(name: str) -> dict[str, Any]:
    """The options that a sampler's name sets.

    Raises:
        ValueError: an option or a value that this sampler does not have.
    """
    first, *parts = name.split(":")
    system = samplers.REGISTRY[first]
    found: dict[str, Any] = {}
    for part in parts:
        key, equals, text = part.partition("=")
        option = next((o for o in system.options if (o.name == key if equals else key in o.choices)), None)
        if option is None:
            raise ValueError(f"{first} has no option {part!r}: expected {', '.join(map(_example, system.options))}")
        try:
            found[option.name] = option.read(text if equals else key)
        except ValueError:
            raise ValueError(f"{text!r} is no value of {option.name}: expected {option.range()}") from None
    return found


def title(name: str) -> str:
    """What a sampler with its settings is called."""
    system = samplers.REGISTRY[base(name)]
    parts = name.split(":")[1:]
    said = [part.replace("=", " ").replace("_", " ") for part in parts]
    return ", ".join([system.title, *said])


def _example(option: Option) -> str:
    return f"{option.name}={'|'.join(option.choices)}" if option.choices else f"{option.name}=..."

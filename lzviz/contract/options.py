"""Options that a sampler or a saliency source has of its own: whatever its registry line lists and the state has no key for.

They stand under one key of the state, by owner and by name, so that a line of the registry is all that a new option needs.
In JSON ``{"es": {"smoothness": 2}}``, in a link ``options=es.smoothness:2,from-spectral.sigma:4``; a default is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from lzviz.contract import numbers
from lzviz.contract.controls import Complain, Control, escaped
from lzviz.contract.link import clipped
from lzviz.contract.rooms import ROOMS
from lzviz.text import Text, t

if TYPE_CHECKING:
    from lzviz.options import Option
    from lzviz.samplers import System

Own = tuple[tuple[str, str, Any], ...]
"""(owner, name, value) of each option that is not its default, in alphabetical order."""


def systems() -> dict[str, System]:
    """The registry of samplers, imported when it is asked for first."""
    from lzviz.samplers import REGISTRY

    return REGISTRY


def shared() -> dict[str, Option]:
    """Options that have keys of their own in the state, under which each sampler that has them finds them; by name."""
    from lzviz.samplers import options

    names = ("MODE", "FWHM", "NODES", "SEPARABLE", "ANTI_CROP", "INTERPOLATION", "CONTRAST", "FLOOR")
    return {option.name: option for option in (getattr(options, name) for name in names)}


def key_of(option: Option) -> str | None:
    """The key of the state that holds an option; None: it is its sampler's own, be it for its kind or its default."""
    key = shared().get(option.name)
    if key is None or (option.kind, option.choices) != (key.kind, key.choices):
        return None
    return None if option.default is None and key.default is not None else to_camel(option.name)


def has_room(sampler: str) -> bool:
    """Whether a sampler has a room of its own, with keys that are named after it."""
    return sampler in ROOMS


def own(system: System) -> dict[str, Option]:
    """The options of a sampler that the state has no key for, by name; none where it has a room of its own."""
    if has_room(system.name):
        return {}
    return {option.name: option for option in system.options if key_of(option) is None}


FROM = "from-"
"""Before the name of a saliency source, where samplers and sources own options side by side."""


def owned(owner: str) -> dict[str, Option] | None:
    """The options of a sampler, or of a saliency source after ``from-``; None: there is no such owner."""
    from lzviz.saliency import sources

    if owner in systems():
        return own(systems()[owner])
    source = sources.REGISTRY.get(owner.removeprefix(FROM)) if owner.startswith(FROM) else None
    return None if source is None else {option.name: option for option in source.options}


@dataclass(frozen=True)
class SamplerOptions(Control):
    """The samplers' own options, checked by their registry lines."""

    type = "options"

    def check(self, value: Any) -> Own:
        if isinstance(value, tuple):
            value = self.plain(value)
        if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
            raise self.wrong(value, Text("refused.expected.options"))
        found = []
        for sampler, options in value.items():
            known = owned(sampler)
            if known is None:
                raise self.wrong(sampler, Text("refused.expected.options.of", {"choices": [*systems()]}))
            for name, given in options.items():
                if name not in known:
                    among = Text("refused.expected.option.among", {"owner": sampler, "known": [*known]})
                    raise self.wrong(name, among if known else Text("refused.expected.option.none", {"owner": sampler}))
                if not _allows(known[name], given):
                    said = {"range": known[name].range(), "name": name, "owner": sampler}
                    raise self.wrong(given, Text("refused.expected.option", said))
                found.append((sampler, name, given))
        return _settled(found)

    def read(self, text: str, complain: Complain) -> Own:
        if text == "none":
            return ()
        found = []
        for part in re.split(r",(?=[\w-]+\.\w+:)", text, flags=re.ASCII):
            match = re.fullmatch(r"([\w-]+)\.(\w+):([\s\S]*)", part, re.ASCII)
            option = (owned(match[1]) or {}).get(match[2]) if match else None
            try:
                if match is None or option is None:
                    raise ValueError("no such option")
                found.append((match[1], match[2], option.read(match[3], numbers.read)))
            except ValueError:
                complain(t("link.unreadable", part=f"“{clipped(part)}”"))
        return _settled(found)

    def write(self, value: Own) -> str:
        return ",".join(f"{sampler}.{name}:{_written(each)}" for sampler, name, each in value) or "none"

    def plain(self, value: Own) -> dict[str, dict[str, Any]]:
        made: dict[str, dict[str, Any]] = {}
        for sampler, name, each in value:
            made.setdefault(sampler, {})[name] = list(each) if isinstance(each, tuple) else each
        return made

    def json_type(self) -> dict[str, Any]:
        return {"type": "object", "additionalProperties": {"type": "object"}}


def _allows(option: Option, value: Any) -> bool:
    return option.default is None if value is None else option.fits(value)


def _settled(found: list[tuple[str, str, Any]]) -> Own:
    """In one order, the last of each, without defaults."""
    last = {(sampler, name): _kept(value) for sampler, name, value in found}
    return tuple(
        (sampler, name, value)
        for (sampler, name), value in sorted(last.items(), key=lambda item: item[0])
        if value != _kept((owned(sampler) or {})[name].default)
    )


def _kept(value: Any) -> Any:
    return tuple(value) if isinstance(value, list | tuple) else value


def _written(value: Any) -> str:
    if value is None:
        return "auto"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple):
        return "x".join(map(numbers.written, value))
    return escaped(value) if isinstance(value, str) else numbers.written(value)


def values_of(state: Any) -> Iterator[tuple[str, Any]]:
    """(name, value) of every option of a state's sampler: from its key, else what stands under ``options``, else its default."""
    system = systems()[state.sampler]
    given = {name: value for sampler, name, value in state.options if sampler == system.name}
    for option in system.options:
        if key_of(option) is not None:
            yield option.name, getattr(state, option.name)
        elif option.name in own(system):
            yield option.name, given.get(option.name, option.default)


def source_values(state: Any) -> dict[str, Any]:
    """The options of a state's saliency source that are not their defaults, by name."""
    return {name: value for owner, name, value in state.options if owner == FROM + state.saliency}

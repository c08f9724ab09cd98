"""The messages as TypeScript interfaces, made from their JSON Schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from lzviz.contract.messages.base import File
from lzviz.contract.routes import ROUTES, Route
from lzviz.contract.state import lines

PLAIN = {"integer": "number", "number": "number", "string": "string", "boolean": "boolean", "null": "null"}


def declarations() -> str:
    """Every question and every answer that is no file, and the map from a route's name to both."""
    messages = {route.question: None for route in ROUTES}
    messages |= {route.question.answer: None for route in ROUTES if route.question.answer is not File}
    _, schema = models_json_schema([(message, "serialization") for message in messages], by_alias=True)
    known = "\n\n".join(_interface(name, definition) for name, definition in schema["$defs"].items())
    painted = " | ".join(json.dumps(key) for key, line in lines().items() if line["type"] == "map")
    asked = "\n".join(
        f"  {route.name}: {{ question: {route.question.__name__}; {_answer(route)} }};" for route in ROUTES
    )
    return (
        f"{known}\n\n/** Keys of the state whose value is a painted map, which travels as a text. */\n"
        f"export type Painted = {painted};\n\n"
        f"/** What is asked under a name, and what comes back. */\nexport interface Asked {{\n{asked}\n}}\n"
    )


def _answer(route: Route) -> str:
    answer = route.question.answer
    return f"answer: {'Blob' if answer is File else answer.__name__}"


def _interface(name: str, definition: Mapping[str, Any]) -> str:
    needed = set(definition.get("required", ()))
    said = definition.get("description", "").split("\n")[0]
    lines = [
        f"{_said(value)}  {key}{'' if key in needed else '?'}: {_type(value)};"
        for key, value in definition.get("properties", {}).items()
        if value.get("format") != "binary"
    ]
    return "\n".join([*([f"/** {said} */"] if said else []), f"export interface {name} {{", *lines, "}"])


def _said(schema: Mapping[str, Any]) -> str:
    return f"  /** {schema['description']} */\n" if "description" in schema else ""


def _type(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return schema["$ref"].rsplit("/", 1)[1]
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(_type(each) for each in schema["anyOf"]))
    if schema.get("type") == "array":
        return _array(schema)
    if schema.get("type") == "object":
        return _object(schema)
    return PLAIN.get(schema.get("type", ""), "any")


def _array(schema: Mapping[str, Any]) -> str:
    if "prefixItems" in schema:
        return f"[{', '.join(map(_type, schema['prefixItems']))}]"
    item = _type(schema.get("items", {}))
    if count := schema.get("minItems", 0) == schema.get("maxItems") and schema["maxItems"]:
        return f"[{', '.join([item] * count)}]"
    return f"({item})[]" if "|" in item else f"{item}[]"


def _object(schema: Mapping[str, Any]) -> str:
    if "properties" in schema:
        return "{ " + "; ".join(f"{key}: {_type(value)}" for key, value in schema["properties"].items()) + " }"
    values = schema.get("additionalProperties")
    return f"Record<string, {_type(values) if isinstance(values, Mapping) else 'any'}>"

"""Words of JSON Schema that the format is built from. Every part says in its description what would be right."""

from typing import Any, Final

from competitions.localised import LANGUAGES

Schema = dict[str, Any]


def string(description: str, **rules: Any) -> Schema:
    return {"type": "string", "minLength": 1, "description": description, **rules}


def integer(description: str, *, minimum: int = 0, maximum: int = 1_000_000_000) -> Schema:
    return {"type": "integer", "minimum": minimum, "maximum": maximum, "description": description}


def choice(description: str, *values: str) -> Schema:
    return {"enum": list(values), "description": description}


def array(description: str, items: Schema, *, minimum: int = 1) -> Schema:
    return {"type": "array", "items": items, "minItems": minimum, "description": description}


def record(description: str, /, *, required: tuple[str, ...], **properties: Schema) -> Schema:
    """A mapping with exactly these keys; a key that is not listed is a mistake."""
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def references(*keys: str, of: Schema) -> Schema:
    return {"properties": dict.fromkeys(keys, of), "minProperties": 1, "additionalProperties": False}


def variants(key: str, description: str, **records: Schema) -> Schema:
    """A mapping whose other keys depend on what `key` says."""
    cases = [
        {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": schema}
        for value, schema in records.items()
    ]
    kinds = {"enum": list(records), "description": f"one of {', '.join(records)}"}
    return {
        "type": "object",
        "description": description,
        "required": [key],
        "properties": {key: kinds},
        "allOf": cases,
    }


KEY: Final = string(
    "a short name: lower-case letters, digits, '_' and '-', beginning with a letter or digit",
    pattern="^[a-z0-9][a-z0-9_-]*$",
    maxLength=40,
)
SHORT: Final = string("a short text", maxLength=200)
PATH: Final = string("a path relative to this file, with '/' between folders", maxLength=400)
TEXT: Final[Schema] = {
    "type": ["string", "object"],
    "minLength": 1,
    "description": "a text as {en: ..., ja: ...}, or plain: the same in both languages",
    **references(*LANGUAGES, of=string("the text in one language")),
}

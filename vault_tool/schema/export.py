"""The JSON Schema of a customer's front matter, for editors and for checks outside this program."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vault_tool.schema.model import TOOL_PREFIX, Field, FieldType, Schema

Json = dict[str, Any]

_SCALAR: Json = {"type": ["string", "number", "boolean", "null"]}
_TEXT_OR_NULL: Json = {"type": ["string", "null"]}
_NUMERIC: Json = {"type": ["string", "number", "null"]}
_DATE: Json = {"type": ["string", "null"], "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}\s*$"}
_DATED: Json = {"type": ["string", "null"], "pattern": r"^\s*[0-9]{4}-[0-9]{2}-[0-9]{2}(\s[\s\S]*)?$"}
_SIMPLE = {
    FieldType.TEXT: _SCALAR,
    FieldType.LIST: _SCALAR,
    FieldType.PERSON: _TEXT_OR_NULL,
    FieldType.BIRTHDAY: _TEXT_OR_NULL,
    FieldType.DATE: _DATE,
    FieldType.DATED: _DATED,
    FieldType.DAYS: _NUMERIC,
    FieldType.AMOUNT: _NUMERIC,
    FieldType.NUMBER: _NUMERIC,
    # `[[name]]` without quotes is a list in a list to any other YAML reader.
    FieldType.LINK: {"type": ["string", "array", "null"]},
}
_SEALED: Json = {"type": "string", "pattern": "^sealed-[0-9a-hjkmnp-tv-z]{8}$"}


def json_schema(schema: Schema) -> Json:
    """Make the JSON Schema (2020-12) of a customer's front matter.

    Every spelling of a field is a property and every spelling of a word a value, in both languages. It
    is stricter than the program in one thing, since JSON Schema can't say otherwise: spellings count
    only in the case and width in which the schema writes them. Unknown keys are allowed, as in a vault.
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Front matter of a customer note",
        "type": "object",
        "properties": _properties(schema.fields),
        "patternProperties": {f"^{TOOL_PREFIX}": True},
        "allOf": [
            *(_one_of_its_keys(field) for field in schema.fields if field.required),
            *_required_by_type(schema),
        ],
        "$defs": {
            **{field.name: _value(field, schema) for field in schema.fields},
            **{
                f"{field.name}.{inner.name}": _value(inner, schema)
                for field in schema.fields
                for inner in field.fields
            },
        },
    }


def _properties(fields: Iterable[Field], within: str = "") -> Json:
    return {
        spelling: {"$ref": f"#/$defs/{within}{field.name}"}
        for field in fields
        for spelling in field.spellings
    }


def _one_of_its_keys(field: Field) -> Json:
    return {"anyOf": [{"required": [spelling]} for spelling in field.spellings]}


def _required_by_type(schema: Schema) -> Iterable[Json]:
    kind = schema.field("type")
    if kind is None:
        return
    for field in schema.fields:
        values = [
            spelling
            for word in schema.vocabularies.get(kind.vocabulary or "", ())
            if word.name in field.required_for
            for spelling in word.spellings
        ]
        if values:
            is_of_type = [
                {"properties": {key: {"enum": values}}, "required": [key]} for key in kind.spellings
            ]
            yield {"if": {"anyOf": is_of_type}, "then": _one_of_its_keys(field)}


def _value(field: Field, schema: Schema) -> Json:
    value = _of_type(field, schema)
    if field.required:
        value = {"allOf": [value, {"not": {"enum": [None, ""]}}]}
    if field.group or any(field.group_for.values()):
        value = {"anyOf": [value, _SEALED]}
    return {
        "title": " / ".join(dict.fromkeys(field.labels.values())),
        "description": "\n".join(text for text in field.help.values() if text),
        **value,
    }


def _of_type(field: Field, schema: Schema) -> Json:
    match field.type:
        case FieldType.WORD:
            words = schema.vocabularies.get(field.vocabulary or "", ())
            return {"enum": [*(spelling for word in words for spelling in word.spellings), None]}
        case FieldType.MAP:
            return {"type": ["object", "null"], "properties": _properties(field.fields, f"{field.name}.")}
        case FieldType.MAPS:
            item = {"type": "object", "properties": _properties(field.fields, f"{field.name}.")}
            return _one_or_many({"anyOf": [item, _SCALAR]})
        case _:
            return _one_or_many(_SIMPLE[field.type]) if field.many else _SIMPLE[field.type]


def _one_or_many(item: Json) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item}]}

"""The note of a new customer: the fields that are known, the lines its template wants, and no more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import PurePosixPath

from vault_tool.messages import Language
from vault_tool.notes.edit_fields import flow_list, spelled_word
from vault_tool.notes.nodes import Node, Scalar, Sequence
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.render_yaml import render_scalar
from vault_tool.notes.values import split_list
from vault_tool.schema import Field, FieldType, Schema


def start_note(
    path: PurePosixPath,
    values: Mapping[str, str],
    schema: Schema,
    *,
    template: str,
    today: date,
    language: Language,
) -> Note:
    """Return a new note: `values` by canonical name, then what the template adds, in the schema's order.

    The template is a note whose field names are canonical: a value of it stands unless one is given, an
    empty one is a line for the person to fill in, and its body is the profile. `{name}`, `{id}`, `{type}`,
    `{stage}`, `{owner}` and `{today}` in it are filled in.
    """
    filled = _filled(template, {**values, "today": today.isoformat()})
    pattern = parse_note(path, filled, schema)
    wanted = (
        {node.name: _text(node.node) for node in pattern.front_matter.fields if node.field}
        if (pattern.front_matter)
        else {}
    )
    wanted |= values
    lines = [
        f"{field.key(language)}: {_written(field, wanted[field.name], schema, language)}".rstrip()
        for field in schema.fields
        if field.name in wanted
    ]
    body = pattern.text[pattern.profile.span.start :].strip("\r\n")
    text = "\n".join(["---", *lines, "---", ""]) + (f"\n{body}\n" if body.strip() else "")
    return parse_note(path, text, schema)


def _filled(template: str, values: Mapping[str, str]) -> str:
    for name in ("name", "id", "type", "stage", "owner", "today"):
        template = template.replace(f"{{{name}}}", values.get(name, ""))
    return template


def _text(node: Node) -> str:
    match node:
        case Scalar(text=text):
            return text
        case Sequence(items=items):
            return ", ".join(item.text for item in items if isinstance(item, Scalar))
    return ""


def _written(field: Field, text: str, schema: Schema, language: Language) -> str:
    if not text:
        return ""
    if field.type is FieldType.LIST:
        return flow_list(split_list(text))
    if field.type is FieldType.WORD:
        text = spelled_word(schema, field.vocabulary or "", text, language)
    return render_scalar(text, "plain", field.type)

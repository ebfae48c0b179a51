"""`vault schema`: the fields and words that notes may use."""

from __future__ import annotations

import json
from collections.abc import Iterator

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.complete import fields
from vault_tool.cli.help import argument, command, option
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, language
from vault_tool.schema import Field, FieldType, Schema, Word, fold, json_schema


class UnknownPart(VaultError):
    """The schema has nothing of that name."""

    message = N_("The schema has no field, word or vocabulary {name}.")
    hint = N_("`vault schema` lists them all.")
    exit_code = Exit.USAGE


@command(
    "schema",
    help=N_(
        "Show the fields and words a note may use, as this vault's schema has them.\n\n"
        "With NAME, show one field or one vocabulary. Any spelling will do."
    ),
    examples=("vault schema", "vault schema stage", "vault schema --json-schema > customer.schema.json"),
)
@argument("name", required=False, shell_complete=fields)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@option(
    "--json-schema",
    "as_json_schema",
    is_flag=True,
    help=N_("Print the JSON Schema of a customer's front matter."),
)
@pass_app
def schema(app: App, name: str | None, as_json: bool, as_json_schema: bool) -> Exit:
    """Show the schema, or a part of it."""
    known = app.schema
    if as_json_schema:
        app.out.line(json.dumps(json_schema(known), ensure_ascii=False, indent=2))
        return Exit.OK
    shown, inline, words = _chosen(known, name) if name else _all(known)
    if as_json:
        app.out.json(
            {
                "fields": [_field_document(field) for field in shown],
                "inline_fields": [_field_document(field) for field in inline],
                "vocabularies": {key: [_word_document(word) for word in words[key]] for key in words},
            }
        )
        return Exit.OK
    _print_fields(app, _("Fields"), shown)
    _print_fields(app, _("Fields of an entry"), inline)
    for key, listed in words.items():
        _heading(app, _("Words: {vocabulary}").format(vocabulary=key))
        app.out.table(
            [(word.name, word.label("zh"), word.label("en"), ", ".join(word.aliases)) for word in listed]
        )
    return Exit.OK


Part = tuple[tuple[Field, ...], tuple[Field, ...], dict[str, tuple[Word, ...]]]


def _all(known: Schema) -> Part:
    return known.fields, known.inline_fields, dict(known.vocabularies)


def _chosen(known: Schema, name: str) -> Part:
    field, inline = known.field(name), known.inline_field(name)
    wanted = {found.vocabulary for found in (field, inline) if found and found.vocabulary}
    wanted |= {fold(name)} & set(known.vocabularies)
    words = {key: listed for key, listed in known.vocabularies.items() if key in wanted}
    words |= {
        key: (word,)
        for key in known.vocabularies
        if key not in words and (word := known.word(key, name)) is not None
    }
    if not (field or inline or words):
        raise UnknownPart(name=name)
    return (field,) if field else (), (inline,) if inline else (), words


def _print_fields(app: App, title: str, listed: tuple[Field, ...]) -> None:
    if not listed:
        return
    _heading(app, title)
    app.out.table(
        [
            (field.name, field.label("zh"), _type(field), ", ".join(_traits(field)), field.help[language()])
            for field in listed
        ]
    )


def _heading(app: App, title: str) -> None:
    if app.out.is_terminal:
        app.out.line()
        app.out.line(app.out.style(title, "bold"))


def _type(field: Field) -> str:
    kind = f"{field.type}:{field.vocabulary}" if field.vocabulary else str(field.type)
    return f"{kind}*" if field.many and field.type is not FieldType.LIST else kind


def _traits(field: Field) -> Iterator[str]:
    if field.required:
        yield _("required")
    for customer_type in sorted(field.required_for):
        yield _("required for {type}").format(type=customer_type)
    if field.group:
        yield _("sealed for {group}").format(group=field.group)
    for customer_type, group in field.group_for.items():
        if group:
            yield _("sealed for {group} of {type}").format(group=group, type=customer_type)


def _field_document(field: Field) -> dict[str, object]:
    return {
        "name": field.name,
        "labels": dict(field.labels),
        "aliases": list(field.aliases),
        "type": str(field.type),
        "vocabulary": field.vocabulary,
        "many": field.many,
        "required": field.required,
        "required_for": sorted(field.required_for),
        "sealed": field.group,
        "sealed_for": dict(field.group_for),
        "merge": field.merge,
        "help": dict(field.help),
        "fields": [_field_document(inner) for inner in field.fields],
    }


def _word_document(word: Word) -> dict[str, object]:
    return {
        "name": word.name,
        "labels": dict(word.labels),
        "aliases": list(word.aliases),
        "rank": word.rank,
        "closed": word.closed,
    }

from __future__ import annotations

import marshal
from pathlib import Path

import pytest

from vault_tool.schema import Schema, load_schema
from vault_tool.schema.plain import plain_schema, schema_of

OWN = Path(__file__).parent.parent / "cases" / "schema" / "vault"


@pytest.fixture(params=[None, OWN], ids=["built-in", "of a vault"])
def schema(request: pytest.FixtureRequest) -> Schema:
    return load_schema(request.param)


def test_a_schema_comes_back_from_plain_values_as_it_was(schema: Schema) -> None:
    copy = schema_of(marshal.loads(marshal.dumps(plain_schema(schema))))

    assert copy == schema
    assert {spelling: field.name for spelling, field in copy.by_key.items()} == {
        spelling: field.name for spelling, field in schema.by_key.items()
    }


def test_what_is_found_by_a_spelling_is_what_stands_in_the_lists(schema: Schema) -> None:
    copy = schema_of(plain_schema(schema))

    assert all(copy.field(field.name) is field for field in copy.fields)
    assert all(copy.inline_field(field.name) is field for field in copy.inline_fields)
    assert all(field.inner(inner.name) is inner for field in copy.fields for inner in field.fields)
    for name, words in copy.vocabularies.items():
        assert all(copy.word(name, word.label("zh")) is word for word in words)


def test_schemas_that_read_notes_alike_have_one_meaning(tmp_path: Path) -> None:
    (tmp_path / "fields.yaml").write_text('front_matter: {region: {help: {en: "Where."}}}', encoding="utf-8")
    with_other_help = load_schema(tmp_path)
    (tmp_path / "fields.yaml").write_text("front_matter: {region: {also: [大区]}}", encoding="utf-8")

    assert with_other_help != load_schema()
    assert with_other_help.meaning == load_schema().meaning
    assert load_schema(tmp_path).meaning != load_schema().meaning

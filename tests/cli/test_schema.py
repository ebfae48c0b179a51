from __future__ import annotations

import jsonschema
import pytest

from tests.conftest import VaultRun
from vault_tool.schema import load_schema


@pytest.mark.parametrize("name", ["stage", "阶段", "业务阶段", "STAGE"])
def test_a_field_is_found_by_any_spelling(vault_run: VaultRun, name: str):
    said = vault_run("schema", name, "--json").json

    assert [field["name"] for field in said["fields"]] == ["stage"]
    assert [word["name"] for word in said["vocabularies"]["stage"]][:2] == ["lead", "contact"]


def test_a_word_alone_is_shown(vault_run: VaultRun):
    said = vault_run("schema", "方案报价", "--json").json

    assert said["fields"] == []
    assert [word["labels"]["zh"] for word in said["vocabularies"]["stage"]] == ["方案报价"]


def test_everything_is_shown_without_a_name(vault_run: VaultRun):
    said = vault_run("schema", "--json").json
    schema = load_schema()

    assert [field["name"] for field in said["fields"]] == [field.name for field in schema.fields]
    assert set(said["vocabularies"]) == set(schema.vocabularies)


def test_text_says_it_in_both_languages(vault_run: VaultRun):
    lines = vault_run("schema").out.splitlines()

    assert any(line.startswith("stage\t业务阶段\tword:stage\trequired\t") for line in lines)
    assert any(line.startswith("lead\t潜在客户\t") for line in lines)


def test_the_json_schema_is_one(vault_run: VaultRun):
    document = vault_run("schema", "--json-schema").json

    jsonschema.Draft202012Validator.check_schema(document)
    assert "version" not in document


def test_an_unknown_name_is_an_error(vault_run: VaultRun):
    ran = vault_run("schema", "nonsense")

    assert ran.status == 2
    assert "nonsense" in ran.err

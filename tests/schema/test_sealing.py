"""Two states of what a schema seals, compared; and the former one held to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vault_tool.schema import Schema, load_schema
from vault_tool.schema.plain import plain_schema, schema_of
from vault_tool.schema.sealing import (
    holding,
    is_holding,
    kept,
    loosened,
    plain_rules,
    rules_from,
    rules_of,
)

BEFORE = load_schema()
READERS = {"contact": ["li", "zhang"], "finance": ["li"], "identity": ["li"]}
OPEN_NUMBER = "number:\n        labels: {en: Number}\n        aliases: [mobile]\n        type: text\n"


def schema(folder: Path, fields: str) -> Schema:
    (folder / "fields.yaml").write_text(fields, "utf-8")
    return load_schema(folder)


LOOSER = [
    ("front_matter:\n  mobile:\n    sealed: false\n", {"mobile"}),
    ("front_matter:\n  mobile:\n    sealed: {person: contact}\n", {"mobile"}),
    ("front_matter:\n  phone:\n    sealed: false\n", {"phone"}),
    ("front_matter:\n  bank_account:\n    sealed: contact\n", {"bank_account"}),
    ("front_matter:\n  bank_account:\n    sealed: nobody_knows\n", {"bank_account"}),
    ("front_matter:\n  wechat:\n    labels: {en: W, zh: 聊}\n    aliases: []\n  contacts:\n    remove: true\n",
     {"phone", "wechat"}),
    (f"front_matter:\n  people:\n    labels: {{en: People}}\n    type: maps\n    fields:\n      {OPEN_NUMBER}", {"mobile"}),
    ("inline:\n  pastime:\n    labels: {en: P}\n    aliases: [手机]\n    type: text\n", {"mobile"}),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "names"), LOOSER)
def test_what_is_sealed_less_is_held_to_and_to_nothing_else(tmp_path: Path, fields: str, names: set[str]):
    after = schema(tmp_path, fields)
    changes = loosened(rules_of(BEFORE), after, READERS)

    held = holding(after, changes)

    assert {change.name for change in changes} == names and is_holding(held)
    assert loosened(rules_of(BEFORE), held, READERS) == ()
    again = kept(rules_of(BEFORE), after, changes)
    assert set(loosened(again, after, READERS)) == set(changes) and kept(again, after, changes) == again
    assert rules_of(schema_of(plain_schema(held))) == rules_of(held)


@pytest.mark.parametrize(
    "fields",
    [
        "front_matter:\n  email:\n    sealed: contact\n",
        "front_matter:\n  mobile:\n    sealed: finance\n",
        "front_matter:\n  mobile:\n    remove: true\n",  # what is spelt like one inside of contacts is sealed
        "front_matter:\n  pastime:\n    labels: {en: P}\n    type: text\n",
    ],
)
def test_what_is_sealed_more_or_for_fewer_is_no_loosening(tmp_path: Path, fields: str):
    after = schema(tmp_path, fields)

    assert loosened(rules_of(BEFORE), after, READERS) == ()
    assert holding(after, ()) is after and not is_holding(after)


def test_rules_come_back_as_they_were(tmp_path: Path):
    rules = rules_of(schema(tmp_path, LOOSER[-2][0]))

    assert rules_from(json.loads(json.dumps(plain_rules(rules)))) == rules

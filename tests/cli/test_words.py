"""What a person types for a field, before anything is written."""

from __future__ import annotations

from datetime import date

import pytest

from vault_tool.cli.say import shell_word
from vault_tool.cli.words import (
    BadAssignment,
    BadTag,
    MissingValue,
    NoSuchDay,
    NotADay,
    UnknownWord,
    WrongForm,
    WrongSealedForm,
    assignment,
    known_field,
    known_tag,
    next_step,
    said_day,
    typed_value,
)
from vault_tool.schema import load_schema

SCHEMA = load_schema()
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "error"), [("2026-02-30", NoSuchDay), ("32号", NoSuchDay), ("稍后", NotADay)]
)
def test_a_day_that_never_was_is_told_from_no_day(text: str, error: type[NotADay]) -> None:
    with pytest.raises(NotADay) as one:
        said_day(text, TODAY, SCHEMA, "past")
    with pytest.raises(NotADay) as other:
        next_step(f"{text} 发报价", TODAY, SCHEMA)

    assert [type(one.value), type(other.value)] == [error, error]


@pytest.mark.parametrize(
    ("text", "error"), [("阶段=", MissingValue), ("阶段＝ ", MissingValue), ("阶段", BadAssignment)]
)
def test_a_missing_value_is_told_from_a_missing_equals_sign(text: str, error: type[BadAssignment]) -> None:
    with pytest.raises(BadAssignment) as raised:
        assignment(text)

    assert type(raised.value) is error


@pytest.mark.parametrize(("text", "tag"), [("#大客户", "大客户"), ("＃VIP", "VIP"), (" a-b ", "a-b")])
def test_a_tag_needs_no_hash(text: str, tag: str) -> None:
    assert known_tag(text) == tag


@pytest.mark.parametrize("text", ["", "#", "a b", "a\u3000b", "a，b", "a;b", "a#b"])
def test_what_is_no_one_word_is_no_tag(text: str) -> None:
    with pytest.raises(BadTag):
        known_tag(text)


@pytest.mark.parametrize(
    ("key", "text"),
    [("预计金额", "多"), ("website", "x"), ("生日", "某天"), ("email", "wang"), ("核对周期", "常常")],
)
def test_a_value_of_the_wrong_form_is_refused_with_an_example(key: str, text: str) -> None:
    with pytest.raises(WrongForm) as raised:
        typed_value(known_field(SCHEMA, key), text, TODAY, SCHEMA)

    assert raised.value.values["example"]


def test_every_form_that_can_be_wrong_has_an_example() -> None:
    for field in (*SCHEMA.fields, *SCHEMA.inline_fields):
        if field.name in ("id", "name"):
            continue
        try:
            typed_value(field, "@", TODAY, SCHEMA)
        except (WrongForm, NotADay, UnknownWord) as error:
            assert str(error)


def test_a_sealed_fields_value_is_not_said_again() -> None:
    with pytest.raises(WrongSealedForm) as raised:
        typed_value(known_field(SCHEMA, "合同金额"), "机密", TODAY, SCHEMA)

    assert "机密" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "typed"),
    [
        ("蓝海", "蓝海"),
        ("Acme", "Acme"),
        ("Acme GmbH", "'Acme GmbH'"),
        ("A&B", "'A&B'"),
        ("-x", "-x"),
        ("", "''"),
    ],
)
def test_a_name_is_quoted_for_the_shell_only_where_it_must_be(text: str, typed: str) -> None:
    assert shell_word(text) == typed

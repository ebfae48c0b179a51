"""Lists of phrases come from the files, and a vault's own file adds and takes away."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault_tool.schema import load_schema

OWN = Path(__file__).parent.parent / "cases" / "schema" / "vault"
BUILTIN = load_schema()


def test_a_vault_adds_phrases_and_takes_others_away() -> None:
    filler = load_schema(OWN).phrases("filler")

    assert filler["在此基础上"] == ""
    assert filler["NO"] == "on"
    assert BUILTIN.phrases("filler").keys() - filler.keys() == {"进行了沟通", "in order to"}


def test_a_vault_can_write_a_list_anew() -> None:
    assert list(load_schema(OWN).phrases("vague-time")) == ["这阵子"]


def test_what_a_vault_does_not_name_stays() -> None:
    assert load_schema(OWN).phrases("password") == BUILTIN.phrases("password")


def test_a_list_that_is_not_there_is_no_empty_list() -> None:
    with pytest.raises(KeyError):
        BUILTIN.phrases("fillers")


def test_phrases_say_nothing_about_how_a_note_is_read(tmp_path: Path) -> None:
    (tmp_path / "phrases.yaml").write_text("phrases: {vague-time: {also: [这阵子]}}", encoding="utf-8")

    assert load_schema(tmp_path) != BUILTIN
    assert load_schema(tmp_path).meaning == BUILTIN.meaning

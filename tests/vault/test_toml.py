from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.vault.toml import (
    BadToml,
    CannotReadToml,
    line_of,
    parse_toml,
    read_toml,
    toml_key,
    toml_string,
)

SETTINGS = """\
version = 1
id = "v1"

[people."li.na"]   # owner
name = "李娜"
'aliases' = ["娜姐"]

[lint]
limits = { entry_units = 100 }
ignore = [
  "EN001",
]
per-file-ignores."archive/*" = ["CC001"]
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("version",), 1),
        (("people",), 4),
        (("people", "li.na"), 4),
        (("people", "li.na", "name"), 5),
        (("people", "li.na", "aliases"), 6),
        (("lint",), 8),
        (("lint", "limits"), 9),
        (("lint", "limits", "entry_units"), 9),
        (("lint", "ignore"), 10),
        (("lint", "per-file-ignores", "archive/*"), 13),
        (("nowhere",), 1),
    ],
)
def test_the_line_of_a_key_is_found_in_the_text(path: tuple[str, ...], line: int):
    assert line_of(SETTINGS, path) == line


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_text_is_read_back_as_it_was_written(text: str):
    assert tomllib.loads(f"key = {toml_string(text)}") == {"key": text}


def test_half_a_surrogate_pair_which_no_file_can_hold_becomes_a_replacement_character():
    assert toml_string("a\ud83d") == '"a\N{REPLACEMENT CHARACTER}"'


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_any_key_is_read_back_as_it_was_written(key: str):
    assert tomllib.loads(f"{toml_key(key)} = 1") == {key: 1}


@pytest.mark.parametrize(
    ("text", "line"), [("a = 1\nb = \n", 2), ("a = 1\na = 2\n", 2), ("a = [\n1,\n", 3), ('[x]\ny = "\n"', 2)]
)
def test_what_is_no_toml_is_refused_with_its_line(text: str, line: int):
    with pytest.raises(BadToml) as refused:
        parse_toml(text, Path("vault.toml"))

    assert refused.value.values["line"] == line
    assert str(refused.value).startswith(f"vault.toml:{line}: ")


def test_a_text_nested_without_end_is_refused(tmp_path: Path):
    with pytest.raises(BadToml):
        parse_toml("a = " + "[" * 100_000, Path("vault.toml"))


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path):
    path = tmp_path / "vault.toml"
    path.write_bytes(b"\xef\xbb\xbfversion = 1\r\n")

    assert parse_toml(read_toml(path), path) == {"version": 1}


def test_bytes_that_are_not_utf8_are_refused_with_their_line(tmp_path: Path):
    path = tmp_path / "vault.toml"
    path.write_bytes("version = 1\nname = '李娜'\n".encode("gb18030"))

    with pytest.raises(BadToml) as refused:
        read_toml(path)

    assert refused.value.values["line"] == 2


def test_a_huge_file_is_not_read_to_its_end(tmp_path: Path):
    path = tmp_path / "vault.toml"
    path.write_bytes(b"#" * 2_000_000)

    with pytest.raises(BadToml):
        read_toml(path)


def test_a_file_that_is_not_there_is_a_plain_error(tmp_path: Path):
    with pytest.raises(CannotReadToml):
        read_toml(tmp_path / "vault.toml")


@given(st.text())
def test_finding_a_line_never_fails(text: str):
    assert line_of(text, ("a", "b")) >= 1

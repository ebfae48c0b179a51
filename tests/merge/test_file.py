"""Files that are no notes, merged: what is valid stays valid, what can't stand in the file is kept."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.vaults import SETTINGS
from tests.merge.test_keyed import FILES, toml
from tests.merge.trees import RULES, SCHEMA, note
from vault_tool.merge.erased import merge_tombstones, read_tombstones, tombstone, tombstones_file
from vault_tool.merge.file import merge_content, merge_file, place_for_other
from vault_tool.merge.note import Merged
from vault_tool.merge.readers import read_toml_items
from vault_tool.merge.rules import customer_id, is_note
from vault_tool.vault.keyring import KEYRING
from vault_tool.vault.settings_text import settings_of

TOML = PurePosixPath("vault.toml")
VAULT = SETTINGS.format(language="zh").encode()


def merged(path: str | PurePosixPath, base: bytes | None, a: bytes, b: bytes) -> Merged:
    done = merge_file(PurePosixPath(path), base, a, b, RULES)
    assert done == merge_file(PurePosixPath(path), base, b, a, RULES)
    return done


def test_of_a_keyring_that_cant_be_read_the_other_stands_whole():
    low, high = b"no keyring [\n", b"version = 1\nepoch = 1\n"

    assert merged(KEYRING, b"epoch = 8\n", low, high) == Merged(high, ("",), parked=low)


def test_colleagues_who_were_both_added_are_both_there():
    done = merged(TOML, VAULT, VAULT + b'[people."a"]\nname = "A"\n', VAULT + b'[people."b"]\nname = "B"\n')

    assert [person.id for person in settings_of(done.data.decode()).people] == [
        "li.na",
        "zhang.wei",
        "a",
        "b",
    ]
    assert done.parked is None


def test_settings_that_only_together_say_what_cant_be_are_not_joined():
    # One name for two people: no command would open this vault.
    a, b = (VAULT + f'[people."{name}"]\nname = "王芳"\n'.encode() for name in "ab")

    done = merged(TOML, VAULT, a, b)

    assert {done.data, done.parked} == {a, b}
    settings_of(done.data.decode())


def test_a_conflict_in_settings_keeps_the_other_file():
    a, b = VAULT.replace(b'"zh"', b'"en"'), VAULT.replace(b'language = "zh"\n', b'language = "fr"\n')

    done = merged(TOML, VAULT, a, b)

    assert done.conflicts == ("language",)
    assert {done.data, done.parked} == {a, b}


def test_a_schema_is_merged_by_key():
    base = b"front_matter:\n  level:\n    type: text\n"

    done = merged(
        "schema/fields.yaml", base, base + b"  size:\n    type: number\n", base.replace(b"text", b"word")
    )

    assert done == Merged(base.replace(b"text", b"word") + b"  size:\n    type: number\n")


def test_a_template_gets_no_open_conflict():
    base, a, b = (
        f"---\ntype: person\nstage: {stage}\n---\n".encode() for stage in ("lead", "won", "contact")
    )

    done = merged("templates/person.md", base, a, b)

    assert {done.data, done.parked} == {a, b}
    assert merged("templates/person.md", base, base + b"# {name}\n", a).data == a + b"# {name}\n"


def test_texts_are_merged_by_line_or_kept_both():
    base = b"one\ntwo\nthree\nfour\n"

    assert (
        merged("a.txt", base, b"1\ntwo\nthree\nfour\n", b"one\ntwo\nthree\n4\n").data == b"1\ntwo\nthree\n4\n"
    )
    assert merged("a.txt", base, b"1\n", b"2\n") == Merged(b"2\n", ("",), parked=b"1\n")
    assert merged("a.txt", None, b"1\n", b"2\n") == Merged(b"2\n", ("",), parked=b"1\n")
    assert merged(".gitignore", None, b"a\nb\n", b"b\nc\n").data.split() == [b"a", b"b", b"c"]


@pytest.mark.parametrize(
    ("path", "beside"),
    [
        ("vault.toml", ".vault/conflicts/vault-*.toml"),
        ("schema/fields.yaml", ".vault/conflicts/schema/fields-*.yaml"),
        ("templates/person.md", ".vault/conflicts/templates/person-*.md"),
        (".vault/keyring.toml", ".vault/conflicts/keyring-*.toml"),
        (".vault/groups/contact/4.age", ".vault/conflicts/groups/contact/4-*.age"),
        ("customers/x.pdf", "customers/x.conflict-*.pdf"),
        ("customers/x.md", "customers/x.conflict-*.md"),
        (".vault/conflicts/vault-1.toml", ".vault/conflicts/vault-1.conflict-*.toml"),
    ],
)
def test_where_the_other_version_is_kept(path: str, beside: str):
    found = place_for_other(PurePosixPath(path), b"x")

    assert found.match(beside)
    assert found == place_for_other(PurePosixPath(path), b"x")
    assert found != place_for_other(PurePosixPath(path), b"y")


def test_what_a_note_is():
    assert is_note(PurePosixPath("customers/a.md"), RULES, b"")
    assert is_note(PurePosixPath("inbox/a.MD"), RULES, None, b"---\n")
    assert not is_note(PurePosixPath("README.md"), RULES, b"# x\n")
    assert not is_note(PurePosixPath("templates/person.md"), RULES, b"---\n")
    assert customer_id("---\n编号: c1\n---\n".encode(), SCHEMA) == "c1"
    assert customer_id(b"---\nname: x\n---\n", SCHEMA) is None


def test_tombstones_only_grow_and_a_damaged_line_brings_nobody_back():
    one, two = (tombstone("v1", name) for name in ("c1", "c2"))

    united = merge_tombstones(
        b"", tombstones_file({one: 3}), tombstones_file({one: 5, two: 4}) + b"oops = [\n"
    )

    assert read_tombstones(united) == {one: 5, two: 4}
    assert one != tombstone("v2", "c1")
    assert b"erased]\n" + min(one, two).encode() in united


PATHS = st.sampled_from(
    [
        *("vault.toml", ".vault/keyring.toml", ".vault/erased.toml", "schema/fields.yaml"),
        *("templates/person.md", ".gitignore", "customers/a.md", "customers/a.csv", "README.md"),
    ]
)
BYTES = st.one_of(st.binary(max_size=40), st.text("ab=[].\"'#:-\r\n \0é", max_size=40).map(str.encode))


@settings(max_examples=200)
@given(PATHS, st.one_of(st.none(), BYTES), BYTES, BYTES)
def test_whatever_stands_there_it_ends_the_same_from_both_sides(
    path: str, base: bytes | None, a: bytes, b: bytes
):
    where = PurePosixPath(path)
    done = merge_content(where, base, a, b, RULES)

    assert done == merge_content(where, base, b, a, RULES)
    assert merge_content(where, base, a, a, RULES).data == a
    if base is not None:
        assert merge_content(where, base, a, base, RULES).data == a
    assert done.parked is None or done.parked in (a, b)
    assert b"<<<<<<<" not in done.data or b"<<<<<<<" in a + b


@settings(max_examples=100)
@given(FILES, FILES, FILES)
def test_of_files_that_parse_the_result_does(base: object, a: object, b: object):
    was, one, two = (toml(file).encode() for file in (base, a, b))  # type: ignore[arg-type]

    assert read_toml_items(merged(".vault/other.toml", was, one, two).data.decode()) is not None


def test_a_note_goes_to_the_merge_of_notes():
    done = merge_content(
        PurePosixPath("customers/a.md"), note("c1"), note("c1", "x"), note("c1", name="新"), RULES
    )

    assert done.data == note("c1", "x", name="新")

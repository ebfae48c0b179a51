"""Settings merged by key: both sides' settings stand, as they were typed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vault_tool.merge.keyed import ByKey, Reader, merge_by_key, written
from vault_tool.merge.readers import read_toml_items, read_yaml_items
from vault_tool.schema.files import builtin_schema_dir

TOML = """# What we share.
version = 1
id = "v1"   # never change it
customers = [
    "customers/**/*.md",  # all
]

# Who is here.
[people."li.na"]
name = "李娜"

[review]
vip = 90
# the end
"""
YAML = """# Ours.
front_matter:
  level:
    labels: {en: Level, zh: 级别}   # short
    aliases: [Lv]
    help:
      en: |
        How good.

        # no comment
      zh: 多好

  # next
  region:
    type: text
inline: {}
# the end
"""


def both(read: Reader, base: str | None, a: str, b: str) -> ByKey | None:
    was = base.encode() if base is not None else None
    one = merge_by_key(read, was, a.encode(), b.encode())
    assert one == merge_by_key(read, was, b.encode(), a.encode())
    return one


def text_of(merged: ByKey | None) -> str:
    assert merged is not None
    assert merged.conflicts == ()
    return merged.data.decode()


@pytest.mark.parametrize("name", ["fields.yaml", "vocabulary.yaml", "phrases.yaml"])
def test_the_schemas_own_files_are_cut_and_put_together_byte_for_byte(name: str):
    text = (builtin_schema_dir() / name).read_text("utf-8")
    items = read_yaml_items(text)

    assert items is not None
    assert written(items) == text


def test_cut_and_put_together():
    for read, text in ((read_toml_items, TOML), (read_yaml_items, YAML)):
        items = read(text)
        assert items is not None
        assert written(items) == text


def test_each_side_changed_another_setting_and_all_comments_stand():
    a = TOML.replace('"v1"', '"v2"').replace("# the end", "# the very end")
    b = TOML.replace("vip = 90", "vip = 60 # sooner").replace("# Who is here.", "# The team.")

    assert text_of(both(read_toml_items, TOML, a, b)) == a.replace("vip = 90", "vip = 60 # sooner").replace(
        "# Who is here.", "# The team."
    )


def test_two_colleagues_are_added_at_one_place():
    def added(person: str) -> str:
        return TOML.replace("\n[review]", f'\n# {person}\n[people."{person}"]\nname = "{person}"\n\n[review]')

    merged = text_of(both(read_toml_items, TOML, added("b"), added("a")))

    assert list(tomllib.loads(merged)["people"]) == ["li.na", "a", "b"]
    assert "# a\n" in merged and "# b\n" in merged


def test_a_setting_at_the_top_and_a_table_are_added_at_one_place():
    base = "version = 1\n"

    merged = text_of(both(read_toml_items, base, base + "x = 2\n", base + "[review]\nvip = 3\n"))

    assert tomllib.loads(merged) == {"version": 1, "x": 2, "review": {"vip": 3}}


def test_a_table_that_one_removed_and_the_other_changed_stays_whole():
    removed = TOML.replace('# Who is here.\n[people."li.na"]\nname = "李娜"\n\n', "")
    changed = TOML.replace('"李娜"\n', '"李娜"\nemail = "li@example.com"\n')

    assert text_of(both(read_toml_items, TOML, removed, changed)) == changed
    assert text_of(both(read_toml_items, TOML, removed, TOML.replace("90", "60"))) == removed.replace(
        "90", "60"
    )


def test_two_values_for_one_setting_take_one_side_and_are_named():
    a, b = TOML.replace("李娜", "李那"), TOML.replace("李娜", "李纳").replace("vip = 90", "vip = 1")

    merged = both(read_toml_items, TOML, a, b)

    assert merged is not None
    assert merged.conflicts == ('people."li.na".name',)
    assert merged.data.decode() == max(a, b).replace("vip = 90", "vip = 1")


def test_a_comment_against_a_value_is_no_conflict():
    a, b = (
        TOML.replace("# Who is here.\n", ""),
        TOML.replace("李娜", "李那").replace("version = 1", "version=1"),
    )

    assert text_of(both(read_toml_items, TOML, a, b)) == b.replace("# Who is here.\n", "")


def test_lines_may_end_as_on_windows():
    a, b = TOML.replace("\n", "\r\n"), TOML.replace('"v1"', '"v2"')

    assert text_of(both(read_toml_items, TOML, a, b)) == b.replace("\n", "\r\n")


def test_yaml_is_merged_as_deep_as_keys_stand_on_lines():
    a = YAML.replace("多好", "有多好").replace("type: text", "type: text\n    aliases: [area]")
    b = YAML.replace("[Lv]", "[Lv, Lvl]").replace("inline: {}\n", "  size:\n    type: number\ninline: {}\n")

    merged = text_of(both(read_yaml_items, YAML, a, b))

    assert merged == a.replace("[Lv]", "[Lv, Lvl]").replace(
        "inline: {}\n", "  size:\n    type: number\ninline: {}\n"
    )


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (read_toml_items, "a = "),
        (read_toml_items, "[[a]]\nb = 1\n"),
        (read_yaml_items, "a: &x 1\n"),
        (read_yaml_items, "a: 1\na: 2\n"),
        (read_yaml_items, "{a: 1}\n"),
        (read_yaml_items, "a: [\n"),
        (read_yaml_items, "? a\n: 1\n"),
    ],
)
def test_what_cant_be_cut_is_left_whole(read: Reader, text: str):
    assert read(text) is None
    assert both(read, None, text, "a: 1\n" if read is read_yaml_items else "a = 1\n") is None


LEAVES = st.dictionaries(st.sampled_from("abc"), st.integers(0, 2), max_size=3)
FILES = st.tuples(LEAVES, st.dictionaries(st.sampled_from(["t", "u.v", "w"]), LEAVES, max_size=2))


def toml(file: tuple[dict[str, int], dict[str, dict[str, int]]]) -> str:
    top, tables = file
    lines = [f"{key} = {value}" for key, value in top.items()]
    for name, table in tables.items():
        lines += ["", f"# {name}", f"[{name}]", *(f"{key} = {value}" for key, value in table.items())]
    return "".join(f"{line}\n" for line in lines)


def flat(text: str) -> dict[str, object]:
    found: dict[str, object] = {}

    def walk(prefix: str, table: dict[str, object]) -> None:
        for key, value in table.items():
            walk(f"{prefix}{key}.", value) if isinstance(value, dict) else found.update({prefix + key: value})

    walk("", tomllib.loads(text))
    return found


@settings(max_examples=150)
@given(FILES, FILES, FILES)
def test_every_setting_has_the_value_that_somebody_gave_it_last(base: object, a: object, b: object):
    was, one, two = (toml(file) for file in (base, a, b))  # type: ignore[arg-type]
    merged = both(read_toml_items, was, one, two)
    assert merged is not None
    found = flat(merged.data.decode())
    before, first, second = flat(was), flat(one), flat(two)

    for key in {*before, *first, *second}:
        values = {side.get(key) for side in (first, second) if side.get(key) != before.get(key)}
        if len(values) == 1 and None not in values:
            assert found.get(key) in values, key
        elif not values:
            assert found.get(key) == before.get(key), key
        elif len(values) == 2 and None not in values:
            assert key in merged.conflicts
    assert both(read_toml_items, was, one, one) == ByKey(one.encode(), ())
    assert both(read_toml_items, was, was, one) == ByKey(one.encode(), ())


def test_the_example_vaults_settings_can_be_cut():
    text = (Path(__file__).parents[2] / "example_vault/vault.toml").read_text("utf-8")
    items = read_toml_items(text)

    assert items is not None
    assert written(items) == text

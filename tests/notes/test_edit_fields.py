"""Setting fields: the planned span changes, everything else stays byte for byte."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.notes.strategies import WORDS, notes
from vault_tool.notes.edit_fields import (
    CannotEdit,
    list_items,
    plan_change_list,
    plan_remove,
    plan_set,
    shape,
)
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Edit, apply_edits
from vault_tool.schema import load_schema

SCHEMA = load_schema()
PATH = PurePosixPath("customers/x.md")


def read(text: str) -> Note:
    return parse_note(PATH, text.encode(), SCHEMA)


def untouched(text: str, edits: list[Edit]) -> str:
    return apply_edits(text, [Edit(span, "") for span, _ in edits])


def others(note: Note, name: str) -> list[tuple[str, str]]:
    """Every other field as the bytes that stand there."""
    fields = note.front_matter.fields if note.front_matter else ()
    return [(node.name, node.lines.of(note.text)) for node in fields if node.name != name]


def body_of(note: Note) -> str:
    return note.text[note.profile.span.start :]


def load(note: Note) -> dict[str, object]:
    """Read the front matter as PyYAML does, every value a text."""
    block = note.front_matter.block.of(note.text) if note.front_matter else ""
    return yaml.load(block, Loader=yaml.BaseLoader) or {}


@given(notes(), st.sampled_from(["region", "地区", "name", "source", "address"]), WORDS)
def test_set_then_read_gives_the_value_and_touches_nothing_else(text: str, key: str, value: str) -> None:
    before = read(text)
    try:
        edits = plan_set(before, key, value, "zh")
    except CannotEdit:
        return

    after = read(apply_edits(text, edits))

    name = SCHEMA.field(key).name  # type: ignore[union-attr]
    assert after.front_matter is not None
    assert [shape(node.node) for node in after.front_matter.all(name)] == [value]
    assert others(after, name) == others(before, name)
    assert body_of(after) == body_of(before)
    assert len(edits) == 1


@given(notes(), WORDS)
def test_other_yaml_programs_read_the_same_value(text: str, value: str) -> None:
    before = read(text)
    try:
        load(before)
    except yaml.YAMLError:
        return  # they can't read this note in the first place
    try:
        edits = plan_set(before, "source", value, "en")
    except CannotEdit:
        return

    after = read(apply_edits(text, edits))

    loaded = load(after)
    key = next(key for key in loaded if SCHEMA.field(str(key)) is SCHEMA.field("source"))
    assert loaded[key] == value


@given(notes(), st.lists(WORDS, max_size=3), st.integers(0, 3))
def test_changing_a_list_gives_that_list_and_touches_nothing_else(
    text: str, add: list[str], drop: int
) -> None:
    before = read(text)
    items = list_items(before, "tags")
    try:
        edits = plan_change_list(before, "tags", add=add, remove=items[:drop], language="zh")
    except CannotEdit:
        return

    after = read(apply_edits(text, edits))

    kept = items[drop:]
    expected = kept + [item for item in dict.fromkeys(add) if item not in items]
    assert list_items(after, "tags") == expected
    assert others(after, "tags") == others(before, "tags")
    assert body_of(after) == body_of(before)


@given(notes(), st.sampled_from(["tags", "name", "next", "contacts", "address"]))
def test_removing_a_field_takes_its_lines_and_nothing_else(text: str, name: str) -> None:
    before = read(text)
    try:
        edits = plan_remove(before, name)
    except CannotEdit:
        return

    after = read(apply_edits(text, edits))

    assert after.value(name) is None
    assert others(after, name) == others(before, name)
    assert body_of(after) == body_of(before)


@given(notes(), WORDS)
def test_a_plan_that_is_set_twice_changes_nothing_the_second_time(text: str, value: str) -> None:
    try:
        once = apply_edits(text, plan_set(read(text), "region", value, "zh"))
    except CannotEdit:
        return

    assert apply_edits(once, plan_set(read(once), "region", value, "zh")) == once


@pytest.mark.parametrize(
    ("block", "key", "value", "expected"),
    [
        ("阶段:  '潜在客户'   # 上周\r\n", "stage", "won", "阶段:  '成交'   # 上周\r\n"),
        ("stage: lead\n", "阶段", "成交", "stage: won\n"),
        ("stage:\nname: x\n", "stage", "won", "stage: won\nname: x\n"),
        ("stage:   # 待定\n", "stage", "won", "stage: won   # 待定\n"),
        ("phone: 0571\n", "phone", "0572", 'phone: "0572"\n'),
        (
            "next:\n  - 2026-01-01 a\n  - b\nname: x\n",
            "next",
            "2026-12-01 c",
            "next: 2026-12-01 c\nname: x\n",
        ),
        ("address: |\n  a\n  b\n\nname: x\n", "address", "c", "address: c\n\nname: x\n"),
        (
            "客户名称: 蓝海\n负责人: 李娜\n",
            "stage",
            "lead",
            "客户名称: 蓝海\n业务阶段: 潜在客户\n负责人: 李娜\n",
        ),
        ("客户名称: 蓝海\n", "tags", "VIP", "客户名称: 蓝海\ntags: [VIP]\n"),
        ("owner: @li.na\nstage: lead\n", "stage", "won", "owner: @li.na\nstage: won\n"),
        ("  name: x\n  stage: lead\n", "owner", "li.na", "  name: x\n  stage: lead\n  owner: li.na\n"),
        ("{name: x, stage: lead}\n", "stage", "won", "{name: x, stage: won}\n"),
        ("referred_by: [[王五]]\n", "referred_by", "[[李四]]", 'referred_by: "[[李四]]"\n'),
    ],
)
def test_a_set_shows_as_one_small_change(block: str, key: str, value: str, expected: str) -> None:
    newline = "\r\n" if "\r\n" in block else "\n"
    text = f"---{newline}{block}---{newline}概况{newline}"

    after = apply_edits(text, plan_set(read(text), key, value, "zh"))

    assert after == f"---{newline}{expected}---{newline}概况{newline}"


@pytest.mark.parametrize(
    ("block", "add", "remove", "expected"),
    [
        ("tags: [a, 'b', c ,]\n", ["d"], ["b"], "tags: [a, c, d ,]\n"),
        ("tags: [a]\n", [], ["a"], "tags: []\n"),
        ("tags: [a]\n", ["b"], ["a"], "tags: [b]\n"),
        ("tags: []\n", ["a: b"], [], 'tags: ["a: b"]\n'),
        ("tags:\n  - a # 注释\n  - b\nx: 1\n", ["c"], ["b"], "tags:\n  - a # 注释\n  - c\nx: 1\n"),
        ("tags:\n- a\n", ["b"], [], "tags:\n- a\n- b\n"),
        ("tags: a, b\n", ["c"], [], "tags: [a, b, c]\n"),
        ("tags:\n", ["c"], [], "tags: [c]\n"),
    ],
)
def test_lists_keep_the_way_they_are_written(
    block: str, add: list[str], remove: list[str], expected: str
) -> None:
    text = f"---\n{block}---\n"

    after = apply_edits(text, plan_change_list(read(text), "tags", add=add, remove=remove))

    assert after == f"---\n{expected}---\n"


@pytest.mark.parametrize(
    "block",
    [
        "stage: lead\n阶段: 成交\n",
        "stage: &s lead\n",
        "stage: !!str lead\n",
        "x: &s lead\nstage: *s\n",
        "stage: [lead\n",
        "stage: {a: 1}\n",
        "阶段：成交\n",
    ],
)
def test_what_cannot_be_spliced_safely_is_refused(block: str) -> None:
    with pytest.raises(CannotEdit):
        plan_set(read(f"---\n{block}---\n"), "stage", "won", "zh")


def test_a_note_without_front_matter_gets_one() -> None:
    text = "\ufeff一些话\r\n"

    after = apply_edits(text, plan_set(read(text), "stage", "won", "zh"))

    assert after == "\ufeff---\r\n业务阶段: 成交\r\n---\r\n一些话\r\n"

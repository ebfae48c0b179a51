"""Front matter merged field by field, by the schema's policies."""

from __future__ import annotations

import pytest

from vault_tool.merge.fields import MergedHead, merge_front_matter
from vault_tool.schema import load_schema

SCHEMA = load_schema()


def block(text: str) -> str:
    return f"---\nid: c1\n{text}---\n"


def merge(base: str | None, a: str, b: str) -> MergedHead:
    sides = [block(text) if text is not None else None for text in (base, a, b)]
    one = merge_front_matter(sides[0], sides[1], sides[2], SCHEMA)
    assert merge_front_matter(sides[0], sides[2], sides[1], SCHEMA) == one
    return one


@pytest.mark.parametrize(
    ("base", "a", "b", "merged"),
    [
        # One field each, also when both spell it anew.
        ("stage: lead\nowner: x\n", "stage: won\nowner: x\n", "stage: lead\nowner: y\n", "stage: won\nowner: y\n"),
        ("stage: lead\n", "业务阶段: 潜在客户\n", "stage: won\n", "业务阶段: won\n"),
        ("stage: lead\n", "stage: won\n", "业务阶段: 成交\n", "业务阶段: 成交\n"),
        # Taken away against changed: the change stays; emptied counts as taken away.
        ("stage: lead\nzip: 1\n", "zip: 2\n", "stage: won\nzip: 1\n", "stage: won\nzip: 2\n"),
        ("stage: lead\nzip: 1\n", "stage:\nzip: 2\n", "stage: won\nzip: 1\n", "stage: won\nzip: 2\n"),
        ("stage: lead\nzip: 1\n", "zip: 1\n", "stage: lead\nzip: 2\n", "zip: 2\n"),
        # Sets, in every form of a list.
        ("tags: [a, b]\n", "tags: [a, b, c]\n", "tags: [b, d]\n", "tags: [b, c, d]\n"),
        ("tags:\n  - a\n  - b\n", "tags:\n  - b\n", "tags:\n  - a\n  - b\n  - c # new\n", "tags:\n  - b\n  - c # new\n"),
        ("tags: a, b\n", "tags: a, b, c\n", "tags: b\n", "tags: [b, c]\n"),
        ("tags: [a]\n", "tags:\n- a\n- b\n", "tags: [a, c]\n", "tags:\n- a\n- b\n- c\n"),
        ("needs: []\n", "needs: [a]\n", "needs: [b]\n", "needs: [a, b]\n"),
        # The later date.
        ("reviewed: 2026-01-01\n", "reviewed: 2026-03-01\n", "reviewed: 2026-02-01\n", "reviewed: 2026-03-01\n"),
        # Maps key by key, lists of maps item by item.
        ("ext:\n  erp: 1\n", "ext:\n  erp: 2\n", "ext:\n  erp: 1\n  crm: 3\n", "ext:\n  erp: 2\n  crm: 3\n"),
        ("ext: {erp: 1, crm: 2}\n", "ext: {erp: 9, crm: 2}\n", "ext: {erp: 1}\n", "ext: {erp: 9}\n"),
        (
            "contacts:\n  - name: Ann\n    title: x\n  - 王总 总监\n",
            "contacts:\n  - name: Ann\n    title: y\n  - 王总 总监\n",
            "contacts:\n  - name: Ann\n    title: x\n    email: z\n  - 王总 总裁\n  - name: Bob\n",
            "contacts:\n  - name: Ann\n    title: y\n    email: z\n  - 王总 总裁\n  - name: Bob\n",
        ),
        # New fields go where their side has them; the schema's order decides between two.
        ("zip: 1\n", "stage: won\nzip: 1\n", "owner: x\nzip: 1\n", "stage: won\nowner: x\nzip: 1\n"),
        # Comments and what nobody knows.
        ("# one\nzip: 1\n", "# one\n# two\nzip: 1\n", "# one\nzip: 1 # x\n", "# one\n# two\nzip: 1 # x\n"),
        ("zip: &a 1\nx: 2\ny: 3\n", "zip: &a 1\nx: 9\ny: 3\n", "zip: &a 1\nx: 2\ny: 8\n", "zip: &a 1\nx: 9\ny: 8\n"),
        ("x: 1\nx: 2\ny: 3\n", "x: 1\nx: 2\ny: 4\nz: 5\n", "x: 0\nx: 2\ny: 3\n", "x: 0\nx: 2\ny: 4\nz: 5\n"),
    ],
)  # fmt: skip
def test_what_both_changed_is_merged_by_the_fields_policy(base: str, a: str, b: str, merged: str):
    assert merge(base, a, b) == MergedHead(block(merged))


@pytest.mark.parametrize(
    ("base", "a", "b", "shown", "path", "other"),
    [
        ("stage: lead\n", "stage: won\n", "stage: lost\n", "stage: won\n", "stage", "lost"),
        (None, "stage: won\n", "业务阶段: 流失\n", "业务阶段: 流失\n", "stage", "won"),
        ("phone: '0571'\n", 'phone: "0572"\n', "phone: '0573'\n", "phone: '0573'\n", "phone", '"0572"'),
        ("zip:\n- a\n", "zip:\n- b\n", "zip:\n- c: d\n", "zip:\n- c: d\n", "zip", "[b]"),
        ("consent: {until: 1}\n", "consent: {until: 2}\n", "consent: {until: 3}\n", "consent: {until: 3}\n", "consent.until", "2"),
        ("next: a\n", "next:\n  - 2026-01-01 b\n  - c\n", "next: d\n", "next: d\n", "next", "[2026-01-01 b, c]"),
    ],
)  # fmt: skip
def test_two_values_both_stay(base: str | None, a: str, b: str, shown: str, path: str, other: str):
    rows = f"vault_conflicts:\n  - field: {path}\n    other: {other}\n"
    assert merge(base, a, b) == MergedHead(block(shown + rows))
    for side in (a, b):
        assert merge(base, shown + rows, side) == MergedHead(block(shown + rows))


@pytest.mark.parametrize("base", ["stage: lead\n", None])
def test_the_comment_behind_the_value_that_gives_way_goes_above(base: str | None):
    merged = block("# no\nstage: won # yes\nvault_conflicts:\n  - field: stage\n    other: lost\n")
    assert merge(base, "stage: lost # no\n", "stage: won # yes\n").text == merged
    tags = merge(base, "next: [a] # one\n", "next: [b] # other\n").text
    assert tags is not None and "# one\nnext: [b] # other\n" in tags


def test_a_field_that_one_took_away_stays_where_the_other_noted_something_behind_it():
    base = "stage: lead\nzip: 1\n"
    assert merge(base, "stage: lead\n", "stage: lead\nzip: 1  # moved\n").text == block(
        "stage: lead\nzip: 1  # moved\n"
    )
    assert merge(base, "stage: lead\n", "stage: lead\nzip:   1\n").text == block("stage: lead\n")


def test_a_contact_renamed_here_and_edited_there_are_two_and_that_is_told():
    base = "contacts:\n  - name: Ann\n    title: x\n  - name: Bob\n"
    result = merge(base, base.replace("Ann", "Anna"), base.replace("title: x", "title: y"))
    assert result.kept == ("Ann",)
    assert result.text == block(
        "contacts:\n  - name: Ann\n    title: y\n  - name: Anna\n    title: x\n  - name: Bob\n"
    )
    with_id = base.replace("name: Ann\n", "id: k1\n    name: Ann\n")
    one = merge(with_id, with_id.replace("Ann", "Anna"), with_id.replace("title: x", "title: y"))
    assert one == MergedHead(block(with_id.replace("Ann", "Anna").replace("title: x", "title: y")))


def test_a_third_value_joins_the_two():
    two = "stage: won\nvault_conflicts:\n  - field: stage\n    other: lost\n"
    assert merge("stage: lead\n", two, "stage: proposal\n") == MergedHead(
        block(
            "stage: won\nvault_conflicts:\n  - field: stage\n    other: lost\n  - field: stage\n    other: proposal\n"
        )
    )


def test_a_conflict_that_comes_to_one_value_is_over():
    two = "stage: won\nvault_conflicts:\n  - field: stage\n    other: lost\n"
    ended = merge(
        two, two.replace("stage: won", "stage: lost"), two.replace("stage: won", "zip: 1\nstage: won")
    )
    assert ended == MergedHead(block("zip: 1\nstage: lost\n"))


@pytest.mark.parametrize("odd", ["x: [1", "x: &a 1", "\tx: 1", "x: 1\nx: 2", "- x", "x: *a"])
def test_a_block_that_is_no_plain_list_of_fields_is_text_and_stays_whole(odd: str):
    base, a, b = "stage: lead\n", f"stage: lead\n{odd}\n", "stage: won\n"
    result = merge(base, a, b)
    assert (result.text, result.parted) in [(block(b), block(a)), (block(a.replace("lead", "won")), None)]


def test_front_matter_that_one_took_away_stays_where_the_other_changed_it():
    assert merge_front_matter(block(""), None, block("zip: 1\n"), SCHEMA) == MergedHead(block("zip: 1\n"))
    assert merge_front_matter(block(""), None, block(""), SCHEMA) == MergedHead(None)

"""Open conflicts: found, and settled by splicing."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.lint.linting import checker
from vault_tool.merge.conflicts import OpenConflict, Take, open_conflicts, plan_resolution
from vault_tool.merge.note import merge_note
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import apply_edits
from vault_tool.schema import load_schema

SCHEMA = load_schema()
PATH = PurePosixPath("customers/acme.md")
NOTE = """---
id: c9t4w1zz07
name: Acme Ltd
type: enterprise
stage: won  # since the fair
owner: li.na
next: [2026-12-01 call, 2026-12-20 visit]
contacts:
  - name: Ann
    mobile: sealed-11111111
vault_conflicts:
  - field: contacts[Ann].mobile
    other: sealed-22222222
  - field: next
    other: 2026-12-05 send samples
  - field: stage
    other: proposal
  - field: region
    other: Leeds
---

Buys by the pallet.

## 2026-11-20 call

Wants two points more.

> [!conflict]
> ## 2026-11-20 call
>
> Wants three points more, sealed-33333333.

## 2026-10-08 visit

Wants an offer.

<!-- vault:sealed
11111111 sealed.v1.aaaaaaaa.11111111.QUJD.00000000
22222222 sealed.v1.aaaaaaaa.22222222.QUJD.00000000
33333333 sealed.v1.aaaaaaaa.33333333.QUJD.00000000
-->
"""


def note_of(text: str) -> Note:
    return parse_note(PATH, text, SCHEMA)


def found(text: str, field: str) -> OpenConflict:
    return next(conflict for conflict in open_conflicts(note_of(text)) if conflict.field == field)


def settled(text: str, field: str, take: Take) -> str:
    note = note_of(text)
    after = apply_edits(text, plan_resolution(note, found(text, field), take))
    fields = [conflict.field for conflict in open_conflicts(note)]
    fields.remove(field)
    read = note_of(after)
    assert [conflict.field for conflict in open_conflicts(read)] == fields
    assert read.is_writable
    return after


def test_each_conflict_is_told_with_both_values():
    assert [conflict[:3] for conflict in open_conflicts(note_of(NOTE))] == [
        ("contacts[Ann].mobile", "sealed-11111111", "sealed-22222222"),
        ("next", "[2026-12-01 call, 2026-12-20 visit]", "2026-12-05 send samples"),
        ("stage", "won", "proposal"),
        ("region", "", "Leeds"),
        (
            "",
            "## 2026-11-20 call\n\nWants two points more.",
            "## 2026-11-20 call\n\nWants three points more, sealed-33333333.",
        ),
    ]
    assert found(NOTE, "stage").line == NOTE.split("field: stage")[0].count("\n") + 1


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_other_value_takes_the_place_of_the_one_shown(newline: str):
    text = NOTE.replace("\n", newline)
    stage = settled(text, "stage", "other")
    assert f"stage: proposal  # since the fair{newline}" in stage
    following = settled(text, "next", "other")
    assert f"{newline}next: 2026-12-05 send samples{newline}" in following
    region = settled(text, "region", "other")
    assert f"{newline}region: Leeds{newline}" in region
    mobile = settled(text, "contacts[Ann].mobile", "other")
    assert "mobile: sealed-22222222" in mobile
    assert "11111111" not in mobile  # nor its token


def test_the_value_shown_stays_and_the_token_of_the_other_goes():
    after = settled(NOTE, "contacts[Ann].mobile", "shown")
    assert "mobile: sealed-11111111" in after
    assert "22222222" not in after


def test_the_last_decision_takes_the_list_away():
    text = NOTE
    for field in ("stage", "region", "next", "contacts[Ann].mobile", ""):
        text = settled(text, field, "shown")
    assert "conflict" not in text
    assert text == NOTE[: NOTE.index("vault_conflicts")] + "---\n\nBuys" + NOTE.split("\n\nBuys")[1].replace(
        NOTE[NOTE.index("\n> [!") : NOTE.index("\n## 2026-10-08")], ""
    ).replace(NOTE[NOTE.index("22222222 sealed.") : NOTE.index("-->")], "")


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_a_text_gives_way_stays_or_stands_beside(newline: str):
    text = NOTE.replace("\n", newline)
    other = note_of(settled(text, "", "other"))
    assert [entry.body.of(other.text).strip() for entry in other.entries] == [
        "Wants three points more, sealed-33333333.",
        "Wants an offer.",
    ]
    shown = note_of(settled(text, "", "shown"))
    assert [entry.body.of(shown.text).strip() for entry in shown.entries] == [
        "Wants two points more.",
        "Wants an offer.",
    ]
    assert "33333333" not in shown.text
    both = note_of(settled(text, "", "both"))
    assert len(both.entries) == 3


def test_front_matter_kept_in_a_block_can_take_its_place():
    base = NOTE[: NOTE.index("contacts")] + "---\n\nBuys.\n"
    ours, theirs = base.replace("won", "&x won"), base.replace("won", "lost")
    merged = merge_note(PATH, base.encode(), ours.encode(), theirs.encode(), SCHEMA)
    assert merged.conflicts == ("",)
    taken = settled(merged.data.decode(), "", "other")
    shown = settled(merged.data.decode(), "", "shown")
    assert {taken, shown} == {ours, theirs}


@pytest.mark.parametrize(
    "value", ["", " x", " [stage]", " {a: b}", " [{field: a}, {other: b}, 1]", " |\n  x"]
)
def test_whatever_stands_in_the_list_is_open_until_it_is_taken_away(value: str):
    text = f"---\nid: c1\nvault_conflicts:{value}\n---\n"
    note = note_of(text)
    for conflict in open_conflicts(note):
        for take in ("shown", "other", "both"):
            apply_edits(text, plan_resolution(note, conflict, take))
    while conflicts := open_conflicts(note):
        note = note_of(apply_edits(note.text, plan_resolution(note, conflicts[0], "shown")))
    assert bool(open_conflicts(note_of(text))) == bool(value)


def test_lint_says_of_open_conflicts_that_they_are_open_and_nothing_else():
    settled_text = NOTE
    for conflict in open_conflicts(note_of(NOTE)):
        settled_text = settled(settled_text, conflict.field, "shown")
    check = checker()
    before = {finding.code for finding in check.check(note_of(settled_text))}
    assert {finding.code for finding in check.check(note_of(NOTE))} - before == {"CF001"}

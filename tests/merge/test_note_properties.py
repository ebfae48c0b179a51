"""What holds for every merge of notes, whatever two people wrote."""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.merge.histories import History, edited_on, histories, render, words_of
from tests.notes.strategies import notes
from vault_tool.merge.callout import split_callouts
from vault_tool.merge.note import Merged, merge_note
from vault_tool.notes.note import Note, parse_note
from vault_tool.schema import load_schema

SCHEMA = load_schema()
PATH = PurePosixPath("customers/蓝海.md")
MANY = settings(max_examples=max(120, settings().max_examples))


def merged(base: bytes | None, a: bytes, b: bytes) -> Merged:
    """Merge both ways round: the same comes of it."""
    result = merge_note(PATH, base, a, b, SCHEMA)
    assert result == merge_note(PATH, base, b, a, SCHEMA)
    return result


def read(data: bytes) -> Note:
    return parse_note(PATH, data, SCHEMA)


def is_bad(data: bytes) -> tuple[bool, bool]:
    note = read(data)
    return note.problem is not None, bool(note.front_matter and note.front_matter.error)


def missing_tokens(note: Note) -> set[str]:
    there = {token.vid for token in note.sealed_block.tokens} if note.sealed_block else set()
    return {reference.vid for reference in note.sealed_references} - there


@given(histories())
def test_one_side_unchanged_gives_the_other_byte_for_byte(history: History):
    assert merged(history.base, history.a, history.base).data == history.a
    assert merged(history.base, history.a, history.a).data == history.a
    assert merged(None, history.a, history.a).data == history.a


@given(histories())
@MANY
def test_what_each_of_two_people_wrote_is_there(history: History):
    result = merged(history.base, history.a, history.b)
    assert result.parked is None
    was, in_a, in_b = map(words_of, (history.base, history.a, history.b))
    there = words_of(result.data)
    assert there >= (in_a | in_b) - was
    assert there >= was & in_a & in_b


@given(histories(plain=True))
@MANY
def test_an_entry_that_one_removed_and_nobody_changed_is_gone(history: History):
    result = merged(history.base, history.a, history.b)
    for _, body in set(history.was.entries) & set(history.in_a.entries) - set(history.in_b.entries):
        words = words_of("\n".join(body))
        if not words & words_of(history.b):
            assert not words & words_of(result.data)


@given(histories())
@MANY
def test_the_result_is_a_whole_note(history: History):
    result = merged(history.base, history.a, history.b)
    note = read(result.data)
    assert is_bad(result.data) == (False, False)
    assert not note.has_duplicates
    assert not missing_tokens(note)
    assert note.id == "c3m8k2qa41"
    assert b"<<<<<<<" not in result.data
    referred = {reference.vid for reference in note.sealed_references}
    assert (
        {token.vid for token in note.sealed_block.tokens} == referred if note.sealed_block else not referred
    )


@given(histories())
@MANY
def test_merging_again_what_was_merged_changes_nothing(history: History):
    """A criss-cross of two, a merge of plain git beside that of sync.

    It doesn't hold where a version has two entries of one heading that are alike in words, of which both sides
    rewrote or removed some: which is which is a guess, and then an entry may stand in both its versions.
    """
    for version in history[3:]:
        headings = [heading for heading, _ in version.entries]
        assume(len(set(headings)) == len(headings))
    result = merged(history.base, history.a, history.b).data
    assert merged(history.base, result, history.a).data == result
    assert merged(history.base, result, history.b).data == result


@given(histories())
@MANY
def test_merging_again_what_was_merged_multiplies_no_entry_and_loses_none(history: History):
    result = merged(history.base, history.a, history.b).data
    for side in (history.a, history.b):
        again = merged(history.base, result, side).data
        was, in_side = entry_texts(result), entry_texts(side)
        assert all(number <= max(was[text], in_side[text]) for text, number in entry_texts(again).items())
        assert words_of(again) >= words_of(result)


@given(histories())
def test_two_who_began_one_customer_meet_once(history: History):
    result = merged(None, history.a, history.b).data
    assert words_of(result) >= words_of(history.a) | words_of(history.b)
    assert merged(None, result, history.a).data == result
    assert merged(None, result, history.b).data == result


@given(histories(plain=True), st.data())
@MANY
def test_nothing_is_multiplied_where_one_took_over_what_the_other_went_on_with(
    history: History, data: st.DataObject
):
    """What git can't know of: a pick of a change, a copy by hand, before both went on."""
    picked = merged(history.base, history.a, history.b).data
    later = render(edited_on(data.draw, history.in_a))
    result = merged(history.base, later, picked).data
    assert words_of(result) >= words_of(later) - words_of(history.a) - words_of(history.base)
    in_later, in_picked, there = map(entry_texts, (later, picked, result))
    assert all(number <= max(in_later[text], in_picked[text], 1) for text, number in there.items())


def entry_texts(data: bytes) -> Counter[str]:
    note = read(data)
    return Counter(split_callouts(entry.span.of(note.text)).text.strip() for entry in note.entries)


@given(histories(plain=True), st.data())
def test_two_who_merged_in_turn_meet_again(history: History, data: st.DataObject):
    """Criss-cross: both join the same two and go on writing; then they join what they have."""
    joined = merged(history.base, history.a, history.b).data
    one, other = joined + b"\n## 2026-11-29 one\n\nw9001w\n", joined + b"\n## 2026-11-30 other\n\nw9002w\n"
    result = merged(joined, one, other).data
    assert words_of(result) == words_of(joined) | {"w9001w", "w9002w"}


@given(notes(), notes(), notes())
@MANY
def test_odd_notes_never_read_worse_than_both_were(base: str, a: str, b: str):
    result = merged(base.encode(), a.encode(), b.encode())
    assert is_bad(result.data) <= max(is_bad(a.encode()), is_bad(b.encode()))
    again = merged(base.encode(), result.data, a.encode())
    assert is_bad(again.data) <= max(is_bad(a.encode()), is_bad(b.encode()))


@given(notes(), st.data())
@MANY
def test_odd_notes_that_two_people_changed_here_and_there(base: str, data: st.DataObject):
    """Lines put in, taken out, written twice: nothing fails, and the same comes of it both ways."""
    versions = [_mangled(base, data) for _side in range(2)]
    result = merged(base.encode(), *(version.encode() for version in versions))
    wanted = [is_bad(version.encode()) for version in versions]
    assert is_bad(result.data) <= max(wanted)


def _mangled(text: str, data: st.DataObject) -> str:
    lines = text.splitlines(keepends=True)
    for number in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines)))
        lines[at : at + data.draw(st.integers(0, 1))] = data.draw(
            st.sampled_from(
                [[], [f"neu{number}: x\n"], [f"text {number}\n"], lines[:1], ["## 2026-11-21 x\n"]]
            )
        )
    return "".join(lines)


@given(st.none() | st.binary(max_size=60), st.binary(max_size=60), st.binary(max_size=60))
@MANY
def test_any_bytes_at_all(base: bytes | None, a: bytes, b: bytes):
    result = merged(base, a, b)
    if is_bad(a)[0] != is_bad(b)[0] and base not in (a, b):
        assert {result.data, result.parked} == {a, b}

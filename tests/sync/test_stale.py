from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault_tool.git.blobs import blob_name_like
from vault_tool.sync.stale import KEPT_FILES, KEPT_SECONDS, LastWrites, Verdict, give_back, judge
from vault_tool.sync.sync_journal import Step

NOTE = """---
id: c000000001
name: 蓝海科技
stage: lead
---

# 蓝海科技

## 2026-11-20 call
First call.
"""
COLLEAGUE = "\n## 2026-11-23 visit\nSaw the warehouse; they want an offer.\n"
MINE = "\n## 2026-11-23 mail\nSent the price list.\n"
PATH = PurePosixPath("customers/蓝海.md")
LIKE = "0" * 40


def stale(before: str, wrote: str, now: str) -> bool:
    return judge(before.encode(), wrote.encode(), now.encode()) is Verdict.STALE


# --- cases a person can read


def test_an_old_buffer_with_an_entry_of_its_own_is_stale():
    assert stale(NOTE, NOTE + COLLEAGUE, NOTE + MINE)


def test_an_old_buffer_saved_as_it_was_is_stale():
    assert stale(NOTE, NOTE + COLLEAGUE, NOTE)


def test_another_entry_beneath_what_came_is_not():
    assert not stale(NOTE, NOTE + COLLEAGUE, NOTE + COLLEAGUE + MINE)


def test_a_word_mended_in_what_came_is_not():
    mended = COLLEAGUE.replace("warehouse", "warehouses")
    assert not stale(NOTE, NOTE + COLLEAGUE, NOTE + mended)


def test_half_of_what_came_taken_out_is_not():
    longer = COLLEAGUE + "They decide in December.\n"
    assert not stale(NOTE, NOTE + longer, NOTE + COLLEAGUE)


def test_both_wrote_the_same_heading_over_their_entries():
    same = MINE.replace("mail", "visit")
    assert stale(NOTE, NOTE + COLLEAGUE, NOTE + same)


def test_a_field_that_is_back_is_stale_and_one_that_was_changed_again_is_not():
    won = NOTE.replace("stage: lead", "stage: won")
    assert stale(NOTE, won, NOTE + MINE)
    assert not stale(NOTE, won, NOTE.replace("stage: lead", "stage: lost"))


def test_an_entry_is_missing_and_a_field_was_changed_in_the_old_buffer():
    won = NOTE.replace("stage: lead", "stage: won")
    lost = NOTE.replace("stage: lead", "stage: lost")
    assert stale(NOTE, won + COLLEAGUE, lost + MINE)


def test_both_wrote_on_behind_the_same_line():
    line = "Saw the warehouse; they want an offer."
    came, mine, mended = (line + end for end in (" By December.", " 他们很急。", " By December, they said."))
    assert stale(NOTE + line + "\n", NOTE + came + "\n", NOTE + mine + "\n")
    assert not stale(NOTE + line + "\n", NOTE + came + "\n", NOTE + mended + "\n")
    assert not stale(NOTE + line + "\n", NOTE + came + "\n", NOTE + came + " 他们很急。\n")


def test_what_only_moved_proves_nothing():
    assert not stale(NOTE + COLLEAGUE + MINE, NOTE + MINE + COLLEAGUE, NOTE + MINE + COLLEAGUE + "more\n")


def test_what_the_last_write_took_out_and_is_back_is_stale():
    assert stale(NOTE + COLLEAGUE, NOTE, NOTE + COLLEAGUE + MINE)
    assert not stale(NOTE + COLLEAGUE, NOTE, NOTE + MINE)


def test_another_editor_with_other_line_ends_is_seen_through():
    old = (NOTE + MINE).replace("\n", "  \r\n")
    assert stale(NOTE, NOTE + COLLEAGUE, "\ufeff" + old)
    assert not stale(NOTE, NOTE + COLLEAGUE, "\ufeff" + (NOTE + COLLEAGUE).replace("\n", "\r\n"))


# --- always and never

entries = st.lists(st.integers(0, 400), max_size=6, unique=True)


def text_of(numbers: list[int], who: str) -> str:
    return "".join(
        f"## 2026-11-{number % 28 + 1:02}\n{who} wrote {number:b} {number:o} here\n" for number in numbers
    )


@given(old=entries, came=entries.filter(bool), own=entries, above=st.booleans())
def test_whoever_adds_to_an_old_buffer_is_stale_and_whoever_adds_to_the_new_one_never_is(
    old: list[int], came: list[int], own: list[int], above: bool
):
    before, wrote = text_of(old, "all"), text_of(came, "the colleague Zhang Wei")
    mine = text_of(own, "我")
    whole = wrote + before if above else before + wrote

    assert stale(before, whole, mine + before)
    assert stale(before, whole, before + mine)
    assert not stale(before, whole, mine + whole)
    assert not stale(before, whole, whole + mine)
    assert not stale(before, whole, whole)


@given(st.binary(max_size=80), st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_are_judged_and_what_was_written_is_never_stale(before: bytes, wrote: bytes, now: bytes):
    judge(before, wrote, now)
    assert judge(before, wrote, wrote) is Verdict.SEEN


# --- given back, once


def union(
    path: PurePosixPath, base: bytes | None, mine: bytes, theirs: bytes
) -> Mapping[PurePosixPath, bytes]:
    """Let git merge by lines and keep both where both added."""
    folder = Path(SCRATCH[0])
    for name, data in (("mine", mine), ("base", base or b""), ("theirs", theirs)):
        (folder / name).write_bytes(data)
    words = ["git", "merge-file", "-p", "--union", "mine", "base", "theirs"]
    return {path: subprocess.run(words, cwd=folder, capture_output=True, check=True).stdout}


SCRATCH = [""]


class Desk:
    """A vault's folder, what syncs wrote to its one note, and git's blobs as far as they matter."""

    def __init__(self, folder: Path) -> None:
        self.root, self.git = folder / "vault", folder / "git"
        (self.root / "customers").mkdir(parents=True)
        self.git.mkdir()
        self.blobs: dict[str, bytes] = {}
        self.now = 1_000_000.0

    def wrote(self, before: str, after: str) -> None:
        names = []
        for text in (before, after):
            names.append(blob_name_like(text.encode(), LIKE))
            self.blobs[names[-1]] = text.encode()
        writes = LastWrites(self.git)
        writes.add([Step(PATH, names[0], names[1])], self.now)
        writes.keep(self.now)
        self.save(after)

    def save(self, text: str) -> None:
        (self.root / PATH).write_bytes(text.encode())

    @property
    def text(self) -> str:
        return (self.root / PATH).read_bytes().decode()

    def give_back(self) -> list[PurePosixPath]:
        read, are_two = self.blobs.__getitem__, lambda *_words: False
        return give_back(self.root, self.git, [PATH], read, union, are_two, self.now)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    SCRATCH[0] = str(tmp_path)
    return Desk(tmp_path)


def test_what_an_old_buffer_took_back_comes_again_beside_what_it_added(desk: Desk):
    desk.wrote(NOTE, NOTE + COLLEAGUE)
    desk.save(NOTE + MINE)

    assert desk.give_back() == [PATH]

    assert "warehouse" in desk.text and "price list" in desk.text


def test_a_deletion_comes_back_once_and_the_second_time_it_stands(desk: Desk):
    desk.wrote(NOTE, NOTE + COLLEAGUE)
    desk.save(NOTE)

    assert desk.give_back() == [PATH]
    assert desk.text == NOTE + COLLEAGUE
    desk.save(NOTE)

    assert desk.give_back() == []
    assert desk.text == NOTE


def test_a_deletion_by_whoever_saved_it_once_with_what_came_stands_at_once(desk: Desk):
    desk.wrote(NOTE, NOTE + COLLEAGUE)
    desk.save(NOTE + COLLEAGUE + MINE)
    assert desk.give_back() == []
    desk.save(NOTE + MINE)

    assert desk.give_back() == []

    assert desk.text == NOTE + MINE


def test_a_file_as_it_was_written_is_left_and_still_remembered(desk: Desk):
    desk.wrote(NOTE, NOTE + COLLEAGUE)

    assert desk.give_back() == []
    desk.save(NOTE)
    assert desk.give_back() == [PATH]


def test_an_editor_open_since_before_two_syncs_gets_back_what_both_wrote(desk: Desk):
    later = "\n## 2026-11-24 call\nThe budget is approved.\n"
    won = NOTE.replace("stage: lead", "stage: won")
    desk.wrote(NOTE, won)
    desk.wrote(won, won + later)
    desk.save(NOTE + MINE)

    assert desk.give_back() == [PATH]

    assert all(words in desk.text for words in ("stage: won", "budget", "price list"))


def test_an_editor_open_since_between_two_syncs_gets_back_what_the_second_wrote(desk: Desk):
    later = "\n## 2026-11-24 call\nThe budget is approved.\n"
    desk.wrote(NOTE, NOTE + COLLEAGUE)
    desk.wrote(NOTE + COLLEAGUE, NOTE + COLLEAGUE + later)
    desk.save(NOTE + COLLEAGUE + MINE)

    assert desk.give_back() == [PATH]

    assert all(words in desk.text for words in ("warehouse", "budget", "price list"))


def test_what_is_saved_once_more_while_it_is_given_back_is_left(desk: Desk, monkeypatch):
    desk.wrote(NOTE, NOTE + COLLEAGUE)
    desk.save(NOTE)

    def slow(path: PurePosixPath, base: bytes | None, mine: bytes, theirs: bytes):
        desk.save(NOTE + MINE)
        return union(path, base, mine, theirs)

    told = desk.root, desk.git, [PATH], desk.blobs.__getitem__
    assert give_back(*told, slow, lambda *_words: False, desk.now) == []
    assert desk.text == NOTE + MINE
    assert desk.give_back() == [PATH]


def test_a_note_deleted_since_is_left_deleted(desk: Desk):
    desk.wrote(NOTE, NOTE + COLLEAGUE)
    (desk.root / PATH).unlink()

    assert desk.give_back() == []
    assert not (desk.root / PATH).exists()


# --- the record


@pytest.mark.parametrize(
    "said", [b"", b"{", b'{"files": {"a": 1}}', b'{"files": {"a": ["x", ["b"]]}}', b"[]"]
)
def test_a_damaged_record_is_an_empty_one(desk: Desk, said: bytes):
    (desk.git / "vault").mkdir()
    (desk.git / "vault/last-write").write_bytes(said)

    assert LastWrites(desk.git).versions(PurePosixPath("a")) == []


def test_the_record_forgets_what_is_old_and_keeps_so_many_files(desk: Desk):
    writes = LastWrites(desk.git)
    writes.add([Step(PurePosixPath("old.md"), "a", "b")], 0.0)
    for number in range(KEPT_FILES + 10):
        writes.add([Step(PurePosixPath(f"{number}.md"), "a", "b")], KEPT_SECONDS + number)
    writes.keep(KEPT_SECONDS + number)

    kept = json.loads((desk.git / "vault/last-write").read_bytes())["files"]
    assert len(kept) == KEPT_FILES
    assert "old.md" not in kept and "0.md" not in kept and f"{number}.md" in kept


def test_the_same_write_told_twice_is_one(desk: Desk):
    writes = LastWrites(desk.git)
    for _time in range(2):
        writes.add([Step(PATH, "a", "b")], 1.0)

    assert writes.versions(PATH) == ["a", "b"]

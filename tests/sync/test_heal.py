"""Markers that a git without the driver committed: taken out again, with both sides' words."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from tests.merge.trees import RULES, note
from vault_tool.merge.file import merge_content
from vault_tool.sync.heal import Edited, Healed, Versions, heal, holds_markers

PATH = PurePosixPath("customers/a.md")
BASE = note("c000000001", "one")
A = BASE + "\n## 2026-11-01 电话\n\nmine\n".encode()
B = BASE + "\n## 2026-11-02 电话\n\ntheirs\n".encode()
MARKED = BASE + b"<<<<<<< HEAD\n" + A[len(BASE) :] + b"=======\n" + B[len(BASE) :] + b">>>>>>> theirs\n"
RIGHT = merge_content(PATH, BASE, A, B, RULES).data


def test_what_nobody_touched_since_is_worked_out_from_both_sides():
    done = heal([{PATH: Versions(MARKED, BASE, A, B)}], {PATH: MARKED}.get, RULES)

    assert done == Healed({PATH: RIGHT}, ())
    assert b"mine" in RIGHT and b"theirs" in RIGHT and not holds_markers(RIGHT)


@pytest.mark.parametrize("now", [MARKED + b"more\n", RIGHT, None])
def test_what_somebody_went_on_in_is_left_and_named_while_markers_stand(now: bytes | None):
    done = heal([{PATH: Versions(MARKED, BASE, A, B)}], lambda _path: now, RULES)

    assert done.files == {}
    assert done.left == ((PATH,) if now and holds_markers(now) else ())


def test_markers_that_were_joined_again_are_worked_out_from_what_should_have_been():
    later = MARKED.replace(b"lead", b"won")
    third = BASE.replace(b"one", b"uno")
    again = MARKED + b"<<<<<<< HEAD\nx\n=======\ny\n>>>>>>> z\n"

    done = heal(
        [{PATH: Versions(MARKED, BASE, A, B)}, {PATH: Versions(again, BASE, MARKED, third)}],
        {PATH: again}.get,
        RULES,
    )
    unknown = heal([{PATH: Versions(again, BASE, later, third)}], {PATH: again}.get, RULES)

    assert all(word in done.files[PATH] for word in (b"uno", b"mine", b"theirs"))
    assert not holds_markers(done.files[PATH])
    assert unknown == Healed({}, (PATH,))


def test_settings_are_healed_too_and_the_other_version_is_kept():
    path = PurePosixPath("vault.toml")
    base, a, b = (f'id = "v1"\ncurrency = "{name}"\n'.encode() for name in ("CNY", "EUR", "CHF"))
    marked = b'id = "v1"\n<<<<<<< a\ncurrency = "EUR"\n=======\ncurrency = "CHF"\n>>>>>>> b\n'

    done = heal([{path: Versions(marked, base, a, b)}], {path: marked}.get, RULES)

    assert done.files[path] == a
    assert sorted(done.files.values()) == sorted([a, b])


def test_what_looks_like_markers_and_is_none():
    assert not holds_markers(b"<<<<<<< so much\n\nTitle\n=======\n\ntext\n")
    assert not holds_markers(b"a <<<<<<< b\n=======\n>>>>>>> c\n")
    assert holds_markers(b"a\r\n<<<<<<< x\r\nb\r\n||||||| o\r\n=======\r\nc\r\n>>>>>>> y\r\n")


def test_what_somebody_wrote_beside_markers_stays_when_they_go():
    edited = (
        MARKED.replace(b"stage: lead", b"stage: won") + b"\n## 2026-11-03 \xe7\x94\xb5\xe8\xaf\x9d\n\nmore\n"
    )

    done = heal(
        [{PATH: Versions(MARKED, BASE, A, B)}, {PATH: Edited(edited, MARKED)}], {PATH: edited}.get, RULES
    )

    assert done.left == ()
    assert all(done.files[PATH].count(word) == 1 for word in (b"mine", b"theirs", b"more", b"stage: won"))
    assert not holds_markers(done.files[PATH])


def test_a_file_that_went_elsewhere_with_its_markers_is_known_by_its_bytes():
    there = PurePosixPath("archive/a.md")

    done = heal(
        [{PATH: Versions(MARKED, BASE, A, B)}, {there: Edited(MARKED, None)}], {there: MARKED}.get, RULES
    )

    assert done == Healed({there: RIGHT}, ())


def test_markers_of_which_nobody_knows_where_they_come_from_are_left():
    done = heal([{PATH: Edited(MARKED, BASE)}], {PATH: MARKED}.get, RULES)

    assert done == Healed({}, (PATH,))

"""A note in the clear and sealed again: what nobody touched is the same, byte for byte."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from tests.lint.linting import note_of
from tests.sealing.sealing import VAULT, opened, seal_value, sealed
from tests.sealing.team import Colleague, tokens
from tests.sealing.test_seal import secret_notes
from vault_tool.notes.note import Note, parse_note
from vault_tool.sealing.reveal import reveal, seal_again, without_leftovers
from vault_tool.sealing.seal import CannotSeal, Sealer
from vault_tool.sealing.vault_keys import Opened


class Keys:
    """As much of `VaultKeys` as revealing needs, with the one key of the tests."""

    vault_id = VAULT

    def __init__(self, groups: dict[str, str]) -> None:
        self._groups = groups

    def open(self, note: Note, vid: str) -> Opened:
        field, value = opened(note, {vid})[vid]
        return Opened(vid, field, self._groups[vid], 1, value)

    def sealer(self, _note: Note) -> Sealer:
        return seal_value


def vids(note: Note) -> set[str]:
    return {token.vid for token in note.sealed_block.tokens} if note.sealed_block else set()


@given(secret_notes())
@example("---\nid: c1\n---\n\n｛｛封存 }｝｝ and {{seal: a {b} }}")
@example("---\nid: c1\nremark: a {{seal: 138}} b\nmobile:\n- 1\n- - b\n---\n")
@example("---\nid: c1\ncontacts:\n- {name: a, mobile: 1}\n- {name: b, mobile: 1}\n---\n")
def test_what_nobody_touched_is_the_same_byte_for_byte(text: str):
    try:
        sealing = sealed(note_of(text))
    except CannotSeal:
        assume(False)
    note = note_of(sealing.text)
    keys = Keys({value.vid: value.group for value in sealing.values})
    known = set(keys._groups)
    assume(all(reference.vid in known for reference in note.sealed_references))

    shown = reveal(note, keys, to_edit=True)  # type: ignore[arg-type]
    again = seal_again(parse_note(note.path, shown.text, note.schema), note, shown.opened, keys)  # type: ignore[arg-type]

    assert again.text == note.text


@given(secret_notes(), st.randoms())
def test_what_is_taken_out_loses_its_token_and_nothing_else_changes(text: str, random):
    try:
        before = note_of(sealed(note_of(text)).text)
    except CannotSeal:
        assume(False)
    references = list(before.sealed_references)
    assume(references)
    gone = random.choice(references)
    after = note_of(before.text[: gone.span.start] + "x" + before.text[gone.span.end :])
    assume(after.sealed_block is not None)

    text = without_leftovers(after, before)

    lost = {gone.vid} - {reference.vid for reference in after.sealed_references}
    assert vids(note_of(text)) == vids(after) - lost
    body = after.text[: after.content_end]
    assert text.startswith(body.rstrip("\r\n"))
    assert without_leftovers(note_of(text), after) == text


def test_a_token_that_nobody_referred_to_before_stays():
    before = note_of(sealed(note_of("---\nid: c1\nmobile: 138\nwechat: w\n---\n")).text)
    vid = before.sealed_references[0].vid
    odd = note_of(before.text.replace(f"sealed-{vid}", "", 1))
    after = note_of(odd.text.replace("wechat: sealed-", "wechat: x-", 1))

    assert set(tokens(without_leftovers(after, odd))) == {vid}


# --- by the commands ---------------------------------------------------------------------------------------


def edit(person: Colleague, tmp_path: Path, body: str, *words: str, status: int = 0):
    """Run `vault edit --reveal` with an editor that does one thing."""
    script = tmp_path / "editor.py"
    script.write_text(
        "import sys, pathlib\npath = pathlib.Path(sys.argv[1])\ntext = path.read_text('utf-8')\n"
        f"pathlib.Path({str(tmp_path / 'seen.txt')!r}).write_text(f'{{path}}\\n{{text}}', 'utf-8')\n"
        f"{body}\nsys.exit({status})\n",
        encoding="utf-8",
    )
    env = {**person.env, "EDITOR": f"'{sys.executable}' '{script}'"}
    return person.run("edit", "firm1", *(words or ("--reveal",)), cwd=person.root, env=env)


def note_of_firm1(person: Colleague) -> Path:
    return person.root / "customers/firm1.md"


def test_an_edit_in_the_clear_changes_what_was_changed(li: Colleague, tmp_path: Path):
    path = note_of_firm1(li)
    before = path.read_text("utf-8")

    ran = edit(li, tmp_path, "path.write_text(text.replace('X123451', 'X999999'), 'utf-8')")

    assert "saved and sealed" in ran.err, ran
    after = path.read_text("utf-8")
    old, new = tokens(before), tokens(after)
    assert len(old) == len(new) == 5 and len(set(old.items()) & set(new.items())) == 4
    assert "X999999" not in after
    assert li.fields("firm1")["id_number"] == "X999999"
    draft, shown = (tmp_path / "seen.txt").read_text("utf-8").split("\n", 1)
    assert "mobile: 13800000001\n" in shown and "{{seal finance: floor 6222" in shown
    assert not Path(draft).parent.exists() and li.root not in Path(draft).parents
    assert "can't be undone" in li.vault("undo").err


def test_only_the_named_fields_stand_in_the_clear(li: Colleague, tmp_path: Path):
    edit(li, tmp_path, "path.write_text(text + ' ', 'utf-8')", "--reveal", "mobile")

    shown = (tmp_path / "seen.txt").read_text("utf-8")
    assert "mobile: 13800000001\n" in shown
    assert shown.count("sealed-") == 4


def test_marking_words_for_another_group_seals_them_for_it(li: Colleague, tmp_path: Path):
    edit(
        li, tmp_path, "path.write_text(text.replace('{{seal contact: code', '{{seal finance: code'), 'utf-8')"
    )

    keys = li.keys
    note = (note_of_firm1(li)).read_text("utf-8")
    from vault_tool.sealing.token import read_token

    groups = sorted(keys.group_of(read_token(text)) or "" for text in tokens(note).values())
    assert groups == ["contact", "finance", "finance", "finance", "identity"]


def test_taking_a_value_out_takes_its_token(li: Colleague, tmp_path: Path):
    edit(li, tmp_path, "path.write_text(text.replace('id_number: X123451\\n', ''), 'utf-8')")

    assert len(tokens(note_of_firm1(li).read_text("utf-8"))) == 4


def test_an_edit_that_changes_nothing_writes_nothing(li: Colleague, tmp_path: Path):
    before = note_of_firm1(li).stat()

    ran = edit(li, tmp_path, "path.touch()")

    assert ran.status == 0 and note_of_firm1(li).stat().st_mtime_ns == before.st_mtime_ns


def test_what_was_written_before_the_editor_failed_is_kept(li: Colleague, tmp_path: Path):
    edit(li, tmp_path, "path.write_text(text + 'more\\n', 'utf-8')", status=3)

    assert "more" in note_of_firm1(li).read_text("utf-8")


def test_what_can_not_be_sealed_is_neither_written_nor_lost(li: Colleague, tmp_path: Path):
    before = note_of_firm1(li).read_bytes()

    ran = edit(li, tmp_path, "path.write_text(text.replace('{{seal finance:', '{{seal nosuch:'), 'utf-8')")

    assert ran.status == 1 and "nosuch" in ran.err
    assert note_of_firm1(li).read_bytes() == before
    draft = Path(re.search(r"in the clear in (\S+)\.\n", ran.err)[1])  # type: ignore[index]
    edit(li, tmp_path, "pass")  # the next edit cleans up after killed ones, not this one
    assert "{{seal nosuch:" in draft.read_text("utf-8")
    assert draft.parent.stat().st_mode & 0o777 == 0o700
    draft.unlink()
    draft.parent.rmdir()


def test_what_somebody_else_saved_meanwhile_is_not_overwritten(li: Colleague, tmp_path: Path):
    path = note_of_firm1(li)

    ran = edit(
        li,
        tmp_path,
        f"path.write_text(text + 'mine 13811112222\\n', 'utf-8')\nwith open({str(path)!r}, 'a') as f: f.write('theirs\\n')",
    )

    assert ran.status == 4 and "theirs" in path.read_text("utf-8")
    kept = next((li.home / "state").rglob("*.md"))
    assert str(kept) in ran.err and "X123451" not in kept.read_text("utf-8")


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="no folder in memory here")
def test_what_a_killed_edit_left_is_removed_by_the_next(li: Colleague, tmp_path: Path):
    left = Path("/dev/shm/vault-edit-999999999-test")
    left.mkdir(mode=0o700)
    (left / "firm1.md").write_text("13800000001")

    edit(li, tmp_path, "pass")

    assert not left.exists()


def test_a_value_is_set_from_standard_input_and_sealed_at_once(li: Colleague):
    path = note_of_firm1(li)
    before = tokens(path.read_text("utf-8"))

    ran = li.vault("set", "firm1", "mobile", stdin="13911112222\n")

    assert ran.status == 0 and "13911112222" not in ran.out + ran.err
    after = path.read_text("utf-8")
    assert "13911112222" not in after and li.fields("firm1")["mobile"] == "13911112222"
    assert len(set(before) & set(tokens(after))) == 4 and len(tokens(after)) == 5
    for kept in (li.home / "state").rglob("*"):
        assert not kept.is_file() or b"13911112222" not in kept.read_bytes()
    assert "can't be undone" in li.vault("undo").err


@pytest.mark.parametrize(
    ("words", "stdin", "said"),
    [
        (["firm1", "mobile"], "", "No value"),
        (["firm1", "mobile"], "12", "no telephone number"),
        (["firm1", "firm2", "mobile"], "13911112222", "one customer"),
        (["mobile"], "13911112222", "which customer"),
        (["firm1", "mobile=13911112222"], "", "vault set Firm1 mobile"),
        (["firm1", "contacts"], "", "which field"),
    ],
)
def test_what_can_not_be_set_so_is_said(li: Colleague, words: list[str], stdin: str, said: str):
    before = note_of_firm1(li).read_bytes()

    ran = li.vault("set", *words, stdin=stdin)

    assert ran.status == 2 and said in ran.err, ran
    assert "13911112222" not in ran.err
    assert note_of_firm1(li).read_bytes() == before


def test_a_sealed_field_that_is_taken_out_takes_its_token(li: Colleague):
    li.ok("set", "firm1", "mobile=")

    assert len(tokens(note_of_firm1(li).read_text("utf-8"))) == 4
    li.ok("undo")
    assert li.fields("firm1")["mobile"] == "13800000001"


def test_without_reveal_no_output_holds_a_value(li: Colleague):
    for words in (
        ["show", "firm1"],
        ["show", "firm1", "--json"],
        ["show", "firm1", "--all"],
        ["list", "--json"],
    ):
        out = li.ok(*words)
        assert "1380000" not in out and "6222" not in out and "X12345" not in out
    shown = li.vault("show", "firm1", "--reveal", "bank_account", "--json").json
    assert shown["fields"]["bank_account"] == "6222000000000000001"
    assert "13800000001" not in json.dumps(shown)


def test_each_look_is_in_the_access_log_and_no_value_is(li: Colleague):
    li.ok("show", "firm1", "--reveal", "mobile")
    li.ok("show", "firm2", "--reveal")

    told = li.vault("access", "log", "--json").json["reveals"]

    assert [(each["who"], each["customer"], each["field"]) for each in told] == [
        ("li.na", "c000000001", "mobile"),
        *[
            ("li.na", "c000000002", field)
            for field in ("mobile", "bank_account", "id_number", "text", "text")
        ],
    ]
    assert "1380000" not in str(told) and "firm2.md\tid_number" in li.ok("access", "log")
    log = next((li.home / "state").rglob("reveals.jsonl"))
    assert log.stat().st_mode & 0o077 == 0
    with log.open("a") as file:
        file.write('{"cut')
    li.ok("access", "log")


@pytest.mark.skipif(os.name != "posix", reason="a folder in the way")
def test_where_nothing_can_be_logged_nothing_is_revealed(li: Colleague):
    li.ok("show", "firm1", "--reveal")
    log = next((li.home / "state").rglob("reveals.jsonl"))
    log.unlink()
    log.mkdir()

    ran = li.vault("show", "firm1", "--reveal")

    assert ran.status == 3 and "13800000001" not in ran.out

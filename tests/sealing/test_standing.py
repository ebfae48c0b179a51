"""Lint, verify and the gate have one answer to whether a sealed value is whole and where it belongs."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from tests.sealing.team import SCHEMA, Colleague
from vault_tool.notes.note import parse_note
from vault_tool.sealing.gate import Gate
from vault_tool.vault.settings import load_settings


def test_lint_verify_and_the_gate_say_the_same_of_a_token_in_a_field(li: Colleague):
    """Words that were sealed in a text, and moved into a field; a line of a token that stands twice."""
    path = li.root / "customers/firm1.md"
    text = path.read_text("utf-8")
    vid = re.findall(r"Body sealed-(\w+)", text)[0]
    line = re.findall(rf"{vid} sealed\S+\n", text)[0]

    path.write_text(text.replace(line, line + line), "utf-8")
    assert answers(li) == (True, True, True)
    path.write_text(text.replace("mobile:", f"next: 2026-12-01 sealed-{vid}\nmobile:"), "utf-8")
    assert answers(li) == (False, False, False)
    path.write_text(text.replace(line, line + line.replace("sealed.v1.", "sealed.v1.x")), "utf-8")
    assert answers(li) == (False, False, False)
    path.write_text(text.replace("Body", "```\nsealed-aaaaaaaa\n```\n\nBody"), "utf-8")
    assert answers(li) == (True, True, True)


def answers(person: Colleague) -> tuple[bool, bool, bool]:
    note = parse_note(
        PurePosixPath("customers/firm1.md"), (person.root / "customers/firm1.md").read_bytes(), SCHEMA
    )
    gate = Gate(load_settings(person.root), SCHEMA)
    return (
        "PV007" not in person.vault("lint", "customers/firm1.md").out,
        person.vault("verify").status == 0,
        not gate.check(note.path, note.text.encode()),
    )

"""The ten-second capture: what one `vault log` changes in a note, decided without doing it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vault_tool.messages import Language
from vault_tool.notes.edit_entries import Draft, Order, plan_insert_entry
from vault_tool.notes.edit_fields import plan_change_list, plan_set
from vault_tool.notes.nodes import Sequence
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Edit, apply_edits

STAGE = "stage"
NEXT = "next"


@dataclass(frozen=True, slots=True)
class Capture:
    """What happened, and what it moves: the stage it leads to, the next step (`2026-11-27 发新报价`)."""

    draft: Draft
    next: str | None = None
    stage: str | None = None


def captured(note: Note, capture: Capture, order: Order, language: Language) -> str:
    """Return a note's text with one entry more, and the fields it moves. A new stage stands in both.

    A single next step is replaced; where the note lists several, the new one joins them. Each change is
    planned on what the one before left: two fields may both need a front matter that wasn't there. Raises
    `CannotEdit` or `CannotAddEntry`.
    """
    draft = capture.draft
    if capture.stage:
        draft = replace(draft, fields=(*draft.fields, (STAGE, capture.stage)))
        if note.stage != _canonical(note, capture.stage):
            note = _with(note, plan_set(note, STAGE, capture.stage, language))
    if capture.next:
        note = _with(note, _plan_next(note, capture.next, language))
    return _with(note, plan_insert_entry(note, draft, order, language)).text


def _with(note: Note, edits: list[Edit]) -> Note:
    return parse_note(note.path, apply_edits(note.text, edits), note.schema)


def _canonical(note: Note, stage: str) -> str:
    word = note.schema.word(STAGE, stage)
    return word.name if word else stage


def _plan_next(note: Note, step: str, language: Language) -> list[Edit]:
    field = note.front_matter.get(NEXT) if note.front_matter else None
    if field and isinstance(field.node, Sequence) and len(field.node.items) > 1:
        return plan_change_list(note, NEXT, add=[step], language=language)
    return plan_set(note, NEXT, step, language)

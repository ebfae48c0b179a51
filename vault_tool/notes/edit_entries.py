"""Planning changes to entries: a new one goes where the file's own order wants it, and nothing else moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Literal

from vault_tool.errors import VaultError
from vault_tool.messages import N_, Language
from vault_tool.notes.edit_fields import language_of, spelled_word
from vault_tool.notes.entries import Entry
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Edit, Span, apply_edits, iterate_lines
from vault_tool.patterns import pattern

Order = Literal["newest-first", "oldest-first"]


class CannotAddEntry(VaultError):
    """An entry whose text would change what the rest of the note says; nothing is changed."""

    message = N_(
        "{path}: this entry cannot be put there without changing what stands around it. Nothing was written."
    )
    hint = N_("Look for an unfinished ``` code block in the note or in the text, then try again.")


@dataclass(frozen=True, slots=True)
class Draft:
    """A new entry, in words as typed: channel, kind and field names in any spelling."""

    date: date
    text: str
    time: str | None = None
    channel: str | None = None
    kind: str | None = None
    author: str | None = None
    tags: tuple[str, ...] = ()
    title: str = ""
    fields: tuple[tuple[str, str], ...] = ()


def order_of(note: Note, default: Order) -> Order:
    """Return the order in which a file keeps its entries; the default where its dates don't tell."""
    dates = [entry.date for entry in note.entries if entry.date]
    falls = sum(later < earlier for earlier, later in pairwise(dates))
    rises = sum(later > earlier for earlier, later in pairwise(dates))
    if falls == rises:
        return default
    return "newest-first" if falls > rises else "oldest-first"


def plan_insert_entry(note: Note, draft: Draft, default_order: Order, language: Language) -> list[Edit]:
    """Plan to put an entry into a note, in the file's own order, words as the file writes them.

    Within one day a later entry goes where the order wants the newer one. Headings of level 1 and 2 in the
    text become level 3, so that they end no entry. Raises `CannotAddEntry`.
    """
    order = order_of(note, default_order)
    at = _place(note, draft, order)
    newline = note.newline
    block = render_entry(note, draft, language_of(note, language))
    before, after = note.text[:at], note.text[at:]
    lead = ""
    if before and not before.endswith(("\n", "\r")):
        lead = newline * 2
    elif before and not _ends_blank(before, note) and before.strip("\ufeff"):
        lead = newline
    tail = newline if after.strip() else ""
    edit = Edit(Span(at, at), lead + block + tail)
    _check(note, edit, draft)
    return [edit]


def plan_replace_entry(note: Note, entry: Entry, text: str) -> list[Edit]:
    """Plan to put `text` (heading and all) in place of one entry. Raises `CannotAddEntry`.

    The blank lines that part it from what follows stay. The text must be exactly one entry.
    """
    typed = entry.span.of(note.text)
    end = entry.span.start + len(typed.rstrip())
    edit = Edit(Span(entry.span.start, end), _with_breaks(text.strip(), note.newline))
    after = parse_note(note.path, apply_edits(note.text, [edit]), note.schema)
    index = note.entries.index(entry)
    others = [_said(note, other) for other in note.entries if other is not entry]
    found = [_said(after, other) for other in after.entries]
    if len(found) != len(note.entries) or found[:index] + found[index + 1 :] != others:
        raise CannotAddEntry(path=note.path)
    return [edit]


def render_entry(note: Note, draft: Draft, language: Language) -> str:
    """Return an entry as it will stand in the file, ending with a line break."""
    schema, newline = note.schema, note.newline
    words = [draft.date.isoformat()]
    words += [draft.time] if draft.time else []
    for vocabulary, word in (("channel", draft.channel), ("kind", draft.kind)):
        words += [spelled_word(schema, vocabulary, word, language)] if word else []
    words += [f"@{draft.author}"] if draft.author else []
    words += [f"#{tag}" for tag in draft.tags]
    words += [draft.title] if draft.title else []
    lines: list[str] = []
    for key, value in draft.fields:
        field = schema.inline_field(key)
        if field and field.vocabulary:
            value = spelled_word(schema, field.vocabulary, value, language)
        lines.append(f"{field.key(language) if field else key}:: {value}")
    text = _with_breaks(_demoted(draft.text.strip()), newline)
    parts = ["## " + " ".join(words), *([text] if text else []), *([newline.join(lines)] if lines else [])]
    return (newline * 2).join(parts) + newline


_TOP_HEADING = pattern(r"( {0,3})#{1,2}(?=[ \t]|\Z)")
_FENCE = pattern(r" {0,3}(`{3,}|~{3,})")


def _demoted(text: str) -> str:
    """Make level-1 and level-2 headings level 3, outside fenced code; close a fence left open."""
    lines: list[str] = []
    fence = ""
    for line in iterate_lines(text):
        content = text[line.start : line.end]
        found = _FENCE.match(content)
        if fence:
            if found and found[1].startswith(fence) and not content.strip().strip(fence[0]):
                fence = ""
        elif found:
            fence = found[1]
        else:
            content = _TOP_HEADING.sub(r"\1###", content)
        lines.append(content)
    return "\n".join([*lines, fence] if fence else lines)


def _with_breaks(text: str, newline: str) -> str:
    return newline.join(text[line.start : line.end] for line in iterate_lines(text))


def _ends_blank(before: str, note: Note) -> bool:
    """Tell whether what stands before ends with an empty line, or is the start of the note."""
    front_matter = note.front_matter
    if front_matter and len(before) == front_matter.span.end:
        return False
    body = before.rstrip(" \t")
    return body.endswith(("\n\n", "\r\r", "\n\r\n"))


def _place(note: Note, draft: Draft, order: Order) -> int:
    """Return the offset at which the new entry starts."""
    entries = [entry for entry in note.entries if entry.date]
    if not entries:
        return note.entries[0].span.start if note.entries else note.content_end
    mine = (draft.date, draft.time or "")
    if order == "newest-first":
        for entry in entries:
            if not _is_newer(entry, mine):
                return entry.span.start
        return _end_of_entry(note, entries[-1])
    older = [entry for entry in entries if not _is_newer(entry, mine)]
    return _end_of_entry(note, older[-1]) if older else entries[0].span.start


def _is_newer(entry: Entry, mine: tuple[date, str]) -> bool:
    """Tell whether an entry is newer than the new one; without two times the new one counts as newer."""
    assert entry.date is not None
    if entry.date != mine[0] or not (entry.time and mine[1]):
        return entry.date > mine[0]
    return entry.time > mine[1]


def _end_of_entry(note: Note, entry: Entry) -> int:
    return min(entry.span.end, note.content_end)


def _check(note: Note, edit: Edit, draft: Draft) -> None:
    """Refuse unless the result is the same note with exactly one entry more."""
    after = parse_note(note.path, apply_edits(note.text, [edit]), note.schema)
    old = [_said(note, entry) for entry in note.entries]
    new = [_said(after, entry) for entry in after.entries]
    added = [entry for entry in after.entries if entry.heading.start >= edit.span.start]
    mine = added[0] if added else None
    index = after.entries.index(mine) if mine else 0
    if (
        mine is None
        or mine.date != draft.date
        or new[:index] + new[index + 1 :] != old
        or [_body(after, section.body) for section in (after.profile, *after.sections)]
        != [_body(note, section.body) for section in (note.profile, *note.sections)]
    ):
        raise CannotAddEntry(path=note.path)


def _said(note: Note, entry: Entry) -> tuple[str, str]:
    return entry.heading.of(note.text), _body(note, entry.body)


def _body(note: Note, span: Span) -> str:
    return span.of(note.text).strip()

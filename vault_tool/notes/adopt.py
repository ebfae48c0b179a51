"""A foreign note as a customer note: required fields added, dated lines made entries, nothing lost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import PurePosixPath

from vault_tool.messages import N_, Language
from vault_tool.named import NamedTuple
from vault_tool.notes.blocks import scan_blocks
from vault_tool.notes.dated_lines import DatedLines, plan_dated_lines
from vault_tool.notes.edit_fields import CannotEdit, plan_set
from vault_tool.notes.entries import looks_like_date
from vault_tool.notes.folding import fold
from vault_tool.notes.frontmatter import cut
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.reading import reading_text
from vault_tool.notes.text import BOM, Span, apply_edits
from vault_tool.schema import Field, Schema

# Not ours: what Obsidian, Hugo and their like call the name of a note.
_FOREIGN_TITLE = "title"

TOML = N_("its TOML front matter (`+++`) stays as text")
OPEN = N_("it begins with `---` but has no second one; that stays as text")
BROKEN = N_("its front matter can't be read (line {line}); it stays as it is")
NOT_ADDED = N_("could not be added: {fields} ({reason})")
_MOST_LINES = 12
KEPT_LINES = N_("lines that begin like a date and stay text: {lines}")


class Remark(NamedTuple):
    """Something a person should know of one note: a message id and its values."""

    message: str
    values: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a note becomes: its new text, how many entries were made, and the fields that were added."""

    text: str
    id: str | None
    name: str
    entries: int
    fields: tuple[str, ...]
    remarks: tuple[Remark, ...]

    @property
    def problem(self) -> Remark | None:
        """What keeps the note from being whole; a person has to mend it."""
        return next((remark for remark in self.remarks if remark.message in (BROKEN, NOT_ADDED)), None)


def title_of(note: Note) -> str | None:
    """Return the name a foreign note gives itself: its name, its title, or the one heading it begins with."""
    named = note.text_value("name") or note.text_value(_FOREIGN_TITLE)
    if named and named.strip():
        return named.strip()
    start = note.front_matter.span.end if note.front_matter else note.profile.span.start
    tops = [heading for heading in scan_blocks(note.text, start).headings if heading.level == 1]
    if len(tops) != 1 or note.text[start : tops[0].span.start].strip():
        return None
    title = " ".join(reading_text(tops[0].title.of(note.text)).text.split())
    return title if title and not looks_like_date(title) else None


def adopt(
    path: PurePosixPath,
    text: str,
    schema: Schema,
    values: Mapping[str, str],
    *,
    today: date,
    language: Language,
) -> Adoption:
    """Return what becomes of a foreign note.

    Its front matter stays byte for byte; `values` (by canonical name) are the fields to add where they are
    missing and the schema requires them. Of the text only the marks of dated lines go. A note whose front
    matter YAML refuses stays as it is.
    """
    note = parse_note(path, text, schema)
    if note.front_matter and note.front_matter.error:
        line = note.lines.line(note.front_matter.error.offset)
        return Adoption(text, note.id, note.name, 0, (), (Remark(BROKEN, {"line": line}),))
    remarks = list(_foreign(note))
    lines = _dated_lines(note, today)
    if lines.left:
        some = [*map(str, lines.left[:_MOST_LINES]), *(["..."] if len(lines.left) > _MOST_LINES else [])]
        remarks.append(Remark(KEPT_LINES, {"lines": ", ".join(some)}))
    text = apply_edits(text, lines.edits)
    if not note.front_matter:
        text = _with_front_matter(text, note.newline)
    end = (cut(text) or (Span(0, 0),))[0].end
    # Fields are added to the head alone: reading the whole note again for each of them would take its time.
    head = parse_note(path, text[:end], schema)
    said = {field.name for field in _in_traditional(head)}
    added: list[str] = []
    refused: dict[object, list[str]] = {}
    for name, value in values.items():
        field = schema.field(name)
        if field is None or not field.required or head.value(name) is not None or name in said:
            continue
        try:
            edits = plan_set(head, name, value, language)
        except CannotEdit as error:
            refused.setdefault(error.values["reason"], []).append(name)
            continue
        head = parse_note(path, apply_edits(head.text, edits), schema)
        added.append(name)
    remarks += (
        Remark(NOT_ADDED, {"fields": ", ".join(names), "reason": why}) for why, names in refused.items()
    )
    after = head.text + text[end:]
    return Adoption(after, head.id, head.name, len(lines.days), tuple(added), tuple(remarks))


def _in_traditional(head: Note) -> Iterator[Field]:
    """Yield the fields whose keys stand in traditional characters: `vault lint --fix` makes them ours."""
    for node in head.front_matter.fields if head.front_matter else ():
        span = node.node.span
        if node.field is None and span.end > span.start and (field := head.schema.field(fold(node.key.text))):
            yield field


def _foreign(note: Note) -> list[Remark]:
    if note.opens_without_closing:
        return [Remark(OPEN, {})]
    first = note.text.removeprefix(BOM).partition("\n")[0]
    return [Remark(TOML, {})] if first.rstrip() == "+++" else []


def _with_front_matter(text: str, newline: str) -> str:
    """Put an empty block before a text, parted from it by a blank line."""
    mark = BOM if text.startswith(BOM) else ""
    body = text[len(mark) :]
    gap = "" if not body.strip() or body.startswith(("\n", "\r")) else newline
    return f"{mark}---{newline}---{newline}{gap}{body}"


def _dated_lines(note: Note, today: date) -> DatedLines:
    """Return the most thorough plan that reads as meant: old entries are still there, the new ones too."""
    known = [(entry.heading.start, entry.date) for entry in note.entries if entry.date]
    for plan in plan_dated_lines(note, today):
        after = parse_note(note.path, apply_edits(note.text, plan.edits), note.schema)
        wanted = [day for _, day in sorted([*known, *plan.days])]
        if [entry.date for entry in after.entries if entry.date] == wanted and _same_end(note, after):
            return plan
    return DatedLines((), (), ())


def _same_end(note: Note, after: Note) -> bool:
    """Tell whether what is sealed is still what it was."""
    ends = [each.sealed_block.span.of(each.text) if each.sealed_block else "" for each in (note, after)]
    return ends[0] == ends[1]

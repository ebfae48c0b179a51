"""FE rules: the file itself, its bytes and its place."""

from __future__ import annotations

from collections.abc import Iterator

from vault_tool.lint.rule import Context, Fix, Flaw, Rule, Severity
from vault_tool.messages import N_
from vault_tool.notes.note import Note
from vault_tool.notes.text import BOM, HAS_NUL, LINE_BREAK, NOT_UTF8, Edit, Span


def not_utf8(note: Note, context: Context) -> Iterator[Flaw]:
    """A note is UTF-8 text.

    Why: other encodings look like noise to most programs, and to colleagues on other systems.
    Bad: a file that an old editor saved as GB18030 (ANSI) or UTF-16
    Good: the same file saved as UTF-8
    Fix: unsafe. Writes the text as UTF-8; compare it before you keep it.
    """
    if note.problem is None or note.problem == HAS_NUL:
        return
    is_sure = note.problem == NOT_UTF8 and "\ufffd" not in note.text and "\0" not in note.text
    yield Flaw(
        Span(0, 0),
        N_("The file is {encoding}, not UTF-8")
        if note.problem == NOT_UTF8
        else N_("The file's encoding can't be told"),
        {"encoding": note.encoding.upper()},
        # No edit: the same text, as other bytes.
        Fix((), is_safe=False) if is_sure else None,
    )


def byte_order_mark(note: Note, context: Context) -> Iterator[Flaw]:
    """A note begins with its text, not with a byte order mark.

    Why: it can't be seen, and hides the front matter from some programs.
    Bad: a file saved as "UTF-8 with BOM"
    Good: a file saved as "UTF-8"
    Fix: safe. Removes the mark.
    """
    if note.text.startswith(BOM):
        yield Flaw(Span(0, 1), N_("Byte order mark at the start"), {}, Fix((Edit(Span(0, 1), ""),)))


_BREAK_NAMES = {"\n": "LF", "\r\n": "CRLF", "\r": "CR"}


def mixed_line_endings(note: Note, context: Context) -> Iterator[Flaw]:
    """All lines of a file end alike.

    Why: comparisons show lines as changed that nobody changed.
    Bad: some lines end with CRLF, some with LF
    Good: all lines end with LF, or all with CRLF
    Fix: safe. Takes the ending that most lines have.
    """
    text = note.text
    if "\r" not in text:
        return
    crlf = text.count("\r\n")
    if text.count("\r") == crlf == text.count("\n") or text.count("\n") == 0:
        return
    wanted = note.newline
    odd = [Span(*found.span()) for found in LINE_BREAK.finditer(text) if found[0] != wanted]
    if odd:
        first = odd[0]
        yield Flaw(
            Span(first.start, first.start),
            N_("Mixed line endings: mostly {usual}, {count} times {other}"),
            {"count": len(odd), "other": _BREAK_NAMES[first.of(text)], "usual": _BREAK_NAMES[wanted]},
            Fix(tuple(Edit(span, wanted) for span in odd)),
        )


def nul_character(note: Note, context: Context) -> Iterator[Flaw]:
    """A note holds no NUL characters.

    Why: they show that the file was damaged, or is no text; no command writes to it.
    Bad: a file that a crash filled up with zeros
    Good: the file from your last backup or commit
    Fix: none. What stood there can't be told.
    """
    if note.problem == HAS_NUL:
        at = max(0, note.text.find("\0"))
        yield Flaw(Span(at, at + 1), N_("The file holds NUL characters"))


# What follows is found by the walk, before there is a note; the walk's oddities become findings in `run.py`.


def not_a_note(note: Note, context: Context) -> Iterator[Flaw]:
    """What is named like a note is a plain file.

    Why: links lead out of the vault and round in circles, so none is followed; a folder holds no text.
    Bad: a folder `acme.md`, or a link to a note elsewhere
    Good: the note itself, in its folder
    Fix: none.
    """
    yield from ()


def file_too_large(note: Note, context: Context) -> Iterator[Flaw]:
    """A note is no larger than 4 MB.

    Why: a larger file is no note that anybody reads, and would slow down every command.
    Bad: a log or an export saved as `.md` among the customers
    Good: the file in `attachments/`
    Fix: none.
    """
    yield from ()


def file_unreadable(note: Note, context: Context) -> Iterator[Flaw]:
    """Every note can be read.

    Why: what can't be read is missing in every search and list.
    Bad: a file without the right to read it, or whose name is not UTF-8
    Good: `chmod u+r`, or the file renamed
    Fix: none.
    """
    yield from ()


RULES = (
    Rule("FE001", "not-utf8", Severity.ERROR, "unsafe", not_utf8),
    Rule("FE002", "byte-order-mark", Severity.WARNING, "safe", byte_order_mark),
    Rule("FE003", "mixed-line-endings", Severity.WARNING, "safe", mixed_line_endings),
    Rule("FE007", "not-a-note", Severity.WARNING, None, not_a_note),
    Rule("FE008", "file-too-large", Severity.ERROR, None, file_too_large),
    Rule("FE009", "file-unreadable", Severity.ERROR, None, file_unreadable),
    Rule("FE010", "nul-character", Severity.ERROR, None, nul_character),
)

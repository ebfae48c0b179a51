"""Notes read by several processes at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from vault_tool.schema import Schema
from vault_tool.vault.catalog_rows import NoteRows
from vault_tool.vault.catalog_write import FileState, ReadNote
from vault_tool.vault.intake import NoteReader, ToRead, Unread
from vault_tool.vault.names import pinyin_key
from vault_tool.vault.processes import Worker, processors

# Fewer are read before a new process has loaded what it needs.
WORTH_IT = 400
_WORK = "vault_tool.vault.workers:read_notes"


def read_by_workers(
    root: Path, schema: Schema, people: Mapping[str, str], wanted: Sequence[ToRead], batch: int
) -> Iterator[list[ReadNote | Unread]]:
    """Yield notes in batches, in order, as far as workers read them: few are none of their business."""
    count = min(processors(), len(wanted) // batch)
    if len(wanted) < WORTH_IT or count < 2:
        return
    from vault_tool.schema.plain import plain_schema

    batches = [wanted[start : start + batch] for start in range(0, len(wanted), batch)]
    setup = (os.fspath(root), plain_schema(schema), dict(people))
    workers: list[Worker] = []
    try:
        for number in range(count):
            mine = [[tuple(one) for one in some] for some in batches[number::count]]
            workers.append(Worker(_WORK, (*setup, mine)))
        for number, some in enumerate(batches):
            answer = workers[number % count].answer()
            if answer is None or len(answer) != len(some):
                return
            yield [_note(*plain) for plain in answer]
    except OSError:
        return  # no process can be started: the caller reads by itself
    finally:
        for worker in workers:
            worker.end()


def read_notes(
    root: str,
    schema: tuple[Any, ...],
    people: Mapping[str, str],
    batches: Sequence[Sequence[tuple[Any, ...]]],
) -> Iterator[list[tuple[Any, ...]]]:
    """Yield what the notes of each batch hold, as plain values: what a worker does."""
    from vault_tool.schema.plain import schema_of

    reader = NoteReader(Path(root), schema_of(schema), people)
    for some in batches:
        yield [_plain(reader.read(ToRead(*one))) for one in some]


def _plain(read: ReadNote | Unread) -> tuple[Any, ...]:
    if isinstance(read, Unread):
        return tuple(read)
    rows = read.rows
    if rows is not None:
        names = tuple((*name, pinyin_key(name[1]) if name[0] != "stem" else "") for name in rows.names)
        rows = rows._replace(names=names)
    return tuple(read.file), None if rows is None else tuple(rows), *read[2:]


def _note(*plain: Any) -> ReadNote | Unread:
    if len(plain) == len(Unread._fields):
        return Unread(*plain)
    file, rows, *more = plain
    return ReadNote(FileState._make(file), None if rows is None else NoteRows._make(rows), *more)

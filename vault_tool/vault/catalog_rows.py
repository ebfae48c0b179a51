"""A note as rows of the catalog, keys left open: plain values, which another process can make as well."""

from __future__ import annotations

import json
import marshal
from hashlib import sha256
from typing import Any

from vault_tool.named import NamedTuple
from vault_tool.notes.folding import fold
from vault_tool.vault.catalog_record import CatalogRecord, Fact

Row = tuple[Any, ...]


class NoteRows(NamedTuple):
    """What the tables say of one note.

    `head` is customers' columns from the front matter, `names` lack their pinyin, `passage_facts` begin with
    the place of their passage.
    """

    head: Row
    is_head_readable: bool
    problem: str | None
    first_entry: str | None
    last_entry: str | None
    entries: int
    names: tuple[Row, ...]
    facts: tuple[Row, ...]
    passages: tuple[Row, ...]
    passage_facts: tuple[Row, ...]
    links: tuple[Row, ...]
    people: tuple[str, ...]

    @property
    def id(self) -> str | None:
        """The customer's id."""
        found: str | None = self.head[0]
        return found

    def stamp(self, path: str, is_archived: bool) -> bytes:
        """Sum up all that the catalog keeps of a note: what leaves that alone is no change to others."""
        # Version 2 of marshal is the newest whose bytes depend on the values alone.
        return sha256(marshal.dumps((path, is_archived, *self), 2)).digest()[:16]


def rows_of(record: CatalogRecord) -> NoteRows:
    """Return the rows of a note."""
    head, days = record.head, record.days
    passages, facts = [], []
    for place, passage in enumerate(record.passages):
        folded = fold(passage.text)
        tags = json.dumps(passage.tags, ensure_ascii=False) if passage.tags else "[]"
        passages.append(
            (
                *passage[:7],
                *(tags, passage.title, passage.bold, passage.text),
                folded if folded != passage.text else None,
            )
        )
        facts += [(place, *_fact(fact)) for fact in passage.facts]
    return NoteRows(
        head=(
            *(head.id, head.name, head.type, head.stage, head.owner, head.importance, head.next),
            json.dumps(head.fields, ensure_ascii=False, separators=(",", ":")),
        ),
        is_head_readable=record.is_head_readable,
        problem=record.problem,
        first_entry=days[0] if days else None,
        last_entry=days[-1] if days else None,
        entries=sum(passage.kind == "entry" for passage in record.passages),
        names=tuple((kind, text, fold(text)) for kind, text in head.names),
        facts=tuple(_fact(fact) for fact in head.facts),
        passages=tuple(passages),
        passage_facts=tuple(facts),
        links=tuple((link.target, fold(link.target), link.line) for link in record.references),
        people=record.people,
    )


def _fact(fact: Fact) -> Row:
    return (fact.name, fact.text, fold(fact.text), fact.number, fact.currency, fact.day)

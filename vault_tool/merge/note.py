"""Three-way merge of one customer's note. Symmetric: nobody's version is "ours"."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath

from vault_tool.merge.callout import MARK
from vault_tool.merge.choice import settle
from vault_tool.merge.conflict_rows import CONFLICTS
from vault_tool.merge.entries import MergedBody, Pieces, cut_body, merge_pieces
from vault_tool.merge.fields import merge_front_matter
from vault_tool.merge.layout import lay, merged_layout, put
from vault_tool.merge.tokens import cut_sealed, merge_sealed
from vault_tool.named import NamedTuple
from vault_tool.notes.blocks import scan_blocks
from vault_tool.notes.frontmatter import cut, opens_without_closing
from vault_tool.notes.note import parse_note
from vault_tool.notes.text import decode
from vault_tool.schema import Schema


class Merged(NamedTuple):
    """What the two sides became, whole.

    `conflicts` are the fields that wait for a decision (`""` for one in the text), `kept` the headings of
    entries, and the names of contacts, that one side removed and the other edited. `parked` is the other side
    whole, where the two can't be one note: it goes beside it.
    """

    data: bytes
    conflicts: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    parked: bytes | None = None


class _Parts:
    """One version, cut up. What `may_hide` has code or comments, which may swallow what is put below."""

    def __init__(self, text: str) -> None:
        found = cut(text)
        self._text = text
        self.start = found[0].end if found else 0
        self.head = text[: self.start] if found else None
        self.scan = scan_blocks(text, self.start)
        self._end = self.scan.sealed.span.start if self.scan.sealed else len(text)
        self.body = text[self.start : self._end]
        self.sealed = cut_sealed(text, self.scan.sealed)
        comments = text.count("<!--") > (self.scan.sealed is not None)
        self.may_hide = comments or "```" in text or "~~~" in text

    @cached_property
    def pieces(self) -> Pieces:
        """The body cut at its headings."""
        return cut_body(self._text, self.start, self._end, self.scan.headings)


def merge_note(path: PurePosixPath, base: bytes | None, a: bytes, b: bytes, schema: Schema) -> Merged:
    """Merge two versions of a note, whatever bytes they are; `base` is None where both sides added it.

    What only one side changed is taken over byte for byte. Never raises. Merging again what was merged
    changes nothing, unless a version has two entries of one heading, alike in words, that both sides rewrote:
    one may then stand in both its versions.
    """
    if a == b or base in (a, b):
        return _done(path, b if a == base else a, schema)
    said_a, said_b = decode(a), decode(b)
    if said_a.problem or said_b.problem:
        return _one_of(path, a, b, schema)
    laid_a, laid_b = lay(said_a.text), lay(said_b.text)
    laid_base = lay(decode(base).text) if base is not None else None
    merged = _merged_text(laid_base.text if laid_base else None, laid_a.text, laid_b.text, schema)
    if merged is None:
        return _one_of(path, a, b, schema)
    text, kept = merged
    layout = merged_layout(laid_base.layout if laid_base else None, laid_a.layout, laid_b.layout)
    return _done(path, put(text, layout, laid_base, laid_a, laid_b).encode(), schema, kept)


def _done(path: PurePosixPath, data: bytes, schema: Schema, kept: tuple[str, ...] = ()) -> Merged:
    if CONFLICTS.encode() not in data and MARK.encode() not in data:
        return Merged(data, (), kept)
    from vault_tool.merge.conflicts import open_conflicts

    fields = (conflict.field for conflict in open_conflicts(parse_note(path, data, schema)))
    return Merged(data, tuple(dict.fromkeys(fields)), kept)


def _one_of(path: PurePosixPath, a: bytes, b: bytes, schema: Schema) -> Merged:
    """Return the better one, whoever asks, and park the other."""
    one, other = sorted((a, b), key=lambda data: (_worth(data), data), reverse=True)
    return _done(path, one, schema)._replace(parked=other)


def _worth(data: bytes) -> tuple[bool, bool, bool]:
    said = decode(data)
    text = lay(said.text).text
    return said.problem is None, not opens_without_closing(text), cut(text) is not None


def _merged_text(base: str | None, a: str, b: str, schema: Schema) -> tuple[str, tuple[str, ...]] | None:
    """Return the merged text and what was kept; None where the two can't be one note."""
    if a == b or base in (a, b):
        return (b if a == base else a), ()
    if opens_without_closing(a) != opens_without_closing(b):
        return None
    in_base, in_a, in_b = (_Parts(side) for side in (base or "", a, b))
    head = merge_front_matter(in_base.head, in_a.head, in_b.head, schema)
    opening = head.text or ""
    body = _merged_body(in_base, in_a, in_b, head.parted)
    sealed = merge_sealed(in_base.sealed, in_a.sealed, in_b.sealed, opening + body.text)
    text = opening + body.text + _end(in_base, in_a, in_b, body.text, sealed) + sealed
    starts = [len(opening) + start for start in body.starts]
    if not _is_sound(text, opening, starts, sealed, in_a.may_hide or in_b.may_hide):
        return None
    return text, head.kept + body.kept


def _merged_body(base: _Parts, a: _Parts, b: _Parts, parted: str | None) -> MergedBody:
    """Return the body without what stands behind its last piece."""
    if parted is None and (a.body == b.body or base.body in (a.body, b.body)):
        side = b if a.body == base.body else a
        text = side.body[: len(side.body) - len(side.pieces.end)]
        return MergedBody(text, tuple(at.span.start - side.start for at in side.scan.headings), ())
    notes = [parted.rstrip("\n")] if parted is not None else []
    return merge_pieces(base.pieces, a.pieces, b.pieces, notes)


def _end(base: _Parts, a: _Parts, b: _Parts, body: str, sealed: str) -> str:
    """Return what stands behind the last piece: before tokens a blank line, at the file's end mostly none."""
    like = [
        side.pieces.end
        for side in (base, a, b)
        if bool(side.sealed.tokens) == bool(sealed) and bool(body) == bool(side.body.strip())
    ]
    if len(like) == 3:
        return settle(like[0], like[1], like[2], max)
    return max(like, default="" if not body else "\n\n" if sealed else "\n")


def _is_sound(text: str, opening: str, starts: list[int], sealed: str, may_hide: bool) -> bool:
    """Tell whether the text reads as the parts it was made of."""
    found = cut(text)
    if (found[0].end if found else 0) != len(opening):
        return False
    if not may_hide:
        return True
    scan = scan_blocks(text, len(opening))
    end = scan.sealed.span.start if scan.sealed else len(text)
    return [heading.span.start for heading in scan.headings] == starts and end == len(text) - len(sealed)

"""Sealing one note, planned: a reference in place of each value, and its token in the comment at the end."""

from __future__ import annotations

import re
from collections.abc import Callable, Container

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.text import Edit, apply_edits
from vault_tool.sealing.comment import add_lines, misplaced
from vault_tool.sealing.places import Places
from vault_tool.sealing.token import Place, Token, Value
from vault_tool.sealing.unsealed import Unclosed, Unsealed, unsealed
from vault_tool.vault.keyring import GroupWaits, UnknownGroup

Sealer = Callable[[Place, str, Value, Container[str]], Token]
"""Makes the token of a value for a group; its `vid` must be none of those given."""
_VID = 8
_WORD = re.compile(r"[0-9A-Za-z_-]")


class CannotSeal(VaultError):
    """Something in a note is to be sealed and can't be; nothing is written, and git must not have it."""

    message = N_("{path}:{line}: a value is to be sealed here, and can't be: {reason}.")
    hint = N_("Nothing was written. Mend that line in an editor.")
    exit_code = Exit.FINDINGS


class NoSuchGroup(CannotSeal):
    """A mark names a group that the keyring doesn't have."""

    message = N_("{path}:{line}: there is no group {group} to seal for.")
    hint = N_(
        "Nothing was written. The groups are: {known}. Another one is made by: "
        "vault access grant role:manager {group}"
    )


class NewKeyFirst(CannotSeal):
    """A group's key is one that others than its readers may open."""

    message = N_("{path}:{line}: nothing can be sealed for {group} before `vault rekey` has made a new key.")
    hint = N_("Two people changed at once who reads it. Nothing was written. Who can do that: {readers}")


NO_ID = N_("the customer has no id (`vault lint --fix` gives one)")
NOT_UTF8 = N_("the file is not clean UTF-8 (`vault lint --unsafe-fixes` converts it)")
UNCLOSED = N_("the mark has no closing }}")
NOT_READ_BACK = N_("the result would not read back")


class SealedValue(NamedTuple):
    """One value that a plan seals, without what it says."""

    path: str
    group: str
    line: int
    vid: str


class Sealing(NamedTuple):
    """What sealing a note means: the splices, what the text becomes, and what is sealed by it."""

    edits: tuple[Edit, ...]
    text: str
    values: tuple[SealedValue, ...]


def plan_sealing(note: Note, vault_id: str, sealer: Sealer) -> Sealing:
    """Plan to seal all that stands in plain; what is sealed already stays byte for byte.

    Needs no key that opens. What somebody wrote behind the comment with the tokens goes before it. A note
    with nothing to seal plans nothing else, whatever is wrong with it. Raises `CannotSeal`.
    """
    places = Places(note)
    found = list(unsealed(note, places))
    away = [each for each in misplaced(note) if each.span] if note.problem is None else []
    if not found and not away:
        return Sealing((), note.text, ())
    if found:
        _check(note, found)
    there = {token.vid for token in note.sealed_block.tokens} if note.sealed_block else set()
    there |= {line[:_VID] for each in away for line in each.lines.splitlines()}
    taken = there | {reference.vid for reference in note.sealed_references}
    edits: list[Edit] = []
    values: list[SealedValue] = []
    tokens: dict[str, Token] = {}
    for each in found:
        assert isinstance(each, Unsealed)  # `_check` refuses the others
        assert note.id is not None
        place = Place(vault_id, note.id, each.path)
        try:
            token = sealer(place, each.group, each.value, taken)
        except UnknownGroup as error:
            line = note.lines.line(each.span.start)
            raise NoSuchGroup(path=note.path, line=line, **error.values) from None
        except GroupWaits as error:
            line = note.lines.line(each.span.start)
            raise NewKeyFirst(path=note.path, line=line, **error.values) from None
        tokens[token.vid] = token
        taken.add(token.vid)
        edits.append(Edit(each.span, _reference(note.text, each, token.vid)))
        values.append(SealedValue(each.path, each.group, note.lines.line(each.span.start), token.vid))
    new = [token for token in tokens.values() if token.vid not in there]
    edits += add_lines(note, "".join(f"{token.vid} {token}{note.newline}" for token in new), away)
    text = apply_edits(note.text, edits)
    _check_result(note, text, values)
    return Sealing(tuple(edits), text, tuple(values))


def _check(note: Note, found: list[Unsealed | Unclosed]) -> None:
    line = note.lines.line(found[0].span.start)
    if note.problem is not None:
        raise CannotSeal(path=note.path, line=line, reason=NOT_UTF8)
    for each in found:
        if isinstance(each, Unclosed):
            raise CannotSeal(path=note.path, line=note.lines.line(each.span.start), reason=UNCLOSED)
    if not note.id:
        raise CannotSeal(path=note.path, line=line, reason=NO_ID)


def _reference(text: str, each: Unsealed, vid: str) -> str:
    """Return what is put in place of a value: a letter or digit beside it would become a part of it."""
    before, after = text[each.span.start - 1 : each.span.start], text[each.span.end : each.span.end + 1]
    gap_before = " " if before == ":" or _WORD.match(before) else ""
    return f"{gap_before}sealed-{vid}{' ' if _WORD.match(after) else ''}"


def _check_result(note: Note, text: str, values: list[SealedValue]) -> None:
    """Read the result: nothing stands in plain any more, and each value is found where it was sealed for."""
    after = parse_note(note.path, text, note.schema)
    places = Places(after)
    known = {token.vid for token in after.sealed_block.tokens} if after.sealed_block else set()
    standing = {reference.vid: places.field_at(reference.span.start) for reference in after.sealed_references}
    for value in values:
        if value.vid not in known or standing.get(value.vid) != value.path:
            raise CannotSeal(path=note.path, line=value.line, reason=NOT_READ_BACK)
    left = next(unsealed(after, places), None)
    if left is not None or after.id != note.id:
        line = after.lines.line(left.span.start) if left else 1
        raise CannotSeal(path=note.path, line=line, reason=NOT_READ_BACK)

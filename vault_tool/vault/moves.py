"""Moving customers' files: new names, the archive; and mending the links that would lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from vault_tool.messages import Language
from vault_tool.named import NamedTuple
from vault_tool.notes.edit_fields import plan_change_list, plan_set
from vault_tool.notes.folding import fold
from vault_tool.notes.note import Note, parse_note
from vault_tool.notes.relink import can_be_target, plan_relink
from vault_tool.notes.text import apply_edits
from vault_tool.vault import files
from vault_tool.vault.catalog_read import Customer, backlinks, customer_at, linked_as
from vault_tool.vault.globs import fold_name
from vault_tool.vault.journal import Change
from vault_tool.vault.paths import CUSTOMERS, Taken, customer_path, taken_by
from vault_tool.vault.vault import Vault

ARCHIVE = PurePosixPath("archive")


class Move(NamedTuple):
    """A customer's file, where it goes, and what it will hold; both names are alike where none changes."""

    path: PurePosixPath
    to: PurePosixPath
    digest: str
    before: bytes
    after: bytes
    old_name: str
    new_name: str


class Mended(NamedTuple):
    """Another note, whose links change."""

    note: Note
    digest: str
    after: str


@dataclass(frozen=True, slots=True)
class MovePlan:
    """Files that move, and notes whose links follow them."""

    moves: tuple[Move, ...]
    mended: tuple[Mended, ...]

    @property
    def changes(self) -> list[Change]:
        """All of it as one commit."""
        changes = []
        for move in self.moves:
            if move.to == move.path:
                changes.append(Change(move.path, move.digest, move.after))
            else:
                changes += (Change(move.to, None, move.after), Change(move.path, move.digest, None))
        return changes + [Change(each.note.path, each.digest, each.after.encode()) for each in self.mended]


def plan_rename(vault: Vault, path: PurePosixPath, new_name: str) -> MovePlan:
    """Plan to give a customer a new name: field, alias, file, and the links to it.

    The catalog must be fresh. Raises `CannotEdit` where the note can't take the name.
    """
    content = files.read(vault.root, path)
    note = parse_note(path, content.data, vault.schema)
    old_name = note.name
    after = renamed(note, new_name, vault.settings.language)
    region = note.text_value("region")
    to = customer_path(new_name, (), region, note.id or path.stem, _taken(vault, [path]), path.parent)
    move = Move(path, to, content.digest, content.data, after.encode(), old_name, new_name)
    return _with_links(vault, [move])


def renamed(note: Note, new_name: str, language: Language) -> str:
    """Return the text of a note under a new name, the old one among its aliases."""
    old_name = note.name
    after = parse_note(
        note.path, apply_edits(note.text, plan_set(note, "name", new_name, language)), note.schema
    )
    add = [old_name] if fold(old_name) != fold(new_name) else []
    remove = [alias for alias in after.aliases if fold(alias) == fold(new_name)]
    return apply_edits(
        after.text, plan_change_list(after, "aliases", add=add, remove=remove, language=language)
    )


def plan_archive(vault: Vault, paths: Sequence[PurePosixPath]) -> MovePlan:
    """Plan to put customers away, in the same folders beneath `archive/`. The catalog must be fresh."""
    moves = []
    given: list[PurePosixPath] = []
    for path in paths:
        content = files.read(vault.root, path)
        customer = customer_at(vault.catalog, path)
        name = customer.name if customer else path.stem
        to = _archived(vault, path, customer, given)
        given.append(to)
        moves.append(Move(path, to, content.digest, content.data, content.data, name, name))
    return _with_links(vault, moves)


def is_archived(path: PurePosixPath) -> bool:
    """Tell whether a path lies in the archive."""
    return len(path.parts) > 1 and fold_name(path.parts[0]) == str(ARCHIVE)


def _archived(
    vault: Vault, path: PurePosixPath, customer: Customer | None, given: Iterable[PurePosixPath]
) -> PurePosixPath:
    within = path.relative_to(CUSTOMERS) if path.is_relative_to(CUSTOMERS) else path
    wanted = ARCHIVE / within
    taken = _taken(vault, (), given)
    if not taken(wanted):
        return wanted
    region = customer.fields.get("region") if customer else None
    note_id = customer.id if customer and customer.id else path.stem
    return customer_path(
        path.stem, (), region if isinstance(region, str) else None, note_id, taken, wanted.parent
    )


def _taken(vault: Vault, own: Sequence[PurePosixPath], given: Iterable[PurePosixPath] = ()) -> Taken:
    """Return what tells whether a path is another file's; what the file itself has, is free for it."""
    known = taken_by([*(each.path for each in vault.customers(None) if each.path not in own), *given])
    mine = taken_by(own)
    return lambda path: known(path) or (not mine(path) and (vault.root / path).exists())


# --- links -------------------------------------------------------------------------------------------------


def _with_links(vault: Vault, moves: Sequence[Move]) -> MovePlan:
    """Add to the moves the notes that link to the files by path, file name or old name."""
    linker = _Linker(vault, moves)
    sources = {
        link.path
        for move in moves
        if (customer := customer_at(vault.catalog, move.path))
        for link in backlinks(vault.catalog, customer)
    }
    by_path = {move.path: move for move in moves}
    for path, move in by_path.items():
        note = parse_note(move.to, move.after, vault.schema)
        if edits := plan_relink(note, linker.new_target):
            by_path[path] = move._replace(after=apply_edits(note.text, edits).encode())
    mended = []
    for path in sorted(sources - by_path.keys()):
        note, digest = vault.read(path)
        if edits := plan_relink(note, linker.new_target):
            mended.append(Mended(note, digest, apply_edits(note.text, edits)))
    return MovePlan(tuple(by_path.values()), tuple(mended))


class _Linker:
    """Says where a link leads once the files have moved."""

    def __init__(self, vault: Vault, moves: Iterable[Move]) -> None:
        self._vault = vault
        self._moves = {move.path: move for move in moves}

    def new_target(self, target: str) -> str | None:
        """Return the new target of a link; None for one that stays, by an id or an alias for instance."""
        meant = linked_as(self._vault.catalog, target)
        move = self._moves.get(meant[0]) if len(meant) == 1 else None
        if move is None:
            return None
        path = PurePosixPath(target)
        if path in (move.path, move.path.with_suffix("")):
            return str(move.to if path == move.path else move.to.with_suffix(""))
        folded = fold(target)
        if folded == fold(move.path.stem):
            return self._clear(move, move.to.stem) if move.to.stem != move.path.stem else None
        if folded == fold(move.old_name) and move.new_name != move.old_name:
            return self._clear(move, move.new_name)
        return None

    def _clear(self, move: Move, text: str) -> str:
        """Return a name as a link; the path where no link can hold it, or it would mean somebody else too."""
        others = set(linked_as(self._vault.catalog, text)) - {move.path}
        can_link = can_be_target(text)
        return text if can_link and not others else str(move.to.with_suffix(""))

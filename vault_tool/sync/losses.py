"""Notes that vanished since the last sync: few are somebody's work, many an accident until said otherwise."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, ngettext
from vault_tool.named import NamedTuple
from vault_tool.vault.records import Records
from vault_tool.vault.walk import printable

FEW = 3
SHARE = 0.2
MANY = 50
_SHOWN = 5


class Losses(NamedTuple):
    """Notes that are gone, notes that are empty now, and how many there were."""

    gone: tuple[PurePosixPath, ...]
    emptied: tuple[PurePosixPath, ...]
    total: int

    @property
    def is_accident(self) -> bool:
        """Whether it looks like one: a fifth of the notes (and three), more than fifty, or one empty."""
        count = len(self.gone)
        return bool(self.emptied) or count > MANY or (count >= FEW and count >= SHARE * self.total)

    def __str__(self) -> str:
        """Say it in the reader's language, with a few of the notes."""
        said = []
        if self.gone:
            text = ngettext(
                "{count} of {total} notes is gone since the last sync",
                "{count} of {total} notes are gone since the last sync",
                len(self.gone),
            )
            said.append(text.format(count=len(self.gone), total=self.total))
        if self.emptied:
            text = ngettext("{count} note is empty now", "{count} notes are empty now", len(self.emptied))
            said.append(text.format(count=len(self.emptied)))
        paths = (*self.emptied, *self.gone)
        shown = ", ".join(printable(path) for path in paths[:_SHOWN])
        if len(paths) > _SHOWN:
            shown += " …"
        return _("{what}: {notes}").format(what=_(", ").join(said), notes=shown)


class MassDeletion(VaultError):
    """Many notes vanished, and nobody has said that this is meant."""

    message = N_("{losses}. Nothing was sent and nothing is lost: the last sync has them all.")
    hint = N_(
        "If you removed them on purpose: `vault sync --accept-deletions`. Else bring each one back: "
        "vault restore CUSTOMER --at yesterday"
    )
    exit_code = Exit.DECIDE


Ask = Callable[[Losses], bool]


def losses(
    total: int,
    gone: Mapping[PurePosixPath, str],
    come: Collection[str],
    emptied: Collection[PurePosixPath],
    answered: Collection[PurePosixPath],
) -> Losses:
    """Count what vanished of `total` notes: `gone` by path with the blob that each had.

    What lies elsewhere now (its blob is among those that `come`) only moved; what a command removed was
    asked about then.
    """
    there = frozenset(come)
    vanished = (path for path, blob in gone.items() if blob not in there and path not in answered)
    return Losses(tuple(sorted(vanished)), tuple(sorted(set(emptied).difference(answered))), total)


def answered(records: Records, paths: Collection[PurePosixPath]) -> set[PurePosixPath]:
    """Return those of the vanished files that a command took away: `remove`, `archive`, `undo` ..."""
    open_ = set(paths)
    found = set()
    for record in records.newest_first():
        if not open_:
            break
        for entry in record.entries:
            if entry.path not in open_:
                continue
            is_gone = entry.before is None if record.is_undone else entry.after is None
            if is_gone:
                found.add(entry.path)
            # What was undone is as if it had never been: the command before decides.
            if is_gone or not record.is_undone:
                open_.discard(entry.path)
    return found


def confirm(found: Losses, ask: Ask | None, *, accepted: bool = False) -> None:
    """Go on where nothing looks like an accident, or a person says that it is none. Raises `MassDeletion`.

    `ask` is None where nobody can be asked.
    """
    if not found.is_accident or accepted:
        return
    if ask is None or not ask(found):
        raise MassDeletion(losses=found)

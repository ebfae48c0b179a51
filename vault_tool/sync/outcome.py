"""How a sync came out: what is safe now, and the one thing to do next. The words for it are made here too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.named import NamedTuple
from vault_tool.sync.gate import REASONS, Held
from vault_tool.sync.unreached import unreached
from vault_tool.vault.walk import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.sync.healing import Disclosed
    from vault_tool.sync.losses import Losses

DISCLOSED_HINT = N_(
    "Take it for known, for whoever shares this vault may have read it: change it where it can be changed, "
    "tell the customer where you have to. `vault seal` and `vault sync` take it out of what all have now."
)
_SHORT = 10
_MOST_NAMED = 5


class State(StrEnum):
    """How the notes stand; where a server wasn't reached, its own state is in `Outcome.remotes`."""

    SHARED = "shared"
    SAVED = "saved"
    """There is no server that could have them."""
    WAITING = "waiting"
    """A server wasn't reached, or refused: what was saved goes out with a later sync."""


class Remote(NamedTuple):
    """How one server was reached: its name, its address as it may be shown, how many files wait for it."""

    name: str
    shown: str
    reached: Reached
    waiting: int = 0


class Outcome(NamedTuple):
    """What a sync did, or (`is_dry`) would have done. Counts are of files; paths are the vault's own."""

    state: State
    saved: int = 0
    sent: int = 0
    received: tuple[PurePosixPath, ...] = ()
    removed: tuple[PurePosixPath, ...] = ()
    customers: tuple[str, ...] = ()
    conflicts: Mapping[PurePosixPath, tuple[str, ...]] = {}
    kept: Mapping[PurePosixPath, tuple[str, ...]] = {}
    parked: tuple[PurePosixPath, ...] = ()
    joined: tuple[PurePosixPath, ...] = ()
    foreign: tuple[PurePosixPath, ...] = ()
    held: tuple[Held, ...] = ()
    still: tuple[PurePosixPath, ...] = ()
    too_large: tuple[PurePosixPath, ...] = ()
    remotes: tuple[Remote, ...] = ()
    is_new: bool = False
    is_dry: bool = False
    returned: tuple[PurePosixPath, ...] = ()
    left: tuple[PurePosixPath, ...] = ()
    """Files that came with git's conflict markers, which a person has to go through."""
    put_back: tuple[PurePosixPath, ...] = ()
    """Files that came unreadable, and are as they were."""
    disclosed: tuple[Disclosed, ...] = ()
    """Values that came in plain."""
    losses: Losses | None = None
    """Of a dry run: notes that vanished, about which a real one would ask first."""

    @property
    def exit_code(self) -> Exit:
        """What a program is told: whether a person has to decide, or a server wasn't reached."""
        undecided = self.held, self.conflicts, self.left, self.put_back, self.disclosed, self.losses
        if any(undecided):
            return Exit.DECIDE
        codes = {error.exit_code for error in self.errors}
        urgent = (code for code in (Exit.DECIDE, Exit.OFFLINE, Exit.BUSY) if code in codes)
        return next(urgent, max(codes, default=Exit.OK))

    @property
    def errors(self) -> list[VaultError]:
        """What kept each server from being reached."""
        return [unreached(each.shown, each.reached) for each in self.remotes if not each.reached.is_ok]


def headline(outcome: Outcome) -> str:
    """Return the one line that says what is safe."""
    if outcome.is_dry:
        return _would(outcome)
    if outcome.state is State.SAVED:
        return _("Saved on this computer; `vault remote add ADDRESS` shares it.")
    if outcome.state is State.WAITING:
        return _waiting(outcome)
    received = len(outcome.received) + len(outcome.removed)
    if outcome.held:
        return ngettext(
            "All but {count} note saved and shared ({sent} sent, {received} received).",
            "All but {count} notes saved and shared ({sent} sent, {received} received).",
            len(outcome.held),
        ).format(count=len(outcome.held), sent=outcome.sent, received=received)
    if not outcome.sent and not received:
        return _("All notes are saved and shared; nothing was new.")
    return _("All notes saved and shared ({sent} sent, {received} received).").format(
        sent=outcome.sent, received=received
    )


def lines(outcome: Outcome) -> Iterator[str]:
    """Yield what else there is to say, the most pressing first."""
    if outcome.losses:
        yield _("{losses}. Without --dry-run it asks first whether that is meant.").format(
            losses=outcome.losses
        )
    if outcome.customers:
        more = len(outcome.customers) - _MOST_NAMED
        # On one line, whatever a name is made of.
        names = _(", ").join(" ".join(name.split()) for name in outcome.customers[:_MOST_NAMED])
        said = _("News of: {names} and {count} more") if more > 0 else _("News of: {names}")
        yield said.format(names=names, count=more)
    count = sum(map(len, outcome.conflicts.values()))
    if count:
        yield ngettext(
            "{count} place needs a choice: `vault conflicts`",
            "{count} places need a choice: `vault conflicts`",
            count,
        ).format(count=count)
    kept = tuple(_with_headings(path, headings) for path, headings in outcome.kept.items())
    yield from _named(kept, N_("Removed on one side and changed on the other, so it stays: {path}"))
    yield from _named(outcome.parked, N_("The other version lies beside it: {path}"))
    yield from _named(outcome.joined, N_("You were writing in it meanwhile; it holds both now: {path}"))
    yield from _named(
        outcome.returned, N_("An editor had saved an older state; what was missing is back: {path}")
    )
    yield from _named(
        outcome.still, N_("It is being written to just now, and goes with the next sync: {path}")
    )
    yield from _named(outcome.too_large, N_("Too large to share, so it stays on this computer only: {path}"))
    yield from _named(
        outcome.foreign, N_("It is a link or a whole folder of git's, so it was not put here: {path}")
    )


def held_lines(outcome: Outcome) -> Iterator[str]:
    """Yield which notes were held back, and why."""
    for held in outcome.held[:_MOST_NAMED]:
        yield _(REASONS[held.why]).format(path=printable(held.path), line=held.line)
    if len(outcome.held) > _MOST_NAMED:
        yield _("... and {count} more").format(count=len(outcome.held) - _MOST_NAMED)


def received_lines(outcome: Outcome) -> Iterator[str]:
    """Yield what came that a person has to see to: what should have been sealed, and open merges."""
    for one in outcome.disclosed[:_MOST_NAMED]:
        said = _("{path}:{line}: {field} came in plain, in {commit} of {author}") if one.field else ""
        yield (said or _("{path}:{line}: words to be sealed came in plain, in {commit} of {author}")).format(
            path=printable(one.path),
            line=one.line,
            field=one.field,
            commit=one.commit[:_SHORT],
            author=printable(one.author),
        )
    if len(outcome.disclosed) > _MOST_NAMED:
        yield _("... and {count} more").format(count=len(outcome.disclosed) - _MOST_NAMED)
    yield from _named(
        outcome.left,
        N_(
            "Somebody's git left two versions in it, between lines of <<<<<<< and >>>>>>>: "
            "keep what is right, remove those lines: {path}"
        ),
    )
    yield from _named(
        outcome.put_back,
        N_("{path} came unreadable, so it stays as it was; what came lies beside it: `vault conflicts`"),
    )


def held_headline(count: int) -> str:
    """Return the line that every command shows while notes are held back."""
    return ngettext(
        "{count} note stays on this computer until it is mended; `vault sync` says what and where.",
        "{count} notes stay on this computer until they are mended; `vault sync` says what and where.",
        count,
    ).format(count=count)


def trouble_lines(outcome: Outcome) -> Iterator[tuple[str, str]]:
    """Yield, for each server that wasn't reached, what happened and what to do."""
    for error in outcome.errors:
        yield render(error.message, error.values), render(error.hint, error.values)


def document(outcome: Outcome) -> dict[str, object]:
    """Return an outcome as a JSON document has it."""

    def told(paths: tuple[PurePosixPath, ...]) -> list[str]:
        return [printable(path) for path in paths]

    return {
        "state": str(outcome.state),
        "dry_run": outcome.is_dry,
        "saved": outcome.saved,
        "sent": outcome.sent,
        "received": told(outcome.received),
        "removed": told(outcome.removed),
        "conflicts": {printable(path): list(fields) for path, fields in outcome.conflicts.items()},
        "kept": {printable(path): list(headings) for path, headings in outcome.kept.items()},
        "parked": told(outcome.parked),
        "joined": told(outcome.joined),
        "not_placed": told(outcome.foreign),
        "returned": told(outcome.returned),
        "held_back": [
            {"path": printable(each.path), "why": str(each.why), "line": each.line} for each in outcome.held
        ],
        "still_written": told(outcome.still),
        "too_large": told(outcome.too_large),
        "left": told(outcome.left),
        "put_back": told(outcome.put_back),
        "vanished": told((*outcome.losses.gone, *outcome.losses.emptied)) if outcome.losses else [],
        "disclosed": [{**one._asdict(), "path": printable(one.path)} for one in outcome.disclosed],
        "remotes": [
            {
                "name": each.name,
                "url": each.shown,
                "state": str(each.reached.state),
                "reason": each.reached.reason,
                "waiting": each.waiting,
            }
            for each in outcome.remotes
        ],
        "new_repository": outcome.is_new,
    }


def _waiting(outcome: Outcome) -> str:
    count = max((each.waiting for each in outcome.remotes if not each.reached.is_ok), default=0)
    is_offline = all(
        each.reached.is_ok or each.reached.state is RemoteState.OFFLINE for each in outcome.remotes
    )
    if not is_offline:
        return _("Saved on this computer.")
    if not count:
        return _(
            "Saved on this computer. Nothing waits to go out; what others wrote comes when you are online."
        )
    return ngettext(
        "Saved on this computer. {count} change goes out when you are online.",
        "Saved on this computer. {count} changes go out when you are online.",
        count,
    ).format(count=count)


def _would(outcome: Outcome) -> str:
    return _("Would save {saved}, send {sent}, receive {received}. Nothing was changed.").format(
        saved=outcome.saved, sent=outcome.sent, received=len(outcome.received) + len(outcome.removed)
    )


def _with_headings(path: PurePosixPath, headings: tuple[str, ...]) -> str:
    """Return a file, or the entries in it that are spoken of."""
    entries = _(", ").join(heading.lstrip("# ") for heading in headings)
    return f"{path}: {entries}" if entries else str(path)


def _named(paths: Sequence[PurePosixPath | str], message: str) -> Iterator[str]:
    for path in paths[:_MOST_NAMED]:
        yield _(message).format(path=printable(path))
    if len(paths) > _MOST_NAMED:
        yield _("... and {count} more").format(count=len(paths) - _MOST_NAMED)

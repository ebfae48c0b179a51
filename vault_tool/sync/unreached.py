"""What a person reads when a server was not reached: what happened there, and one thing to do.

What was saved here stays saved in all of these; whoever shows one says so.
"""

from __future__ import annotations

from vault_tool.errors import Exit, VaultError
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.messages import N_


class Unreached(VaultError):
    """An exchange with a server that did not take place."""

    message = N_("{remote} could not be asked: {reason}")
    hint = N_("Try again; if it stays so, show this to whoever looks after the server.")
    exit_code = Exit.OFFLINE


class Offline(Unreached):
    """Nobody answers."""

    message = N_("{remote} can't be reached: {reason}")
    hint = N_("Nothing is lost: run it again when you are online.")


class LoginRefused(Unreached):
    """The server doesn't let this person in, or doesn't let them write."""

    message = N_("{remote} refused the login: {reason}")
    hint = N_("On a terminal, `vault remote login` asks for it (`vault join` does so itself).")


class UnknownServer(Unreached):
    """The server's key or certificate is not one that is trusted here."""

    message = N_("{remote} could not prove that it is the right server: {reason}")
    hint = N_(
        "`vault remote login` shows its fingerprint and asks. Compare it with what the server's owner says; "
        "if it was known before and has changed, ask them first."
    )


class RemoteGone(Unreached):
    """There is no repository at the address, or none for this person."""

    message = N_("There is no vault at {remote}: {reason}")
    hint = N_(
        "Check the address. A server also says so to somebody it doesn't let in: `vault remote login` tries "
        "that."
    )


class PushRejected(Unreached):
    """The server's own rule refuses what is sent."""

    message = N_("{remote} does not accept what was sent: {reason}")
    hint = N_("That is the server's own rule: show this to whoever looks after it.")


class SomebodyFaster(Unreached):
    """Others sent in between, each time."""

    message = N_("Others kept sending to {remote} at the same moment.")
    hint = N_("Run it again in a moment.")
    exit_code = Exit.BUSY


class OtherVault(Unreached):
    """The server holds a vault, and not this one."""

    message = N_("{remote} holds a different vault. Nothing was joined and nothing was sent.")
    hint = N_("Check the address: `vault remote` shows it.")
    exit_code = Exit.DECIDE


class RemoteRewritten(Unreached):
    """What the server has now does not follow what it had."""

    message = N_("The past of this vault was changed on {remote}. Nothing was joined and nothing was sent.")
    hint = N_("`vault remote accept` shows what is there now, and asks.")
    exit_code = Exit.DECIDE


class OtherBranch(Unreached):
    """The server keeps its notes under another name than this clone."""

    message = N_("{remote} keeps its notes under another name than here: {reason}")
    hint = N_("Join it afresh (`vault join`), or rename what is here: git branch -m NAME")
    exit_code = Exit.DECIDE


class NothingThere(Unreached):
    """A server that holds nothing yet, where something was wanted."""

    message = N_("{remote} holds nothing yet.")
    hint = N_("Where the vault is: `vault remote add ADDRESS`, then `vault sync`.")
    exit_code = Exit.UNREADABLE


class NoSpaceLeft(Unreached):
    """This machine's disk is full."""

    message = N_("The disk is full: {reason}")
    hint = N_("Make room and run it again; what you wrote is saved.")
    exit_code = Exit.UNREADABLE


class DamagedRepository(Unreached):
    """Objects are broken, here or there."""

    message = N_("What git keeps is damaged, here or at {remote}: {reason}")
    hint = N_("Your notes are plain files and stay. Join the vault afresh beside this one, and compare.")
    exit_code = Exit.UNREADABLE


# What git says where it would ask, and may not.
_ASKS = N_("it asks for a name and a password")

_KINDS: dict[RemoteState, type[Unreached]] = {
    RemoteState.EMPTY: NothingThere,
    RemoteState.OFFLINE: Offline,
    RemoteState.AUTH: LoginRefused,
    RemoteState.HOST_KEY: UnknownServer,
    RemoteState.GONE: RemoteGone,
    RemoteState.REJECTED: PushRejected,
    RemoteState.STALE: SomebodyFaster,
    RemoteState.UNRELATED: OtherVault,
    RemoteState.REWRITTEN: RemoteRewritten,
    RemoteState.OTHER_BRANCH: OtherBranch,
    RemoteState.NO_SPACE: NoSpaceLeft,
    RemoteState.CORRUPT: DamagedRepository,
    RemoteState.FAILED: Unreached,
}


def unreached(remote: str, reached: Reached) -> Unreached:
    """Return the error that says how an exchange with a server (its name or shown address) came out."""
    reason = _ASKS if "could not read " in reached.reason else reached.reason or "-"
    return _KINDS[reached.state](remote=remote, reason=reason)

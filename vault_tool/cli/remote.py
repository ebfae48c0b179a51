"""`vault remote`: the servers that a vault is shared through."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command, group, option
from vault_tool.cli.output import NeedsAnswer
from vault_tool.errors import Exit, VaultError
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.git.folder import git_folder, top_above
from vault_tool.git.repository import Repository
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.sync.remotes import (
    Known,
    Remote,
    add_remote,
    branch_of,
    checked_url,
    known_of,
    note,
    remote_called,
    remotes_of,
    remove_remote,
)
from vault_tool.sync.unreached import unreached
from vault_tool.vault.walk import printable

if TYPE_CHECKING:
    from vault_tool.sync.accept import Rewritten

_MOST_NAMED = 5
_DAY, _HOUR, _MINUTE = 86_400, 3_600, 60


class PartOfOther(VaultError):
    """The vault lies in a repository of something larger."""

    message = N_("This vault is a folder of another repository, {top}, and is not shared by itself.")
    hint = N_("Move it to a folder of its own to share it; everything else works where it is.")
    exit_code = Exit.USAGE


@group(
    "remote",
    help=N_(
        "Show the servers that this vault is shared through, and how each stands; add or remove one.\n\n"
        "A server is any place where git can keep a vault: a company's git server, GitHub, Gitee, a folder "
        "on another disk. `vault sync` sends to all of them."
    ),
    examples=(
        "vault remote add git@example.com:team/vault.git",
        "vault remote add /media/disk/vault.git backup",
        "vault remote login",
        "vault remote",
    ),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@click.pass_context
@pass_app
def remote(app: App, ctx: click.Context, as_json: bool) -> Exit | None:
    """List the servers, when no command is named."""
    return _list(app, as_json) if ctx.invoked_subcommand is None else None


@command("list", help=N_("Show the servers, and when each last had everything."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def list_(app: App, as_json: bool) -> Exit:
    """List the servers."""
    return _list(app, as_json)


@command(
    "add",
    help=N_(
        "Share the vault through the server at ADDRESS, which has to hold this vault or nothing yet.\n\n"
        "The first one is called origin. `vault sync` then sends and receives."
    ),
    examples=("vault remote add https://example.com/team/vault.git",),
)
@argument("address")
@argument("name", required=False)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def add(app: App, address: str, name: str | None, as_json: bool) -> Exit:
    """Add a server that was asked."""
    url = checked_url(address, app.given or app.cwd)
    with _repository(app, creates=True) as (repository, git):
        if name is None and any(each.name == "origin" for each in remotes_of(git)):
            name = _free_name(git)
        added, reached = add_remote(repository, git, url, name, app.now.timestamp())
    if as_json:
        app.out.json({"remote": _document(app, added, Known(state=reached.state))})
    elif reached.state is RemoteState.EMPTY:
        app.out.line(_("{name} is {url}. It holds nothing yet.").format(name=added.name, url=added.shown))
        app.out.hint(_("`vault sync` sends this vault there."))
    else:
        app.out.line(_("{name} is {url}. It holds this vault.").format(name=added.name, url=added.shown))
        app.out.hint(_("`vault sync` sends and receives what is new."))
    return Exit.OK


@command("remove", help=N_("Share no longer through a server. What lies there stays there."))
@argument("name")
@pass_app
def remove(app: App, name: str) -> Exit:
    """Take a server out."""
    with _repository(app) as (repository, git):
        gone = remote_called(git, name)
        remove_remote(repository, git, gone.name)
    app.out.line(
        _("{name} is no longer a server of this vault; what lies at {url} stays there.").format(
            name=gone.name, url=gone.shown
        )
    )
    return Exit.OK


@command(
    "login",
    help=N_(
        "Log in to a server, on this terminal, and check that it worked.\n\n"
        "At https addresses you are asked for a name and a password; most servers want a token there, which "
        "their web pages make for you (access tokens, with the right to write). At ssh addresses (git@...) "
        "your key counts: its public half is to be put into your account on the server."
    ),
)
@argument("name", required=False)
@pass_app
def login(app: App, name: str | None) -> Exit:
    """Let git ask for the login, once."""
    with _repository(app) as (repository, git):
        chosen = remote_called(git, name)
        if not app.out.is_interactive:
            raise NeedsAnswer(question=_("The login for {url}?").format(url=chosen.shown))
        log_in(app, repository, chosen.name, chosen.url, branch_of(git))
        from vault_tool.git.transport import may_push

        reached = may_push(repository, chosen.name, branch_of(git))
        if reached.state in (RemoteState.STALE, RemoteState.REJECTED):
            reached = Reached(RemoteState.OK)  # it let us in
        note(git, chosen.name, reached, app.now.timestamp())
    if not reached.is_ok:
        raise unreached(chosen.name, reached)
    app.out.line(_("{name} lets you in. `vault sync` sends and receives.").format(name=chosen.name))
    return Exit.OK


@command(
    "accept",
    help=N_(
        "Accept that the past of this vault was changed on a server, after a look at what is there now.\n\n"
        "What you wrote and never sent is put on top of it and sent. What was here before is kept on this "
        "computer."
    ),
)
@argument("name", required=False)
@option("--yes", is_flag=True, help=N_("Do it without asking."))
@pass_app
def accept(app: App, name: str | None, yes: bool) -> Exit:
    """Show what a server has now, ask, and follow it."""
    from vault_tool.cli.syncing import means_of, tell
    from vault_tool.sync import accept as accepting
    from vault_tool.sync.run import synchronise

    with _repository(app) as (repository, git):
        chosen, branch = remote_called(git, name), branch_of(git)
        # Saves what stands here, and asks the server.
        synchronise(app.vault, means_of(app))
        state = known_of(git).get(chosen.name, Known())
        if state.state is not RemoteState.REWRITTEN:
            if state.state not in (None, RemoteState.OK, RemoteState.EMPTY):
                raise unreached(chosen.name, Reached(state.state, state.reason))
            raise accepting.NothingToAccept(remote=chosen.name)
        told = accepting.look_at(repository, chosen.name, branch)
        app.out.lines(_said_rewritten(chosen, told))
        if not app.out.confirm(_("Follow what {name} has now?").format(name=chosen.name), yes=yes):
            app.out.note(_("Nothing was changed."))
            return Exit.DECIDE
        kept = accepting.accept(app.vault, repository, git, chosen.name, branch, told, f"{app.today:%Y%m%d}")
    app.out.note(_("What was here before is kept on this computer: {ref}").format(ref=kept))
    if told.erased:
        app.out.hint(
            _("It still holds who was erased. To let go of it: git update-ref -d {ref}").format(ref=kept)
        )
    outcome = synchronise(app.open_at(app.root), means_of(app))
    tell(app, outcome)
    return outcome.exit_code


def _said_rewritten(remote: Remote, told: Rewritten) -> Iterator[str]:
    """Say what following a server would change here."""
    if told.new is None:
        yield _("{name} holds nothing any more; all that is here would be sent there again.").format(
            name=remote.name
        )
        return
    if told.erased:
        yield ngettext(
            "{count} customer was erased for good.", "{count} customers were erased for good.", told.erased
        ).format(count=told.erased)
    parts = (
        (N_("No longer there: {count} ({names})"), told.gone),
        (N_("Different there: {count} ({names})"), told.changed),
        (N_("New there: {count} ({names})"), told.come),
        (N_("Yours, never sent, and put on top: {count} ({names})"), told.mine),
    )
    for said, paths in parts:
        if paths:
            names = _(", ").join(printable(path) for path in paths[:_MOST_NAMED])
            more = " ..." if len(paths) > _MOST_NAMED else ""
            yield _(said).format(count=len(paths), names=names + more)


def log_in(app: App, repository: Repository, remote: str, url: str, branch: str) -> None:
    """Let git ask on this terminal, after a word on what it will ask for, and have it remember the answer."""
    from vault_tool.git.transport import let_git_ask

    if url.startswith(("http://", "https://")):
        app.out.note(
            _(
                "You will be asked for your name and password at the server; most want a token instead of a "
                "password."
            )
        )
        if repository.setting("credential.helper") is None and app.out.confirm(
            _("Keep the login in a file in your home folder, which only you can read?")
        ):
            repository.set("credential.helper", "store")
    else:
        app.out.note(
            _("Your ssh key counts here. If it has a passphrase, `ssh-add` keeps it open while you work.")
        )
    app.out.flush()
    let_git_ask(repository, remote, branch)


# --- what is shown


def _list(app: App, as_json: bool) -> Exit:
    git = _git_folder(app)
    there = remotes_of(git) if git else []
    known = known_of(git) if git else {}
    if as_json:
        app.out.json({"remotes": [_document(app, one, known.get(one.name, Known())) for one in there]})
        return Exit.OK
    app.out.table(
        [
            (
                one.name,
                one.shown,
                said_state(known.get(one.name, Known())),
                said_shared(app, known.get(one.name)),
            )
            for one in there
        ],
        (_("Name"), _("Address"), _("Last try"), _("Had everything")),
    )
    for one in there:
        was = known.get(one.name, Known())
        if was.state not in (None, RemoteState.OK, RemoteState.EMPTY):
            error = unreached(one.name, Reached(was.state, was.reason))
            app.out.warn(render(error.message, error.values))
            app.out.hint(render(error.hint, error.values))
    if not there:
        app.out.note(_("This vault is on this computer only."))
        app.out.hint(_("`vault remote add ADDRESS` shares it through a server."))
    return Exit.OK


def said_shared(app: App, known: Known | None) -> str:
    """Say when a server last had all that was here, and how long ago that is."""
    if known is None or known.shared_at is None:
        return _("never")
    when = app.local_time(known.shared_at)
    return f"{when:%Y-%m-%d %H:%M} ({said_ago(known.shared_at, app.now)})"


def said_ago(at: float, now: datetime) -> str:
    """Say how long ago a moment is, in its largest whole unit."""
    seconds = max(0, round(now.timestamp() - at))
    if days := seconds // _DAY:
        return ngettext("{count} day ago", "{count} days ago", days).format(count=days)
    if hours := seconds // _HOUR:
        return ngettext("{count} hour ago", "{count} hours ago", hours).format(count=hours)
    if minutes := seconds // _MINUTE:
        return ngettext("{count} minute ago", "{count} minutes ago", minutes).format(count=minutes)
    return _("just now")


_STATES = {
    RemoteState.OK: N_("reached"),
    RemoteState.EMPTY: N_("empty"),
    RemoteState.OFFLINE: N_("not reached"),
    RemoteState.AUTH: N_("login refused"),
    RemoteState.HOST_KEY: N_("not trusted"),
    RemoteState.GONE: N_("nothing there"),
    RemoteState.REJECTED: N_("refuses"),
    RemoteState.STALE: N_("others were faster"),
    RemoteState.UNRELATED: N_("another vault"),
    RemoteState.REWRITTEN: N_("its past was changed"),
    RemoteState.OTHER_BRANCH: N_("under another name"),
    RemoteState.NO_SPACE: N_("disk full"),
    RemoteState.CORRUPT: N_("damaged"),
    RemoteState.FAILED: N_("failed"),
}


def said_state(known: Known) -> str:
    """Say in a word or two how the last try went."""
    return "-" if known.state is None else _(_STATES[known.state])


def _document(app: App, one: Remote, known: Known) -> dict[str, object]:
    return {"name": one.name, "url": one.shown, **known_document(app, known)}


def known_document(app: App, known: Known) -> dict[str, object]:
    """Return what is known of a server for JSON."""
    return {
        "state": known.state,
        "reason": known.reason,
        "tried": moment_of(app, known.tried_at),
        "shared": moment_of(app, known.shared_at),
        "commit": known.shared,
    }


def moment_of(app: App, at: float | None) -> str | None:
    """Return a moment for JSON, by this machine's clock."""
    return None if at is None else f"{app.local_time(at):%Y-%m-%dT%H:%M:%S}"


# --- where git keeps it


def _git_folder(app: App) -> Path | None:
    """Return git's folder of this vault, None where it has none. Raises `PartOfOther`."""
    git = git_folder(app.root)
    if git is None and (top := top_above(app.root)):
        raise PartOfOther(top=top)
    return git


@contextmanager
def _repository(app: App, *, creates: bool = False) -> Iterator[tuple[Repository, Path]]:
    """Lend the vault's repository and git's folder; `creates` makes one where there is none."""
    git = _git_folder(app)
    is_made = git is None and creates
    with Repository.create(app.root, app.env) if is_made else Repository(app.root, app.env) as repository:
        try:
            yield repository, git or repository.common_folder
        except BaseException:
            if is_made:
                shutil.rmtree(app.root / ".git", ignore_errors=True)
            raise


def _free_name(git: Path) -> str:
    taken = {each.name for each in remotes_of(git)}
    return next(name for number in range(2, len(taken) + 3) if (name := f"origin{number}") not in taken)


for _each in (add, list_, remove, login, accept):
    remote.add_command(_each)

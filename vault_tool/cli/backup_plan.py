"""`vault backup plan`: the page for the day when everything is gone."""

from __future__ import annotations

from contextlib import suppress
from pathlib import PurePosixPath

import click

from vault_tool import messages
from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command
from vault_tool.cli.keys import keys_of
from vault_tool.cli.recovery import lies_here
from vault_tool.errors import Exit, VaultError
from vault_tool.git.folder import git_folder
from vault_tool.messages import N_, _
from vault_tool.sealing.found_keyring import MANAGER
from vault_tool.sync.backup import backup_folder
from vault_tool.sync.backup_plan import FILE_NAME, Facts, plan_page, with_plan
from vault_tool.sync.backup_record import BackupRecord, read_record
from vault_tool.sync.remotes import remotes_of
from vault_tool.vault import files
from vault_tool.vault.journal import Change
from vault_tool.vault.walk import matches_globs


class PlanWouldBeNote(VaultError):
    """The vault takes every file at its top for a customer."""

    message = N_(
        "{path} would be taken for a customer here: `customers` in vault.toml names it. Nothing was written."
    )
    hint = N_("Print it instead: vault backup plan - > somewhere-else.md")
    exit_code = Exit.USAGE


@command(
    "plan",
    help=N_(
        "Write DISASTER.md: where copies are, whom to call, what to type when the notes are gone.\n\n"
        "What you write outside of its marks stays. With `-` it is printed. Print it on paper, too: on that "
        "day the disk may be gone."
    ),
    examples=("vault backup plan", "vault backup plan - | lp"),
)
@argument("to", metavar="[-]", required=False, type=click.Choice(["-"]))
@pass_app
def plan(app: App, to: str | None) -> Exit:
    """Write the page for the day when everything is gone."""
    before = messages.language()
    vault = app.vault
    path = PurePosixPath(FILE_NAME)
    if not to and matches_globs(path, vault.settings.customers):
        raise PlanWouldBeNote(path=path)
    content = None
    with suppress(files.FileMissing):
        content = files.read(vault.root, path)
    # Whoever reads it that day reads the team's language.
    messages.use(vault.settings.language)
    try:
        page = plan_page(_facts(app))
        old = content.data.decode("utf-8", "surrogateescape") if content else None
        text = page if to else with_plan(old, page, vault.root / path)
    finally:
        messages.use(before)
    if to:
        app.out.line(page.rstrip("\n"))
        return Exit.OK
    data = text.encode("utf-8", "surrogateescape")
    vault.commit([Change(path, content.digest if content else None, data)], "vault backup plan")
    app.out.line(_("Written: {path}").format(path=vault.root / path))
    app.out.hint(_("Print it, and keep the paper where the vault is not."))
    return Exit.OK


def _facts(app: App) -> Facts:
    vault = app.vault
    git = git_folder(vault.root)
    record = read_record(git) if git else BackupRecord()
    folder = None
    with suppress(VaultError):
        folder = backup_folder(vault.root, None, vault.settings.backup.dir, record.last_create)
    recovery: dict[str, str] = {}
    managers: tuple[str, ...] = ()
    with suppress(VaultError):
        keyring = keys_of(app).reading_keyring
        recovery = dict(keyring.recovery)
        managers = tuple(name for name, member in keyring.people.items() if MANAGER in member.roles)
    return Facts(
        vault=vault.settings.id,
        name=vault.root.name,
        today=app.today,
        remotes=tuple(remotes_of(git)) if git else (),
        folder=folder,
        people=vault.settings.people,
        managers=managers,
        recovery=recovery,
        recovery_file=lies_here(app) if recovery else None,
        record=record,
    )

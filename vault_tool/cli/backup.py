"""`vault backup`: copies that are proved by restoring them, and what to do when they are needed."""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.backup_plan import plan
from vault_tool.cli.backup_report import (
    age,
    listed_document,
    made_document,
    named,
    no_manifest,
    proof_document,
    size,
    tell_counts,
    tell_plain,
    tell_proof,
    utc,
)
from vault_tool.cli.help import argument, command, group, option
from vault_tool.cli.progress import shown
from vault_tool.errors import Exit, VaultError
from vault_tool.git.folder import git_folder
from vault_tool.merge.erased import ERASED
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.named import NamedTuple
from vault_tool.sync.backup import (
    NoBackupFolder,
    backup_folder,
    backups_in,
    chosen,
    create_backup,
    verify_backup,
)
from vault_tool.sync.backup_manifest import ManifestDamaged
from vault_tool.sync.backup_record import BackupRecord, Event, note_created, note_verified, read_record
from vault_tool.sync.backup_restore import restore_backup
from vault_tool.sync.backup_unpack import BackupDamaged
from vault_tool.sync.backup_verify import Key
from vault_tool.vault import files
from vault_tool.vault.settings import NoVault, Settings
from vault_tool.vault.walk import printable


class _Here(NamedTuple):
    """The vault that the command is run in."""

    root: Path
    settings: Settings
    git: Path | None

    @property
    def record(self) -> BackupRecord:
        return read_record(self.git) if self.git else BackupRecord()


@group(
    "backup",
    help=N_(
        "Make, prove and restore backups of all that is saved; alone it lists them.\n\n"
        "A backup is one file that git alone can read, and a small one beside it that tells what it holds. "
        "What is sealed stays sealed in it. DIR may stand in vault.toml for all: [backup] dir."
    ),
    examples=(
        "vault backup create /media/stick/backup",
        "vault backup verify --key recovery.txt",
        "vault backup restore /media/stick/backup ~/restored-vault",
        "vault backup plan",
    ),
)
@click.pass_context
@pass_app
def backup(app: App, ctx: click.Context) -> Exit | None:
    """List the backups, unless one of its own commands is called."""
    return _list(app, None, as_json=False) if ctx.invoked_subcommand is None else None


@command(
    "create",
    help=N_(
        "Save what you wrote, back all of it up, and prove that by restoring it once.\n\n"
        "Of this copy's older backups there, the last one of each of 7 days, 4 weeks and 12 months stays; "
        "the others go. What another machine made stays."
    ),
    examples=("vault backup create ~/backup", "vault backup create --keep-all"),
)
@argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@option("--keep-all", is_flag=True, help=N_("Remove no older backup."))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def create(app: App, folder: Path | None, keep_all: bool, as_json: bool) -> Exit:
    """Make a backup."""
    root, settings, git = app.root, app.settings, git_folder(app.root)
    last = read_record(git).last_create if git else None
    where = backup_folder(root, app.cwd / folder.expanduser() if folder else None, settings.backup.dir, last)
    if git:
        _save(app)
    with shown(app.out, _("Backing up")) as progress:
        made = create_backup(
            root,
            settings.id,
            where,
            app.env,
            utc(app),
            _clone(root),
            app.random,
            keep_all=keep_all,
            progress=progress,
        )
    if git:
        counts = made.manifest.counts
        event = Event(_stamp(app), str(made.bundle), counts.all_customers, counts.entries)
        note_created(git, event, made.manifest.sha256)
    if as_json:
        app.out.json(made_document(made))
        return Exit.OK
    app.out.line(_("Saved in {path}").format(path=made.bundle))
    tell_counts(app, made.proof)
    if made.unsaved:
        count = len(made.unsaved)
        app.out.warn(
            ngettext(
                "{count} file has changes that are not in it, for they are not saved yet: {names}",
                "{count} files have changes that are not in it, for they are not saved yet: {names}",
                count,
            ).format(count=count, names=named([printable(path) for path in made.unsaved]))
        )
        app.out.hint(_("`vault sync` says what keeps them from being saved; then run this again."))
    if made.removed:
        count = len(made.removed)
        app.out.note(
            ngettext(
                "{count} older backup was removed: it is superseded by newer ones.",
                "{count} older backups were removed: they are superseded by newer ones.",
                count,
            ).format(count=count)
        )
    tell_plain(app, made.proof)
    return Exit.OK


def _save(app: App) -> None:
    """Save what stands here. What is saved already is backed up all the same where that can't be."""
    from vault_tool.cli.syncing import save

    try:
        save(app)
    except VaultError as error:
        app.out.warn(render(error.message, error.values))
        if error.hint:
            app.out.hint(render(error.hint, error.values))


@command(
    "verify",
    help=N_(
        "Prove a backup: restore it into a folder that goes away again, and compare all of it.\n\n"
        "PATH is a backup, or a folder: then its newest one. With a key, every sealed value is opened as "
        "well; none is shown. Exits with 3 if the backup is damaged, with 1 if something in it is not as it "
        "should be."
    ),
    examples=("vault backup verify", "vault backup verify /media/stick/backup --key recovery.txt"),
)
@argument("path", metavar="[PATH]", required=False, type=click.Path(path_type=Path))
@option(
    "--key", metavar="FILE", type=click.Path(path_type=Path), help=N_("Open what is sealed with this key.")
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def verify(app: App, path: Path | None, key: Path | None, as_json: bool) -> Exit:
    """Prove a backup."""
    here = _here(app)
    place = _place(app, path, here)
    opens = (
        Key(app.cwd / key.expanduser(), lambda name: app.out.ask_secret(_passphrase(name))) if key else None
    )
    try:
        found = chosen(place, here.settings.id if here else None)
        with shown(app.out, _("Restoring")) as progress:
            proof = verify_backup(found, app.env, app.random, key=opens, progress=progress)
    except (BackupDamaged, ManifestDamaged) as error:
        _note_failure(app, here, place, error)
        raise
    if here and here.git and here.settings.id == proof.vault:
        counts, trouble = proof.counts, "" if proof.is_good else "findings"
        is_opened = proof.opened is not None and not proof.closed
        event = Event(
            _stamp(app), str(found.bundle.resolve()), counts.all_customers, counts.entries, trouble, is_opened
        )
        note_verified(here.git, event, found.manifest.sha256 if found.manifest else None)
    if as_json:
        app.out.json({"file": str(found.bundle), **proof_document(proof)})
    else:
        tell_proof(app, found, proof)
    return Exit.OK if proof.is_good else Exit.FINDINGS


@command(
    "restore",
    help=N_(
        "Make a whole vault of a backup, in a new folder.\n\n"
        "PATH is a backup, or a folder: then its newest one. Nothing is sent anywhere, and nothing that is "
        "there is touched."
    ),
    examples=("vault backup restore /media/stick/backup ~/restored-vault",),
)
@argument("path", metavar="PATH", type=click.Path(path_type=Path))
@argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def restore(app: App, path: Path, folder: Path, as_json: bool) -> Exit:
    """Restore a backup."""
    here = _here(app)
    target = Path(os.path.abspath(app.cwd / folder.expanduser()))  # noqa: PTH100 - no link is followed
    found = chosen(app.cwd / path.expanduser(), here.settings.id if here else None)
    is_ours = here is not None and found.manifest is not None and found.manifest.vault == here.settings.id
    with shown(app.out, _("Restoring")) as progress:
        done = restore_backup(
            found,
            target,
            app.env,
            app.random,
            _tombstones(here.root) if here and is_ours else (),
            progress=progress,
        )
    if as_json:
        app.out.json(
            {
                "file": str(found.bundle),
                "folder": str(target),
                **proof_document(done.proof),
                "erased": [printable(gone) for gone in done.erased],
                "remotes": {remote.name: remote.shown for remote in done.remotes},
            }
        )
        return Exit.OK
    app.out.line(_("A whole vault again: {path}").format(path=target))
    tell_counts(app, done.proof)
    if done.erased:
        count = len(done.erased)
        app.out.note(
            ngettext(
                "{count} customer was erased for good and is left out.",
                "{count} customers were erased for good and are left out.",
                count,
            ).format(count=count)
        )
    if found.manifest is None:
        app.out.warn(no_manifest())
    for remote in done.remotes:
        app.out.note(
            _("It knows the server {name} ({url}); nothing was sent there.").format(
                name=remote.name, url=remote.shown
            )
        )
    app.out.hint(
        _(
            "Look at it: `vault -C {path} status`. Then `vault -C {path} sync` joins it with the others."
        ).format(path=target)
    )
    return Exit.OK


@command(
    "list",
    help=N_("Show the backups in a folder, and whether this machine has proved them."),
    examples=("vault backup list", "vault backup list /media/stick/backup --json"),
)
@argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def list_(app: App, folder: Path | None, as_json: bool) -> Exit:
    """List backups."""
    return _list(app, folder, as_json)


for each in (create, verify, restore, list_, plan):
    backup.add_command(each)


# --- where


def _here(app: App) -> _Here | None:
    """Return the vault around, None where there is none: backups must be readable without."""
    try:
        return _Here(app.root, app.settings, git_folder(app.root))
    except NoVault:
        return None


def _place(app: App, path: Path | None, here: _Here | None) -> Path:
    """Return the backup, or the folder of backups, that is meant."""
    if path is not None:
        return app.cwd / path.expanduser()
    if here is None:
        raise NoBackupFolder
    return backup_folder(here.root, None, here.settings.backup.dir, here.record.last_create)


def _clone(root: Path) -> str:
    """Return what tells this copy of the vault from all others, without naming machine or folder."""
    return hashlib.sha256(
        f"{platform.node()}\0{os.path.realpath(root)}".encode("utf-8", "replace")
    ).hexdigest()[:12]


def _stamp(app: App) -> str:
    return utc(app).isoformat(timespec="seconds")


def _note_failure(app: App, here: _Here | None, place: Path, error: VaultError) -> None:
    """Keep that a backup of this vault is no good."""
    file = Path(str(error.values.get("path", place)))
    if here is None or here.git is None or not file.name.startswith(f"{here.settings.id}-"):
        return
    digest = None
    with suppress(VaultError):
        found = chosen(file, here.settings.id)
        digest = found.manifest.sha256 if found.manifest else None
    note_verified(here.git, Event(_stamp(app), str(file), trouble=type(error).__name__), digest)


def _tombstones(root: Path) -> Iterator[bytes]:
    with suppress(files.FileMissing):
        yield files.read(root, ERASED).data


def _passphrase(name: str) -> str:
    return _("Passphrase of {name}:").format(name=name)


# --- said


def _list(app: App, folder: Path | None, as_json: bool) -> Exit:
    here = _here(app)
    where = _place(app, folder, here)
    proved = here.record.proved if here else {}
    found = list(backups_in(where, here.settings.id if here else None))
    if as_json:
        app.out.json({"folder": str(where), "backups": [listed_document(each, proved) for each in found]})
        return Exit.OK
    rows = []
    for each in found:
        if each.manifest is None:
            rows.append([each.bundle.name, "-", size(each.size), "-", "-", _("no manifest")])
            continue
        at = proved.get(each.manifest.sha256)
        rows.append(
            [
                each.bundle.name,
                age(utc(app) - each.manifest.made),
                size(each.size),
                str(each.manifest.counts.all_customers),
                str(each.manifest.counts.entries),
                f"{datetime.fromisoformat(at).astimezone():%Y-%m-%d %H:%M}" if at else _("not here"),
            ]
        )
    app.out.table(rows, [_("Backup"), _("Age"), _("Size"), _("Customers"), _("Entries"), _("Proved")])
    if not rows:
        app.out.note(_("There is no backup in {path} yet.").format(path=where))
        app.out.hint(_("`vault backup create` makes one."))
    return Exit.OK

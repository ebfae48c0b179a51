"""`vault verify`: every sealed value is whole, in its place, and opens."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.cli.keys import keys_of
from vault_tool.cli.rekey import sealed_notes
from vault_tool.errors import Exit
from vault_tool.messages import N_, _, ngettext, render
from vault_tool.sealing.returned import LOG, Returned, returned_values
from vault_tool.sealing.standing import references
from vault_tool.sealing.vault_keys import NOT_YOURS, NotOpened, VaultKeys


@command(
    "verify",
    help=N_(
        "Check every sealed value: whole, in its place, and opening with a key of yours.\n\n"
        "What is sealed for others is checked as far as that goes without a key. In a git repository, it "
        "also tells which values had been replaced and came back: an old one opens as well as a new one."
    ),
    examples=("vault verify", "vault verify --key recovery.txt"),
)
@option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help=N_("Open with this key instead of yours; `vault access drill` is for the recovery key."),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def verify(app: App, key: Path | None, as_json: bool) -> Exit:
    """Open everything, and tell what doesn't open."""
    keys = keys_of(app)
    if key is not None:
        keys.use_only(app.cwd / key)
    if keys.pin is not None:
        keys.reading_keyring  # noqa: B018 - says so if another vault stands here
    opened, troubles = open_all(app, keys)
    closed = sum(error.values["reason"] == NOT_YOURS for error in troubles)
    broken = [error for error in troubles if key is not None or error.values["reason"] != NOT_YOURS]
    returned = list(_returned(app))
    if as_json:
        app.out.json(
            {
                "opened": opened,
                "not_yours": closed,
                "broken": [said(error) for error in broken],
                "returned": [each._asdict() for each in returned],
            }
        )
    else:
        for error in broken:
            app.out.line(said(error))
        app.out.line(ngettext("{count} value opens", "{count} values open", opened).format(count=opened))
        if closed and key is None:
            app.out.hint(_("{count} more are sealed for others, and whole.").format(count=closed))
        for each in returned:
            app.out.warn(
                _("sealed-{vid} had been replaced; commit {commit} put it back").format(**each._asdict())
            )
    return Exit.FINDINGS if broken else Exit.OK


def _returned(app: App) -> Iterator[Returned]:
    """Ask git which values came back; without git, or outside of a repository, none is known."""
    try:
        process = subprocess.Popen(
            ["git", *LOG],
            cwd=app.vault.root,
            env=dict(app.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="replace",
        )
    except OSError:
        return
    with process:
        assert process.stdout is not None
        yield from returned_values(process.stdout)


def open_all(app: App, keys: VaultKeys) -> tuple[int, list[NotOpened]]:
    """Open every sealed value of the vault; return how many did, and what is the matter with the others."""
    opened = 0
    troubles = []
    for note, _digest in sealed_notes(app, _("Opening")):
        for vid in dict.fromkeys(reference.vid for reference in references(note)):
            try:
                keys.open(note, vid)
                opened += 1
            except NotOpened as error:
                troubles.append(error)
    return opened, troubles


def said(error: NotOpened) -> str:
    """Say why a value doesn't open, in the reader's language."""
    return render(error.message, error.values)

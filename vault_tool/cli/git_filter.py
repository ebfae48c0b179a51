"""`vault git-filter`: what git runs to seal what is added to it. No command for people."""

from __future__ import annotations

import sys

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.failure import failure_of
from vault_tool.cli.help import command
from vault_tool.cli.keys import keys_of
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.sealing.clean import Cleaner
from vault_tool.sealing.git_filter import NotGit, serve


@command("git-filter", help=N_("Seal what is added to git; git runs this."), hidden=True)
@pass_app
def git_filter(app: App) -> Exit:
    """Serve git as its clean filter."""
    keys = keys_of(app)
    cleaner = Cleaner(keys, app.opening.settings, app.opening.schema)

    def complain(path: str, error: VaultError) -> None:
        failure = failure_of(error)
        app.out.error(failure.message, failure.hint)

    try:
        serve(sys.stdin.buffer, sys.stdout.buffer, cleaner.clean, complain)
    except NotGit:
        return Exit.USAGE
    finally:
        keys.close()
    return Exit.OK

"""`vault merge-file`: what git runs to merge a file that both sides changed. No command for people."""

from __future__ import annotations

import click

from vault_tool.cli.help import command
from vault_tool.git.merge_driver import drive
from vault_tool.messages import N_


@command("merge-file", help=N_("Merge a file that both sides changed; git runs this."), hidden=True)
@click.option("--marker-size", type=int, hidden=True, expose_value=False)
@click.argument("base")
@click.argument("ours")
@click.argument("theirs")
@click.argument("path")
def merge_file(base: str, ours: str, theirs: str, path: str) -> int:
    """Merge into the second file, as git's driver does it."""
    return drive([base, ours, theirs, path])

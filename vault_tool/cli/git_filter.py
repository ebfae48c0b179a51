"""`vault git-filter`: what git runs to seal what is added to it. No command for people."""

from __future__ import annotations

from vault_tool.cli.help import command
from vault_tool.messages import N_
from vault_tool.sealing.filter import serve_git


@command("git-filter", help=N_("Seal what is added to git; git runs this."), hidden=True)
def git_filter() -> int:
    """Serve git as its clean filter, in the folder that git runs it in."""
    return serve_git()

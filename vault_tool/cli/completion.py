"""`vault completion`: what a shell needs to complete commands, customers, fields and words."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import click
from click.shell_completion import get_completion_class

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command, option
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.named import NamedTuple

SHELLS = ("bash", "zsh", "fish", "powershell")


class UnknownShell(VaultError):
    """Nobody said which shell, and the environment doesn't either."""

    message = N_("Which shell? $SHELL doesn't say.")
    hint = N_("Name it: vault completion bash, zsh, fish or powershell.")
    exit_code = Exit.USAGE


class CannotInstall(VaultError):
    """The script or the shell's own file could not be written."""

    message = N_("{path} can't be written: {reason}.")
    hint = N_("`vault completion {shell}` prints the script; put it where your shell looks.")
    exit_code = Exit.UNREADABLE


class Installation(NamedTuple):
    """Where a shell's script goes, and the line in the shell's own file that loads it."""

    script: Path
    profile: Path | None
    line: str


@command(
    "completion",
    help=N_(
        "Print the script with which your shell completes commands, customers, fields, words and people.\n\n"
        "With --install, put it in place: the shell knows it the next time it starts."
    ),
    examples=("vault completion --install", "vault completion zsh > _vault"),
)
@argument("shell", required=False, type=click.Choice(SHELLS))
@option("--install", is_flag=True, help=N_("Put the script in place instead of printing it."))
@pass_app
@click.pass_context
def completion(ctx: click.Context, app: App, shell: str | None, install: bool) -> Exit:
    """Print or install the script of one shell."""
    chosen = shell or _shell_of(app)
    script = _script(ctx, chosen)
    if not install:
        app.out.line(script.rstrip("\n"))
        return Exit.OK
    place = installation(chosen, app.home, app.env, ctx.find_root().info_name or "vault")
    for path in _install(place, script, chosen):
        app.out.line(_("Written: {path}").format(path=path))
    app.out.hint(_("Start a new shell, type `vault show ` and press Tab."))
    return Exit.OK


def installation(shell: str, home: Path, env: Mapping[str, str], prog: str) -> Installation:
    """Say where the script of a shell belongs."""
    data = Path(env.get("XDG_DATA_HOME") or home / ".local/share") / "vault-notes"
    config = Path(env.get("XDG_CONFIG_HOME") or home / ".config")
    match shell:
        case "bash":
            script = data / f"{prog}.bash"
            return Installation(script, home / ".bashrc", f'[ -r "{script}" ] && . "{script}"')
        case "zsh":
            script = data / f"{prog}.zsh"
            ready = "(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }"
            profile = Path(env.get("ZDOTDIR") or home) / ".zshrc"
            return Installation(script, profile, f'{ready}; [ -r "{script}" ] && . "{script}"')
        case "fish":
            return Installation(config / f"fish/completions/{prog}.fish", None, "")
    script = data / f"{prog}.ps1"
    folder = home / "Documents/PowerShell" if os.name == "nt" else config / "powershell"
    return Installation(script, folder / "Microsoft.PowerShell_profile.ps1", f". '{script}'")


def _install(place: Installation, script: str, shell: str) -> list[Path]:
    written = []
    path = place.script
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(script, encoding="utf-8", newline="\n")
        written.append(path)
        if place.profile is not None:
            path = place.profile
            if _add_line(path, place.line):
                written.append(path)
    except OSError as error:
        raise CannotInstall(path=path, reason=error.strerror or error, shell=shell) from error
    return written


def _add_line(path: Path, line: str) -> bool:
    """Add a line at a file's end, unless it is there; the rest of the file stays byte for byte."""
    before = path.read_bytes() if path.exists() else b""
    if line.encode() in before:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    gap = b"" if not before or before.endswith(b"\n") else b"\n"
    with path.open("ab") as file:
        file.write(gap + line.encode() + b"\n")
    return True


def _shell_of(app: App) -> str:
    name = Path(app.env.get("SHELL", "")).name
    if name not in SHELLS:
        raise UnknownShell
    return name


def _script(ctx: click.Context, shell: str) -> str:
    root = ctx.find_root()
    prog = root.info_name or "vault"
    complete = get_completion_class(shell)
    assert complete is not None, shell
    variable = f"_{prog}_COMPLETE".replace("-", "_").upper()
    return complete(root.command, {}, prog, variable).source()

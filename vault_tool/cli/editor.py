"""The person's own editor: `$VISUAL`, else `$EDITOR`, else what this system has."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from vault_tool.cli.app import App
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

_USUAL = ("sensible-editor", "nano", "vim", "vi", "notepad")

# How editors are told a line. One that is not here opens the file at its beginning.
_PLUS = (
    *("sensible-editor", "editor", "nano", "pico", "vi", "vim", "nvim", "gvim", "view", "neovide", "emacs"),
    *("emacsclient", "micro", "kak", "joe", "jed", "mg", "ne", "mcedit", "gedit", "gnome-text-editor"),
)
_COLON = ("hx", "helix", "subl", "sublime_text", "zed", "zeditor", "lite-xl")
_GOTO = ("code", "code-insiders", "codium", "vscodium", "cursor", "windsurf")
_LINE_OPTIONS = {"kate": "--line", "kwrite": "--line", "mate": "--line", "notepad++": "-n"}


class NoEditor(VaultError):
    """No editor is set and none of the usual ones is installed."""

    message = N_("No editor was found.")
    hint = N_("Set one: export EDITOR=nano")
    exit_code = Exit.USAGE


class EditorFailed(VaultError):
    """The editor could not be started or ended with an error."""

    message = N_("The editor “{editor}” failed ({reason}). What it saved is kept as it is.")
    exit_code = Exit.USAGE


class DraftKept(EditorFailed):
    """The editor ended with an error after it had saved something."""

    message = N_("The editor “{editor}” failed ({reason}). What it saved is in {path}.")
    hint = N_("Put it into the note with: vault log CUSTOMER < FILE")


def editor_command(app: App) -> list[str]:
    """Return the editor's command with its arguments. Raises `NoEditor`."""
    for name in ("VISUAL", "EDITOR"):
        if words := shlex.split(app.env.get(name, "")):
            return words
    for usual in _USUAL:
        if found := shutil.which(usual, path=app.env.get("PATH")):
            return [found]
    raise NoEditor


def open_editor(app: App, path: Path, line: int = 1) -> None:
    """Open a file in the person's editor, at a line, and wait. Raises `NoEditor` or `EditorFailed`."""
    command = editor_command(app)
    app.out.flush()
    try:
        opened = [*command, *at_line(Path(command[0]).name, str(path), line)]
        status = subprocess.run(opened, env=dict(app.env), check=False).returncode
    except OSError as error:
        raise EditorFailed(editor=command[0], reason=error.strerror or type(error).__name__) from None
    if status:
        raise EditorFailed(editor=command[0], reason=status)


def at_line(editor: str, path: str, line: int) -> list[str]:
    """Return how this editor is given a file and a line in it."""
    # vim is also called vim.basic, and code is code.exe.
    name = editor.casefold().removesuffix(".exe").removesuffix(".cmd").partition(".")[0]
    if line > 1:
        if name in _PLUS:
            return [f"+{line}", path]
        if name in _COLON:
            return [f"{path}:{line}"]
        if name in _GOTO:
            return ["--goto", f"{path}:{line}"]
        if option := _LINE_OPTIONS.get(name):
            return [f"{option}{line}", path] if name == "notepad++" else [option, str(line), path]
    return [path]


def compose(app: App, draft: str = "") -> str:
    """Let the person write a text in their editor; an empty one means never mind.

    Should the editor fail, what it saved is kept and named.
    """
    folder = Path(tempfile.mkdtemp(prefix="draft-", dir=app.vault.places.make().state))
    path = folder / "entry.md"
    path.write_text(draft, encoding="utf-8")
    try:
        open_editor(app, path)
    except EditorFailed as error:
        if path.is_file() and path.read_bytes().strip():
            raise DraftKept(**error.values, path=path) from None
        shutil.rmtree(folder)
        raise
    text = path.read_text(encoding="utf-8", errors="replace").strip()
    shutil.rmtree(folder)
    return text

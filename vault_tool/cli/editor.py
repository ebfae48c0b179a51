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
# Those that draw on the terminal they are started from, as far as we know them; emacs may have its window.
_IN_TERMINAL = frozenset(
    {"sensible-editor", "editor", "nano", "pico", "vi", "vim", "nvim", "view", "micro", "kak", "joe", "jed"}
    | {"mg", "ne", "mcedit", "hx", "helix"}
)
_LINE_OPTIONS = {"kate": "--line", "kwrite": "--line", "mate": "--line", "notepad++": "-n"}


class NoEditor(VaultError):
    """No editor is set and none of the usual ones is installed."""

    message = N_("No editor was found.")
    hint = N_("Set one: export EDITOR=nano")
    exit_code = Exit.USAGE


class NoTerminalToEdit(VaultError):
    """The editor needs a terminal, and there is none."""

    message = N_("The editor “{editor}” needs a terminal, and there is none.")
    hint = N_(
        "Run the command on a terminal, without a pipe, or set an editor with a window of its own: "
        "export EDITOR='code --wait'"
    )
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


# What keeps vim from leaving copies of what it shows: swap, undo, backup, and what it remembers of a session.
_NO_TRACE = {
    **dict.fromkeys(
        ("vi", "vim", "nvim", "gvim"),
        ("-n", "-i", "NONE", "-c", "set noundofile nobackup nowritebackup noswapfile"),
    ),
    "nano": ("--ignorercfiles",),
}


def open_editor(app: App, path: Path, line: int = 1, *, leaves_no_trace: bool = False) -> None:
    """Open a file in the person's editor, at a line, and wait.

    `leaves_no_trace` keeps the editors that are known from making copies of it.
    Raises `NoEditor`, `NoTerminalToEdit` or `EditorFailed`.
    """
    command = editor_command(app)
    if _name_of(command[0]) in _IN_TERMINAL and not (app.out.is_terminal and app.out.is_interactive):
        raise NoTerminalToEdit(editor=command[0])
    app.out.flush()
    try:
        quiet = _NO_TRACE.get(_name_of(command[0]), ()) if leaves_no_trace else ()
        opened = [*command, *quiet, *at_line(command[0], str(path), line)]
        status = subprocess.run(opened, env=dict(app.env), check=False).returncode
    except OSError as error:
        raise EditorFailed(editor=command[0], reason=error.strerror or type(error).__name__) from None
    if status:
        raise EditorFailed(editor=command[0], reason=status)


def at_line(editor: str, path: str, line: int) -> list[str]:
    """Return how this editor is given a file and a line in it."""
    name = _name_of(editor)
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


def _name_of(editor: str) -> str:
    # vim is also called vim.basic, and code is code.exe.
    return Path(editor).name.casefold().removesuffix(".exe").removesuffix(".cmd").partition(".")[0]


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

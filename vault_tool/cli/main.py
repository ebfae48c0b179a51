"""The one boundary: language, streams, and what an error becomes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from vault_tool import messages
from vault_tool.errors import Exit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from vault_tool.cli.app import App
    from vault_tool.cli.lend import Held
    from vault_tool.cli.output import Output


def main() -> NoReturn:
    """Run the program for this process, and end it with the command's exit status."""
    _open_what_is_closed()
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Whatever locale or console say: notes are UTF-8. What can't be said as such is still shown.
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    prog = Path(sys.argv[0]).stem
    try:
        status = run(sys.argv[1:], os.environ, prog=prog if prog.startswith("vault") else "vault")
    except BrokenPipeError:
        # Who reads has seen enough (`| head`).
        status = Exit.OK
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # Python would complain once more when it flushes at the end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    threading = sys.modules.get("threading")
    if threading is None or threading.active_count() == 1:
        # Nobody else is at work here, and taking everything down in order is a tenth of a quick command.
        os._exit(status)
    sys.exit(status)


def _open_what_is_closed() -> None:
    """Put something in the place of streams that were closed (`<&-`, `>&-`): else a note could get there.

    Nothing is read, what is said on stderr is lost, and a result can't be written: `CannotSay`.
    """
    if sys.stdin is None:
        sys.stdin = os.fdopen(os.open(os.devnull, os.O_RDONLY), encoding="utf-8")
    if sys.stdout is None:
        sys.stdout = os.fdopen(os.open(os.devnull, os.O_RDONLY), "w", encoding="utf-8")
    if sys.stderr is None:
        sys.stderr = os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")


def run(
    argv: Sequence[str],
    env: Mapping[str, str],
    cwd: Path | None = None,
    prog: str = "vault",
    held: Held | None = None,
) -> int:
    """Run one command on the process's streams and return its exit status; only a closed pipe escapes.

    `held` is what a warm process need not load again.
    """
    messages.use(messages.choose_language(env))
    from vault_tool.cli.output import CannotSay, Output

    out = Output(sys.stdin, sys.stdout, sys.stderr, env)
    try:
        from vault_tool.cli.app import App

        with closing(App(env, cwd or _working_folder(), out, held)) as app:
            status = _call(app, argv, prog)
            app.look_after_git()
        out.flush()
        return status
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the boundary: whatever it is, the reader gets a sentence
        if isinstance(error, OSError) and not out.check_sent():
            # Click printed a help past our own output.
            error = CannotSay(reason=error.strerror or type(error).__name__)
        return _report(error, out, as_json=_wants_json(argv), debug="--debug" in argv)


def _working_folder() -> Path:
    try:
        return Path.cwd()
    except OSError as error:
        from vault_tool.cli.app import NoWorkingFolder

        raise NoWorkingFolder from error


def _call(app: App, argv: Sequence[str], prog: str) -> int:
    if instruction := app.env.get(f"_{prog}_COMPLETE".replace("-", "_").upper()):
        from vault_tool.cli.tab import answer

        return answer(app, prog, instruction)
    from vault_tool.cli import plain

    status = plain.answer(app, argv)
    return _call_by_click(app, argv, prog) if status is None else status


def _call_by_click(app: App, argv: Sequence[str], prog: str) -> int:
    # What click's own `main` does, but for its handling of errors: that is ours, in one place.
    lend_messages_to_click()
    import click

    from vault_tool.cli.root import vault

    try:
        # A help's width: the terminal's, but no line is longer than one likes to read.
        columns = max(min(app.out.columns, 80) - 2, 50)
        with vault.make_context(prog, list(argv), obj=app, terminal_width=columns) as context:
            result = vault.invoke(context)
    except click.exceptions.Exit as stop:
        result = stop.exit_code
    except SystemExit as stop:
        result = stop.code
    except click.Abort as abort:
        raise KeyboardInterrupt from abort
    return result if isinstance(result, int) else Exit.OK


def _report(error: Exception, out: Output, *, as_json: bool, debug: bool) -> int:
    lend_messages_to_click()
    from vault_tool.cli.failure import failure_of, trace

    failure = failure_of(error)
    if debug:
        for line in trace(error):
            out.note(line)
    if as_json:
        out.json_error(failure.as_json())
    else:
        out.error(failure.message, failure.hint)
    return failure.exit


def _wants_json(argv: Sequence[str]) -> bool:
    """Tell whether a program reads along, even when the options could not be read."""
    options = list(argv[: argv.index("--")] if "--" in argv else argv)
    return "--json" in options or "--format=json" in options or ["--format", "json"] in _pairs(options)


def _pairs(options: list[str]) -> list[list[str]]:
    return [options[i : i + 2] for i in range(len(options) - 1)]


def lend_messages_to_click() -> None:
    """Let click speak the reader's language.

    Click binds gettext's global functions when it is imported, so ours must stand there before that.
    Choosing the language through the environment instead would reach the editor and git, too.
    """
    import gettext

    gettext.gettext = messages._
    gettext.ngettext = messages.ngettext

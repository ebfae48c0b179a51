"""What went wrong, said to a person or to a program; never with a note's words in it."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator

import click

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _, render
from vault_tool.named import NamedTuple

BUG = N_("This is a defect in the program ({kind}), not in your notes.")
BUG_HINT = N_("Run it again with `vault --debug ...` and report what it says; no note's text is in it.")


class Failure(NamedTuple):
    """An error as the reader gets it: already translated and filled in."""

    code: str
    message: str
    hint: str
    exit: int

    def as_json(self) -> dict[str, object]:
        """Return the error part of the JSON document."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "exit": self.exit}


def failure_of(error: Exception) -> Failure:
    """Tell what an exception means to the reader."""
    match error:
        case VaultError():
            message, hint = (render(part, error.values) for part in (error.message, error.hint))
            return Failure(_code(type(error)), message, hint, error.exit_code)
        case click.exceptions.NoSuchCommand() | click.exceptions.NoSuchOption():
            nearest = error.possibilities or []
            hint = _("Did you mean {nearest}?").format(nearest=_(", ").join(nearest)) if nearest else ""
            return Failure("usage", error.message, hint or _help_hint(error), Exit.USAGE)
        case click.UsageError():
            return Failure("usage", error.format_message(), _help_hint(error), Exit.USAGE)
        case click.ClickException():
            return Failure("usage", error.format_message(), "", Exit.USAGE)
    # The exception's own words may quote a note: its kind must do.
    return Failure("bug", _(BUG).format(kind=type(error).__name__), _(BUG_HINT), Exit.BUG)


def trace(error: BaseException) -> Iterator[str]:
    """Yield where an exception arose and through what it came, without its own words."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from trace(cause)
        yield "  ->"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} {frame.name}"
        if frame.line:
            yield f"      {frame.line}"
    yield f"  {type(error).__name__}"


def _code(kind: type[VaultError]) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()


def _help_hint(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "vault"
    return _("`{command} --help` shows how it is used.").format(command=path)

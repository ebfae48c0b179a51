"""The error tree and the exit codes: bad circumstances are errors, bad notes are findings."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """What a command's exit status says."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    UNREADABLE = 3
    BUSY = 4
    DECIDE = 5
    OFFLINE = 6
    BUG = 70
    INTERRUPTED = 130


class VaultError(Exception):
    """A circumstance that stops a command: what happened, what is safe, what to do.

    A subclass names one situation. `message` and `hint` are message ids with named places;
    the command line translates and fills them. Neither may ever hold a sealed value.
    """

    message: str = ""
    hint: str = ""
    exit_code: Exit = Exit.USAGE

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.message.format(**values))

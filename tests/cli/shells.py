"""Real shells on a terminal, to press Tab in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pexpect

STARTS = {
    "bash": ["--noprofile", "--norc", "-i"],
    "zsh": ["-f", "-i"],
    "fish": ["--no-config", "-i"],
}
READY = {
    "bash": "PS1=; bind 'set enable-bracketed-paste off'; bind 'set bell-style none'",
    "zsh": "PS1=; unsetopt zle_bracketed_paste; unset zle_bracketed_paste; autoload -Uz compinit; compinit -u -D",
    "fish": "function fish_prompt; end; function fish_greeting; end",
}
PRINTS = {"bash": "echo", "zsh": "print -r --", "fish": "echo"}


class Shell:
    """A shell that knows how to complete `vault`."""

    def __init__(self, name: str, terminal: pexpect.spawn[str]) -> None:
        self._name = name
        self._terminal = terminal
        self._count = 0

    def line_after(self, typed: str) -> str:
        """Return what a line has become when Tab is pressed at its end."""
        self._count += 1
        # Then to the line's start, to have it printed: a shell reads on when it has completed.
        self._terminal.send(f"{typed}\t\x01{PRINTS[self._name]} '<{self._count}' \x05 '>'\r")
        self._terminal.expect(rf"<{self._count} ([^\r\n]*?) >[^']", timeout=20)
        assert isinstance(self._terminal.match, re.Match)
        return str(self._terminal.match[1])

    def run(self, line: str) -> None:
        """Run a line."""
        self._count += 1
        self._terminal.send(f"{line}; echo 'done''{self._count}'\r")
        self._terminal.expect(f"done{self._count}", timeout=20)


@contextmanager
def shell(name: str, script: str, env: Mapping[str, str], cwd: Path) -> Iterator[Shell]:
    """Start a shell that has read a completion script."""
    path = shutil.which(name)
    assert path is not None
    file = Path(env["HOME"]) / f"vault.{name}"
    file.write_text(script, encoding="utf-8")
    terminal = pexpect.spawn(
        path,
        STARTS[name],
        env={**env, "TERM": "dumb", "LC_ALL": "C.UTF-8"},
        cwd=str(cwd),
        encoding="utf-8",
        dimensions=(50, 200),
        timeout=20,
    )
    try:
        started = Shell(name, terminal)
        for line in (READY[name], f"source '{file}'"):
            started.run(line)
        yield started
    finally:
        terminal.close(force=True)

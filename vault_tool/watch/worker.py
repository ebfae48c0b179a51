"""A worker of the warm process: runs the very same command, in what looks to it like a process of its own.

What it says is kept until it is done, and sent at once: when it fails, hangs or is killed, nothing has been
said yet, and the client does the work itself.
"""

from __future__ import annotations

import gc
import io
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from vault_tool.errors import Exit
from vault_tool.named import NamedTuple
from vault_tool.watch.client import identity

QUESTION_SECONDS = 1.0
ANSWER_SECONDS = 10.0
LARGEST_QUESTION = 1 << 22
# What a run leaves in memory, if it does, should not add up.
RUNS = 200


class NotHere(BaseException):
    """This command needs what only the process of its own has."""


class Question(NamedTuple):
    """A command line, and all that its own process would find around it."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    prog: str
    terminals: tuple[bool, bool, bool]
    size: os.terminal_size
    block: int
    """How much its standard output is sent at a time."""


InSync = Callable[[], str]
"""Says which catalog holds all that the watcher knows of, in words that are new each time it says so."""


class Run(Protocol):
    """The commands, as `cli` lends them."""

    def warm(self) -> None:
        """Load all that does not change."""
        ...

    def renew(self, said: str) -> bool:
        """Load what has changed, and tell whether anything has; `said` is what the watcher says now."""
        ...

    def __call__(self, question: Question, in_sync: InSync) -> int:
        """Run one command on this process's streams and return its exit status."""
        ...


def work(server: socket.socket, run: Run, in_sync: InSync) -> None:
    """Answer one client after the other, until the server is gone."""
    us = identity()
    sys.addaudithook(_refuse_programs)
    # The kernel ends whoever takes too long, whatever it hangs in.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    gc.enable()
    gc.set_threshold(50_000, 20, 20)
    for _turn in range(RUNS):
        _, descriptors, _, _ = socket.recv_fds(server, 1, 1)
        if not descriptors:
            return
        signal.setitimer(signal.ITIMER_REAL, QUESTION_SECONDS)
        with socket.socket(fileno=descriptors[0]) as client, suppress(OSError):
            client.setblocking(True)
            if question := _received(client, us):
                signal.setitimer(signal.ITIMER_REAL, ANSWER_SECONDS)
                answered = _answer(question, run, in_sync)
                client.sendall(len(answered).to_bytes(8, "big") + answered)
        signal.setitimer(signal.ITIMER_REAL, 0)
        os.chdir("/")
        server.send(b"+")


def _received(client: socket.socket, us: bytes) -> Question | None:
    """Read the question; None when it is none, or comes from another program than this."""
    with client.makefile("rb") as stream:
        size = int.from_bytes(stream.read(4), "big")
        if size > LARGEST_QUESTION or len(data := stream.read(size)) < size:
            return None
    they, *fields = data.split(b"\0")
    if they != us:
        return None
    terminals, columns, lines, block, prog, cwd, count, *words = map(os.fsdecode, fields)
    argv, env = words[: int(count)], words[int(count) :]
    return Question(
        tuple(argv),
        Path(cwd),
        dict(variable.split("=", 1) for variable in env),
        prog,
        (terminals[0] == "1", terminals[1] == "1", terminals[2] == "1"),
        os.terminal_size((int(columns), int(lines))),
        int(block),
    )


def _answer(question: Question, run: Run, in_sync: InSync) -> bytes:
    """Run the command and return its exit status and what it said. Raises `NotHere`."""
    os.chdir(question.cwd)
    os.environ.clear()
    os.environ.update(question.env)
    time.tzset()
    os.get_terminal_size = lambda fd=1: question.size
    said: list[tuple[int, bytearray]] = []
    sys.stdin = io.TextIOWrapper(io.BufferedReader(_Unread(question.terminals[0])))
    sys.stdout = _stream(said, 1, question)
    sys.stderr = _stream(said, 2, question)
    vars(sys)["__stdout__"] = sys.stdout
    status = run(question, in_sync)
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    if status in (Exit.BUSY, Exit.BUG):
        raise NotHere  # its own process may fare better
    parts = (bytes([number]) + len(text).to_bytes(8, "big") + text for number, text in said)
    return b"".join((bytes([status]), *parts))


def _stream(said: list[tuple[int, bytearray]], number: int, question: Question) -> io.TextIOWrapper:
    """Make a stream that keeps what is said on it, in the parts in which a real one would send it."""
    raw = _Kept(said, number, question.terminals[number])
    return io.TextIOWrapper(
        io.BufferedWriter(raw, question.block),
        encoding="utf-8",
        errors="backslashreplace",
        line_buffering=question.terminals[number] or number == 2 or "PYTHONUNBUFFERED" in question.env,
    )


class _Kept(io.RawIOBase):
    """Keeps what is written, in order among all streams."""

    def __init__(self, said: list[tuple[int, bytearray]], number: int, is_terminal: bool) -> None:
        self._said = said
        self._number = number
        self._is_terminal = is_terminal

    def write(self, data: Any) -> int:
        """Keep some bytes."""
        if not self._said or self._said[-1][0] != self._number:
            self._said.append((self._number, bytearray()))
        self._said[-1][1].extend(data)
        return len(data)

    def writable(self) -> bool:
        """Return that it is."""
        return True

    def isatty(self) -> bool:
        """Tell whether the client's own stream is a terminal."""
        return self._is_terminal

    def fileno(self) -> int:
        """Return the number that the client's own stream has."""
        return self._number


class _Unread(io.RawIOBase):
    """A standard input that only the command's own process can read."""

    def __init__(self, is_terminal: bool) -> None:
        self._is_terminal = is_terminal

    def readinto(self, buffer: object) -> int:
        """Leave the whole command to the process of its own."""
        raise NotHere

    def readable(self) -> bool:
        """Return that it is, to whoever only asks."""
        return True

    def isatty(self) -> bool:
        """Tell whether the client's own stream is a terminal."""
        return self._is_terminal


def _refuse_programs(event: str, args: tuple[Any, ...]) -> None:
    """Leave what starts an editor or a picker to the process of its own; git only tells who somebody is."""
    if event == "subprocess.Popen" and Path(os.fsdecode(args[0])).name != "git":
        raise NotHere

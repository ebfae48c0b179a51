"""A vault whose warm process is lent, as the watcher lends it; and runs of the program that may ask it.

As a program, `python -m tests.watch.lending ROOT LOG`, it is the watcher's part: it starts the warm process and
does what it is told line by line. What runs in the warm process stands in LOG.
"""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from vault_tool.watch.client import socket_path

REPOSITORY = Path(__file__).parents[2]


@dataclass
class Ran:
    """What one process left; on a terminal, what it showed stands in `out`."""

    status: int
    out: bytes
    err: bytes = b""


@dataclass
class Lent:
    """A vault, the process that lends, and the environment in which runs find it."""

    root: Path
    env: dict[str, str]
    log: Path
    lender: subprocess.Popen[str]
    keeper: int
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def server(self) -> int:
        """The warm process that its keeper has now."""
        wait_until(lambda: bool(children(self.keeper)))
        return children(self.keeper)[0]

    @property
    def socket(self) -> Path:
        """Where the warm process listens."""
        path = socket_path(str(self.root), self.env)
        assert path is not None
        return Path(path)

    @property
    def served(self) -> list[str]:
        """What ran in the warm process so far: its worker, and its arguments."""
        return self.log.read_text(encoding="utf-8").splitlines() if self.log.exists() else []

    def tell(self, words: str) -> str:
        """Have the lending process do something, and return what it says of it."""
        assert self.lender.stdin and self.lender.stdout
        self.lender.stdin.write(words + "\n")
        self.lender.stdin.flush()
        return self.lender.stdout.readline().strip()

    def start(
        self, *argv: str, env: Mapping[str, str] | None = None, **settings: object
    ) -> subprocess.Popen[bytes]:
        """Start a run that asks the warm process."""
        command = [sys.executable, "-m", "vault_tool", *argv]
        settings = {"cwd": self.root, "stdin": subprocess.DEVNULL, "stdout": -1, "stderr": -1, **settings}
        process = subprocess.Popen(command, env={**self.env, **(env or {})}, **settings)  # type: ignore[call-overload]
        self.started.append(process)
        assert isinstance(process, subprocess.Popen)
        return process

    def run(self, *argv: str, env: Mapping[str, str] | None = None, **settings: object) -> Ran:
        """Run to the end."""
        process = self.start(*argv, env=env, **settings)
        out, err = process.communicate(timeout=60)
        return Ran(process.returncode, out or b"", err or b"")

    def alone(self, *argv: str, env: Mapping[str, str] | None = None, **settings: object) -> Ran:
        """Run without the warm process, on the same local state."""
        return self.run(*argv, env=self.aside(env), **settings)

    def aside(self, env: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return an environment that names the same folders otherwise: no warm process is known by that."""
        return {**(env or {}), "VAULT_NOTES_HOME": self.env["VAULT_NOTES_HOME"] + "/"}

    def shown(
        self, *argv: str, columns: int, env: Mapping[str, str] | None = None, streams: str = "012"
    ) -> Ran:
        """Run with some of the streams at a terminal; the others go nowhere, or into a pipe."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        at = {
            name: theirs if str(number) in streams else subprocess.DEVNULL if number == 0 else subprocess.PIPE
            for number, name in enumerate(("stdin", "stdout", "stderr"))
        }
        process = self.start(*argv, env=env, **at)
        os.close(theirs)
        seen = bytearray()
        with suppress(OSError):  # Linux's way to say that nobody is at the other end any more
            while some := os.read(ours, 1 << 16):
                seen += some
        out, err = process.communicate(timeout=60)
        os.close(ours)
        return Ran(process.returncode, bytes(seen) + (out or b""), err or b"")


@contextmanager
def lending(root: Path, env: Mapping[str, str], runtime: Path) -> Iterator[Lent]:
    """Lend the vault at `root`; the socket lies beneath `runtime`, which must be a short path."""
    env = {**env, "XDG_RUNTIME_DIR": str(runtime), "PYTHONPATH": str(REPOSITORY)}
    log = runtime / "log"
    lender, keeper = start(root, env, log)
    lent = Lent(root.resolve(), env, log, lender, keeper)
    try:
        wait_until(lent.socket.exists)
        yield lent
    finally:
        for run in lent.started:
            run.kill()
            run.communicate()
        lent.lender.kill()
        lent.lender.communicate()


def start(root: Path, env: Mapping[str, str], log: Path) -> tuple[subprocess.Popen[str], int]:
    """Start a process that lends, and return it with the number of the warm process's keeper."""
    lender = subprocess.Popen(
        [sys.executable, "-m", __name__, str(root), str(log)],
        env=env,
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert lender.stdout
    return lender, int(lender.stdout.readline())


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Wait for something to come true."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.01)


def is_running(pid: int) -> bool:
    """Tell whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] != b"Z"
    except OSError:
        return False


def children(pid: int) -> list[int]:
    """Return the processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def main() -> None:
    """Lend, and do as told."""
    from vault_tool.cli.lend import Lender
    from vault_tool.vault.vault import vault_at
    from vault_tool.watch import worker
    from vault_tool.watch.server import start_server
    from vault_tool.watch.worker import InSync, Question

    root, log = Path(sys.argv[1]), Path(sys.argv[2])
    hangs, prints_modules = log.with_name("hang"), log.with_name("modules")

    class Noting(Lender):
        def __call__(self, question: Question, in_sync: InSync) -> int:
            with log.open("a", encoding="utf-8", errors="backslashreplace") as file:
                file.write(f"{os.getpid()} {' '.join(question.argv)}\n")
            if hangs.exists():
                time.sleep(60)
            before = set(sys.modules)
            status = super().__call__(question, in_sync)
            if prints_modules.exists():
                with prints_modules.open("a", encoding="utf-8") as file:
                    file.writelines(f"{name}\n" for name in sys.modules.keys() - before)
            return status

    worker.ANSWER_SECONDS = float(os.environ.get("ANSWER_SECONDS", worker.ANSWER_SECONDS))
    handle = start_server(root, os.environ, Noting(root))
    say(handle.pid if handle else 0)
    vault = vault_at(root.resolve(), os.environ)
    for line in sys.stdin:
        assert handle is not None
        match line.strip():
            case "sync":
                vault.fresh()
                handle.in_sync(vault.catalog.generation)
            case "unsync":
                handle.in_sync(None)
            case "alive":
                say(handle.is_alive())
                continue
            case "stop":
                handle.stop()
        say("done")


def say(what: object) -> None:
    """Answer whoever tells this process what to do."""
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()

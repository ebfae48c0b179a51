"""A command that ends at an instant that is chosen, as by a power cut: nothing is tidied up after it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable

from tests.sync.machine import Machine

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_CHANGES = ("os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate")
_STARTS = ("subprocess.Popen", "os.posix_spawn")


def forked(work: Callable[[], object]) -> int:
    """Do something in a process of its own, in a group of its own; return its id."""
    child = os.fork()
    if child:
        return child
    status = 70
    try:
        os.setpgid(0, 0)
        work()
        status = 0
    finally:
        os._exit(status)


def killed_at(machine: Machine, number: int, *words: str) -> bool:
    """Sync, and end with SIGKILL before the git call or file write of this number; False when it ended before.

    `words` are another command to be killed.
    """
    count = 0
    home = str(machine.world.live)

    def watch(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        if event == "open":
            path, _mode, flags = args
            if not isinstance(flags, int) or not flags & _WRITES or not str(path).startswith(home):
                return
        elif event not in _CHANGES and event not in _STARTS:
            return
        count += 1
        if count == number:
            os.killpg(0, signal.SIGKILL)

    def work() -> None:
        sys.addaudithook(watch)
        machine.vault(*(words or ("sync",)))

    _pid, status = os.waitpid(forked(work), 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)

"""Work done by processes beside this one, each of which is told all at the start and then only answers.

Neither side ever waits for the other in a circle. A process ends when it is done or when nobody listens any
more. One that fails or is killed loses nothing: what it did not answer is left to the caller.
"""

from __future__ import annotations

import marshal
import os
import queue
import subprocess
import sys
import threading
from contextlib import suppress
from importlib import import_module
from typing import IO, Any

MOST_WORKERS = 8
_AHEAD = 2  # answers that wait for their turn, of each worker
_LENGTH = 8
# The folders of this process's modules, so that both run the same code; set before anything is imported.
_CODE = "import sys; sys.path[:] = {path!r}; from vault_tool.vault.processes import serve; serve({work!r})"


def processors() -> int:
    """Return how many processes can work at once, at most `MOST_WORKERS`; 1 where none can be started."""
    if not sys.executable:
        return 1
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_WORKERS)
    return min(os.cpu_count() or 1, MOST_WORKERS)


class Worker:
    """A process that works, and the thread that listens to it.

    `work` is `module:function`: a generator function of the task; both it and its answers are plain values
    that marshal takes. Raises OSError where no process can be started.
    """

    def __init__(self, work: str, task: tuple[Any, ...]) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _CODE.format(path=[path for path in sys.path if path], work=work)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What went wrong there goes wrong here once more, where it can be told.
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for us; who no longer reads the answers ends a worker.
            start_new_session=True,
        )
        self._answers: queue.Queue[bytes | None] = queue.Queue(_AHEAD)
        self._is_over = False
        self._thread = threading.Thread(target=self._talk, args=(marshal.dumps(task),), daemon=True)
        self._thread.start()

    def answer(self) -> Any:
        """Return the next answer; None when there is none to come."""
        data = self._answers.get()
        return None if data is None else marshal.loads(data)

    def end(self) -> None:
        """Let the process go, whatever it is doing."""
        self._is_over = True
        self._process.kill()
        self._process.wait()
        while self._thread.is_alive():  # it may be waiting for room
            with suppress(queue.Empty):
                self._answers.get(timeout=0.01)

    def _talk(self, task: bytes) -> None:
        assert self._process.stdin and self._process.stdout
        with suppress(OSError, ValueError), self._process.stdin as told, self._process.stdout as heard:
            _send(told, task)
            told.close()
            while not self._is_over and (data := _receive(heard)) is not None:
                self._answers.put(data)
        self._answers.put(None)


def serve(work: str) -> None:
    """Work as told on stdin, and answer on stdout: the whole life of a worker."""
    import gc

    gc.set_threshold(50_000, 20, 20)
    task = _receive(sys.stdin.buffer)
    if task is None:
        return
    module, _, function = work.partition(":")
    with suppress(BrokenPipeError):
        for answer in getattr(import_module(module), function)(*marshal.loads(task)):
            _send(sys.stdout.buffer, marshal.dumps(answer))


def _send(stream: IO[bytes], data: bytes) -> None:
    stream.write(len(data).to_bytes(_LENGTH, "big"))
    stream.write(data)
    stream.flush()


def _receive(stream: IO[bytes]) -> bytes | None:
    """Return the next message; None at the end, also when that comes in the middle of one."""
    length = stream.read(_LENGTH)
    if len(length) < _LENGTH:
        return None
    size = int.from_bytes(length, "big")
    data = stream.read(size)
    return data if len(data) == size else None

"""The warm process: holds the program ready, and lends it to commands, which then need not load it.

It has one thread, and only hands clients on: to workers, which are forks of it and answer one at a time.
They end when it ends, and it ends with the watcher; all see that by the end of file on what connects them.
How far the watcher has come stands in memory that all share.

Between it and the watcher stands a keeper, a fork from before the watcher did anything: it forks another
server when one has ended. A fork of the watcher itself would hang: it has lost the threads that its index
relies on.
"""

from __future__ import annotations

import gc
import mmap
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from vault_tool.named import NamedTuple
from vault_tool.watch.client import ACCEPTED, is_private, peer_uid, socket_path
from vault_tool.watch.worker import Run, work

READY = 2
MOST = 8

_SHARED_BYTES = 64
_QUIET_MS = 50
# How long the next server is waited for when one ended: at first, and at most when each ends soon.
_PAUSE_MS, _PAUSE_MOST_MS = 50, 60_000
_SOON_SECONDS = 60.0


class Handle:
    """The watcher's end of the warm process; `pid` is its keeper's."""

    def __init__(self, pid: int, lifeline: int, shared: mmap.mmap) -> None:
        self.pid = pid
        self._lifeline = lifeline
        self._shared = shared
        self._has_ended = False
        self._said = 0

    def in_sync(self, generation: str | None) -> None:
        """Say that the catalog of this generation holds all that is known; None: something is not in it yet.

        None belongs before the first look at anything that has happened: commands walk for themselves from
        then on, and find what they would find without a watcher.
        """
        self._said += 1
        self._shared[:] = f"{self._said} {generation or ''}".encode().ljust(_SHARED_BYTES, b"\0")

    def is_alive(self) -> bool:
        """Tell whether a server is there, or will be in a moment."""
        if not self._has_ended:
            self._has_ended = os.waitpid(self.pid, os.WNOHANG)[0] != 0
        return not self._has_ended

    def stop(self) -> None:
        """End all its processes, and wait until they have."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        deadline = time.monotonic() + 2
        while self.is_alive():
            if time.monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.005)


def start_server(root: Path, env: Mapping[str, str], run: Run) -> Handle | None:
    """Start the warm process of a vault; None where there is no room for it.

    It is a fork: this process may have one thread only, and have asked no index yet. Until it is warm, and
    when it can't be at all, commands do their work themselves.
    """
    if os.name != "posix" or (path := socket_path(str(root), env)) is None:
        return None
    try:
        _own_folder(Path(path).parent)
    except OSError:
        return None
    shared = mmap.mmap(-1, _SHARED_BYTES)
    reading, lifeline = os.pipe()
    if pid := os.fork():
        os.close(reading)
        return Handle(pid, lifeline, shared)
    watcher = os.getppid()
    try:
        _leave_what_is_the_watchers(reading)
        # Ctrl-C is meant for the watcher, which then ends us.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _keep(lambda: _Server(Path(path), reading, shared, run, watcher).serve(), reading)
    finally:
        # However it ended, nothing of the watcher's may run on in its copy.
        os._exit(0)


def _keep(serve: Callable[[], None], lifeline: int) -> None:
    """Have a process serve, and another one when it has ended, until the watcher is gone."""
    end = select.poll()
    end.register(lifeline, select.POLLHUP)
    pause = _PAUSE_MS
    while True:
        began = time.monotonic()
        pid = os.fork()
        if not pid:
            try:
                serve()
            finally:
                os._exit(0)
        os.waitpid(pid, 0)
        pause = min(2 * pause, _PAUSE_MOST_MS) if time.monotonic() - began < _SOON_SECONDS else _PAUSE_MS
        if end.poll(pause):
            return


class _Worker(NamedTuple):
    pid: int
    connection: socket.socket
    knows: int


class _Server:
    """The warm process from within."""

    def __init__(self, path: Path, lifeline: int, shared: mmap.mmap, run: Run, watcher: int) -> None:
        self._path = path
        self._lifeline = lifeline
        self._shared = shared
        self._run = run
        self._watcher = watcher
        self._keeper = os.getppid()
        self._idle: list[_Worker] = []
        self._busy: list[_Worker] = []
        # Counts what the workers were forked with; those that know less are not asked again.
        self._knows = 0

    def serve(self) -> None:
        """Answer until the watcher is gone, or somebody ends this process."""
        signal.signal(signal.SIGTERM, lambda *_: sys.exit())
        self._run.warm()
        self._run.renew(self._said())
        gc.collect()
        gc.disable()
        # What is held must not be copied by a collector that only looks at it.
        gc.freeze()
        listening = _listen(self._path)
        here = self._path.stat()
        try:
            while self._turn(listening):
                pass
        finally:
            with suppress(OSError):
                if os.path.samestat(self._path.stat(), here):
                    self._path.unlink()

    def _turn(self, listening: socket.socket) -> bool:
        """Wait for something, and see to it; False when the watcher is gone."""
        workers = {worker.connection.fileno(): worker for worker in (*self._idle, *self._busy)}
        events = select.poll()
        events.register(self._lifeline, select.POLLHUP)
        for number in workers:
            events.register(number, select.POLLIN)
        if self._idle or len(workers) < MOST:
            events.register(listening, select.POLLIN)
        # Whoever asks goes before having the right number of workers.
        is_settled = len(workers) == READY or len(self._busy) >= READY
        found = {number for number, _ in events.poll(None if is_settled else _QUIET_MS)}
        if self._lifeline in found or os.getppid() != self._keeper:
            return False
        for number in found & workers.keys():
            self._hear(workers[number])
        if listening.fileno() in found:
            self._hand_over(listening)
        if not found and len(workers) < READY:
            self._fork(listening)
        elif not found and self._idle:
            _end(self._idle.pop(0))
        return True

    def _hear(self, worker: _Worker) -> None:
        """Take a worker back that is done, or leave it be when it has ended."""
        is_there = b""
        with suppress(OSError):
            is_there = worker.connection.recv(1)
        if worker in self._idle:
            self._idle.remove(worker)
        else:
            self._busy.remove(worker)
        if is_there and worker.knows == self._knows:
            self._idle.append(worker)
        else:
            _end(worker)

    def _hand_over(self, listening: socket.socket) -> None:
        """Give the next client to the worker that was used last: it has all that is needed at hand."""
        try:
            client, _ = listening.accept()
        except OSError:
            return  # it went away again
        with client, suppress(OSError):
            if peer_uid(client) != os.getuid() or _is_halted(self._watcher):
                return
            if self._run.renew(self._said()):
                self._knows += 1
                gc.freeze()
                while self._idle:
                    _end(self._idle.pop())
            if not self._idle:
                self._fork(listening, client)
            client.send(ACCEPTED)
            self._busy.append(self._idle.pop())
            socket.send_fds(self._busy[-1].connection, [b"+"], [client.fileno()])

    def _fork(self, *ours_alone: socket.socket) -> None:
        """Make a worker, which lets go of these: held open there, nobody would see that they are closed."""
        ours, theirs = socket.socketpair()
        if pid := os.fork():
            theirs.close()
            self._idle.append(_Worker(pid, ours, self._knows))
            return
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            for one in (*ours_alone, ours, *(worker.connection for worker in (*self._idle, *self._busy))):
                one.close()
            os.close(self._lifeline)
            work(theirs, self._run, self._said)
        finally:
            os._exit(0)

    def _said(self) -> str:
        return self._shared[:].rstrip(b"\0").decode()


def _leave_what_is_the_watchers(lifeline: int) -> None:
    """Let go of all that was inherited but the pipe: terminal, folder, and locks, which would stay locked."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(null, stream)
    for number in [int(entry.name) for entry in Path("/dev/fd").iterdir()]:
        if number > 2 and number != lifeline:
            with suppress(OSError):
                os.close(number)
    os.chdir("/")


def _own_folder(folder: Path) -> None:
    """Make the folder that nobody else may enter. Raises `OSError`."""
    folder.mkdir(mode=0o700, exist_ok=True)
    if not is_private(str(folder)):
        raise PermissionError(folder)


def _listen(path: Path) -> socket.socket:
    """Listen where clients look, in the place of whoever did before."""
    # Under another name until it is ready: nobody is refused in between.
    new = path.with_name(path.name[:-1])
    new.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.setblocking(False)
    listening.bind(str(new))
    new.chmod(0o600)
    listening.listen(128)
    new.rename(path)
    return listening


def _end(worker: _Worker) -> None:
    """End a worker that waits, or has ended already."""
    worker.connection.close()
    os.kill(worker.pid, signal.SIGKILL)
    os.waitpid(worker.pid, 0)


def _is_halted(pid: int) -> bool:
    """Tell whether a process was stopped: what it said of itself may no longer hold. Only Linux tells."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[0] in (b"T", b"t")
    except OSError:
        return False

"""A second process that glances at folders: both processors work, and one can while we do something else.

What it does not answer, because it was killed or never started, is looked at closely: that takes longer.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress

from vault_tool.vault.glance import Kept, is_as_kept

# To look at fewer notes takes no longer than to begin another process.
WORTH_IT = 3000
_UNIT = 300  # notes that are looked at in one go
_MOST_UNITS = 1000  # their numbers fit into any pipe, so that filling it never waits


class Scout:
    """Tells which of some folders are as they were; a second process begins at once where that is safe."""

    def __init__(self, folders: Sequence[tuple[str, Kept]]) -> None:
        """Take folders by where they lie."""
        self._folders = folders
        self._units = list(_units([len(kept.kinds) for _, kept in folders]))
        self._child = 0
        if sum(len(kept.kinds) for _, kept in folders) >= WORTH_IT and _may_fork():
            # No process to be had: all is left to us.
            with suppress(OSError):
                self._start()

    def same(self) -> set[str]:
        """Return the folders that are as they were; of the others that is not known."""
        if not self._child:
            return {folder for folder, kept in self._folders if is_as_kept(folder, kept)}
        found = self._work()
        answer = array("I")
        with os.fdopen(self._answers, "rb") as answers:
            data = answers.read()
        with suppress(ChildProcessError):
            os.waitpid(self._child, 0)
        self._child = 0
        os.close(self._queue)
        answer.frombytes(data[: len(data) // answer.itemsize * answer.itemsize])
        return {self._folders[number][0] for number in (*found, *answer)}

    def _start(self) -> None:
        self._queue, filled = os.pipe()
        os.write(filled, array("I", range(len(self._units))).tobytes())
        os.close(filled)
        self._answers, answering = os.pipe()
        self._child = os.fork()
        if not self._child:
            # Nothing of what this process would do at its own end may happen twice.
            try:
                # Who reads our output sees its end when we end, whatever becomes of the child.
                for stream in {0, 1, 2} - {self._queue, answering}:
                    with suppress(OSError):
                        os.close(stream)
                found = self._work()
                with os.fdopen(answering, "wb") as answers:
                    found.tofile(answers)
            finally:
                os._exit(0)
        os.close(answering)

    def _work(self) -> array[int]:
        """Take units from the queue that both processes share; return the folders that are as they were."""
        found = array("I")
        while data := os.read(self._queue, found.itemsize):
            for number in self._units[array("I", data)[0]]:
                if is_as_kept(*self._folders[number]):
                    found.append(number)
        return found


def _units(sizes: Sequence[int]) -> Iterator[range]:
    """Yield folders, by their numbers, in parts that take about as long."""
    enough = max(_UNIT, (sum(sizes) + len(sizes)) // _MOST_UNITS + 1)
    start = size = 0
    for number, one in enumerate(sizes, 1):
        size += one + 1
        if size >= enough or number == len(sizes):
            yield range(start, number)
            start, size = number, 0


def _may_fork() -> bool:
    """Tell whether this process may be doubled: alone on its threads, on a system where we know that."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        with os.scandir("/proc/self/task") as threads:
            return len(list(threads)) == 1 and len(os.sched_getaffinity(0)) > 1
    except OSError:
        return False

"""A lock of the operating system on a file; it ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

_POLL_SECONDS = 0.02


class SystemLock:
    """A file that is locked against everybody else who locks it this way, threads of this process too."""

    def __init__(self, path: Path, timeout: float) -> None:
        """Lock a file, made if need be, within so many seconds. Raises `TimeoutError`, other `OSError`s."""
        # It is never removed: two processes could each hold a file of that name.
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
        until = time.monotonic() + timeout
        try:
            while not _take(self._handle):
                if time.monotonic() >= until:
                    raise TimeoutError
                time.sleep(_POLL_SECONDS)
        except BaseException:
            os.close(self._handle)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_told: object) -> None:
        self.release()

    def release(self) -> None:
        """Unlock the file."""
        # Said outright: a child that was forked meanwhile has the file open, too.
        _free(self._handle)
        os.close(self._handle)


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

    def _free(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _take(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _free(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

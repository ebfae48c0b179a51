"""The one door to watchdog: what the system says of changes in a folder; a hint, never the truth."""

from __future__ import annotations

import errno
import logging
import os
import re
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver
from watchdog.observers.polling import PollingObserver

from vault_tool.messages import N_
from vault_tool.vault.files import TEMP_PREFIX
from vault_tool.vault.walk import RESERVED_FOLDERS, is_leftover
from vault_tool.watch.dirty import Dirty
from vault_tool.watch.news import CannotListen, TooManyFolders, TooManyListeners

# Not opened, closed after reading, or touched: our own reading would wake us.
EVENTS: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    FileClosedEvent,
    DirCreatedEvent,
    DirMovedEvent,
    DirDeletedEvent,
]
SCHEMA_FOLDER = "schema"
PROBE_SECONDS = 2.0

# What others write there reaches this machine without any event.
_REMOTE = re.compile(
    r"9p|afs|ceph|cifs|davfs|glusterfs|lustre|nfs4?|prl_fs|smb3|smbfs|vboxsf|virtiofs"
    r"|fuse\.(davfs2|gcsfuse|glusterfs|rclone|s3fs|sshfs|vmhgfs-fuse)"
)

_LOG = logging.getLogger("watchdog")
# Its warnings are ours to tell; without any handler Python would print them.
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


class Events:
    """Listens to the system and fills a dirty set. `on_trouble` is called, from any thread, when events may
    be lost: with True when the system said so, with False when something in here failed.
    """

    def __init__(self, root: Path, dirty: Dirty, on_trouble: Callable[[bool], None]) -> None:
        self._root = os.fspath(root)
        self._dirty = dirty
        self._observer: BaseObserver | None = None
        self._threads: list[threading.Thread] = []
        self._listener = _Listener(self._root, dirty)
        self._overheard = _Overheard(on_trouble)

    @property
    def backend(self) -> str:
        """Name what tells of changes: inotify, fsevents, ..."""
        return type(self._observer).__name__.removesuffix("Observer").lower()

    def start(self) -> None:
        """Begin to listen; when this returns, no change goes by unheard. Raises `CannotListen`."""
        before = set(threading.enumerate())
        logging.getLogger("watchdog.observers").addHandler(self._overheard)
        try:
            self._observer = Observer()
            if isinstance(self._observer, PollingObserver):
                raise CannotListen(reason=sys.platform)
            self._observer.schedule(self._listener, self._root, recursive=True, event_filter=EVENTS)
            self._observer.start()
        except OSError as error:
            self.stop()
            raise _meaning(error) from error
        except CannotListen:
            self.stop()
            raise
        self._threads = [thread for thread in threading.enumerate() if thread not in before]

    def stop(self) -> None:
        """Stop listening."""
        logging.getLogger("watchdog.observers").removeHandler(self._overheard)
        observer, self._observer, self._threads = self._observer, None, []
        if observer is not None:
            with suppress(OSError):  # a watch whose folder is gone
                observer.stop()
            if observer.is_alive():
                observer.join()

    def is_alive(self) -> bool:
        """Tell whether every thread that listens still does."""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def check_room(self, elsewhere: Path) -> None:
        """Raise `TooManyFolders` when the system refuses to watch one more folder.

        Watchdog goes on without a word when it is refused a folder below the root. `elsewhere` is a folder
        outside of it that exists.
        """
        if self._observer is None or self.backend != "inotify":
            return
        try:
            watch = self._observer.schedule(self._listener, os.fspath(elsewhere), event_filter=EVENTS)
        except OSError as error:
            raise _meaning(error) from error
        self._observer.unschedule(watch)

    def check_hearing(self, seconds: float = PROBE_SECONDS) -> None:
        """Raise `CannotListen` when a file that is made and removed in the root goes by unheard.

        The name is that of our own temporary files: walks, git and the next clean-up know it.
        """
        probe = Path(self._root) / f"{TEMP_PREFIX}{os.getpid()}-probe"
        self._listener.expect(os.fspath(probe))
        try:
            with suppress(FileExistsError):
                probe.touch(mode=0o600, exist_ok=False)
        except OSError:
            return  # a root that can't be written to: no reason to distrust the system
        finally:
            with suppress(OSError):
                probe.unlink()
        if not self._listener.heard.wait(seconds):
            raise CannotListen(reason=N_("a test file went by unnoticed"))


class _Listener(FileSystemEventHandler):
    """Takes events in watchdog's thread, as fast as it can."""

    def __init__(self, root: str, dirty: Dirty) -> None:
        self._prefix = root.rstrip(os.sep) + os.sep
        self._dirty = dirty
        self._probe = ""
        self.heard = threading.Event()

    def expect(self, probe: str) -> None:
        """Say when this file is heard of."""
        self.heard.clear()
        self._probe = probe

    def dispatch(self, event: FileSystemEvent) -> None:
        """Note what may have changed; of a move both ends."""
        ends = [os.fsdecode(end) for end in (event.src_path, event.dest_path) if end]
        if self._probe in ends:
            self.heard.set()
        relative = [self._relative(end) for end in ends]
        ours = [path for path in relative if path is not None]
        if ours and event.is_directory:
            # What it held, or holds now, only a walk can tell.
            self._dirty.add((), everything=True)
        elif ours:
            # Closed, or put in place under this name; put away under another, it is about to be written anew.
            is_complete = isinstance(event, FileClosedEvent | FileMovedEvent) and relative[-1] is not None
            self._dirty.add(ours, is_complete=is_complete)

    def _relative(self, path: str) -> str | None:
        """Return a path as the vault names it, None for what can be no note and no setting."""
        if path + os.sep == self._prefix:
            return ""
        if not path.startswith(self._prefix):
            return None
        path = path[len(self._prefix) :].replace(os.sep, "/")
        return None if is_noise(path) else path


class _Overheard(logging.Handler):
    """Hears what watchdog only writes into its log."""

    def __init__(self, on_trouble: Callable[[bool], None]) -> None:
        super().__init__(logging.WARNING)
        self._on_trouble = on_trouble

    def emit(self, record: logging.LogRecord) -> None:
        """Pass on that events may be lost."""
        overflow = "overflow" in str(record.msg)
        # An overflow is told twice: by who reads, and by who watches the folders.
        if not overflow or record.name == "watchdog.observers.inotify_c":
            self._on_trouble(overflow)


def is_noise(path: str) -> bool:
    """Say whether a path can be neither a note nor a setting, by its names alone."""
    names = path.split("/")
    if names[0].lower() in RESERVED_FOLDERS - {SCHEMA_FOLDER}:
        return True
    return is_leftover(names[-1]) or any(name.startswith((".", "~")) for name in names)


def is_setting(path: str) -> bool:
    """Say whether a path is one of the files that decide how notes are read."""
    where = PurePosixPath(path)
    if where.parts[0] == SCHEMA_FOLDER:
        return where.suffix in (".yaml", ".yml")
    return path == "vault.toml"


def is_remote(path: Path, mounts: str) -> bool:
    """Say whether a folder lies on another machine; `mounts` is the text of /proc/self/mountinfo."""
    found = ("", "")
    for line in mounts.splitlines():
        mounted, _, described = line.partition(" - ")
        # Blanks and backslashes in a name stand there in octal.
        where = re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), mounted.split(" ")[4])
        # The later of two mounts at one place hides the other.
        if path.is_relative_to(where) and len(where) >= len(found[0]):
            found = where, described.split(" ")[0]
    return _REMOTE.fullmatch(found[1]) is not None


def lies_remote(path: Path) -> bool:
    """Say whether a folder is known to lie on another machine; only Linux tells."""
    try:
        return is_remote(path, Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape"))
    except OSError:
        return False


def _meaning(error: OSError) -> CannotListen:
    reason = error.strerror or str(error)
    if error.errno == errno.ENOSPC:
        return TooManyFolders(reason=reason)
    if error.errno == errno.EMFILE:
        return TooManyListeners(reason=reason)
    return CannotListen(reason=reason)

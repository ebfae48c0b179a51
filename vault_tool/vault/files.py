"""Files of a vault as bytes: read with a digest, replaced atomically, never outside the root."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple

MAX_NOTE_BYTES = 4 * 1024 * 1024
# A file that was changed this shortly before it was read may change again within one tick of the file
# system's clock, and keep its size: git calls it racily clean.
RACY_NS = 2_000_000_000
TEMP_PREFIX = ".vault-tmp-"
_PIECE = 1024 * 1024

# Missing where the system has no such thing (Windows): there it is no danger either.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_is_known_junction: Callable[[str], bool] | None = getattr(os.path, "isjunction", None)

Step = Callable[[str], None]


def no_step(_name: str) -> None:
    """Do nothing at a point that a test may want to interrupt."""


class FileMissing(VaultError):
    """A file that should be there is not."""

    message = N_("{path} is not there.")
    hint = N_("It may have been moved or removed meanwhile; run the command again.")
    exit_code = Exit.BUSY


class NotAFile(VaultError):
    """A path leads to something that is no regular file: a link, a folder, a device."""

    message = N_("{path} is not a plain file; it was left alone.")
    exit_code = Exit.UNREADABLE


class TooLarge(VaultError):
    """A file is larger than any note is."""

    message = N_("{path} is too large for a note ({size} bytes; the limit is {limit}).")
    exit_code = Exit.UNREADABLE


class CannotRead(VaultError):
    """The system refuses to let us read a file."""

    message = N_("{path} can't be read: {reason}.")
    exit_code = Exit.UNREADABLE


class CannotWrite(VaultError):
    """The system refuses to let us write a file."""

    message = N_("{path} can't be written: {reason}. It is as it was before.")
    exit_code = Exit.UNREADABLE


class ReadOnlyFile(VaultError):
    """A file is marked read-only: somebody said that it is not to be changed."""

    message = N_("{path} is marked read-only; nothing was written.")
    hint = N_("Allow writing to the file (chmod u+w) and run the command again.")
    exit_code = Exit.UNREADABLE


class OutsideVault(VaultError):
    """A path would lead out of the vault, or into another program's folder."""

    message = N_("{path} leads out of the vault's own files; nothing was read or written there.")
    exit_code = Exit.UNREADABLE


class Content(NamedTuple):
    """The bytes of a file, and what the system said of the file before they were read."""

    data: bytes
    size: int
    mtime_ns: int
    inode: int
    mode: int

    @property
    def digest(self) -> str:
        """The digest of the bytes, made anew each time."""
        return digest(self.data)


def digest(data: bytes) -> str:
    """Return the SHA-256 of some bytes, in hex.

    Processors compute it in hardware (half the time of BLAKE2b here, 3 µs for a note), and anybody
    can check one with `sha256sum`.
    """
    from hashlib import sha256  # here: OpenSSL takes some milliseconds to load

    return sha256(data).hexdigest()


def place(root: Path, path: PurePosixPath) -> Path:
    """Return where a vault path lies on disk; refuse one that would lead out of the vault.

    No folder on the way may be a symbolic link, and `.git` belongs to git.
    """
    return Path(_place(root, path))


def _place(root: Path, path: PurePosixPath) -> str:
    # In texts: a path object for each part would take longer than reading the file.
    parts = path.parts
    if not parts or parts[0][0] == "/" or any(map(_is_foreign, parts)):
        raise OutsideVault(path=path)
    here = os.fspath(root)
    for part in parts[:-1]:
        here = f"{here}{os.sep}{part}"
        try:
            mode = os.lstat(here).st_mode
        except FileNotFoundError:
            break
        except OSError as error:
            raise CannotRead(path=path, reason=reason(error)) from error
        if stat.S_ISLNK(mode) or _is_junction(here):
            raise OutsideVault(path=path)
        if not stat.S_ISDIR(mode):
            raise NotAFile(path=path)
    return os.path.join(root, *parts)  # noqa: PTH118


def read(root: Path, path: PurePosixPath, limit: int | None = MAX_NOTE_BYTES) -> Content:
    """Read a regular file of the vault; never waits on a pipe, never follows a link."""
    where = _place(root, path)
    try:
        handle = os.open(where, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _BINARY)
    except FileNotFoundError as error:
        raise FileMissing(path=path) from error
    except OSError as error:
        if Path(where).is_symlink() or Path(where).is_dir():
            raise NotAFile(path=path) from error
        raise CannotRead(path=path, reason=reason(error)) from error
    try:
        # Before the bytes: a change between the two shows later as another time, and is looked at again.
        seen = os.fstat(handle)
        if not stat.S_ISREG(seen.st_mode):
            raise NotAFile(path=path)
        if limit is not None and seen.st_size > limit:
            raise TooLarge(path=path, size=seen.st_size, limit=limit)
        data = os.read(handle, seen.st_size + 1)
        while more := os.read(handle, _PIECE):  # it grew, or the system gave less than all
            data += more
    except OSError as error:
        raise CannotRead(path=path, reason=reason(error)) from error
    finally:
        os.close(handle)
    mode = stat.S_IMODE(seen.st_mode)
    return Content(data, seen.st_size, seen.st_mtime_ns, seen.st_ino, mode)


def check_replaceable(root: Path, path: PurePosixPath) -> None:
    """Refuse a path at which nothing of ours may be put: a link, a folder, a file marked read-only."""
    _old(place(root, path), path)


class Staged(NamedTuple):
    """New bytes that lie beside their target, on disk for good, waiting for the rename."""

    path: PurePosixPath
    target: Path
    temporary: Path


def stage(
    root: Path, path: PurePosixPath, data: bytes, mode: int | None = None, step: Step = no_step
) -> Staged:
    """Write the bytes to a temporary file beside their target and make them durable.

    A file keeps its mode and owner; a new one gets `mode`, or what the umask leaves.
    """
    target = place(root, path)
    try:
        old = _old(target, path)
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWrite(path=path, reason=reason(error)) from error
    temporary = target.parent / f"{_own_prefix()}{os.urandom(6).hex()}"
    try:
        # Within the `try`: Ctrl-C may come as soon as the file is there.
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY, 0o666)
        step(f"opened {path}")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            step(f"written {path}")
            file.flush()
            os.fsync(handle)
        wanted = stat.S_IMODE(old.st_mode) if old else mode
        if wanted is not None:
            temporary.chmod(wanted)
        if old:
            _keep_owner(temporary, old)
    except BaseException as error:
        with suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            raise CannotWrite(path=path, reason=reason(error)) from error
        raise
    return Staged(path, target, temporary)


def put_in_place(staged: Staged) -> None:
    """Make the staged bytes the file, in one step: a reader sees the old ones or the new ones."""
    # Windows refuses while a scanner or an editor has the file open for a moment.
    attempts = 20 if os.name == "nt" else 1
    while True:
        try:
            staged.temporary.replace(staged.target)
        except OSError as error:
            attempts -= 1
            if attempts and isinstance(error, PermissionError):
                time.sleep(0.05)
                continue
            discard(staged)
            raise CannotWrite(path=staged.path, reason=reason(error)) from error
        return


def discard(staged: Staged) -> None:
    """Remove the temporary file of a write that will not be."""
    with suppress(OSError):
        staged.temporary.unlink(missing_ok=True)


def replace(root: Path, path: PurePosixPath, data: bytes, mode: int | None = None) -> None:
    """Replace (or make) a file atomically and durably, mode kept.

    It does not look at what was there: `journal.commit` does, and can be undone.
    """
    staged = stage(root, path, data, mode)
    try:
        put_in_place(staged)
    finally:
        discard(staged)
    sync_folder(staged.target.parent)


def delete(root: Path, path: PurePosixPath) -> None:
    """Delete a regular file of the vault."""
    target = place(root, path)
    try:
        if _old(target, path) is not None:
            target.unlink()
    except OSError as error:
        raise CannotWrite(path=path, reason=reason(error)) from error


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable, where the system can."""
    if os.name != "posix":
        return
    # Some file systems (network, FUSE) can't sync a folder; the file itself is safe there as well.
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def clean_leftovers(folder: Path, *, own: bool = False) -> None:
    """Remove the temporary files that a killed writer left in a folder, or only this process's own.

    Call it under the lock.
    """
    prefix = _own_prefix() if own else TEMP_PREFIX
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.startswith(prefix) and entry.is_file(follow_symlinks=False):
                with suppress(OSError):
                    Path(entry.path).unlink()


def reason(error: OSError) -> str:
    """Say in the system's words why it refused."""
    return error.strerror or str(error)


def _own_prefix() -> str:
    return f"{TEMP_PREFIX}{os.getpid()}-"


def _old(target: Path, path: PurePosixPath) -> os.stat_result | None:
    """Return the stat of the file that is to be replaced; refuse what is no file of ours to replace."""
    try:
        seen = target.lstat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(seen.st_mode):
        raise NotAFile(path=path)
    # A rename would succeed all the same; but the mark is somebody's word.
    if not seen.st_mode & 0o222:
        raise ReadOnlyFile(path=path)
    return seen


def _keep_owner(temporary: Path, old: os.stat_result) -> None:
    """Give the file back to its owner when we write as somebody else (sudo)."""
    if os.name == "posix" and (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with suppress(OSError):
            os.chown(temporary, old.st_uid, old.st_gid)
            temporary.chmod(stat.S_IMODE(old.st_mode))  # chown clears set-id bits


def _is_foreign(part: str) -> bool:
    if part in ("", ".", "..") or part.casefold() == ".git":
        return True
    # On Windows these would be separators, drives or streams.
    return os.name == "nt" and any(sign in part for sign in "\\:")


def _is_junction(folder: str) -> bool:
    # Python 3.12 learnt the word; before it a junction can't be told apart without ctypes.
    return _is_known_junction is not None and _is_known_junction(folder)

"""Put many files in place, as near to all-or-nothing as file systems allow."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault import files
from vault_tool.vault.globs import fold_name


class PartlyWritten(VaultError):
    """The system refused in the middle, after some files had been replaced."""

    message = N_("{path} can't be written: {reason}. {written} of {total} files had been written before it.")
    hint = N_("`vault undo` takes back what was written.")
    exit_code = Exit.UNREADABLE


class Write(NamedTuple):
    """A file's bytes as they shall be; None: it shall go."""

    path: PurePosixPath
    data: bytes | None
    mode: int | None = None


def apply_writes(root: Path, writes: Sequence[Write], step: files.Step = files.no_step) -> None:
    """Stage all new bytes, then put all in place: a full disk shows before the first file changes."""
    for write in writes:
        files.check_replaceable(root, write.path)
    staged: list[files.Staged] = []
    done = 0
    try:
        for write in writes:
            if write.data is not None:
                staged.append(files.stage(root, write.path, write.data, write.mode, step))
        for name, act in _acts(root, writes, staged):
            step(f"before {name}")
            act()
            done += 1
            step(f"after {name}")
    except files.CannotWrite as error:
        if not done:
            raise
        raise PartlyWritten(**error.values, written=done, total=len(writes)) from error
    finally:
        if done < len(writes):
            # Not only those in `staged`: Ctrl-C may come when one is made and nobody has its name yet.
            clean_own(root, (write.path for write in writes))
        _sync_folders(root, writes)


def clean_own(root: Path, paths: Iterable[PurePosixPath]) -> None:
    """Remove what this process staged beside these files and did not put in place."""
    for folder in {path.parent for path in paths}:
        files.clean_leftovers(root / folder, own=True)


def case_twins(root: Path, writes: Sequence[Write]) -> set[PurePosixPath]:
    """Return the files that go while another comes that is the same to the file system (`acme`, `Acme`)."""
    coming = {fold_name(str(write.path)): write.path for write in writes if write.data is not None}
    twins = set()
    for write in writes:
        other = coming.get(fold_name(str(write.path)))
        if write.data is None and other and is_same_file(root / write.path, root / other):
            twins.add(write.path)
    return twins


def is_same_file(one: Path, other: Path) -> bool:
    """Tell whether two names lead to one file."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _acts(
    root: Path, writes: Sequence[Write], staged: Sequence[files.Staged]
) -> Iterator[tuple[str, Callable[[], None]]]:
    """Yield what is to be done, in order.

    What comes before what goes: a crash between the two leaves a customer twice, not gone. Only where both
    are one file must the old name go first.
    """
    twins = case_twins(root, writes)
    for path in sorted(twins):
        yield f"deleting {path}", partial(files.delete, root, path)
    for each in staged:
        yield f"placing {each.path}", partial(files.put_in_place, each)
    for write in writes:
        if write.data is None and write.path not in twins:
            yield f"deleting {write.path}", partial(files.delete, root, write.path)


def _sync_folders(root: Path, writes: Sequence[Write]) -> None:
    for folder in {(root / write.path).parent for write in writes}:
        files.sync_folder(folder)

"""git kept quick while a vault grows: settings for many files, and some tidying now and then.

Nothing is ever thrown away here: what no branch names any more stays, too.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from vault_tool.git.repository import Repository

STAMP = "tidied"
# An index with `index.skipHash` would be quicker still, but programs that read it by themselves refuse it.
_MANY_FILES = {"index.version": "4", "core.untrackedCache": "true"}
_CHOSEN = r"^(index\.version|core\.untrackedcache|feature\.manyfiles)$"
_HOUR, _WEEK = 3_600.0, 7 * 86_400.0
# As many as `git gc --auto` would look at: of 256 folders of objects it counts this one.
_SAMPLE, _LOOSE_IN_SAMPLE, _PACKS = "17", 27, 20
_GRAPH = Path("info", "commit-graphs", "commit-graph-chain")
# Of some 10,000 objects; with fewer, git is as quick without a graph of the commits.
_INDEX_BYTES = 300_000
# Of `commit-graph`, maintenance would write one that can't tell which commits changed a path.
_TIDYING = (
    "git commit-graph write --reachable --changed-paths --split --no-progress; "
    "git maintenance run --quiet --task=loose-objects --task=incremental-repack; git prune-packed --quiet"
)


def suit_many_files(repository: Repository) -> None:
    """Set what makes git quick among many files, but for what somebody has chosen, in whichever file."""
    _status, told, _err = repository.run("config", "--name-only", "--get-regexp", _CHOSEN)
    chosen = told.decode("utf-8", "replace").lower().split()
    if "feature.manyfiles" in chosen:
        return
    for key, value in _MANY_FILES.items():
        if key.lower() not in chosen and (key == "index.version" or folders_tell(repository.git_folder)):
            repository.set(key, value)


def folders_tell(place: Path) -> bool:
    """Tell whether a folder's time changes here with what is in it: git's cache of new files goes by that."""
    from tempfile import TemporaryDirectory  # here: asked once in the life of a clone

    with suppress(OSError), TemporaryDirectory(prefix=".vault-tmp-", dir=place) as made:
        folder, file = Path(made, "folder"), Path(made, "folder", "file")
        folder.mkdir()
        told = []
        for change in (file.touch, file.unlink):
            os.utime(folder, (0, 0))
            change()
            told.append(folder.stat().st_mtime != 0)
        return all(told)
    return False


def tidy(repository: Repository, own: Path, now: float) -> bool:
    """Begin to tidy where it is time to, and return whether it was; nobody waits for its end.

    Two at once are none: git has locks for that. `own` is our folder in git's.
    """
    if not is_due(repository.common_folder / "objects", _age(own / STAMP, now)):
        return False
    with suppress(OSError):
        (own / STAMP).touch()
        os.utime(own / STAMP, (now, now))
        # git's own shell is wherever git is.
        alias = f"alias.vault-tidy=!({_TIDYING}) </dev/null >/dev/null 2>&1 &"
        repository.run("-c", alias, "vault-tidy")
        return True
    return False


def is_due(objects: Path, age: float | None) -> bool:
    """Tell whether there is something to tidy among git's objects; `age` is how long ago it was done last."""
    if age is not None and 0 <= age < _HOUR:
        return False
    packs = [entry for entry in _entries(objects / "pack") if entry.name.endswith(".idx")]
    if len(packs) >= _PACKS or len(_entries(objects / _SAMPLE)) >= _LOOSE_IN_SAMPLE:
        return True
    if (objects / _GRAPH).exists():
        return age is None or age > _WEEK
    return sum(entry.stat().st_size for entry in packs) >= _INDEX_BYTES


def _age(stamp: Path, now: float) -> float | None:
    with suppress(OSError):
        return now - stamp.stat().st_mtime
    return None


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    with suppress(OSError), os.scandir(folder) as entries:
        return list(entries)
    return []

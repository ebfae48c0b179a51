"""For tests of sync: a server, and people with a clone and a machine each."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import Ran, VaultRun
from tests.git.repositories import Clone, cloned, make_clone

WANG = """---
id: c000000001
name: 王五
type: person
stage: lead
owner: li.na
tags: [展会]
---

# 王五

## 2026-11-02 call

他想要报价。

## 2026-10-12 visit

看了样品，满意。
"""


def note(number: int, body: str = "") -> str:
    """A person's note with nothing in it that is sealed."""
    head = f"---\nid: c{number:09}\nname: 客户{number}\ntype: person\nstage: lead\nowner: li.na\n---\n"
    return f"{head}\n# 客户{number}\n{body}"


class Person(Clone):
    """Somebody with a clone, and a machine of their own."""

    def loosen(self, away: Path) -> None:
        """Have each of git's objects in a file of its own; the packs go to another folder."""
        packs = (self.root / ".git/objects/pack").glob("*.pack")
        for pack in [each.rename(away / each.name) for each in packs]:
            self.git("unpack-objects", "-q", stdin=pack.read_bytes())

    def object_of(self, revision: str) -> Path:
        """Return the file of an object that has one of its own."""
        name = self.git("rev-parse", revision).strip()
        return self.root / ".git/objects" / name[:2] / name[2:]

    def sync(self, *words: str, status: int = 0) -> Ran:
        """Run `vault sync`, which must end with this status."""
        ran: Ran = self.vault("sync", *words)
        assert ran.status == status, ran
        return ran

    @property
    def head(self) -> str:
        """The commit that this person stands on."""
        return self.git("rev-parse", "HEAD").strip()

    @property
    def files(self) -> dict[str, bytes]:
        """All files but git's own, by path."""
        found = {}
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name != ".git"]
            for name in names:
                path = Path(folder, name)
                found[path.relative_to(self.root).as_posix()] = path.read_bytes()
        return found

    @property
    def saved(self) -> dict[str, bytes]:
        """All files as git has them, by path."""
        names = self.git("ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")
        return {name: self.blob(f"HEAD:{name}") for name in names if name}

    def blob(self, name: str) -> bytes:
        """Return the bytes of an object."""
        done = subprocess.run(
            ["git", "cat-file", "blob", name], cwd=self.root, env=self.env, check=True, capture_output=True
        )
        return done.stdout

    def check(self) -> None:
        """Check that git is whole, has what stands on disk, and sees no change that nobody made."""
        assert self.git("fsck", "--full", "--strict", "--no-dangling") == ""
        assert self.status == ""
        assert self.saved == self.files


def person(
    root: Path, env: dict[str, str], run: VaultRun, notes: dict[str, str], name: str = "li.na"
) -> Person:
    """Somebody with a vault of these notes in a new repository; nothing is saved yet."""
    made = make_clone(root, env, run, notes)
    return named(Person(made.root, env, run), name)


def server(place: Path, *people: Clone) -> Path:
    """Make a bare repository, which these people have as `origin`."""
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(place)], check=True)
    for one in people:
        one.git("remote", "add", "origin", str(place))
    return place


def colleague(origin: Clone, place: Path, run: VaultRun, name: str = "zhang.wei") -> Person:
    """Somebody who clones what a person's `origin` has, on another machine."""
    source = Clone(Path(origin.git("remote", "get-url", "origin").strip()), origin.env, run)
    made = cloned(source, place, origin.env, run)
    return named(Person(made.root, made.env, run), name)


def named(one: Person, name: str) -> Person:
    """Have a clone be this person's."""
    one.env["VAULT_NOTES_USER"] = name
    return one


def pair(tmp_path: Path, env: dict[str, str], run: VaultRun, notes: dict[str, str]) -> tuple[Person, Person]:
    """Li Na and Zhang Wei with a clone each of one vault, both in agreement with the server."""
    key = tuple(notes.items())
    if key not in _MADE:
        _MADE[key] = TemporaryDirectory()
        place = Path(_MADE[key].name)
        li = person(place / "li", env, run, notes)
        server(place / "server.git", li)
        li.sync()
        colleague(li, place / "zhang", run).sync()
    # Made once, and copied: most tests begin so.
    shutil.copytree(_MADE[key].name, tmp_path, dirs_exist_ok=True)
    elsewhere = {**env, "VAULT_NOTES_HOME": str(tmp_path / "zhang-home")}
    li, zhang = Person(tmp_path / "li", env, run), Person(tmp_path / "zhang", elsewhere, run)
    for one in (li, zhang):
        one.git("config", "remote.origin.url", str(tmp_path / "server.git"))
    return named(li, "li.na"), named(zhang, "zhang.wei")


_MADE: dict[tuple[tuple[str, str], ...], TemporaryDirectory[str]] = {}


def until_quiet(*people: Person) -> None:
    """Have everybody sync until nobody has anything new."""
    for _round in range(len(people) + 1):
        for one in people:
            one.sync()

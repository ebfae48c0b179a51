"""A team in a folder: a server, people with a machine each, and what each of them ever saved.

Every text that somebody types gets a word that stands nowhere else, a token. Who removes or replaces something
has seen the tokens that stand there in their own copy: those may go, all others have to be there at the end.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from tests.cli.vaults import SETTINGS
from tests.conftest import TODAY, Ran
from tests.git.repositories import GIT_ENV, all_objects
from vault_tool.cli.main import run

TOKEN = re.compile(r"\bt\d+q\b")
SECRET = "1380013{:04}"
_MARKERS = re.compile(rb"(?m)^(?:<{7}|>{7}) ")
NAMES = ("王五", "lanhai", "acme", "赵六")
NOTE = """---
id: c{number:09}
name: {name}
type: enterprise
stage: lead
owner: li.na
region: {token}
tags: [a, b]
---

Standing summary.

## 2026-11-20 电话

Asked for a quote, {next}.

## 2026-11-10 拜访

First visit, {last}.
"""


class World:
    """The server and the machines. `begin` makes it once; `reset` puts it back to that state."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.kept = place / "kept"
        self.live = place / "live"
        self._count = 0
        self.may_go: set[str] = set()
        self.typed: set[str] = set()
        self.secrets: list[str] = []
        self.shared: list[str] = []

    def begin(self, machines: dict[str, bool]) -> None:
        """Make the server, a vault on it, and the machines: by name, whether they have the program."""
        self.live.mkdir(parents=True)
        remote = self.live / "remote.git"
        self._git(self.live, "init", "-q", "--bare", "-b", "main", str(remote))
        first, *others = (Machine(self, name, has) for name, has in machines.items())
        (first.root / "customers").mkdir(parents=True)
        (first.root / "vault.toml").write_text(SETTINGS.format(language="zh"), "utf-8")
        for number, name in enumerate(NAMES):
            tokens = [self.token() for _ in range(3)]
            text = NOTE.format(number=number, name=name, token=tokens[0], next=tokens[1], last=tokens[2])
            (first.root / "customers" / f"{name}.md").write_text(text, "utf-8", newline="")
        first.git("init", "-q", "-b", "main")
        first.git("remote", "add", "origin", str(remote))
        first.ok("seal")
        first.ok("sync")
        for other in others:
            self._git(self.live, "clone", "-q", str(remote), str(other.root))
            if other.has_program:
                other.ok("sync")
        self.keep()

    def keep(self) -> None:
        """Have `reset` go back to what is here now."""
        for folder in self.live.rglob("objects"):
            # Few files, for each example copies them.
            self._git(folder.parent, "repack", "-adq")
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.live, self.kept, symlinks=True)
        self._begun = (self._count, set(self.typed), list(self.secrets), list(self.shared))

    def reset(self) -> None:
        """Put everything back to how it was made."""
        shutil.rmtree(self.live, ignore_errors=True)
        shutil.copytree(self.kept, self.live, symlinks=True)
        count, typed, secrets, shared = self._begun
        self._count, self.typed, self.secrets, self.shared = count, set(typed), [*secrets], [*shared]
        self.may_go = set()

    def token(self) -> str:
        """Return a word that stands nowhere else, and count it as typed."""
        self._count += 1
        made = f"t{self._count}q"
        self.typed.add(made)
        return made

    def secret(self) -> str:
        """Return a telephone number that git must never have in plain."""
        self.secrets.append(SECRET.format(len(self.secrets)))
        return self.secrets[-1]

    def gone(self, text: str) -> None:
        """Note that somebody has seen this text and took it away."""
        self.may_go.update(TOKEN.findall(text))

    @staticmethod
    def _git(folder: Path, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=folder, env=_env(), capture_output=True, text=True, check=True
        )
        return done.stdout

    # --- what has to be so

    def check_server(self) -> None:
        """The server has everything that was ever sent to it, and nothing in plain."""
        remote = self.live / "remote.git"
        there = self._git(remote, "rev-list", "main").split()
        assert set(self.shared) <= set(there), "what was sent is not there any more"
        self._git(remote, "fsck", "--full")

    def check_nothing_in_plain(self, machines: list[Machine]) -> None:
        """No object of any repository holds a secret."""
        for folder in (self.live / "remote.git", *(each.root / ".git" for each in machines)):
            for data in all_objects(folder, _env()) if self.secrets else ():
                for secret in self.secrets:
                    assert secret.encode() not in data, (folder, secret)

    def check_nothing_lost(self, *machines: Machine) -> None:
        """On each machine every token stands somewhere in what git has, unless somebody took it away.

        All of them have the same commit.
        """
        names = machines[0].git("ls-tree", "-r", "-z", "--name-only", "HEAD").split("\0")
        for machine in machines:
            there: set[str] = set()
            for path in filter(None, names):
                data = (machine.root / path).read_bytes()
                assert not _MARKERS.search(data), (path, data)
                there.update(TOKEN.findall(data.decode("utf-8", "replace")))
            lost = self.typed - self.may_go - there
            assert not lost, (machine.name, sorted(lost))


class Machine:
    """One person's machine: a home, and a clone of the vault."""

    def __init__(self, world: World, name: str, has_program: bool) -> None:
        self.world = world
        self.name = name
        self.has_program = has_program
        self.root = world.live / name / "vault"
        self.home = world.live / name / "home"
        self.env = {
            **_env(),
            "HOME": str(self.home),
            "VAULT_NOTES_HOME": str(self.home / "notes"),
            "VAULT_NOTES_USER": "li.na" if name == "a" else "zhang.wei",
        }

    # --- running

    def vault(self, *words: str, stdin: str = "") -> Ran:
        """Run the program in this process."""
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _stream in range(3)]
        streams[0].write(stdin)
        streams[0].seek(0)
        with mock.patch.multiple(sys, stdin=streams[0], stdout=streams[1], stderr=streams[2]):
            status = run(list(words), self.env, self.root)
        texts = []
        for stream in streams[1:]:
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())
        return Ran(int(status), *texts)

    def ok(self, *words: str) -> Ran:
        """Run what must go well."""
        ran = self.vault(*words)
        assert ran.status == 0, (words, ran)
        return ran

    def git(self, *words: str, ok: bool = True) -> str:
        """Run git; where it may fail, return its status and all it said."""
        done = subprocess.run(["git", *words], cwd=self.root, env=self.env, capture_output=True, timeout=120)
        out, err = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
        if ok:
            assert done.returncode == 0, (words, done.returncode, out, err)
            return out
        return f"{done.returncode}\n{out}{err}"

    @property
    def head(self) -> str:
        """The name of the last commit."""
        # Read as git keeps it: it is asked for all the time.
        ref = "refs/heads/main"
        packed = (line.split(" ")[0] for line in self._lines("packed-refs") if line.endswith(f" {ref}"))
        return next(iter(self._lines(ref)), None) or next(packed)

    def _lines(self, name: str) -> list[str]:
        try:
            return (self.root / ".git" / name).read_text().splitlines()
        except FileNotFoundError:
            return []

    @property
    def status(self) -> str:
        """What git finds to be other on disk than in the last commit, to the byte: unfiltered."""
        bare = ("-c", "filter.vault.process=", "-c", "filter.vault.required=false")
        return self.git(*bare, "-c", "core.quotepath=off", "status", "--short")

    # --- sharing

    def sync(self) -> Ran:
        """Run `vault sync`; what may stay open afterwards is a person's choice, or the server."""
        # Few customers: three that moved and changed are a fifth.
        ran = self.vault("sync", "--accept-deletions")
        assert ran.status in (0, 5, 6), ran
        if ran.status != 6:
            self.world.shared.append(self.head)
        return ran

    def pull(self) -> bool:
        """Share by plain git alone, as people do who know nothing else; False where git gave up."""
        # Hooks only look, each for a quarter of a second; other tests have them.
        hookless = ("-c", f"core.hooksPath={os.devnull}")
        self.git("add", "-A")
        self.git(*hookless, "commit", "-qm", "by hand", ok=False)
        pull = ("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
        if not self.git(*hookless, *pull, ok=False).startswith("0\n"):
            return False
        self.git(*hookless, "push", "-q", "origin", "HEAD:main")
        self.world.shared.append(self.head)
        return True

    # --- typing

    def notes(self) -> list[Path]:
        """The notes that stand here, in the order of their names."""
        folders = (self.root / "customers", self.root / "archive")
        return sorted(path for folder in folders for path in folder.rglob("*.md"))

    def read(self, path: Path) -> str:
        """Return a note's text, whatever its line ends."""
        return path.read_bytes().decode("utf-8", "replace")

    def save(self, path: Path, text: str) -> None:
        """Save a note as an editor does."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())

    def entries(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where the entries of a note stand."""
        starts = [found.start() for found in re.finditer(r"(?m)^## \d{4}-", text)]
        end = text.find("<!-- vault:sealed")
        if starts:
            yield from zip(starts, [*starts[1:], len(text) if end < 0 else end], strict=True)


def _env() -> dict[str, str]:
    return {
        **GIT_ENV,
        "PATH": os.environ.get("PATH", ""),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        # No sample hooks: they are most of what would have to be copied.
        "GIT_TEMPLATE_DIR": os.devnull,
        "VAULT_NOTES_TODAY": TODAY,
        "VAULT_NOTES_LANG": "en",
    }


def empty_place(name: str) -> Path:
    """Return a new folder for a world, in memory where that can be: most of what it costs is on the disk."""
    memory = "/dev/shm"
    return Path(tempfile.mkdtemp(prefix=f"vault-{name}-", dir=memory if os.access(memory, os.W_OK) else None))

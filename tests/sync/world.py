"""A team in a folder: a server, people with a machine each, and what each of them ever saved.

Every text that somebody types gets a word that stands nowhere else, a token. Who removes or replaces something
has seen the tokens that stand there in their own copy: those may go, all others have to be there at the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from tests.cli.vaults import SETTINGS
from tests.git.repositories import all_objects
from tests.sync.machine import Machine, machine_env

TOKEN = re.compile(r"\bt\d+q\b")
SECRET = "1380013{:04}"
LEAVER = "chen.jie"
_ID = re.compile(r"(?m)^[ +-]?id: (\S+)")
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


@dataclass
class Told:
    """What happened so far: tokens that were typed, those that may be gone, commits that were sent."""

    typed: set[str] = field(default_factory=set)
    may_go: set[str] = field(default_factory=set)
    shared: list[str] = field(default_factory=list)
    secrets: dict[str, str | None] = field(default_factory=dict)
    """By their numbers the ids of their customers."""
    customers_gone: set[str | None] = field(default_factory=set)
    """Ids of those that somebody took away as a whole."""
    is_rewritten: bool = False
    """Whether the server's past was ever changed."""


class World:
    """The server and the machines. `begin` makes it once; `reset` puts it back to that state."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.kept = place / "kept"
        self.live = place / "live"
        self.told = Told()

    def begin(self, machines: dict[str, bool]) -> None:
        """Make the server, a vault on it, and the machines: by name, whether they have the program."""
        self.live.mkdir(parents=True)
        remote = self.live / "remote.git"
        self._git(self.live, "init", "-q", "--bare", "-b", "main", str(remote))
        first, *others = (Machine(self, name, has) for name, has in machines.items())
        (first.root / "customers").mkdir(parents=True)
        settings = f'{SETTINGS.format(language="zh")}[people."{LEAVER}"]\nname = "陈杰"\n'
        (first.root / "vault.toml").write_text(settings, "utf-8")
        for number, name in enumerate(NAMES):
            tokens = [self.token() for _ in range(3)]
            text = NOTE.format(number=number, name=name, token=tokens[0], next=tokens[1], last=tokens[2])
            if number < 2:
                text = text.replace("stage:", f"手机: {self.secret(text)}\nstage:", 1)
            first.save(first.root / "customers" / f"{name}.md", text)
        first.git("init", "-q", "-b", "main")
        first.git("remote", "add", "origin", str(remote))
        first.ok("seal")
        first.ok("access", "invite", LEAVER, self._key_of(first, LEAVER), "--role", "sales")
        for each in others:
            if each.has_program:
                first.ok("access", "invite", each.person, self._key_of(each, each.person), "--role", "sales")
        first.ok("sync")
        for path in first.notes()[1:3]:
            # A past that can be changed.
            first.save(path, f"{first.read(path)}\nMore {self.token()}.\n")
            first.ok("sync")
        for other in others:
            self._git(self.live, "clone", "-q", str(remote), str(other.root))
            if other.has_program:
                other.ok("sync")
        self.keep()

    def _key_of(self, machine: Machine, person: str) -> str:
        """Return a new public key; its private half lies with the person of this machine, or nowhere."""
        home = str(machine.home / "notes" if person == machine.person else self.place / "leaver")
        env = {**machine.env, "VAULT_NOTES_USER": person, "VAULT_NOTES_HOME": home}
        machine.ok("key", "new", env=env)
        return machine.ok("key", "show", env=env).out.strip()

    def keep(self) -> None:
        """Have `reset` go back to what is here now."""
        for folder in self.live.rglob("objects"):
            # Few files, for each example copies them.
            self._git(folder.parent, "repack", "-adq")
        shutil.rmtree(self.kept, ignore_errors=True)
        shutil.copytree(self.live, self.kept, symlinks=True)
        self._begun = deepcopy(self.told)

    def reset(self) -> None:
        """Put everything back to how it was made."""
        shutil.rmtree(self.live, ignore_errors=True)
        shutil.copytree(self.kept, self.live, symlinks=True)
        self.told = deepcopy(self._begun)

    def token(self) -> str:
        """Return a word that stands nowhere else, and count it as typed."""
        made = f"t{len(self.told.typed)}q"
        self.told.typed.add(made)
        return made

    def secret(self, text: str) -> str:
        """Return a telephone number for a note with this text: git must never have it in plain."""
        made = SECRET.format(len(self.told.secrets))
        found = _ID.search(text)
        self.told.secrets[made] = found[1] if found else None
        return made

    def gone(self, text: str) -> None:
        """Note that somebody has seen this text and took it away."""
        self.told.may_go.update(TOKEN.findall(text))
        self.told.customers_gone.update(_ID.findall(text))

    # --- what others do to the server

    def rewrite(self, how: str, back: int) -> None:
        """Have somebody send with force what was there before, or the last commit made anew.

        What had come since may go: who follows has looked at that. Keys stay as they are.
        """
        remote = self.live / "remote.git"
        old, *past = self._git(remote, "rev-list", "--first-parent", f"-n{back + 1}", "main").split()
        if len(past) < back:
            return
        new = past[-1]
        if how != "older":
            new = self._git(remote, "commit-tree", f"{old}^{{tree}}", "-p", new, "-m", "made anew").strip()
        if how == "edited":
            # The first customer that there is, with a word more.
            paths = self._git(remote, "ls-tree", "-rz", "--name-only", new, "customers/").split("\0")
            path = next(path for path in paths if path.endswith(".md"))
            text = self._git(remote, "cat-file", "-p", f"{new}:{path}")
            text = re.sub(r"(\r?\n)\r?\n", rf"\1\1{self.token()}\1\1", text, count=1)
            told = f"commit refs/heads/new\ncommitter A <a@example.com> 0 +0000\ndata 0\nfrom {new}\nM 644 inline "
            told += f'"{path}"\ndata {len(text.encode())}\n{text}\n'
            self._git(remote, "fast-import", "--quiet", "--force", stdin=told)
            new = self._git(remote, "rev-parse", "refs/heads/new").strip()
        keys = self._git(remote, "rev-parse", f"{old}:.vault", f"{new}:.vault").split()
        if keys[0] != keys[1]:
            return
        changed = self._git(remote, "diff", "--text", "--no-renames", "-U100000", new, old)
        lines = changed.splitlines()
        had, has = (TOKEN.findall("\n".join(x for x in lines if x[:1] in (sign, " "))) for sign in "+-")
        self.told.may_go.update(set(had) - set(has))
        self.told.customers_gone.update(_ID.findall(changed))
        self._git(remote, "update-ref", "refs/heads/main", new)
        there = set(self._git(remote, "rev-list", new).split())
        self.told.shared = [commit for commit in self.told.shared if commit in there]
        self.told.is_rewritten = True

    def server_follows(self, commit: str) -> bool:
        """Tell whether the server has a commit in its past."""
        words = ["git", "merge-base", "--is-ancestor", commit, "main"]
        return subprocess.run(words, cwd=self.live / "remote.git", env=machine_env()).returncode == 0

    @staticmethod
    def _git(folder: Path, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", *words],
            cwd=folder,
            env=machine_env(),
            capture_output=True,
            check=True,
            input=stdin.encode(),
        )
        return done.stdout.decode("utf-8", "replace")

    # --- what has to be so

    def check_server(self) -> None:
        """The server has everything that was ever sent to it, and nothing in plain."""
        remote = self.live / "remote.git"
        there = self._git(remote, "rev-list", "main").split()
        assert set(self.told.shared) <= set(there), "what was sent is not there any more"
        self._git(remote, "fsck", "--full")

    def check_nothing_in_plain(self, machines: list[Machine]) -> None:
        """No object of any repository holds a secret."""
        for folder in (self.live / "remote.git", *(each.root / ".git" for each in machines)):
            for data in all_objects(folder, machine_env()):
                for secret in self.told.secrets:
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
            lost = self.told.typed - self.told.may_go - there
            assert not lost, (machine.name, sorted(lost))

    def check_secrets_open(self, machine: Machine) -> None:
        """Every sealed value opens on this machine, and no secret is lost."""
        told = self.told
        wanted = {secret for secret, customer in told.secrets.items() if customer not in told.customers_gone}
        lost = wanted - machine.opened()
        assert not lost, (machine.name, sorted(lost))


def empty_place(name: str) -> Path:
    """Return a new folder for a world, in memory where that can be: most of what it costs is on the disk."""
    memory = "/dev/shm"
    return Path(tempfile.mkdtemp(prefix=f"vault-{name}-", dir=memory if os.access(memory, os.W_OK) else None))

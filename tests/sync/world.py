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
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from unittest import mock

from tests.cli.vaults import SETTINGS
from tests.conftest import TODAY, Ran
from tests.git.repositories import GIT_ENV, all_objects
from vault_tool.cli.main import run
from vault_tool.notes.note import parse_note
from vault_tool.schema import load_schema
from vault_tool.sealing.standing import references
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.places import places_for
from vault_tool.vault.settings import load_settings

TOKEN = re.compile(r"\bt\d+q\b")
SECRET = "1380013{:04}"
SCHEMA = load_schema()
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
        return subprocess.run(words, cwd=self.live / "remote.git", env=_env()).returncode == 0

    @staticmethod
    def _git(folder: Path, *words: str, stdin: str = "") -> str:
        done = subprocess.run(
            ["git", *words], cwd=folder, env=_env(), capture_output=True, check=True, input=stdin.encode()
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
            for data in all_objects(folder, _env()):
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
            "VAULT_NOTES_USER": self.person,
        }
        # Who knows git alone may have followed a rewritten past already.
        self.uses_plain_git = False
        self._keys = self._keyring()

    @property
    def person(self) -> str:
        """Who works here."""
        return "li.na" if self.name == "a" else "zhang.wei"

    # --- running

    def vault(self, *words: str, stdin: str = "", env: Mapping[str, str] | None = None) -> Ran:
        """Run the program in this process."""
        streams = [io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="") for _stream in range(3)]
        streams[0].write(stdin)
        streams[0].seek(0)
        with mock.patch.multiple(sys, stdin=streams[0], stdout=streams[1], stderr=streams[2]):
            status = run(list(words), env or self.env, self.root)
        texts = []
        for stream in streams[1:]:
            stream.flush()
            texts.append(stream.buffer.getvalue().decode())
        return Ran(int(status), *texts)

    def ok(self, *words: str, env: Mapping[str, str] | None = None) -> Ran:
        """Run what must go well."""
        ran = self.vault(*words, env=env)
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
        return self._ref("refs/heads/main")

    def _ref(self, ref: str) -> str:
        # Read as git keeps it: it is asked for all the time.
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
        known = self._ref("refs/remotes/origin/main") if self.world.told.is_rewritten else None
        # Few customers: three that moved and changed are a fifth.
        ran = self.vault("sync", "--accept-deletions")
        assert ran.status in (0, 5, 6), ran
        waits = "vault remote accept" in ran.err
        if ran.status != 6 and not self.uses_plain_git:
            assert waits is (known is not None and not self.world.server_follows(known)), ran
            assert not waits or self._ref("refs/remotes/origin/main") == known
        if waits:
            assert ran.status == 5, ran
        elif ran.status != 6:
            self.world.told.shared.append(self.head)
        return ran

    def follow(self) -> None:
        """Run `vault sync`, and go along with whatever it asks to be looked at: a changed past, new keys."""
        ran = self.sync()
        if "vault remote accept" in ran.err:
            known, before = self._ref("refs/remotes/origin/main"), self.head
            ran = self.vault("remote", "accept", "--yes")
            assert ran.status in (0, 5) and "vault remote accept" not in ran.err, ran
            kept = self.git("for-each-ref", "--format=%(objectname)", "refs/vault/keep").split()
            for commit in (known, before):
                assert any(
                    self.git("merge-base", "--is-ancestor", commit, one, ok=False)[0] == "0" for one in kept
                )
            self.world.told.shared.append(self.head)
        keys = self._keyring()
        if keys != self._keys and self.has_program:
            self.ok("access", "accept")
            if ran.status == 5:
                self.sync()
        self._keys = keys

    def _keyring(self) -> bytes | None:
        keyring = self.root / ".vault/keyring.toml"
        return keyring.read_bytes() if keyring.exists() else None

    def opened(self) -> set[str]:
        """Open every sealed value that stands here; return their texts. Raises where one doesn't open."""
        settings = load_settings(self.root)
        state = places_for(self.root, settings.id, self.env).state
        keys = VaultKeys(self.root, settings, state, self.env, lambda _name: "")
        found: set[str] = set()
        for path in self.notes():
            note = parse_note(PurePosixPath(path.relative_to(self.root)), path.read_bytes(), SCHEMA)
            found.update(keys.open(note, each.vid).value.text for each in references(note))
        return found

    def pull(self) -> bool:
        """Share by plain git alone, as people do who know nothing else; False where git gave up."""
        self.uses_plain_git = True
        # Hooks only look, each for a quarter of a second; other tests have them.
        hookless = ("-c", f"core.hooksPath={os.devnull}")
        self.git("add", "-A")
        self.git(*hookless, "commit", "-qm", "by hand", ok=False)
        pull = ("pull", "-q", "--no-rebase", "--no-edit", "origin", "main")
        if not self.git(*hookless, *pull, ok=False).startswith("0\n"):
            return False
        self.git(*hookless, "push", "-q", "origin", "HEAD:main")
        self.world.told.shared.append(self.head)
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

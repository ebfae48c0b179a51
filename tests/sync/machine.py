"""One person's machine among a team's: what is run there, what is typed, and what is shared by which way."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING
from unittest import mock

from tests.conftest import TODAY, Ran
from tests.git.repositories import GIT_ENV
from vault_tool.cli.main import run
from vault_tool.notes.note import parse_note
from vault_tool.schema import load_schema
from vault_tool.sealing.standing import references
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.places import places_for
from vault_tool.vault.settings import load_settings

if TYPE_CHECKING:
    from tests.sync.world import World

SCHEMA = load_schema()


class Machine:
    """One person's machine: a home, and a clone of the vault."""

    def __init__(self, world: World, name: str, has_program: bool) -> None:
        self.world = world
        self.name = name
        self.has_program = has_program
        self.root = world.live / name / "vault"
        self.home = world.live / name / "home"
        self.env = {
            **machine_env(),
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


def machine_env() -> dict[str, str]:
    """Return what every git command is run with."""
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

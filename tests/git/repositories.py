"""Vaults in real git repositories, for tests: a team's remote, clones, and what git holds at the end."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun

ATTRIBUTES = "* -text\n"
NOTE = """---
id: {id}
name: {name}
type: person
stage: lead
owner: li.na
mobile: {mobile}
---

# {name}
"""
GIT_ENV = {
    "GIT_AUTHOR_NAME": "Li Na",
    "GIT_AUTHOR_EMAIL": "li.na@example.com",
    "GIT_COMMITTER_NAME": "Li Na",
    "GIT_COMMITTER_EMAIL": "li.na@example.com",
    "GIT_EDITOR": "true",
    "GIT_MERGE_AUTOEDIT": "no",
    "LC_ALL": "C.UTF-8",
}


def note(number: int, mobile: str = "", name: str = "") -> str:
    """A person's note, with this mobile number."""
    return NOTE.format(id=f"c{number:09}", name=name or f"客户{number}", mobile=mobile)


# As if run from nowhere: a hook that runs these tests has told its own repository to all that follows.
for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]


class Clone:
    """A work tree with a vault at its top, and the person who works there."""

    def __init__(self, root: Path, env: dict[str, str], run: VaultRun) -> None:
        self.root = root
        self.env = {**env, **GIT_ENV, **ME}
        self._run = run

    def git(self, *words: str, ok: bool = True, stdin: bytes = b"", env: dict[str, str] | None = None) -> str:
        """Run git; return stdout, or where it may fail both streams with the status before them."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env={**self.env, **(env or {})},
            input=stdin,
            capture_output=True,
            timeout=120,
        )
        out, err = (stream.decode("utf-8", "replace") for stream in (done.stdout, done.stderr))
        if ok:
            assert done.returncode == 0, (words, done.returncode, out, err)
            return out
        return f"{done.returncode}\n{out}{err}"

    def vault(self, *words: str, stdin: str = "", env: dict[str, str] | None = None):
        """Run vault in this clone."""
        return self._run(*words, cwd=self.root, stdin=stdin, env={**self.env, **(env or {})})

    def write(self, name: str, text: str) -> Path:
        """Save a customer's note, as an editor does."""
        path = self.root / "customers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8", newline="")
        return path

    def read(self, name: str) -> str:
        """Return a note as it stands in the work tree."""
        return (self.root / "customers" / name).read_bytes().decode()

    @property
    def status(self) -> str:
        """What git thinks has changed."""
        return self.git("status", "--short")

    def without_filter_only(self) -> None:
        """Take the filter away; the hooks stay."""
        for section in ("filter.vault", "diff.vault"):
            self.git("config", "--local", "--remove-section", section)

    def without_filter(self) -> None:
        """Make it as a clone is on a machine without vault."""
        self.without_filter_only()
        for hook in ("pre-commit", "pre-merge-commit", "pre-push"):
            (self.root / ".git/hooks" / hook).unlink()


def make_clone(root: Path, env: dict[str, str], run: VaultRun, notes: dict[str, str]) -> Clone:
    """A vault with these notes in a new repository; nothing is committed, and there are no keys yet."""
    make_vault(root, notes)
    (root / ".gitattributes").write_text(ATTRIBUTES)
    clone = Clone(root, env, run)
    clone.git("init", "--quiet", "-b", "main")
    return clone


def sealed_clone(root: Path, env: dict[str, str], run: VaultRun, notes: dict[str, str]) -> Clone:
    """A vault with these notes, sealed and committed."""
    clone = make_clone(root, env, run, notes)
    ran = clone.vault("seal")
    assert ran.status == 0, ran
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    return clone


def cloned(clone: Clone, place: Path, env: dict[str, str], run: VaultRun) -> Clone:
    """A colleague's plain `git clone`, with a machine of its own."""
    other = Clone(place, {**env, "VAULT_NOTES_HOME": str(place.with_name(place.name + "-home"))}, run)
    subprocess.run(
        ["git", "clone", "--quiet", str(clone.root), str(place)],
        env=other.env,
        check=True,
        capture_output=True,
    )
    return other


def all_objects(git_dir: Path, env: dict[str, str]) -> list[bytes]:
    """The contents of every object of a repository, those that nothing reaches too."""
    done = subprocess.run(
        ["git", "cat-file", "--batch", "--batch-all-objects", "--unordered"],
        cwd=git_dir,
        env=env,
        capture_output=True,
        check=True,
    )
    data, at, found = done.stdout, 0, []
    while at < len(data):
        end = data.index(b"\n", at)
        size = int(data[at:end].split()[2])
        found.append(data[end + 1 : end + 1 + size])
        at = end + size + 2
    return found

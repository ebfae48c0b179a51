"""`vault remote`, and what `vault status` says of sharing."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import Ran, VaultRun
from tests.git.repositories import Clone, make_clone, note
from tests.git.servers import answering, bare, git_server
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.sync import remotes

DAY = 86_400


@pytest.fixture
def server(tmp_path: Path, clean_env: dict[str, str]) -> Path:
    return bare(tmp_path / "server.git", clean_env)


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    """A vault with two customers, in a repository without a server."""
    return make_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1), "b.md": note(2)})


def ok(clone: Clone, *words: str) -> str:
    """Run what must go well."""
    ran: Ran = clone.vault(*words)
    assert ran.status == 0, (words, ran)
    return ran.out


def synced(clone: Clone, server: Path) -> None:
    """Share everything through this server: notes, and the keys that the first sync may make."""
    for words in (("remote", "add", str(server)), ("sync",), ("sync",)):
        ok(clone, *words)


def shared(clone: Clone) -> dict[str, object]:
    """What status says of the first server."""
    said: dict[str, object] = clone.vault("status", "--json").json["sharing"]["servers"][0]
    return said


# --- add, list, remove


def test_a_vault_without_git_gets_it_with_its_first_server(
    tmp_path: Path, clone: Clone, server: Path
) -> None:
    shutil.rmtree(clone.root / ".git")
    assert clone.vault("remote", "add", str(tmp_path / "none.git")).status == 6
    assert not (clone.root / ".git").exists()
    assert "It holds nothing yet" in ok(clone, "remote", "add", str(server))
    assert ok(clone, "remote") == f"origin\t{server}\tempty\tnever\n"


def test_further_servers_get_names(tmp_path: Path, clone: Clone, server: Path) -> None:
    ok(clone, "remote", "add", str(server))
    ok(clone, "remote", "add", str(bare(tmp_path / "s2.git", clone.env)))
    ok(clone, "remote", "add", str(bare(tmp_path / "s3.git", clone.env)), "disk")
    names = [one["name"] for one in clone.vault("remote", "list", "--json").json["remotes"]]
    assert names == ["origin", "origin2", "disk"]
    assert "stays there" in ok(clone, "remote", "remove", "origin2")
    assert clone.git("remote").split() == ["disk", "origin"]
    assert clone.vault("remote", "remove", "origin2", "--json").status == 2


def test_a_part_of_another_repository_is_not_shared(clone: Clone, server: Path) -> None:
    inner = clone.root / "inner"
    shutil.copytree(clone.root, inner, ignore=shutil.ignore_patterns(".git", "inner"))
    before = (clone.root / ".git/config").read_bytes()
    ran = clone.vault("-C", str(inner), "remote", "add", str(server))
    assert ran.status == 2
    assert "folder of another repository" in ran.err
    assert (clone.root / ".git/config").read_bytes() == before
    said = clone.vault("-C", str(inner), "status", "--json").json["sharing"]
    assert said["part_of"] == str(clone.root)


def test_no_password_is_shown(clone: Clone) -> None:
    clone.git("config", "remote.origin.url", "https://li.na:s3cret@vault.invalid/x.git")
    clone.git("commit", "--quiet", "--allow-empty", "-m", "x")
    for words in (
        ("remote",),
        ("remote", "--json"),
        ("status",),
        ("status", "--json"),
        ("sync",),
        ("doctor",),
    ):
        ran = clone.vault(*words)
        assert "s3cret" not in ran.out + ran.err, words
        assert "li.na:" not in ran.out + ran.err
    assert "vault.invalid" not in clone.vault("doctor").out


# --- status


def test_status_counts_what_a_server_lacks(clone: Clone, server: Path) -> None:
    assert "on this computer only" in ok(clone, "status")
    ok(clone, "remote", "add", str(server))
    assert "nothing was sent there yet" in ok(clone, "status")
    ok(clone, "remote", "remove", "origin")
    synced(clone, server)
    assert shared(clone)["waiting"] == 0
    assert shared(clone)["shared"] is not None
    clone.write("c.md", note(3))
    clone.write("b.md", note(2) + "\nmore\n")
    (clone.root / "customers/a.md").unlink()
    (clone.root / "scratch.tmp").write_text("nobody's")
    assert shared(clone)["waiting"] == 3
    os.utime(clone.root / "customers/b.md")
    ok(clone, "sync")
    os.utime(clone.root / "customers/b.md")
    assert shared(clone)["waiting"] == 0


def test_what_is_saved_and_not_sent_waits_too(clone: Clone, server: Path) -> None:
    synced(clone, server)
    before = shared(clone)["shared"]
    server.rename(server.with_name("away.git"))
    clone.write("c.md", note(3))
    assert clone.vault("sync").status == 6
    said = shared(clone)
    assert (said["waiting"], said["state"], said["shared"]) == (1, "gone", before)
    assert "There is no vault at origin" in clone.vault("status").err


def test_silence_does_not_look_like_success(clone: Clone, server: Path) -> None:
    synced(clone, server)
    git, now = clone.root / ".git", time.time()
    today = {"VAULT_NOTES_TODAY": ""}
    commit = clone.git("rev-parse", "HEAD").strip()
    remotes.note(git, "origin", Reached(RemoteState.OK), now - 3 * DAY, shared=commit)
    assert "3 days ago" not in clone.vault("status", env=today).err
    clone.write("c.md", note(3))
    ran = clone.vault("status", env=today)
    assert (
        "Something waits to be sent to origin, which had everything for the last time 3 days ago" in ran.err
    )
    assert clone.vault("status", "--json", env=today).json["sharing"]["servers"][0]["overdue"] is True
    remotes.note(git, "origin", Reached(RemoteState.OK), now - 1 * DAY, shared=commit)
    assert "Something waits" not in clone.vault("status", env=today).err


def test_a_server_that_never_had_anything_is_told_of_in_time(clone: Clone, server: Path) -> None:
    clone.git("commit", "--quiet", "--allow-empty", "-m", "x")
    clone.git("config", "remote.origin.url", str(server))
    git = clone.root / ".git"
    remotes.note(git, "origin", Reached(RemoteState.OFFLINE, "no route"), time.time() - 5 * DAY)
    remotes.note(git, "origin", Reached(RemoteState.OFFLINE, "no route"), time.time())
    err = clone.vault("status", env={"VAULT_NOTES_TODAY": ""}).err
    assert "Nothing was ever sent to origin, which was added 5 days ago" in err
    assert "origin can't be reached: no route" in err


def test_status_tells_what_somebody_has_to_decide(clone: Clone) -> None:
    text = note(1).replace("stage: lead", "stage: lead\nvault_conflicts:\n  - {field: stage, other: won}")
    clone.write("a.md", text)
    clone.write("c.md", note(3) + "\n## 2026-11-20\n\nx\n\n> [!conflict]\n> y\n")
    clone.write("d.md", note(4).replace("stage: lead", "stage: lead\nvault_conflicts: []"))
    ran = clone.vault("status")
    assert "2 notes: `vault conflicts`" in ran.out
    assert clone.vault("status", "--json").json["conflicts"] == ["customers/a.md", "customers/c.md"]
    assert clone.vault("status", "--json").json["problems"] == []


def test_status_tells_which_notes_stay_here(clone: Clone) -> None:
    own = clone.root / ".git/vault"
    own.mkdir(exist_ok=True)
    held = {"version": 1, "notes": [{"path": "customers/a.md", "why": "privacy", "line": 4}]}
    (own / "held-back.json").write_text(json.dumps(held))
    assert "1 note" in ok(clone, "status")
    said = clone.vault("status", "--json").json["sharing"]["held_back"]
    assert said == [{"path": "customers/a.md", "why": "privacy", "line": 4}]


# --- a past that was changed


@pytest.fixture
def rewritten(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun, clone: Clone, server: Path
) -> Clone:
    """A colleague with an unsent entry, whose server forgot the last customer."""
    synced(clone, server)
    clone.write("gone.md", note(3))
    ok(clone, "sync")
    place = tmp_path / "other"
    other = Clone(place, {**clone.env, "VAULT_NOTES_HOME": str(tmp_path / "other-home")}, vault_run)
    ran = vault_run("join", str(server), str(place), "--me", "zhang.wei", env=other.env)
    assert ran.status == 0, ran
    other.write("a.md", note(1) + "\nunsent\n")
    clone.git("push", "--quiet", "--no-verify", "--force", str(server), "HEAD~1:main")
    return other


def test_a_changed_past_waits_for_a_person(rewritten: Clone) -> None:
    before = rewritten.git("rev-parse", "refs/remotes/origin/main")
    ran = rewritten.vault("sync")
    assert ran.status == 5
    assert "vault remote accept" in ran.err
    assert rewritten.vault("remote", "accept").status == 2
    assert rewritten.git("rev-parse", "refs/remotes/origin/main") == before
    assert (rewritten.root / "customers/gone.md").exists()


def test_accepted_only_what_was_never_sent_is_put_on_top(rewritten: Clone, server: Path) -> None:
    old = rewritten.git("rev-parse", "refs/remotes/origin/main").strip()
    ran = rewritten.vault("remote", "accept", "--yes")
    assert ran.status == 0, ran
    assert "No longer there: 1 (customers/gone.md)" in ran.out
    assert "put on top: 1 (customers/a.md)" in ran.out
    assert not (rewritten.root / "customers/gone.md").exists()
    assert "unsent" in rewritten.git("--git-dir", str(server), "show", "main:customers/a.md")
    reachable = rewritten.git("--git-dir", str(server), "rev-list", "main").split()
    assert old not in reachable
    (kept,) = rewritten.git("for-each-ref", "--format=%(refname)", "refs/vault/keep").split()
    assert old in rewritten.git("rev-list", kept).split()
    assert rewritten.vault("sync").status == 0
    assert rewritten.vault("remote", "accept", "--yes", "--", "origin").status == 2


def test_what_was_fetched_and_never_joined_is_kept_as_well(
    rewritten: Clone, clone: Clone, server: Path
) -> None:
    clone.write("later.md", note(5))
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "--no-verify", "-m", "later")
    clone.git("push", "--quiet", "--no-verify", "--force", str(server), "HEAD:main")
    rewritten.git("fetch", "--quiet")
    later = rewritten.git("rev-parse", "refs/remotes/origin/main").strip()
    clone.git("push", "--quiet", "--no-verify", "--force", str(server), "HEAD~2:main")
    ran = rewritten.vault("remote", "accept", "--yes")
    assert ran.status == 0, ran
    assert "put on top: 1 (customers/a.md)" in ran.out
    kept = rewritten.git("for-each-ref", "--format=%(objectname)", "refs/vault/keep").split()
    assert later in kept
    assert len(kept) == 2


def test_an_erasure_is_told_as_one(rewritten: Clone, clone: Clone, server: Path) -> None:
    clone.git("reset", "--quiet", "--hard", "HEAD~1")
    (clone.root / ".vault").mkdir(exist_ok=True)
    (clone.root / ".vault/erased.toml").write_text(f"version = 1\n\n[erased]\n{'ab' * 32} = 1\n")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "--no-verify", "-m", "erase")
    clone.git("push", "--quiet", "--no-verify", "--force", str(server), "HEAD:main")
    ran = rewritten.vault("remote", "accept", "--yes")
    assert ran.status == 0, ran
    assert "1 customer was erased for good" in ran.out
    assert "git update-ref -d refs/vault/keep/origin/" in ran.err


def test_an_emptied_server_is_filled_again_when_somebody_says_so(
    rewritten: Clone, clone: Clone, server: Path
) -> None:
    clone.git("--git-dir", str(server), "update-ref", "-d", "refs/heads/main")
    assert rewritten.vault("sync").status == 5
    assert rewritten.vault("remote", "accept", "--yes").status == 0
    assert "unsent" in clone.git("--git-dir", str(server), "show", "main:customers/a.md")
    assert "gone.md" in clone.git("--git-dir", str(server), "ls-tree", "main:customers")


# --- login


def test_nobody_is_asked_without_a_terminal(clone: Clone) -> None:
    with answering(401) as url:
        clone.git("config", "remote.origin.url", f"{url}/x.git")
        ran = clone.vault("remote", "login")
    assert ran.status == 2
    assert "no terminal" in ran.err


@pytest.mark.skipif(os.name != "posix", reason="a terminal of one's own")
def test_git_asks_for_the_login_once_and_remembers_it(clone: Clone, server: Path, tmp_path: Path) -> None:
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    with git_server(tmp_path, "Basic bGkubmE6czNjcmV0") as url:  # li.na:s3cret
        clone.git("config", "remote.origin.url", f"{url}/server.git")
        said = on_terminal(
            clone,
            ("remote", "login"),
            {"only you can read?": "y", "Username for": "li.na", "Password for": "s3cret"},
        )
        assert "origin lets you in" in said
        assert "s3cret" not in said
        assert clone.vault("sync").status == 0


def on_terminal(clone: Clone, words: tuple[str, ...], answers: dict[str, str]) -> str:
    """Run vault on a terminal, and answer its questions; return all that it showed."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "vault_tool", *words],
        cwd=clone.root,
        env={**clone.env, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        preexec_fn=own_terminal,
    )
    os.close(theirs)
    shown, until = "", time.monotonic() + 60
    waiting = dict(answers)
    while time.monotonic() < until:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 4096).decode("utf-8", "replace")
            except OSError:
                break
        elif process.poll() is not None:
            break
        for question in [each for each in waiting if each in shown]:
            os.write(ours, f"{waiting.pop(question)}\n".encode())
    process.wait(10)
    os.close(ours)
    return shown


def own_terminal() -> None:
    """Have the terminal on stdin be this process's own, so that git can ask on it."""
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)

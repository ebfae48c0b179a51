"""What crosses the network, and what is said when nothing does."""

from __future__ import annotations

import base64
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note
from tests.git.servers import answering, bare, fake_ssh, git_server, hook
from vault_tool.git.answer import Reached, RemoteState, read_failure, read_push, without_password
from vault_tool.git.repository import Repository
from vault_tool.git.transport import Heads, begin_push, fetch, heads, network_env

Make = Callable[[str], Clone]


@pytest.fixture
def make(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Make:
    """Make a vault with one customer, committed, whose remote `origin` is the bare `server.git`."""

    def make_it(name: str) -> Clone:
        clone = make_clone(tmp_path / name, clean_env, vault_run, {"a.md": note(1)})
        clone.git("add", "-A")
        clone.git("commit", "--quiet", "-m", "begin")
        clone.git("remote", "add", "origin", str(tmp_path / "server.git"))
        return clone

    return make_it


@pytest.fixture
def server(tmp_path: Path, clean_env: dict[str, str]) -> Path:
    """An empty bare repository."""
    return bare(tmp_path / "server.git", clean_env)


def fetched(clone: Clone, remote: str = "origin", silence: float = 20.0, **env: str) -> Reached:
    """Fetch `main`."""
    with Repository(clone.root, {**clone.env, **env}) as repository:
        return fetch(repository, remote, "main", silence=silence)


def pushed(clone: Clone, remote: str = "origin", silence: float = 20.0, **env: str) -> Reached:
    """Push what is committed."""
    with Repository(clone.root, {**clone.env, **env}) as repository:
        tip = repository.commit(f"refs/remotes/{remote}/main")
        going = begin_push(repository, remote, "main", tip, repository.commit("HEAD") or "")
        return going.answer(silence=silence)


def commit(clone: Clone, name: str, text: str) -> str:
    """Commit a note; return the commit's name."""
    clone.write(name, text)
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "more")
    return clone.git("rev-parse", "HEAD").strip()


# --- what goes well


def test_what_one_sends_the_other_receives(make: Make, server: Path, tmp_path: Path) -> None:
    clone = make("one")
    assert fetched(clone).state is RemoteState.EMPTY
    assert pushed(clone).is_ok
    clone.git("clone", "--quiet", str(server), str(tmp_path / "two"))
    other = Clone(tmp_path / "two", clone.env, clone._run)
    tip = commit(other, "b.md", note(2))
    assert pushed(other).is_ok
    assert fetched(clone).is_ok
    assert clone.git("rev-parse", "refs/remotes/origin/main").strip() == tip


def test_by_http_as_by_file_and_progress_is_told(make: Make, server: Path, tmp_path: Path) -> None:
    clone = make("one")
    for number in range(60):
        clone.write(f"n{number}.md", note(number + 10))
    commit(clone, "z.md", note(2))
    told: list[tuple[int, int]] = []
    with git_server(tmp_path) as url:
        clone.git("remote", "set-url", "origin", f"{url}/server.git")
        with Repository(clone.root, clone.env) as repository:
            going = begin_push(repository, "origin", "main", None, repository.commit("HEAD") or "")
            assert going.answer(lambda *n: told.append(n)).is_ok
        assert told and told[-1][0] == told[-1][1] > 60
        assert fetched(clone).is_ok


def test_an_unchanged_server_is_no_news(make: Make, server: Path) -> None:
    clone = make("one")
    assert pushed(clone).is_ok
    assert pushed(clone).is_ok
    assert fetched(clone).is_ok
    assert not (clone.root / ".git/FETCH_HEAD").exists()


def test_what_a_server_has(make: Make, server: Path) -> None:
    clone = make("one")
    pushed(clone)
    with Repository(clone.root, clone.env) as repository:
        there = heads(repository, "origin")
        assert isinstance(there, Heads)
        assert there.main == "main"
        assert there.branches == {"main": repository.commit("HEAD")}


# --- what others did in between


def test_who_was_slower_is_told_to_fetch_first(make: Make, server: Path, tmp_path: Path) -> None:
    clone = make("one")
    pushed(clone)
    clone.git("clone", "--quiet", str(server), str(tmp_path / "two"))
    other = Clone(tmp_path / "two", clone.env, clone._run)
    commit(other, "b.md", note(2))
    pushed(other)
    commit(clone, "c.md", note(3))
    assert pushed(clone).state is RemoteState.STALE
    assert fetched(clone).is_ok


def test_a_rewritten_server_is_not_accepted_whatever_the_settings_say(make: Make, server: Path) -> None:
    clone = make("one")
    commit(clone, "b.md", note(2))
    pushed(clone)
    fetched(clone)
    before = clone.git("rev-parse", "refs/remotes/origin/main")
    # `git remote add` wrote a refspec with a `+`.
    assert "+refs/heads" in clone.git("config", "remote.origin.fetch")
    clone.git("push", "--quiet", "--force", str(server), "HEAD~1:main")
    assert fetched(clone) == Reached(RemoteState.REWRITTEN)
    assert clone.git("rev-parse", "refs/remotes/origin/main") == before
    assert clone.git("rev-parse", "refs/vault/seen/origin") == clone.git("rev-parse", "HEAD~1")
    # What is sent now would still follow: only who asks first hears of it.
    assert fetched(clone).state is RemoteState.REWRITTEN


def test_a_server_that_was_emptied_is_a_rewritten_one(make: Make, server: Path) -> None:
    clone = make("one")
    pushed(clone)
    fetched(clone)
    clone.git("push", "--quiet", str(server), ":main", ok=False)
    clone.git("--git-dir", str(server), "update-ref", "-d", "refs/heads/main")
    assert fetched(clone).state is RemoteState.REWRITTEN


def test_another_vault_is_not_taken(make: Make, server: Path, tmp_path: Path) -> None:
    other = make("other")
    settings = other.root / "vault.toml"
    settings.write_text(settings.read_text("utf-8").replace("v0000001", "v0000002"), "utf-8")
    commit(other, "b.md", note(2))
    pushed(other)
    clone = make("one")
    assert fetched(clone).state is RemoteState.UNRELATED
    assert clone.git("for-each-ref", "refs/remotes") == ""
    assert pushed(clone).state is RemoteState.STALE


def test_the_same_id_without_a_common_past_is_another_vault(make: Make, server: Path) -> None:
    other, clone = make("other"), make("one")
    commit(other, "b.md", note(2))
    other.git("commit", "--quiet", "--amend", "--date", "2001-01-01T00:00:00", "-m", "else")
    other.git("update-ref", "refs/heads/main", other.git("commit-tree", "HEAD^{tree}", "-m", "root").strip())
    pushed(other)
    assert fetched(clone).state is RemoteState.UNRELATED


def test_a_branch_of_another_name_is_named(make: Make, server: Path) -> None:
    clone = make("one")
    clone.git("push", "--quiet", "origin", "HEAD:master")
    assert fetched(clone) == Reached(RemoteState.OTHER_BRANCH, "master")


# --- what the server refuses


@pytest.mark.parametrize(
    ("status", "state"),
    [
        (401, RemoteState.AUTH),
        (403, RemoteState.AUTH),
        (404, RemoteState.GONE),
        (500, RemoteState.OFFLINE),
        (503, RemoteState.OFFLINE),
    ],
)
def test_an_http_status_has_its_meaning(make: Make, status: int, state: RemoteState) -> None:
    clone = make("one")
    with answering(status) as url:
        clone.git("remote", "set-url", "origin", f"{url}/x.git")
        assert (fetched(clone).state, pushed(clone).state) == (state, state)


def test_a_login_is_used_and_never_said(make: Make, server: Path, tmp_path: Path) -> None:
    clone = make("one")
    login = "Basic " + base64.b64encode(b"li.na:s3cret").decode()
    with git_server(tmp_path, login) as url:
        wrong = url.replace("//", "//li.na:wr0ng@")
        clone.git("remote", "set-url", "origin", f"{wrong}/server.git")
        refused = pushed(clone)
        assert refused.state is RemoteState.AUTH
        assert "wr0ng" not in refused.reason
        clone.git("remote", "set-url", "origin", f"{url.replace('//', '//li.na:s3cret@')}/server.git")
        assert pushed(clone).is_ok
        assert fetched(clone).is_ok


def test_a_server_that_stalls_is_left(make: Make) -> None:
    clone = make("one")
    with answering(0) as url:
        clone.git("remote", "set-url", "origin", f"{url}/x.git")
        assert fetched(clone, silence=0.5) == Reached(RemoteState.OFFLINE, "no answer for 0 s")


def test_nobody_there(make: Make) -> None:
    clone = make("one")
    with answering(200) as url:
        pass
    clone.git("remote", "set-url", "origin", f"{url}/x.git")
    assert fetched(clone).state is RemoteState.OFFLINE
    clone.git("remote", "set-url", "origin", "https://vault.invalid/x.git")
    assert fetched(clone).state is RemoteState.OFFLINE


def test_a_refusing_hook_is_quoted(make: Make, server: Path) -> None:
    clone = make("one")
    hook(server, "pre-receive", "echo 'main is protected; ask https://me:pw@example.com' >&2; exit 1")
    assert pushed(clone) == Reached(RemoteState.REJECTED, "main is protected; ask https://example.com")


def test_our_own_hook_can_refuse(make: Make, server: Path) -> None:
    clone = make("one")
    hook(clone.root / ".git", "pre-push", "echo 'not on a Sunday' >&2; exit 1")
    assert pushed(clone) == Reached(RemoteState.REJECTED, "not on a Sunday")


def test_what_a_hook_leaves_running_keeps_nobody_waiting(make: Make, server: Path) -> None:
    clone = make("one")
    hook(clone.root / ".git", "pre-push", "sleep 4 &")
    assert pushed(clone, silence=2.0).is_ok


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whom nothing is forbidden")
def test_a_server_that_can_only_be_read(make: Make, server: Path) -> None:
    clone = make("one")
    (server / "objects").chmod(0o555)
    assert pushed(clone).state is RemoteState.REJECTED


def test_who_may_only_read_is_told_so_when_sending(make: Make, server: Path, tmp_path: Path) -> None:
    clone = make("one")
    pushed(clone)
    clone.git("--git-dir", str(server), "config", "http.receivepack", "false")
    with git_server(tmp_path) as url:
        clone.git("remote", "set-url", "origin", f"{url}/server.git")
        commit(clone, "b.md", note(2))
        assert fetched(clone).is_ok
        assert pushed(clone).state is RemoteState.AUTH


def test_a_missing_ssh_is_no_missing_vault(make: Make) -> None:
    clone = make("one")
    clone.git("remote", "set-url", "origin", "git@example.com:x.git")
    assert fetched(clone, GIT_SSH_COMMAND="/nowhere/ssh").state is RemoteState.FAILED


def test_a_server_that_is_gone(make: Make) -> None:
    clone = make("one")
    assert fetched(clone).state is RemoteState.GONE
    assert pushed(clone).state is RemoteState.GONE


def test_programs_behind_an_address_are_not_run(make: Make, tmp_path: Path) -> None:
    clone = make("one")
    clone.git("config", "protocol.ext.allow", "always")
    clone.git("remote", "set-url", "origin", f"ext::touch {tmp_path}/ran")
    assert fetched(clone).state is RemoteState.GONE
    assert not (tmp_path / "ran").exists()


def test_a_mirror_is_sent_one_branch_only(make: Make, server: Path) -> None:
    clone = make("one")
    clone.git("push", "--quiet", "origin", "HEAD:other")
    clone.git("config", "remote.origin.mirror", "true")
    assert pushed(clone).is_ok
    assert "refs/heads/other" in clone.git("ls-remote", "origin")


# --- ssh


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("Host key verification failed.", RemoteState.HOST_KEY),
        ("git@example.com: Permission denied (publickey).", RemoteState.AUTH),
        ("ssh: Could not resolve hostname example.com: Name or service not known", RemoteState.OFFLINE),
        ("ssh: connect to host example.com port 22: Connection timed out", RemoteState.OFFLINE),
        ("ERROR: Repository not found.", RemoteState.GONE),
    ],
)
def test_what_ssh_says_has_its_meaning(make: Make, tmp_path: Path, said: str, state: RemoteState) -> None:
    clone = make("one")
    folder = fake_ssh(tmp_path / "bin", f"echo '{said}' >&2; exit 255")
    clone.git("remote", "set-url", "origin", "git@example.com:team/vault.git")
    path = f"{folder}{os.pathsep}{clone.env['PATH']}"
    assert fetched(clone, PATH=path).state is state


def test_an_ssh_that_hangs_is_ended_with_its_children(make: Make, tmp_path: Path) -> None:
    clone = make("one")
    pids = tmp_path / "pids"
    folder = fake_ssh(tmp_path / "bin", f"trap '' TERM\nsleep 60 & echo $$ $! > {pids}; wait; wait")
    clone.git("remote", "set-url", "origin", "git@example.com:team/vault.git")
    assert (
        fetched(clone, silence=0.5, PATH=f"{folder}{os.pathsep}{clone.env['PATH']}").state
        is RemoteState.OFFLINE
    )
    for pid in pids.read_text().split():
        for _try in range(50):
            if not _is_running(int(pid)):
                break
            time.sleep(0.05)
        assert not _is_running(int(pid))


def test_ssh_is_told_to_ask_nobody_and_has_no_terminal(make: Make, tmp_path: Path) -> None:
    clone = make("one")
    script = (
        f'echo "$@" > {tmp_path}/told; ( : < /dev/tty ) 2>/dev/null && echo tty >> {tmp_path}/told; exit 255'
    )
    folder = fake_ssh(tmp_path / "bin", script)
    clone.git("remote", "set-url", "origin", "git@example.com:team/vault.git")
    clone.git("config", "core.sshCommand", f"{folder}/ssh -i mine")
    fetched(clone)
    told = (tmp_path / "told").read_text()
    assert told.startswith("-i mine -oBatchMode=yes -oConnectTimeout=10")
    assert "tty" not in told


def test_the_environment_asks_nobody() -> None:
    env = network_env({"GIT_ASKPASS": "ask", "SSH_ASKPASS": "ask", "LC_ALL": "zh_CN.UTF-8"})
    assert env["GIT_TERMINAL_PROMPT"] == "0"
    assert env["GIT_ASKPASS"] == env["SSH_ASKPASS"] == ""
    assert env["LC_ALL"] == "C"
    assert env["GIT_SSH_COMMAND"] == "ssh -oBatchMode=yes -oConnectTimeout=10"
    assert network_env({"GIT_SSH_COMMAND": "a"}, "b")["GIT_SSH_COMMAND"].startswith("a -o")
    assert network_env({"GIT_SSH": "C:/my tools/plink.exe"})["GIT_SSH_COMMAND"] == "'C:/my tools/plink.exe'"


# --- reading what was said


def test_the_reason_holds_no_password() -> None:
    for text in (
        "https://li.na:p@ss@example.com/x.git",
        "https://ghp_token@example.com/x.git",
        "ssh://git:p@ss@example.com/x.git",
        "https://example.com/x.git?private_token=p@ss",
    ):
        shown = without_password(f"fatal: unable to access '{text}'")
        assert "p@ss" not in shown
        assert "ghp_token" not in shown
        assert "example.com/x.git" in shown
    assert without_password("git@example.com:x.git") == "git@example.com:x.git"


@pytest.mark.parametrize(
    ("said", "reached"),
    [
        (
            "remote: Invalid username or token.\nfatal: Authentication failed for 'https://example.com/'\n",
            Reached(RemoteState.AUTH, "Invalid username or token."),
        ),
        (
            "fatal: write error: No space left on device\nfatal: index-pack failed\n",
            Reached(RemoteState.NO_SPACE, "write error: No space left on device"),
        ),
        (
            "fatal: unable to access 'https://example.com/': SSL certificate problem: certificate has expired\n",
            Reached(
                RemoteState.HOST_KEY,
                "unable to access 'https://example.com/': SSL certificate problem: certificate has expired",
            ),
        ),
        ("fatal: what nobody ever saw\n", Reached(RemoteState.FAILED, "what nobody ever saw")),
        ("", Reached(RemoteState.FAILED, "")),
    ],
)
def test_what_git_says_is_read(said: str, reached: Reached) -> None:
    assert read_failure(said) == reached


def test_a_full_disk_at_the_other_end_is_a_refusal() -> None:
    said = "remote: fatal: write error: No space left on device\nerror: remote unpack failed: unpack-objects abnormal exit\n"
    told = "To /x\n!\trefs/heads/main:refs/heads/main\t[remote rejected] (unpacker error)\nDone\n"
    assert read_push(said, told) == Reached(
        RemoteState.REJECTED, "fatal: write error: No space left on device".removeprefix("fatal: ")
    )


def _is_running(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    if status.parent.parent.is_dir() and Path("/proc/self").exists():
        # Nobody may have taken note yet that it ended.
        return status.exists() and not re.search(r"\) Z ", status.read_text())
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True

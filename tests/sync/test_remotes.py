"""The servers of a vault: which there are, what is known of each, and which addresses are none."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Thread

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note
from tests.git.servers import bare
from vault_tool.errors import Exit
from vault_tool.git.answer import Reached, RemoteState
from vault_tool.git.repository import Repository
from vault_tool.sync import remotes, unreached
from vault_tool.sync.remotes import (
    BadAddress,
    BadRemoteName,
    Known,
    NoSuchRemote,
    PasswordInAddress,
    Remote,
    RemoteThere,
    add_remote,
    branch_of,
    checked_url,
    known_of,
    remote_called,
    remotes_of,
)

OK = Reached(RemoteState.OK)


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    made = make_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1)})
    made.git("add", "-A")
    made.git("commit", "--quiet", "-m", "begin")
    return made


# --- which there are


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/team/vault.git",
        "git@example.com:team/库.git",
        "/a folder/vault #1; x.git",
        'C:\\team\\"vault".git',
    ],
)
def test_settings_are_read_as_git_wrote_them(clone: Clone, url: str) -> None:
    clone.git("config", "remote.pushDefault", "origin")
    clone.git("config", "remote.origin.url", url)
    clone.git("config", "remote.a.b-c.url", "/second")
    clone.git("config", "branch.main.url", "/none")
    git = clone.root / ".git"
    assert remotes_of(git) == [Remote("origin", url), Remote("a.b-c", "/second")]
    assert sorted(clone.git("remote").split()) == ["a.b-c", "origin"]


def test_the_one_that_is_meant(clone: Clone) -> None:
    git = clone.root / ".git"
    with pytest.raises(NoSuchRemote):
        remote_called(git, None)
    clone.git("config", "remote.disk.url", "/disk")
    assert remote_called(git, None).name == "disk"
    clone.git("config", "remote.origin.url", "/first")
    assert remote_called(git, None).name == "origin"
    assert remote_called(git, "disk").url == "/disk"
    with pytest.raises(NoSuchRemote):
        remote_called(git, "gone")


def test_the_branch_is_read_without_git(clone: Clone) -> None:
    clone.git("checkout", "--quiet", "-b", "team/main")
    assert branch_of(clone.root / ".git") == "team/main"
    clone.git("checkout", "--quiet", "--detach")
    assert branch_of(clone.root / ".git") == "main"


# --- addresses


@pytest.mark.parametrize(
    "text",
    ["", "--upload-pack=sh", "-x", "ext::sh -c ls", "fd::17", "foo::bar", "gopher://x/y", "https://a/\nb"],
)
def test_what_would_start_a_program_is_no_address(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadAddress):
        checked_url(text, tmp_path)


@pytest.mark.parametrize("text", ["https://li.na:p@ss@example.com/x.git", "https://ghp_1@example.com/x.git"])
def test_an_address_holds_no_password(text: str, tmp_path: Path) -> None:
    with pytest.raises(PasswordInAddress) as refused:
        checked_url(text, tmp_path)
    assert refused.value.values == {"url": "https://example.com/x.git"}


def test_addresses_stay_as_they_are_and_paths_become_whole(tmp_path: Path) -> None:
    for url in (
        "https://example.com/x.git",
        "git@example.com:x.git",
        "ssh://git@example.com:22/x.git",
        "h.io:x",
    ):
        assert checked_url(url, tmp_path) == url
    assert checked_url("../x.git", tmp_path / "a") == str(tmp_path / "x.git")
    assert checked_url("./a:b", tmp_path) == str(tmp_path / "a:b")


# --- what is known


def test_a_failed_try_keeps_when_all_was_there(clone: Clone) -> None:
    git = clone.root / ".git"
    remotes.note(git, "origin", OK, 100.0, shared="abc")
    remotes.note(git, "origin", Reached(RemoteState.OFFLINE, "no route"), 200.0)
    assert known_of(git) == {
        "origin": Known(100.0, "abc", 100.0, 200.0, RemoteState.OFFLINE, "no route"),
    }
    remotes.forget(git, "origin")
    assert known_of(git) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"remotes": {"origin": 3}}', '{"remotes": null}'])
def test_a_damaged_file_is_nothing_known(clone: Clone, text: str) -> None:
    git = clone.root / ".git"
    remotes.note(git, "origin", OK, 1.0)
    (git / "vault/remotes.json").write_text(text)
    assert known_of(git) == {}
    remotes.note(git, "origin", OK, 2.0)
    assert known_of(git)["origin"].tried_at == 2.0


def test_a_state_of_a_later_version_is_none(clone: Clone) -> None:
    git = clone.root / ".git"
    remotes.note(git, "origin", OK, 1.0, shared="abc")
    path = git / "vault/remotes.json"
    told = json.loads(path.read_text())
    told["remotes"]["origin"]["state"] = "teleported"
    path.write_text(json.dumps(told))
    assert known_of(git)["origin"]._replace(since=None) == Known(1.0, "abc", None, 1.0, None, "")


def test_servers_asked_side_by_side_are_all_noted(clone: Clone) -> None:
    git = clone.root / ".git"
    threads = [Thread(target=remotes.note, args=(git, f"r{number}", OK, 1.0)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(known_of(git)) == 12


# --- adding


def test_a_server_is_added_once_it_was_asked(clone: Clone, tmp_path: Path) -> None:
    git, server = clone.root / ".git", bare(tmp_path / "server.git", clone.env)
    with Repository(clone.root, clone.env) as repository:
        added, reached = add_remote(repository, git, str(server), None, 1.0)
        assert (added.name, reached.state) == ("origin", RemoteState.EMPTY)
        assert known_of(git)["origin"].shared is None
        for name in ("origin", "other"):
            with pytest.raises(RemoteThere):
                add_remote(repository, git, str(server), name, 1.0)
        with pytest.raises(BadRemoteName):
            add_remote(repository, git, "/else", "../x", 1.0)
        clone.git("push", "--quiet", "origin", "main")
        remotes.remove_remote(repository, git, "origin")
        assert remotes_of(git) == []
        add_remote(repository, git, str(server), None, 1.0)
        assert known_of(git)["origin"].shared == repository.head
    assert clone.git("config", "remote.origin.fetch") == "refs/heads/*:refs/remotes/origin/*\n"


def test_of_a_server_that_is_none_nothing_stays(clone: Clone, tmp_path: Path) -> None:
    git = clone.root / ".git"
    before = (git / "config").read_bytes()
    with Repository(clone.root, clone.env) as repository:
        with pytest.raises(unreached.RemoteGone):
            add_remote(repository, git, str(tmp_path / "none.git"), "backup", 1.0)
        other = make_other_vault(clone, tmp_path)
        with pytest.raises(unreached.OtherVault):
            add_remote(repository, git, str(other), "backup", 1.0)
    assert remotes_of(git) == []
    assert known_of(git) == {}
    assert clone.git("for-each-ref", "refs/remotes", "refs/vault") == ""
    assert (git / "config").read_bytes().strip() == before.strip()


def make_other_vault(clone: Clone, tmp_path: Path) -> Path:
    """A server with a vault of another id."""
    server = bare(tmp_path / "other.git", clone.env)
    settings = clone.root / "vault.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace("v0000001", "v0000009"), "utf-8")
    clone.git("commit", "--quiet", "-a", "-m", "other")
    clone.git("push", "--quiet", str(server), "main")
    clone.git("reset", "--quiet", "--hard", "HEAD~1")
    return server


# --- a past that was changed


def test_a_changed_past_is_seen_though_a_plain_fetch_accepted_it(clone: Clone, tmp_path: Path) -> None:
    git, server = clone.root / ".git", bare(tmp_path / "server.git", clone.env)
    clone.write("b.md", note(2))
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "more")
    clone.git("remote", "add", "origin", str(server))
    with Repository(clone.root, clone.env) as repository:
        head = repository.head or ""
        assert remotes.Sending(repository, git, "origin", "main", None, head).answer(1.0).is_ok
        clone.git("push", "--quiet", "--force", str(server), "HEAD~1:main")
        clone.git("fetch", "--quiet")
        assert remotes.fetch(repository, git, "origin", "main", 2.0).state is RemoteState.REWRITTEN
        assert repository.commit("refs/remotes/origin/main") == head
    assert known_of(git)["origin"].state is RemoteState.REWRITTEN
    assert known_of(git)["origin"].shared_at == 1.0


# --- what is said


def test_each_state_has_its_words() -> None:
    for state in RemoteState:
        if state is RemoteState.OK:
            continue
        error = unreached.unreached("origin", Reached(state))
        assert "{" not in str(error)
        assert error.hint
        assert error.exit_code is not Exit.OK

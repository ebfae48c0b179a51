"""A vault brought to this computer: whole, or nothing of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note, sealed_clone
from tests.git.servers import answering, bare, git_server, hook
from vault_tool.sync.join import folder_for

ME = ("--me", "zhang.wei")


@pytest.fixture
def server(tmp_path: Path, clean_env: dict[str, str]) -> Path:
    return bare(tmp_path / "team.git", clean_env)


@pytest.fixture
def founder(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun, server: Path) -> Clone:
    """Somebody who shares a vault with two customers."""
    clone = make_clone(tmp_path / "first", clean_env, vault_run, {"a.md": note(1), "b.md": note(2)})
    clone.write("b.md", note(2) + "\n## 2026-11-20 电话\n\n谈价。\n")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    clone.git("push", "--quiet", str(server), "main")
    return clone


def join(run: VaultRun, cwd: Path, *words: str, **env: str):
    """Run `vault join` on a machine of one's own."""
    return run("join", *words, cwd=cwd, env={"VAULT_NOTES_HOME": str(cwd / "home"), **env})


def test_what_was_brought_is_said_in_one_line(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path
) -> None:
    ran = join(vault_run, tmp_path, str(server), *ME)
    assert ran.status == 0, ran
    assert ran.out.startswith("Received 2 customers, 1 entry; the newest of ")
    root = tmp_path / "team"
    for name in ("a.md", "b.md"):
        assert (root / "customers" / name).read_bytes() == (founder.root / "customers" / name).read_bytes()
    other = Clone(root, {**founder.env, "VAULT_NOTES_HOME": str(tmp_path / "home")}, vault_run)
    assert other.git("config", "filter.vault.required").strip() == "true"
    assert other.git("config", "branch.main.remote").strip() == "origin"
    # What was set up may add its lines there, and touches nothing else.
    assert other.status.strip() in ("", "M .gitattributes")
    assert other.vault("remote", "--json").json["remotes"][0]["state"] == "ok"
    del other.env["VAULT_NOTES_USER"]
    assert other.vault("whoami").out.strip() == "张伟 (zhang.wei)"


def test_json_says_the_same(tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path) -> None:
    said = join(vault_run, tmp_path, str(server), "there", *ME, "--json").json
    assert (said["customers"], said["entries"], said["sealed"]) == (2, 1, "none")
    assert said["me"]["id"] == "zhang.wei"
    assert said["vault"]["root"] == str(tmp_path / "there")


def test_what_is_sealed_stays_closed_until_somebody_lets_one_in(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun, server: Path
) -> None:
    clone = sealed_clone(tmp_path / "first", clean_env, vault_run, {"a.md": note(1, "13800000001")})
    clone.git("push", "--quiet", str(server), "main")
    ran = join(vault_run, tmp_path, str(server), *ME)
    assert ran.status == 0, ran
    assert "vault access invite zhang.wei KEY" in ran.err
    assert "13800000001" not in (tmp_path / "team/customers/a.md").read_text("utf-8")


def test_who_is_not_in_the_team_has_the_vault_all_the_same(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path
) -> None:
    ran = join(vault_run, tmp_path, str(server), "--me", "nobody")
    assert ran.status == 0, ran
    assert "nobody is not in the team" in ran.err
    assert (tmp_path / "team/vault.toml").exists()


def test_by_http(tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path) -> None:
    with git_server(tmp_path) as url:
        assert join(vault_run, tmp_path, f"{url}/team.git", "x", *ME).status == 0


def test_the_server_says_under_which_name_it_keeps_it(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path
) -> None:
    founder.git("push", "--quiet", str(server), "main:trunk", "main:aaa")
    founder.git("--git-dir", str(server), "symbolic-ref", "HEAD", "refs/heads/trunk")
    assert join(vault_run, tmp_path, str(server), *ME).status == 0
    assert (tmp_path / "team/.git/HEAD").read_text() == "ref: refs/heads/trunk\n"


# --- nothing is left behind


def left(tmp_path: Path) -> list[str]:
    """What a join made, besides caches for nobody."""
    return sorted(path.name for path in tmp_path.iterdir() if path.name in ("team", "a", "x", "none"))


def test_what_is_no_vault_leaves_nothing(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path
) -> None:
    founder.git("rm", "--quiet", "vault.toml")
    founder.git("commit", "--quiet", "-m", "no vault")
    founder.git("push", "--quiet", str(server), "main")
    ran = join(vault_run, tmp_path, str(server), "a/b/c")
    assert ran.status == 3
    assert "holds no vault" in ran.err
    assert left(tmp_path) == []


def test_settings_that_can_t_be_read_leave_nothing(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path
) -> None:
    path = founder.root / "vault.toml"
    path.write_text('version = 1\nid = "v0000001"\nlanguage = "xx"\n', "utf-8")
    founder.git("commit", "--quiet", "-a", "-m", "bad")
    founder.git("push", "--quiet", str(server), "main")
    assert join(vault_run, tmp_path, str(server)).status == 3
    assert left(tmp_path) == []
    assert not list((tmp_path / "home").glob("*/v0000001*"))


@pytest.mark.parametrize(("status", "code"), [(401, "login-refused"), (404, "remote-gone"), (500, "offline")])
def test_a_server_that_refuses_leaves_nothing(
    tmp_path: Path, vault_run: VaultRun, status: int, code: str
) -> None:
    with answering(status) as url:
        ran = join(vault_run, tmp_path, f"{url}/x.git", "--json")
    assert ran.error["code"] == code
    assert left(tmp_path) == []


def test_an_empty_server_is_said_to_be_one(tmp_path: Path, vault_run: VaultRun, server: Path) -> None:
    ran = join(vault_run, tmp_path, str(server), "--json")
    assert ran.error["code"] == "nothing-there"
    assert left(tmp_path) == []


@pytest.mark.parametrize("moment", ["fetch", "vault_id_at"])
def test_ctrl_c_leaves_nothing(
    tmp_path: Path,
    vault_run: VaultRun,
    founder: Clone,
    server: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
) -> None:
    def interrupted(*_told: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"vault_tool.git.transport.{moment}", interrupted)
    (tmp_path / "x").mkdir()
    assert join(vault_run, tmp_path, str(server)).status == 130
    assert join(vault_run, tmp_path, str(server), "x").status == 130
    assert left(tmp_path) == ["x"]
    assert list((tmp_path / "x").iterdir()) == []


def test_ctrl_c_when_asked_who_one_is_leaves_nothing(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_told: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("vault_tool.cli.join.me", interrupted)
    assert join(vault_run, tmp_path, str(server)).status == 130
    assert left(tmp_path) == []


def test_a_folder_with_something_in_it_is_refused(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path
) -> None:
    (tmp_path / "x").mkdir()
    (tmp_path / "x/mine.txt").write_text("mine")
    ran = join(vault_run, tmp_path, str(server), "x", "--json")
    assert ran.error["code"] == "folder-not-empty"
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["mine.txt"]


def test_a_password_in_the_address_is_refused(tmp_path: Path, vault_run: VaultRun) -> None:
    ran = join(vault_run, tmp_path, "https://a:s3cret@example.com/x.git")
    assert ran.status == 2
    assert "s3cret" not in ran.err


def test_no_hook_of_the_machine_s_template_runs(
    tmp_path: Path, vault_run: VaultRun, founder: Clone, server: Path
) -> None:
    template = tmp_path / "template"
    template.mkdir()
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        hook(template, name, f"touch {tmp_path}/ran")
    ran = join(vault_run, tmp_path, str(server), *ME, GIT_TEMPLATE_DIR=str(template))
    assert ran.status == 0
    assert not (tmp_path / "ran").exists()
    shutil.rmtree(template)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/team/库.git", "库"),
        ("git@example.com:team.git", "team"),
        ("/srv/vault/", "vault"),
        ("C:\\team\\notes.git", "notes"),
        ("https://example.com/.git", "vault"),
    ],
)
def test_a_folder_is_named_like_the_vault(url: str, name: str) -> None:
    assert folder_for(url) == name

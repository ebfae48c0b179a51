"""`vault lint --staged` checks what git is about to commit, whatever stands in the folder."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun

GOOD = "---\nid: {id}\nname: Acme\ntype: person\nstage: lead\nowner: li.na\n---\n"


def good(id: str) -> str:
    return GOOD.format(id=id)


def bad(id: str) -> str:
    return good(id).replace("owner: li.na\n", "owner: li.na\nstge: x\n")


class Repository:
    """A vault in a folder of a git repository."""

    def __init__(self, root: Path, env: dict[str, str]) -> None:
        self.env = env
        self.top = root
        self.vault = make_vault(root / "our notes", {"a.md": good("c1"), "b.md": bad("c2")})
        with (self.vault / "vault.toml").open("a", encoding="utf-8") as file:
            file.write('[lint]\nselect = ["FM", "EN"]\n')
        self.git("init", "--quiet")
        self.git("config", "user.email", "li.na@example.com")
        self.git("config", "user.name", "Li Na")

    def git(self, *words: str) -> None:
        subprocess.run(["git", *words], cwd=self.top, env=self.env, check=True, capture_output=True)

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.vault / "customers" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path


@pytest.fixture
def repository(tmp_path: Path, clean_env: dict[str, str]) -> Repository:
    repository = Repository(tmp_path / "repo", clean_env)
    repository.git("add", "-A")
    repository.git("commit", "--quiet", "-m", "begin")
    return repository


def staged(vault_run: VaultRun, repository: Repository, *words: str) -> list[str]:
    ran = vault_run("lint", "--staged", *words, cwd=repository.vault)
    assert ran.status == (1 if ran.out else 0)
    return [" ".join(line.split()[:2]) for line in ran.out.splitlines()]


def test_nothing_staged_is_nothing_found(vault_run: VaultRun, repository: Repository):
    assert staged(vault_run, repository) == []
    assert vault_run("lint", cwd=repository.vault).status == 1


def test_the_index_counts_and_not_the_folder(vault_run: VaultRun, repository: Repository):
    path = repository.write("a.md", bad("c1"))
    repository.git("add", "-A")
    path.write_text(good("c1"), "utf-8")
    repository.write("b.md", good("c2") + "\n2023年1月15日 – 咨询\n")

    assert staged(vault_run, repository) == ["customers/a.md:7:1 FM005"]


def test_what_is_mended_in_the_folder_only_is_still_found(vault_run: VaultRun, repository: Repository):
    repository.write("客户 新.md", bad("c3"))
    repository.git("add", "-A")
    repository.write("客户 新.md", good("c3"))

    assert vault_run("lint", "--staged", cwd=repository.vault).out.startswith(
        "customers/客户 新.md:7:1 FM005 "
    )


def test_what_is_deleted_or_no_note_is_passed_over(vault_run: VaultRun, repository: Repository):
    (repository.vault / "customers/b.md").unlink()
    (repository.vault / "README.md").write_text("# no note\n", "utf-8")
    (repository.vault / "customers/link.md").symlink_to("a.md")
    repository.write("large.md", b"x" * (4 * 1024 * 1024 + 1))
    repository.write("z.md", bad("c9"))
    repository.git("add", "-A")

    assert staged(vault_run, repository) == ["customers/z.md:7:1 FM005"]


def test_a_renamed_note_is_looked_at_under_its_new_name(vault_run: VaultRun, repository: Repository):
    repository.git("mv", "our notes/customers/b.md", "our notes/customers/c.md")

    assert staged(vault_run, repository) == ["customers/c.md:7:1 FM005"]


def test_before_the_first_commit_everything_is_staged(
    vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str]
):
    repository = Repository(tmp_path / "new", clean_env)
    repository.git("add", "-A")

    assert staged(vault_run, repository) == ["customers/b.md:7:1 FM005"]


def test_a_path_narrows_it_down(vault_run: VaultRun, repository: Repository):
    repository.write("north/c.md", bad("c3"))
    repository.write("a.md", bad("c1"))
    repository.git("add", "-A")

    assert staged(vault_run, repository, "customers/north") == ["customers/north/c.md:7:1 FM005"]


def test_it_knows_the_baseline(vault_run: VaultRun, repository: Repository):
    vault_run("lint", "--write-baseline", "b.txt", cwd=repository.vault)
    repository.write("b.md", bad("c2") + "\n2023年1月15日 – 咨询\n")
    repository.git("add", "-A")

    assert staged(vault_run, repository, "--baseline", "b.txt") == ["customers/b.md:10:1 EN008"]


def test_in_git_s_own_hook_it_stops_the_commit(vault_run: VaultRun, repository: Repository):
    """git sets variables there that name the index; it must be that one."""
    repository.write("a.md", bad("c1"))
    repository.write("b.md", bad("c2") + "\n")
    other = {"GIT_INDEX_FILE": str(repository.top / ".git" / "other-index")}
    subprocess.run(
        ["git", "add", "our notes/customers/a.md"],
        cwd=repository.top,
        env={**repository.env, **other},
        check=True,
    )

    ran = vault_run("lint", "--staged", cwd=repository.vault, env=other)

    assert [line.split()[1] for line in ran.out.splitlines()] == ["FM005"]
    assert "customers/a.md" in ran.out


def test_outside_of_git_it_says_so_calmly(vault_run: VaultRun, tmp_path: Path):
    root = make_vault(tmp_path / "vault", {"a.md": good("c1")})

    ran = vault_run("lint", "--staged", cwd=root)

    assert ran.status == 2
    assert "is not in a git repository" in ran.err and "Traceback" not in ran.err


def test_without_git_it_says_so_calmly(vault_run: VaultRun, repository: Repository):
    ran = vault_run("lint", "--staged", cwd=repository.vault, env={"PATH": ""})

    assert ran.status == 3 and "needs git" in ran.err


def test_a_damaged_repository_is_git_s_to_explain(vault_run: VaultRun, repository: Repository):
    (repository.top / ".git" / "HEAD").unlink()

    ran = vault_run("lint", "--staged", cwd=repository.vault)

    assert ran.status == 3 and "git does not say what is staged" in ran.err

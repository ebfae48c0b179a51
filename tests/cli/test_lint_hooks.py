"""The hooks: what `.pre-commit-hooks.yaml` names can be run, and a hook of git's own stops a bad commit."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun

HOOKS = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
GOOD = "---\nid: c1\nname: Acme\ntype: person\nstage: lead\nowner: li.na\n---\n"
BAD = GOOD.replace("stage: lead\n", "")
SETTINGS = '[lint]\nselect = ["FM006"]\n'


def hooks() -> dict[str, Any]:
    return {hook["id"]: hook for hook in yaml.safe_load(HOOKS.read_text("utf-8"))}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_vault(tmp_path / "repo", {"a.md": GOOD, "b.md": BAD.replace("c1", "c2")})
    (root / "README.md").write_text("# Our customers\n", "utf-8")
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    return root


@pytest.mark.parametrize(
    ("hook", "files", "status"),
    [
        ("vault-lint", ["README.md", "customers/a.md"], 0),
        ("vault-lint", ["README.md", "customers/a.md", "customers/b.md"], 1),
        ("vault-lint-all", [], 1),
    ],
)
def test_pre_commit_can_run_them(vault_run: VaultRun, root: Path, hook: str, files: list[str], status: int):
    described = hooks()[hook]
    program, *words = shlex.split(described["entry"])

    assert program == "vault" and described.get("pass_filenames", True) == bool(files)
    assert vault_run(*words, *files, cwd=root).status == status


@pytest.mark.skipif(sys.platform == "win32", reason="a shell script")
def test_git_s_own_hook_stops_what_would_be_committed_and_nothing_else(root: Path, clean_env: dict[str, str]):
    def git(*words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(["git", *words], cwd=root, env=clean_env, capture_output=True, check=False)

    git("init", "--quiet")
    git("config", "user.email", "li.na@example.com")
    git("config", "user.name", "Li Na")
    hook = root / ".git" / "hooks" / "pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m vault_tool lint --staged\n', "utf-8")
    hook.chmod(0o755)

    git("add", "vault.toml", "customers/a.md")
    assert git("commit", "--quiet", "-m", "one").returncode == 0
    git("add", "-A")
    refused = git("commit", "--quiet", "-m", "two")

    assert refused.returncode == 1
    assert b"customers/b.md:1:1 FM006" in refused.stdout + refused.stderr
    assert git("log", "--oneline").stdout.count(b"\n") == 1

"""A search by words alone, a bare sync: the same without click, and nothing loaded that it does not need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.vaults import ME, SETTINGS, make_vault
from tests.conftest import VaultRun
from vault_tool.cli import main, plain
from vault_tool.cli.app import App

NOTES = {
    "蓝海.md": """---
id: c000000001
name: 杭州蓝海贸易有限公司
type: enterprise
stage: proposal
owner: li.na
---

王总定价格。

## 2026-11-20 10:20 电话 报价 #急

要再让 2 个点，企业版的折扣月底定。

## 2026-10-08 订单 @张伟

企业版 1 套，给了优惠。
""",
}
SAVED = '\n[queries]\n"价格" = "折扣 OR price"\n'

# What only other commands, options and queries need. Each of them takes longer than to print the answer.
IDLE = frozenset(
    {
        *(
            "click",
            "gettext",
            "inspect",
            "dataclasses",
            "calendar",
            "locale",
            "decimal",
            "difflib",
            "threading",
        ),
        *(
            "subprocess",
            "hashlib",
            "yaml",
            "tomllib",
            "platformdirs",
            "pypinyin",
            "wcwidth",
            "logging",
        ),
        *("vault_tool.cli.root", "vault_tool.cli.search", "vault_tool.cli.help", "vault_tool.cli.complete"),
        *("vault_tool.search.days", "vault_tool.search.ranges", "vault_tool.search.columns"),
        *(
            "vault_tool.notes.values",
            "vault_tool.notes.note",
            "vault_tool.schema.build",
            "vault_tool.vault.toml",
        ),
        *("vault_tool.vault.intake", "vault_tool.vault.settings_read"),
    }
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    root = make_vault(tmp_path / "v", NOTES)
    (root / "vault.toml").write_text(SETTINGS.format(language="zh") + SAVED, encoding="utf-8")
    return root


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "argv",
    [
        ("search", "企业版"),
        ("search", "企业版 折扣", "报价"),
        ("search", "王总"),
        ("search", "@价格"),
        ("search", "stage:proposal", "date:2026-10..2026-11"),
        ("search", "owner:me"),
        ("search", "search"),
        ("search", "企也版"),
        ("search", "(企业版"),
        ("search", "@不知道"),
        ("search", "stage:nowhere"),
        ("search", ""),
        ("search", "  ", ""),
        ("-C", "customers", "search", "企业版"),
        ("-Ccustomers", "search", "企业版"),
        ("-C", "..", "search", "企业版"),
        ("-C", "nowhere", "search", "企业版"),
        ("-C", "--color", "search", "企业版"),
    ],
)
def test_it_says_what_it_says_by_click(
    vault_run: VaultRun,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    argv: tuple[str, ...],
    language: str,
):
    env = {**ME, "VAULT_NOTES_LANG": language}
    with monkeypatch.context() as without:
        # Any attempt to have click read it is an error.
        without.setattr(main, "_call_by_click", None)
        quick = vault_run(*argv, cwd=home, env=env)
    monkeypatch.setattr(plain, "answer", lambda app, argv: None)

    assert vault_run(*argv, cwd=home, env=env) == quick
    assert quick.out or quick.err


def test_the_vault_of_the_environment_is_the_one_that_is_searched(
    vault_run: VaultRun, home: Path, tmp_path: Path
):
    assert "蓝海" in vault_run("search", "企业版", cwd=tmp_path, env={"VAULT_NOTES_DIR": str(home)}).out


@pytest.mark.parametrize(
    "argv",
    [
        (),
        ("search",),
        ("search", "-l", "企业版"),
        ("search", "企业版", "--json"),
        ("search", "企业版", "--help"),
        ("search", "企业版", "--open"),
        ("search", "企业版", "-测试"),
        ("search", "--", "企业版"),
        ("search", "-"),
        ("list", "企业版"),
        ("serch", "企业版"),
        ("--debug", "search", "企业版"),
        ("--color", "always", "search", "企业版"),
        ("--color=always", "search", "企业版"),
        ("-C", "v", "--color", "never", "search", "企业版"),
        ("-C", "v", "-C", "w", "search", "企业版"),
        ("-C", "", "search", "企业版"),
        ("-C", "search", "企业版"),
        ("-C",),
        ("sync", "--json"),
        ("sync", "--dry-run"),
        ("sync", "now"),
        ("--debug", "sync"),
    ],
)
def test_whatever_could_be_an_option_is_for_click(
    vault_run: VaultRun, home: Path, monkeypatch: pytest.MonkeyPatch, argv: tuple[str, ...]
):
    asked: list[tuple[str, ...]] = []

    def by_click(app: App, argv: Sequence[str], prog: str) -> int:
        asked.append(tuple(argv))
        return 0

    monkeypatch.setattr(main, "_call_by_click", by_click)

    vault_run(*argv, cwd=home, env=ME)

    assert asked == [argv]


def test_nothing_is_loaded_that_it_does_not_need(clean_env: dict[str, str], vault_run: VaultRun, home: Path):
    # As it is every day: the settings are kept, and notes written some time ago are indexed.
    os.utime(home / "customers" / "蓝海.md", (1_700_000_000, 1_700_000_000))
    assert vault_run("search", "企业版", cwd=home, env=ME).status == 0
    code = (
        "import os, sys\n"
        "from vault_tool.cli.main import run\n"
        "run(['search', '企业版'], os.environ)\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean_env, **ME},
        cwd=home,
        capture_output=True,
        encoding="utf-8",
    )

    assert "杭州蓝海贸易有限公司" in done.stdout
    assert IDLE & set(done.stderr.split()) == set()


# What takes as long to load as the whole of a sync, where one note has changed and nobody else wrote.
IDLE_IN_SYNC = frozenset(
    {
        *("click", "inspect", "dataclasses", "decimal", "logging", "secrets", "sqlite3", "tomllib", "yaml"),
        *(
            "git.cmd",
            "hashlib",
            "shutil",
            "tempfile",
            "typing",
            "vault_tool.notes.entries",
            "vault_tool.notes.note",
            "vault_tool.lint.rule",
        ),
    }
)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("before", [(), ("-C", "customers"), ("-C", "nowhere")])
def test_a_bare_sync_says_what_it_says_by_click(
    vault_run: VaultRun,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: tuple[str, ...],
    language: str,
):
    shutil.copytree(home, tmp_path / "other" / "v")
    env = {**ME, "VAULT_NOTES_LANG": language}
    with monkeypatch.context() as without:
        without.setattr(main, "_call_by_click", None)
        quick = vault_run(*before, "sync", cwd=home, env=env)
    monkeypatch.setattr(plain, "answer", lambda app, argv: None)

    by_click = vault_run(*before, "sync", cwd=tmp_path / "other" / "v", env=env)

    assert (quick.status, quick.out) == (by_click.status, by_click.out)
    assert quick.err == by_click.err.replace(str(tmp_path / "other" / "v"), str(home))
    assert quick.out or quick.err


def test_a_bare_sync_loads_nothing_that_it_does_not_need(
    clean_env: dict[str, str], vault_run: VaultRun, home: Path, tmp_path: Path
):
    git = ("git", "-C", str(home))
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", tmp_path / "server.git"], check=True)
    assert vault_run("sync", cwd=home, env=ME).status == 0
    subprocess.run([*git, "remote", "add", "origin", str(tmp_path / "server.git")], check=True)
    assert vault_run("sync", cwd=home, env=ME).status == 0
    with (home / "customers" / "蓝海.md").open("a", encoding="utf-8") as note:
        note.write("\n## 2026-11-21 电话\n\n密码没有变。\n")
    code = (
        "import os, sys\n"
        "from vault_tool.cli.main import run\n"
        "run(['sync'], os.environ)\n"
        "print(*sys.modules, file=sys.stderr)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**clean_env, **ME},
        cwd=home,
        capture_output=True,
        encoding="utf-8",
    )

    assert "1" in done.stdout
    assert IDLE_IN_SYNC & set(done.stderr.split()) == set()

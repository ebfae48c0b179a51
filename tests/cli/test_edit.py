"""`vault edit`: the person's own editor on the file itself, checked and undoable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun

NOTE = (
    "---\n编号: c000000001\n客户名称: 蓝海\n类型: 企业客户\n业务阶段: 潜在客户\n负责人: 李娜\n---\n\n概况。\n"
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "v", {"蓝海.md": NOTE})


def editor(tmp_path: Path, body: str, status: int = 0) -> dict[str, str]:
    """An editor that does one thing to the file it is given; its command has an argument of its own."""
    script = tmp_path / "my editor.py"
    script.write_text(
        f"import sys, pathlib\npath = pathlib.Path(sys.argv[2])\n{body}\nsys.exit({status})\n",
        encoding="utf-8",
    )
    return {**ME, "EDITOR": f"'{sys.executable}' '{script}' --wait"}


APPEND = "path.write_bytes(path.read_bytes() + '\\n## 2026-02-30 电话\\n\\n谈价。\\n'.encode())"


def test_what_was_saved_is_checked_and_can_be_taken_back(
    vault_run: VaultRun, home: Path, tmp_path: Path
) -> None:
    ran = vault_run("edit", "蓝海", cwd=home, env=editor(tmp_path, APPEND))

    assert ran.status == 1
    assert "customers/蓝海.md:11:4" in ran.out
    assert vault_run("undo", cwd=home, env=ME).status == 0
    assert (home / "customers/蓝海.md").read_text(encoding="utf-8") == NOTE


def test_what_was_not_changed_leaves_no_trace(vault_run: VaultRun, home: Path, tmp_path: Path) -> None:
    ran = vault_run("edit", "蓝海", cwd=home, env=editor(tmp_path, "pass"))

    assert ran.status == 0
    assert vault_run("undo", cwd=home, env=ME).status == 2


def test_an_editor_that_fails_after_saving_loses_nothing(
    vault_run: VaultRun, home: Path, tmp_path: Path
) -> None:
    ran = vault_run("edit", "蓝海", cwd=home, env=editor(tmp_path, APPEND, status=3))

    assert ran.status == 2
    assert "谈价" in (home / "customers/蓝海.md").read_text(encoding="utf-8")
    assert vault_run("undo", cwd=home, env=ME).status == 0


def test_without_an_editor_it_says_how_to_set_one(vault_run: VaultRun, home: Path) -> None:
    ran = vault_run("edit", "蓝海", cwd=home, env={**ME, "PATH": "/nowhere"})

    assert ran.status == 2
    assert "EDITOR" in ran.err

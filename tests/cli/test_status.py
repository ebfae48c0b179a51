from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from vault_tool.cli.output import Output
from vault_tool.cli.status import _print
from vault_tool.cli.width import width

GOOD = "---\nid: c1\nname: 蓝海\ntype: 企业客户\nstage: lead\nowner: li.na\nnext: 2026-11-01 寄样\n---\n\n## 2026-10-01 电话\n\n谈价。\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {"蓝海.md": GOOD, "坏.md": "---\nname: [\n---\n"})


def test_status_counts_what_is_there(vault_run: VaultRun, home: Path):
    said = vault_run("status", "--json", cwd=home, env=ME).json

    assert said["customers"] == 2
    assert said["entries"] == 1
    assert said["overdue"] == 1
    assert said["me"]["id"] == "li.na"
    assert said["root"] == str(home)


def test_status_names_what_is_odd_and_exits_well(vault_run: VaultRun, home: Path):
    (home / "customers" / "folder.md").mkdir()

    ran = vault_run("status", cwd=home)

    assert ran.status == 0
    assert "customers/坏.md" in ran.err
    assert "customers/folder.md" in ran.err
    assert "vault lint" in ran.err


def test_status_names_only_some_of_many(vault_run: VaultRun, home: Path):
    for number in range(9):
        (home / "customers" / f"{number}.md").mkdir()

    ran = vault_run("status", cwd=home)

    assert ran.err.count("Warning:") == 6
    assert "... and 5 more" in ran.err


def test_status_tells_the_last_writes_and_which_are_undone(vault_run: VaultRun, home: Path):
    vault_run("set", "蓝海", "stage=won", cwd=home, env=ME)
    vault_run("set", "蓝海", "stage=active", cwd=home, env=ME)
    vault_run("undo", cwd=home)

    writes = vault_run("status", "--json", cwd=home, env=ME).json["writes"]
    shown = vault_run("status", cwd=home, env=ME).out

    assert [write["undone"] for write in writes] == [True, False]
    assert writes[0]["files"] == ["customers/蓝海.md"]
    assert shown.count("(undone)") == 1


def test_stages_go_on_below_where_a_terminal_is_narrow(home: Path):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    output = Output(Terminal(), out, Terminal(), {"COLUMNS": "40", "TERM": "dumb"})
    stages = "潜在客户 12, 初步接触 3, 需求确认 4, 方案报价 5, 商务谈判 6"

    _print(SimpleNamespace(out=output), [("库", "/v"), ("阶段", stages)])  # type: ignore[arg-type]

    lines = out.getvalue().splitlines()
    assert max(map(width, lines)) <= 40
    assert "".join(lines).replace(" ", "") == f"库/v阶段{stages}".replace(" ", "")
    assert [line[:6].strip() for line in lines[2:]] == [""] * len(lines[2:])
    assert all(line.rstrip().endswith(",") for line in lines[1:-1])

"""`vault lint`: what it prints, what it writes, and what it exits with."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import Ran
from vault_tool.cli.main import run
from vault_tool.vault.vault import Vault

Run = Callable[..., Ran]

GOOD = """---
编号: c3m8k2qa41
客户名称: 杭州蓝海贸易有限公司
类型: 企业客户
业务阶段: 方案报价
负责人: 李娜
---

王总定价格。
"""
# What is about time or style has tests of its own.
SETTINGS = '[lint]\nselect = ["FM", "CL", "EN", "FE"]\nignore = ["EN007", "FE006"]\n'
PASTED = GOOD + "\n2023年1月15日 – 咨询产品A\n"
COLON = GOOD.replace("业务阶段: ", "业务阶段：").replace("c3m8k2qa41", "c3m8k2qa42")
FIXED = GOOD + "\n## 2023-01-15\n\n咨询产品A\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_vault(tmp_path / "vault", {"蓝海.md": PASTED, "张三.md": COLON, "王五.md": GOOD})
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write(SETTINGS)
    return root


def read(root: Path, name: str = "蓝海.md") -> str:
    return (root / "customers" / name).read_bytes().decode()


def test_findings_go_to_stdout_the_summary_to_stderr(vault_run: Run, root: Path):
    ran = vault_run("lint", cwd=root)

    assert ran.status == 1
    assert ran.out.splitlines() == [
        "customers/张三.md:5:5 FM004 fullwidth-syntax Full-width colon after `业务阶段`",
        "customers/蓝海.md:11:1 EN008 seed-style-entry Make this an entry: `## 2023-01-15`",
    ]
    assert ran.err == "3 files: 1 error, 1 warning, --fix mends 2\n"
    assert read(root) == PASTED


def test_nothing_found_is_exit_0_and_no_output(vault_run: Run, root: Path):
    ran = vault_run("lint", "customers/王五.md", cwd=root)

    assert (ran.status, ran.out, ran.err) == (0, "", "1 file: nothing found\n")


def test_infos_are_printed_and_do_not_fail(vault_run: Run, root: Path):
    ran = vault_run(
        "lint", "--select", "EN007", cwd=make_vault(root / "x", {"a.md": GOOD + "\n## 2026-11-20\n\nx\n"})
    )

    assert ran.status == 0
    assert "EN007" in ran.out and ran.err == "1 file: 1 info\n"


def test_exit_zero_whatever_is_found(vault_run: Run, root: Path):
    assert vault_run("lint", "--exit-zero", cwd=root).status == 0


def test_json_is_one_document(vault_run: Run, root: Path):
    ran = vault_run("lint", "--json", cwd=root)

    assert ran.status == 1
    assert ran.json["version"] == 1 and ran.json["files"] == 3
    assert ran.json["summary"] == {"errors": 1, "warnings": 1, "infos": 0, "fixable": 2, "known": 0}
    assert [finding["code"] for finding in ran.json["findings"]] == ["FM004", "EN008"]
    assert ran.json["findings"][0] == {
        "path": "customers/张三.md",
        "line": 5,
        "column": 5,
        "end_line": 5,
        "end_column": 6,
        "code": "FM004",
        "name": "fullwidth-syntax",
        "severity": "error",
        "message": "Full-width colon after `业务阶段`",
        "fix": "safe",
    }
    assert vault_run("lint", "--format", "json", cwd=root).out == ran.out


def test_concise_lines_have_no_names(vault_run: Run, root: Path):
    ran = vault_run("lint", "--format", "concise", "customers/张三.md", cwd=root)

    assert ran.out == "customers/张三.md:5:5 FM004 Full-width colon after `业务阶段`\n"


def test_fix_mends_and_prints_what_remains(vault_run: Run, root: Path):
    (root / "customers/拾花坞.md").write_text(
        GOOD.replace("企业客户", "企业x").replace("qa41", "qa43"), "utf-8"
    )

    ran = vault_run("lint", "--fix", cwd=root)

    assert ran.status == 1
    assert [line.split()[1] for line in ran.out.splitlines()] == ["CL001"]
    assert ran.err.splitlines()[0] == "4 files: 2 mended, 1 error"
    assert read(root) == FIXED and read(root, "张三.md") == COLON.replace("：", ": ")


def test_fix_twice_changes_nothing_the_second_time(vault_run: Run, root: Path):
    vault_run("lint", "--fix", cwd=root)
    stamps = {path: path.stat().st_mtime_ns for path in (root / "customers").iterdir()}

    ran = vault_run("lint", "--fix", cwd=root)

    assert (ran.status, ran.out, ran.err) == (0, "", "3 files: nothing found\n")
    assert {path: path.stat().st_mtime_ns for path in (root / "customers").iterdir()} == stamps


def test_undo_takes_a_fix_back_to_the_very_bytes(vault_run: Run, root: Path):
    vault_run("lint", "--fix", cwd=root)

    vault_run("undo", cwd=root)

    assert read(root) == PASTED and read(root, "张三.md") == COLON


@pytest.mark.parametrize("options", [["--diff"], ["--fix", "--diff"], ["--dry-run"], ["--fix", "--dry-run"]])
def test_a_preview_shows_a_diff_and_writes_nothing(vault_run: Run, root: Path, options: list[str]):
    ran = vault_run("lint", *options, "customers/蓝海.md", cwd=root)

    assert ran.status == 1
    assert ran.out.splitlines()[-5:] == [
        " ",
        "-2023年1月15日 – 咨询产品A",
        "+## 2023-01-15",
        "+",
        "+咨询产品A",
    ]
    assert ran.err == "1 file: 1 would be mended\n"
    assert read(root) == PASTED


def test_unsafe_fixes_are_made_only_when_asked_for(vault_run: Run, root: Path):
    path = root / "customers/王五.md"
    path.write_text(GOOD + "\n## 2026-11-20 电话\n", "utf-8")

    assert vault_run("lint", "--fix", str(path), cwd=root).status == 1
    assert vault_run("lint", "--unsafe-fixes", str(path), cwd=root).status == 0
    assert path.read_text("utf-8") == GOOD + "\n"


def test_a_missing_id_gets_one_that_nobody_has(vault_run: Run, root: Path):
    for name in ("a.md", "b.md"):
        (root / "customers" / name).write_text(GOOD.replace("编号: c3m8k2qa41\n", ""), "utf-8")

    vault_run("lint", "--fix", cwd=root)

    ids = {read(root, name).splitlines()[1] for name in ("a.md", "b.md", "王五.md")}
    assert len(ids) == 3 and all(line.startswith("编号: c") for line in ids)


def test_a_file_that_changes_meanwhile_is_planned_again_once(
    vault_run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
):
    edits = ["\n他来了。\n"]

    def commit_late(self: Vault, *args: Any, **kwargs: Any) -> Any:
        if edits:
            with (root / "customers/蓝海.md").open("a", encoding="utf-8") as file:
                file.write(edits.pop())
        return commit(self, *args, **kwargs)

    commit = Vault.commit
    monkeypatch.setattr(Vault, "commit", commit_late)

    ran = vault_run("lint", "--fix", cwd=root)

    assert ran.status == 0
    assert read(root) == FIXED + "\n他来了。\n"


def test_a_file_that_keeps_changing_is_not_written(
    vault_run: Run, root: Path, monkeypatch: pytest.MonkeyPatch
):
    def commit_late(self: Vault, *args: Any, **kwargs: Any) -> Any:
        with (root / "customers/蓝海.md").open("a", encoding="utf-8") as file:
            file.write("他来了。\n")
        return commit(self, *args, **kwargs)

    commit = Vault.commit
    monkeypatch.setattr(Vault, "commit", commit_late)

    ran = vault_run("lint", "--fix", cwd=root)

    assert ran.status == 4
    assert read(root) == PASTED + "他来了。\n" * 2
    assert read(root, "张三.md") == COLON


def test_rules_are_chosen_by_code_name_and_group(vault_run: Run, root: Path):
    assert "EN008" not in vault_run("lint", "--select", "FM", cwd=root).out
    assert "FM004" not in vault_run("lint", "--ignore", "fullwidth-syntax", cwd=root).out.replace("FM002", "")
    unknown = vault_run("lint", "--select", "fulwidth-syntax", cwd=root)
    assert unknown.status == 2 and "fullwidth-syntax" in unknown.err


def test_the_day_is_the_options_else_the_settings_else_today(vault_run: Run, root: Path):
    (root / "customers/蓝海.md").write_text(GOOD + "\n## 2026-11-25 电话\n\n再谈。\n", "utf-8")
    (root / "customers/张三.md").unlink()

    def finds(*options: str) -> bool:
        return "EN003" in vault_run("lint", *options, cwd=root).out

    assert finds()
    assert not finds("--as-of", "2026-11-25")
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write("as_of = 2026-12-01\n")
    assert not finds()
    assert finds("--as-of", "yesterday")
    assert vault_run("lint", "--as-of", "whenever", cwd=root).status == 2


def test_settings_in_vault_toml_are_obeyed(vault_run: Run, root: Path):
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[lint.severity]\nEN008 = "off"\nfullwidth-syntax = "info"\n')

    ran = vault_run("lint", cwd=root)

    assert ran.status == 0 and ran.err == "3 files: 1 info, --fix mends 1\n"


@pytest.mark.parametrize("name", ["customers/蓝海.md", "customers", "蓝海", "lanhai"])
def test_a_path_or_a_customer_says_what_to_lint(vault_run: Run, root: Path, name: str):
    (root / "customers/张三.md").unlink()
    (root / "customers/王五.md").unlink()

    ran = vault_run("lint", name, cwd=root)

    assert [line.split()[1] for line in ran.out.splitlines()] == ["EN008"]


def test_paths_count_from_the_working_folder(vault_run: Run, root: Path):
    assert "EN008" in vault_run("lint", "蓝海.md", cwd=root / "customers").out
    assert "EN008" in vault_run("-C", "vault", "lint", "vault/customers/蓝海.md", cwd=root.parent).out


def test_who_or_what_is_not_there_is_a_mistake_of_usage(vault_run: Run, root: Path):
    assert vault_run("lint", "nobody-of-that-name", cwd=root).status == 2
    assert vault_run("lint", str(root.parent), cwd=root).status == 2


def test_an_odd_place_is_reported_and_stops_nothing(vault_run: Run, root: Path):
    (root / "customers/夹.md").mkdir()

    ran = vault_run("lint", cwd=root)

    assert "customers/夹.md:1:1 FE007 not-a-note A folder with the name of a note" in ran.out
    assert "EN008" in ran.out


def test_stdin_is_checked_under_the_name_it_is_given(vault_run: Run, root: Path):
    ran = vault_run("lint", "--stdin", "--stdin-filename", "customers/新.md", cwd=root, stdin=PASTED)

    assert ran.status == 1
    assert ran.out.startswith("customers/新.md:11:1 EN008 ")
    assert vault_run("lint", "--stdin", cwd=root, stdin=PASTED).status == 2


def test_stdin_is_mended_to_stdout_line_breaks_and_all(vault_run: Run, root: Path):
    text = PASTED.replace("\n", "\r\n")

    ran = vault_run("lint", "--stdin", "--stdin-filename", "customers/新.md", "--fix", cwd=root, stdin=text)

    assert (ran.status, ran.out, ran.err) == (0, FIXED.replace("\n", "\r\n"), "")


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal of POSIX")
def test_on_a_terminal_the_excerpt_lines_up_under_chinese(
    root: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    class Terminal(io.TextIOWrapper):
        def isatty(self) -> bool:
            return True

    out = Terminal(io.BytesIO(), encoding="utf-8")
    monkeypatch.setattr(sys, "stdout", out)

    status = run(
        ["lint", "customers/张三.md"], {**clean_env, "COLUMNS": "60", "NO_COLOR": "1", "TERM": "dumb"}, root
    )

    out.flush()
    assert status == 1
    assert out.buffer.getvalue().decode().splitlines() == [  # type: ignore[attr-defined]
        "customers/张三.md:5:5 FM004 fullwidth-syntax Full-width colon after `业务阶段`",
        "5 | 业务阶段：方案报价",
        "  |         ^^ error, --fix mends it",
        "",
    ]


def test_the_messages_are_chinese_where_the_reader_is(vault_run: Run, root: Path):
    ran = vault_run("lint", "--json", cwd=root, env={"VAULT_NOTES_LANG": "zh"})

    english = vault_run("lint", "--json", cwd=root)
    strip = [{**finding, "message": ""} for finding in ran.json["findings"]]
    assert strip == [{**finding, "message": ""} for finding in english.json["findings"]]


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write everything")
def test_a_file_that_may_not_be_written_is_left_alone(vault_run: Run, root: Path):
    (root / "customers/蓝海.md").chmod(0o444)

    assert vault_run("lint", "--fix", cwd=root).status == 3
    assert read(root) == PASTED


@pytest.mark.parametrize("place", ["customers/蓝海.md", "customers"])
def test_a_path_is_told_from_the_vaults_folder_where_none_is_from_here(
    vault_run: Run, root: Path, tmp_path: Path, place: str
):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()

    ran = vault_run("-C", str(root), "lint", "--format", "concise", place, cwd=elsewhere)

    assert "customers/蓝海.md:" in ran.out
    assert ("customers/张三.md:" in ran.out) == (place == "customers")


def test_a_path_that_leads_out_of_the_vault_is_refused(vault_run: Run, root: Path, tmp_path: Path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "other.md").write_text("x", encoding="utf-8")

    ran = vault_run("-C", str(root), "lint", "../other.md", cwd=elsewhere)

    assert ran.status == 2 and not ran.out

"""Copies of cloud folders, half-done merges, and paths that are one to some systems."""

from __future__ import annotations

import sys
from pathlib import Path, PurePosixPath

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun
from tests.lint.linting import SCHEMA, checker, note_of
from vault_tool.notes.note import parse_note

HEAD = "---\nid: a\nname: Acme\ntype: person\nstage: lead\nowner: c\n---\n\n"


def found(body: str, code: str) -> list[str]:
    """What a rule marks in a body."""
    note = note_of(HEAD + body)
    return [finding.span.of(note.text) for finding in checker(code).check(note)]


@pytest.mark.parametrize(
    "stem",
    [
        "acme (conflicted copy 2026-01-01)",
        "acme (Li Na's conflicted copy 2026-01-01)",
        "acme (李娜的冲突副本 2026-01-01)",
        "acme (Case Conflict)",
        "acme.sync-conflict-20260101-120000-ABCDEFG",
        "acme~sync-conflict-20260101-120000",
        "acme（冲突_李娜）",
    ],
)
def test_a_copy_of_a_cloud_folder_is_found_by_its_name(stem: str) -> None:
    note = parse_note(PurePosixPath(f"customers/{stem}.md"), HEAD, SCHEMA)

    assert [finding.code for finding in checker("FE004").check(note)] == ["FE004"]


SECOND = ["acme (1)", "acme(2)", "acme（1）", "acme - 副本", "acme - 副本 (2)", "acme copy", "acme 的副本"]
SECOND += ["acme copy 2", "acme-DESKTOP-AB12CDE"]


@pytest.mark.parametrize("stem", SECOND)
def test_a_second_copy_is_found_only_beside_the_first(stem: str, tmp_path: Path, vault_run: VaultRun) -> None:
    vault = make_vault(tmp_path / "vault", {f"{stem}.md": HEAD})
    alone = vault_run("lint", "--select", "FE004", cwd=vault)
    (vault / "customers" / "acme.md").write_text(HEAD, encoding="utf-8")
    beside = vault_run("lint", "--select", "FE004", cwd=vault)

    assert "FE004" not in alone.out
    assert beside.out.count("FE004") == 1 and "customers/acme.md" in beside.out


@pytest.mark.parametrize("stem", ["冲突解决中心", "acme-hk", "copyright", "A(2)B", "2026 (1) 班", "副本厂"])
def test_a_name_is_no_copy(stem: str) -> None:
    note = parse_note(PurePosixPath(f"customers/{stem}.md"), HEAD, SCHEMA)

    assert checker("FE004").check(note) == []


@pytest.mark.parametrize(
    "body",
    [
        "<<<<<<< a\n\n>>>>>>> b\n",
        "Prices\n=======\n",
        ">>>>>>> b\n=======\n<<<<<<< a\n",
        "```\n<<<<<<< a\n=======\n>>>>>>> b\n```\n",
        "x <<<<<<< a\n=======\n>>>>>>> b\n",
        "<<<<<<<<< a\n=======\n>>>>>>> b\n",
    ],
)
def test_only_all_three_marks_in_their_order_are_a_merge(body: str) -> None:
    assert found(body, "FE004") == []
    assert found("<<<<<<< a\r\nx\r\n=======\r\ny\r\n>>>>>>> b\r\n", "FE004") == ["<<<<<<<"]


@pytest.mark.parametrize(
    ("stem", "names"),
    [
        ("acme", "name: Acme Ltd"),
        ("ACME-上海", "name: Acme"),
        ("蓝海", "name: 杭州蓝海贸易有限公司"),
        ("杭州蓝海贸易有限公司", "name: 蓝海"),
        ("BO", "name: Blue Ocean\naliases: [bo]"),
        ("c1", "id: c1\nname: Blue Ocean"),
        ("Ａｃｍｅ", "name: acme"),
        ("藍海", "name: 蓝海"),
        ("x", "stage: lead"),
        ("x", "name:"),
    ],
)
def test_a_file_may_be_called_by_any_name_of_its_customer(stem: str, names: str) -> None:
    note = parse_note(PurePosixPath(f"customers/{stem}.md"), f"---\n{names}\n---\n", SCHEMA)

    assert checker("FE006").check(note) == []


def test_new_customers_are_called_as_their_files(tmp_path: Path, vault_run: VaultRun) -> None:
    vault = make_vault(tmp_path / "vault", {})
    for _ in range(2):
        done = vault_run("new", "CON: 杭州/蓝海?", "--owner", "li.na", "--yes", cwd=vault)
        assert done.status == 0, done.err

    assert "FE006" not in vault_run("lint", "--select", "FE006", cwd=vault).out


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="the two are one file there")
@pytest.mark.parametrize("other", ["ACME", "Acme"])
def test_two_paths_that_are_one_to_some_systems_collide(
    other: str, tmp_path: Path, vault_run: VaultRun
) -> None:
    vault = make_vault(tmp_path / "vault", {"acme.md": HEAD, f"{other}.md": HEAD, "acme-hk.md": HEAD})

    ran = vault_run("lint", "--select", "FE005", cwd=vault)

    assert ran.status == 1
    assert [line.split(":")[0] for line in ran.out.splitlines()] == [
        f"customers/{other}.md",
        "customers/acme.md",
    ]
    # Who lints one of them still sees the other.
    assert vault_run("lint", "--select", "FE005", "customers/acme.md", cwd=vault).out.count("FE005") == 1

"""Opening an editor at a line: each is told in its own way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from vault_tool.cli.editor import at_line


@pytest.mark.parametrize(
    ("editor", "told"),
    [
        ("vim", ["+12", "a b.md"]),
        ("vim.basic", ["+12", "a b.md"]),
        ("nano", ["+12", "a b.md"]),
        ("emacsclient", ["+12", "a b.md"]),
        ("hx", ["a b.md:12"]),
        ("subl", ["a b.md:12"]),
        ("code", ["--goto", "a b.md:12"]),
        ("Code.exe", ["--goto", "a b.md:12"]),
        ("kate", ["--line", "12", "a b.md"]),
        ("notepad++.exe", ["-n12", "a b.md"]),
        ("notepad", ["a b.md"]),
        ("some-script.sh", ["a b.md"]),
    ],
)
def test_an_editor_is_told_the_line_in_its_own_way(editor: str, told: list[str]) -> None:
    assert at_line(editor, "a b.md", 12) == told


def test_the_first_line_needs_no_telling() -> None:
    assert at_line("vim", "a.md", 1) == ["a.md"]


@pytest.mark.parametrize("argv", [("search", "王总", "--open"), ("edit", "蓝海"), ("log", "蓝海", "-e")])
@pytest.mark.parametrize("editor", ["vi", "/usr/bin/vim.basic -u NONE", "nano"])
def test_an_editor_that_needs_a_terminal_is_not_started_without_one(
    vault_run: VaultRun, tmp_path: Path, argv: tuple[str, ...], editor: str
) -> None:
    note = "---\nid: c1\nname: 蓝海\n---\n\n王总。\n"
    home = make_vault(tmp_path / "v", {"蓝海.md": note})

    ran = vault_run(*argv, cwd=home, env={**ME, "EDITOR": editor})

    assert ran.status == 2
    assert f"The editor “{editor.split()[0]}” needs a terminal" in ran.err
    assert "EDITOR=" in ran.err
    assert (home / "customers" / "蓝海.md").read_text("utf-8") == note

"""Opening an editor at a line: each is told in its own way."""

from __future__ import annotations

import pytest

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

"""A small vault to try commands on."""

from __future__ import annotations

from pathlib import Path

SETTINGS = """version = 1
id = "v0000001"
language = "{language}"

[people."li.na"]
name = "李娜"
[people."zhang.wei"]
name = "张伟"
"""
ME = {"VAULT_NOTES_USER": "li.na"}


def make_vault(root: Path, notes: dict[str, str], language: str = "zh") -> Path:
    """Make a vault with these files in `customers/`, as given, line ends and all."""
    (root / "customers").mkdir(parents=True)
    (root / "vault.toml").write_text(SETTINGS.format(language=language), encoding="utf-8")
    for name, text in notes.items():
        (root / "customers" / name).write_bytes(text.encode())
    return root

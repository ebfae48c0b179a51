"""A small vault of bytes, and its places, for tests of what lies beneath the commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from vault_tool.vault.places import Places, places_for


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """An empty vault: a folder with settings."""
    root = tmp_path / "vault"
    (root / "customers").mkdir(parents=True)
    (root / "vault.toml").write_text('version = 1\nid = "v7k2m9qx"\nlanguage = "zh"\n', encoding="utf-8")
    return root


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment whose local state lies in the test's own folder."""
    return {"VAULT_NOTES_HOME": str(tmp_path / "home")}


@pytest.fixture
def places(root: Path, home: dict[str, str]) -> Places:
    """Where the vault's local state lies."""
    return places_for(root, "v7k2m9qx", home)

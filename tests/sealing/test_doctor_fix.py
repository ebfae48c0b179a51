"""`vault doctor --fix` sets right what nobody can lose anything by."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import cloned, note, sealed_clone

REAL_DAY = {"VAULT_NOTES_TODAY": ""}


@pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")
def test_a_fresh_clone_is_set_up_and_open_folders_are_closed(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    first = sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    clone = cloned(first, tmp_path / "other", clean_env, vault_run)
    clone.vault("list")
    (state,) = (tmp_path / "other-home/cache").glob("v0000001-*")
    seen = clone.vault("doctor", env=REAL_DAY)
    assert "vault doctor --fix" in seen.err and "git sealing" in seen.out
    state.chmod(0o755)

    ran = clone.vault("doctor", "--fix", env=REAL_DAY)

    assert ran.out.startswith("Set right: cache, git sealing\n") and "filter and hooks" in ran.out
    assert state.stat().st_mode & 0o077 == 0
    clone.write("b.md", note(2, "13912345678"))
    clone.git("add", "-A")
    assert "13912345678" not in clone.git("show", ":customers/b.md")
    told = clone.vault("doctor", "--fix", "--json", env=REAL_DAY).json
    assert told["fixed"] == [] and all("repair" not in check for check in told["checks"])


def test_a_schema_that_seals_less_is_told(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun):
    clone = sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    (clone.root / "schema").mkdir()
    (clone.root / "schema/fields.yaml").write_text("front_matter:\n  mobile:\n    sealed: false\n", "utf-8")

    assert "schema/ seals less than you accepted" in clone.vault("doctor").out
    assert clone.vault("access", "accept").status == 0
    assert "seals less" not in clone.vault("doctor").out

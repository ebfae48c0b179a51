from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from vault_tool.cli.app import App, BadToday
from vault_tool.cli.output import Output


def make(env: dict[str, str], cwd: Path) -> App:
    return App(env, cwd, Output(io.StringIO(), io.StringIO(), io.StringIO(), env))


def test_the_pinned_day_is_today_and_now_falls_on_it(tmp_path: Path):
    app = make({"VAULT_NOTES_TODAY": "2024-02-29"}, tmp_path)

    assert app.today == app.now.date() == date(2024, 2, 29)


def test_now_stands_still_during_a_run(tmp_path: Path):
    app = make({}, tmp_path)

    assert app.now == app.now
    assert app.now.tzinfo is None


@pytest.mark.parametrize("pinned", ["yesterday", "2026-02-30", "20261120x"])
def test_a_pinned_day_that_is_none_is_refused(tmp_path: Path, pinned: str):
    with pytest.raises(BadToday, match=pinned):
        _ = make({"VAULT_NOTES_TODAY": pinned}, tmp_path).today


def test_a_seed_makes_the_dice_fall_alike(tmp_path: Path):
    seeded = [make({"VAULT_NOTES_SEED": "7"}, tmp_path).random.random() for _run in range(2)]

    assert seeded[0] == seeded[1]
    assert make({}, tmp_path).random.random() != make({}, tmp_path).random.random()


def test_without_git_nobody_is_known(tmp_path: Path):
    assert make({"PATH": str(tmp_path)}, tmp_path).git_email() is None


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_git_that_fails_says_nothing(tmp_path: Path):
    git = tmp_path / "git"
    git.write_text("#!/bin/sh\necho half@example.com; exit 1\n", encoding="utf-8")
    git.chmod(0o755)

    assert make({"PATH": f"{tmp_path}:/bin:/usr/bin"}, tmp_path).git_email() is None


def test_a_vaults_own_schema_goes_before_the_built_in_one(tmp_path: Path):
    root = make_vault(tmp_path / "库", {})
    (root / "schema").mkdir()
    (root / "schema" / "fields.yaml").write_text(
        "front_matter:\n  hobby:\n    labels: {en: Hobby, zh: 嗜好}\n    type: text\n"
        "    help: {en: What they like., zh: 喜欢什么。}\n",
        encoding="utf-8",
    )

    assert make({}, root).schema.field("嗜好")
    assert make({}, tmp_path).schema.field("嗜好") is None


def test_closing_lets_go_of_every_catalog_that_was_opened(tmp_path: Path):
    root = make_vault(tmp_path / "库", {})
    app = make({"VAULT_NOTES_HOME": str(tmp_path / "home")}, root)
    catalogs = [app.vault.catalog, app.open_at(root).catalog]

    app.close()

    for catalog in catalogs:
        with pytest.raises(Exception, match="closed"):
            catalog.rows("SELECT 1")


def test_a_run_that_opened_nothing_closes_nothing(tmp_path: Path):
    make({}, tmp_path).close()
    assert list(tmp_path.iterdir()) == []

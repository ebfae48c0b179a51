"""`vault lint --statistics`: counts by rule, owner and stage, and what has changed since the last time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import VaultRun

NOTE = "---\nid: {id}\nname: Acme\ntype: person\nstage: {stage}\nowner: {owner}\n---\n{body}"
SEED = "\n2023年1月15日 – 咨询产品A\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    notes = {
        "a.md": NOTE.format(id="c1", stage="lead", owner="李娜", body=SEED * 2),
        "b.md": NOTE.format(id="c2", stage="线索", owner="@li.na", body=SEED),
        "c.md": NOTE.format(id="c3", stage="won", owner="somebody", body="").replace("type: person\n", ""),
        "d.md": "只有正文。\n",
        "e.md": NOTE.format(id="c5", stage="won", owner="li.na", body=""),
    }
    root = make_vault(tmp_path / "vault", notes)
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[lint]\nselect = ["FM001", "FM006", "EN008"]\n')
    return root


def counted(vault_run: VaultRun, root: Path, *words: str) -> Any:
    return vault_run("lint", "--statistics", "--json", *words, cwd=root).json["statistics"]


def counts(said: Any, group: str) -> list[tuple[str, int, int, int | None]]:
    return [(one[group[:-1]], one["findings"], one["fixable"], one["before"]) for one in said[group]]


def test_findings_are_counted_by_rule_owner_and_stage(vault_run: VaultRun, root: Path):
    said = counted(vault_run, root)

    assert said["since"] is None
    assert counts(said, "rules") == [("EN008", 3, 3, None), ("FM001", 1, 0, None), ("FM006", 1, 0, None)]
    assert said["rules"][0]["name"] == "seed-style-entry"
    assert counts(said, "owners") == [("li.na", 3, 3, None), ("", 1, 0, None), ("somebody", 1, 0, None)]
    assert [one["findings"] for one in said["stages"]] == [3, 1, 1]


def test_the_trend_is_since_the_last_count(vault_run: VaultRun, root: Path):
    counted(vault_run, root)
    vault_run("lint", "--fix", cwd=root)
    (root / "customers/e.md").write_text("只有正文。\n", "utf-8")

    said = counted(vault_run, root)

    assert said["since"] == "2026-11-23"
    assert counts(said, "rules") == [("FM001", 2, 0, 1), ("FM006", 1, 0, 1), ("EN008", 0, 0, 3)]
    shown = vault_run("lint", "--statistics", cwd=root)
    assert shown.out.splitlines()[0] == "rule\tFM001 front-matter-missing\t2\t\t="
    assert "Change: since the count of 2026-11-23." in shown.err


def test_a_partial_look_is_compared_with_nothing_and_not_remembered(vault_run: VaultRun, root: Path):
    counted(vault_run, root)

    for words in (["--select", "FM"], ["--ignore", "FM"], ["customers/a.md"]):
        assert counted(vault_run, root, *words)["since"] is None
    assert counts(counted(vault_run, root), "rules")[0] == ("EN008", 3, 3, 3)


def test_what_a_baseline_knows_is_still_to_be_done_and_counts(vault_run: VaultRun, root: Path):
    vault_run("lint", "--write-baseline", "b.txt", cwd=root)

    ran = vault_run("lint", "--statistics", "--baseline", "b.txt", cwd=root)

    assert ran.status == 0
    assert ran.out.splitlines()[0] == "rule\tEN008 seed-style-entry\t3\t3\t"


def test_only_counts_are_kept(vault_run: VaultRun, root: Path, clean_env: dict[str, str]):
    counted(vault_run, root)

    [kept] = Path(clean_env["VAULT_NOTES_HOME"]).rglob("lint-statistics.json")
    assert "咨询" not in kept.read_text("utf-8")
    kept.write_text('{"day": 5, "rules": []}', "utf-8")
    assert counted(vault_run, root)["since"] is None

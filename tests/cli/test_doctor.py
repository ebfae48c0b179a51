from __future__ import annotations

import importlib.util
import os
import time
from pathlib import Path

import pytest

from tests.cli.vaults import make_vault
from tests.conftest import Ran, VaultRun
from vault_tool.vault.catalog import FILE_NAME, Catalog

SECRET_NAME = "机密客户公司"
REAL_DAY = {"VAULT_NOTES_TODAY": ""}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return make_vault(tmp_path / "库", {f"{SECRET_NAME}.md": f"---\nname: {SECRET_NAME}\n---\n"})


def verdicts(ran: Ran) -> dict[str, str]:
    return {check["name"]: check["verdict"] for check in ran.json["checks"]}


def test_a_sound_installation_is_good(vault_run: VaultRun, home: Path):
    ran = vault_run("doctor", "--json", cwd=home, env=REAL_DAY)

    assert ran.json["wrong"] == 0, ran.out
    assert ran.status == 0
    assert {"python", "click", "whoosh", "sqlite", "yaml", "encoding", "cache", "clock"} <= set(verdicts(ran))


def test_outside_of_a_vault_the_rest_is_looked_at(vault_run: VaultRun):
    ran = vault_run("doctor", "--json")

    assert verdicts(ran)["vault"] == "good"
    assert "vault init" in next(check["hint"] for check in ran.json["checks"] if check["name"] == "vault")


def test_nothing_of_a_note_is_shown(vault_run: VaultRun, home: Path):
    (home / "customers" / f"{SECRET_NAME}二.md").mkdir()

    shown = vault_run("doctor", cwd=home, env=REAL_DAY)
    said = vault_run("doctor", "--json", cwd=home, env=REAL_DAY)

    assert SECRET_NAME not in shown.out + shown.err + said.out + said.err
    assert verdicts(said)["oddity folder"] == "odd"
    assert said.status == 1


def test_the_home_folder_is_not_named(vault_run: VaultRun, clean_env: dict[str, str]):
    home = make_vault(Path(clean_env["HOME"]) / "vault", {})

    ran = vault_run("doctor", cwd=home, env=REAL_DAY)

    assert clean_env["HOME"] not in ran.out
    assert f"~{os.sep}vault" in ran.out


def test_a_pinned_clock_is_odd(vault_run: VaultRun, home: Path):
    assert verdicts(vault_run("doctor", "--json", cwd=home))["clock"] == "odd"


def test_a_note_from_the_future_is_odd(vault_run: VaultRun, home: Path):
    later = time.time() + 30 * 86_400
    os.utime(home / "customers" / f"{SECRET_NAME}.md", (later, later))

    assert verdicts(vault_run("doctor", "--json", cwd=home, env=REAL_DAY))["clock"] == "odd"


@pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")
def test_a_cache_that_others_can_read_is_odd(vault_run: VaultRun, home: Path, clean_env: dict[str, str]):
    vault_run("status", cwd=home)
    (cache,) = (Path(clean_env["VAULT_NOTES_HOME"]) / "cache").glob("v0000001-*")
    cache.chmod(0o755)

    assert verdicts(vault_run("doctor", "--json", cwd=home, env=REAL_DAY))["cache"] == "odd"


def test_broken_settings_are_bad_and_the_rest_is_still_said(vault_run: VaultRun, home: Path):
    (home / "vault.toml").write_text(f'id = "v1"\n{SECRET_NAME} =\n', encoding="utf-8")

    ran = vault_run("doctor", "--json", cwd=home, env=REAL_DAY)

    assert verdicts(ran)["vault.toml"] == "bad"
    assert verdicts(ran)["python"] == "good"
    assert SECRET_NAME not in ran.out


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('id = "v1"\nversion = = 1\n', "vault.toml:2: this is not TOML: "),
        ('id = "v1"\nlanguage = "fr"\n', "vault.toml:2: `language` must be one of"),
        ('id = "v1"\nlanguge = "zh"\n', "vault.toml:2: unknown setting `languge`."),
    ],
)
def test_what_is_wrong_in_the_settings_is_said_with_its_line_and_what_to_do(
    vault_run: VaultRun, home: Path, settings: str, said: str
):
    (home / "vault.toml").write_text(settings, encoding="utf-8")

    ran = vault_run("doctor", "--json", cwd=home, env=REAL_DAY)
    listed = vault_run("list", cwd=home)

    (check,) = [check for check in ran.json["checks"] if check["name"] == "vault.toml"]
    assert said in check["seen"]
    assert check["hint"] and "vault status" not in check["hint"]
    assert said in listed.err
    assert f"Hint: {check['hint']}" in listed.err


def test_a_saved_query_that_cannot_be_read_is_bad(vault_run: VaultRun, home: Path):
    good = '[queries]\nmine = "owner:me"\n"本周" = "next:<=7d @mine"\n'
    with (home / "vault.toml").open("a", encoding="utf-8") as file:
        file.write(good)
    ran = vault_run("doctor", "--json", cwd=home, env=REAL_DAY)
    (check,) = [check for check in ran.json["checks"] if check["name"] == "queries"]
    assert (check["verdict"], check["seen"]) == ("good", "2")

    with (home / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('"旧的" = "stage:gone"\nround = "@round"\n')
    ran = vault_run("doctor", "--json", cwd=home, env=REAL_DAY)

    (check,) = [check for check in ran.json["checks"] if check["name"] == "queries"]
    assert (check["verdict"], check["seen"]) == ("bad", "can't be read: @旧的, @round")
    assert check["hint"] == "`vault list @旧的` says what is wrong with it."
    assert "“@旧的” of vault.toml" in vault_run("list", "@旧的", cwd=home).err


def test_a_home_that_is_no_full_path_is_bad(vault_run: VaultRun, home: Path):
    ran = vault_run("doctor", "--json", cwd=home, env={**REAL_DAY, "VAULT_NOTES_HOME": "state"})

    assert verdicts(ran)["vault.toml"] == "bad"
    assert "VAULT_NOTES_HOME" in ran.out
    assert vault_run("list", cwd=home, env={"VAULT_NOTES_HOME": "state"}).status == 2
    assert not (home / "state").exists()


def test_without_git_a_person_is_told_what_it_is_for(vault_run: VaultRun, home: Path, tmp_path: Path):
    ran = vault_run("doctor", "--json", cwd=home, env={**REAL_DAY, "PATH": str(tmp_path)})

    assert verdicts(ran)["git"] == "odd"


def search_check(ran: Ran) -> dict[str, str]:
    found: list[dict[str, str]] = [check for check in ran.json["checks"] if check["name"] == "search"]
    return found[0]


@pytest.mark.parametrize(
    ("seconds", "milliseconds", "verdict"),
    [("12.5", "80", "good"), ("75", "80", "odd"), ("12.5", "900", "odd")],
)
def test_a_vault_that_has_outgrown_whoosh_is_odd(
    vault_run: VaultRun,
    home: Path,
    clean_env: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    seconds: str,
    milliseconds: str,
    verdict: str,
):
    vault_run("list", cwd=home)
    (folder,) = (Path(clean_env["VAULT_NOTES_HOME"]) / "cache").glob("v0000001-*")
    with Catalog(folder / FILE_NAME) as catalog:
        catalog.set_meta("index_seconds:whoosh", seconds)
        catalog.set_meta("query_ms:whoosh", milliseconds)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    check = search_check(vault_run("doctor", "--json", cwd=home, env=REAL_DAY))

    assert check["verdict"] == verdict
    assert check["seen"] == f"whoosh, built in {float(seconds):.1f} s, asked in {milliseconds} ms"
    assert ("pip install 'vault-tool[fast]'" in check["hint"]) == (verdict == "odd")


def test_with_the_fast_engine_whoosh_may_have_been_slow(
    vault_run: VaultRun, home: Path, clean_env: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    vault_run("list", cwd=home)
    (folder,) = (Path(clean_env["VAULT_NOTES_HOME"]) / "cache").glob("v0000001-*")
    with Catalog(folder / FILE_NAME) as catalog:
        catalog.set_meta("query_ms:whoosh", "5000")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)

    assert search_check(vault_run("doctor", "--json", cwd=home, env=REAL_DAY))["seen"] == "tantivy"


def test_an_engine_that_is_chosen_and_not_installed_is_bad(
    vault_run: VaultRun, home: Path, monkeypatch: pytest.MonkeyPatch
):
    with (home / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write('[search]\nengine = "tantivy"\n')
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    check = search_check(vault_run("doctor", "--json", cwd=home, env=REAL_DAY))

    assert check["verdict"] == "bad"
    assert "pip install" in check["hint"]

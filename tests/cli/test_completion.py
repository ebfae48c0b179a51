from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from vault_tool.cli.completion import SHELLS


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_has_a_script_that_asks_this_program(vault_run: VaultRun, shell: str):
    ran = vault_run("completion", shell)

    assert ran.status == 0
    assert f"_VAULT_COMPLETE={shell}_complete" in ran.out.replace("$env:", "").replace(" = '", "=")


@pytest.mark.parametrize("shell", SHELLS)
def test_installing_twice_is_installing_once(vault_run: VaultRun, clean_env: dict[str, str], shell: str):
    home = Path(clean_env["HOME"])

    first = vault_run("completion", shell, "--install")
    written = {path: path.read_bytes() for path in home.rglob("*") if path.is_file()}
    second = vault_run("completion", shell, "--install")

    assert (first.status, second.status) == (0, 0)
    assert written
    assert {path: path.read_bytes() for path in home.rglob("*") if path.is_file()} == written
    assert all(str(path) in first.out for path in written)


def test_the_shells_own_file_keeps_every_byte(vault_run: VaultRun, clean_env: dict[str, str]):
    profile = Path(clean_env["HOME"], ".bashrc")
    profile.write_bytes(b"alias l=ls\r\n# no line end")

    vault_run("completion", "bash", "--install")

    assert profile.read_bytes().startswith(b"alias l=ls\r\n# no line end\n")


def test_the_shell_is_known_from_the_environment(vault_run: VaultRun):
    assert "compdef" in vault_run("completion", env={"SHELL": "/usr/bin/zsh"}).out


def test_an_unknown_shell_is_asked_for(vault_run: VaultRun):
    ran = vault_run("completion", env={"SHELL": "/bin/tcsh"})

    assert ran.status == 2
    assert "fish" in ran.err


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_named(vault_run: VaultRun, clean_env: dict[str, str]):
    Path(clean_env["HOME"]).chmod(0o500)

    ran = vault_run("completion", "bash", "--install")

    assert ran.status == 3
    assert ".local" in ran.err


def test_a_file_in_the_way_is_named(vault_run: VaultRun, clean_env: dict[str, str]):
    Path(clean_env["HOME"], ".local").write_text("", encoding="utf-8")

    ran = vault_run("completion", "bash", "--install")

    assert ran.status == 3
    assert ".local" in ran.err


def test_an_installed_bash_finds_its_script(vault_run: VaultRun, clean_env: dict[str, str]):
    vault_run("completion", "bash", "--install")

    done = subprocess.run(
        ["bash", "--norc", "-c", '. "$HOME/.bashrc"; complete -p vault'],
        env=clean_env,
        capture_output=True,
        encoding="utf-8",
    )

    assert "_vault_completion" in done.stdout, done.stderr

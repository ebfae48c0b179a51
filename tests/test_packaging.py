from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from hatch_build import IN_THE_WHEEL

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the installed wheel and nothing else."""
    folder = tmp_path_factory.mktemp("site")
    pip("install", "--no-deps", "--target", str(folder), str(wheel))
    return folder


def pip(*words: str) -> None:
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *words]
    subprocess.run(command, check=True, capture_output=True)


def run(env: dict[str, str], *argv: str, site: Path | None = None) -> str:
    """Run the program from the wheel, or from the checkout, in a folder outside of both."""
    code = "import sys, vault_tool.cli.main as m; print(m.__file__, file=sys.stderr); m.main()"
    place = {"PYTHONPATH": str(site)} if site else {}
    done = subprocess.run(
        [sys.executable, "-c", code, *argv],
        env={**env, **place},
        cwd=env["HOME"],
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(str(site or ROOT))
    return done.stdout


def test_the_wheel_holds_what_stands_beside_the_package(wheel: Path):
    held = zipfile.ZipFile(wheel)

    for source, target in IN_THE_WHEEL.items():
        files = {path.relative_to(ROOT / source).as_posix(): path for path in (ROOT / source).rglob("*.*")}
        assert files
        for name, path in files.items():
            if path.is_file():
                assert held.read(f"{target}/{name}") == path.read_bytes()


def test_the_wheel_holds_compiled_messages_and_its_types_but_no_tests(wheel: Path):
    names = set(zipfile.ZipFile(wheel).namelist())

    assert "vault_tool/locale/zh_CN/LC_MESSAGES/vault.mo" in names
    assert "vault_tool/py.typed" in names
    assert not [name for name in names if name.endswith((".po", ".pot", ".pyc"))]
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"vault_tool"}


def test_both_names_of_the_command_are_installed(wheel: Path):
    held = zipfile.ZipFile(wheel)
    (entry_points,) = [name for name in held.namelist() if name.endswith("entry_points.txt")]

    lines = held.read(entry_points).decode().splitlines()

    assert "vault = vault_tool.__main__:main" in lines
    assert "vault-tool = vault_tool.__main__:main" in lines


@pytest.mark.parametrize(
    "argv", [("schema", "--json"), ("schema", "--json-schema"), ("rule", "--all", "--json"), ("--help",)]
)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_wheel_and_the_checkout_say_the_same(
    site: Path, clean_env: dict[str, str], argv: tuple[str, ...], lang: str
):
    env = {**clean_env, "VAULT_NOTES_LANG": lang}

    assert run(env, *argv, site=site) == run(env, *argv)


def test_the_wheel_makes_searches_and_lints_a_vault_of_its_own(site: Path, clean_env: dict[str, str]):
    home = Path(clean_env["HOME"])

    run(clean_env, "init", "example", "--example", site=site)
    shown = run(clean_env, "-C", "example", "search", "企业版", "--json", site=site)
    run(clean_env, "-C", "example", "lint", site=site)

    assert (home / "example" / "vault.toml").read_bytes() == (ROOT / "example_vault/vault.toml").read_bytes()
    assert "企业版" in shown

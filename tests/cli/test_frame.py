from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click
import pytest

from tests.cli.vaults import make_vault
from tests.conftest import Ran
from vault_tool import __version__
from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.cli.root import COMMANDS, Listed
from vault_tool.cli.width import width
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_

Run = Callable[..., Ran]

MAIN = "from vault_tool.cli.main import main; main()"
SECRET = "13800138000"


class Refused(VaultError):
    """A made-up circumstance."""

    message = N_("{path} was refused.")
    hint = "Ask again."
    exit_code = Exit.BUSY


@command("probe", help="Do what a test asks for.", examples=("vault probe fine",))
@click.argument("act")
@option("--json", "as_json", is_flag=True)
@pass_app
def probe(app: App, act: str, as_json: bool) -> int | None:
    match act:
        case "refuse":
            raise Refused(path="蓝海.md")
        case "break":
            raise ValueError(f"bad value {SECRET}")
        case "break-deep":
            try:
                raise KeyError(SECRET)
            except KeyError as error:
                raise RuntimeError(SECRET) from error
        case "interrupt":
            raise KeyboardInterrupt
        case "find":
            app.out.line("found")
            return Exit.FINDINGS
        case "exit":
            raise SystemExit(5)
    return None


@pytest.fixture(autouse=True)
def probe_command(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    module = ModuleType("vault_tool.cli.probe")
    module.probe = probe  # type: ignore[attr-defined]  # a module made here has what we give it
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(COMMANDS, "probe", Listed("probe", "Do what a test asks for."))
    yield


# What `vault` says about itself


@pytest.mark.parametrize("argv", [(), ("--help",), ("-h",)])
def test_the_name_alone_and_help_list_every_command(vault_run: Run, argv: tuple[str, ...]):
    ran = vault_run(*argv)

    assert ran.status == 0
    assert ran.err == ""
    for listed in COMMANDS.values():
        if listed.name != "probe":
            assert f"\n  {listed.name} " in ran.out
            assert listed.summary in " ".join(ran.out.split())


def test_the_version_is_said(vault_run: Run):
    assert vault_run("--version").out == f"vault {__version__}\n"


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "probe"])
def test_a_listed_command_is_there_and_describes_itself(vault_run: Run, name: str):
    loaded = getattr(import_module(COMMANDS[name].module), name)

    ran = vault_run(name, "--help")

    assert loaded.name == name
    assert loaded.examples, "examples come first in a help"
    assert ran.status == 0
    assert ran.out.index("Examples:") < ran.out.index("Options:")


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "probe"])
def test_every_option_says_what_it_does(name: str):
    loaded = getattr(import_module(COMMANDS[name].module), name)

    shown = [param for param in loaded.params if isinstance(param, click.Option) and not param.hidden]

    assert [param.opts for param in shown if not param.help] == []


def test_the_help_lines_up_in_chinese(vault_run: Run):
    ran = vault_run("--help", env={"VAULT_NOTES_LANG": "zh"})

    options = ran.out.partition("选项：")[2].splitlines()
    starts = {width(line) - width(line.split("  ")[-1].strip()) for line in options if line.startswith("  -")}
    assert "用法：" in ran.out
    assert len(starts) == 1


def test_click_speaks_chinese_too(vault_run: Run):
    ran = vault_run("rule", "--bogus", env={"VAULT_NOTES_LANG": "zh"})

    assert ran.status == 2
    assert "没有" in ran.err
    assert "No such" not in ran.err


def test_help_loads_nothing_that_it_does_not_need():
    code = (
        "import os, sys\n"
        "from vault_tool.cli.main import run\n"
        "run(['--help'], {**os.environ, 'VAULT_NOTES_LANG': 'en'})\n"
        "heavy = {'sqlite3', 'yaml', 'whoosh', 'pypinyin', 'platformdirs', 'wcwidth'}\n"
        "sys.exit(','.join(heavy & set(sys.modules)) or 0)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, encoding="utf-8")

    assert (done.returncode, done.stderr) == (0, "")


# Exit status and errors


def test_a_command_decides_the_exit_status(vault_run: Run):
    assert [vault_run("probe", act).status for act in ("fine", "find", "exit")] == [0, 1, 5]


def test_an_unknown_command_names_the_nearest(vault_run: Run):
    ran = vault_run("serch")

    assert ran.status == 2
    assert ran.out == ""
    assert "'serch'" in ran.err
    assert "search" in ran.err


def test_a_command_is_not_guessed_from_its_beginning(vault_run: Run):
    assert vault_run("sea").status == 2


def test_a_missing_argument_points_to_the_help(vault_run: Run):
    ran = vault_run("probe")

    assert ran.status == 2
    assert ran.err == "Error: Missing argument 'ACT'.\nHint: `vault probe --help` shows how it is used.\n"


def test_an_error_says_what_and_what_next(vault_run: Run):
    ran = vault_run("probe", "refuse")

    assert (ran.status, ran.out, ran.err) == (4, "", "Error: 蓝海.md was refused.\nHint: Ask again.\n")


def test_with_json_an_error_is_json(vault_run: Run):
    ran = vault_run("probe", "refuse", "--json")

    assert (ran.status, ran.out) == (4, "")
    assert json.loads(ran.err)["version"] == 1
    assert ran.error == {
        "code": "refused",
        "message": "蓝海.md was refused.",
        "hint": "Ask again.",
        "exit": 4,
    }


@pytest.mark.parametrize(
    ("argv", "as_json"),
    [
        (("probe", "--json", "--bogus"), True),
        (("probe", "--bogus", "--format", "json"), True),
        (("probe", "--bogus", "--format=json"), True),
        (("probe", "--bogus", "--", "--json"), False),
    ],
)
def test_a_usage_error_is_json_when_json_was_asked_for(vault_run: Run, argv: tuple[str, ...], as_json: bool):
    ran = vault_run(*argv)

    assert ran.status == 2
    assert ran.err.startswith("{") is as_json


@pytest.mark.parametrize("act", ["break", "break-deep"])
@pytest.mark.parametrize("before", [(), ("--debug",)])
@pytest.mark.parametrize("after", [(), ("--json",)])
def test_a_defect_never_quotes_what_it_broke_on(
    vault_run: Run, act: str, before: tuple[str, ...], after: tuple[str, ...]
):
    ran = vault_run(*before, "probe", act, *after)

    assert ran.status == 70
    assert SECRET not in ran.out + ran.err


def test_debug_shows_where_a_defect_arose(vault_run: Run):
    ran = vault_run("--debug", "probe", "break-deep")

    assert "test_frame.py" in ran.err
    assert ran.err.index("KeyError") < ran.err.index("RuntimeError")
    assert "test_frame.py" not in vault_run("probe", "break-deep").err


def test_an_interrupt_is_130(vault_run: Run):
    assert vault_run("probe", "interrupt").status == 130


def test_a_working_folder_that_is_gone_is_an_error_not_a_crash(clean_env: dict[str, str], tmp_path: Path):
    gone = tmp_path / "gone"
    gone.mkdir()
    code = f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})\n{MAIN}"

    done = subprocess.run([sys.executable, "-c", code], env=clean_env, capture_output=True, text=True)

    assert done.returncode == Exit.UNREADABLE
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_quiet():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        [sys.executable, "-m", "vault_tool", "--help"], stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)

    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(sys.platform == "win32", reason="the shell is POSIX's")
@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("log lanhai hi <&-", 0),
        ("log lanhai <&-", 2),
        ("list <&- 2>&-", 0),
        ("list >&-", 3),
        ("list --json >&-", 3),
        ("--help >&-", 3),
        ("show --help >&-", 3),
        ("list <&- >&- 2>&-", 3),
        ("nonsense 2>&-", 2),
    ],
)
def test_a_closed_stream_is_no_defect(clean_env: dict[str, str], tmp_path: Path, words: str, status: int):
    make_vault(tmp_path / "v", {"lanhai.md": "---\nid: c1\nname: 蓝海\n---\n"})

    done = in_shell(words, clean_env, tmp_path / "v")

    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    if status == 3 and "2>&-" not in words:
        assert "The output can't be written: " in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
@pytest.mark.parametrize(
    "words", ["list", "list --json", "--help", "show --help", "show lanhai", "completion bash"]
)
def test_a_full_disk_at_the_other_end_is_said_and_is_no_defect(
    clean_env: dict[str, str], tmp_path: Path, words: str
):
    make_vault(tmp_path / "v", {"lanhai.md": "---\nid: c1\nname: 蓝海\n---\n" + "很长的一行\n" * 9_000})

    done = in_shell(f"{words} >/dev/full", clean_env, tmp_path / "v")

    assert done.returncode == Exit.UNREADABLE, done.stderr
    assert "The output can't be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr and "defect" not in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no device that is always full")
def test_an_error_that_nobody_can_be_told_keeps_its_status(clean_env: dict[str, str], tmp_path: Path):
    assert in_shell("nonsense 2>/dev/full", clean_env, tmp_path).returncode == Exit.USAGE
    assert in_shell("nonsense >/dev/full", clean_env, tmp_path).returncode == Exit.USAGE


def in_shell(words: str, env: dict[str, str], cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", f"{sys.executable} -m vault_tool {words}"],
        env={**env, "PYTHONPATH": str(Path(__file__).parents[2])},
        cwd=cwd,
        capture_output=True,
        encoding="utf-8",
    )


def test_what_is_no_ascii_is_said_whatever_the_locale(clean_env: dict[str, str]):
    env = {
        **clean_env,
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
        "VAULT_NOTES_LANG": "zh",
    }

    done = subprocess.run([sys.executable, "-m", "vault_tool", "--help"], env=env, capture_output=True)

    assert "用法：" in done.stdout.decode("utf-8")


# One process, many runs


def test_run_leaves_the_language_to_the_next_run(vault_run: Run):
    chinese = vault_run("--help", env={"VAULT_NOTES_LANG": "zh"})
    english = vault_run("--help")

    assert "Usage:" not in chinese.out
    assert "Usage:" in english.out


def test_run_is_what_another_process_would_do(clean_env: dict[str, str], vault_run: Run):
    other = subprocess.run(
        [sys.executable, "-m", "vault_tool", "--help"], env=clean_env, capture_output=True, encoding="utf-8"
    )

    assert vault_run("--help").out == other.stdout

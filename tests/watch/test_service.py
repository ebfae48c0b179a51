"""What each system is told of the service, and what happens when it does not listen."""

from __future__ import annotations

import plistlib
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from vault_tool.watch.service import (
    InstallRefused,
    NoServices,
    NotInstalled,
    Plan,
    Service,
    ServiceRefused,
    UnspeakablePath,
    launchd_plist,
    perform,
    plan_for,
    service_of,
    systemd_unit,
    task_xml,
)

ODD = [
    "my notes",
    "100%h",
    "$HOME",
    'a "quoted" one',
    "it's",
    "客户笔记",
    "back\\slash",
    "a=b",
    "${x}$$%%",
    "a&b<c>",
]


def service(name: str, program: str = "/usr/bin/python3") -> Service:
    argv = (program, "-P", "-m", "vault_tool", "-C", f"/home/li/{name}", "watch", "--service")
    return Service("v1-abc", Path(f"/home/li/{name}"), argv, {"VAULT_NOTES_HOME": f"/srv/{name}"})


def words_of(line: str) -> list[str]:
    """Read a line of a unit as systemd does: quotes, escapes, then specifiers and dollar signs."""
    words, word, quoted, signs = [], "", False, iter(line)
    for sign in signs:
        if sign == "\\":
            escaped = next(signs)
            if escaped == "x":
                escaped = chr(int(next(signs) + next(signs), 16))
            word += escaped
        elif sign == '"':
            quoted = not quoted
        elif sign == " " and not quoted:
            words.append(word)
            word = ""
        else:
            word += sign
    return [each.replace("%%", "%") for each in (*words, word)]


@pytest.mark.parametrize("name", ODD)
def test_a_unit_says_the_very_words(name: str):
    one = service(name)
    lines = dict(line.split("=", 1) for line in systemd_unit(one).splitlines() if "=" in line)

    assert [word.replace("$$", "$") for word in words_of(lines["ExecStart"])] == list(one.argv)
    assert words_of(lines["Environment"]) == [f"VAULT_NOTES_HOME=/srv/{name}"]
    assert lines["WantedBy"] == "default.target" and lines["Restart"] == "on-failure"


@pytest.mark.parametrize("name", ODD)
def test_a_program_with_an_odd_path_is_named_as_it_is(name: str):
    one = service("notes", program=f"/opt/{name}/python")
    (line,) = [line for line in systemd_unit(one).splitlines() if line.startswith("ExecStart=")]
    words = [word.replace("$$", "$") for word in words_of(line.removeprefix("ExecStart="))]

    assert words[-len(one.argv) :] == list(one.argv)
    # A program that systemd would not run itself.
    assert (words[0] == "/usr/bin/env") == any(sign in name for sign in "\"'\\$")


def test_a_program_that_nothing_can_name_is_refused():
    with pytest.raises(UnspeakablePath):
        systemd_unit(service("notes", program="/opt/a=$b/python"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="without systemd")
@pytest.mark.parametrize("name", ODD)
def test_systemd_itself_finds_the_program_and_no_fault(name: str, tmp_path: Path):
    program = tmp_path / name / "python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    unit = tmp_path / "vault-watch-v1-abc.service"
    unit.write_text(systemd_unit(service(name, str(program))), "utf-8")
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    command = ["systemd-analyze", "verify", "--user", "--man=no", str(unit)]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime), "LANG": "C.UTF-8"}

    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if unit.name in line or str(tmp_path) in line]
    assert complaints == []

    # And it is no verifier that finds nothing: without the program it complains.
    if "/usr/bin/env" in unit.read_text("utf-8"):
        return
    program.unlink()
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60)
    assert "not executable" in done.stderr or "No such file" in done.stderr


@pytest.mark.parametrize("name", ODD)
def test_a_property_list_says_the_very_words(name: str):
    one = service(name)
    told = plistlib.loads(launchd_plist(one, Path("/tmp/watch.log")))

    assert told["ProgramArguments"] == list(one.argv)
    assert told["EnvironmentVariables"] == dict(one.env)
    assert (
        told["Label"] == "vault-watch-v1-abc"
        and told["RunAtLoad"]
        and told["KeepAlive"] == {"SuccessfulExit": False}
    )


def test_a_path_that_xml_can_not_hold_is_refused():
    with pytest.raises(UnspeakablePath):
        launchd_plist(service("bell\a"), Path("/tmp/log"))


TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"


@pytest.mark.parametrize(
    "name", ["my notes", "100%", "$HOME", 'a "quoted" one', "客户笔记", "a&b<c>", "tail\\"]
)
def test_a_task_says_the_very_words(name: str):
    one = service(name, program="C:\\Program Files\\Python\\python.exe")
    read = ElementTree.fromstring(task_xml(one, "FIRMA\\li"))
    found = {element.tag.removeprefix(TASK): element.text for element in read.iter()}

    assert found["Command"] == "C:\\Program Files\\Python\\pythonw.exe"
    assert found["Arguments"] == subprocess.list2cmdline(one.argv[1:])
    assert found["UserId"] == "FIRMA\\li" and found["ExecutionTimeLimit"] == "PT0S"
    assert task_xml(one, "FIRMA\\li").encode("utf-16").decode("utf-16").startswith("<?xml")


@pytest.mark.parametrize("name", ["%USERNAME%", "$(Arg0)", "bell\a"])
def test_a_path_in_which_the_scheduler_would_put_something_is_refused(name: str):
    with pytest.raises(UnspeakablePath):
        task_xml(service(name), "li")


def test_the_service_runs_this_python_in_the_shells_places_and_language():
    env = {
        "VAULT_NOTES_HOME": "/srv/h",
        "XDG_CACHE_HOME": "/srv/c",
        "XDG_STATE_HOME": "",
        "LC_ALL": "zh_CN.UTF-8",
        "LANG": "C",
        "PATH": "/bin",
    }
    one = service_of("v1-abc", Path("/home/li/notes"), env)

    assert one.argv[0] == sys.executable and one.argv[-2:] == ("watch", "--service")
    assert one.env == {"VAULT_NOTES_HOME": "/srv/h", "XDG_CACHE_HOME": "/srv/c", "LC_ALL": "zh_CN.UTF-8"}
    assert one.name == "vault-watch-v1-abc"


def test_each_system_has_its_file(tmp_path: Path):
    one, env = service("notes"), {"USERDOMAIN": "FIRMA", "USERNAME": "li"}
    files = {
        platform: plan_for(platform, one, tmp_path, tmp_path / "state", env).file.relative_to(tmp_path)
        for platform in ("linux", "darwin", "win32")
    }

    assert files == {
        "linux": Path(".config/systemd/user/vault-watch-v1-abc.service"),
        "darwin": Path("Library/LaunchAgents/vault-watch-v1-abc.plist"),
        "win32": Path("state/watch-task.xml"),
    }
    elsewhere = plan_for("linux", one, tmp_path, tmp_path, {"XDG_CONFIG_HOME": str(tmp_path / "cfg")})
    assert elsewhere.file.is_relative_to(tmp_path / "cfg")
    with pytest.raises(NoServices):
        plan_for("plan9", one, tmp_path, tmp_path, {})


# --- the edge, with a system that notes what it is asked


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `systemctl` that writes down its words, and fails on the word that stands in the file `fails`."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "systemctl"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
        f'for word in "$@"; do grep -qx -- "$word" {tmp_path}/fails 2>/dev/null && {{ echo no bus >&2; exit 1; }}; done\n'
        "exit 0\n"
    )
    program.chmod(program.stat().st_mode | stat.S_IEXEC)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return tmp_path / "asked"


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    return plan_for("linux", service("notes"), tmp_path, tmp_path, {})


def test_installing_writes_the_file_and_starts(plan: Plan, asked: Path):
    perform(plan, "install")

    assert plan.file.read_bytes() == plan.content
    unit = "vault-watch-v1-abc.service"
    assert asked.read_text().splitlines() == [
        "--user daemon-reload",
        f"--user enable {unit}",
        f"--user restart {unit}",
    ]


def test_uninstalling_ends_it_and_removes_the_file(plan: Plan, asked: Path):
    perform(plan, "install")
    perform(plan, "uninstall")

    assert not plan.file.exists()
    assert asked.read_text().splitlines()[-1] == "--user disable --now vault-watch-v1-abc.service"
    with pytest.raises(NotInstalled):
        perform(plan, "uninstall")


@pytest.mark.parametrize("action", ["start", "stop"])
def test_starting_and_stopping_need_a_service(action: str, plan: Plan, asked: Path):
    with pytest.raises(NotInstalled):
        perform(plan, action)  # type: ignore[arg-type]
    perform(plan, "install")
    perform(plan, action)  # type: ignore[arg-type]

    assert asked.read_text().splitlines()[-1] == f"--user {action} vault-watch-v1-abc.service"


def test_a_system_that_does_not_listen_is_said_with_what_to_do(plan: Plan, asked: Path, tmp_path: Path):
    (tmp_path / "fails").write_text("daemon-reload\n")

    with pytest.raises(InstallRefused):
        perform(plan, "install")
    assert not plan.file.exists()

    (tmp_path / "fails").unlink()
    perform(plan, "install")
    (tmp_path / "fails").write_text("daemon-reload\n")
    with pytest.raises(ServiceRefused) as error:
        perform(plan, "install")

    assert plan.file.exists()
    assert not isinstance(error.value, InstallRefused)
    said = error.value.values
    assert said["reason"] == "no bus" and said["file"] == plan.file
    assert "systemctl --user enable vault-watch-v1-abc.service" in str(said["commands"])


def test_without_systemctl_nothing_is_left_behind_and_what_was_there_can_be_taken_away(
    plan: Plan, asked: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(InstallRefused):
        perform(plan, "install")
    assert not plan.file.exists()

    monkeypatch.undo()
    monkeypatch.setenv("PATH", f"{asked.parent / 'bin'}:/usr/bin:/bin")
    perform(plan, "install")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServiceRefused):
        perform(plan, "uninstall")
    assert not plan.file.exists()

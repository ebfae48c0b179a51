"""The watcher as a service of the user's own: a systemd user unit, a launchd agent, a logon task.

What such a file says is made by pure functions; only `perform` touches the system.
"""

from __future__ import annotations

import os
import plistlib
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal
from xml.sax.saxutils import escape

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_
from vault_tool.named import NamedTuple
from vault_tool.vault.files import CannotWrite

Action = Literal["install", "uninstall", "start", "stop"]

# What decides where catalog and index lie, and the language: the service has to agree with the shell.
CARRIED = ("VAULT_NOTES_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
LANGUAGE = ("VAULT_NOTES_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
_SECONDS = 30.0


class NoServices(VaultError):
    """This system has no services that we know of."""

    message = N_("There is no kind of service here that vault knows of ({platform}).")
    hint = N_("Let your system run `vault watch` when you log in.")
    exit_code = Exit.UNREADABLE


class NotInstalled(VaultError):
    """There is no service for this vault."""

    message = N_("No service watches this vault.")
    hint = N_("`vault watch install` makes one.")
    exit_code = Exit.USAGE


class ServiceRefused(VaultError):
    """The system's services do not answer, or refuse."""

    message = N_("`{command}` failed: {reason}")
    hint = N_("The service is described in {file}. Where the system's services are at hand, run: {commands}")
    exit_code = Exit.UNREADABLE


class InstallRefused(ServiceRefused):
    """The system's services do not answer, or refuse, where there was no service yet."""

    hint = N_(
        "Nothing was installed. Run `vault watch install` where the system's services are at hand; "
        "`vault watch` watches in a terminal."
    )


class UnspeakablePath(VaultError):
    """A path holds what the description of a service can't."""

    message = N_("A service can't be told of a path with such characters: {path}")
    hint = N_("Move the vault, or let your system run `vault watch` when you log in.")
    exit_code = Exit.USAGE


class Service(NamedTuple):
    """What is to run: `key` tells the vaults of one user apart."""

    key: str
    root: Path
    argv: tuple[str, ...]
    env: Mapping[str, str]

    @property
    def name(self) -> str:
        """The name that the system knows it by."""
        return f"vault-watch-{self.key}"


class Plan(NamedTuple):
    """A service in one system's terms: its file, and the commands of each action.

    `lenient` commands may fail: they only put away what may not be there.
    """

    file: Path
    content: bytes
    commands: Mapping[Action, Sequence[Sequence[str]]]
    lenient: Sequence[Sequence[str]] = ()
    advice: str = ""


def service_of(key: str, root: Path, env: Mapping[str, str]) -> Service:
    """Describe the service of a vault, run by the very Python that runs us."""
    carried = {name: env[name] for name in CARRIED if env.get(name)}
    # The first that is set is the one that counts.
    carried |= {name: env[name] for name in [name for name in LANGUAGE if env.get(name)][:1]}
    # -P: whatever folder it starts in, nothing is imported from there.
    argv = (sys.executable, "-P", "-m", "vault_tool", "-C", str(root), "watch", "--service")
    return Service(key, root, argv, carried)


def plan_for(platform: str, service: Service, home: Path, state: Path, env: Mapping[str, str]) -> Plan:
    """Return how this system is told of a service."""
    if platform.startswith("linux"):
        return _systemd_plan(service, home, env)
    if platform == "darwin":
        return _launchd_plan(service, home, state)
    if platform == "win32":
        return _task_plan(service, state, env)
    raise NoServices(platform=platform)


def perform(plan: Plan, action: Action) -> None:
    """Do one of `install`, `uninstall`, `start`, `stop`; raises `ServiceRefused` when the system does.

    A first `install` that is refused leaves nothing behind: `InstallRefused`.
    """
    is_there = plan.file.exists()
    if action == "install":
        _write(plan)
    elif not is_there:
        raise NotInstalled
    commands = plan.commands[action]
    try:
        for command in commands:
            _run(command, plan, commands)
    except ServiceRefused as error:
        if action != "install" or is_there:
            raise
        plan.file.unlink(missing_ok=True)
        raise InstallRefused(**error.values) from error
    finally:
        if action == "uninstall":
            plan.file.unlink(missing_ok=True)


def _write(plan: Plan) -> None:
    try:
        plan.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        plan.file.write_bytes(plan.content)
    except OSError as error:
        raise CannotWrite(path=plan.file, reason=error.strerror or str(error)) from error


def _run(command: Sequence[str], plan: Plan, commands: Sequence[Sequence[str]]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=_SECONDS)
        failed = done.returncode != 0
        reason = " ".join((done.stderr or done.stdout).decode("utf-8", "replace").split())
    except (OSError, subprocess.TimeoutExpired) as error:
        failed, reason = True, getattr(error, "strerror", None) or type(error).__name__
    if failed and command not in plan.lenient:
        by_hand = " && ".join(shlex.join(one) for one in commands)
        raise ServiceRefused(command=command[0], reason=reason, file=plan.file, commands=by_hand)


# --- systemd -----------------------------------------------------------------------------------------------


def _systemd_plan(service: Service, home: Path, env: Mapping[str, str]) -> Plan:
    folder = Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
    unit = f"{service.name}.service"
    systemctl = ("systemctl", "--user")
    return Plan(
        folder / unit,
        systemd_unit(service).encode(),
        {
            "install": (
                (*systemctl, "daemon-reload"),
                (*systemctl, "enable", unit),
                (*systemctl, "restart", unit),
            ),
            "uninstall": ((*systemctl, "disable", "--now", unit),),
            "start": ((*systemctl, "start", unit),),
            "stop": ((*systemctl, "stop", unit),),
        },
        advice=N_("`loginctl enable-linger` lets it run on while you are logged out."),
    )


def systemd_unit(service: Service) -> str:
    """Return the text of a systemd user unit.

    It tries again every minute: the vault may be on a disk that is not there yet, or watched by another.
    """
    words = list(service.argv)
    # systemd runs no program of such a name; `env` runs any but what looks like an assignment.
    if re.search(r"[\x00-\x1f\x7f\"'\\$]", words[0]):
        if "=" in words[0]:
            raise UnspeakablePath(path=words[0])
        words.insert(0, "/usr/bin/env")
    line = [_systemd_word(words[0]), *(_systemd_word(word).replace("$", "$$") for word in words[1:])]
    environment = [f"Environment={_systemd_word(f'{name}={text}')}" for name, text in service.env.items()]
    return "\n".join(
        [
            "[Unit]",
            f"Description=Watches the customer notes in {_systemd_text(str(service.root))}",
            "StartLimitIntervalSec=0",
            "",
            "[Service]",
            f"ExecStart={' '.join(line)}",
            *environment,
            "Restart=on-failure",
            "RestartSec=60",
            "KillMode=mixed",
            "TimeoutStopSec=20",
            "",
            "[Install]",
            "WantedBy=default.target",
            "",
        ]
    )


def _systemd_word(word: str) -> str:
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    escaped = re.sub(r"[\x00-\x1f\x7f]", lambda sign: f"\\x{ord(sign[0]):02x}", escaped)
    return f'"{escaped}"'


def _systemd_text(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", "?", text).replace("\\", "\\\\").replace("%", "%%")


# --- launchd -----------------------------------------------------------------------------------------------


def _launchd_plan(service: Service, home: Path, state: Path) -> Plan:
    domain = f"gui/{os.getuid()}"
    target = f"{domain}/{service.name}"
    file = home / "Library" / "LaunchAgents" / f"{service.name}.plist"
    bootout = ("launchctl", "bootout", target)
    return Plan(
        file,
        launchd_plist(service, state / "watch.log"),
        {
            "install": (bootout, ("launchctl", "bootstrap", domain, str(file))),
            "uninstall": (bootout,),
            "start": (("launchctl", "kickstart", target),),
            "stop": (("launchctl", "kill", "SIGTERM", target),),
        },
        lenient=(bootout,),
    )


def launchd_plist(service: Service, log: Path) -> bytes:
    """Return the property list of a launchd agent: it starts again unless it ended well."""
    try:
        return plistlib.dumps(
            {
                "Label": service.name,
                "ProgramArguments": list(service.argv),
                "EnvironmentVariables": dict(service.env),
                "RunAtLoad": True,
                "KeepAlive": {"SuccessfulExit": False},
                "ThrottleInterval": 60,
                "StandardErrorPath": str(log),
            }
        )
    except ValueError as error:
        raise UnspeakablePath(path=str(service.root)) from error


# --- logon task --------------------------------------------------------------------------------------------


def _task_plan(service: Service, state: Path, env: Mapping[str, str]) -> Plan:
    file = state / "watch-task.xml"
    user = "\\".join(part for part in (env.get("USERDOMAIN"), env.get("USERNAME")) if part)
    tasks = ("schtasks.exe", "/TN", service.name)
    run, end = (tasks[0], "/Run", *tasks[1:]), (tasks[0], "/End", *tasks[1:])
    return Plan(
        file,
        # The one encoding that every version of schtasks reads.
        task_xml(service, user).encode("utf-16"),
        {
            "install": ((tasks[0], "/Create", *tasks[1:], "/XML", str(file), "/F"), run),
            "uninstall": (end, (tasks[0], "/Delete", *tasks[1:], "/F")),
            "start": (run,),
            "stop": (end,),
        },
        lenient=(end,),
    )


def task_xml(service: Service, user: str) -> str:
    """Return the description of a logon task. A task takes its environment from the user's settings."""
    program, *words = service.argv
    # The scheduler puts variables in, wherever they stand, and there is no way to write that it should not.
    for word in service.argv:
        if re.search(r"%[^%]+%|\$\(|[\x00-\x1f]", word):
            raise UnspeakablePath(path=word)
    # pythonw opens no window.
    windowless = re.sub(r"(?i)python\.exe$", "pythonw.exe", program)
    said = {
        "user": escape(user),
        "root": escape(str(service.root)),
        "command": escape(windowless),
        "arguments": escape(subprocess.list2cmdline(words)),
    }
    return _TASK.format(**said)


_TASK = """\
<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Description>Watches the customer notes in {root}</Description></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>true</Enabled><UserId>{user}</UserId></LogonTrigger></Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId><LogonType>InteractiveToken</LogonType><RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure><Interval>PT1M</Interval><Count>999</Count></RestartOnFailure>
  </Settings>
  <Actions Context="Author">
    <Exec><Command>{command}</Command><Arguments>{arguments}</Arguments></Exec>
  </Actions>
</Task>
"""

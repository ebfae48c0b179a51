"""A word on the desktop is an argument: nothing in a name can be anything else."""

from __future__ import annotations

from vault_tool.watch.notify import notify, notify_command

ODD = '-x "; display dialog "<b>客户</b> $(id)'


def test_linux_shows_it_without_markup():
    command = notify_command("linux", ODD)

    assert command[0] == "notify-send" and command[-3:-1] == ["--", "vault"]
    assert "<" not in command[-1] and "客户" in command[-1]


def test_macos_gets_it_as_an_argument_of_the_script():
    command = notify_command("darwin", ODD)

    assert command[0] == "osascript" and command[-2:] == ["--", ODD]
    assert not any("客户" in word for word in command[:-1])


def test_elsewhere_nothing_happens():
    assert notify_command("win32", ODD) == []
    notify("win32", ODD)
    notify("linux", "no desktop here")

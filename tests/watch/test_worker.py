from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence

import pytest

if sys.platform == "win32":
    pytest.skip("there is no warm process on Windows", allow_module_level=True)

from tests.watch.lending import Lent, children, wait_until
from vault_tool.watch.client import ACCEPTED, identity

# The same bytes


ASKED: Sequence[Sequence[str]] = (
    ("list",),
    ("list", "--json"),
    ("list", "stage:won"),
    ("list", "stage:nonsense"),
    ("list", "owner:me", "-l"),
    ("list", "(never", "closed"),
    ("list", "--bogus"),
    ("list", "--help"),
    ("show", "lanhai"),
    ("show", "蓝海", "--all"),
    ("show", "Ocean", "--json"),
    ("show", "c1", "--raw"),
    ("show", "蓝"),
    ("show", "nobody"),
    ("show", "nobody", "--json"),
    ("show",),
    ("search", "报价"),
    ("search", "报价", "quote", "--json"),
    ("search", "折扣", "-测试", "stage:lead", "-n", "1"),
    ("search", "白价"),
    ("search", ""),
    ("search", "last:>", "--json"),
    ("--color", "always", "search", "quote"),
    ("-C", "customers", "list"),
    ("-C", "/nowhere", "list"),
)
SURROUNDINGS: dict[str, dict[str, str]] = {
    "Chinese": {"VAULT_NOTES_LANG": "zh"},
    "no language": {"VAULT_NOTES_LANG": "", "LANG": "zh_CN.UTF-8", "LC_ALL": "C"},
    "forced colour": {"FORCE_COLOR": "1"},
    "another day": {"VAULT_NOTES_TODAY": "2026-12-24"},
    "no day": {"VAULT_NOTES_TODAY": "", "TZ": "Pacific/Kiritimati"},
    "a bad day": {"VAULT_NOTES_TODAY": "soon"},
    "nobody": {"VAULT_NOTES_USER": "", "PATH": ""},
    "elsewhere": {"VAULT_NOTES_DIR": "/nowhere"},
}
TERMINALS = {
    "a terminal": (80, "012", {}),
    "a narrow one": (30, "012", {"VAULT_NOTES_LANG": "zh"}),
    "one without width": (0, "012", {}),
    "one whose width is said": (80, "012", {"COLUMNS": "44"}),
    "one whose width is nonsense": (80, "012", {"COLUMNS": "+5"}),
    "one without colour": (80, "012", {"NO_COLOR": "1"}),
    "a dumb one": (80, "012", {"TERM": "dumb"}),
    "only to read": (80, "1", {}),
    "only for errors": (80, "02", {}),
}


def same(served: object, alone: object, before: list[str], lent: Lent) -> None:
    assert served == alone
    assert len(lent.served) == len(before) + 1, "it was not the warm process that answered"


@pytest.mark.parametrize("argv", ASKED, ids=" ".join)
def test_what_the_warm_process_says_is_what_the_command_says(lent: Lent, argv: Sequence[str]):
    before = lent.served

    served = lent.run(*argv)

    alone = lent.alone(*argv)
    if argv == ("-C", "/nowhere", "list"):
        assert lent.served == before, "no vault, no warm process"
        assert served == alone
    else:
        same(served, alone, before, lent)


@pytest.mark.parametrize("around", SURROUNDINGS)
def test_it_is_said_as_whoever_asks_would_have_it(lent: Lent, around: str):
    env = SURROUNDINGS[around]
    for argv in (("show", "lanhai"), ("search", "报价", "owner:me", "last:>2d")):
        before = lent.served
        served = lent.run(*argv, env=env)
        alone = lent.alone(*argv, env=env)
        if around == "elsewhere":
            assert served == alone
        else:
            same(served, alone, before, lent)


@pytest.mark.parametrize("terminal", TERMINALS)
def test_it_is_said_as_the_terminal_shows_it(lent: Lent, terminal: str):
    columns, streams, env = TERMINALS[terminal]
    for argv in (("list",), ("search", "报价"), ("list", "--bogus")):
        before = lent.served
        served = lent.shown(*argv, columns=columns, streams=streams, env=env)
        alone = lent.shown(*argv, columns=columns, streams=streams, env=lent.aside(env))
        same(served, alone, before, lent)


def test_both_streams_come_in_the_order_in_which_they_were_written(lent: Lent):
    for argv in (("show", "lanhai", "--json"), ("search", "报价", "-n", "1"), ("list", "--bogus")):
        before = lent.served
        same(
            lent.run(*argv, stderr=subprocess.STDOUT),
            lent.alone(*argv, stderr=subprocess.STDOUT),
            before,
            lent,
        )


def test_where_one_stands_decides(lent: Lent):
    for folder in ("customers", "."):
        before = lent.served
        served = lent.run("-C", "..", "search", "报价", cwd=lent.root / folder)
        alone = lent.alone("-C", "..", "search", "报价", cwd=lent.root / folder)
        if folder == "customers":
            same(served, alone, before, lent)
        else:
            assert served == alone


def test_bytes_that_are_no_text_pass(lent: Lent):
    before = lent.served
    word = os.fsdecode(b"\xe8\x93")
    env = {"ODD": os.fsdecode(b"\xff\xfe\n=x")}
    same(lent.run("search", word, env=env), lent.alone("search", word, env=env), before, lent)


def test_a_shell_is_offered_the_same(lent: Lent):
    for words, at in (
        ("vault show lan", 2),
        ("vault list stage:", 2),
        ("vault search --sort=", 2),
        ("vault sh", 1),
    ):
        before = lent.served
        env = {"_VAULT_COMPLETE": "zsh_complete", "COMP_WORDS": words, "COMP_CWORD": str(at)}
        same(lent.run(env=env), lent.alone(env=env), before, lent)


def test_an_answer_of_many_megabytes_arrives_whole(own: Lent):
    with (own.root / "customers" / "蓝天.md").open("a", encoding="utf-8") as file:
        file.write("很长的一行，没有尽头。\n" * 100_000)
    own.tell("sync")

    served = own.run("show", "蓝天", "--raw")

    assert len(served.out) > 3_000_000
    assert served == own.alone("show", "蓝天", "--raw")
    assert len(own.served) == 1


def test_a_lent_command_loads_nothing(own: Lent):
    shell = {"_VAULT_COMPLETE": "zsh_complete", "COMP_WORDS": "vault show lan", "COMP_CWORD": "2"}
    own.run("search", "报价")
    (own.log.with_name("modules")).touch()
    # So that no worker has run before.
    for pid in children(own.server):
        os.kill(pid, signal.SIGKILL)

    own.run("show", "lanhai")
    own.run("list", "stage:lead", "报价")
    own.run("search", "报价", "quote", "--json")
    own.run("show", "nobody")
    own.run(env=shell)

    assert len(own.served) == 6
    assert own.log.with_name("modules").read_text(encoding="utf-8") == ""


# Guests


def call(lent: Lent, data: bytes) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(10)
    connection.connect(str(lent.socket))
    connection.sendall(data)
    return connection


def heard(connection: socket.socket) -> bytes:
    """Read to the end; a reset is one."""
    said = b""
    try:
        while some := connection.recv(1 << 16):
            said += some
    except ConnectionResetError:
        pass
    return said


def question(*fields: bytes) -> bytes:
    data = b"\0".join(fields)
    return len(data).to_bytes(4, "big") + data


def whole_question(lent: Lent) -> bytes:
    around = [f"{name}={value}".encode() for name, value in lent.env.items()]
    return question(
        identity(), b"000", b"0", b"0", b"4096", b"vault", bytes(lent.root), b"1", b"list", *around
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\0",
        b"\xff\xff\xff\xff" + b"x" * 1000,
        b"GET / HTTP/1.1\r\n\r\n",
        question(b"0.0.1 elsewhere", b"000"),
        question(identity()),
        question(identity(), b"000", b"0", b"0", b"4096", b"vault", b"/", b"many", b"list"),
        question(identity(), b"000", b"0", b"0", b"4096", b"vault", b"/nowhere", b"1", b"list"),
    ],
)
def test_what_is_no_question_gets_no_answer_and_harms_nobody(lent: Lent, data: bytes):
    with call(lent, data) as guest:
        guest.shutdown(socket.SHUT_WR)
        assert heard(guest) == ACCEPTED

    before = lent.served
    assert lent.run("list").status == 0
    assert len(lent.served) == len(before) + 1


def test_a_guest_that_has_said_all_it_wants_is_answered(lent: Lent):
    with call(lent, whole_question(lent)) as guest:
        guest.shutdown(socket.SHUT_WR)
        said = heard(guest)

    assert said[:1] == ACCEPTED
    assert int.from_bytes(said[1:9], "big") == len(said) - 9
    assert "杭州蓝海贸易有限公司" in said.decode("utf-8", "replace")


def test_a_guest_that_goes_away_harms_nobody(lent: Lent):
    for _guest in range(20):
        call(lent, whole_question(lent)).close()

    assert lent.run("list").status == 0


def test_guests_that_say_one_byte_at_a_time_are_not_waited_for(lent: Lent):
    guests = [call(lent, b"\0") for _guest in range(12)]
    try:
        assert lent.run("list") == lent.alone("list")
        before = lent.served
        wait_until(lambda: lent.run("list").status == 0 and lent.served != before)
    finally:
        for guest in guests:
            guest.close()

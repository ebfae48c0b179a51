from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("there is no warm process on Windows", allow_module_level=True)

from tests.watch.lending import REPOSITORY, Lent
from vault_tool.watch import client

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


# What is asked


def test_asking_loads_next_to_nothing():
    code = (
        "import sys; before = set(sys.modules)\n"
        "import vault_tool.__main__\n"
        "print(*sorted(set(sys.modules) - before))"
    )

    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, encoding="utf-8")

    assert done.stdout.split() == [
        "vault_tool",
        "vault_tool.__main__",
        "vault_tool.watch",
        "vault_tool.watch.client",
    ]


def asked(root: Path, *words: str, env: dict[str, str] | None = None, prog: str = "vault") -> bool:
    """Say whether the warm process of the vault at `root` would be asked this."""
    around = {"XDG_RUNTIME_DIR": str(root / "run"), **(env or {})}
    path = client.socket_path(str(root), around)
    assert path is not None
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).touch()
    found = client._asked([f"/usr/bin/{prog}", *words], around)
    assert found is None or found[0] == path
    return found is not None


@pytest.fixture
def vault(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A vault with a path short enough for a socket in it."""
    root = Path(tempfile.mkdtemp(prefix="vc-", dir="/tmp")).resolve()
    (root / "customers").mkdir()
    (root / "run").mkdir()
    (root / "vault.toml").touch()
    monkeypatch.chdir(root / "customers")
    yield root
    shutil.rmtree(root)


@pytest.mark.parametrize(
    ("words", "is_asked"),
    [
        ("search 报价", True),
        ("list", True),
        ("show lanhai --json", True),
        ("--color never search -测试", True),
        ("--color=never list", True),
        ("-C .. list", True),
        ("-C.. list", True),
        ("", False),
        ("--help", False),
        ("--version", False),
        ("--debug list", False),
        ("log lanhai hi", False),
        ("lint", False),
        ("-C / list", False),
        ("-C", False),
        ("show lanhai --reveal", False),
        ("search -i 报价", False),
        ("search 报价 --open", False),
        ("search 报价 --open=2", False),
    ],
)
def test_only_short_answers_that_need_no_terminal_are_asked_for(vault: Path, words: str, is_asked: bool):
    assert asked(vault, *words.split()) is is_asked


@pytest.mark.parametrize(
    ("env", "prog", "is_asked"),
    [
        ({"_VAULT_COMPLETE": "bash_complete", "COMP_WORDS": "vault show l"}, "vault", True),
        ({"_VAULT_TOOL_COMPLETE": "bash_complete", "COMP_WORDS": "vault-tool show l"}, "vault-tool", True),
        ({"_VAULT_COMPLETE": "bash_complete", "COMP_WORDS": "vault -C x show l"}, "vault", False),
        ({"_VAULT_COMPLETE": "bash_source"}, "vault", False),
        ({"_OTHER_COMPLETE": "bash_complete", "COMP_WORDS": "vault show l"}, "vault", False),
    ],
)
def test_completions_are_asked_for_too(vault: Path, env: dict[str, str], prog: str, is_asked: bool):
    assert asked(vault, env=env, prog=prog) is is_asked


def test_the_vault_is_the_one_the_command_would_take(vault: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir("/")
    assert not asked(vault, "list")
    assert asked(vault, "list", env={"VAULT_NOTES_DIR": str(vault / "customers")})
    assert asked(vault, "-C", str(vault), "list", env={"VAULT_NOTES_DIR": "/nowhere"})

    link = vault / "run" / "link"
    link.symlink_to(vault / "customers")
    assert asked(vault, "-C", str(link), "list")


# Where


def test_each_vault_and_each_home_has_a_place_of_its_own(tmp_path: Path):
    places = {
        client.socket_path(root, {"XDG_RUNTIME_DIR": "/tmp", "VAULT_NOTES_HOME": home})
        for root in ("/a", "/b", "/库")
        for home in ("", "/a", "/b")
    }

    assert len(places) == 9
    assert all(place and place.startswith("/tmp/vault-notes/") for place in places)


@pytest.mark.parametrize(
    "env",
    [
        {},
        {"XDG_RUNTIME_DIR": "/nowhere"},
        {"TMPDIR": "/" + "long" * 40},
        {"XDG_RUNTIME_DIR": "/tmp", "VAULT_NOTES_HOME": "/" + "long" * 400},
        {"TMPDIR": "/" + "长" * 30},
    ],
)
def test_the_place_is_short_enough_for_every_system(env: dict[str, str]):
    place = client.socket_path("/home/somebody/" + "deep/" * 100, env)

    assert place is not None
    assert len(os.fsencode(place)) < 100


# Whom to trust


def test_a_folder_that_others_may_enter_is_not_trusted(own: Lent):
    own.run("list")
    for mode in (0o750, 0o707, 0o777):
        own.socket.parent.chmod(mode)
        assert own.run("list") == own.alone("list")
    own.socket.parent.chmod(0o700)
    own.run("list")

    assert len(own.served) == 2


@AS_ROOT
def test_somebody_elses_folder_is_not_trusted(own: Lent):
    os.chown(own.socket.parent, 12345, 12345)

    assert own.run("list") == own.alone("list")
    assert own.served == []


def test_a_folder_that_is_a_link_is_not_trusted(own: Lent):
    folder = own.socket.parent
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")

    assert own.run("list") == own.alone("list")
    assert own.served == []


def test_another_version_is_not_answered(own: Lent):
    code = "import vault_tool; vault_tool.__version__ = '0.0.9'\nfrom vault_tool.__main__ import main; main()"

    other = subprocess.run(
        [sys.executable, "-c", code, "list"], env=own.env, cwd=own.root, capture_output=True
    )

    assert (other.returncode, other.stdout) == (0, own.alone("list").out)
    assert own.served == []


def test_another_notion_of_text_is_not_answered(own: Lent):
    env = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

    assert own.run("list", env=env) == own.alone("list", env=env)
    assert own.served == []


# Answers that are none


@contextmanager
def pretending(lent: Lent, behave: Callable[[socket.socket], None]) -> Iterator[None]:
    """Listen in the place of the warm process."""
    lent.tell("stop")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(lent.socket))
        listening.listen()

        def answer() -> None:
            with suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    behave(connection)

        thread = threading.Thread(target=answer)
        thread.start()
        yield
        # It may be waiting still.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as last:
            last.connect(str(lent.socket))
        thread.join()


def framed(payload: bytes) -> bytes:
    return client.ACCEPTED + len(payload).to_bytes(8, "big") + payload


def read_all(connection: socket.socket) -> None:
    connection.settimeout(0.2)
    with suppress(OSError):
        while connection.recv(1 << 16):
            pass


ANSWERS: dict[str, Sequence[bytes]] = {
    "none": [],
    "a refusal": [b"-"],
    "an acceptance and no more": [client.ACCEPTED],
    "half a length": [client.ACCEPTED + b"\0\0\0"],
    "half a frame": [framed(b"\0\1" + (100).to_bytes(8, "big") + b"x" * 100)[:-50]],
    "half a frame, in two": [client.ACCEPTED, framed(b"\0\1" + (5).to_bytes(8, "big") + b"xxxxx")[1:-1]],
    "an empty frame": [framed(b"")],
    "a stream that is none": [framed(b"\0\7" + (1).to_bytes(8, "big") + b"x")],
    "a part that is longer than all": [framed(b"\0\1" + (100).to_bytes(8, "big") + b"x")],
    "noise": [os.urandom(2000)],
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_what_is_no_whole_answer_is_none(own: Lent, answer: str):
    def behave(connection: socket.socket) -> None:
        read_all(connection)
        for part in ANSWERS[answer]:
            connection.sendall(part)

    with pretending(own, behave):
        assert own.run("list") == own.alone("list")


def test_who_takes_nobody_on_is_not_waited_for(own: Lent):
    os.kill(own.server, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert own.run("list") == own.alone("list")
        assert time.monotonic() - started < 10
    finally:
        os.kill(own.server, signal.SIGCONT)


def test_nobody_at_the_socket_is_no_trouble(own: Lent):
    own.tell("stop")
    alone = own.alone("list")

    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as left_behind:
        left_behind.bind(str(own.socket))
    assert stat.S_ISSOCK(own.socket.stat().st_mode)
    assert own.run("list") == alone
    own.socket.unlink()
    own.socket.write_bytes(b"")
    assert own.run("list") == alone


def test_ctrl_c_ends_the_wait_without_a_word(own: Lent):
    def behave(connection: socket.socket) -> None:
        connection.sendall(client.ACCEPTED)
        read_all(connection)
        time.sleep(1.5)

    with pretending(own, behave):
        run = own.start("list")
        time.sleep(0.7)
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=20)

    assert (run.returncode, out, err) == (130, b"", b"")


# Saying it


def in_shell(lent: Lent, words: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[bytes]:
    command = ["sh", "-c", words.replace("vault", f"{sys.executable} -m vault_tool")]
    around = {**lent.env, **(env or {})}
    return subprocess.run(command, env=around, cwd=lent.root, capture_output=True, timeout=60)


@pytest.mark.parametrize(
    ("words", "status", "is_served"),
    [
        ("vault list >&-", 3, False),
        ("vault list 2>&-", 0, False),
        ("vault list <&-", 0, False),
        ("vault list | true", 0, True),
        ("vault show lanhai --raw | head -c 1 >/dev/null", 0, True),
        pytest.param(
            "vault list >/dev/full",
            3,
            True,
            marks=pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full"),
        ),
    ],
)
def test_streams_that_take_nothing_are_met_as_ever(lent: Lent, words: str, status: int, is_served: bool):
    before = lent.served

    done = in_shell(lent, words)
    alone = in_shell(lent, words, lent.aside())

    assert done.returncode == status
    assert (done.returncode, done.stdout, done.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert (lent.served != before) is is_served


def test_a_reader_that_takes_its_time_gets_everything(own: Lent):
    with (own.root / "customers" / "蓝天.md").open("a", encoding="utf-8") as file:
        file.write("很长的一行，没有尽头。\n" * 50_000)
    own.tell("sync")
    reading, writing = os.pipe()
    os.set_blocking(writing, False)

    run = own.start("show", "蓝天", "--raw", stdout=writing)
    os.close(writing)
    time.sleep(0.5)
    with os.fdopen(reading, "rb") as stream:
        said = stream.read()

    assert run.wait(timeout=20) == 0
    assert said == (own.root / "customers" / "蓝天.md").read_bytes()
    assert own.served


@pytest.mark.parametrize(
    ("words", "answer"),
    [("show 蓝", "2"), ("search 报价 -ai", "1"), ("search 报价 --pick", "1"), ("search 报价 --open", "")],
)
def test_what_needs_the_terminal_gets_it(lent: Lent, tmp_path: Path, words: str, answer: str):
    import pexpect

    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\necho edited > '{tmp_path}/edited'\n", encoding="utf-8")
    editor.chmod(0o755)

    terminal = pexpect.spawn(
        sys.executable,
        ["-m", "vault_tool", *words.split()],
        env={**lent.env, "EDITOR": str(editor), "PATH": "/usr/bin:/bin"},
        cwd=str(lent.root),
        encoding="utf-8",
        timeout=20,
    )
    if answer:
        terminal.expect("Number")
        terminal.sendline(answer)
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 0, terminal.before
    assert (tmp_path / "edited").exists() is words.startswith("search")

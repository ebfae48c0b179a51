"""No secret ever reaches git, whatever people do there; and the search for it would find it."""

from __future__ import annotations

import os
import signal
import sys
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, all_objects, make_clone, note, sealed_clone
from tests.sealing.canary import found_in, in_files, in_git
from tests.vault.processes import in_child
from vault_tool.vault.start import IGNORED

FIELDS = {
    "mobile: {}": "138-7711-2233",
    "wechat: {}": "canary-wechat-7719",
    "bank_account: '{}'": "6222021122334455667",
    "contacts:\n  - name: 王总\n    mobile: {}": "13977113355",
}
TEXTS = {
    "手机:: {}": "13566778899",
    "底价 {{{{封存: {}}}}}": "六十五万canary整",
    "卡号 {{{{seal finance: {}}}}}": "5500887766554433",
}
SECRETS = [*FIELDS.values(), *TEXTS.values()]


def secret_note(number: int, extra: str = "") -> str:
    """A note that holds every secret; `extra` makes it another one."""
    head = "\n".join(form.format(secret) for form, secret in FIELDS.items())
    body = "\n\n".join(form.format(secret) for form, secret in TEXTS.items())
    return note(number).replace("mobile:", head) + f"\n## 2026-11-20 电话\n\n{body}\n{extra}"


@pytest.mark.parametrize(
    "form",
    [
        lambda secret: secret.encode(),
        lambda secret: secret.encode("utf-16"),
        lambda secret: secret.encode("utf-16-be"),
        lambda secret: secret.encode().hex().encode(),
        lambda secret: secret.encode().hex().upper().encode(),
        lambda secret: b64encode(secret.encode()),
        lambda secret: b64encode(b"x" + secret.encode() + b"yz"),
        lambda secret: urlsafe_b64encode(b"xx" + secret.encode() + b"y"),
    ],
)
def test_the_search_sees_every_form(form):
    for secret in SECRETS:
        assert found_in(SECRETS, [b"before " + form(secret) + b" behind"]) == {secret}
    assert found_in(SECRETS, [b"tel. (138) 7711 2233"]) == {"138-7711-2233"}
    assert found_in(SECRETS, [b"138 and 7711, 2233"]) == set()


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    clone = sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1), "b.md": note(2)})
    (clone.root / ".gitignore").write_text("".join(f"{line}\n" for line in IGNORED))
    return clone


def work_a_day(clone: Clone) -> None:
    """What people do with git, with secrets typed in plain all the while."""
    git = clone.git
    clone.write("a.md", secret_note(1))
    git("add", "-A")
    git("commit", "--quiet", "-m", "one")
    clone.write("a.md", clone.read("a.md") + "\n手机:: 13566778899\n")
    git("add", "-p", stdin=b"y\n" * 20)
    git("commit", "--quiet", "--amend", "-m", "two")
    clone.write("b.md", secret_note(2))
    clone.write(".b.md.swp", secret_note(2))
    clone.write("b.md~", secret_note(2))
    git("add", "-N", ".")
    git("stash", "--quiet", "--include-untracked")
    git("stash", "pop", "--quiet")
    git("commit", "--quiet", "-a", "-m", "three")
    git("checkout", "--quiet", "-b", "side", "HEAD~1")
    clone.write("c.md", secret_note(3))
    git("add", "-A")
    git("commit", "--quiet", "-m", "four")
    clone.write("d.md", secret_note(4))
    git("add", "-A")
    git("commit", "--quiet", "-m", "five")
    git("checkout", "--quiet", "main")
    git("cherry-pick", "side~1")
    git("merge", "--quiet", "--no-ff", "side")
    git("checkout", "--quiet", "side")
    clone.write("d.md", clone.read("d.md").replace("lead", "quoted"))
    clone.write("e.md", secret_note(5))
    git("stash", "--quiet")
    git("rebase", "--quiet", "main")
    git("stash", "pop", "--quiet")
    git("add", "-A")
    git("commit", "--quiet", "-m", "six")
    git("log", "-p", "--all")
    git("diff", "HEAD~2")
    git("reset", "--quiet", "--hard", "HEAD~1")
    clone.write("a.md", secret_note(1, "again"))
    git("update-index", "--add", "customers/a.md")
    git("hash-object", "-w", "customers/a.md")
    git("checkout", "--quiet", "--", "customers/a.md")
    git("gc", "--quiet")


def test_no_secret_is_in_git_after_a_days_work(clone: Clone):
    work_a_day(clone)

    assert found_in(SECRETS, in_git(clone)) == set()
    assert b"sealed-" in b"".join(all_objects(clone.root, clone.env))
    clone.git("merge", "--quiet", "side")
    assert clone.vault("ci", "HEAD").status == 0


def test_with_the_filter_off_the_search_finds_each_of_them(clone: Clone):
    """The check of the check: the same day's work, on a machine without vault."""
    clone.without_filter()
    work_a_day(clone)

    assert found_in(SECRETS, in_git(clone)) == set(SECRETS)
    ran = clone.vault("ci", "HEAD")
    assert ran.status == 1
    assert {line.split()[2] for line in ran.out.splitlines()} >= {"mobile", "wechat", "words"}
    assert found_in(SECRETS, [ran.out.encode(), ran.err.encode()]) == set()


def test_no_secret_is_in_local_state_after_reading_and_searching(clone: Clone):
    clone.write("a.md", secret_note(1))
    clone.git("add", "-A")
    for words in (("list",), ("search", "客户"), ("search", "13977113355"), ("lint",), ("ci", "--staged")):
        found = clone.vault(*words)
        assert found_in(SECRETS, [found.out.encode(), found.err.encode()]) <= {"13977113355"}
    clone.vault("seal")
    clone.vault("log", "客户1", "来过电话")
    assert "13977113355" in clone.vault("show", "客户1", "--reveal").out
    assert clone.vault("rekey").status == 0
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "sealed")

    assert found_in(SECRETS, in_files(clone.root)) == set()
    assert found_in(SECRETS, in_files(Path(clone.env["VAULT_NOTES_HOME"]))) == set()
    assert found_in(SECRETS, in_git(clone)) == set()


# --- killed ------------------------------------------------------------------------------------------------

_WRITES = frozenset({"os.rename", "os.remove", "os.link", "os.mkdir", "os.truncate", "sqlite3.connect"})


def killed_at_write(step: int) -> None:
    """End this process, by the signal no process can catch, at its write of this number."""
    passed = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal passed
        is_opened = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if is_opened or event in _WRITES:
            passed += 1
            if passed == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_sealing_that_is_killed_leaves_whole_notes_and_nothing_in_git(clone: Clone):
    plain = {name: secret_note(number) for number, name in enumerate(["c.md", "d.md"], 3)}
    kills = 0
    for step in range(1, 200, 5):
        for name, text in plain.items():
            clone.write(name, text)
        ended = in_child(lambda: clone.vault("seal").status, lambda step=step: killed_at_write(step))  # type: ignore[misc]
        if ended == 0:
            break
        kills += 1
        assert ended == -signal.SIGKILL
        for name, text in plain.items():
            now = clone.read(name)
            assert now == text or found_in(SECRETS, [now.encode()]) == set()
        clone.git("add", "-A")
        assert found_in(SECRETS, in_git(clone)) == set()
        assert found_in(SECRETS, in_files(Path(clone.env["VAULT_NOTES_HOME"]))) == set()

    assert kills >= 3
    assert clone.vault("verify").status == 0
    assert found_in(SECRETS, in_files(clone.root)) == set()


_KILLED_FILTER = """
import os, signal, sys
from pathlib import Path
from vault_tool.git.filter_process import serve
from vault_tool.sealing.filter import GitFilter

class Dying:
    left = {left}

    def write(self, data):
        self.left -= len(data)
        if self.left <= 0:
            os.write(1, data[: self.left or None])
            os.kill(os.getpid(), signal.SIGKILL)
        os.write(1, data)

    def flush(self):
        pass

serve(sys.stdin.buffer, Dying(), GitFilter(Path.cwd(), os.environ).clean)
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("left", [1, 60, 110, 150, 700, 4_000])
def test_a_filter_that_is_killed_lets_nothing_in(clone: Clone, tmp_path: Path, left: int):
    for number, name in enumerate(["c.md", "d.md"], 3):
        clone.write(name, secret_note(number))
    before = {path.name: path.read_bytes() for path in (clone.root / "customers").iterdir()}
    launcher = clone.root / ".git/vault/vault"
    own = launcher.read_text()
    (tmp_path / "dying.py").write_text(_KILLED_FILTER.format(left=left))
    launcher.write_text(f"exec '{sys.executable}' '{tmp_path}/dying.py'\n")

    refused = clone.git("add", "-A", ok=False)

    assert not refused.startswith("0\n")
    assert found_in(SECRETS, in_git(clone)) == set()
    assert {path.name: path.read_bytes() for path in (clone.root / "customers").iterdir()} == before
    launcher.write_text(own)
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "again")
    assert (clone.status, found_in(SECRETS, in_git(clone))) == ("", set())


def test_what_the_search_is_told_of_git_is_all_of_it(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    """Also what nothing reaches any more, loose or packed."""
    clone = make_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "138-7711-2233")})
    name = clone.git("hash-object", "-w", "--stdin", stdin=b"13977113355").strip()
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "begin")
    clone.git("gc", "--quiet")
    clone.git("rm", "--quiet", "customers/a.md")
    clone.git("commit", "--quiet", "--amend", "-m", "nothing")

    assert name not in clone.git("rev-list", "--objects", "--all")
    assert found_in(SECRETS, all_objects(clone.root, clone.env)) == {"13977113355", "138-7711-2233"}

"""What a person reads at the end of a sync, in both languages, and what a program is told.

`tests/cases/sync/<state>.txt` shows each; `make golden` writes them anew (VAULT_GOLDEN=1): read them as
somebody would who sells things and has never heard of git.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from inspect import unwrap
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran, VaultRun
from tests.git.servers import fake_ssh
from tests.sync.clones import WANG, Person, note, pair
from tests.sync.test_faults import delete, refuse, rewrite, unrelate
from vault_tool.cli import syncing as command
from vault_tool.errors import VaultError
from vault_tool.git import advance, index
from vault_tool.sync import preflight, run
from vault_tool.sync.outcome import Outcome
from vault_tool.vault import lock
from vault_tool.vault.places import places_for
from vault_tool.vault.vault import Vault

CASES = Path(__file__).parents[1] / "cases" / "sync"
NOTES = {"王五.md": WANG, "one.md": note(2), "two.md": note(3)}
# Words of git's own, which nobody needs to know. A command for the terminal may hold some.
GITS_WORDS = re.compile(
    r"\b(?:commits?|branch(?:es)?|merge|fetch|push|pull|HEAD|rebase|repository|index|stage)\b"
)


class Case:
    """Two people, their server, and what a state is made of."""

    def __init__(self, li: Person, zhang: Person, place: Path, patch: pytest.MonkeyPatch) -> None:
        self.li, self.zhang, self.place, self.patch = li, zhang, place, patch
        self.server = place / "server.git"

    def program(self, name: str, script: str) -> None:
        """Have another program stand before the real one."""
        folder = fake_ssh(self.place / "bin", script)
        (folder / "ssh").rename(folder / name)
        self.li.env["PATH"] = f"{folder}{os.pathsep}{self.li.env['PATH']}"

    def ssh(self, said: str) -> None:
        """Have a server that is reached by an ssh which says this."""
        self.program("ssh", f"echo '{said}' >&2; exit 255")
        self.li.git("remote", "set-url", "origin", "git@example.com:team/vault.git")


State = Callable[[Case], AbstractContextManager[object] | None]
STATES: dict[str, State] = {}


def state(make: State) -> State:
    """Name a state by its function."""
    STATES[make.__name__] = make
    return make


@state
def pushed(case: Case) -> None:
    case.zhang.write("two.md", note(3, "\nFrom Zhang.\n"))
    case.zhang.sync()


@state
def saved(case: Case) -> None:
    case.li.git("remote", "remove", "origin")


@state
def nothing_new(case: Case) -> None:
    case.li.write("one.md", note(2))


@state
def offline(case: Case) -> None:
    case.ssh("ssh: Could not resolve hostname example.com: Name or service not known")


@state
def auth(case: Case) -> None:
    case.ssh("git@example.com: Permission denied (publickey).")


@state
def host_key(case: Case) -> None:
    case.ssh("Host key verification failed.")


@state
def remote_empty(case: Case) -> None:
    case.li.git("init", "--quiet", "--bare", "-b", "main", str(case.place / "new.git"))
    case.li.git("remote", "remove", "origin")
    case.li.git("remote", "add", "office", str(case.place / "new.git"))


@state
def remote_gone(case: Case) -> None:
    delete(case.server, case.li, case.zhang)


@state
def rejected(case: Case) -> None:
    refuse(case.server, case.li, case.zhang)


@state
def unrelated(case: Case) -> None:
    unrelate(case.server, case.li, case.zhang)


@state
def rewritten(case: Case) -> None:
    rewrite(case.server, case.li, case.zhang)


@state
def conflicts(case: Case) -> None:
    case.zhang.write("two.md", note(3).replace("lead", "lost"))
    case.zhang.sync()
    case.li.write("two.md", note(3).replace("lead", "won"))


@state
def held_back(case: Case) -> None:
    case.li.write("two.md", note(3, "\n## 2026-11-20\n\n门禁密码：L8anhai#6\n"))


@state
def busy(case: Case) -> AbstractContextManager[object]:
    @contextmanager
    def held() -> Iterator[None]:
        inside, ended = threading.Event(), threading.Event()

        def hold() -> None:
            with lock.write_lock(places_for(case.li.root, "v0000001", case.li.env), "vault log"):
                inside.set()
                ended.wait(60)

        thread = threading.Thread(target=hold)
        thread.start()
        inside.wait(60)
        yield
        ended.set()
        thread.join()

    return held()


@state
def busy_git(case: Case) -> None:
    for module in (advance, index):
        case.patch.setattr(module, "PATIENCE", 0.05)
    (case.li.root / ".git/index.lock").touch()


@state
def stale_lock(case: Case) -> None:
    left = case.li.root / ".git/index.lock"
    left.touch()
    os.utime(left, (time.time() - 3_630,) * 2)


@state
def foreign_op(case: Case) -> None:
    (case.li.root / ".git/MERGE_HEAD").write_text(case.li.head)


@state
def detached(case: Case) -> None:
    case.li.git("checkout", "--quiet", "--detach")


@state
def mass_delete(case: Case) -> None:
    shutil.rmtree(case.li.root / "customers")


@state
def emptied(case: Case) -> None:
    case.li.write("two.md", "")


@state
def disk_full(case: Case) -> None:
    case.patch.setattr(preflight, "_free", lambda _folder: 5 * 1024 * 1024)


@state
def corrupt(case: Case) -> None:
    case.li.loosen(case.place)
    case.li.object_of("HEAD:customers/one.md").unlink()


@state
def cloud_folder(case: Case) -> None:
    (case.place / ".dropbox").mkdir()


@state
def old_git(case: Case) -> None:
    case.program("git", "echo git version 2.37.1")


@state
def not_all_here(case: Case) -> None:
    case.li.git("config", "core.sparseCheckout", "true")


@state
def part_of_more(case: Case) -> None:
    shutil.rmtree(case.li.root / ".git")
    case.li.git("init", "--quiet", str(case.place))


@pytest.mark.parametrize("name", STATES)
def test_a_state_is_told_in_words_that_anybody_understands(
    name: str, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun, monkeypatch: pytest.MonkeyPatch
):
    live = tmp_path / "live"
    live.mkdir()
    li, zhang = pair(live, clean_env, vault_run, NOTES)
    li.write("one.md", note(2, "\n## 2026-11-20\n\nFrom Li.\n"))
    monkeypatch.setitem(unwrap(Vault.writing).__kwdefaults__ or {}, "timeout", 0.1)
    during = STATES[name](Case(li, zhang, live, monkeypatch))
    ended: list[Outcome | VaultError] = []

    def synchronise(*words: Any, **more: Any) -> Outcome:
        # Once: a sync that went well has nothing left to do; what came of it is told again.
        if not ended:
            try:
                ended.append(run.synchronise(*words, **more))
            except VaultError as error:
                ended.append(error)
        if isinstance(ended[0], VaultError):
            raise ended[0]
        return ended[0]

    monkeypatch.setattr(command, "synchronise", synchronise)

    def told_in(language: str, *words: str) -> Ran:
        ran: Ran = li.vault("sync", *words, env={"VAULT_NOTES_LANG": language})
        return ran

    with during or nullcontext():
        english, chinese, told = told_in("en"), told_in("zh"), told_in("en", "--json")

    def shown(ran: Ran) -> str:
        text = re.sub(r"process \d+|进程 \d+", lambda found: found[0].split()[0] + " 123", ran.out + ran.err)
        return text.replace(str(live), "/home/li")

    document = json.loads(told.out or told.err)
    error = document.get("error")
    says = {"status": english.status, "error": error["code"]} if error else {"status": english.status}
    if not error:
        servers = {each["name"]: each["state"] for each in document["remotes"]}
        says |= {"state": document["state"], "remotes": servers}
    assert chinese.status == told.status == english.status
    lines = set(shown(english).splitlines())
    is_translated = not any(line in lines for line in shown(chinese).splitlines())
    text = f"{json.dumps(says)}\n\n$ vault sync\n{shown(english)}"
    path = CASES / f"{name}.txt"
    before = path.read_text("utf-8") if path.exists() else ""
    there = before.partition("\n$ vault sync  # zh\n")[2]
    # Words that the catalogue doesn't have yet are looked at once it has them.
    text += f"\n$ vault sync  # zh\n{shown(chinese) if is_translated else there}"
    if os.environ.get("VAULT_GOLDEN"):
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_no_state_is_told_in_gits_words():
    for path in CASES.glob("*.txt"):
        english = (
            path.read_text("utf-8").partition("\n$ vault sync  # zh\n")[0].partition("$ vault sync\n")[2]
        )
        # What a server said is quoted; what an expert may type is theirs.
        said = re.sub(r"`[^`]*`|: git .*|git@\S+|does not appear.*|/\S+", "", english)
        assert not GITS_WORDS.search(said), (path.name, GITS_WORDS.findall(said))
        assert english.strip().count("\n") < 6, path.name


def test_every_state_has_its_words_and_no_other():
    assert {path.stem for path in CASES.glob("*.txt")} == set(STATES)

"""What is typed in plain is sealed when its note is quiet, and nothing of it is left in local state."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.vaults import ME, make_vault
from tests.conftest import VaultRun
from tests.watch.canaries import Canaries, leaks
from tests.watch.in_thread import Watched, watchers
from tests.watch.watching import Watch, eventually
from vault_tool.sealing.seal import CannotSeal
from vault_tool.sealing.vault_keys import KeyringGone, KeyringRolledBack
from vault_tool.vault import editors
from vault_tool.vault.files import ReadOnlyFile
from vault_tool.vault.keyring import KEYRING
from vault_tool.watch import sealing, watch
from vault_tool.watch.news import Sealed, SealingFailed

PLAIN = "---\nid: c{number:09d}\nname: 客户{number}\n手机: {secret}\n---\n\n## 2026-11-20 电话\n\n谈价。\n"


@pytest.fixture
def env(clean_env: dict[str, str]) -> dict[str, str]:
    """The environment of somebody the vault knows."""
    return {**clean_env, **ME}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A vault without keys; what is typed has to be quiet for a second."""
    root = make_vault(tmp_path / "库", {"a.md": PLAIN.format(number=1, secret="")})
    with (root / "vault.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[sealing]\nafter = "1s"\n')
    return root


@pytest.fixture
def run(vault_run: VaultRun, root: Path) -> VaultRun:
    """Run a command in that vault."""
    return lambda *argv, **more: vault_run("-C", str(root), *argv, env={**ME, **more.pop("env", {})}, **more)


@pytest.fixture
def founded(run: VaultRun, root: Path) -> Path:
    """The vault, with keys."""
    assert run("seal").status == 0
    assert (root / KEYRING).is_file()
    return root


@pytest.fixture
def start(root: Path, env: dict[str, str]) -> Iterator[Callable[..., Watched]]:
    yield from watchers(root, env)


def typed(root: Path, name: str, number: int, secret: str) -> Path:
    """Write a note with a secret as an editor does."""
    path = root / "customers" / name
    path.write_text(PLAIN.format(number=number, secret=secret), "utf-8")
    return path


def is_sealed(path: Path) -> bool:
    return "手机: sealed-" in path.read_text("utf-8")


# --- a real watcher


def test_what_is_typed_is_sealed_and_nothing_of_it_is_left(founded: Path, run: VaultRun, env: dict[str, str]):
    canaries = Canaries("zqxjk")
    note = typed(founded, "a.md", 1, canaries.word())
    assert run("log", "客户1", "再谈").status == 0
    assert leaks(Path(env["VAULT_NOTES_HOME"]), canaries)  # else this test could not fail
    with Watch(founded, env) as watched:
        watched.wait_for("1 value sealed: customers/a.md")
        other = typed(founded, "b.md", 2, canaries.word())
        watched.wait_for("1 value sealed: customers/b.md")
        watched.settle()
        beat = watched.beat()
        assert beat and beat.sealed == 2 and beat.troubles == []
        assert run("watch", "status", "--json").json["sealed"] == 2
        assert "2 values sealed" in run("watch", "status").out

        assert is_sealed(other) and is_sealed(note) and "再谈" in note.read_text("utf-8")
        assert run("show", "客户1", "--reveal").out.count(canaries.words[0])
        assert run("seal", "--check").status == 0
        assert leaks(Path(env["VAULT_NOTES_HOME"]), canaries) == []
    assert leaks(Path(env["VAULT_NOTES_HOME"]), canaries) == []
    # Nobody asked for the sealing: `undo` means the command before, and has nothing of this note to put back.
    undone = run("undo")
    assert "vault log" in undone.out and "changed since, left alone" in undone.out
    assert is_sealed(note)


def test_many_at_once_and_the_killed_watchers_rest_is_sealed_by_the_next(
    founded: Path, run: VaultRun, env: dict[str, str]
):
    canaries = Canaries("zqxjk")
    dice = random.Random(5)
    notes = [typed(founded, f"n{number}.md", 100 + number, canaries.word()) for number in range(130)]
    for _kill in range(3):
        time.sleep(1)
        watched = Watch(founded, env)
        watched.start()
        eventually(lambda: any(map(is_sealed, notes)), "begun")
        time.sleep(dice.random() * 0.3)
        watched.stop(signal.SIGKILL)
        for note, word in zip(notes, canaries.words, strict=True):
            assert is_sealed(note) or word in note.read_text("utf-8")
        # As if somebody had typed on; the words are the old ones, and so are their tokens.
        for number in dice.sample(range(130), 20):
            typed(founded, f"n{number}.md", 100 + number, canaries.words[number])
    with Watch(founded, env):
        eventually(lambda: all(map(is_sealed, notes)), "all sealed")
    assert run("seal", "--check").status == 0
    assert run("log", "客户100", "再谈").status == 0  # the next writer tidies up
    assert not list(founded.rglob(".vault-tmp-*"))
    assert leaks(Path(env["VAULT_NOTES_HOME"]), canaries) == []
    assert run("verify").status == 0


def test_no_secret_is_left_in_local_state_after_the_command(
    founded: Path, run: VaultRun, env: dict[str, str]
):
    canaries = Canaries("zqxjk")
    typed(founded, "a.md", 1, canaries.word())
    assert run("log", "客户1", "再谈").status == 0
    assert run("set", "客户1", "阶段=意向").status == 0
    assert run("rename", "客户1", "客户一").status == 0
    assert run("log", "客户一", "三谈").status == 0
    assert run("undo").status == 0
    assert leaks(Path(env["VAULT_NOTES_HOME"]), canaries)

    assert run("seal").status == 0

    assert leaks(Path(env["VAULT_NOTES_HOME"]), canaries) == []
    assert "can't be undone" in run("undo").err


# --- who waits, and for what


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A watcher that looks again soon."""
    monkeypatch.setattr(sealing, "OPEN_SECONDS", 0.2)
    monkeypatch.setattr(sealing, "TROUBLE_SECONDS", 0.2)
    monkeypatch.setattr(watch, "BEAT_SECONDS", 0.2)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("mark", [".a.md.swp", ".#a.md"])
def test_a_note_that_an_editor_has_open_waits(start: Callable[..., Watched], founded: Path, mark: str):
    watched = start()
    swap = founded / "customers" / mark
    swap.write_bytes(b"b0VIM 9.0") if mark.endswith("swp") else swap.symlink_to("me@here.1:1")
    note = typed(founded, "a.md", 1, "13812345678")
    other = typed(founded, "b.md", 2, "13812345679")
    eventually(lambda: is_sealed(other), "the other one sealed")
    time.sleep(0.6)
    assert not is_sealed(note)

    swap.unlink()

    eventually(lambda: is_sealed(note), "sealed once it is closed")
    watched.calm()


@pytest.mark.usefixtures("impatient")
def test_what_an_editor_left_behind_long_ago_holds_nothing_up(start: Callable[..., Watched], founded: Path):
    swap = founded / "customers" / ".a.md.swp"
    swap.write_bytes(b"b0VIM 9.0")
    long_ago = time.time() - 2 * editors.LEFT_BEHIND_SECONDS
    os.utime(swap, (long_ago, long_ago))
    start()
    note = typed(founded, "a.md", 1, "13812345678")

    eventually(lambda: is_sealed(note), "sealed")


def test_who_types_on_is_not_disturbed(start: Callable[..., Watched], founded: Path):
    start()
    for number in range(8):
        began = time.monotonic()
        note = typed(founded, "a.md", 1, f"1381234567{number}")
        time.sleep(0.3)
        assert not is_sealed(note) or time.monotonic() - began > 1

    eventually(lambda: is_sealed(note), "sealed")


def test_what_was_typed_while_nobody_watched_is_sealed(
    start: Callable[..., Watched], founded: Path, run: VaultRun
):
    note = typed(founded, "a.md", 1, "13812345678")
    assert run("search", "客户1").status == 0  # another command has taken it into the catalog
    time.sleep(1)
    watched = start()

    # The file is sealed a moment before anybody is told.
    eventually(lambda: watched.heard(Sealed), "told of the sealing")
    assert is_sealed(note) and [news.values for news in watched.heard(Sealed)] == [1]
    eventually(lambda: watched.took("a.md"), "taken in")


@pytest.mark.usefixtures("impatient")
def test_without_a_keyring_nothing_is_touched_until_there_is_one(
    start: Callable[..., Watched], root: Path, run: VaultRun
):
    watched = start()
    note = typed(root, "a.md", 1, "13812345678")
    typed(root, "b.md", 2, "")
    time.sleep(1.5)
    assert not is_sealed(note) and not (root / ".vault").exists()
    assert not watched.heard(Exception)

    assert run("seal", "客户2").status == 0

    eventually(lambda: is_sealed(note), "sealed")


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("change", ["gone", "other"])
def test_a_keyring_that_nobody_trusts_is_told_of_once_and_waited_for(
    start: Callable[..., Watched], founded: Path, change: str
):
    watched = start()
    keyring = founded / KEYRING
    kept = keyring.read_bytes()
    if change == "gone":
        keyring.unlink()
    else:
        keyring.write_bytes(kept.replace(b'"role:sales"', b'"li.na"'))
        assert keyring.read_bytes() != kept
    note = typed(founded, "a.md", 1, "13812345678")
    kind = KeyringGone if change == "gone" else KeyringRolledBack
    eventually(lambda: watched.heard(kind), "told")
    time.sleep(1)
    assert len(watched.heard(kind)) == 1 and not is_sealed(note)
    assert watched.watcher._beat.troubles == ["sealing"]

    keyring.write_bytes(kept)

    eventually(lambda: is_sealed(note), "sealed")
    eventually(lambda: watched.watcher._beat.troubles == [], "trouble over")
    assert len(watched.heard(kind)) == 1


@pytest.mark.usefixtures("impatient")
def test_a_note_that_cannot_be_sealed_is_told_of_once_and_holds_up_no_other(
    start: Callable[..., Watched], founded: Path
):
    watched = start()
    nobody = founded / "customers" / "nobody.md"
    nobody.write_text("---\nname: 无号\n手机: 13812345678\n---\n", "utf-8")
    unclosed = founded / "customers" / "unclosed.md"
    unclosed.write_text("---\nid: c000000009\nname: 无尾\n---\n\n{{封存: 底价\n", "utf-8")
    note = typed(founded, "a.md", 1, "13812345679")
    eventually(lambda: is_sealed(note), "the other one sealed")
    eventually(lambda: len(watched.heard(CannotSeal)) == 2, "told")
    time.sleep(0.8)
    nobody.write_text(nobody.read_text("utf-8") + "\n补一句。\n", "utf-8")
    time.sleep(2)
    assert len(watched.heard(CannotSeal)) == 2
    assert watched.watcher._beat.troubles == ["sealing"]

    nobody.write_text("---\nid: c000000010\nname: 有号\n手机: 13812345678\n---\n", "utf-8")
    unclosed.unlink()

    eventually(lambda: is_sealed(nobody), "sealed")
    eventually(lambda: watched.watcher._beat.troubles == [], "trouble over")


@pytest.mark.usefixtures("impatient")
def test_a_note_marked_read_only_holds_up_no_other(start: Callable[..., Watched], founded: Path):
    watched = start()
    locked = typed(founded, "b.md", 2, "13812345678")
    locked.chmod(0o444)
    note = typed(founded, "a.md", 1, "13812345679")

    eventually(lambda: is_sealed(note), "the other one sealed")
    eventually(lambda: watched.heard(ReadOnlyFile), "told")
    locked.chmod(0o644)

    eventually(lambda: is_sealed(locked), "sealed")
    assert len(watched.heard(ReadOnlyFile)) == 1


def test_who_writes_to_the_vault_is_waited_for_without_a_word(
    start: Callable[..., Watched], founded: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sealing, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(sealing, "SOON", 0.1)
    watched = start()
    command = (
        "import fcntl, sys; file = open(sys.argv[1], 'a'); fcntl.flock(file, fcntl.LOCK_EX); print(); input()"
    )
    lock = str(watched.places.state / "write.lock")
    with subprocess.Popen(
        [sys.executable, "-c", command, lock], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout and writer.stdout.readline()
        note = typed(founded, "a.md", 1, "13812345678")
        time.sleep(2)
        assert not is_sealed(note)
        writer.communicate(b"\n")

    eventually(lambda: is_sealed(note), "sealed")
    assert not watched.heard(Exception)


@pytest.mark.usefixtures("impatient")
def test_a_defect_costs_one_note_its_sealing(
    start: Callable[..., Watched], founded: Path, monkeypatch: pytest.MonkeyPatch
):
    from vault_tool.sealing.vault_keys import VaultKeys

    plan = VaultKeys.plan_sealing

    def fail(keys, note):
        if note.name == "客户2":
            raise ZeroDivisionError
        return plan(keys, note)

    monkeypatch.setattr(VaultKeys, "plan_sealing", fail)
    watched = start()
    typed(founded, "b.md", 2, "13812345678")
    note = typed(founded, "a.md", 1, "13812345679")

    eventually(lambda: is_sealed(note), "sealed")
    assert len(watched.heard(SealingFailed)) == 1


def test_a_schema_that_seals_more_has_all_notes_looked_at(start: Callable[..., Watched], founded: Path):
    watched = start()
    note = typed(founded, "a.md", 1, "")
    note.write_text(note.read_text("utf-8").replace("手机:", "网站: 底价"), "utf-8")
    watched.calm()
    (founded / "schema").mkdir()
    (founded / "schema" / "fields.yaml").write_text("front_matter: {website: {sealed: contact}}\n", "utf-8")

    eventually(lambda: "网站: sealed-" in note.read_text("utf-8"), "sealed")

"""Whatever stands in a sync's way, nothing is lost, it says so, and once that is gone all ends well.

Each fault meets somebody who has written something (`MINE`), and a colleague who has, too (`THEIRS`).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import Ran, VaultRun
from tests.git.servers import answering, fake_ssh, hook
from tests.sync.clones import WANG, Person, colleague, note, pair, person, until_quiet
from vault_tool.git import transport
from vault_tool.git.trees import BadName, Trees
from vault_tool.sync import gate, preflight, snapshot

MINE, THEIRS = "Asked for a quote on the train.", "Complained about the delivery."
NOTES = {"王五.md": WANG, "one.md": note(2), "two.md": note(3)}

needs_mount = pytest.mark.skipif(
    not sys.platform.startswith("linux") or os.geteuid() != 0, reason="who may mount"
)


@pytest.fixture
def two(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> tuple[Person, Person]:
    """Two people: both wrote something that they did not sync, and the colleague has sent it."""
    li, zhang = pair(tmp_path, clean_env, vault_run, NOTES)
    zhang.write("two.md", note(3, f"\n## 2026-11-20\n\n{THEIRS}\n"))
    zhang.sync()
    li.write("one.md", note(2, f"\n## 2026-11-20\n\n{MINE}\n"))
    return li, zhang


def well_again(li: Person, zhang: Person) -> None:
    """Check that a plain sync on either side ends well, and that both have what both wrote."""
    for one in (li, zhang, li):
        one.sync()
    assert li.files == zhang.files
    for one in (li, zhang):
        assert one.status == "" and one.saved == one.files
        assert MINE in one.read("one.md") and THEIRS in one.read("two.md")
        assert not any(b"<<<<<<<" in data for data in one.files.values())


def safe(li: Person, ran: Ran, status: int, *said: str) -> None:
    """Check how a sync ended, that it said these words, and that what was written still stands."""
    assert ran.status == status, ran
    for words in said:
        assert words in ran.out + ran.err, ran
    assert "defect" not in ran.err and "<<<<<<<" not in ran.out
    assert MINE in li.read("one.md")


# --- the disk


@contextmanager
def mounted(place: Path, *words: str) -> Iterator[None]:
    done = subprocess.run(["mount", *words, str(place)], capture_output=True)
    if done.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@needs_mount
@pytest.mark.parametrize(("left", "at"), [(0, "saving"), (60_000, "fetching"), (190_000, "putting in place")])
def test_the_disk_is_full(
    two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: int, at: str
):
    li, zhang = two
    monkeypatch.setattr(preflight, "check_room", lambda *_words: None)
    if at != "saving":
        # More than there is room for: git packs it, a note on disk is as long as it is.
        text = os.urandom(40_000).hex() if at == "fetching" else "long " * 40_000
        zhang.write("long.md", note(9, text))
        zhang.sync()
    place = tmp_path / "disk"
    place.mkdir()
    with mounted(place, "-t", "tmpfs", "-o", "size=3m", "tmpfs"):
        shutil.copytree(li.root, place / "li")
        there = Person(place / "li", li.env, li._run)
        (place / "fill").write_bytes(b"x" * (shutil.disk_usage(place).free - left))
        before = there.files
        safe(there, there.vault("sync"), 3, "The disk is full")
        assert before.items() <= there.files.items()
        assert not list(there.root.rglob(".vault-tmp*")) and not list(there.root.glob(".git/*crash*"))
        (place / "fill").unlink()
        well_again(there, zhang)


@needs_mount
@pytest.mark.parametrize(
    ("what", "said"),
    [
        (".git", "history (.git) can't be written to"),
        ("customers", "can't be brought up to date"),
        ("customers/two.md", "can't be brought up to date"),
    ],
)
def test_something_can_only_be_read(two: tuple[Person, Person], what: str, said: str):
    li, zhang = two
    zhang.write("neu.md", note(9))
    zhang.sync()
    place = li.root / what
    with mounted(place, "--bind", str(place)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(place)], check=True)
        safe(li, li.vault("sync"), 3, said)
    well_again(li, zhang)


def test_a_note_is_marked_read_only(two: tuple[Person, Person]):
    li, zhang = two
    marked = li.root / "customers/two.md"
    marked.chmod(0o444)
    safe(li, li.vault("sync"), 3, "customers/two.md is marked read-only")
    assert marked.read_text() == note(3)
    marked.chmod(0o644)
    well_again(li, zhang)


@pytest.mark.parametrize("kind", ["blob", "pack", "all"])
def test_something_that_git_keeps_is_damaged(two: tuple[Person, Person], kind: str, tmp_path: Path):
    li, zhang = two
    objects = li.root / ".git/objects"
    shutil.copytree(objects, tmp_path / "whole")
    if kind == "all":
        shutil.rmtree(objects)
        objects.mkdir()
    else:
        if kind == "pack":
            li.git("repack", "-adq")
            (place,) = objects.glob("pack/*.pack")
        else:
            li.loosen(tmp_path)
            place = li.object_of("HEAD:customers/one.md")
        data = bytearray(place.read_bytes())
        for at in range(30, len(data) - 20, 40):
            data[at] ^= 0xFF
        place.unlink()
        place.write_bytes(data)
    before = li.files
    safe(li, li.vault("sync"), 3, "damaged on this computer", "vault join")
    if kind != "all":  # what a server has is here again by now
        safe(li, li.vault("sync", "--json"), 3, '"damaged-here"')
    assert li.files == before
    for thread in threading.enumerate():
        if thread.daemon:
            thread.join(20)  # the server may still be asked though all else has ended
    shutil.rmtree(objects)
    shutil.copytree(tmp_path / "whole", objects)
    well_again(li, zhang)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="who may give files away")
def test_the_folder_is_somebody_elses(two: tuple[Person, Person]):
    li, zhang = two
    for place in (li.root, li.root / ".git"):
        os.chown(place, 65_534, 65_534)
    safe(li, li.vault("sync"), 3, "belongs to another user", "safe.directory")
    for place in (li.root, li.root / ".git"):
        os.chown(place, 0, 0)
    well_again(li, zhang)


# --- others at work


def test_another_program_holds_gits_lock_for_a_moment(two: tuple[Person, Person]):
    li, zhang = two
    lock = li.root / ".git/index.lock"
    lock.touch()
    threading.Timer(0.4, lock.unlink).start()
    safe(li, li.vault("sync"), 0, "1 sent, 1 received")
    well_again(li, zhang)


def test_notes_are_logged_while_a_sync_is_under_way(two: tuple[Person, Person]):
    li, zhang = two
    run = [sys.executable, "-m", "vault_tool"]
    work = (["sync"], ["log", "王五", "First words."], ["log", "王五", "Second words."], ["sync"])
    at_work = [subprocess.Popen([*run, *words], cwd=li.root, env=li.env, stdout=-3) for words in work]
    assert [one.wait(60) for one in at_work] == [0] * 4
    well_again(li, zhang)
    assert "First words." in zhang.read("王五.md") and "Second words." in zhang.read("王五.md")


def test_a_note_is_saved_once_more_while_it_is_read(
    two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
):
    li, zhang = two
    look, saves = gate.Holder.look, ["\nAnd once more.\n"]

    def slow(self, path, *words):
        if saves and path.name == "one.md":
            li.write("one.md", li.read("one.md") + saves.pop())
        return look(self, path, *words)

    monkeypatch.setattr(gate.Holder, "look", slow)
    safe(li, li.vault("sync"), 0, "is being written to just now")
    assert li.blob("HEAD:customers/one.md").decode() == note(2)
    well_again(li, zhang)
    assert "And once more." in zhang.read("one.md")


def test_a_colleague_sends_while_our_push_is_under_way(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    place = tmp_path / "server.git"
    zhang.write("王五.md", f"{WANG}\nFaster.\n")
    zhang.git("commit", "--quiet", "--no-verify", "-am", "by hand")
    zhang.git("push", "--quiet", "--no-verify", "origin", "HEAD:refs/heads/waiting")
    # The server has taken what we send, and not yet moved its branch.
    script = "test -e raced || env -u GIT_QUARANTINE_PATH git update-ref refs/heads/main waiting; touch raced"
    hook(place, "pre-receive", script)
    safe(li, li.vault("sync"), 0, "(1 sent, 2 received)")
    assert (place / "raced").exists()
    well_again(li, zhang)
    assert "Faster." in li.read("王五.md")


# --- the server


Spoil = Callable[[Path, Person, Person], None]


def empty(place: Path, _li: Person, _zhang: Person) -> None:
    shutil.rmtree(place / "refs/heads")
    (place / "refs/heads").mkdir()
    (place / "packed-refs").unlink(missing_ok=True)


def delete(place: Path, _li: Person, _zhang: Person) -> None:
    shutil.rmtree(place)


def rewrite(place: Path, li: Person, zhang: Person) -> None:
    other = zhang.git("commit-tree", f"{li.head}^{{tree}}", "-m", "another past").strip()
    zhang.git("push", "--quiet", "--force", "--no-verify", str(place), f"{other}:main")


def unrelate(place: Path, _li: Person, zhang: Person) -> None:
    text = zhang.saved["vault.toml"].decode().replace("v0000001", "v0000002")
    blob = zhang.git("hash-object", "-w", "--stdin", stdin=text.encode()).strip()
    tree = zhang.git("mktree", stdin=f"100644 blob {blob}\tvault.toml\n".encode()).strip()
    other = zhang.git("commit-tree", tree, "-m", "another vault").strip()
    zhang.git("push", "--quiet", "--force", "--no-verify", str(place), f"{other}:main")


def refuse(place: Path, _li: Person, _zhang: Person) -> None:
    hook(place, "pre-receive", "echo 'main is protected' >&2; exit 1")


@pytest.mark.parametrize(
    ("spoil", "status", "english", "chinese"),
    [
        (empty, 5, "The past of this vault was changed on", "的历史"),
        (delete, 6, "There is no vault at", "没有库"),
        (rewrite, 5, "The past of this vault was changed on", "的历史"),
        (unrelate, 5, "holds a different vault", "另一个库"),
        (refuse, 6, "does not accept what was sent: main is protected", "不接收"),
    ],
)
def test_the_server_is_not_what_it_was(
    two: tuple[Person, Person], tmp_path: Path, spoil: Spoil, status: int, english: str, chinese: str
):
    li, zhang = two
    place = tmp_path / "server.git"
    shutil.copytree(place, tmp_path / "whole.git")
    spoil(place, li, zhang)
    safe(li, li.vault("sync"), status, "Saved on this computer.", english)
    safe(li, li.vault("sync", env={"VAULT_NOTES_LANG": "zh"}), status, "已保存在本机。", chinese)
    assert li.saved["customers/one.md"].decode() == li.read("one.md")
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(tmp_path / "whole.git", place)
    well_again(li, zhang)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (401, "it asks for a name and a password"),
        (404, "There is no vault at"),
        (500, "goes out when you are online"),
        ("ssh", "goes out when you are online"),
    ],
)
def test_the_server_does_not_serve(
    two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: int | str, said: str
):
    li, zhang = two
    for asks in (transport.fetch, transport.Push.answer, transport.heads):
        monkeypatch.setitem(asks.__kwdefaults__ or {}, "silence", 0.6)
    right = li.git("remote", "get-url", "origin").strip()
    env = {"PATH": f"{fake_ssh(tmp_path / 'bin', 'sleep 20')}{os.pathsep}{li.env['PATH']}"}
    with answering(answer if isinstance(answer, int) else 500) as url:
        address = "git@example.com:team/vault.git" if answer == "ssh" else f"{url}/x.git"
        li.git("remote", "set-url", "origin", address)
        safe(li, li.vault("sync", env=env), 6, "Saved on this computer.", said)
        assert li.status == ""
    li.git("remote", "set-url", "origin", right)
    well_again(li, zhang)


def test_what_is_being_sent_when_a_sync_is_broken_off_is_ended_with_it(
    two: tuple[Person, Person], tmp_path: Path
):
    li, zhang = two
    li.sync()
    li.write("one.md", note(2, f"\n## 2026-11-21\n\nOnce more. {MINE}\n"))
    mark = tmp_path / "ssh"
    path = f"{fake_ssh(tmp_path / 'bin', f'echo $$ > {mark}; exec sleep 60')}{os.pathsep}{li.env['PATH']}"
    right = li.git("remote", "get-url", "origin").strip()
    li.git("remote", "set-url", "origin", "git@example.com:team/vault.git")
    with broken_off_once(lambda: mark.exists() and mark.read_text() != ""):
        assert li.vault("sync", env={"PATH": path}).status == 130
    asked = ["ps", "-o", "stat=", "-p", mark.read_text().strip()]
    # Where nobody asks after it, the dead one stays in the table.
    assert subprocess.run(asked, capture_output=True, text=True).stdout.strip()[:1] in ("", "Z")
    li.git("remote", "set-url", "origin", right)
    well_again(li, zhang)


def test_a_server_has_what_the_branch_of_a_sync_that_was_broken_off_lacks(two: tuple[Person, Person]):
    li, zhang = two
    li.sync()
    before = zhang.git("ls-remote", "origin", "main")
    li.write("one.md", note(2, f"\n## 2026-11-21\n\nOnce more. {MINE}\n"))
    with broken_off_once(lambda: zhang.git("ls-remote", "origin", "main") != before):
        assert li.vault("sync").status == 130
    zhang.sync()
    assert "Once more." in zhang.read("one.md") and li.status != ""
    well_again(li, zhang)
    assert li.read("one.md").count("Once more.") == 1


@contextmanager
def broken_off_once(done: Callable[[], bool]) -> Iterator[None]:
    """Break syncs off, as Ctrl-C does, once something has happened: while they send, before the branch moves."""

    def break_off(*_words: object) -> None:
        wait_for(done)
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(snapshot, "advance", break_off)
        yield


def wait_for(done: Callable[[], bool]) -> None:
    """Wait until something has happened, for at most half a minute."""
    until = time.monotonic() + 30
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


# --- git's settings


SETTINGS = {
    "color.ui": "always",
    "commit.gpgSign": "true",
    "core.abbrev": "5",
    "core.autocrlf": "input",
    "core.eol": "crlf",
    "core.fileMode": "false",
    "core.ignoreCase": "true",
    "core.quotePath": "true",
    "core.safecrlf": "true",
    "core.splitIndex": "true",
    "diff.external": "false",
    "diff.noprefix": "true",
    "feature.manyFiles": "true",
    "fetch.prune": "true",
    "i18n.commitEncoding": "GBK",
    "i18n.logOutputEncoding": "GBK",
    "log.showSignature": "true",
    "merge.ff": "only",
    "merge.vault.driver": "kill -9 $$",
    "pull.rebase": "true",
    "push.followTags": "true",
    "push.gpgSign": "true",
    "remote.pushDefault": "nowhere",
    "submodule.recurse": "true",
    "transfer.fsckObjects": "true",
    "user.useConfigOnly": "true",
    "alias.push": "!false",
}


def test_no_setting_of_gits_and_no_locale_stands_in_the_way(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    hooks = tmp_path / "hooks"
    for name in ("pre-commit", "commit-msg", "reference-transaction", "post-index-change"):
        hook(tmp_path, name, "exit 1")
    for key, value in {**SETTINGS, "core.hooksPath": str(hooks)}.items():
        li.git("config", key, value)
    env = {"LC_ALL": "zh_CN.UTF-8", "LANG": "zh_CN.UTF-8", "LANGUAGE": "zh_CN", "GIT_TRACE": "1"}
    for name in ("AUTHOR", "COMMITTER"):
        env |= {f"GIT_{name}_NAME": "", f"GIT_{name}_EMAIL": ""}
    zhang.write("one.md", note(2).replace("stage: lead", "stage: won"))
    zhang.sync()
    safe(li, li.vault("sync", env=env), 0, "(1 sent, 2 received)")
    assert "stage: won" in li.read("one.md")
    well_again(li, zhang)


def test_the_environment_names_another_repository(
    two: tuple[Person, Person], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    li, zhang = two
    other = tmp_path / "other"
    subprocess.run(["git", "init", "--quiet", str(other)], check=True)
    before = (other / ".git/config").read_bytes()
    told = {"GIT_DIR": other / ".git", "GIT_WORK_TREE": other, "GIT_INDEX_FILE": tmp_path / "index"}
    with monkeypatch.context() as patch:
        for name, place in told.items():
            patch.setenv(name, str(place))
        env = {name: str(place) for name, place in told.items()}
        safe(li, li.vault("sync", env=env), 0, "(1 sent, 1 received)")
    assert not (tmp_path / "index").exists() and not list((other / ".git/refs").rglob("main"))
    assert (other / ".git/config").read_bytes() == before
    well_again(li, zhang)


def test_a_colleague_shares_by_git_alone_after_the_program_went(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    (tmp_path / "gone/vault_tool").mkdir(parents=True)
    (tmp_path / "gone/vault_tool/__init__.py").write_text("raise ImportError")
    gone = {"PYTHONPATH": str(tmp_path / "gone")}
    li.git("commit", "--quiet", "-am", "by hand", env=gone)
    li.git("pull", "--quiet", "--no-rebase", "origin", "main", env=gone)
    li.git("push", "--quiet", "origin", "main", env=gone)
    zhang.write("one.md", note(2).replace("stage: lead", "stage: won"))
    well_again(zhang, li)
    assert "stage: won" in li.read("one.md")


# --- what somebody wrote, removed or sent


def test_hundreds_of_notes_vanish_or_one_is_emptied(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    li = person(tmp_path / "li", clean_env, vault_run, {f"{i}.md": note(i) for i in range(300)})
    li.sync()
    before = li.files
    for number in range(251):
        (li.root / f"customers/{number}.md").unlink()
    assert "251 of 300 notes are gone" in li.sync(status=5).err
    li.git("restore", ".")
    li.write("260.md", "")
    assert "1 note is empty now: customers/260.md" in li.sync(status=5).err
    li.git("restore", ".")
    li.sync()
    li.check()
    assert li.files == before


def test_clocks_are_wrong(two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch):
    li, zhang = two
    future = {"GIT_COMMITTER_DATE": "2090-01-01T00:00:00", "GIT_AUTHOR_DATE": "2090-01-01T00:00:00"}
    zhang.write("one.md", note(2).replace("stage: lead", "stage: won"))
    zhang.git("commit", "--quiet", "--no-verify", "-am", "by hand", env=future)
    zhang.sync()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: 60.0)
        safe(li, li.vault("sync"), 0, "(1 sent, 2 received)")
    assert "stage: won" in li.read("one.md")
    well_again(li, zhang)


def test_what_is_too_large_stays_and_is_named(two: tuple[Person, Person]):
    li, zhang = two
    folder = li.root / "attachments"
    folder.mkdir()
    for place in (folder / "film.bin", li.root / "customers/endless.md"):
        place.touch()
        os.truncate(place, 50_000_000)
    for _time in range(2):
        safe(li, li.vault("sync"), 0, "attachments/film.bin", "customers/endless.md", "Too large to share")
    assert li.status == "?? attachments/\n?? customers/endless.md\n"
    os.truncate(folder / "film.bin", 11_000_000)
    os.truncate(li.root / "customers/endless.md", 5_000_000)
    # What came that large, by git alone, is everybody's.
    for name, place in (("film.bin", folder), ("endless.md", li.root / "customers")):
        shutil.move(place / name, zhang.root / "customers" / name)
    folder.rmdir()
    zhang.git("add", "-A")
    zhang.git("commit", "--quiet", "--no-verify", "-m", "by hand")
    zhang.git("pull", "--quiet", "--no-rebase", "origin", "main")
    zhang.git("push", "--quiet", "--no-verify", "origin", "main")
    safe(li, li.vault("sync"), 0, "2 received")
    assert "Too large" not in li.vault("sync").out
    well_again(li, zhang)


def sent(one: Person, changes: dict[bytes, tuple[str, bytes]], folder: str = "customers") -> None:
    """Send a commit in which these names stand in a folder, as git's plumbing lets anybody do."""

    def tree(entries: dict[bytes, tuple[str, str]]) -> str:
        def in_gits_order(item: tuple[bytes, tuple[str, str]]) -> bytes:
            return item[0] + (b"/" if item[1][0] == "40000" else b"")

        rows = sorted(entries.items(), key=in_gits_order)
        raw = b"".join(b"%b %b\0%b" % (m.encode(), name, bytes.fromhex(oid)) for name, (m, oid) in rows)
        return one.git("hash-object", "-w", "-t", "tree", "--literally", "--stdin", stdin=raw).strip()

    def entries(name: str) -> dict[bytes, tuple[str, str]]:
        found = {}
        for row in filter(None, one.git("ls-tree", "-z", name).split("\0")):
            traits, _tab, path = row.partition("\t")
            mode, _kind, oid = traits.split(" ")
            found[path.encode()] = (mode.lstrip("0"), oid)
        return found

    def made(mode: str, data: bytes) -> tuple[str, str]:
        if mode == "160000":
            return mode, one.head
        blob = one.git("hash-object", "-w", "--stdin", stdin=data).strip()
        return (mode, tree({b"evil": ("100644", blob)})) if mode == "40000" else (mode, blob)

    inner = entries(f"HEAD:{folder}") | {name: made(*what) for name, what in changes.items()}
    top = entries("HEAD:") | {folder.encode(): ("40000", tree(inner))} if folder else inner
    commit = one.git("commit-tree", tree(top), "-p", "HEAD", "-m", "by hand").strip()
    one.git("push", "--quiet", "--no-verify", "origin", f"{commit}:main")


@pytest.mark.parametrize(
    ("name", "mode", "folder"),
    [(b".GIT", "40000", ""), (b"..", "40000", "customers"), (b"../../evil.md", "100644", "customers")],
)
def test_a_colleague_sends_a_name_that_leads_out(
    two: tuple[Person, Person], tmp_path: Path, name: bytes, mode: str, folder: str
):
    li, zhang = two
    sent(zhang, {name: (mode, b"#!/bin/sh\n")}, folder)
    before = li.files
    safe(li, li.vault("sync"), 3, "leads out of the vault", "nothing is lost")
    assert li.vault("sync", "--json").error["code"] == "bad-name" and BadName.hint
    assert li.files == before and not list(tmp_path.rglob("evil*"))
    # Somebody takes it out again.
    zhang.git("push", "--quiet", "--force", "--no-verify", "origin", "HEAD:main")
    commit = zhang.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "out").strip()
    zhang.git("push", "--quiet", "--no-verify", "origin", f"{commit}:main")
    zhang.git("reset", "--quiet", commit)
    li.git("update-ref", "-d", "refs/remotes/origin/main")
    well_again(li, zhang)


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/a.md", "a/../b.md", ".git", ".GiT", ".git ", "GIT~1", ".git::$DATA", ".g\u200cit"],
)
def test_a_name_that_leads_out_on_any_system_is_refused(name: str):
    tree = b"100644 %b\0%b" % (name.encode(), bytes(20))
    with pytest.raises(BadName):
        Trees(lambda _name: tree).entry("0" * 40, PurePosixPath("a.md"))


def test_a_colleague_sends_odd_names(two: tuple[Person, Person]):
    li, zhang = two
    names = ["a\nb.md", "a\\b.md", 'a"b .md', "a.", "CON.md", " lead.md", "ONE.md", "é.md", "e\u0301.md"]
    texts = {name.encode(): note(20 + number).encode() for number, name in enumerate(names)}
    texts[b"caf\xe9.md"] = note(40).encode()
    sent(zhang, {name: ("100644", data) for name, data in texts.items()})
    ran = li.vault("sync")
    safe(li, ran, 0, f"{len(texts) + 1} received")
    assert "\nb" not in ran.out
    folder = li.root / "customers"
    assert {name: (folder / os.fsdecode(name)).read_bytes() for name in texts} == texts
    assert li.status == "" and li.files == saved(li)
    safe(li, li.vault("sync"), 0, "nothing was new")
    safe(li, li.vault("sync", "--json"), 0)


def saved(one: Person) -> dict[str, bytes]:
    """All files as git has them, though their names be no UTF-8."""
    told = subprocess.run(["git", "ls-tree", "-r", "-z", "HEAD"], cwd=one.root, capture_output=True).stdout
    rows = [row.partition(b"\t") for row in told.split(b"\0") if row]
    return {os.fsdecode(path): one.blob(traits.split()[2].decode()) for traits, _tab, path in rows}


def test_an_old_mode_is_one_of_todays(two: tuple[Person, Person]):
    li, zhang = two
    sent(zhang, {b"old.md": ("100664", note(9).encode())})
    safe(li, li.vault("sync"), 0, "News of: old, two")
    assert li.read("old.md") == note(9)
    well_again(li, zhang)


def test_a_link_or_a_submodule_of_a_colleagues_is_never_followed(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    outside = tmp_path / "outside.md"
    outside.write_text("private")
    target = str(outside).encode()
    link, module = ("120000", target), ("160000", b"")
    name = "王五.md".encode()
    sent(zhang, {b"link.md": link, name: link, b"module": module})
    ran = li.vault("sync")
    safe(li, ran, 0, "not put here: customers/link.md", "not put here: customers/module")
    assert outside.read_text() == "private" and not any(path.is_symlink() for path in li.root.rglob("*.md"))
    safe(li, li.vault("sync"), 0)
    assert li.blob("HEAD:customers/王五.md").decode() == li.read("王五.md") == WANG
    assert li.status == " D customers/link.md\n D customers/module\n"
    # A link in the place of all customers: what was in there is not touched by way of it.
    (tmp_path / "elsewhere").mkdir()
    zhang.git("fetch", "--quiet", "origin")
    zhang.git("reset", "--quiet", "origin/main")
    top = {"customers": ("120000", str(tmp_path / "elsewhere").encode())}
    sent(zhang, {name.encode(): what for name, what in top.items()}, "")
    li.write("one.md", f"{li.read('one.md')}\nMore.\n")
    safe(li, li.vault("sync"), 0)
    assert "More." in li.read("one.md") and not any((tmp_path / "elsewhere").iterdir())


# --- other kinds of repositories


def elsewhere(place: Path, li: Person, *words: str) -> Person:
    """A clone of what a person's server has, made in a way of git's own."""
    address = f"file://{li.git('remote', 'get-url', 'origin').strip()}"
    subprocess.run(["git", "clone", "--quiet", *words, address, str(place)], env=li.env, check=True)
    made = Person(place, {**li.env, "VAULT_NOTES_HOME": f"{place}-home"}, li._run)
    made.write("one.md", note(2, f"\n## 2026-11-20\n\n{MINE}\n"))
    return made


def test_a_shallow_clone(two: tuple[Person, Person], tmp_path: Path):
    _li, zhang = two
    shallow = elsewhere(tmp_path / "shallow", zhang, "--depth=1")
    zhang.write("王五.md", f"{WANG}\nMore.\n")
    zhang.sync()
    safe(shallow, shallow.vault("sync"), 0, "(1 sent, 1 received)")
    until_quiet(shallow, zhang)
    assert shallow.files == zhang.files and MINE in zhang.read("one.md") and "More." in zhang.read("王五.md")


def test_a_clone_that_fetches_contents_when_they_are_asked_for(two: tuple[Person, Person], tmp_path: Path):
    _li, zhang = two
    server = tmp_path / "server.git"
    subprocess.run(["git", "-C", str(server), "config", "uploadpack.allowFilter", "true"], check=True)
    partial = elsewhere(tmp_path / "partial", zhang, "--filter=blob:none")
    zhang.write("one.md", note(2).replace("stage: lead", "stage: won"))
    zhang.sync()
    server.rename(tmp_path / "away.git")
    safe(partial, partial.vault("sync"), 6, "Saved on this computer.")
    (tmp_path / "away.git").rename(server)
    safe(partial, partial.vault("sync"), 0, "(1 sent, 1 received)")
    until_quiet(partial, zhang)
    assert partial.files == zhang.files and "stage: won" in partial.read("one.md")


def test_a_clone_that_leaves_files_out_is_no_deletion(two: tuple[Person, Person], tmp_path: Path):
    _li, zhang = two
    sparse = elsewhere(tmp_path / "sparse", zhang, "--sparse")
    safe(sparse, sparse.vault("sync"), 5, "only a part of this vault", "git sparse-checkout disable")
    sparse.git("sparse-checkout", "disable")
    until_quiet(sparse, zhang)
    assert sparse.files == zhang.files and MINE in zhang.read("one.md")
    assert set(zhang.files) >= {f"customers/{name}" for name in NOTES}


def test_a_repository_that_names_by_sha256(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun):
    li = person(tmp_path / "li", clean_env, vault_run, NOTES)
    shutil.rmtree(li.root / ".git")
    server = tmp_path / "server.git"
    li.git("init", "--quiet", "-b", "main", "--object-format=sha256")
    li.git("init", "--quiet", "--bare", "-b", "main", "--object-format=sha256", str(server))
    li.git("remote", "add", "origin", str(server))
    li.sync()
    zhang = colleague(li, tmp_path / "zhang", vault_run)
    zhang.write("two.md", note(3, f"\n{THEIRS}\n"))
    zhang.write("one.md", note(2).replace("stage: lead", "stage: won"))
    zhang.sync()
    li.write("one.md", note(2, f"\n{MINE}\n"))
    (li.root / "customers/王五.md").unlink()
    li.sync()
    assert "stage: won" in li.read("one.md")
    well_again(li, zhang)


def test_a_linked_work_tree(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    li.git("switch", "--quiet", "-c", "side")
    li.git("worktree", "add", "--quiet", str(tmp_path / "linked"), "main")
    linked = Person(
        tmp_path / "linked", {**li.env, "VAULT_NOTES_HOME": str(tmp_path / "linked-home")}, li._run
    )
    linked.write("one.md", li.read("one.md"))
    safe(linked, linked.vault("sync"), 0, "(1 sent, 1 received)")
    assert "Shared" in linked.vault("status").out and "never" not in linked.vault("status").out
    until_quiet(linked, zhang)
    assert linked.status == "" and MINE in zhang.read("one.md") and THEIRS in linked.read("two.md")
    # The other one is on a branch that nobody shares.
    safe(li, li.vault("sync"), 5, "Saved on this computer.")


def test_a_bare_mirror_is_no_vault(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    mirror = tmp_path / "mirror.git"
    li.git("clone", "--quiet", "--mirror", str(tmp_path / "server.git"), str(mirror))
    before = sorted(path.name for path in mirror.rglob("*"))
    ran = Person(mirror, li.env, li._run).vault("sync")
    assert ran.status == 3 and "No vault here" in ran.err
    assert sorted(path.name for path in mirror.rglob("*")) == before
    well_again(li, zhang)


def test_settings_that_a_colleague_broke_are_mended_by_whoever_receives_them(two: tuple[Person, Person]):
    li, zhang = two
    right = (li.root / "vault.toml").read_bytes()
    sent(zhang, {b"vault.toml": ("100644", b"[[[[")}, "")
    safe(li, li.vault("sync"), 5, "vault.toml came unreadable, so it stays as it was")
    assert (li.root / "vault.toml").read_bytes() == right
    assert li.saved["customers/one.md"].decode() == li.read("one.md")
    well_again(li, zhang)

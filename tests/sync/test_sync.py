"""What two people write meets, whole, on both sides; and whatever stands in the way, nothing is lost."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import all_objects
from tests.sync.clones import WANG, Person, colleague, note, pair, person, server, until_quiet
from vault_tool.git import advance, index
from vault_tool.sync import exchange, remotes
from vault_tool.sync.sync_journal import Journal

PASSWORD = "门禁密码：L8anhai#6"


@pytest.fixture
def two(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> tuple[Person, Person]:
    return pair(tmp_path, clean_env, vault_run, {"王五.md": WANG, "one.md": note(2), "two.md": note(3)})


@pytest.fixture
def li(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Person:
    return person(tmp_path / "li", clean_env, vault_run, {"王五.md": WANG})


def test_two_people_write_about_one_customer_on_one_day_and_nothing_is_lost(two: tuple[Person, Person]):
    li, zhang = two
    assert li.vault("log", "王五", "Budget approved by the board").status == 0
    assert zhang.vault("log", "王五", "Complained about the delivery").status == 0
    assert li.vault("set", "王五", "stage=negotiation").status == 0
    assert zhang.vault("set", "王五", "importance=vip").status == 0
    li.write("王五.md", li.read("王五.md").replace("看了样品，满意。", "看了样品，很满意，想要十件。"))
    zhang.write("王五.md", zhang.read("王五.md").replace("\n## 2026-10-12 visit\n\n看了样品，满意。\n", ""))

    until_quiet(li, zhang)

    assert li.files == zhang.files
    text = li.read("王五.md")
    for said in (
        "Budget approved",
        "Complained about",
        "很满意，想要十件",
        "他想要报价",
        "negotiation",
        "vip",
    ):
        assert text.count(said) == 1, said
    assert "<<<<" not in text and ">>>>" not in text
    for one in two:
        one.check()
    heads = [one.head for one in two]
    until_quiet(li, zhang)
    assert [one.head for one in two] == heads == [heads[0]] * 2


def test_the_first_sync_begins_the_past_of_a_vault_and_says_what_comes_next(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    li = person(tmp_path / "li", clean_env, vault_run, {"王五.md": WANG})
    subprocess.run(["rm", "-rf", str(li.root / ".git")], check=True)
    (li.root / "README.txt").write_text("mine")
    (li.root / "customers/.vault-tmp-1-a").write_text("left behind")
    ran = li.sync()
    assert "vault remote add" in ran.out and ".git" in ran.err
    assert sorted(li.saved) == [".gitattributes", "customers/王五.md", "vault.toml"]
    assert li.git("log", "-1", "--format=%an").strip() == "李娜"

    server(tmp_path / "server.git", li)
    assert "(3 sent, 0 received)" in li.sync().out
    assert "nothing was new" in li.sync().out
    zhang = colleague(li, tmp_path / "zhang", vault_run)
    assert zhang.saved == li.saved


def test_a_secret_stays_here_and_the_rest_goes(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    li.write("one.md", note(2, f"\n## 2026-11-20\n\n{PASSWORD}\n"))
    li.write("two.md", note(3, "\n## 2026-11-20\n\nAll is well.\n"))
    zhang.write("one.md", note(2).replace("stage: lead", "stage: won"))
    zhang.sync()

    ran = li.sync(status=5)
    assert "one.md:13" in ran.err and PASSWORD not in ran.out + ran.err
    assert ran.out.startswith("All but 1 note saved and shared (1 sent, 1 received)")
    # What came is in the file; what is held back is in no object, here or there.
    assert PASSWORD in li.read("one.md") and "stage: won" in li.read("one.md")
    assert PASSWORD not in li.saved["customers/one.md"].decode()
    secret = b"L8anhai#6"
    for place in (li.root / ".git", tmp_path / "server.git"):
        assert not any(secret in data for data in all_objects(place, li.env))
    assert li.sync("--json", status=5).json["held_back"] == [
        {"path": "customers/one.md", "why": "privacy", "line": 13}
    ]
    zhang.sync()
    assert "All is well." in zhang.read("two.md")
    assert "1 note stays on this computer" in li.vault("list").err

    li.write("one.md", li.read("one.md").replace(PASSWORD, "门禁密码见保险柜"))
    li.sync()
    zhang.sync()
    assert li.files == zhang.files
    li.check()
    assert li.vault("list").err == ""


def test_what_is_to_be_sealed_is_sealed_in_the_file_before_it_is_saved(two: tuple[Person, Person]):
    li, _zhang = two
    li.write("one.md", note(2).replace("owner: li.na", "owner: li.na\nmobile: 13800138000"))
    li.sync()
    assert "13800138000" not in li.read("one.md") and "sealed-" in li.read("one.md")
    li.check()
    assert not any(b"13800138000" in data for data in all_objects(li.root / ".git", li.env))


def test_offline_it_is_saved_and_goes_out_later(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    place = tmp_path / "server.git"
    place.rename(tmp_path / "away.git")
    li.write("one.md", note(2, "\n## 2026-11-20\n\nOn the train.\n"))
    ran = li.sync(status=6)
    assert ran.out.startswith("Saved on this computer.")
    assert li.sync("--json", status=6).json["remotes"][0]["waiting"] == 1
    li.check()
    (tmp_path / "away.git").rename(place)
    assert "(1 sent, 0 received)" in li.sync().out
    zhang.sync()
    assert "On the train." in zhang.read("one.md")


def test_somebody_sends_in_between(two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch):
    li, zhang = two
    li.write("one.md", note(2, "\n## 2026-11-20\n\nFrom Li.\n"))
    zhang.write("two.md", note(3, "\n## 2026-11-20\n\nFrom Zhang.\n"))
    sending, faster = remotes.Sending, [zhang]

    def slow(*words, **more):
        if faster:
            faster.pop().sync()
        return sending(*words, **more)

    monkeypatch.setattr(remotes, "Sending", slow)
    monkeypatch.setattr(exchange, "_JITTER_SECONDS", 0.0)
    ran = li.sync()
    assert "(1 sent, 1 received)" in ran.out and "News of: two" in ran.out
    until_quiet(li, zhang)
    assert li.files == zhang.files and "From Zhang." in li.read("two.md")
    li.check()


def test_what_is_saved_takes_one_connection_when_nobody_else_wrote(
    two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
):
    li, zhang = two
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr(remotes, "fetch", lambda *words, **more: asked.append(words))
    li.write("one.md", note(2, "\n## 2026-11-20\n\nFrom Li.\n"))
    assert "(1 sent, 0 received)" in li.sync().out
    assert not asked
    monkeypatch.undo()
    until_quiet(li, zhang)
    assert "From Li." in zhang.read("one.md")


def test_a_server_that_was_put_back_is_not_sent_what_it_let_go_of(two: tuple[Person, Person]):
    li, zhang = two
    before = li.head
    li.write("one.md", note(2, "\n## 2026-11-20\n\nLet go of.\n"))
    li.sync()
    zhang.git("push", "-q", "--force", "origin", f"{before}:main")
    li.write("two.md", note(3, "\n## 2026-11-20\n\nNew.\n"))
    ran = li.sync(status=5)
    assert "vault remote accept" in ran.err, ran
    assert zhang.git("ls-remote", "origin", "main").split()[0] == before


def test_whoever_is_always_slower_is_told_so(two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch):
    li, zhang = two
    sending, tries = remotes.Sending, []

    def slow(repository, *words, **more):
        if repository.top == li.root.resolve():
            tries.append(1)
            zhang.write("two.md", note(3, f"\n## 2026-11-20\n\nTry {len(tries)}.\n"))
            zhang.sync()
        return sending(repository, *words, **more)

    monkeypatch.setattr(remotes, "Sending", slow)
    monkeypatch.setattr(exchange, "_JITTER_SECONDS", 0.0)
    li.write("one.md", note(2, "\n## 2026-11-20\n\nFrom Li.\n"))
    ran = li.sync(status=4)
    assert len(tries) == 5 and ran.out.startswith("Saved on this computer.")


def test_no_hook_signature_or_setting_of_the_users_stands_in_the_way(two: tuple[Person, Person]):
    li, zhang = two
    hook = li.root / ".git/hooks/pre-commit"
    for name in ("pre-commit", "pre-push", "reference-transaction"):
        hook = li.root / ".git/hooks" / name
        hook.write_text("#!/bin/sh\nexit 1\n")
        hook.chmod(0o755)
    for key, value in (
        *(("commit.gpgsign", "true"), ("core.autocrlf", "true"), ("pull.rebase", "true")),
        *(("push.default", "nothing"), ("core.quotepath", "on"), ("user.useConfigOnly", "true")),
    ):
        li.git("config", key, value)
    text = note(2, "\n## 2026-11-20\n\nFrom Li.\n").replace("\n", "\r\n")
    li.write("one.md", text)
    li.sync()
    zhang.sync()
    assert zhang.read("one.md") == text


def test_while_somebody_holds_gits_lock_nothing_moves(
    two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
):
    li, _zhang = two
    for module in (advance, index):
        monkeypatch.setattr(module, "PATIENCE", 0.05)
    lock = li.root / ".git/index.lock"
    lock.write_bytes(b"")
    li.write("one.md", note(2, "\n## 2026-11-20\n\nFrom Li.\n"))
    before, files = li.head, li.files
    li.sync(status=4)
    assert li.head == before and li.files == files and lock.exists()
    lock.unlink()
    li.sync()
    li.check()


def test_what_a_person_staged_or_committed_by_hand_is_no_trouble(two: tuple[Person, Person]):
    li, zhang = two
    (li.root / "README.txt").write_text("mine")
    li.write("one.md", note(2, "\nstaged\n"))
    li.git("add", "README.txt", "customers/one.md")
    li.write("one.md", note(2, "\nsaved later\n"))
    li.sync()
    # What sync doesn't carry stays staged.
    assert li.status == "A  README.txt\n"
    li.git("commit", "--quiet", "-m", "by hand")
    li.write("two.md", note(3, "\nby hand\n"))
    li.git("commit", "--quiet", "-am", "by hand")
    # Staged, and back as it was: git must not think that something is about to change.
    li.write("two.md", note(3, "\nstaged only\n"))
    li.git("add", "customers/two.md")
    li.write("two.md", note(3, "\nby hand\n"))
    li.sync()
    li.check()
    zhang.sync()
    assert zhang.files == li.files and (zhang.root / "README.txt").read_text() == "mine"


def test_a_plain_git_pull_in_between_changes_nothing(two: tuple[Person, Person]):
    li, zhang = two
    li.write("one.md", note(2, "\n## 2026-11-20\n\nFrom Li.\n"))
    li.sync()
    zhang.write("two.md", note(3, "\n## 2026-11-20\n\nFrom Zhang.\n"))
    zhang.git("commit", "--quiet", "-am", "by hand")
    zhang.git("pull", "--quiet", "--no-rebase", "origin", "main")
    until_quiet(zhang, li)
    assert li.files == zhang.files and "From Li." in li.read("one.md") and "From Zhang." in li.read("two.md")
    zhang.check()


def test_a_rehearsal_changes_nothing_and_tells_what_would_be(two: tuple[Person, Person]):
    li, zhang = two
    li.write("one.md", note(2).replace("owner: li.na", "owner: li.na\nmobile: 13800138000"))
    li.sync()
    until_quiet(zhang)
    zhang.write("two.md", note(3, "\n## 2026-11-20\n\nFrom Zhang.\n"))
    zhang.sync()
    li.write("one.md", note(2).replace("owner: li.na", "owner: li.na\nmobile: 13900139000"))
    before = (li.files, li.head, li.git("for-each-ref", "refs/heads"), li.status)
    told = li.sync("--dry-run", "--json").json
    assert (told["saved"], told["sent"], told["received"]) == (1, 1, ["customers/two.md"])
    assert (li.files, li.head, li.git("for-each-ref", "refs/heads"), li.status) == before
    assert "Would save 1, send 1, receive 1." in li.sync("--dry-run").out


def test_several_servers_have_a_state_each(two: tuple[Person, Person], tmp_path: Path):
    li, zhang = two
    second = tmp_path / "second.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", str(second)], check=True)
    li.git("remote", "add", "backup", str(second))
    li.git("remote", "add", "gone", str(tmp_path / "nowhere.git"))
    zhang.write("two.md", note(3, "\nFrom Zhang.\n"))
    zhang.sync()
    states = {each["name"]: each["state"] for each in li.sync("--json", status=6).json["remotes"]}
    assert states == {"origin": "ok", "backup": "ok", "gone": "gone"}
    assert li.git("ls-remote", "backup", "main").split()[0] == li.head
    # What only the second server has gets to the first.
    zhang.git("pull", "--quiet", "--no-rebase", str(second), "main")
    zhang.write("two.md", note(3, "\nFrom Zhang, by way of the second.\n"))
    zhang.git("commit", "--quiet", "--no-verify", "-am", "by hand")
    zhang.git("push", "--quiet", "--no-verify", str(second), "main")
    li.git("remote", "rename", "backup", "second")
    li.sync(status=6)
    for name in ("origin", "second"):
        assert li.git("ls-remote", name, "main").split()[0] == li.head == zhang.head


def test_two_syncs_at_once_do_the_work_of_one(two: tuple[Person, Person]):
    li, zhang = two
    zhang.write("two.md", note(3, "\nFrom Zhang.\n"))
    zhang.sync()
    li.write("one.md", note(2, "\nFrom Li.\n"))
    command = [sys.executable, "-m", "vault_tool", "sync"]
    both = [
        subprocess.Popen(command, cwd=li.root, env=li.env, stdout=subprocess.PIPE) for _number in range(2)
    ]
    for one in both:
        said, _nothing = one.communicate(timeout=60)
        assert one.returncode == 0, said
    li.check()
    assert li.git("ls-remote", "origin", "main").split()[0] == li.head
    assert len(li.git("rev-list", "HEAD").split()) == 4


def test_settings_that_others_changed_count_at_once(two: tuple[Person, Person]):
    li, zhang = two
    toml = li.root / "vault.toml"
    toml.write_text(
        'customers = ["customers/**/*.md", "kunden/**/*.md"]\n' + toml.read_text("utf-8"), "utf-8"
    )
    (li.root / "kunden").mkdir()
    (li.root / "kunden/neu.md").write_text(note(9), "utf-8")
    li.sync()
    assert "News of: neu" in zhang.sync().out
    until_quiet(li, zhang)
    assert (zhang.root / "kunden/neu.md").read_text("utf-8") == note(9)


def test_many_notes_that_vanished_are_asked_about(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    li, zhang = pair(tmp_path, clean_env, vault_run, {f"{i}.md": note(i) for i in range(6)})
    for number in range(3):
        (li.root / f"customers/{number}.md").unlink()
    before = li.head
    ran = li.sync("--dry-run", status=5)
    assert "3 of 6" in ran.out and "asks first" in ran.out
    assert len(li.sync("--dry-run", "--json", status=5).json["vanished"]) == 3
    assert "3 of 6" not in li.sync("--dry-run", "--accept-deletions").out
    ran = li.sync(status=5)
    assert li.head == before and "3 of 6" in ran.err
    li.sync("--accept-deletions")
    zhang.sync()
    assert li.files == zhang.files and len(zhang.files) == 5
    # What a command removed was asked about then.
    for number in (3, 4, 5):
        assert li.vault("remove", f"客户{number}", "--yes").status == 0
    li.sync()


def test_a_note_moved_to_where_another_customers_comes_is_not_joined_with_it(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun, monkeypatch: pytest.MonkeyPatch
):
    li, zhang = pair(tmp_path, clean_env, vault_run, {"one.md": note(1), "two.md": note(2)})
    zhang.write("new.md", note(9))
    zhang.sync()
    begin = Journal.begin

    def begin_late(*words):
        begin(*words)
        (li.root / "customers/one.md").rename(li.root / "customers/new.md")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "begin", begin_late)
        li.sync()
    assert li.read("new.md") == note(1)
    until_quiet(li, zhang)
    notes = [data.decode() for path, data in li.files.items() if path.startswith("customers/")]
    assert sorted(notes) == sorted([note(1), note(2), note(9)])


def test_a_note_moved_to_where_another_customers_was_is_no_old_buffer(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    li, zhang = pair(tmp_path, clean_env, vault_run, {"one.md": note(1), "two.md": note(2)})
    zhang.write("one.md", note(1).replace("stage: lead", "stage: won"))
    zhang.sync()
    li.sync()
    (li.root / "customers/one.md").rename(li.root / "customers/other.md")
    (li.root / "customers/two.md").rename(li.root / "customers/one.md")
    li.sync()
    assert li.read("one.md") == note(2)
    until_quiet(li, zhang)
    assert zhang.read("one.md") == note(2) and "stage: won" in zhang.read("other.md")


def test_a_vault_that_is_a_part_of_more_is_left_alone(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    li = person(tmp_path / "more", clean_env, vault_run, {})
    inner = person(tmp_path / "more/inner", clean_env, vault_run, {"王五.md": WANG})
    subprocess.run(["rm", "-rf", str(inner.root / ".git")], check=True)
    before = (li.root / ".git/config").read_bytes()
    assert "part of" in inner.sync(status=2).err
    assert (li.root / ".git/config").read_bytes() == before and not (inner.root / ".git").exists()


def test_nothing_is_asked_of_anybody_without_a_team(li: Person):
    del li.env["VAULT_NOTES_USER"]
    li.sync()
    assert li.git("log", "-1", "--format=%an <%ae>").strip() != ""
    li.check()


def test_locks_of_a_git_that_was_killed_with_us_go_and_nobody_elses(
    two: tuple[Person, Person], monkeypatch: pytest.MonkeyPatch
):
    li, _zhang = two
    for module in (advance, index):
        monkeypatch.setattr(module, "PATIENCE", 0.05)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    mark = li.root / f".git/vault/at-work-{ended.pid}"
    mark.touch()
    ours = [
        li.root / ".git" / name
        for name in ("index.lock", "refs/heads/main.lock", "refs/remotes/origin/main.lock")
    ]
    for lock in ours:
        lock.write_bytes(b"")
    li.write("one.md", note(2, "\nFrom Li.\n"))
    li.sync()
    li.check()
    assert not mark.exists() and not any(lock.exists() for lock in ours)

    lock = li.root / ".git/index.lock"
    lock.write_bytes(b"")
    os.utime(lock, (mark_time := lock.stat().st_mtime - 300, mark_time))
    mark.touch()
    li.write("one.md", note(2, "\nFrom Li once more.\n"))
    before = li.head
    li.sync(status=4)
    assert lock.exists() and li.head == before

"""What comes from machines without the program: no marker ever stands here, nothing in plain goes unseen."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.sync.clones import WANG, Person, colleague, named, note, pair, until_quiet
from vault_tool.sync.heal import holds_markers

ENTRY = "## 2026-11-22 call\n\n{}\n\n## 2026-11-02"
MARKED = "\n<<<<<<< HEAD\nmine\n=======\nyours\n>>>>>>> theirs\n"


@pytest.fixture
def li(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Person:
    return pair(tmp_path, clean_env, vault_run, {"王五.md": WANG, "one.md": note(2), "two.md": note(3)})[0]


@pytest.fixture
def zhang(li: Person, tmp_path: Path, vault_run: VaultRun, clean_env: dict[str, str]) -> Person:
    env = {**clean_env, "VAULT_NOTES_HOME": str(tmp_path / "zhang-home")}
    return named(Person(tmp_path / "zhang", env, vault_run), "zhang.wei")


@pytest.fixture
def wang(li: Person, tmp_path: Path, vault_run: VaultRun) -> Person:
    """Wang Wu, whose machine has git and not the program."""
    return named(colleague(li, tmp_path / "wang", vault_run), "wang.wu")


def said(person: Person, text: str) -> None:
    """Note something that was said, before all else that was."""
    person.write("王五.md", person.read("王五.md").replace("## 2026-11-02", ENTRY.format(text), 1))


def push(person: Person) -> None:
    """Share all there is, markers and all, by git alone."""
    person.git("add", "-A")
    person.git("commit", "-qm", "news", ok=False)
    person.git("push", "-q", "origin", "main")


def pull(person: Person) -> None:
    """Bring what there is by git alone, and commit whatever comes of it."""
    person.git("commit", "-qam", "news", ok=False)
    assert "CONFLICT" in person.git("pull", "-q", "--no-rebase", "--no-edit", "origin", "main", ok=False)
    person.git("add", "-A")
    person.git("commit", "-qm", "merged, I think")


def leave_markers(li: Person, wang: Person) -> None:
    """Have Wang Wu send the conflict of two entries at one place."""
    said(li, "It was Li who heard this.")
    li.sync()
    said(wang, "It was Wang who heard that.")
    pull(wang)
    assert holds_markers(wang.read("王五.md").encode())


def check(text: str) -> None:
    assert not holds_markers(text.encode())
    assert text.count("Li who heard this") == text.count("Wang who heard that") == 1


def test_whoever_takes_markers_out_makes_the_same_commit(li: Person, zhang: Person, wang: Person):
    leave_markers(li, wang)
    push(wang)
    server = li.git("remote", "get-url", "origin").strip()
    # Neither sees what the other sends.
    li.git("config", "remote.origin.pushurl", f"{server}-away")
    for one in (li, zhang):
        one.vault("sync")
        check(one.read("王五.md"))
    assert li.head == zhang.head != wang.head

    li.git("config", "--unset", "remote.origin.pushurl")
    until_quiet(li, zhang)
    wang.git("pull", "-q", "--ff-only", "origin", "main")
    assert li.files == zhang.files == wang.files
    li.check()


def test_what_was_written_since_on_top_of_markers_stays(li: Person, zhang: Person, wang: Person):
    leave_markers(li, wang)
    push(wang)
    wang.write("王五.md", wang.read("王五.md").replace("stage: lead", "stage: won"))
    push(wang)
    wang.git("mv", "customers/王五.md", "customers/Wang.md")
    wang.write("one.md", note(2, "\nMore.\n"))
    push(wang)

    zhang.sync()
    check(zhang.read("Wang.md"))
    assert "stage: won" in zhang.read("Wang.md") and "More." in zhang.read("one.md")


@pytest.mark.parametrize("who", ["li", "wang"])
def test_markers_in_a_note_that_one_side_put_elsewhere_are_worked_out(
    li: Person, zhang: Person, wang: Person, who: str
):
    said(li, "It was Li who heard this.")
    said(wang, "It was Wang who heard that.")
    mover = {"li": li, "wang": wang}[who]
    (mover.root / "archive").mkdir()
    (mover.root / "customers/王五.md").rename(mover.root / "archive/王五.md")
    li.sync()
    wang.git("add", "-A")
    pull(wang)
    # git knows the note by its words.
    assert holds_markers((wang.root / "archive/王五.md").read_bytes())
    push(wang)

    zhang.sync()
    check((zhang.root / "archive/王五.md").read_text("utf-8"))
    assert not (zhang.root / "customers/王五.md").exists()
    until_quiet(li, zhang)
    wang.git("pull", "-q", "--ff-only", "origin", "main")
    assert li.files == zhang.files == wang.files
    li.check()


def leave_marked_settings(li: Person, wang: Person) -> None:
    """Have Wang Wu send the conflict of two currencies."""
    for one, line in ((li, 'currency = "EUR"'), (wang, 'currency = "CHF"')):
        path = one.root / "vault.toml"
        path.write_text(f"{line}\n{path.read_text('utf-8')}", "utf-8")
    li.sync()
    pull(wang)
    assert holds_markers((wang.root / "vault.toml").read_bytes())
    push(wang)


def check_settings(person: Person) -> None:
    """One currency stands in the settings, and the other lies beside them."""
    settings = (person.root / "vault.toml").read_bytes()
    assert settings.count(b"currency") == 1 and not holds_markers(settings)
    assert len(list((person.root / ".vault/conflicts").iterdir())) == 1
    assert person.vault("list").status == 0


def test_markers_in_the_settings_keep_nobody_from_working(li: Person, zhang: Person, wang: Person):
    leave_marked_settings(li, wang)

    zhang.sync()
    check_settings(zhang)
    li.sync()
    assert li.files == zhang.files


def test_settings_that_came_with_markers_by_git_alone_are_mended_by_a_sync(
    li: Person, zhang: Person, wang: Person
):
    leave_marked_settings(li, wang)
    zhang.git("pull", "-q", "--ff-only", "origin", "main")
    assert zhang.vault("list").status == 3

    zhang.sync()
    check_settings(zhang)
    zhang.check()
    li.sync()
    assert li.files == zhang.files
    # What is broken otherwise stays so.
    (li.root / "vault.toml").write_text("<<<<<<< a\nx\n=======\ny\n>>>>>>> b\n")
    assert "vault.toml:1: this is not TOML" in li.sync(status=3).err


def test_settings_that_came_unreadable_keep_nobody_from_working(li: Person, zhang: Person, wang: Person):
    before = (li.root / "vault.toml").read_text("utf-8")
    broken = f"{before}\n[people\n"
    (wang.root / "vault.toml").write_text(broken, "utf-8")
    said(wang, "It was Wang who broke it.")
    push(wang)
    li.write("one.md", note(2, "\n## 2026-11-20\n\nFrom Li.\n"))

    ran = li.sync(status=5)

    assert "vault.toml came unreadable, so it stays as it was" in ran.err
    assert (li.root / "vault.toml").read_text("utf-8") == before
    (kept,) = (li.root / ".vault/conflicts").glob("vault-*.toml")
    assert kept.read_text("utf-8") == broken
    assert li.vault("list").status == 0
    assert "vault-" in li.vault("conflicts").out
    li.sync()  # it is told once
    until_quiet(li, zhang)
    assert li.files == zhang.files
    assert "It was Wang who broke it." in zhang.read("王五.md")
    li.check()


def test_markers_committed_here_by_hand_are_worked_out_before_anything_is_sent(li: Person, zhang: Person):
    said(li, "It was Li who heard this.")
    li.sync()
    said(zhang, "It was Wang who heard that.")
    zhang.without_filter()
    zhang.git("config", "--remove-section", "merge.vault")
    pull(zhang)
    assert holds_markers(zhang.read("王五.md").encode())

    zhang.sync()
    check(zhang.read("王五.md"))
    li.sync()
    assert li.files == zhang.files
    zhang.check()


def test_markers_of_unknown_origin_are_told_of(li: Person, wang: Person):
    wang.write("one.md", note(2, MARKED))
    push(wang)

    told = li.sync("--json", status=5).json
    assert told["left"] == ["customers/one.md"] and told["state"] == "shared"
    wang.write("two.md", note(3, MARKED))
    push(wang)
    ran = li.sync(status=5)
    assert "left two versions in it" in ran.err and "customers/two.md" in ran.err and "mine" not in ran.err
    assert li.sync().status == 0


def test_markers_that_stand_here_are_not_sent(li: Person, zhang: Person):
    li.write("one.md", note(2, MARKED))
    li.write("two.md", note(3, "\nAll is well.\n"))

    assert "customers/one.md" in li.sync(status=5).err
    zhang.sync()
    assert "All is well." in zhang.read("two.md") and not holds_markers(zhang.read("one.md").encode())
    li.write("one.md", note(2, "\nmine\n"))
    li.sync()


def test_a_value_in_plain_is_told_once_with_the_commit_that_brought_it(
    li: Person, zhang: Person, wang: Person
):
    wang.write("one.md", note(2).replace("owner: li.na", "owner: li.na\nmobile: 13711112222"))
    push(wang)
    commit = wang.head
    wang.write("one.md", wang.read("one.md") + "\nAnd {{seal: the door opens with 4711}}.\n")
    push(wang)
    later = wang.head
    wang.write("one.md", wang.read("one.md").replace("stage: lead", "stage: won"))
    push(wang)

    ran = zhang.sync("--json", status=5)
    assert [
        (each["commit"], each["path"], each["line"], each["field"]) for each in ran.json["disclosed"]
    ] == [
        (commit, "customers/one.md", 7, "mobile"),
        (later, "customers/one.md", 12, ""),
    ]
    assert "13711112222" not in ran.out and "4711" not in ran.out
    assert "stage: won" in zhang.read("one.md")
    wang.write("one.md", wang.read("one.md").replace("stage: won", "stage: lost"))
    push(wang)
    assert zhang.sync("--json").json["disclosed"] == []

"""A snapshot has what stands on disk, is made of what changed alone, and takes nothing that isn't the vault's."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import VaultRun
from tests.sync.clones import WANG, Person, note, person
from vault_tool.git.trees import Trees
from vault_tool.sync import snapshot
from vault_tool.sync.carried import FILE_NAME, Carried, read_record
from vault_tool.vault.settings import Settings


@pytest.fixture
def li(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Person:
    made = person(tmp_path / "li", clean_env, vault_run, {"王五.md": WANG, "one.md": note(2)})
    made.sync()
    return made


def put(clone: Person, path: str, data: bytes) -> None:
    (clone.root / path).parent.mkdir(parents=True, exist_ok=True)
    (clone.root / path).write_bytes(data)


@pytest.mark.parametrize("kind", ["sha1", "sha256"])
def test_every_kind_of_file_and_change_is_saved(
    kind: str, tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    li = person(tmp_path / "li", clean_env, vault_run, {"王五.md": WANG, "one.md": note(2)})
    (li.root / ".git").rename(tmp_path / "old")
    li.git("init", "--quiet", "-b", "main", f"--object-format={kind}")
    odd = ['quo"te.md', "back\\slash.md", " space.md", "tab\there.md", "e\u0301.md", "客户 (备份).md"]
    for number, name in enumerate(odd, 10):
        put(li, f"customers/{name}", note(number).encode())
    put(li, "customers/photos/plan.png", bytes(range(256)))
    put(li, "schema/fields.yaml", b"{}\n")
    put(li, "templates/person.md", b"# \n")
    li.sync()
    li.check()
    (li.root / "customers/one.md").rename(li.root / "customers/first.md")
    (li.root / "customers/photos/plan.png").unlink()
    put(li, "customers/photos/plan.png/inner.txt", b"a folder where a file stood")
    put(li, "customers/王五.md", WANG.replace("\n", "\r\n").encode())
    li.sync()
    li.check()
    assert "customers/one.md" not in li.saved


def test_what_is_not_the_vaults_stays_out_and_what_is_large_is_named(li: Person):
    large = b"x" * 10_000_001
    for path in ("README.md", "notes.txt", "customers/.hidden", "customers/a.md~", "customers/.vault-tmp-1"):
        put(li, path, b"mine")
    put(li, "customers/film.mp4", large)
    put(li, "customers/nearly.bin", b"x" * 5_000_000)
    put(li, "customers/draft.tmp", b"left out")
    put(li, ".gitignore", b"*.tmp\n")
    ran = li.sync()
    assert "film.mp4" in ran.out
    assert sorted(li.saved) == [
        *(".gitattributes", ".gitignore", "customers/nearly.bin", "customers/one.md", "customers/王五.md"),
        "vault.toml",
    ]


@pytest.mark.skipif(os.name == "nt", reason="needs links and modes")
def test_modes_stay_and_links_are_nobodys_business(li: Person):
    put(li, "customers/run.sh", b"#!/bin/sh\n")
    (li.root / "customers/run.sh").chmod(0o755)
    (li.root / "customers/link.md").symlink_to("one.md")
    li.git("add", "customers/run.sh", "customers/link.md")
    li.git("commit", "--quiet", "--no-verify", "-m", "by hand")
    put(li, "customers/run.sh", b"#!/bin/sh\nexit\n")
    li.sync()
    assert li.git("ls-files", "-s", "customers/run.sh").startswith("100755")
    assert li.git("ls-files", "-s", "customers/link.md").startswith("120000")
    assert li.status == ""


def test_one_changed_note_costs_no_look_at_the_others(li: Person, monkeypatch: pytest.MonkeyPatch):
    for number in range(10, 40):
        put(li, f"customers/{number % 3}/{number}.md", note(number).encode())
    li.sync()
    for path in li.files:
        os.utime(li.root / path, (1_700_000_000, 1_700_000_000))
    li.sync()
    looked_at: list[PurePosixPath] = []
    read = snapshot.Snapshot._read

    def counted(self: snapshot.Snapshot, path: PurePosixPath):
        looked_at.append(path)
        return read(self, path)

    trees: list[str] = []
    entries = Trees._entries

    def seen(self: Trees, name: str):
        trees.append(name)
        return entries(self, name)

    monkeypatch.setattr(snapshot.Snapshot, "_read", counted)
    monkeypatch.setattr(Trees, "_entries", seen)
    put(li, "customers/1/10.md", note(10, "\nchanged\n").encode())
    li.sync()
    assert set(looked_at) == {PurePosixPath("customers/1/10.md")}
    # The commit before and after, `customers` and `customers/1` of each.
    assert len(set(trees)) <= 6


@pytest.mark.parametrize("harm", ["gone", "damaged", "older"])
def test_without_what_it_remembers_it_compares_everything(li: Person, harm: str):
    record = li.root / ".git/vault" / FILE_NAME
    if harm == "gone":
        record.unlink()
    elif harm == "damaged":
        record.write_bytes(record.read_bytes()[:-1] + b"?")
    else:
        li.git("commit", "--quiet", "--allow-empty", "-m", "by hand")
    (li.root / "customers/one.md").unlink()
    put(li, "customers/王五.md", WANG.encode() + b"more\n")
    li.sync()
    li.check()
    assert "customers/one.md" not in li.saved


def test_a_file_that_is_written_while_it_is_read_waits(li: Person, monkeypatch: pytest.MonkeyPatch):
    read, busy = snapshot.Snapshot._read, [b"half", b"half and more"]

    def writing(self: snapshot.Snapshot, path: PurePosixPath):
        if path.name == "one.md" and busy:
            put(li, str(path), note(2).encode() + busy.pop(0))
        return read(self, path)

    put(li, "customers/one.md", note(2, "\n").encode())
    put(li, "customers/王五.md", WANG.encode() + b"more\n")
    with monkeypatch.context() as patch:
        patch.setattr(snapshot.Snapshot, "_read", writing)
        ran = li.sync()
    assert "one.md" in ran.out
    assert li.saved["customers/one.md"] == note(2).encode()
    assert li.saved["customers/王五.md"].endswith(b"more\n")
    li.sync()
    li.check()


def test_a_save_that_leaves_size_and_time_as_they_were_is_seen_while_it_can_be_one(li: Person):
    """Within two seconds of a sync a file may change and look the same."""
    path = li.root / "customers/one.md"
    before = path.stat()
    path.write_text(note(2).replace("lead", "lost"), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    li.sync()
    assert b"lost" in li.saved["customers/one.md"]


def test_a_record_is_read_back_as_it_was_kept(li: Person):
    record = read_record(li.root / ".git/vault")
    assert record is not None and record.commit == li.head
    assert "vault.toml" in record.others and record.held == ()


@pytest.mark.parametrize(
    ("path", "is_carried"),
    [
        *(("customers/a.md", True), ("customers/x/y/plan.pdf", True), ("archive/2025/a.md", True)),
        *(("vault.toml", True), (".gitignore", True), ("schema/words.yaml", True), ("templates/a.md", True)),
        *((".vault/keyring.toml", True), (".vault/groups/a/1.age", True), ("attachments/a.pdf", True)),
        *(("README.md", False), ("notes/a.md", False), ("customers/.a.md.swp", False), ("schema", False)),
        *(("customers/.obsidian/app.json", False), ("customers/a.md~", False), (".git/config", False)),
        *((".vault/.vault-tmp-1", False), ("attachments/.DS_Store", False), ("customers/~$a.docx", False)),
    ],
)
def test_what_sync_carries(path: str, is_carried: bool, tmp_path: Path):
    assert Carried(tmp_path, Settings(id="v")).has(path) is is_carried


def test_with_nobody_there_what_is_being_written_waits_and_no_keys_are_made(li: Person):
    sealed = note(4).replace("owner:", "mobile: 13800138000\nowner:")
    for name, text in (("fresh.md", note(3)), ("still.md", note(5)), ("plain.md", sealed)):
        put(li, f"customers/{name}", text.encode())
        if name != "fresh.md":
            os.utime(li.root / "customers" / name, (1_000_000_000, 1_000_000_000))

    told = li.sync("--unattended", "--json", status=5).json
    assert told["still_written"] == ["customers/fresh.md"]
    assert [each["path"] for each in told["held_back"]] == ["customers/plain.md"]
    assert "customers/still.md" in li.saved and "customers/fresh.md" not in li.saved
    assert not (li.root / ".vault/keyring.toml").exists() and "13800138000" in li.read("plain.md")

    assert li.sync("--json").json["saved"] >= 2
    li.check()


def test_with_nobody_there_a_note_that_an_editor_has_open_is_sealed_later(li: Person):
    assert li.vault("seal").status == 0
    path = li.root / "customers/plain.md"
    put(li, "customers/plain.md", note(4).replace("owner:", "mobile: 13800138000\nowner:").encode())
    os.utime(path, (1_000_000_000, 1_000_000_000))
    mark = path.with_name(".plain.md.swp")
    mark.touch()

    assert li.sync("--unattended", "--json").json["still_written"] == ["customers/plain.md"]
    assert "13800138000" in li.read("plain.md")

    mark.unlink()
    assert li.sync("--unattended", "--json").json["still_written"] == []
    assert "13800138000" not in li.read("plain.md") and "customers/plain.md" in li.saved

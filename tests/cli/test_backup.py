"""`vault backup`: what a person types and reads."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.git.repositories import Clone, make_clone, note, sealed_clone
from vault_tool.git.folder import git_folder
from vault_tool.sync.backup_plan import BEGIN, END, MarksBroken, with_plan
from vault_tool.sync.backup_record import BackupRecord, read_record

ENTRY = "\n## 2026-11-20 电话\n\n谈价。\n"


@pytest.fixture
def clone(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun) -> Clone:
    made = make_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1) + ENTRY, "b.md": note(2)})
    made.git("add", "-A")
    made.git("commit", "--quiet", "-m", "begin")
    return made


def record(clone: Clone) -> BackupRecord:
    git = git_folder(clone.root)
    assert git is not None
    return read_record(git)


def test_create_tells_what_it_proved_and_verify_needs_no_folder_after_that(clone: Clone, tmp_path: Path):
    # Its commit is of the real day.
    made = clone.vault("backup", "create", str(tmp_path / "b"), env={"VAULT_NOTES_TODAY": ""})
    proved = clone.vault("backup", "verify")

    assert (made.status, proved.status) == (0, 0), (made, proved)
    assert "Restored 2 customers, 1 entry, 0 unreadable, newest 0 min old" in made.out
    assert "Restored 2 customers, 1 entry, 0 unreadable" in proved.out
    assert "git" not in made.out + made.err


def test_what_was_written_is_saved_first_and_in_it(clone: Clone, tmp_path: Path):
    clone.write("c.md", note(3) + ENTRY)

    made = clone.vault("backup", "create", str(tmp_path / "b"))

    assert (made.status, "Restored 3 customers, 2 entries" in made.out) == (0, True), made
    assert "not in it" not in made.err
    assert clone.git("show", "HEAD:customers/c.md") == note(3) + ENTRY


def test_what_can_not_be_saved_is_told_and_the_rest_is_backed_up(clone: Clone, tmp_path: Path):
    clone.write("a.md", note(1) + ENTRY + "\nCall 13800138000.\n")

    made = clone.vault("backup", "create", str(tmp_path / "b"))

    assert (made.status, "Restored 2 customers, 1 entry" in made.out) == (0, True), made
    assert "1 file has changes that are not in it" in made.err
    assert "customers/a.md" in made.err
    assert "13800138000" not in made.out + made.err


def test_a_vault_that_can_not_be_saved_now_is_backed_up_as_it_was_saved(clone: Clone, tmp_path: Path):
    clone.write("a.md", note(1))
    (clone.root / ".git/MERGE_HEAD").write_text(f"{clone.git('rev-parse', 'HEAD').strip()}\n")

    made = clone.vault("backup", "create", str(tmp_path / "b"))

    assert (made.status, "Restored 2 customers" in made.out) == (0, True), made
    assert "`git merge` was begun" in made.err
    assert "not in it" in made.err


def test_a_value_that_a_colleague_sent_in_plain_is_in_it_and_no_change(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone = sealed_clone(tmp_path / "v", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    clone.vault("sync")
    text = clone.read("a.md").replace("stage:", "微信: wx_zhang\nstage:")
    clone.write("a.md", text)
    clone.git("-c", "filter.vault.process=", "-c", "filter.vault.required=false", "add", "-A")
    clone.git("-c", "core.hooksPath=/dev/null", "commit", "--quiet", "-m", "by hand")
    clone.vault("sync")
    assert clone.read("a.md") == text

    assert "not in it" not in clone.vault("backup", "create", str(tmp_path / "b")).err


def test_a_backup_of_what_is_saved_touches_nothing_in_the_vault(clone: Clone, tmp_path: Path):
    clone.vault("sync")
    before = clone.status, clone.git("for-each-ref"), sorted((clone.root / "customers").iterdir())
    clone.vault("backup", "create", str(tmp_path / "b"))

    assert (clone.status, clone.git("for-each-ref"), sorted((clone.root / "customers").iterdir())) == before


def test_the_folder_may_stand_in_the_settings(clone: Clone, tmp_path: Path):
    with (clone.root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[backup]\ndir = "../backups"\n')

    assert clone.vault("backup", "create").status == 0
    assert len(list((tmp_path / "backups").glob("*.bundle"))) == 1


def test_nobody_has_to_guess_where_it_goes(clone: Clone):
    ran = clone.vault("backup", "create")

    assert (ran.status, "vault backup create /media/stick/backup" in ran.err) == (2, True)


def test_status_can_know_of_the_last_proof_and_of_a_failure(clone: Clone, tmp_path: Path):
    clone.vault("backup", "create", str(tmp_path / "b"))
    made = record(clone)
    bundle = next((tmp_path / "b").glob("*.bundle"))
    bundle.write_bytes(bundle.read_bytes()[:-1])
    failed = clone.vault("backup", "verify", "--json")

    assert (failed.status, failed.error["code"]) == (3, "bytes-differ")
    assert made.last_create is not None
    assert (made.last_create.customers, made.last_create.entries, made.last_create.trouble) == (2, 1, "")
    assert made.last_create.file == str(bundle)
    assert list(made.proved.values()) == [made.last_create.at.replace("T", " ")]
    after = record(clone)
    assert after.last_verify is not None
    assert (after.last_verify.trouble, dict(after.proved)) == ("BytesDiffer", {})


def test_what_is_known_of_backups_may_be_anything_and_is_nothing_then(clone: Clone):
    place = clone.root / ".git/vault/backups.json"
    place.parent.mkdir(exist_ok=True)
    for text in ("", "[]", "{}", '{"proved": 1}', '{"last_create": {"at": "x", "file": ""}, "proved": {}}'):
        place.write_text(text)
        assert record(clone) == BackupRecord()


def test_a_key_that_can_not_be_used_is_no_failure_of_the_backup(clone: Clone, tmp_path: Path):
    clone.vault("seal")
    clone.git("add", "-A")
    clone.git("commit", "--quiet", "-m", "keys")
    clone.vault("backup", "create", str(tmp_path / "b"))

    assert clone.vault("backup", "verify", "--key", str(tmp_path / "none.txt")).status == 3
    assert record(clone).last_verify is None


def test_with_the_recovery_key_all_that_is_sealed_is_opened_and_nothing_shown(
    tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun
):
    clone = sealed_clone(tmp_path / "v", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    clone.vault("backup", "create", str(tmp_path / "b"))
    recovery = next((Path(clean_env["VAULT_NOTES_HOME"]) / "config/recovery").iterdir())

    without = clone.vault("backup", "verify")
    opened = clone.vault("backup", "verify", "--key", str(recovery))
    told = clone.vault("backup", "verify", "--key", str(recovery), "--json").json

    assert "1 sealed values open was not tried" in without.err
    assert "1 value opens" in opened.out
    assert (told["opened"], told["sealed"], told["good"], told["customers"]) == (1, 1, True, 1)
    assert "13800138000" not in opened.out + opened.err + json.dumps(told)
    last = record(clone).last_verify
    assert last is not None
    assert last.with_key


def test_list_shows_age_and_proof(clone: Clone, tmp_path: Path):
    clone.vault("backup", "create", str(tmp_path / "b"))
    bundle = next((tmp_path / "b").glob("*.bundle"))
    (tmp_path / "b/stray.bundle").write_bytes(b"what is this")

    shown = clone.vault("backup", "list").out.splitlines()
    told = clone.vault("backup", "list", "--json").json

    assert shown[0].split("\t")[:2] == [bundle.name, "0 min"]
    assert shown[0].split("\t")[3:5] == ["2", "1"]
    assert shown[1].split("\t")[-1] == "no manifest"
    assert [each["manifest"] for each in told["backups"]] == [True, False]
    assert told["backups"][0]["proved"]
    assert clone.vault("backup").out.splitlines() == shown


def test_a_vault_comes_back_where_there_is_none_around(clone: Clone, tmp_path: Path, vault_run: VaultRun):
    clone.vault("backup", "create", str(tmp_path / "b"))

    proved = vault_run("backup", "verify", "b", cwd=tmp_path)
    done = vault_run("backup", "restore", "b", "again", cwd=tmp_path, env=clone.env)
    told = vault_run("status", "--json", cwd=tmp_path / "again", env=clone.env).json

    assert (proved.status, done.status) == (0, 0), (proved, done)
    assert f"A whole vault again: {tmp_path / 'again'}" in done.out
    assert (told["customers"], told["entries"], told["id"]) == (2, 1, "v0000001")


def test_without_a_manifest_verify_says_what_it_can_not_prove(clone: Clone, tmp_path: Path):
    clone.vault("backup", "create", str(tmp_path / "b"))
    next((tmp_path / "b").glob("*.json")).unlink()

    ran = clone.vault("backup", "verify")

    assert ran.status == 0
    assert "There is no manifest beside it" in ran.err


def test_the_plan_is_in_the_language_of_the_vault_and_can_be_printed(clone: Clone, tmp_path: Path):
    clone.vault("backup", "create", str(tmp_path / "b"))
    clone.git("remote", "add", "origin", "https://me:secret@example.com/team/vault.git")

    printed = clone.vault("backup", "plan", "-")

    assert printed.status == 0
    for part in ("李娜", "https://example.com/team/vault.git", f"{tmp_path / 'b'}", "git clone", "v0000001"):
        assert part in printed.out, part
    assert "secret" not in printed.out
    assert not (clone.root / "DISASTER.md").exists()


def test_what_a_person_wrote_into_the_plan_stays_byte_for_byte(clone: Clone):
    path = clone.root / "DISASTER.md"
    assert clone.vault("backup", "plan").status == 0
    first = path.read_bytes()
    own = b"# Mine \xff\r\n" + first.replace(b"\n", b"\r\n") + b"Paper: the blue folder\r\n"
    path.write_bytes(own)

    assert clone.vault("backup", "plan").status == 0
    assert path.read_bytes() == own


def test_a_page_without_marks_gets_the_plan_at_its_end(tmp_path: Path):
    assert with_plan("mine", "page\n", tmp_path) == f"mine\n\n{BEGIN}\npage\n{END}\n"


@pytest.mark.parametrize("text", [BEGIN, END, f"{END}\n{BEGIN}", f"{BEGIN}{END}{BEGIN}{END}"])
def test_marks_that_are_no_pair_stop_it(tmp_path: Path, text: str):
    with pytest.raises(MarksBroken):
        with_plan(text, "page\n", tmp_path)


def test_a_plan_that_would_be_a_customer_is_not_written(clone: Clone):
    settings = clone.root / "vault.toml"
    settings.write_text('customers = ["**/*.md"]\n' + settings.read_text("utf-8"), "utf-8")

    ran = clone.vault("backup", "plan")

    assert (ran.status, (clone.root / "DISASTER.md").exists()) == (2, False)
    assert clone.vault("backup", "plan", "-").status == 0

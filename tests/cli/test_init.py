"""`vault init`: a new vault, the example, a folder of notes taken in; nothing of anybody's is lost."""

from __future__ import annotations

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from tests.conftest import VaultRun
from tests.vault.processes import as_nobody
from vault_tool.vault.settings import load_settings

GIT = {
    "GIT_CONFIG_COUNT": "2",
    "GIT_CONFIG_KEY_0": "user.name",
    "GIT_CONFIG_VALUE_0": "李娜",
    "GIT_CONFIG_KEY_1": "user.email",
    "GIT_CONFIG_VALUE_1": "li.na@example.com",
}


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def tree(folder: Path) -> dict[str, bytes | str]:
    """Every file's very bytes, and where every link leads."""
    return {
        path.relative_to(folder).as_posix(): str(path.readlink()) if path.is_symlink() else path.read_bytes()
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


# --- a new vault -------------------------------------------------------------------------------------------


def test_a_new_vault_has_settings_a_place_for_customers_and_what_git_wants(
    vault_run: VaultRun, tmp_path: Path
):
    ran = vault_run("init", "库", "--language", "zh", env=GIT)

    root = tmp_path / "库"
    settings = load_settings(root)
    assert ran.status == 0
    made = set(tree(root))
    keys = {name for name in made if name.startswith(".vault/")}
    assert made - keys == {"vault.toml", ".gitignore", ".gitattributes"}
    assert ".vault/keyring.toml" in keys
    assert "recovery key" in ran.err
    assert (root / "customers").is_dir()
    assert (settings.language, settings.customers) == ("zh", ("customers/**/*.md",))
    assert [(person.id, person.name, person.email) for person in settings.people] == [
        ("li.na", "李娜", "li.na@example.com")
    ]
    assert {"next:<=7d", "next:<0d"} < set(settings.queries.values())
    assert (root / ".gitattributes").read_text() == "* -text\n"
    assert (root / ".gitignore").read_text().splitlines() == ["*~", ".*.sw?", ".#*", r"\#*#", ".vault-tmp-*"]


def test_a_new_vault_says_what_next_and_works_at_once(vault_run: VaultRun, tmp_path: Path):
    ran = vault_run("init", "v", env=GIT)
    assert next(line for line in ran.out.splitlines() if line.startswith("  ")) == f"  cd {tmp_path / 'v'}"

    assert vault_run("new", "Acme", cwd=tmp_path / "v", env=GIT).status == 0
    assert vault_run("lint", cwd=tmp_path / "v", env=GIT).status == 0


def test_without_git_nobody_is_asked_and_the_team_is_empty(vault_run: VaultRun, tmp_path: Path):
    ran = vault_run("init", "--json")

    assert ran.json["person"] is None
    assert ran.json["vault"]["root"] == str(tmp_path)
    assert load_settings(tmp_path).people == ()


def test_the_language_is_the_readers_unless_said(vault_run: VaultRun):
    assert (
        vault_run("init", "a", "--json", env={"VAULT_NOTES_LANG": "zh_CN"}).json["vault"]["language"] == "zh"
    )
    assert vault_run("init", "b", "--json").json["vault"]["language"] == "en"


def test_what_is_in_the_folder_stays_as_it_is(vault_run: VaultRun, tmp_path: Path):
    before = tree(
        write(tmp_path, {".gitignore": "node_modules", "a/b.txt": b"\xff", ".gitattributes": "* -text"})
    )

    ran = vault_run("init", "--json")

    assert before.items() <= tree(tmp_path).items()
    assert ran.json["kept"][0]["missing"] == ["*~", ".*.sw?", ".#*", r"\#*#", ".vault-tmp-*"]
    assert ran.json["kept"][1]["missing"] == []


def test_a_vault_is_not_made_twice_nor_in_another(vault_run: VaultRun, tmp_path: Path):
    vault_run("init", "v")
    before = tree(tmp_path)

    again = vault_run("init", "v")
    inside = vault_run("init", "v/customers/x")
    here = vault_run("-C", "v", "init")

    assert (again.status, inside.status, here.status) == (2, 2, 2)
    assert "is a vault already" in again.err
    assert "lies inside the vault" in inside.err
    assert tree(tmp_path) == before


def test_a_file_is_no_place_for_a_vault(vault_run: VaultRun, tmp_path: Path):
    write(tmp_path, {"v": "x"})

    ran = vault_run("init", "v")

    assert (ran.status, "is no folder" in ran.err) == (2, True)


def test_a_dry_run_writes_nothing(vault_run: VaultRun, tmp_path: Path):
    ran = vault_run("init", "v", "--dry-run")

    assert "+version  = 1" in ran.out
    assert not (tmp_path / "v").exists()


def test_options_that_ask_for_different_things_are_refused(vault_run: VaultRun, tmp_path: Path):
    for options in (["--example", "--adopt", "."], ["--example", "--language", "zh"], ["--type", "person"]):
        assert vault_run("init", "v", *options).status == 2
    assert not (tmp_path / "v").exists()


def test_the_example_is_a_vault_that_lints_clean(vault_run: VaultRun, tmp_path: Path):
    ran = vault_run("init", "e", "--example")

    assert ran.status == 0
    assert vault_run("lint", "--json", cwd=tmp_path / "e").json["findings"] == []
    assert {".gitignore", ".gitattributes"} < set(tree(tmp_path / "e"))


def test_the_examples_key_opens_it_and_nobody_seals_to_that_key(
    vault_run: VaultRun, tmp_path: Path, clean_env: dict[str, str]
):
    vault_run("init", "e", "--example")
    example, own = tmp_path / "e", tmp_path / "own"
    key = Path(clean_env["VAULT_NOTES_HOME"], "config/identities/example-vault.txt")
    assert not (example / "demo-identity.txt").exists()
    if os.name == "posix":
        assert key.stat().st_mode & 0o077 == 0

    shown = vault_run("show", "赵六", "--all", "--reveal", cwd=example)
    vault_run("init", "own", env=GIT)
    write(own, {"customers/a.md": "---\nid: a1\n客户名称: 甲\n手机: 13900001111\n---\n"})
    sealed = vault_run("seal", cwd=own, env=GIT)

    assert "13900001975" in shown.out and "43 万" in shown.out
    assert sealed.status == 0
    public = key.read_text("utf-8").partition("public key: ")[2].partition("\n")[0]
    assert public in (example / ".vault/keyring.toml").read_text("utf-8")
    assert public not in (own / ".vault/keyring.toml").read_text("utf-8")


def test_the_example_replaces_no_file(vault_run: VaultRun, tmp_path: Path):
    before = tree(write(tmp_path, {"customers/张三.md": "mine"}))

    ran = vault_run("init", "--example")

    assert (ran.status, tree(tmp_path)) == (2, before)


# --- taking in ---------------------------------------------------------------------------------------------

SEED = "# 杭州蓝海\r\n\r\n2023年1月15日 – 咨询新产品B\r\n2023/2/1 报价\r\n"


def test_nothing_is_written_before_the_plan_was_seen(vault_run: VaultRun, tmp_path: Path):
    before = tree(write(tmp_path, {"notes/蓝海.md": SEED}))

    asked = vault_run("init", "--adopt", "notes")
    dry = vault_run("init", "--adopt", "notes", "--dry-run")

    assert asked.status == 2
    assert asked.out.splitlines()[0].split("\t") == [
        *("蓝海.md", "customers/蓝海.md", "2", "id, name, type, stage", "")
    ]
    assert "--yes" in asked.err
    assert (dry.status, "+## 2023-01-15" in dry.out) == (0, True)
    assert tree(tmp_path) == before


def test_a_folder_from_elsewhere_comes_as_copies_and_stays_as_it_is(vault_run: VaultRun, tmp_path: Path):
    originals = tree(write(tmp_path / "notes", {"海外/蓝海.md": SEED, "b.txt": "王总".encode("gb18030")}))
    vault_run("init", "v", "--language", "zh", env=GIT)

    ran = vault_run("init", "v", "--adopt", "notes", "--yes", "--json", env=GIT)

    assert ran.status == 0
    assert tree(tmp_path / "notes") == originals
    assert (tmp_path / "v/customers/海外/蓝海.md").read_bytes().decode() == (
        f"---\r\n编号: {ran.json['notes'][1]['id']}\r\n客户名称: 杭州蓝海\r\n类型: 企业客户\r\n业务阶段: 潜在客户\r\n"
        "负责人: 李娜\r\n---\r\n\r\n# 杭州蓝海\r\n\r\n## 2023-01-15\r\n\r\n咨询新产品B\r\n\r\n"
        "## 2023-02-01\r\n\r\n报价\r\n"
    )
    assert (tmp_path / "v/customers/b.md").read_text(encoding="utf-8").endswith("\n王总")
    assert [(note["from"], note["entries"], note["encoding"]) for note in ran.json["notes"]] == [
        ("b.txt", 0, "gb18030"),
        ("海外/蓝海.md", 2, "utf-8"),
    ]


def test_taking_in_twice_makes_no_second_copies(vault_run: VaultRun, tmp_path: Path):
    write(tmp_path, {"notes/a.md": "x", "notes/b.txt": "y"})
    vault_run("init", "v", "--adopt", "notes", "--yes")
    before = tree(tmp_path / "v")

    again = vault_run("init", "v", "--adopt", "notes", "--yes", "--json")

    assert (again.status, again.json["notes"], len(again.json["left"])) == (0, [], 2)
    assert tree(tmp_path / "v") == before


def test_the_vaults_own_folder_is_changed_in_place_and_undo_gives_the_very_bytes(
    vault_run: VaultRun, tmp_path: Path
):
    before = tree(
        write(
            tmp_path,
            {
                "蓝海.md": SEED,
                "王总.txt": "王总\r\n2023-01-15 来访".encode("gb18030"),
                "sub/wide.md": "宽\r".encode("utf-16"),
                "bom.md": b"\xef\xbb\xbf---\r\nx: 'y'   # z\r\n---\r\n2023.1.1 hi",
                "🙂.md": "",
                unicodedata.normalize("NFD", "é.md"): "x",
                "README.md": "read me",
                "templates/t.md": "t",
                ".obsidian/app.json": "{}",
                "nul.md": b"a\0b",
                "broken.md": "---\na: [\n---\n",
            },
        )
    )
    (tmp_path / "loop").symlink_to(".")
    before = tree(tmp_path)

    ran = vault_run("init", "--adopt", ".", "--yes", "--json")
    taken = tree(tmp_path)
    undone = vault_run("undo")

    assert ran.status == 0
    assert {note["from"]: note["to"] for note in ran.json["notes"]}["王总.txt"] == "王总.md"
    assert {left["path"] for left in ran.json["left"]} == {"README.md", "nul.md", "broken.md", "loop"}
    assert "王总.txt" not in taken
    assert {
        name: taken[name] for name in ("README.md", "nul.md", "broken.md", ".obsidian/app.json")
    }.items() <= (before.items())
    assert undone.status == 0
    made = {"vault.toml", ".gitignore", ".gitattributes"}
    assert {name: data for name, data in tree(tmp_path).items() if name not in made} == before


def test_the_customers_of_an_adopted_folder_are_those_notes_and_they_are_found(
    vault_run: VaultRun, tmp_path: Path
):
    write(tmp_path, {"a/蓝海.md": SEED, "b.md": "x", "README.md": "y", "2023-01-15.md": "z"})

    vault_run("init", "--adopt", ".", "--yes", env=GIT)

    names = {customer["name"] for customer in vault_run("list", "--json").json["customers"]}
    assert names == {"杭州蓝海", "b"}
    assert vault_run("lint", "--as-of", "2023-02-03", "--json").json["findings"] == []
    again = vault_run("init", "--adopt", ".", "--yes", "--json")
    assert (again.json["notes"], again.json["unchanged"]) == ([], 2)


def test_two_clones_of_a_vault_give_the_same_ids(vault_run: VaultRun, tmp_path: Path):
    files: dict[str, str | bytes] = {"customers/蓝海.md": SEED, "vault.toml": 'version = 1\nid = "v1"\n'}
    write(tmp_path / "a", files)
    write(tmp_path / "b", files)

    for clone in ("a", "b"):
        assert vault_run("init", "--adopt", clone, "--yes").status == 0

    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert b"id: c" in (tmp_path / "a/customers/蓝海.md").read_bytes()


def test_a_folder_of_the_vaults_customers_is_changed_in_place(vault_run: VaultRun, tmp_path: Path):
    vault_run("init", "v")
    write(tmp_path / "v/customers", {"new/a.md": "2023-01-15 x", "b.md": "y"})

    ran = vault_run("init", "--adopt", "customers/new", "--yes", "--json", cwd=tmp_path / "v")

    assert (ran.json["in_place"], [note["to"] for note in ran.json["notes"]]) == (
        True,
        ["customers/new/a.md"],
    )
    assert b"## 2023-01-15" in (tmp_path / "v/customers/new/a.md").read_bytes()
    assert (tmp_path / "v/customers/b.md").read_bytes() == b"y"


def test_customers_are_of_the_type_that_was_said(vault_run: VaultRun, tmp_path: Path):
    write(tmp_path, {"notes/a.md": "x"})

    vault_run("init", "v", "--adopt", "notes", "--type", "个人客户", "--yes")
    wrong = vault_run("init", "v", "--adopt", "notes", "--type", "alien", "--yes")

    assert "type: person\n" in (tmp_path / "v/customers/a.md").read_text()
    assert (wrong.status, "alien" in wrong.err) == (2, True)


def test_a_note_that_may_not_be_written_is_left_and_the_rest_taken_in(vault_run: VaultRun, tmp_path: Path):
    write(tmp_path, {"a.md": "2023-01-15 x", "b.md": "2023-01-16 y"})
    (tmp_path / "b.md").chmod(0o444)

    ran = vault_run("init", "--adopt", ".", "--yes", env=GIT)

    assert (ran.status, "b.md\tit is marked read-only" in ran.out) == (0, True)
    assert b"## 2023-01-15" in (tmp_path / "a.md").read_bytes()
    assert (tmp_path / "b.md").read_bytes() == b"2023-01-16 y"


@pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")
def test_where_nothing_may_be_written_no_vault_is_begun(
    vault_run: VaultRun, clean_env: dict[str, str], tmp_path: Path
):
    notes = write(tmp_path / "notes", {"a.md": "2023-01-15 x", "b.md": "y", "closed/c.md": "z"})
    vault_run("init", "warm", "--adopt", "notes", "--yes")  # nobody may not even read the modules
    for place in (notes, *[each for each in notes.parents if "pytest-of-" in str(each)]):
        place.chmod(0o755)
    (notes / "b.md").chmod(0)
    (notes / "closed").chmod(0o777)
    (tmp_path / "state").mkdir(mode=0o777)
    (tmp_path / "state").chmod(0o777)
    state = {"VAULT_NOTES_HOME": str(tmp_path / "state")}

    status = as_nobody(lambda: vault_run("init", "--adopt", ".", "--yes", cwd=notes, env=state).status)

    assert status == 3
    assert set(tree(notes)) == {"a.md", "b.md", "closed/c.md"}

    for place in (notes, notes / "a.md"):
        place.chmod(0o777)
    done = as_nobody(lambda: vault_run("init", "--adopt", ".", "--yes", cwd=notes, env=state))

    assert done.status == 0, done.err
    assert "b.md\tb.md can't be read: Permission denied." in done.out
    assert b"## 2023-01-15" in (notes / "a.md").read_bytes()


def test_two_notes_with_one_id_are_never_both_taken_in(vault_run: VaultRun, tmp_path: Path):
    write(tmp_path, {"notes/a.md": "---\nid: c1\n---\nx", "notes/b.md": "---\nid: c1\n---\ny"})

    first = vault_run("init", "v", "--adopt", "notes", "--yes")
    again = vault_run("init", "v", "--adopt", "notes", "--yes")

    assert "b.md\tit has the same id as a.md: `c1`" in first.out
    assert [path.name for path in (tmp_path / "v/customers").iterdir()] == ["a.md"]
    assert again.out.count("its id `c1` is in the vault already: customers/a.md") == 2
    assert "taken in before" not in again.out


def test_a_folder_without_notes_makes_no_vault(vault_run: VaultRun, tmp_path: Path):
    (tmp_path / "empty").mkdir()

    assert vault_run("init", "v", "--adopt", "empty", "--yes").status == 2
    assert vault_run("init", "v", "--adopt", "nowhere", "--yes").status == 2
    assert not (tmp_path / "v").exists()


def test_in_json_the_plan_and_the_refusal_are_documents(vault_run: VaultRun, tmp_path: Path):
    write(tmp_path, {"notes/a.md": "2023-01-15 x"})

    ran = vault_run("init", "v", "--adopt", "notes", "--json")

    assert (ran.status, ran.json["notes"][0]["entries"], ran.error["code"]) == (2, 1, "not-confirmed")


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a POSIX terminal")
def test_on_a_terminal_the_plan_is_shown_and_a_no_writes_nothing(tmp_path: Path):
    import pexpect

    write(tmp_path, {"notes/a.md": "2023-01-15 x"})
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "VAULT_NOTES_LANG": "en", "TERM": "dumb"}
    command = f"{sys.executable} -m vault_tool init v --adopt notes"
    before = tree(tmp_path / "notes")

    for answer, status in (("n", 2), ("y", 0)):
        child = pexpect.spawn(
            command, cwd=str(tmp_path), env={**env, **_package()}, encoding="utf-8", timeout=30
        )
        child.expect("Your name")
        child.sendline("Li Na")
        child.expect("customers/a.md")
        child.expect("Take in 1 note")
        assert not (tmp_path / "v").exists()
        child.sendline(answer)
        child.expect(pexpect.EOF)
        child.close()
        assert child.exitstatus == status

    assert "owner: li.na" in (tmp_path / "v/customers/a.md").read_text()
    assert tree(tmp_path / "notes") == before
    assert load_settings(tmp_path / "v").people[0].name == "Li Na"


def _package() -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[2])}

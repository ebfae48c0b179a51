"""What somebody with write access to the repository, a full disk or a kill can do: nothing is lost or told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sealing.conftest import Hire
from tests.sealing.team import Colleague, customer, team_vault, tokens
from vault_tool.sealing import age
from vault_tool.sealing.group_keys import group_key_path
from vault_tool.vault import files

posix = pytest.mark.skipif(os.name != "posix", reason="links and signals are POSIX's")


def in_process(person: Colleague, *words: str) -> subprocess.Popen[bytes]:
    """Start `vault` as a process of its own."""
    env = {**os.environ, **person.env, "VAULT_NOTES_LANG": "en", "HOME": str(person.home)}
    return subprocess.Popen(
        [sys.executable, "-m", "vault_tool", *words],
        cwd=person.root,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@posix
def test_links_in_place_of_key_files_are_not_followed(li: Colleague, tmp_path: Path):
    path = li.key_file("finance")
    outside = tmp_path / "outside.age"
    path.rename(outside)
    path.symlink_to(outside)

    assert "6222" not in str(li.fields("firm1"))
    ran = li.vault("access", "invite", "zhang.wei", age.public_key(age.new_identity()), "--role", "manager")
    assert ran.status == 2 and outside.exists() and path.is_symlink()


@posix
def test_a_linked_folder_of_keys_is_not_written_through(li: Colleague, tmp_path: Path):
    folder = li.root / ".vault/groups"
    folder.rename(tmp_path / "groups")
    folder.symlink_to(tmp_path / "groups")
    before = {path: path.read_bytes() for path in (tmp_path / "groups").rglob("*.age")}

    ran = li.vault("access", "invite", "zhang.wei", age.public_key(age.new_identity()), "--role", "sales")

    assert ran.status in (2, 3)
    assert {path: path.read_bytes() for path in (tmp_path / "groups").rglob("*.age")} == before


@posix
def test_a_linked_keyring_is_not_read(li: Colleague, tmp_path: Path):
    keyring = li.root / ".vault/keyring.toml"
    keyring.rename(tmp_path / "keyring.toml")
    keyring.symlink_to(tmp_path / "keyring.toml")

    assert li.vault("access", "list").status == 3


@pytest.mark.parametrize("data", [b"", b"age-encryption.org/v1\n", b"\0" * 10_000_000, b"AGE-SECRET-KEY-1"])
def test_damaged_and_huge_key_files_close_their_group_and_no_other(li: Colleague, data: bytes):
    li.key_file("finance").write_bytes(data)
    (li.root / ".vault/groups/finance/1.age").write_bytes(data)
    (li.root / ".vault/groups/finance/x.age").write_bytes(data)
    (li.root / ".vault/groups/finance/00000000000000000000001.age").write_bytes(data)
    (li.root / ".vault/groups/stray").write_bytes(data)

    shown = li.vault("show", "firm1", "--reveal", "--json")

    assert "X123451" in shown.out and "6222" not in shown.out


def test_a_group_that_nobody_founded_opens_nothing_more(li: Colleague):
    """Planted: a folder with a key that fits nothing, a key ahead of the keyring, one that isn't its name's."""
    stray = li.root / ".vault/groups/aaa"
    stray.mkdir()
    (stray / "1.age").write_bytes(age.encrypt(age.new_identity().encode(), [li.key()]))
    contact = li.key_file("contact")
    identity = age.new_identity()
    ahead = group_key_path("contact", 2, age.public_key(identity)).name
    for name in (ahead, ahead.replace("2-", "1-").replace(ahead[2:6], "0000"), "1.age", "2.age"):
        (contact.parent / name).write_bytes(age.encrypt(identity.encode(), [li.key()]))

    assert "10 values" in li.ok("verify")
    li.ok("rekey")
    assert [path.name for path in li.keys.group_keys.of("contact")] == [contact.name]


def test_keys_under_their_number_alone_open_and_are_renewed_beside_it(li: Colleague, zhang: Colleague):
    """As earlier versions named them."""
    for path in list((li.root / ".vault/groups").rglob("*.age")):
        path.rename(path.with_name("1.age"))
    assert "10 values" in li.ok("verify")

    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "manager")
    assert zhang.fields("firm1")["bank_account"] == "6222000000000000001"
    li.ok("access", "revoke", "zhang.wei")

    assert "10 values" in li.ok("verify")
    assert (li.root / ".vault/groups/finance/1.age").exists() and li.key_file("finance", 2)


def test_words_for_an_unknown_group_stop_their_note_only(li: Colleague):
    bad, good = li.root / "customers/firm6.md", li.root / "customers/firm7.md"
    bad.write_text(customer(6).replace("seal finance", "seal finanse"), "utf-8")
    good.write_text(customer(7), "utf-8")

    ran = li.vault("seal")

    assert ran.status == 1 and "firm6.md:12" in ran.err and "finanse" in ran.err
    assert "6222" not in good.read_text("utf-8") and bad.read_text("utf-8").count("X123456") == 1


def test_what_an_owner_s_group_sealed_is_never_given_to_others_for_want_of_knowledge(
    li: Colleague, zhang: Colleague, hire: Hire
):
    """The owner has gone, and their group with them: which set of keys it was, nobody can tell by name."""
    li.ok("access", "invite", "zhang.wei", zhang.key())
    li.ok("access", "invite", "wang.wu", hire("wang.wu").key(), "--role", "sales")
    li.ok("access", "grant", "owner", "finance")
    li.ok("rekey", "--yes")
    li.ok("access", "revoke", "zhang.wei")

    li.ok("rekey", "--yes")

    wang = hire("wang.wu")
    assert "floor" not in wang.vault("show", "firm2", "--reveal", "--json").out
    assert li.fields("firm2")["profile"].startswith("Body floor 6222000000000000002")


def test_rekey_asks_before_the_schema_moves_values_to_another_group(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    schema = li.root / "schema/fields.yaml"
    schema.parent.mkdir()
    schema.write_text("front_matter:\n  bank_account:\n    sealed: contact\n", "utf-8")
    assert "0 values" in li.ok("rekey")  # the schema isn't accepted yet
    li.ok("access", "accept")

    ran = li.vault("rekey")

    assert ran.status != 0, ran
    assert "bank_account: finance → contact" in ran.out
    assert "622200" not in str(zhang.fields("firm1"))


KILLED = """
import os, signal, sys
from vault_tool.cli import rekey
from vault_tool.cli.main import run
from vault_tool.vault import files, writes

rekey._AT_ONCE = 3
left = int(sys.argv[1])
put = files.put_in_place

def put_in_place(staged):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    put(staged)

files.put_in_place = put_in_place
run(["rekey"], os.environ)
"""


@posix
@pytest.mark.parametrize("writes", [0, 1, 2, 3, 4, 7])
def test_a_rekey_that_is_killed_loses_nothing_and_is_run_again(li: Colleague, writes: int):
    for number in range(3, 9):
        (li.root / f"customers/firm{number}.md").write_text(customer(number), "utf-8")
    li.ok("seal")
    li.ok("access", "invite", "zhang.wei", age.public_key(age.new_identity()), "--role", "manager")
    li.ok("access", "revoke", "zhang.wei")
    old = {path: path.read_bytes() for path in (li.root / "customers").iterdir()}
    env = {**os.environ, **li.env, "HOME": str(li.home)}

    killed = subprocess.run([sys.executable, "-c", KILLED, str(writes)], cwd=li.root, env=env, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert sum(path.read_bytes() != data for path, data in old.items()) == writes
    told = li.vault("verify", "--json").json
    assert told["opened"] == 40 and told["broken"] == []
    assert li.ok("rekey").startswith(f"{40 - 5 * writes} values")
    assert not [path for path in li.root.rglob(".vault-tmp-*")]
    told = li.vault("verify", "--json").json
    assert told["opened"] == 40 and told["broken"] == []
    assert li.ok("rekey").startswith("0 values")


@posix
def test_two_that_seal_at_once_seal_each_value_once(li: Colleague):
    for number in range(20):
        text = customer(1).replace("c000000001", f"c{number:09}").replace("Firm1", f"N{number}")
        (li.root / f"customers/n{number}.md").write_text(text, "utf-8")

    running = [in_process(li, "seal"), in_process(li, "seal")]
    statuses = [process.wait() for process in running]

    assert statuses == [0, 0]
    told = li.vault("verify", "--json").json
    assert told["opened"] == 22 * 5 and told["broken"] == []


def test_two_founders_at_once_make_one_keyring(tmp_path: Path, hire: Hire):
    person = hire("li.na").at(team_vault(tmp_path / "fresh"))

    running = [in_process(person, "seal") for _ in range(3)]
    statuses = [process.wait() for process in running]

    assert statuses == [0, 0, 0]
    assert "10 values" in person.ok("verify")


def test_a_disk_that_is_full_changes_no_keyring(li: Colleague, monkeypatch: pytest.MonkeyPatch):
    before = {path: path.read_bytes() for path in li.root.rglob("*") if path.is_file()}
    stage = files.stage

    def full(root, path, data, mode=None, step=files.no_step):
        if str(path).endswith("keyring.toml"):
            raise files.CannotWrite(path=path, reason="No space left on device")
        return stage(root, path, data, mode, step)

    monkeypatch.setattr(files, "stage", full)
    for words in (
        ["access", "invite", "zhang.wei", age.public_key(age.new_identity()), "--role", "manager"],
        ["access", "grant", "li.na", "cook"],
    ):
        assert li.vault(*words).status == 3
    monkeypatch.undo()

    assert {path: path.read_bytes() for path in li.root.rglob("*") if path.is_file()} == before
    assert "10 values" in li.ok("verify")


def test_a_disk_that_is_full_seals_nothing_half(li: Colleague, monkeypatch: pytest.MonkeyPatch):
    note = li.root / "customers/firm8.md"
    note.write_text(customer(8), "utf-8")

    def full(*_words: object, **_options: object) -> None:
        raise files.CannotWrite(path=note, reason="No space left on device")

    monkeypatch.setattr(files, "stage", full)
    assert li.vault("seal").status == 3
    monkeypatch.undo()

    assert note.read_text("utf-8") == customer(8)
    li.ok("seal")
    assert len(tokens(note.read_text("utf-8"))) == 5


LIMITED = """
import os, resource, sys
from vault_tool.cli.main import run

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), resource.RLIM_INFINITY))
sys.exit(run(sys.argv[2:], os.environ))
"""


@posix
@pytest.mark.parametrize("limit", [0, 40, 150, 300, 700, 2_000, 5_000, 20_000])
def test_a_founding_on_a_disk_that_takes_little_is_whole_or_can_be_done_again(
    tmp_path: Path, hire: Hire, limit: int
):
    """No file may grow beyond a limit, wherever that strikes: keys, memo, trust, journal, notes."""
    person = hire("li.na").at(team_vault(tmp_path / "fresh"))
    before = {path: path.read_bytes() for path in (person.root / "customers").iterdir()}
    env = {**os.environ, **person.env, "HOME": str(person.home), "VAULT_NOTES_LANG": "en"}

    ran = subprocess.run(
        [sys.executable, "-c", LIMITED, str(limit), "seal"],
        cwd=person.root,
        env=env,
        capture_output=True,
        check=False,
    )

    assert ran.returncode in (0, 3, 4), ran.stderr.decode()
    assert b"defect" not in ran.stderr
    for path, data in before.items():
        assert path.read_bytes() == data or "6222" not in path.read_text("utf-8")
    person.ok("seal")
    assert "10 values" in person.ok("verify")
    assert "10 values" in person.ok("access", "drill", str(person.recovery))


def test_lint_and_verify_call_the_same_values_broken(li: Colleague):
    """What is broken, a rule tells without a key; what only a key tells, `verify` alone can know."""
    path = li.root / "customers/firm1.md"
    text = path.read_text("utf-8")
    sealed = tokens(text)
    other = tokens((li.root / "customers/firm2.md").read_text("utf-8"))
    (vid, token), (_second, second_token) = list(sealed.items())[:2]
    changes = {
        "gone": text.replace(f"{vid} {token}\n", ""),
        "cut": text.replace(token, token[:-4]),
        "flipped": text.replace(token, token[:60] + ("A" if token[60] != "A" else "B") + token[61:]),
        "swapped": text.replace(token, "x").replace(second_token, token).replace("x\n", f"{second_token}\n"),
        "of another customer": text.replace(token, next(iter(other.values()))),
        "twice": text.replace(f"{vid} {token}\n", f"{vid} {token}\n{vid} {second_token}\n"),
        "field moved": text.replace("bank_account:", "wechat:"),
        "another id": text.replace("id: c000000001", "id: c00000000z"),
        "whole": text,
        "renamed": text.replace("Firm1", "Firm One"),
    }
    for name, changed in changes.items():
        path.write_text(changed, "utf-8")
        told = li.vault("lint", "--select", "PV007", "--json", "customers/firm1.md")
        is_broken = bool(li.vault("verify", "--json").json["broken"])
        assert is_broken == ("PV007" in told.out), (name, told)
        assert is_broken == (name not in ("whole", "renamed")), name

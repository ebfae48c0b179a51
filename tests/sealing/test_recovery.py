"""The recovery key opens everything; until somebody has tried it, `doctor` asks for that."""

from __future__ import annotations

import subprocess

import pytest

from tests.sealing.team import Colleague
from vault_tool.sealing import age
from vault_tool.sealing.returned import returned_values


def nags(person: Colleague) -> bool:
    checks = person.vault("doctor", "--json").json["checks"]
    return any(check["name"] == "recovery key" and check["verdict"] == "odd" for check in checks)


def test_doctor_asks_for_a_drill_once_a_value_is_sealed(li: Colleague):
    assert nags(li)
    assert "vault access drill" in li.vault("doctor").err

    ran = li.vault("access", "drill", str(li.recovery))

    assert ran.status == 0 and "10 values open with recovery-1" in ran.out
    assert not nags(li)


def test_in_a_vault_with_nothing_sealed_doctor_asks_for_nothing(li: Colleague):
    for note in (li.root / "customers").iterdir():
        note.write_text("---\nid: c1\nname: x\n---\n", "utf-8")

    assert not nags(li)


def test_a_drill_needs_a_recovery_key_of_this_vault(li: Colleague):
    other = li.home / "other.txt"
    other.touch(0o600)
    other.write_text(age.new_identity())

    for path in (other, li.home / "config/identities/me.txt"):
        ran = li.vault("access", "drill", str(path))
        assert ran.status == 2 and "recovery-1" in ran.err
    assert li.vault("access", "drill", "nowhere.txt").status == 3
    assert nags(li)


def test_a_drill_that_fails_is_told_and_not_remembered(li: Colleague):
    note = li.root / "customers/firm1.md"
    note.write_text(note.read_text("utf-8").replace("bank_account:", "wechat:"), "utf-8")

    ran = li.vault("access", "drill", str(li.recovery))

    assert ran.status == 1 and "firm1.md:8" in ran.out and "9 values" in ran.out
    assert nags(li)


def test_a_drill_reads_nothing_aloud(li: Colleague):
    ran = li.vault("access", "drill", str(li.recovery), "--json")

    assert ran.json["opened"] == 10
    assert "1380000" not in ran.out and "SECRET" not in ran.out


def test_with_the_recovery_key_a_lost_key_is_replaced(li: Colleague):
    """All that is left of the only manager is the recovery key."""
    folder = li.home / "config/identities"
    for path in folder.iterdir():
        path.unlink()
    assert "1380000" not in li.vault("show", "firm1", "--reveal", "--json").out
    public = li.ok("key", "new").strip()
    lent = folder / "recovery.txt"
    lent.touch(0o600)
    lent.write_bytes(li.recovery.read_bytes())
    old = next(key for key in li.keys.keyring.people["li.na"].keys if key != public)

    li.ok("access", "invite", "li.na", public)
    lent.unlink()
    li.ok("access", "revoke", "li.na", old)
    li.ok("rekey")

    assert "10 values" in li.ok("verify")
    assert li.keys.keyring.people["li.na"].keys == (public,)
    assert "10 values" in li.ok("access", "drill", str(li.recovery))


@pytest.mark.parametrize(
    ("log", "found"),
    [
        (["\0a", "+7q2m9xk4 sealed.v1.x", "\0b", "-7q2m9xk4 sealed.v1.x", "+7q2m9xk4 sealed.v1.y"], []),
        (["\0a", "+7q2m9xk4 sealed.v1.x", "\0b", "-7q2m9xk4 sealed.v1.x"], []),
        (
            ["\0a", "+7q2m9xk4 sealed.v1.", "\0b", "-7q2m9xk4 sealed.v1.", "\0c", "+7q2m9xk4 sealed.v1."],
            ["c"],
        ),
        (["\0a", "+7q2m9xk4 sealed.v1.", "\0b", "+7q2m9xk4 sealed.v1."], []),
        (["\0b", "-7q2m9xk4 sealed.v1.", "\0c", "+7q2m9xk4 sealed.v1."], []),
    ],
)
def test_what_went_and_came_again_is_told(log: list[str], found: list[str]):
    assert [each.commit for each in returned_values(log)] == found


def test_an_old_account_that_somebody_puts_back_is_told(li: Colleague):
    """Repository and no key: the older token, in the place where it stood, opens cleanly."""

    def commit(message: str) -> None:
        subprocess.run(["git", "add", "-A"], cwd=li.root, check=True)
        li.git("-c", "core.hooksPath=/dev/null", "commit", "-qm", message)

    subprocess.run(["git", "init", "-q"], cwd=li.root, check=True)
    note = li.root / "customers/firm1.md"
    commit("first")
    before = note.read_bytes()
    li.ok("set", "firm1", "bank_account", stdin="6228480402564890018\n")
    commit("a new account")
    assert li.vault("verify", "--json").json["returned"] == []
    note.write_bytes(before)
    commit("innocent")

    ran = li.vault("verify")

    assert li.fields("firm1")["bank_account"] == "6222000000000000001"
    assert ran.status == 0 and "put it back" in ran.err

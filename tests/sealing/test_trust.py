"""The keyring that a machine trusts: pinned, changed by a person only, never an older one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.sealing.team import Colleague, customer
from vault_tool.sealing import age
from vault_tool.vault.keyring import read_keyring


def keyring(person: Colleague) -> Path:
    return person.root / ".vault/keyring.toml"


def type_a_secret(person: Colleague) -> Path:
    note = person.root / "customers/firm5.md"
    note.write_text(customer(5), "utf-8")
    return note


def forge(person: Colleague, old: str, new: str) -> None:
    text = keyring(person).read_text("utf-8")
    assert old in text
    keyring(person).write_text(text.replace(old, new), "utf-8")


def test_nothing_is_sealed_to_a_keyring_that_nobody_here_accepted(li: Colleague):
    """Who can write to the repository puts a key of their own in place of a group's."""
    public = read_keyring(keyring(li).read_text("utf-8")).groups["finance"].public
    forge(li, public, age.public_key(age.new_identity()))
    forge(li, "epoch = 1\n\n", "epoch = 2\n\n")
    note = type_a_secret(li)

    ran = li.vault("seal")

    assert ran.status == 5 and "vault access review" in ran.err
    assert note.read_text("utf-8") == customer(5)
    shown = li.vault("access", "review")
    assert shown.status == 5 and "finance" in shown.out
    li.ok("access", "accept")
    assert li.vault("seal").status == 0
    assert li.vault("access", "review").status == 0


def test_an_older_keyring_is_refused_and_told_apart(li: Colleague, zhang: Colleague):
    before = keyring(li).read_bytes()
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    keyring(li).write_bytes(before)
    note = type_a_secret(li)

    ran = li.vault("seal")

    assert ran.status == 5 and "older" in ran.err
    assert note.read_text("utf-8") == customer(5)
    assert li.vault("verify").status == 0  # reading needs no trust


def test_another_keyring_of_the_same_number_is_refused(li: Colleague):
    forge(li, 'read = ["role:manager"]', 'read = ["role:manager", "role:sales"]')

    assert li.vault("rekey").status == 5


def test_other_line_ends_are_no_change(li: Colleague):
    keyring(li).write_bytes(keyring(li).read_bytes().replace(b"\n", b"\r\n"))

    type_a_secret(li)
    li.ok("seal")


def test_a_keyring_that_is_gone_is_not_made_anew(li: Colleague):
    """Else who can delete a file would have all that is new sealed to nobody else's keys."""
    keyring(li).unlink()
    note = type_a_secret(li)

    ran = li.vault("seal")

    assert ran.status == 5 and "git checkout HEAD -- .vault" in ran.err
    assert note.read_text("utf-8") == customer(5) and not keyring(li).exists()
    assert "10 values" in li.ok("verify")


def test_another_vault_at_a_known_path_is_refused_until_somebody_says_so(li: Colleague):
    settings = li.root / "vault.toml"
    settings.write_text(settings.read_text("utf-8").replace("v0000001", "v0000009"), "utf-8")
    type_a_secret(li)

    for words in (["seal"], ["show", "firm1", "--reveal"], ["rekey"], ["access", "list"]):
        ran = li.vault(*words)
        assert ran.status == 5 and "v0000009" in ran.err, words
    li.ok("access", "accept")
    li.ok("seal")


def test_a_vault_without_keys_at_the_place_of_another_gets_its_own(li: Colleague):
    settings = li.root / "vault.toml"
    settings.write_text(settings.read_text("utf-8").replace("v0000001", "v0000009"), "utf-8")
    for path in sorted((li.root / ".vault").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    type_a_secret(li)

    assert li.vault("seal").status == 5
    li.ok("access", "accept")
    li.ok("seal")


def test_what_was_accepted_can_not_be_read(li: Colleague):
    pin = next((li.home / "state/trust").glob("*.json"))
    type_a_secret(li)
    for told in ("", "[]", '{"vault": "v0000001"}', "\0"):
        pin.write_text(told, "utf-8")
        ran = li.vault("seal")
        assert ran.status == 3 and pin.name in ran.err, told


def test_a_founding_that_was_cut_short_is_done_again(li: Colleague):
    """The recovery key's file stands first; a vault of the same id may have one, too."""
    for path in sorted((li.root / ".vault").rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    for pin in (li.home / "state/trust").iterdir():
        pin.unlink()
    recovery = li.recovery.read_bytes()
    type_a_secret(li)

    li.ok("seal")

    assert li.recovery.read_bytes() == recovery
    li.vault("access", "drill", str(li.recovery))


NONSENSE = [
    "",
    "version = 1\nepoch = 'x'\n",
    "version = 1\nepoch = 0\n",
    "version = 2\nepoch = 3\n",
    "people = 3\n",
    "[people.x]\nkeys = 'age1'\n",
    "[people.x]\nkeys = ['age1']\n",
    "[people.'../x']\nkeys = []\n",
    "[groups.'../../customers']\npublic = 'age1'\n",
    "[groups.'/etc']\nepoch = 1\n",
    "[groups.'.git']\nepoch = 1\n",
    "[groups.'a/b']\nepoch = 1\n",
    "[groups.'a\\u0000b']\nepoch = 1\n",
    "[groups.contact]\nepoch = 1\n",
    "[groups.contact]\nepoch = 1\npublic = 'ssh-rsa AAAA'\n",
    "[groups.contact]\nepoch = 99999999999999999999\npublic = 3\n",
    "[recovery.r]\n",
    "nobody = 'knows'\n",
    "[[people]]\n",
    "\xff",
    "a = [" * 5000,
]


@pytest.mark.parametrize("text", NONSENSE)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_keyring_of_nonsense_seals_nothing_and_writes_nowhere(li: Colleague, text: str, is_first: bool):
    keyring(li).write_bytes(text.encode("latin-1"))
    if is_first:
        for pin in (li.home / "state/trust").iterdir():
            pin.unlink()
    note = type_a_secret(li)
    before = {
        path: path.read_bytes() for path in li.root.parent.rglob("*.*") if path.suffix in (".md", ".age")
    }

    for words in (
        ["seal"],
        ["access"],
        ["access", "review"],
        ["access", "invite", "zhang.wei", age.public_key(age.new_identity()), "--role", "manager"],
        ["rekey", "--yes"],
        ["access", "drill", str(li.recovery)],
    ):
        ran = li.vault(*words)
        # An empty one is a keyring, without any group to seal for.
        assert ran.status in ((0, 1, 2, 5) if not text else (2, 3, 5)), (words, ran)
    assert note.read_text("utf-8") == customer(5)
    now = {path: path.read_bytes() for path in li.root.parent.rglob("*.*") if path.suffix in (".md", ".age")}
    assert now == before


@pytest.mark.parametrize(
    "person", ["../x", "a/b", "", ".", "..", ".git", "a\0b", "a\nb", "x" * 120, "con/.."]
)
def test_nobody_is_let_in_by_a_name_that_walks(li: Colleague, person: str):
    from vault_tool.sealing.access import BadName, invite

    with pytest.raises(BadName):
        invite(li.keys.keyring, person, [li.key()], ["sales"], li.keys.group_keys.of)


def test_a_review_for_a_program_holds_no_secret(li: Colleague):
    forge(li, "epoch = 1\n\n", "epoch = 2\n\n")
    forge(li, '["manager"]', '["manager", "cook"]')

    told = li.vault("access", "review", "--json").json

    assert told["verdict"] == "changed"
    assert [(each["kind"], each["name"]) for each in told["changes"]] == [("person", "li.na")]
    assert "SECRET" not in json.dumps(told)

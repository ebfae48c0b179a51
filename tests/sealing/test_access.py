"""Who may read what: roles, owners, those who join and those who leave."""

from __future__ import annotations

from itertools import product

import pytest

from tests.sealing.conftest import Hire
from tests.sealing.team import Colleague, tokens
from vault_tool.sealing import age
from vault_tool.sealing.access import CannotShare, LastReader, NotHeld, grant, invite, revoke
from vault_tool.vault.keyring import read_keyring

SECRETS = {
    "mobile": "13800000001",
    "bank_account": "6222000000000000001",
    "id_number": "X123451",
    "floor": "floor 6222000000000000001",
    "code": "code 13800000001",
}


def seen(person: Colleague, customer: str = "firm1") -> set[str]:
    """Which of the first customer's secrets somebody gets to see, wherever they stand."""
    ran = person.vault("show", customer, "--reveal", "--all", "--json")
    assert ran.status == 0, ran.err
    return {
        name
        for name, secret in SECRETS.items()
        if secret in ran.out.replace(SECRETS["floor"], "FLOOR")
        or (name == "floor" and "floor 6222" in ran.out)
    }


READS = {
    "manager": {"mobile", "code", "bank_account", "id_number", "floor"},
    "sales": {"mobile", "code"},
    "support": {"mobile", "code"},
    "intern": set(),
}


@pytest.mark.parametrize("role", READS)
def test_a_role_opens_exactly_its_groups(li: Colleague, zhang: Colleague, role: str):
    before = {path: path.read_bytes() for path in (li.root / "customers").iterdir()}
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", role)

    assert {path: path.read_bytes() for path in before} == before  # who joins touches no note
    assert seen(zhang) == READS[role]
    assert seen(li) == READS["manager"]


def test_every_field_is_opened_by_its_group_and_by_no_other(li: Colleague, hire: Hire):
    """Real identities, one per group, against every token."""
    names = ("contact", "finance", "identity")
    people = {
        group: hire(person) for group, person in zip(names, ("zhang.wei", "wang.wu", "li.na"), strict=True)
    }
    keys = li.keys
    by_group = {name: keys.group_keys.of(name).values() for name in names}
    note = (li.root / "customers/firm1.md").read_text("utf-8")
    assert len(people) == 3 and len(tokens(note)) == 5

    opens = {name: 0 for name in names}
    for (vid, text), group in product(tokens(note).items(), names):
        token = keys_token(text)
        expected = keys.group_of(token)
        try:
            age.decrypt(token.age_file, by_group[group])
            opens[group] += 1
            assert group == expected, vid
        except age.CannotOpen:
            assert group != expected, vid
    assert opens == {"contact": 2, "finance": 2, "identity": 1}


def keys_token(text: str):
    from vault_tool.sealing.token import read_token

    return read_token(text)


def test_a_group_can_be_given_to_a_person_to_a_role_and_to_owners(
    li: Colleague, zhang: Colleague, hire: Hire
):
    wang = hire("wang.wu")
    li.ok("access", "invite", "zhang.wei", zhang.key())
    li.ok("access", "invite", "wang.wu", wang.key(), "--role", "books")
    assert seen(zhang) == seen(wang) == set()

    li.ok("access", "grant", "zhang.wei", "identity")
    li.ok("access", "grant", "role:books", "finance")
    li.ok("access", "grant", "owner", "contact")
    li.ok("rekey", "--yes")

    assert seen(zhang) == {"id_number"}
    assert seen(wang) == {"bank_account", "floor"}
    # Zhang owns the second customer: its numbers are his to read, the others' are not.
    assert zhang.fields("firm2")["mobile"] == "13800000002"
    assert "13800000001" not in str(zhang.fields("firm1"))


def test_an_owner_change_takes_effect_with_rekey_which_asks(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key())
    li.ok("access", "grant", "owner", "contact")
    li.ok("rekey", "--yes")
    path = li.root / "customers/firm1.md"
    path.write_text(path.read_text("utf-8").replace("owner: li.na", "owner: zhang.wei"), "utf-8")
    assert seen(zhang) == set()

    asked = li.vault("rekey")
    told = li.vault("rekey", "--dry-run", "--json").json

    assert asked.status != 0 and seen(zhang) == set()
    assert told["values"] == 2
    assert any("li.na → contact + zhang.wei" in line for line in told["new_readers"]), told
    li.ok("rekey", "--yes")
    assert seen(zhang) == {"mobile", "code"}


def test_who_leaves_reads_nothing_that_is_sealed_from_then_on(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    stolen = dict(zhang.keys.group_keys.of("contact"))

    li.ok("access", "revoke", "zhang.wei")
    note = li.root / "customers/firm1.md"
    note.write_text(
        note.read_text("utf-8").replace("stage: lead", "stage: lead\nwechat: new-secret"), "utf-8"
    )
    li.ok("seal")
    text = note.read_text("utf-8")

    opens = 0
    for token in map(keys_token, tokens(text).values()):
        try:
            age.decrypt(token.age_file, stolen.values())
            opens += 1
        except age.CannotOpen:
            pass
    assert opens == 2  # what was there, until it is sealed anew
    assert li.ok("verify").startswith("11 values")
    li.ok("rekey")
    for token in map(keys_token, tokens(note.read_text("utf-8")).values()):
        with pytest.raises(age.CannotOpen):
            age.decrypt(token.age_file, stolen.values())
    assert li.fields("firm1")["wechat"] == "new-secret"


def test_a_stolen_key_alone_can_be_taken_back(li: Colleague, zhang: Colleague):
    laptop, phone = age.new_identity(), age.new_identity()
    keyring, unlock = li.keys.keyring, li.keys.group_keys.of
    done = invite(keyring, "zhang.wei", map(age.public_key, (laptop, phone)), ["sales"], unlock)

    after = revoke(done.keyring, "zhang.wei", age.public_key(laptop), unlock)

    assert after.new_epochs == ("contact",)
    wrapped = after.files[next(path for path in after.files if path.name.startswith("2-"))]
    assert age.decrypt(wrapped, [phone])
    with pytest.raises(age.CannotOpen):
        age.decrypt(wrapped, [laptop])


def test_nobody_gives_what_they_can_not_open(li: Colleague, zhang: Colleague, hire: Hire):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")

    ran = zhang.vault("access", "invite", "wang.wu", hire("wang.wu").key(), "--role", "manager")

    assert ran.status == 2 and "li.na" in ran.err
    assert "wang.wu" not in (li.root / ".vault/keyring.toml").read_text("utf-8")


def test_the_last_reader_stays(li: Colleague):
    keyring, unlock = li.keys.keyring, li.keys.group_keys.of

    for what in (None, "manager"):
        with pytest.raises(LastReader):
            revoke(keyring, "li.na", what, unlock)


def test_what_nobody_has_can_not_be_taken_back(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    keyring, unlock = li.keys.keyring, li.keys.group_keys.of

    for what in ("finance", "finace", "manager"):
        with pytest.raises(NotHeld):
            revoke(keyring, "zhang.wei", what, unlock)
    ran = li.vault("access", "revoke", "zhang.wei", "contact")
    assert ran.status == 2 and "sales" in ran.err


def test_a_key_file_that_somebody_else_put_there_is_not_given_on(li: Colleague, zhang: Colleague):
    """Whoever can write to the repository can wrap a key of their own to everybody."""
    mine = age.new_identity()
    path = li.key_file("finance")
    path.write_bytes(age.encrypt(mine.encode(), [li.key()]))

    with pytest.raises(CannotShare):
        grant(li.keys.keyring, "li.na", "cashier", li.keys.group_keys.of) and invite(
            li.keys.keyring, "zhang.wei", [zhang.key()], ["manager"], li.keys.group_keys.of
        )


def test_a_colleague_with_a_new_key_keeps_an_own_group(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    li.ok("access", "grant", "owner", "finance")
    keyring = li.keys.keyring
    assert "owner-zhang.wei" in keyring.groups

    li.ok("access", "invite", "zhang.wei", age.public_key(age.new_identity()))

    after = read_keyring((li.root / ".vault/keyring.toml").read_text("utf-8"))
    assert after.groups["owner-zhang.wei"].epoch == 2
    assert after.groups["finance"] == keyring.groups["finance"]


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("AGE-SECRET-KEY-1QQQ", "private key"),
        ("age1qqq", "no public key"),
        ("ssh-ed25519 AAAA", "no public key"),
        ("ssh-dss AAAAB3NzaC1kc3M=", "no public key"),
    ],
)
def test_what_is_no_public_key_lets_nobody_in(li: Colleague, key: str, said: str):
    ran = li.vault("access", "invite", "zhang.wei", *key.split())

    assert ran.status == 2 and said in ran.err
    assert "SECRET-KEY-1QQQ" not in ran.err
    assert li.keys.keyring.epoch == 1


def test_a_role_that_reads_nothing_is_told(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key())

    ran = li.vault("access", "grant", "zhang.wei", "finace")

    assert "No group is read by finace" in ran.err
    assert "finace" in li.ok("access", "list")


def test_the_list_for_a_program(li: Colleague):
    told = li.vault("access", "list", "--json").json

    assert told["groups"]["finance"]["readers"] == ["li.na"]
    assert list(told["recovery"]) == ["recovery-1"]
    assert "SECRET" not in str(told)


def test_a_new_group_is_made_for_a_role(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "lawyer")
    note = li.root / "customers/firm1.md"
    note.write_text(note.read_text("utf-8").replace("Body", "Body {{seal legal: a lawsuit}}"), "utf-8")
    refused = li.vault("seal")
    assert refused.status == 1 and "no group legal" in refused.err

    ran = li.vault("access", "grant", "role:lawyer", "legal")

    assert ran.status == 0 and "legal is a new group, read by: li.na, zhang.wei" in ran.err
    li.ok("seal")
    assert "a lawsuit" in zhang.fields("firm1")["profile"] and "floor" not in zhang.fields("firm1")["profile"]
    for name in ("../x", "owner-li.na", "Legal", "", "a b"):
        assert li.vault("access", "grant", "role:lawyer", name).status == 2, name


def test_what_was_given_already_changes_nothing(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    before = (li.root / ".vault/keyring.toml").read_bytes()

    for words in (
        ["invite", "zhang.wei", zhang.key()],
        ["grant", "zhang.wei", "sales"],
        ["grant", "role:sales", "contact"],
    ):
        assert "Nothing to change" in li.vault("access", *words).err

    assert (li.root / ".vault/keyring.toml").read_bytes() == before


def test_rekey_locks_nobody_out_who_runs_it(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "manager")
    li.ok("access", "revoke", "zhang.wei")
    newest = li.key_file("finance", 2)
    kept = newest.read_bytes()
    newest.write_bytes(b"damaged")

    ran = li.vault("rekey")

    assert ran.status == 1 and "could not open it any more" in ran.err
    assert "10 values" in li.ok("verify")
    newest.write_bytes(kept)
    assert "4 values" in li.ok("rekey")


def test_who_left_and_kept_a_clone_changes_nothing_in_it(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "manager")
    zhang.ok("access", "revoke", "li.na")
    li.ok("access", "accept")
    before = {path: path.read_bytes() for path in (li.root / "customers").iterdir()}

    assert li.vault("rekey", "--yes").status == 1

    assert {path: path.read_bytes() for path in before} == before
    assert "10 values" in zhang.ok("rekey")


def test_an_owner_gives_no_words_to_a_group_that_they_can_not_tell(
    li: Colleague, zhang: Colleague, hire: Hire
):
    """The group has a new key, and of the old one the owner never knew anything."""
    li.ok("access", "invite", "zhang.wei", zhang.key())
    li.ok("access", "invite", "wang.wu", hire("wang.wu").key(), "--role", "manager")
    li.ok("access", "grant", "owner", "finance")
    li.ok("rekey", "--yes")
    li.ok("access", "revoke", "wang.wu")
    note = li.root / "customers/firm2.md"
    before = tokens(note.read_text("utf-8"))

    ran = zhang.vault("rekey", "--yes")

    after = tokens(note.read_text("utf-8"))
    assert ran.status == 1 and "for which group" in ran.err
    assert len(set(before.items()) - set(after.items())) == 1  # the account, whose group the schema tells
    li.ok("rekey")
    assert zhang.fields("firm2")["bank_account"] == "6222000000000000002"
    assert li.fields("firm2")["profile"].startswith("Body floor 6222000000000000002")


def test_a_keyring_that_came_with_a_pull_meanwhile_is_not_overwritten(
    li: Colleague, zhang: Colleague, monkeypatch: pytest.MonkeyPatch
):
    from vault_tool.cli import access

    path = li.root / ".vault/keyring.toml"

    def slow(*words):
        done = invite(*words)
        path.write_text(path.read_text("utf-8") + "# theirs\n", "utf-8")
        return done

    monkeypatch.setattr(access, "invite", slow)

    assert li.vault("access", "invite", "zhang.wei", zhang.key()).status == 4
    assert path.read_text("utf-8").endswith("# theirs\n")


def test_what_a_role_and_owners_read_can_be_taken_back(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    li.ok("access", "grant", "owner", "finance")
    li.ok("rekey", "--yes")
    assert zhang.fields("firm2")["bank_account"] == "6222000000000000002"

    li.ok("access", "revoke", "role:sales", "contact")
    li.ok("access", "revoke", "owner", "finance")
    li.ok("rekey")

    shown = str(zhang.fields("firm2"))
    assert "6222" not in shown and "1380000" not in shown
    assert "10 values" in li.ok("verify")

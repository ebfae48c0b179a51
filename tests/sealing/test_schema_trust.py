"""A schema that seals less than was accepted here changes nothing until a person says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.vaults import ME
from tests.conftest import VaultRun
from tests.git.repositories import note, sealed_clone
from tests.sealing.team import Colleague, customer, tokens
from vault_tool.sealing.token import read_token

OPEN = {
    "declared open": "  mobile:\n    sealed: false\n",
    "open for the type": "  mobile:\n    sealed: {enterprise: false, individual: contact}\n",
    "another field's spelling": (
        "  mobile:\n    remove: true\n"
        "  pastime:\n    labels: {en: Pastime, zh: 消遣}\n    aliases: [mobile]\n    type: text\n"
    ),
    "in a map of its own": (
        "  people:\n    labels: {en: People, zh: 人}\n    type: maps\n    fields:\n"
        "      number:\n        labels: {en: Number, zh: 号}\n        aliases: [mobile]\n        type: text\n"
    ),
}
PEOPLE = "people:\n  - {mobile: 13911112222}\n"


def pulled(person: Colleague, fields: str) -> None:
    """Put a schema of the vault's own in place, as a colleague's push brings it."""
    folder = person.root / "schema"
    folder.mkdir(exist_ok=True)
    (folder / "fields.yaml").write_text(f"front_matter:\n{fields}", "utf-8")


def typed(person: Colleague, number: int = 5) -> Path:
    path = person.root / f"customers/firm{number}.md"
    text = (
        customer(number).replace("mobile:", f"{PEOPLE}mobile:").replace("13911112222", f"1391111222{number}")
    )
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("fields", OPEN.values(), ids=OPEN)
def test_what_a_pulled_schema_opens_stays_sealed_until_somebody_says_so(li: Colleague, fields: str):
    pulled(li, fields)
    path = typed(li)

    ran = li.vault("seal")

    text = path.read_text("utf-8")
    assert ran.status == 0 and "13800000005" not in text and "13911112225" not in text
    assert "vault access review" in ran.err
    assert "~ Mobile" in (shown := li.vault("access", "review")).out and shown.status == 5
    assert li.vault("access", "review", "--json").json["schema"][0]["before"] == "contact"
    assert "accepted" in li.ok("access", "accept")
    assert li.vault("access", "review").status == 0
    path = typed(li, 6)
    assert "review" not in li.vault("seal").err
    assert "13800000006" in path.read_text("utf-8") or "13911112226" in path.read_text("utf-8")


def test_a_change_of_the_keyring_by_ourselves_accepts_no_schema(li: Colleague, zhang: Colleague):
    pulled(li, OPEN["declared open"])

    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")

    path = typed(li)
    li.ok("seal")
    assert "13800000005" not in path.read_text("utf-8")


def groups(person: Colleague, path: Path) -> list[str | None]:
    return [person.keys.group_of(read_token(token)) for token in tokens(path.read_text("utf-8")).values()]


def test_values_go_to_more_readers_only_when_somebody_says_so(li: Colleague, zhang: Colleague):
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    pulled(li, "  id_number:\n    sealed: contact\n")
    path = typed(li)
    li.ok("seal")
    assert "identity" in groups(li, path)

    assert "gives it to contact" in li.vault("access", "review").out
    li.ok("access", "accept")
    path = typed(li, 6)
    li.ok("seal")
    assert "identity" not in groups(li, path)


@pytest.mark.parametrize("group", ["finance", "legal"])
def test_values_go_to_fewer_readers_at_once(li: Colleague, zhang: Colleague, group: str):
    li.ok("access", "grant", "role:manager", "legal")
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    pulled(li, f"  mobile:\n    sealed: {group}\n")
    path = typed(li)

    li.ok("seal")

    assert li.vault("access", "review").status == 0
    assert groups(li, path).count(group) >= 2


def test_what_is_sealed_in_addition_counts_at_once_and_waits_when_it_is_opened_again(li: Colleague):
    pastime = "  pastime:\n    labels: {en: Pastime, zh: 消遣}\n    type: text\n    sealed: contact\n"
    pulled(li, pastime)
    path = li.root / "customers/firm5.md"
    path.write_text(customer(5).replace("mobile:", "pastime: sailing\nmobile:"), "utf-8")
    ran = li.vault("seal")
    assert ran.status == 0 and "review" not in ran.err and "sailing" not in path.read_text("utf-8")

    pulled(li, pastime.replace("    sealed: contact\n", ""))
    path.write_text(customer(5).replace("mobile:", "pastime: riding\nmobile:"), "utf-8")
    li.ok("seal")
    assert "riding" not in path.read_text("utf-8")


def test_git_is_given_what_was_sealed_before(tmp_path: Path, clean_env: dict[str, str], vault_run: VaultRun):
    clone = sealed_clone(tmp_path / "vault", clean_env, vault_run, {"a.md": note(1, "13800138000")})
    (clone.root / "schema").mkdir()
    (clone.root / "schema/fields.yaml").write_text("front_matter:\n  mobile:\n    sealed: false\n")
    clone.write("b.md", note(2, "13912345678"))

    clone.git("add", "-A")

    assert "13912345678" not in clone.git("show", ":customers/b.md")
    clone.without_filter_only()
    clone.write("c.md", note(3, "13912345678"))
    clone.git("add", "-A")
    assert "customers/c.md:7: mobile stands in plain" in clone.vault("ci", "--staged", env=ME).out


def test_a_vault_without_keys_goes_by_its_schema(li: Colleague, hire):
    """Nothing was sealed there: there is nothing to hold to."""
    other = hire("wang.wu")
    other.ok("list")

    assert not list(other.home.rglob("*.sealed"))


@pytest.mark.parametrize("fields", OPEN.values(), ids=OPEN)
def test_what_is_held_to_does_not_grow_by_itself(li: Colleague, fields: str):
    pulled(li, fields)

    shown = {li.vault("access", "review").out for _ in range(3) if li.ok("list")}

    assert len(shown) == 1


def test_a_new_owner_reads_nothing_new_before_the_rekey_that_asks(li: Colleague, zhang: Colleague):
    li.ok("access", "grant", "owner", "finance")
    li.ok("access", "invite", "zhang.wei", zhang.key(), "--role", "sales")
    li.ok("rekey", "--yes")
    path = li.root / "customers/firm1.md"
    text = path.read_text("utf-8").replace("owner: li.na", "owner: zhang.wei")
    path.write_text(text.replace("mobile:", "credit_limit: 500000\nmobile:"), "utf-8")

    sealed = li.vault("seal")

    assert "1 customer: the owner has changed" in sealed.err and "500000" not in path.read_text("utf-8")
    zhang.ok("access", "list")
    assert "500,000" not in zhang.vault("show", "firm1", "--reveal").out
    li.ok("rekey", "--yes")
    assert "500,000" in zhang.vault("show", "firm1", "--reveal").out
    path.write_text(path.read_text("utf-8").replace("mobile:", "contract_amount: 70000\nmobile:"), "utf-8")
    assert "owner" not in li.vault("seal").err
    assert "70,000" in zhang.vault("show", "firm1", "--reveal").out

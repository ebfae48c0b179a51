"""For tests of sealing: a vault, and people with a machine each who work on it or on a clone of it."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.cli.vaults import make_vault
from tests.conftest import Ran, VaultRun
from vault_tool.schema import load_schema
from vault_tool.sealing.vault_keys import VaultKeys
from vault_tool.vault.places import places_for
from vault_tool.vault.settings import load_settings

SCHEMA = load_schema()
NOTE = """---
id: {id}
name: {name}
type: enterprise
stage: lead
owner: {owner}
mobile: {mobile}
bank_account: {account}
id_number: {number}
---

Body {{{{seal finance: floor {account}}}}} and {{{{seal: code {mobile}}}}}.
"""


@dataclass(frozen=True)
class Colleague:
    """Somebody with an own machine: home, keys, memo, trust."""

    name: str
    home: Path
    root: Path
    run: VaultRun

    @property
    def env(self) -> dict[str, str]:
        """What this person's shell says."""
        return {"VAULT_NOTES_HOME": str(self.home), "VAULT_NOTES_USER": self.name}

    def vault(self, *words: str, stdin: str = "") -> Ran:
        """Run `vault` as this person."""
        return self.run(*words, cwd=self.root, env=self.env, stdin=stdin)

    def ok(self, *words: str, stdin: str = "") -> str:
        """Run what must go well; return what it prints."""
        ran = self.vault(*words, stdin=stdin)
        assert ran.status == 0, (words, ran)
        return ran.out

    def key(self) -> str:
        """This person's public key; made at the first need."""
        if not (self.home / "config/identities/me.pub").exists():
            self.ok("key", "new")
        return self.ok("key", "show").strip()

    @property
    def recovery(self) -> Path:
        """The recovery key's file of the vault that this person founded."""
        return next((self.home / "config/recovery").iterdir())

    def key_file(self, group: str, epoch: int = 1) -> Path:
        """Where the one key of a group's epoch lies."""
        (path,) = (self.root / ".vault/groups" / group).glob(f"{epoch}-*.age")
        return path

    @property
    def keys(self) -> VaultKeys:
        """What this person can do with the vault."""
        settings = load_settings(self.root)
        env = {**self.env, "HOME": str(self.home)}
        state = places_for(self.root, settings.id, env).state
        return VaultKeys(self.root, settings, state, env, lambda _name: "")

    def fields(self, note: str) -> dict[str, str]:
        """What `show --reveal` lets this person see of a customer: the fields, and `profile`."""
        shown = self.vault("show", note, "--reveal", "--json").json
        return {**shown["fields"], "profile": shown["profile"]}

    def at(self, root: Path) -> Colleague:
        """The same person and machine, in another folder."""
        return Colleague(self.name, self.home, root, self.run)

    def git(self, *words: str) -> str:
        """Run git in this person's clone."""
        who = ["-c", f"user.name={self.name}", "-c", f"user.email={self.name}@example.com"]
        return subprocess.run(
            ["git", *who, *words], cwd=self.root, check=True, capture_output=True, encoding="utf-8"
        ).stdout


def customer(number: int, owner: str = "li.na") -> str:
    """A note whose secrets tell whose they are."""
    return NOTE.format(
        id=f"c00000000{number}",
        name=f"Firm{number}",
        owner=owner,
        mobile=f"1380000000{number}",
        account=f"622200000000000000{number}",
        number=f"X12345{number}",
    )


def team_vault(root: Path, owners: tuple[str, ...] = ("li.na", "zhang.wei")) -> Path:
    """A vault with a customer for each owner named."""
    notes = {f"firm{number}.md": customer(number, owner) for number, owner in enumerate(owners, 1)}
    make_vault(root, notes, "en")
    with (root / "vault.toml").open("a", encoding="utf-8") as file:
        file.write('[people."wang.wu"]\nname = "王五"\n')
    return root


def tokens(text: str) -> dict[str, str]:
    """The tokens in a note's text, by `vid`."""
    return dict(re.findall(r"^([0-9a-z]{8}) (sealed\.v1\.\S+)$", text, re.MULTILINE))

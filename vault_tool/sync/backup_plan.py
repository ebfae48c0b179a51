"""The page for the day when everything is gone: where copies are, whom to call, what to type. Pure.

It stands between two marks in DISASTER.md; what somebody wrote around them stays. It is made to be printed,
and to be followed by somebody who has neither this program nor anybody who knows it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from shlex import quote

from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.named import NamedTuple
from vault_tool.sync.backup_record import BackupRecord
from vault_tool.sync.remotes import Remote
from vault_tool.vault.settings import Person

FILE_NAME = "DISASTER.md"
BEGIN = "<!-- vault:plan begin -->"
END = "<!-- vault:plan end -->"

# What docs/sealing.md explains step by step.
_BY_HAND = """for file in .vault/groups/*/*.age; do age -d -i recovery.txt "$file"; done > /tmp/group-keys.txt
grep -rh '^[0-9a-z]* sealed[.]v1[.]' --include='*.md' . | while read -r line; do
  echo "$line" | cut -d. -f5 | tr '_-' '/+' | awk '{ while (length % 4) $0 = $0 "="; print }' \\
    | base64 -d | age -d -i /tmp/group-keys.txt; echo
done
rm /tmp/group-keys.txt"""


class MarksBroken(VaultError):
    """One of the two marks is gone, or stands there twice."""

    message = N_("In {path} the marks around the plan are not one pair. Nothing was written.")
    hint = N_("Delete those that are left (`<!-- vault:plan ... -->`), and run this again.")
    exit_code = Exit.USAGE


class Facts(NamedTuple):
    """What the page tells; `recovery` are the recovery keys' public halves by name.

    `recovery_file` is where the recovery key lies on this machine still, None when somebody took it away.
    """

    vault: str
    name: str
    today: date
    remotes: tuple[Remote, ...]
    folder: Path | None
    people: tuple[Person, ...]
    managers: tuple[str, ...]
    recovery: Mapping[str, str]
    recovery_file: Path | None
    record: BackupRecord


def plan_page(facts: Facts) -> str:
    """Return the page in the language in use, as Markdown."""
    parts = [
        _("# If the notes are gone"),
        _(
            "Keep calm: every note is in the past of the vault, and that is in each copy below. Change "
            "nothing where the trouble is; restore into a new folder, look at it, and go on there."
        ),
        _("Vault {name} ({id}). This page was made on {day}; `vault backup plan` makes it anew.").format(
            name=facts.name, id=facts.vault, day=facts.today
        ),
        _("## Where copies are"),
        "\n".join(_copies(facts)),
        _("## Whom to call"),
        "\n".join(_people(facts)),
        _("## Restore, with vault"),
        _fence(_steps(facts)),
        _("Then `vault status` there: are the counts right? `vault sync` joins it with the others."),
        _("## Restore, without vault: git alone"),
        _fence(_git_steps(facts)),
        _("All notes are plain text files in that folder: any editor opens them."),
        *(_sealed(facts) if facts.recovery else ()),
        _("## The last proof"),
        _last(facts.record),
    ]
    return "\n\n".join(parts) + "\n"


def own_part() -> str:
    """Return what a new page has below the plan, for people to fill in; it is never written again."""
    return (
        _(
            "## By hand\n\n"
            "- The paper with the recovery key is in:\n"
            "- Who may fetch it:\n"
            "- The disk or stick with backups is in:\n"
            "- Telephone numbers:"
        )
        + "\n"
    )


def with_plan(before: str | None, page: str, path: Path) -> str:
    """Return a file's text with this plan between its marks; all else stays. Raises `MarksBroken`."""
    region = f"{BEGIN}\n{page}{END}\n"
    if before is None:
        return f"{region}\n{own_part()}"
    if "\r\n" in before:
        region = region.replace("\n", "\r\n")
    if (before.count(BEGIN), before.count(END)) == (0, 0):
        gap = "" if not before or before.endswith("\n") else "\n"
        return f"{before}{gap}\n{region}"
    start, end = before.find(BEGIN), before.find(END)
    if (before.count(BEGIN), before.count(END)) != (1, 1) or end < start:
        raise MarksBroken(path=path)
    return before[:start] + region.rstrip("\r\n") + before[end + len(END) :]


def _copies(facts: Facts) -> Iterator[str]:
    for remote in facts.remotes:
        yield _("- Server {name}: `{url}`").format(name=remote.name, url=remote.shown)
    if facts.folder:
        yield _("- Backups: `{folder}`, on the machine where this page was made").format(folder=facts.folder)
    yield _("- Every colleague's machine that has the vault")
    if not facts.remotes and not facts.folder:
        yield _(
            "- **There is no server and no folder for backups yet.** `vault backup create DIR` changes that."
        )


def _people(facts: Facts) -> Iterator[str]:
    for person in facts.people:
        role = _(" (reads everything that is sealed)") if person.id in facts.managers else ""
        yield f"- {person.name}{role}" + (f", {person.email}" if person.email else "")
    if not facts.people:
        yield _("- vault.toml names nobody: `vault people add NAME`")


def _steps(facts: Facts) -> str:
    where = quote(str(facts.folder or "/media/stick/backup"))
    lines = [
        "pip install vault-tool",
        f"vault backup verify {where}",
        f"vault backup restore {where} ~/restored-vault",
    ]
    if facts.remotes:
        lines += [
            "# " + _("or from the server"),
            f"vault join {quote(facts.remotes[0].shown)} ~/restored-vault",
        ]
    return "\n".join(lines)


def _git_steps(facts: Facts) -> str:
    where = quote(str(facts.folder or "/media/stick/backup"))
    lines = [
        f"ls {where}/*.bundle          # " + _("the last one is the newest"),
        "git clone FILE.bundle ~/restored-vault",
    ]
    if facts.remotes:
        lines += [
            "# " + _("or from the server"),
            f"git clone {quote(facts.remotes[0].shown)} ~/restored-vault",
        ]
    return "\n".join(lines)


def _sealed(facts: Facts) -> Iterator[str]:
    yield _("## Open what is sealed")
    keys = ", ".join(f"{name} (`{public}`)" for name, public in facts.recovery.items())
    yield _(
        "Everybody's own key opens what they could read before. The recovery key opens everything: {keys}. "
        "It is the line that begins with AGE-SECRET-KEY-1."
    ).format(keys=keys)
    if facts.recovery_file:
        yield _(
            "**It lies on the machine where this page was made: `{path}`. Print it, and delete it there.**"
        ).format(path=facts.recovery_file)
    else:
        yield _("It is not on the machine where this page was made: see below where the paper is.")
    yield _fence("vault access drill recovery.txt")
    yield _("Without vault, with age (https://age-encryption.org), in the restored folder:")
    yield _fence(_BY_HAND)


def _last(record: BackupRecord) -> str:
    proved = [each for each in (record.last_verify, record.last_create) if each and not each.trouble]
    if not proved:
        return _("No backup was ever proved by restoring it. `vault backup verify` does.")
    last = max(proved, key=lambda each: each.when)
    text = _("{when}: `{file}` was restored, with {customers} customers and {entries} entries.").format(
        when=f"{last.when.astimezone():%Y-%m-%d %H:%M}",
        file=last.name,
        customers=last.customers,
        entries=last.entries,
    )
    return text + (" " + _("Every sealed value opened.") if last.with_key else "")


def _fence(text: str) -> str:
    return f"```sh\n{text}\n```"

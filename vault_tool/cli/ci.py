"""`vault ci`: what git is given is checked, before a commit, before a push, on a server."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command, option
from vault_tool.errors import Exit, VaultError
from vault_tool.git.repository import Blob, Repository
from vault_tool.messages import N_, _, ngettext
from vault_tool.sealing.gate import Found, Gate, Kind
from vault_tool.vault.opening import open_root
from vault_tool.vault.settings import SETTINGS_NAME, NotAVault, NoVault, Settings, find_root, load_settings
from vault_tool.vault.walk import printable

if TYPE_CHECKING:
    from vault_tool.schema import Schema

_SHORT = 10
_SAID = {
    Kind.PLAIN: N_("{where}: {field} stands in plain"),
    Kind.MARK: N_("{where}: words that wait to be sealed"),
    Kind.CONFLICT: N_("{where}: half of a merge (<<<<<<<)"),
    Kind.BROKEN: N_("{where}: the sealed value of {field} is missing, damaged or made for another place"),
}


class OneOfThem(VaultError):
    """What is to be checked was not said, or twice."""

    message = N_("Say what to check: a range of commits, --staged, --push or --receive.")
    hint = N_("`vault ci origin/main..HEAD` checks what was committed since then.")


class NoSuchCommits(VaultError):
    """Git doesn't know a range."""

    message = N_("git knows no commits {range}.")
    hint = N_("`git log --oneline {range}` shows what git makes of it.")


class Finding(NamedTuple):
    """One thing that git must not have, and the commit that brought it."""

    blob: Blob
    found: Found


class Checked(NamedTuple):
    """How many files were looked at, and what is the matter with them."""

    notes: int
    findings: list[Finding]


@command(
    "ci",
    help=N_(
        "Check what git is given: values in plain, marks that wait, half of a merge, broken sealed values."
        "\n\n"
        "RANGE is one of commits, A..B; with --push, the name of the remote. No key is needed, and no value "
        "is ever shown. Exits with 1 if git must not have it."
    ),
    examples=("vault ci --staged", "vault ci origin/main..HEAD", "vault ci --receive"),
)
@argument("what", metavar="[RANGE]", required=False)
@option("--staged", is_flag=True, help=N_("What `git commit` would commit; for a pre-commit hook."))
@option(
    "--push", is_flag=True, help=N_("What a push would send; for a pre-push hook, which tells it on stdin.")
)
@option(
    "--receive",
    is_flag=True,
    help=N_("What was pushed; for a pre-receive hook, which tells it on stdin. Needs no work tree."),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def ci(app: App, what: str | None, staged: bool, push: bool, receive: bool, as_json: bool) -> Exit:
    """Check what git is given."""
    if staged + push + receive + (what is not None and not push) != 1:
        raise OneOfThem
    if receive:
        with Repository(app.given or app.cwd, app.env) as repository:
            checked = _received(repository, _told())
    else:
        with Repository(app.given or app.cwd, app.env) as repository:
            gate = _gate(app, repository)
            if staged:
                checked = gate.check(repository.staged(_merging(app)))
            elif push:
                checked = gate.check(_pushed(repository, _told(), what or ""))
            else:
                checked = gate.check(_range(repository, what or ""))
    return _tell(app, checked, is_staged=staged, as_json=as_json)


class _Gate:
    """The gate, where a vault is a folder of a repository."""

    def __init__(self, repository: Repository, gate: Gate, folder: PurePosixPath) -> None:
        self._repository = repository
        self._gate = gate
        self._folder = folder

    def check(self, blobs: Iterable[Blob]) -> Checked:
        count = 0
        findings = []
        for blob in blobs:
            if blob.path.is_relative_to(self._folder) and blob.path.suffix.casefold() == ".md":
                path = blob.path.relative_to(self._folder)
                count += 1
                data = self._repository.read(blob.name)
                findings += [Finding(blob, found) for found in self._gate.check(path, data)]
        return Checked(count, findings)


def _gate(app: App, repository: Repository) -> _Gate:
    """Return the gate of the vault that stands here, whatever vault the environment names.

    A branch of something else has none; what looks like a note is judged by the defaults.
    """
    try:
        root = find_root(app.cwd, {}, app.given)
        folder = PurePosixPath(root.relative_to(repository.top).as_posix())
    except (NoVault, NotAVault, ValueError):
        settings, schema = _of_commit(repository, repository.commit("HEAD"))
        return _Gate(repository, Gate(settings, schema), PurePosixPath())
    settings, schema, _places = open_root(root, app.env)
    return _Gate(repository, Gate(settings, schema), folder)


def _merging(app: App) -> list[str]:
    """Return what a merge under way takes in: git tells it to its hooks in names of variables."""
    return [name.removeprefix("GITHEAD_") for name in app.env if name.startswith("GITHEAD_")]


def _told() -> list[list[str]]:
    """Read what git tells a hook on stdin: lines of words."""
    told = sys.stdin.buffer.read().decode("utf-8", "surrogateescape")
    return [line.split(" ") for line in told.splitlines() if line]


def _is_nothing(name: str) -> bool:
    """Tell whether git's name of a commit means none: it is made or removed."""
    return not name.strip("0")


def _range(repository: Repository, what: str) -> list[Blob]:
    ends = [end or "HEAD" for end in what.split(".." if "..." not in what else "...")]
    if len(ends) == 2 and _is_nothing(ends[0]):
        what, ends = ends[1], ends[1:]  # a CI's word for a new branch: all of it
    if what.startswith("-") or any(repository.commit(end) is None for end in ends):
        raise NoSuchCommits(range=what)
    return repository.added(what)


def _pushed(repository: Repository, told: list[list[str]], remote: str) -> list[Blob]:
    """Return what the remote doesn't have yet, as far as we know what it has."""
    news = [local for _ref, local, _remote_ref, _old in told if not _is_nothing(local)]
    known = [
        old for _ref, _local, _remote_ref, old in told if not _is_nothing(old) and repository.commit(old)
    ]
    if not news:
        return []
    return repository.added(*news, "--not", *known, *([f"--remotes={remote}"] if remote else []))


def _received(repository: Repository, told: list[list[str]]) -> Checked:
    """Check each reference that was pushed by the settings and the schema that came with it."""
    count = 0
    findings: dict[tuple[Blob, Found], Finding] = {}
    for _old, new, _ref in told:
        commit = None if _is_nothing(new) else repository.commit(new)
        if commit is None:
            continue
        settings, schema = _of_commit(repository, commit)
        gate = _Gate(repository, Gate(settings, schema), PurePosixPath())
        checked = gate.check(repository.added(commit, "--not", "--all"))
        count += checked.notes
        findings.update({(each.blob, each.found): each for each in checked.findings})
    return Checked(count, list(findings.values()))


def _of_commit(repository: Repository, commit: str | None) -> tuple[Settings, Schema]:
    """Return the settings and the schema that stand in a commit; without any, in HEAD."""
    from vault_tool.schema import load_schema

    found: dict[PurePosixPath, str] = {}
    for each in (commit, repository.commit("HEAD")):
        if each and PurePosixPath(SETTINGS_NAME) not in found:
            found = repository.files(each, SETTINGS_NAME, "schema/")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for path, name in found.items():
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(repository.read(name))
        settings = load_settings(root) if (root / SETTINGS_NAME).exists() else Settings(id="")
        return settings, load_schema(root / "schema")


def _tell(app: App, checked: Checked, *, is_staged: bool, as_json: bool) -> Exit:
    findings = checked.findings
    if as_json:
        app.out.json({"findings": [_document(each) for each in findings], "checked": checked.notes})
    else:
        app.out.lines(_lines(findings))
        if not findings:
            count = ngettext("{count} note", "{count} notes", checked.notes).format(count=checked.notes)
            app.out.line(_("{notes} checked: git may have them.").format(notes=count))
        elif is_staged:
            app.out.hint(_("Nothing was committed. `vault seal`, then `git add` those files again."))
        else:
            app.out.hint(
                _(
                    "Seal it (`vault seal`), write those commits anew (`git commit --amend`, `git rebase`)."
                    " What was pushed before counts as known: change such a password, tell whom it concerns."
                )
            )
    return Exit.FINDINGS if findings else Exit.OK


def _lines(findings: Iterable[Finding]) -> Iterator[str]:
    for blob, found in findings:
        where = f"{printable(blob.path)}:{found.line}"
        if blob.commit:
            where = f"{blob.commit[:_SHORT]} {where}"
        yield _(_SAID[found.kind]).format(where=where, field=found.field)


def _document(finding: Finding) -> dict[str, object]:
    blob, found = finding
    return {
        "kind": str(found.kind),
        "commit": blob.commit or None,
        "path": printable(blob.path),
        "line": found.line,
        "field": found.field,
    }

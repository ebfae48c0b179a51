"""`vault ci`: what git is given is checked, before a commit, before a push, on a server."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import argument, command, option
from vault_tool.errors import Exit, VaultError
from vault_tool.git.repository import Blob, Repository
from vault_tool.messages import N_, _, ngettext
from vault_tool.named import NamedTuple
from vault_tool.schema import load_schema
from vault_tool.schema.sealing import Loosening, holding, loosened, rules_of
from vault_tool.sealing.gate import Found, Gate, Kind
from vault_tool.vault.keyring import KEYRING, read_keyring
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
    Kind.NO_SETTINGS: N_("{where}: it says what is sealed, and is gone from the main branch"),
    Kind.UNSEALED: N_("{where}: {field} was sealed, and is declared open or given to other readers here"),
}
_LOOSENING = {Kind.UNSEALED, Kind.NO_SETTINGS}
_TOP = PurePosixPath()


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
        "RANGE is one of commits, A..B; with --push, the name of the remote. What was sealed before A, or on "
        "the server, has to stay sealed. No key is needed, and no value is ever shown. Exits with 1 if git "
        "must not have it."
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
@option(
    "--allow-unsealing",
    "allows",
    is_flag=True,
    help=N_("The schema may leave open what was sealed: for one push, when a person has looked at it."),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def ci(
    app: App, what: str | None, staged: bool, push: bool, receive: bool, allows: bool, as_json: bool
) -> Exit:
    """Check what git is given."""
    if staged + push + receive + (what is not None and not push) != 1:
        raise OneOfThem
    if receive:
        with Repository(app.given or app.cwd, app.env) as repository:
            checked = _received(repository, _told(), allows=allows)
    else:
        with Repository(app.given or app.cwd, app.env) as repository:
            if staged:
                checked = _gate(app, repository).check(repository.staged(_merging(app)))
            elif push:
                checked = _gate(app, repository).check(_pushed(repository, _told(), what or ""))
            else:
                blobs, before = _range(repository, what or "")
                checked = _gate(app, repository, None if allows else before).check(blobs)
    return _tell(app, checked, is_staged=staged, as_json=as_json)


class _State(NamedTuple):
    """What a vault says of itself, as it stands somewhere: `readers` are those of each group."""

    settings: Settings
    schema: Schema
    readers: Mapping[str, Iterable[str]] = {}


class _Gate:
    """The gate of a vault, which may be a folder of its repository.

    What was sealed in one of the `former` states has to be sealed, and what was a note is one.
    """

    def __init__(
        self,
        repository: Repository,
        now: _State,
        former: Sequence[_State],
        folder: PurePosixPath,
        commit: str = "",
    ) -> None:
        self._repository = repository
        self._folder = folder
        changes = _loosened(former, now)
        globs = [glob for each in former for glob in each.settings.customers]
        self._gate = Gate(now.settings, holding(now.schema, changes), globs)
        blob = Blob(commit, folder / "schema/fields.yaml", "")
        names = dict.fromkeys(change.name for change in changes)
        self._unsealed = [Finding(blob, Found(Kind.UNSEALED, 1, name)) for name in names]

    def check(self, blobs: Iterable[Blob]) -> Checked:
        count = 0
        findings = list(self._unsealed)
        for blob in blobs:
            if blob.path.is_relative_to(self._folder) and blob.path.suffix.casefold() == ".md":
                path = blob.path.relative_to(self._folder)
                count += 1
                data = self._repository.read(blob.name)
                findings += [Finding(blob, found) for found in self._gate.check(path, data)]
        return Checked(count, findings)


def _loosened(former: Sequence[_State], now: _State) -> list[Loosening]:
    """Return what is sealed less than in the first of the former states, or than in all that follow it.

    The first is the main branch: what stands open there may be opened on others.
    """
    found: list[Loosening] = []
    for number, each in enumerate(former):
        rules, readers = rules_of(each.schema), each.readers
        open_already = loosened(rules, former[0].schema, readers) if number else ()
        found += [one for one in loosened(rules, now.schema, readers) if one not in open_already]
    return found


def _gate(app: App, repository: Repository, before: str | None = None) -> _Gate:
    """Return the gate of the vault that stands here, whatever vault the environment names.

    A branch of something else has none; what looks like a note is judged by the defaults.
    """
    try:
        root = find_root(app.cwd, {}, app.given)
        folder = PurePosixPath(root.relative_to(repository.top).as_posix())
    except (NoVault, NotAVault, ValueError):
        return _Gate(repository, _here(repository, repository.commit("HEAD")), (), _TOP)
    settings, schema, _places = open_root(root, app.env)
    former = _of_commit(repository, before, folder) if before else None
    return _Gate(repository, _State(settings, schema), [former] if former else [], folder)


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


def _range(repository: Repository, what: str) -> tuple[list[Blob], str | None]:
    """Return what a range brought in, and the commit before it, where it begins with one."""
    ends = [end or "HEAD" for end in what.split(".." if "..." not in what else "...")]
    if len(ends) == 2 and _is_nothing(ends[0]):
        what, ends = ends[1], ends[1:]  # a CI's word for a new branch: all of it
    if what.startswith("-") or any(repository.commit(end) is None for end in ends):
        raise NoSuchCommits(range=what)
    return repository.added(what), repository.commit(ends[0]) if len(ends) == 2 else None


def _pushed(repository: Repository, told: list[list[str]], remote: str) -> list[Blob]:
    """Return what the remote doesn't have yet, as far as we know what it has."""
    news = [local for _ref, local, _remote_ref, _old in told if not _is_nothing(local)]
    known = [
        old for _ref, _local, _remote_ref, old in told if not _is_nothing(old) and repository.commit(old)
    ]
    if not news:
        return []
    return repository.added(*news, "--not", *known, *([f"--remotes={remote}"] if remote else []))


def _received(repository: Repository, told: list[list[str]], *, allows: bool) -> Checked:
    """Check each reference that was pushed by the settings and the schema that came with it, and by those
    that stand on the server: on its main branch, and on the one that was pushed to.
    """
    count = 0
    findings: dict[object, Finding] = {}
    for old, new, ref in told:
        commit = None if _is_nothing(new) else repository.commit(new)
        if commit is None:
            continue
        standing = [repository.commit("HEAD"), None if _is_nothing(old) else repository.commit(old)]
        states = [] if allows else [_of_commit(repository, each) for each in dict.fromkeys(standing) if each]
        former = [each for each in states if each]
        gate = _Gate(repository, _here(repository, commit), former, _TOP, commit)
        checked = gate.check(repository.added(commit, "--not", "--all"))
        count += checked.notes
        findings.update({(each.blob, each.found): each for each in checked.findings})
        if former and ref == repository.branch and _of_commit(repository, commit) is None:
            gone = Finding(Blob(commit, PurePosixPath(SETTINGS_NAME), ""), Found(Kind.NO_SETTINGS, 1, ""))
            findings[gone] = gone
    return Checked(count, list(findings.values()))


def _here(repository: Repository, commit: str | None) -> _State:
    """Return what a commit says; one of something else has nothing to say, and the main branch says it."""
    for each in (commit, repository.commit("HEAD")):
        if each and (state := _of_commit(repository, each)):
            return state
    return _State(Settings(id=""), load_schema())


def _of_commit(repository: Repository, commit: str, folder: PurePosixPath = _TOP) -> _State | None:
    """Return what the vault in a folder of a commit says of itself; None where there is no vault."""
    prefix = "" if folder == _TOP else f"{folder}/"
    found = repository.files(commit, *(f"{prefix}{name}" for name in (SETTINGS_NAME, "schema/", KEYRING)))
    if folder / SETTINGS_NAME not in found:
        return None
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary)
        for path, name in found.items():
            target = root / path.relative_to(folder)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(repository.read(name))
        return _State(load_settings(root), load_schema(root / "schema"), _readers(root / KEYRING))


def _readers(path: Path) -> Mapping[str, Iterable[str]]:
    """Return who reads each group; nobody is known where no keyring can be read."""
    try:
        return read_keyring(path.read_text("utf-8")).readers_of_groups()
    except (OSError, ValueError, VaultError):
        return {}


def _tell(app: App, checked: Checked, *, is_staged: bool, as_json: bool) -> Exit:
    findings = checked.findings
    if as_json:
        app.out.json({"findings": [_document(each) for each in findings], "checked": checked.notes})
    else:
        app.out.lines(_lines(findings))
        if not findings:
            count = ngettext("{count} note", "{count} notes", checked.notes).format(count=checked.notes)
            app.out.line(_("{notes} checked: git may have them.").format(notes=count))
        kinds = {each.found.kind for each in findings}
        if kinds & _LOOSENING:
            app.out.hint(
                _(
                    "If your team wants that, who runs the server lets this one push through: "
                    "vault ci --allow-unsealing"
                )
            )
        kinds -= _LOOSENING
        if Kind.BROKEN in kinds:
            app.out.hint(_("`vault lint` says more of a sealed value that is broken; `--fix` may mend it."))
        if kinds and is_staged:
            app.out.hint(_("Nothing was committed. `vault seal`, then `git add` those files again."))
        elif kinds:
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

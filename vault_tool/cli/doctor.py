"""`vault doctor`: what is wrong around the vault, in words that can be shown to a stranger."""

from __future__ import annotations

import locale
import os
import platform
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from pathlib import Path

from vault_tool import __version__
from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, option
from vault_tool.cli.say import shell_word
from vault_tool.errors import Exit, VaultError
from vault_tool.git.program import program
from vault_tool.messages import N_, _, language, render
from vault_tool.named import NamedTuple
from vault_tool.vault.catalog import FILE_NAME, Catalog
from vault_tool.vault.places import Places, PlaceUnusable, RelativeHome, make_private, places_for
from vault_tool.vault.settings import Settings, SettingsError, find_root, load_settings
from vault_tool.vault.toml import BadToml, CannotReadToml
from vault_tool.vault.walk import Oddity, walk

PACKAGES = (
    "click",
    "gitpython",
    "platformdirs",
    "pypinyin",
    "python-frontmatter",
    "PyYAML",
    "wcwidth",
    "whoosh",
)

# Installed or not, the program works.
OPTIONAL_PACKAGES = ("tantivy", "watchdog")

# Whoosh is outgrown when people wait. Building happens at the first search, and after an update that reads
# notes otherwise: past a minute one thinks that it hangs. A whole search takes some 200 ms more than its
# query: past half a second in the query alone one begins to avoid searching.
_LONGEST_BUILD_SECONDS = 60.0
_LONGEST_QUERY_MS = 500.0

# Errors that speak of the settings and of folders, never of a customer.
_ABOUT_SETTINGS = (BadToml, CannotReadToml, PlaceUnusable, RelativeHome, SettingsError)

# An editor may save with another machine's clock, but hardly one that is a day ahead.
_CLOCK_GRACE_SECONDS = 86_400


class Verdict(StrEnum):
    """How a check came out; only `bad` and `odd` make the exit status 1."""

    GOOD = "good"
    ODD = "odd"
    BAD = "bad"


class Check(NamedTuple):
    """One thing looked at: its stable name, what was seen, and what to do when it isn't good."""

    name: str
    seen: str
    verdict: Verdict = Verdict.GOOD
    hint: str = ""
    repair: Callable[[], object] | None = None
    """What sets it right, where nothing can be lost by it."""


_MARKS = {Verdict.GOOD: ("ok", "green"), Verdict.ODD: ("?", "yellow"), Verdict.BAD: ("!", "red")}


@command(
    "doctor",
    help=N_(
        "Look for what is wrong around the vault: packages, language, folders, permissions, clock.\n\n"
        "What it prints holds no customer's name and no value of a note: it can be put into a report."
    ),
    examples=("vault doctor", "vault doctor --fix", "vault doctor --json"),
)
@option(
    "--fix", is_flag=True, help=N_("Set right what can be: git's filter and hooks, folders that are open.")
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def doctor(app: App, fix: bool, as_json: bool) -> Exit:
    """Run every check and show it."""
    checks = list(_checks(app))
    fixed = _fix(checks) if fix else []
    if fixed:
        checks = list(_checks(app))
    wrong = [check for check in checks if check.verdict is not Verdict.GOOD]
    if as_json:
        told = [dict(list(check._asdict().items())[:-1]) for check in checks]
        app.out.json({"checks": told, "wrong": len(wrong), "fixed": fixed})
    else:
        if fixed:
            app.out.line(_("Set right: {names}").format(names=", ".join(fixed)))
        app.out.table([(app.out.style(*_MARKS[check.verdict]), check.name, check.seen) for check in checks])
        for check in wrong:
            if check.hint:
                app.out.hint(f"{check.name}: {check.hint}")
    return Exit.FINDINGS if wrong else Exit.OK


def _fix(checks: Iterable[Check]) -> list[str]:
    """Set right what can be, and return the names of what was."""
    repairs = {check.name: check.repair for check in checks if check.repair}
    for repair in repairs.values():
        repair()
    return [*repairs]


def _checks(app: App) -> Iterator[Check]:
    yield from _program()
    yield from _speech(app)
    yield from _programs_used(app)
    try:
        root = find_root(app.cwd, app.env, app.given)
    except VaultError as error:
        yield Check("vault", _("none here"), hint=render(error.hint, error.values))
        return
    yield Check("vault", _redacted(app, root))
    yield from _guarded(app, "vault.toml", lambda: _vault(app, root))


def _guarded(app: App, name: str, check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    """Yield what a check finds; what stops it is itself a finding."""
    try:
        yield from check()
    except _ABOUT_SETTINGS as error:
        values = {
            key: _redacted(app, value) if isinstance(value, Path) else value
            for key, value in error.values.items()
        }
        yield Check(name, render(error.message, values), Verdict.BAD, render(error.hint, values))
    except VaultError as error:
        # Its message may name a customer's file: the kind must do.
        yield Check(name, type(error).__name__, Verdict.BAD, _("`vault list` says more."))


def _program() -> Iterator[Check]:
    from importlib.metadata import PackageNotFoundError, version

    yield Check("program", f"vault {__version__}")
    yield Check("python", f"{platform.python_implementation()} {platform.python_version()}, {sys.platform}")
    for package in PACKAGES:
        try:
            yield Check(package, version(package))
        except PackageNotFoundError:
            yield Check(package, _("missing"), Verdict.BAD, _("Install the program again."))
    for package in OPTIONAL_PACKAGES:
        try:
            yield Check(package, version(package))
        except PackageNotFoundError:
            yield Check(package, _("not installed; it is optional"))
    yield from _yaml()
    with Catalog(None) as catalog:
        yield Check("sqlite", str(catalog.rows("SELECT sqlite_version()")[0][0]))


def _yaml() -> Iterator[Check]:
    from importlib.util import find_spec

    if find_spec("yaml._yaml"):
        yield Check("yaml", _("compiled"))
    else:
        hint = _("Reading notes takes some eight times as long; install PyYAML from a wheel.")
        yield Check("yaml", _("pure Python"), Verdict.ODD, hint)


def _speech(app: App) -> Iterator[Check]:
    yield Check("language", language())
    names = ("VAULT_NOTES_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    yield Check("locale", ", ".join(f"{name}={app.env[name]}" for name in names if app.env.get(name)) or "-")
    encoding = locale.getpreferredencoding(False)
    yield Check("encoding", encoding)
    files = sys.getfilesystemencoding()
    if files.lower().replace("-", "") != "utf8":
        yield Check("file names", files, Verdict.ODD, _("Set a UTF-8 locale: Chinese file names may fail."))
    yield Check("terminal", app.env.get("TERM", "-") if app.out.is_terminal else _("none"))


def _programs_used(app: App) -> Iterator[Check]:
    git = program(app.env)
    if git:
        yield Check("git", _("found"))
    else:
        yield Check("git", _("missing"), Verdict.ODD, _("Sharing a vault and knowing who you are need git."))
    editor = app.env.get("VISUAL") or app.env.get("EDITOR") or ""
    yield Check("editor", Path(editor.split()[0]).name if editor.split() else "-")


def _vault(app: App, root: Path) -> Iterator[Check]:
    settings = load_settings(root)
    yield Check(
        "vault.toml",
        _("version {version}, {language}").format(version=settings.version, language=settings.language),
    )
    yield _saved_queries(app, settings)
    if settings.warnings:
        yield Check("settings", str(len(settings.warnings)), Verdict.ODD, _("`vault status` names them."))
    if settings.read_only:
        yield Check("format", _("newer than this program"), Verdict.BAD, _("Install a newer vault-tool."))
    places = places_for(root, settings.id, app.env)
    for name, folder in (("cache", places.cache), ("state", places.state)):
        yield _private_folder(app, name, folder)
    yield from _search(settings, places)
    yield from _sealing(app, root)
    yield from _git(app, root)
    if not os.access(root, os.W_OK):
        yield Check("permissions", _("the vault can't be written to"), Verdict.ODD, _("Reading works."))
    oddities: list[Oddity] = []
    newest, count = 0, 0
    for found in walk(root, settings.customers, oddities):
        newest, count = max(newest, found.mtime_ns), count + 1
    yield Check("notes", str(count))
    for kind, times in sorted(Counter(oddity.kind for oddity in oddities).items()):
        yield Check(f"oddity {kind}", str(times), Verdict.ODD, _("`vault status` names them."))
    yield _clock(app, newest / 1e9)


def _sealing(app: App, root: Path) -> Iterator[Check]:
    """Look whether the keys are trusted, and whether the recovery key was tried once a value is sealed."""
    from vault_tool.vault.keyring import KEYRING

    if not (root / KEYRING).exists():
        return
    from vault_tool.cli.keyring_changes import said_due
    from vault_tool.cli.keys import keys_of
    from vault_tool.cli.recovery import is_drilled, lies_here, seals_anything
    from vault_tool.schema.sealing import is_holding

    keys = keys_of(app)
    verdict = keys.verdict
    if verdict not in ("first", "same"):
        yield Check("keys", str(verdict), Verdict.BAD, _("`vault access review` shows what changed."))
        return
    if is_holding(app.opening.schema):
        hint = _("`vault access review` shows what changed, `vault access accept` takes it.")
        yield Check("sealed fields", _("schema/ seals less than you accepted"), Verdict.ODD, hint)
    yield Check("keys", _("no. {epoch}").format(epoch=keys.keyring.epoch))
    if due := keys.keyring.due:
        yield Check("due keys", ", ".join(due), Verdict.ODD, said_due(due))
    if is_drilled(app, keys):
        yield Check("recovery key", _("tried"))
    elif seals_anything(app):
        kept = lies_here(app)
        file = _redacted(app, kept) if kept else _("FILE")
        hint = _("Print it, keep it in a safe place, and try it: vault access drill {file}").format(file=file)
        yield Check("recovery key", _("never tried"), Verdict.ODD, hint)


def _git(app: App, root: Path) -> Iterator[Check]:
    """Look whether git seals what it is given, in a vault that has keys."""
    from vault_tool.git.folder import git_folder, top_above
    from vault_tool.git.setup import lacking
    from vault_tool.vault.keyring import KEYRING

    if not (root / KEYRING).exists():
        return
    git = git_folder(root)
    if git is not None:
        gone = [name for name, is_gone in lacking(root, git)._asdict().items() if is_gone]
        if gone:
            seen = _("missing: {names}").format(names=", ".join(gone))
            hint = _("Git takes what stands in plain. `vault doctor --fix` sets it up.")
            yield Check("git sealing", seen, Verdict.BAD, hint, lambda: _set_up_git(app, root, git))
        else:
            yield Check("git sealing", _("filter and hooks"))
    elif top_above(root) is not None:
        hint = _("Give the vault a repository of its own, or run `vault seal` before each `git add`.")
        yield Check("git sealing", _("a folder of another repository: not enforced"), Verdict.ODD, hint)


def _set_up_git(app: App, root: Path, git: Path) -> None:
    from vault_tool.git.setup import set_up
    from vault_tool.sealing.clean import sealed_spellings

    set_up(root, git, sealed_spellings(app.opening.schema), app.env)


def _servers(root: Path) -> Iterator[Check]:
    """Look how the last try with each server went; their addresses are nobody else's business."""
    from vault_tool.cli.remote import said_state
    from vault_tool.git.answer import RemoteState
    from vault_tool.git.folder import git_folder
    from vault_tool.sync.remotes import Known, known_of, remotes_of

    git = git_folder(root)
    there = remotes_of(git) if git else []
    known = known_of(git) if git else {}
    for number, remote in enumerate(there, 1):
        one = known.get(remote.name, Known())
        name = _("server {number}").format(number=number)
        if one.state in (None, RemoteState.OK, RemoteState.EMPTY):
            yield Check(name, said_state(one))
        else:
            yield Check(name, said_state(one), Verdict.ODD, _("`vault remote` says more."))


def _saved_queries(app: App, settings: Settings) -> Check:
    """Look whether every saved query can be read, whoever asks."""
    from vault_tool.cli.reading import reading_for
    from vault_tool.search.query import parse_query
    from vault_tool.search.query_errors import QueryError

    reading = reading_for(app)._replace(me=lambda: "me")
    broken = []
    for name, text in settings.queries.items():
        try:
            parse_query(text, reading)
        except QueryError:
            broken.append(name)
    if not broken:
        return Check("queries", str(len(settings.queries)))
    seen = _("can't be read: {names}").format(names=", ".join(f"@{name}" for name in broken))
    hint = _("`vault list {query}` says what is wrong with it.").format(query=shell_word(f"@{broken[0]}"))
    return Check("queries", seen, Verdict.BAD, hint)


def _search(settings: Settings, places: Places) -> Iterator[Check]:
    """Look whether the vault has outgrown the engine that every install has."""
    from importlib.util import find_spec

    from vault_tool.search.engine import EngineMissing
    from vault_tool.search.upkeep import measured

    chosen, is_fast_there = settings.search.engine, find_spec("tantivy") is not None
    if chosen == "tantivy" and not is_fast_there:
        yield Check("search", chosen + ": " + _("missing"), Verdict.BAD, _(EngineMissing.hint))
        return
    engine = "tantivy" if is_fast_there and chosen == "auto" else "whoosh" if chosen == "auto" else chosen
    seconds = query_ms = None
    if (places.cache / FILE_NAME).exists():
        with Catalog(places.cache / FILE_NAME) as catalog:
            seconds = measured(catalog, "index_seconds", engine)
            query_ms = measured(catalog, "query_ms", engine)
    seen = [engine]
    if seconds is not None:
        seen.append(_("built in {seconds} s").format(seconds=f"{seconds:.1f}"))
    if query_ms is not None:
        seen.append(_("asked in {milliseconds} ms").format(milliseconds=f"{query_ms:.0f}"))
    is_slow = (seconds or 0) > _LONGEST_BUILD_SECONDS or (query_ms or 0) > _LONGEST_QUERY_MS
    if engine != "whoosh" or not is_slow:
        yield Check("search", ", ".join(seen))
        return
    hint = (
        _("This vault has outgrown Whoosh. Install the fast engine: pip install 'vault-tool[fast]'")
        if chosen == "auto"
        else _(
            "This vault has outgrown Whoosh. Install the fast engine (pip install 'vault-tool[fast]') and "
            'write engine = "auto" in vault.toml, section [search].'
        )
    )
    yield Check("search", ", ".join(seen), Verdict.ODD, hint)


def _private_folder(app: App, name: str, folder: Path) -> Check:
    """Look whether a folder of local state can be used, and by nobody else."""
    shown = _redacted(app, folder)
    if not folder.exists():
        return Check(name, _("{folder} (not made yet)").format(folder=shown))
    if not os.access(folder, os.W_OK):
        return Check(name, shown, Verdict.BAD, _("Set VAULT_NOTES_HOME to a folder that you can write to."))
    if os.name == "posix" and folder.stat().st_mode & 0o077:
        hint = _("Others can read it; the next command closes it.")
        return Check(name, shown, Verdict.ODD, hint, lambda: make_private(folder))
    return Check(name, shown)


def _clock(app: App, newest: float) -> Check:
    """Look whether notes come from the future, which makes every rule about time wrong."""
    if app.env.get("VAULT_NOTES_TODAY"):
        return Check(
            "clock", _("pinned to {day}").format(day=app.today), Verdict.ODD, _("Unset VAULT_NOTES_TODAY.")
        )
    if newest > app.now.timestamp() + _CLOCK_GRACE_SECONDS:
        day = app.local_time(newest).date()
        hint = _("Set this machine's clock, or the one that wrote it.")
        return Check("clock", _("a note was saved on {day}").format(day=day), Verdict.ODD, hint)
    return Check("clock", f"{app.now:%Y-%m-%d %H:%M}")


def _redacted(app: App, path: Path) -> str:
    """Return a path without the user's name in it."""
    try:
        return str(Path("~") / path.relative_to(app.home.resolve()))
    except ValueError:
        return str(path)

"""`vault watch`: keep catalog and index fresh while people write, and check what they wrote."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from vault_tool.cli.app import App, pass_app
from vault_tool.cli.help import command, group, option
from vault_tool.cli.progress import shown
from vault_tool.cli.teller import Teller, values_sealed
from vault_tool.errors import Exit, VaultError
from vault_tool.messages import N_, _
from vault_tool.vault.places import Places
from vault_tool.watch.presence import OLD_SECONDS, Beat, is_watched, only_watcher, read_beat

if TYPE_CHECKING:
    from vault_tool.lint.finding import Linted
    from vault_tool.vault.vault import Vault
    from vault_tool.watch.server import Handle
    from vault_tool.watch.service import Action, Plan
    from vault_tool.watch.watch import Watcher


_TROUBLES = {
    "events": N_("the system does not tell of all changes; files are compared every few seconds"),
    "catalog": N_("the catalog can't be written"),
    "index": N_("the search index can't be written"),
    "lint": N_("a rule of the linter has a defect"),
    "sealing": N_("something stands in plain and can't be sealed"),
    "sharing": N_("something is not shared: `vault status` says what"),
    "settings": N_("vault.toml or the schema can't be read; what they said before holds"),
}


@group(
    "watch",
    help=N_(
        "Keep the search fresh while you write, and check each note when it is saved.\n\n"
        "It runs until Ctrl-C; searches are faster meanwhile. "
        "`vault watch install` has the system run it whenever you are logged in."
    ),
    examples=("vault watch", "vault watch install", "vault watch status"),
)
@option("--service", is_flag=True, hidden=True, help=N_("Say everything on stderr, as the service does."))
@pass_app
@click.pass_context
def watch(ctx: click.Context, app: App, service: bool) -> Exit:
    """Watch the vault, unless one of the command's own commands is called."""
    if ctx.invoked_subcommand is not None:
        return Exit.OK
    from vault_tool.cli.lend import Lender
    from vault_tool.watch.server import start_server
    from vault_tool.watch.watch import Watcher

    vault = app.vault
    with only_watcher(vault.places):

        def serve() -> Handle | None:
            app.out.flush()  # what waits here would be said by a fork once more
            return start_server(vault.root, app.env, Lender(vault.root))

        teller = Teller(app, service)
        watcher = Watcher(vault, app.env, teller, partial(_lint, app), partial(shown, app.out), serve)
        with _stopped_by_signals(watcher):
            watcher.run()
    return Exit.OK


@contextmanager
def _stopped_by_signals(watcher: Watcher) -> Iterator[None]:
    """Let signals end the watcher in order; a second one ends it at once."""
    before = {}

    def stop(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        watcher.stop()

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
        if (number := getattr(signal, name, None)) is not None:
            before[number] = signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# Rules that ask for the other customers.
_OF_OTHERS = ("LK", "FE005")


def _lint(app: App, vault: Vault, paths: Sequence[PurePosixPath]) -> list[Linted]:
    """Lint the notes of one batch by themselves.

    To know the other customers, all files would have to be compared with each save, which takes longer than a
    save may wait to be found: `vault lint` judges links and duplicates.
    """
    from vault_tool.lint.check import Checker
    from vault_tool.lint.rule import Context
    from vault_tool.lint.run import lint_paths
    from vault_tool.lint.selection import select_rules

    today = vault.settings.lint.as_of or App(app.env, app.cwd, app.out).today
    context = Context(vault.schema, vault.settings, today)
    checker = Checker.of(select_rules(vault.settings.lint, ignore=_OF_OTHERS), context)
    return list(lint_paths(vault.root, paths, checker))


# --- as a service ------------------------------------------------------------------------------------------


@command(
    "install",
    help=N_("Have the system watch this vault whenever you are logged in, beginning now."),
    examples=("vault watch install",),
)
@pass_app
def install(app: App) -> Exit:
    """Write the service's file and start it."""
    plan = _perform(app, "install")
    app.out.line(_("A service watches this vault now: {file}").format(file=plan.file))
    if plan.advice:
        app.out.hint(_(plan.advice))
    return Exit.OK


@command("uninstall", help=N_("Take the service away."), examples=("vault watch uninstall",))
@pass_app
def uninstall(app: App) -> Exit:
    """End the service and remove its file."""
    _perform(app, "uninstall")
    app.out.line(_("The service is gone. `vault watch` still watches in a terminal."))
    return Exit.OK


@command("start", help=N_("Start the service."), examples=("vault watch start",))
@pass_app
def start(app: App) -> Exit:
    """Start the installed service."""
    _perform(app, "start")
    app.out.line(_("The service has been started."))
    return Exit.OK


@command("stop", help=N_("Stop the service until the next login."), examples=("vault watch stop",))
@pass_app
def stop(app: App) -> Exit:
    """Stop the installed service."""
    _perform(app, "stop")
    app.out.line(_("The service has been stopped."))
    return Exit.OK


def _plan(app: App) -> Plan:
    from vault_tool.vault.places import place_key
    from vault_tool.watch.service import plan_for, service_of

    service = service_of(place_key(app.root, app.settings.id), app.root, app.env)
    return plan_for(sys.platform, service, app.home, app.vault.places.state, app.env)


def _perform(app: App, action: Action) -> Plan:
    from vault_tool.watch.service import perform

    plan = _plan(app)
    perform(plan, action)
    return plan


# --- how it stands -----------------------------------------------------------------------------------------


@command(
    "status",
    help=N_(
        "Tell whether a watcher runs and how it fares. The exit status is 1 when none runs, or it hangs."
    ),
    examples=("vault watch status", "vault watch status --json"),
)
@option("--json", "as_json", is_flag=True, help=N_("Print JSON."))
@pass_app
def status(app: App, as_json: bool) -> Exit:
    """Show what the watcher says of itself, and whether that can be believed."""
    places = app.vault.places
    standing = Standing(places, time.time())
    file = _service_file(app)
    if as_json:
        app.out.json(standing.document(file))
    else:
        app.out.table(list(standing.rows(app, file)))
    return Exit.OK if standing.is_well else Exit.FINDINGS


def _service_file(app: App) -> Path | None:
    try:
        file = _plan(app).file
    except VaultError:
        return None
    return file if file.exists() else None


class Standing:
    """How the watcher of a vault stands: its lock tells whether it lives, its heartbeat whether it works."""

    def __init__(self, places: Places, now: float) -> None:
        self.is_running = is_watched(places)
        self.beat: Beat | None = read_beat(places) if self.is_running else None
        self.age = None if self.beat is None else max(0.0, now - self.beat.beat)

    @property
    def is_hanging(self) -> bool:
        """Whether it lives, and has said nothing for too long."""
        return self.is_running and (self.age is None or self.age > OLD_SECONDS)

    @property
    def is_well(self) -> bool:
        """Whether it runs and can be relied on; looking instead of listening is slow, not wrong."""
        return self.is_running and not self.is_hanging

    def document(self, file: Path | None) -> dict[str, object]:
        """Return all of it for JSON; times are seconds since 1970."""
        beat = self.beat
        return {
            "running": self.is_running,
            "well": self.is_well,
            "pid": beat.pid if beat else None,
            "since": beat.since if beat else None,
            "heartbeat_age": round(self.age, 1) if self.age is not None else None,
            "backend": beat.backend if beat else None,
            "polls_every": beat.polls if beat else None,
            "listening": beat.is_listening if beat else False,
            "current": beat.is_current if beat else False,
            "serving": beat.is_serving if beat else None,
            "queue": beat.queue if beat else None,
            "last_event": beat.last_event if beat else None,
            "last_batch": beat.last_batch if beat else None,
            "last_reconcile": beat.last_reconcile if beat else None,
            "drift": beat.drift if beat else None,
            "overflows": beat.overflows if beat else None,
            "restarts": beat.restarts if beat else None,
            "remade": beat.remade if beat else None,
            "sealed": beat.sealed if beat else None,
            "shared": beat.shared if beat else None,
            "shares_next": beat.shares_next if beat else None,
            "troubles": beat.troubles if beat else [],
            "service": str(file) if file else None,
        }

    def rows(self, app: App, file: Path | None) -> Iterator[tuple[str, str]]:
        """Yield what there is to say, by what it is about."""
        yield _("Watcher"), self._state()
        if beat := self.beat:
            yield _("Since"), _moment(app, beat.since)
            yield _("Changes told by"), beat.backend or _("nobody")
            if beat.polls:
                yield _("Files compared"), _("every {seconds} s").format(seconds=round(beat.polls))
            yield _("Last change"), _moment(app, beat.last_event)
            yield _("Last comparison"), _moment(app, beat.last_reconcile)
            yield _("Waiting"), str(beat.queue)
            yield _("Changes untold"), str(beat.drift)
            yield _("Overflows of events"), str(beat.overflows)
            if beat.remade:
                yield _("Catalog made anew"), str(beat.remade)
            if beat.sealed:
                yield _("Sealed by itself"), values_sealed(beat.sealed)
            if beat.shared or beat.shares_next:
                yield _("Shared by itself"), _moment(app, beat.shared)
                yield _("Shared next"), _moment(app, beat.shares_next) if beat.shares_next else _("under way")
            for trouble in beat.troubles:
                yield _("Trouble"), _(_TROUBLES.get(trouble, N_("unknown")))
        yield _("Service"), str(file) if file else _("not installed")

    def _state(self) -> str:
        if not self.is_running:
            return _("none is running")
        pid = self.beat.pid if self.beat else "?"
        if self.is_hanging:
            return _("process {pid} hangs: it has not said anything for a while").format(pid=pid)
        return _("running, process {pid}").format(pid=pid)


def _moment(app: App, when: float | None) -> str:
    return f"{app.local_time(when):%Y-%m-%d %H:%M:%S}" if when else "-"


for each in (install, uninstall, start, stop, status):
    watch.add_command(each)
